//! An ordered list of stories that an editor chose: a front.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "collection")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique)]
    pub slug: String,
    pub name: String,
    pub version: i32,
    #[sea_orm(has_many)]
    pub items: HasMany<super::collection_item::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
