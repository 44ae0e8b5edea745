//! A saved selection that is itself a feed and a wire.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "channel")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique)]
    pub slug: String,
    pub name: String,
    pub version: i32,
    /// JSON array: the selections in force, the newest first, each with the last story that stands by it.
    pub stages: String,
    pub created: i64,
}

impl ActiveModelBehavior for ActiveModel {}
