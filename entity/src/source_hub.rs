//! The hub of a source, which tells us when it changes.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "source_hub")]
pub struct Model {
    /// The source's.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub hub: String,
    pub topic: String,
    /// Where it reaches us: the end of an address, by chance.
    #[sea_orm(unique)]
    pub callback: String,
    pub secret: String,
    pub denied: bool,
    /// Until when we are told; past where we are not.
    pub until: i64,
    /// When it is asked again.
    pub due: i64,
    pub failures: i32,
    pub last_error: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
