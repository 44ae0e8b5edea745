//! The store: the only SQL in the house.
//!
//! Cast: `Store` reads from a pool, `Tx` is one writing transaction; `list` walks the indexes, `article`, `topic`,
//! `collection`, `source` load and write rows in batches, `wire` moves the head, `key` and `idempotency` keep theirs.
//! Promises: the same statements on SQLite and PostgreSQL; a read never waits for a writer on SQLite; a transaction
//! that is dropped changes nothing; nobody above this room names a table.

mod article;
mod collection;
mod connect;
mod fault;
mod idempotency;
mod key;
mod list;
#[cfg(test)]
mod plans;
mod source;
mod sql;
mod topic;
mod wire;

pub use article::{Current, Filed};
pub use connect::migrate;
pub use idempotency::Claim;
pub use topic::DEEPEST;
pub use wire::Head;

use crate::error::Result;
pub use fault::RACE;
use fault::refused;
use sea_orm::{
    AccessMode, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use std::sync::Arc;

/// The database, open. Clones share the pools.
#[derive(Clone)]
pub struct Store {
    rooms: Arc<Pools>,
}

struct Pools {
    read: DatabaseConnection,
    write: DatabaseConnection,
}

impl Store {
    fn read(&self) -> &DatabaseConnection {
        &self.rooms.read
    }

    fn backend(&self) -> DbBackend {
        self.rooms.read.get_database_backend()
    }

    /// Which database it is, for logs and metrics.
    pub fn kind(&self) -> &'static str {
        match self.backend() {
            DbBackend::Postgres => "postgres",
            _ => "sqlite",
        }
    }

    /// Begins a writing transaction. On SQLite it holds the write lock from the start, so that it can never fail
    /// half-way because somebody else wrote in between.
    pub async fn begin(&self) -> Result<Tx> {
        let options = TransactionOptions {
            isolation_level: None,
            access_mode: None,
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        };
        let inner = self.rooms.write.begin_with_options(options).await.map_err(refused)?;
        Ok(Tx { inner })
    }

    /// Begins a transaction that sees one moment and writes nothing.
    async fn moment(&self) -> Result<DatabaseTransaction> {
        let postgres = self.backend() == DbBackend::Postgres;
        let options = TransactionOptions {
            isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: postgres.then_some(AccessMode::ReadOnly),
            sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
        };
        self.rooms.read.begin_with_options(options).await.map_err(refused)
    }

    /// Name, open and idle connections of each pool.
    pub fn pools(&self) -> [(&'static str, u32, u32); 2] {
        let count = |connection: &DatabaseConnection| {
            let (open, idle) = match connection.get_database_backend() {
                DbBackend::Postgres => {
                    let pool = connection.get_postgres_connection_pool();
                    (pool.size(), pool.num_idle())
                }
                _ => {
                    let pool = connection.get_sqlite_connection_pool();
                    (pool.size(), pool.num_idle())
                }
            };
            (open, u32::try_from(idle).unwrap_or(u32::MAX))
        };
        let (read, write) = (count(&self.rooms.read), count(&self.rooms.write));
        [("read", read.0, read.1), ("write", write.0, write.1)]
    }

    pub async fn close(&self) -> Result<()> {
        self.rooms.read.clone().close().await.map_err(refused)?;
        self.rooms.write.clone().close().await.map_err(refused)
    }
}

/// One writing transaction. Dropped without `commit`, it never was.
pub struct Tx {
    inner: DatabaseTransaction,
}

impl Tx {
    pub async fn commit(self) -> Result<()> {
        self.inner.commit().await.map_err(refused)
    }
}
