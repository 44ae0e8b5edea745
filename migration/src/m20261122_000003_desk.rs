//! The whole life of a story: what was corrected, withheld or canceled, what replaces what, whose end has been told.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000003_desk"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLES).await
    }
}

const TABLES: &str = r#"
ALTER TABLE article ADD COLUMN replaces text BYTEWISE;
ALTER TABLE article ADD COLUMN corrections text;
ALTER TABLE article ADD COLUMN withdrawal text;
ALTER TABLE article ADD COLUMN expiry_told boolean NOT NULL DEFAULT false;

CREATE INDEX article_by_replaced ON article (replaces) WHERE replaces IS NOT NULL;
CREATE INDEX article_to_expire ON article (expires)
  WHERE pub_status = 'usable' AND expires IS NOT NULL AND expiry_told = false;
"#;
