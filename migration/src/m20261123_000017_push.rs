//! Push, second part: who has the right to be the only one to do something, and which webhook took which cancellation.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261123_000017_push"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLES).await
    }
}

const TABLES: &str = r#"
CREATE TABLE lease (
  name text BYTEWISE NOT NULL PRIMARY KEY,
  holder ID NOT NULL,
  until BIG NOT NULL
);
CREATE TABLE webhook_kill (
  endpoint_id ID NOT NULL,
  article_id ID NOT NULL,
  told BIG NOT NULL,
  PRIMARY KEY (article_id, endpoint_id)
);
"#;
