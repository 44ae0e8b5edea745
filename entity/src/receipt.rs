//! What a key has confirmed of the wire, and when it was last seen there.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "receipt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: String,
    pub position: Option<i64>,
    pub confirmed: Option<i64>,
    pub last_seen: i64,
    /// Up to where everything has reached it, and when that was noted.
    pub told: Option<i64>,
    pub told_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
