//! Work that is done in chunks behind everybody's back, and how far it is.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "chore")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What kind of work: a program that does not know it leaves it to one that does.
    pub kind: String,
    /// What it is about: a topic, a channel.
    pub subject: Uuid,
    /// JSON: what is to be done.
    pub plan: String,
    /// The last story that is done; the nil id at first.
    pub after: Uuid,
    /// Stories that have been looked at.
    pub done: i64,
    /// Out of how many, where that is known.
    pub total: Option<i64>,
    pub began: i64,
    pub touched: i64,
    /// After a failure it rests until then.
    pub not_before: i64,
    /// Since it last went well.
    pub failures: i32,
    pub failure: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
