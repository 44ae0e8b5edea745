//! The vestibule: what waits there until its embargo is over, as if the house did not know it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000008_embargo"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLES).await
    }
}

// A story that had expired already when it came in was never seen: there is nothing to tell of its end.
const TABLES: &str = r#"
CREATE TABLE pending_article (
  uri text BYTEWISE NOT NULL PRIMARY KEY,
  id ID NOT NULL,
  embargoed_until BIG NOT NULL,
  revision integer NOT NULL,
  content text NOT NULL,
  owner text BYTEWISE NOT NULL,
  created BIG NOT NULL,
  changed BIG NOT NULL,
  due BIG NOT NULL,
  failure text,
  tried BIG
);
CREATE UNIQUE INDEX pending_article_by_time ON pending_article (embargoed_until, id);
CREATE INDEX pending_article_due ON pending_article (due);

UPDATE article SET expiry_told = true WHERE expires IS NOT NULL AND version = 1 AND expires <= version_created;
"#;
