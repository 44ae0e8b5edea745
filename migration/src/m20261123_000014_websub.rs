//! WebSub: who is told of our feeds, and the hubs that tell us of others'.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261123_000014_websub"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLES).await
    }
}

// Whoever takes one of these to work on it moves `due` on: should he die, it is due again then.
const TABLES: &str = r#"
CREATE TABLE hub_request (
  id ID NOT NULL PRIMARY KEY,
  topic text BYTEWISE NOT NULL,
  callback text BYTEWISE NOT NULL,
  wants boolean NOT NULL,
  secret text NOT NULL,
  seconds BIG NOT NULL,
  told text NOT NULL,
  tries integer NOT NULL,
  due BIG NOT NULL,
  UNIQUE (topic, callback)
);
CREATE INDEX hub_request_due ON hub_request (due);

CREATE TABLE hub_subscription (
  id ID NOT NULL PRIMARY KEY,
  topic text BYTEWISE NOT NULL,
  callback text BYTEWISE NOT NULL,
  secret text NOT NULL,
  until BIG NOT NULL,
  told text NOT NULL,
  due BIG,
  failures integer NOT NULL,
  failing_since BIG,
  UNIQUE (topic, callback)
);
CREATE INDEX hub_subscription_due ON hub_subscription (due) WHERE due IS NOT NULL;
CREATE INDEX hub_subscription_until ON hub_subscription (until);

CREATE TABLE source_hub (
  id ID NOT NULL PRIMARY KEY,
  hub text NOT NULL,
  topic text NOT NULL,
  callback text BYTEWISE NOT NULL UNIQUE,
  secret text NOT NULL,
  denied boolean NOT NULL,
  until BIG NOT NULL,
  due BIG NOT NULL,
  failures integer NOT NULL,
  last_error text
);
CREATE INDEX source_hub_due ON source_hub (due);
"#;
