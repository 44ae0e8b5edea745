//! Channels: saved selections with their stories, who may read them, and what the wire tells of both.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000007_channels"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLES).await
    }
}

const TABLES: &str = r#"
CREATE TABLE channel (
  id ID NOT NULL PRIMARY KEY,
  slug text BYTEWISE NOT NULL UNIQUE,
  name text NOT NULL,
  version integer NOT NULL,
  stages text NOT NULL,
  created BIG NOT NULL
);

CREATE TABLE article_channel (
  article_id ID NOT NULL REFERENCES article (id),
  channel_id ID NOT NULL REFERENCES channel (id),
  first_published BIG NOT NULL,
  version integer NOT NULL,
  expires BIG,
  listed boolean NOT NULL,
  PRIMARY KEY (article_id, channel_id)
);
CREATE INDEX article_channel_feed ON article_channel (channel_id, first_published, article_id, version, expires) WHERE listed = true;
CREATE INDEX article_channel_by_channel ON article_channel (channel_id, article_id);

CREATE TABLE partner_channel (
  id ID NOT NULL PRIMARY KEY,
  partner_id ID NOT NULL,
  channel_id ID NOT NULL,
  since BIG NOT NULL,
  until BIG
);
CREATE INDEX partner_channel_by_partner ON partner_channel (partner_id);
CREATE INDEX partner_channel_by_channel ON partner_channel (channel_id);

ALTER TABLE wire_head ADD COLUMN has_channels boolean NOT NULL DEFAULT false;

ALTER TABLE wire_entry ADD COLUMN channel_id ID;
ALTER TABLE wire_entry ADD COLUMN channels_before text;
ALTER TABLE wire_entry ADD COLUMN channels_after text;
ALTER TABLE wire_entry ADD COLUMN partner_id ID;
"#;
