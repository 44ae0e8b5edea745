//! Who has been told that a story was canceled, and who has confirmed it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000009_kills"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLES).await
    }
}

const TABLES: &str = r#"
CREATE TABLE kill (
  article_id ID NOT NULL PRIMARY KEY REFERENCES article (id),
  position BIG NOT NULL,
  at BIG NOT NULL
);

CREATE TABLE kill_receipt (
  article_id ID NOT NULL REFERENCES article (id),
  key_id text BYTEWISE NOT NULL,
  confirmed BIG NOT NULL,
  PRIMARY KEY (article_id, key_id)
);

ALTER TABLE receipt ADD COLUMN told BIG;
ALTER TABLE receipt ADD COLUMN told_at BIG;
"#;
