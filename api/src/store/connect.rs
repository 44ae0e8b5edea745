//! Opening the database, and the steps that bring its tables up to date.

use super::{Compass, Pool, Pools, Store};
use crate::config::Store as StoreConfig;
use crate::error::{Error, Kind, Result};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, Statement};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Versions of SQLite before this can damage a WAL database that two connections write or checkpoint.
const OLDEST_SQLITE: &str = "3.51.3";

/// Where the database is.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// A file, made when it is not there.
    Sqlite(PathBuf),
    Postgres(String),
}

impl Place {
    /// `store.url`; empty means the file `dateline.db` in the data directory.
    pub fn of(config: &StoreConfig) -> Result<Place> {
        let url = config.url.as_str();
        if url.is_empty() {
            return Ok(Place::Sqlite(config.data_dir.join("dateline.db")));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Place::Postgres(url.to_owned()));
        }
        match url.strip_prefix("sqlite:") {
            // How the file is opened is ours to say: parameters that others write behind it are left out.
            Some(path) => {
                let path = path.trim_start_matches("//").split('?').next().unwrap_or_default();
                Ok(Place::Sqlite(path.into()))
            }
            None => Err(Error::request(
                "invalid_configuration",
                "store.url (DATABASE_URL) must begin with postgres:// or sqlite://",
            )),
        }
    }
}

impl Place {
    /// `store.read_url`: where readings go instead, if anywhere.
    fn of_replica(config: &StoreConfig, primary: &Place) -> Result<Option<Place>> {
        if config.read_url.is_empty() {
            return Ok(None);
        }
        match primary {
            Place::Postgres(_) => Ok(Some(Place::Postgres(config.read_url.clone()))),
            Place::Sqlite(_) => Err(Error::request(
                "invalid_configuration",
                "store.read_url (DATABASE_READ_URL) names a replica of a PostgreSQL database, but store.url is SQLite",
            )),
        }
    }
}

/// Brings the tables up to date.
pub async fn migrate(config: &StoreConfig) -> Result<()> {
    let place = Place::of(config)?;
    let connection = connect(&place, config, Use::Write).await?;
    let done = bring_up(&connection).await;
    connection.close().await.map_err(super::refused)?;
    done
}

impl Store {
    /// Opens the database. SQLite's tables are brought up to date on the way; PostgreSQL's are not, because several
    /// servers may share it: there the error says what to run.
    pub async fn open(config: &StoreConfig) -> Result<Store> {
        let place = Place::of(config)?;
        let write = connect(&place, config, Use::Write).await?;
        match &place {
            Place::Sqlite(_) => {
                check_sqlite(&write).await?;
                bring_up(&write).await?;
            }
            Place::Postgres(_) => check_migrated(&write).await?,
        }
        let read = connect(&place, config, Use::Read).await?;
        let replica_place = Place::of_replica(config, &place)?;
        let (replica, watch) = match &replica_place {
            Some(place_of_it) => (
                Some(Pool::new(connect(place_of_it, config, Use::Read).await?)),
                Some(Pool::new(connect(&place, config, Use::Tail).await?)),
            ),
            None => (None, None),
        };
        let tail = connect(replica_place.as_ref().unwrap_or(&place), config, Use::Tail).await?;
        Ok(Store {
            rooms: Arc::new(Pools {
                read: Pool::new(read),
                write: Pool::new(write),
                replica,
                tail: Pool::new(tail),
                watch,
                compass: Compass::new(config.serve_without_primary),
                channels: AtomicBool::new(false),
                told_life: AtomicBool::new(false),
                place,
            }),
        })
    }
}

/// A connection that was not used for so long is asked whether it still stands before anything is asked on it: a
/// database that was restarted, or put back from a backup, costs nobody an error who comes after this.
const IDLE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, PartialEq)]
enum Use {
    Read,
    Write,
    /// One connection that only looks at the wire, again and again.
    Tail,
}

async fn connect(place: &Place, config: &StoreConfig, purpose: Use) -> Result<DatabaseConnection> {
    let url = match place {
        Place::Sqlite(path) => {
            if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
                tokio::fs::create_dir_all(folder).await.map_err(|e| {
                    Error::request(
                        "unusable_data_dir",
                        format!("cannot make the folder {}: {e}", folder.display()),
                    )
                })?;
            }
            format!("sqlite://{}?mode=rwc", path.display())
        }
        Place::Postgres(url) => url.clone(),
    };
    let connections = match (place, purpose) {
        (Place::Sqlite(_), Use::Write) => 1,
        (Place::Postgres(_), Use::Write) => config.write_connections,
        (_, Use::Read) => config.read_connections,
        (_, Use::Tail) => 1,
    };
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(0)
        .acquire_timeout(Duration::from_secs(config.acquire_seconds))
        .connect_timeout(Duration::from_secs(config.acquire_seconds))
        .sqlx_logging(false)
        .test_before_acquire_if_idle_for(IDLE);
    let statement_ms = config.statement_seconds.saturating_mul(1000);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .foreign_keys(true)
            .pragma("mmap_size", "0")
            // Per connection, filled as pages are read: 64 MB keep the inner pages of a house of a million stories.
            .pragma("cache_size", "-64000")
            .pragma("temp_store", "memory")
            .pragma("query_only", if purpose == Use::Write { "off" } else { "on" })
            .statement_cache_capacity(300)
            .optimize_on_close(false, None)
    });
    options.map_sqlx_postgres_opts(move |postgres| {
        postgres
            .statement_cache_capacity(300)
            .application_name("dateline")
            .options([
                ("statement_timeout", statement_ms.to_string()),
                ("lock_timeout", "5000".to_owned()),
                ("idle_in_transaction_session_timeout", "10000".to_owned()),
            ])
    });
    let mut connection = Database::connect(options)
        .await
        .map_err(|e| failed("cannot open the database", e))?;
    connection.set_metric_callback(move |statement| {
        // What the tail asks again and again says nothing about what requests cost.
        if purpose != Use::Tail {
            metrics::counter!("dateline_sql_statements_total").increment(1);
        }
        if statement.elapsed > Duration::from_millis(250) {
            tracing::warn!(
                sql.ms = u64::try_from(statement.elapsed.as_millis()).unwrap_or(u64::MAX),
                sql.text = %statement.statement.sql.chars().take(400).collect::<String>(),
                "slow statement"
            );
        }
    });
    Ok(connection)
}

async fn check_sqlite(connection: &DatabaseConnection) -> Result<()> {
    let ask = Statement::from_string(connection.get_database_backend(), "SELECT sqlite_version()");
    let row = connection.query_one_raw(ask).await.map_err(super::refused)?;
    let version: String = match row {
        Some(row) => super::sql::column(&row, 0)?,
        None => String::new(),
    };
    if numbers(&version) < numbers(OLDEST_SQLITE) {
        let text = format!("SQLite {version} can damage its file; {OLDEST_SQLITE} or newer is needed");
        return Err(Error::request("old_sqlite", text));
    }
    Ok(())
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|n| n.parse().unwrap_or(0)).collect()
}

async fn bring_up(connection: &DatabaseConnection) -> Result<()> {
    refuse_newer(connection).await?;
    Migrator::up(connection, None)
        .await
        .map_err(|e| failed("cannot migrate the database", e))
}

/// A step that this program does not know was made by a newer one, and what it did to the tables nobody here knows.
async fn refuse_newer(connection: &DatabaseConnection) -> Result<()> {
    let done = Migrator::get_migration_models(connection)
        .await
        .map_err(|e| failed("cannot read the database's state", e))?;
    let known: Vec<String> = Migrator::migrations().iter().map(|m| m.name().to_owned()).collect();
    match done.into_iter().find(|step| !known.contains(&step.version)) {
        None => Ok(()),
        Some(step) => {
            let text = format!(
                "the database is newer than this program: it has the step `{}`; run a newer dateline",
                step.version
            );
            Err(Error::request("newer_database", text))
        }
    }
}

async fn check_migrated(connection: &DatabaseConnection) -> Result<()> {
    refuse_newer(connection).await?;
    let pending = Migrator::get_pending_migrations(connection)
        .await
        .map_err(|e| failed("cannot read the database's state", e))?;
    if pending.is_empty() {
        return Ok(());
    }
    let text = format!(
        "the database lacks {} step(s); run `dateline migrate` first",
        pending.len()
    );
    Err(Error::request("not_migrated", text))
}

/// An error for the operator who starts the program: he sees the cause, a reader of the API never does.
fn failed(what: &str, error: DbErr) -> Error {
    Error::new(Kind::Internal, "database", format!("{what}: {error}"))
}
