//! Stories on one event: which earlier ones a story goes on from, and the first of them all.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261123_000018_storylines"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLE).await
    }
}

const TABLE: &str = r#"
CREATE TABLE storyline_link (
  article_id ID NOT NULL,
  earlier_id ID NOT NULL,
  root_id ID NOT NULL,
  PRIMARY KEY (article_id, earlier_id)
);
CREATE INDEX storyline_link_by_root ON storyline_link (root_id);
"#;
