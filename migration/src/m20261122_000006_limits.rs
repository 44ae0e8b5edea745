//! What keys may ask for, what they have used, and which stories they have read.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000006_limits"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLES).await
    }
}

// `tat` is in nanoseconds: a microsecond would be too coarse for a thousand requests a second.
const TABLES: &str = r#"
ALTER TABLE api_key ADD COLUMN per_second BIG;
ALTER TABLE api_key ADD COLUMN burst BIG;
ALTER TABLE api_key ADD COLUMN per_day BIG;

CREATE TABLE key_use (
  key_id text BYTEWISE NOT NULL PRIMARY KEY,
  day integer NOT NULL,
  used BIG NOT NULL,
  day_granted BIG NOT NULL,
  tat BIG NOT NULL,
  rate_granted BIG NOT NULL
) HOT;

CREATE TABLE usage (
  key_id text BYTEWISE NOT NULL,
  day integer NOT NULL,
  article_id ID NOT NULL,
  partner_id ID,
  reads BIG NOT NULL,
  first_read BIG NOT NULL,
  last_read BIG NOT NULL,
  PRIMARY KEY (key_id, day, article_id)
);
CREATE INDEX usage_by_partner ON usage (partner_id, day);
CREATE INDEX usage_by_day ON usage (day);
"#;
