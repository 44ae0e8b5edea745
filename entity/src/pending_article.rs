//! A story, or a new edition of one, that waits for the end of its embargo.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "pending_article")]
pub struct Model {
    /// What the story is or will be called: it has no id before its time.
    #[sea_orm(primary_key, auto_increment = false)]
    pub uri: String,
    /// Its place among those that wait until the same moment; never shown.
    pub id: Uuid,
    pub embargoed_until: i64,
    /// Counted from 1, at each change.
    pub revision: i32,
    /// JSON: the checked submission.
    pub content: String,
    /// Who put it in.
    pub owner: String,
    pub created: i64,
    pub changed: i64,
    /// When it is to be released: the end of its embargo, or after a failure when it is tried again.
    pub due: i64,
    /// Why the last release failed, and when that was.
    pub failure: Option<String>,
    pub tried: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
