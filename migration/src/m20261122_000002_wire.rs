//! What follows the wire: bookmarks, receipts, the key that makes cursors opaque.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000002_wire"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLES).await
    }
}

const TABLES: &str = r#"
ALTER TABLE wire_entry ADD COLUMN source_id ID;

CREATE TABLE secret (
  name text BYTEWISE NOT NULL PRIMARY KEY,
  value BYTES NOT NULL
);

CREATE TABLE bookmark (
  name text BYTEWISE NOT NULL PRIMARY KEY,
  position BIG NOT NULL,
  at BIG NOT NULL
);

CREATE TABLE receipt (
  key_id text BYTEWISE NOT NULL PRIMARY KEY,
  position BIG,
  confirmed BIG,
  last_seen BIG NOT NULL
);

CREATE INDEX article_by_expiry ON article (expires) WHERE pub_status = 'usable' AND expires IS NOT NULL;
"#;
