//! Which server wrote last: one that was promoted, or a copy that was put in its place, begins a new epoch of the wire.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261123_000015_epoch"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, COLUMN).await
    }
}

const COLUMN: &str = "ALTER TABLE wire_head ADD COLUMN life text;\n";
