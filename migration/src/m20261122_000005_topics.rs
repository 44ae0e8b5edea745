//! Topics that move and merge, and the chores by which their stories follow.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000005_topics"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLES).await
    }
}

const TABLES: &str = r#"
CREATE TABLE chore (
  id ID NOT NULL PRIMARY KEY,
  kind text NOT NULL,
  subject ID NOT NULL,
  plan text NOT NULL,
  after ID NOT NULL,
  done BIG NOT NULL,
  total BIG,
  began BIG NOT NULL,
  touched BIG NOT NULL,
  not_before BIG NOT NULL,
  failures integer NOT NULL,
  failure text
);

ALTER TABLE topic ADD COLUMN merged_into ID REFERENCES topic (id);
CREATE INDEX topic_by_merger ON topic (merged_into) WHERE merged_into IS NOT NULL;

CREATE INDEX article_topic_by_topic ON article_topic (topic_id, article_id);

CREATE INDEX wire_entry_by_article ON wire_entry (article_id, position) WHERE article_id IS NOT NULL;

CREATE TABLE wire_past (
  article_id ID NOT NULL,
  version integer NOT NULL,
  kind text NOT NULL,
  position BIG NOT NULL,
  PRIMARY KEY (article_id, version, kind)
);
"#;
