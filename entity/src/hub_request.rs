//! Somebody wants to be told of one of our feeds, or not any more; whether it is really he is found out first.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hub_request")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub topic: String,
    pub callback: String,
    /// To be told; or not any more.
    pub wants: bool,
    pub secret: String,
    /// How long.
    pub seconds: i64,
    /// The feed's ETag when it was asked for.
    pub told: String,
    pub tries: i32,
    pub due: i64,
}

impl ActiveModelBehavior for ActiveModel {}
