//! Dateline's schema steps, the same for SQLite and PostgreSQL. A step that has been released never changes.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, DbErr};

mod m20261122_000001_house;
mod m20261122_000002_wire;
mod m20261122_000003_desk;
mod m20261122_000004_partners;
mod m20261122_000005_topics;
mod m20261122_000006_limits;
mod m20261122_000007_channels;
mod m20261122_000008_embargo;
mod m20261122_000009_kills;
mod m20261122_000010_extra;
mod m20261122_000011_sources;
mod m20261123_000012_webhooks;
mod m20261123_000014_websub;
mod m20261123_000015_epoch;
mod m20261123_000016_advance;
mod m20261123_000017_push;
mod m20261123_000018_storylines;
mod m20261123_000019_turn;
mod m20261123_000020_readers;

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_house::Migration),
            Box::new(m20261122_000002_wire::Migration),
            Box::new(m20261122_000003_desk::Migration),
            Box::new(m20261122_000004_partners::Migration),
            Box::new(m20261122_000005_topics::Migration),
            Box::new(m20261122_000006_limits::Migration),
            Box::new(m20261122_000007_channels::Migration),
            Box::new(m20261122_000008_embargo::Migration),
            Box::new(m20261122_000009_kills::Migration),
            Box::new(m20261122_000010_extra::Migration),
            Box::new(m20261122_000011_sources::Migration),
            Box::new(m20261123_000012_webhooks::Migration),
            Box::new(m20261123_000014_websub::Migration),
            Box::new(m20261123_000015_epoch::Migration),
            Box::new(m20261123_000016_advance::Migration),
            Box::new(m20261123_000017_push::Migration),
            Box::new(m20261123_000018_storylines::Migration),
            Box::new(m20261123_000019_turn::Migration),
            Box::new(m20261123_000020_readers::Migration),
        ]
    }
}

/// Runs statements written once for both databases, divided by `;` at a line's end. In them `ID` is a UUID, `BYTES` a
/// byte string, `BIG` a 64-bit integer, `BYTEWISE` the collation that compares as SQLite does.
async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let words: &[(&str, &str)] = match connection.get_database_backend() {
        DbBackend::Postgres => &[
            (" ID", " uuid"),
            (" BYTES", " bytea"),
            (" BIG", " bigint"),
            (" BYTEWISE", " COLLATE \"C\""),
            (" HOT", " WITH (fillfactor = 10)"),
        ],
        _ => &[
            (" ID", " blob"),
            (" BYTES", " blob"),
            (" BIG", " bigint"),
            (" BYTEWISE", ""),
            (" HOT", ""),
        ],
    };
    for statement in sql.split(";\n").map(str::trim).filter(|s| !s.is_empty()) {
        let mut statement = statement.to_owned();
        for (word, meaning) in words {
            statement = statement.replace(word, meaning);
        }
        connection.execute_unprepared(&statement).await?;
    }
    Ok(())
}
