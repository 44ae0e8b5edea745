//! Whose key a key is: one that took another's place is the same reader's.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261123_000020_readers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, COLUMN).await
    }
}

const COLUMN: &str = r#"
ALTER TABLE api_key ADD COLUMN reader text BYTEWISE;
"#;
