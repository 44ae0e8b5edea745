//! That a story is in a channel. What a feed sorts and filters by is copied in, so that it is one index walk.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "article_channel")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub article_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub channel_id: Uuid,
    pub first_published: i64,
    pub version: i32,
    pub expires: Option<i64>,
    /// Whether the story's status lets it stand in lists.
    pub listed: bool,
}

impl ActiveModelBehavior for ActiveModel {}
