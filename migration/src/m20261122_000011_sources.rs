//! Sources that are pulled, and which stories came from them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000011_sources"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLES).await
    }
}

// An item stays when its source is removed: the story is still one that came from outside, and another source may go on
// with it. So it names its source without holding it.
const TABLES: &str = r#"
CREATE TABLE source_feed (
  id ID NOT NULL PRIMARY KEY,
  slug text BYTEWISE NOT NULL UNIQUE,
  settings text NOT NULL,
  version integer NOT NULL,
  created BIG NOT NULL,
  asked boolean NOT NULL,
  gone boolean NOT NULL,
  due BIG NOT NULL,
  lease ID,
  leased_until BIG NOT NULL,
  last_tried BIG,
  last_ok BIG,
  last_new BIG,
  failures integer NOT NULL,
  last_error text,
  etag text,
  last_modified text
);
CREATE INDEX source_feed_due ON source_feed (due) WHERE asked = true;

CREATE TABLE source_item (
  uri text BYTEWISE NOT NULL PRIMARY KEY,
  source_id ID NOT NULL,
  digest BYTES,
  failure text,
  at BIG NOT NULL
);
CREATE INDEX source_item_by_source ON source_item (source_id, at);
"#;
