//! Somebody who is told when one of our feeds changes.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hub_subscription")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub topic: String,
    pub callback: String,
    pub secret: String,
    pub until: i64,
    /// ETag of what he has been told last.
    pub told: String,
    /// None while he has the newest.
    pub due: Option<i64>,
    /// In a row, and since when.
    pub failures: i32,
    pub failing_since: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
