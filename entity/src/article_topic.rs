//! That a story is in a topic's feed. What a feed sorts and filters by is copied in, so that it is one index walk.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "article_topic")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub article_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub topic_id: Uuid,
    /// Place among the story's own topics; 0 is the main one. Ancestors count on behind.
    pub rank: i16,
    /// True for an ancestor of a topic that the publisher named.
    pub implied: bool,
    pub first_published: i64,
    pub version: i32,
    pub expires: Option<i64>,
    /// Whether the story's status lets it stand in lists.
    pub listed: bool,
    #[sea_orm(belongs_to, from = "article_id", to = "id")]
    pub article: BelongsTo<super::article::Entity>,
    #[sea_orm(belongs_to, from = "topic_id", to = "id")]
    pub topic: BelongsTo<super::topic::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
