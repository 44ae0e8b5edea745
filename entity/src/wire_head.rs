//! The newest position: one row, updated last in every writing transaction.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "wire_head")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    pub epoch: i32,
    pub position: i64,
    /// Whether there is, or was, any channel: who files a story that knows of none begins again.
    pub has_channels: bool,
    /// Which server wrote last, as PostgreSQL says it.
    pub life: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
