//! What a key has used today, and how far its rate is taken up: counters that all processes share.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "key_use")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: String,
    /// Days since 1970 in UTC.
    pub day: i32,
    /// Units of that day.
    pub used: i64,
    /// What the last one to ask for a piece of the day got.
    pub day_granted: i64,
    /// GCRA's theoretical arrival time, in nanoseconds since 1970.
    pub tat: i64,
    /// What the last one to ask for a piece of the rate got.
    pub rate_granted: i64,
}

impl ActiveModelBehavior for ActiveModel {}
