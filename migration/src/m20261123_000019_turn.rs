//! How often somebody has said where a webhook is to go on: what a courier knows of its place is good until then.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261123_000019_turn"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, COLUMN).await
    }
}

const COLUMN: &str = r#"
ALTER TABLE webhook_endpoint ADD COLUMN turn integer NOT NULL DEFAULT 0;
"#;
