//! Which story a copy was of that was shown under embargo: before its time a story has no id of its own.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261123_000016_advance"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLE).await
    }
}

const TABLE: &str = r#"
CREATE TABLE advance_copy (
  id ID NOT NULL PRIMARY KEY,
  uri text BYTEWISE NOT NULL
);
CREATE INDEX advance_copy_by_uri ON advance_copy (uri);
"#;
