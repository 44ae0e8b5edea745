//! Partners, and what a key may be held to: a partner, an end, networks, origins.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000004_partners"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLES).await
    }
}

const TABLES: &str = r#"
CREATE TABLE partner (
  id ID NOT NULL PRIMARY KEY,
  slug text BYTEWISE NOT NULL UNIQUE,
  name text NOT NULL,
  version integer NOT NULL,
  advance boolean NOT NULL,
  disabled boolean NOT NULL,
  created BIG NOT NULL
);

ALTER TABLE api_key ADD COLUMN partner_id ID REFERENCES partner (id);
ALTER TABLE api_key ADD COLUMN expires BIG;
ALTER TABLE api_key ADD COLUMN networks text;
ALTER TABLE api_key ADD COLUMN origins text;
ALTER TABLE api_key ADD COLUMN disabled boolean NOT NULL DEFAULT false;
ALTER TABLE api_key ADD COLUMN last_used BIG;

CREATE INDEX api_key_by_partner ON api_key (partner_id) WHERE partner_id IS NOT NULL;
"#;
