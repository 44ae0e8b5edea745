//! A picture or other media of a story, by reference.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rendition")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub article_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i16,
    pub name: String,
    pub href: String,
    pub media_type: Option<String>,
    pub width: Option<i32>,
    pub height: Option<i32>,
    /// Bytes.
    pub size: Option<i64>,
    pub digest: Option<String>,
    /// 0 left … 1 right.
    pub focal_x: Option<f64>,
    /// 0 top … 1 bottom.
    pub focal_y: Option<f64>,
    pub credit: Option<String>,
    pub alt: Option<String>,
    pub caption: Option<String>,
    #[sea_orm(belongs_to, from = "article_id", to = "id")]
    pub article: BelongsTo<super::article::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
