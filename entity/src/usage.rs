//! That a key was shown a story on a day, how often, and between when.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "usage")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: String,
    /// Days since 1970 in UTC.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub article_id: Uuid,
    /// Whose key it was then.
    pub partner_id: Option<Uuid>,
    pub reads: i64,
    pub first_read: i64,
    pub last_read: i64,
}

impl ActiveModelBehavior for ActiveModel {}
