//! Which story a copy was of that was shown under embargo. In `usage` it stands under an id of its own.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "advance_copy")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub uri: String,
}

impl ActiveModelBehavior for ActiveModel {}
