//! A source that is pulled, and how the house stands with it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "source_feed")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique)]
    pub slug: String,
    /// JSON: what an administrator says of it.
    pub settings: String,
    /// Of the settings, counted from 1.
    pub version: i32,
    pub created: i64,
    /// Neither paused nor gone.
    pub asked: bool,
    pub gone: bool,
    pub due: i64,
    /// Who is at it, and until when he has the right.
    pub lease: Option<Uuid>,
    pub leased_until: i64,
    pub last_tried: Option<i64>,
    pub last_ok: Option<i64>,
    pub last_new: Option<i64>,
    pub failures: i32,
    pub last_error: Option<String>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
