//! That a key has confirmed a cancellation by the story's name.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "kill_receipt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub article_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: String,
    pub confirmed: i64,
}

impl ActiveModelBehavior for ActiveModel {}
