//! A topic: a subject, place, person, organisation or event, in a tree.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "topic")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique)]
    pub slug: String,
    pub kind: String,
    pub parent_id: Option<Uuid>,
    /// A code of a controlled vocabulary, such as `medtop:11000000`.
    #[sea_orm(unique)]
    pub code: Option<String>,
    pub version: i32,
    /// The topic that took this one in: whoever names this one means that one.
    pub merged_into: Option<Uuid>,
    #[sea_orm(self_ref, relation_enum = "Parent", from = "parent_id", to = "id")]
    pub parent: BelongsTo<Option<Entity>>,
    #[sea_orm(has_many)]
    pub names: HasMany<super::topic_name::Entity>,
    #[sea_orm(has_many, via = "article_topic")]
    pub articles: HasMany<super::article::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
