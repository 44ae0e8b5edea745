//! A partner: who reads by right, with one or several keys.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "partner")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique)]
    pub slug: String,
    pub name: String,
    pub version: i32,
    /// May read what is under embargo.
    pub advance: bool,
    pub disabled: bool,
    pub created: i64,
}

impl ActiveModelBehavior for ActiveModel {}
