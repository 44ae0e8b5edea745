//! Push: where partners want to be told, how far each is told, and what became of each try.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261123_000012_webhooks"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLES).await
    }
}

const TABLES: &str = r#"
CREATE TABLE webhook_endpoint (
  id ID NOT NULL PRIMARY KEY,
  partner_id ID,
  settings text NOT NULL,
  secrets text NOT NULL,
  version integer NOT NULL,
  created BIG NOT NULL,
  state text NOT NULL,
  notice text,
  position BIG NOT NULL,
  ahead text NOT NULL,
  waiting BIG,
  tries integer NOT NULL,
  failing BIG,
  due BIG,
  last_tried BIG,
  last_ok BIG,
  last_error text,
  leased_by ID,
  leased_until BIG NOT NULL
);
CREATE INDEX webhook_endpoint_by_partner ON webhook_endpoint (partner_id);
CREATE INDEX webhook_endpoint_by_lease ON webhook_endpoint (leased_until) WHERE state = 'active';
CREATE INDEX webhook_endpoint_by_holder ON webhook_endpoint (leased_by);

CREATE TABLE webhook_attempt (
  id ID NOT NULL PRIMARY KEY,
  endpoint_id ID NOT NULL,
  at BIG NOT NULL,
  manner text NOT NULL,
  kind text NOT NULL,
  position BIG NOT NULL,
  epoch integer NOT NULL,
  article_id ID,
  number integer NOT NULL,
  took_ms BIG NOT NULL,
  status integer,
  error text,
  answer text
);
CREATE INDEX webhook_attempt_by_endpoint ON webhook_attempt (endpoint_id, id);
CREATE INDEX webhook_attempt_by_age ON webhook_attempt (at);

CREATE TABLE webhook_resend (
  id ID NOT NULL PRIMARY KEY,
  endpoint_id ID NOT NULL,
  position BIG NOT NULL
);
CREATE INDEX webhook_resend_by_endpoint ON webhook_resend (endpoint_id, id);
"#;
