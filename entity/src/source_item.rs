//! What came from where: nothing enters twice, and no source writes over what is another's.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "source_item")]
pub struct Model {
    /// The story's.
    #[sea_orm(primary_key, auto_increment = false)]
    pub uri: String,
    /// Of a source that may have been removed.
    pub source_id: Uuid,
    /// SHA-256 of what was last read of it; none before the desk has had it.
    pub digest: Option<Vec<u8>>,
    /// Why the desk does not take it.
    pub failure: Option<String>,
    pub at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
