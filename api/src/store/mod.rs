//! The store: the only SQL in the house.
//!
//! Cast: `Store` reads from a pool, `Tx` is one writing transaction; `list` walks the indexes, `article`, `topic`,
//! `collection`, `source` load and write rows in batches, `wire` moves the head and reads the entries, `signal` wakes
//! other processes, `feed` the places of stories in topics' feeds, `channel` the same of channels and who may read them,
//! `source_feed` and `source_item` sources that are pulled and what came of them, `hub` and `source_hub` who is told of our feeds and who tells us of others', `webhook` where partners are told and how far they are, `chore` work in chunks, `pending` the vestibule, `storyline` which stories are on one event, `times` what is due and by whose clock, `compass` says whether a replica
//! will do, `pool` what happens when a connection broke, `life` whether the primary is still the one that it was, `follower`, `key`, `partner` and `idempotency` keep theirs.
//! Promises: the same statements on SQLite and PostgreSQL; a read never waits for a writer on SQLite; a transaction
//! that is dropped changes nothing; nobody above this room names a table.

mod article;
mod chain;
mod channel;
mod chore;
mod collection;
mod compass;
mod connect;
mod fault;
mod feed;
mod follower;
mod history;
mod hub;
mod idempotency;
mod indexed;
mod key;
mod key_use;
mod kill;
mod lease;
mod life;
mod list;
mod partner;
mod pending;
#[cfg(test)]
mod plans;
mod pool;
mod signal;
mod source;
mod source_feed;
mod source_hub;
mod source_item;
mod sql;
mod storyline;
mod times;
mod topic;
mod usage;
mod webhook;
mod wire;

pub use article::{Current, Filed};
pub use channel::{Placed, Wording};
pub use connect::migrate;
pub use feed::Standing;
pub use follower::Receipt;
pub use idempotency::Claim;
pub use indexed::Placement;
pub use key_use::{Granted, Wanted};
pub use kill::{Concerned, KillReceipt, Killed};
pub use list::has_index;
pub use source_feed::Lease;
pub use source_item::{Noted, SourceItem};
pub use storyline::Link;
pub use topic::DEEPEST;
pub use webhook::{Booking, Held, Whose};
pub use wire::Reader;

use crate::error::Result;
pub use compass::Compass;
use connect::Place;
pub use fault::RACE;
use fault::refused;
use pool::Pool;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, DbBackend, IsolationLevel, SqliteTransactionMode,
    TransactionOptions,
};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The database, open. Clones share the pools.
#[derive(Clone)]
pub struct Store {
    rooms: Arc<Pools>,
}

struct Pools {
    /// Readings, on the primary.
    read: Pool,
    write: Pool,
    /// Readings, on a replica that follows the primary.
    replica: Option<Pool>,
    /// One connection for the tail of the wire, where readings go.
    tail: Pool,
    /// One more on the primary, where readings go to a replica.
    watch: Option<Pool>,
    compass: Compass,
    /// Whether this process has seen that there are channels.
    channels: AtomicBool,
    /// Whether the primary says which life of the house it is.
    told_life: AtomicBool,
    /// The primary, for those who listen to its signals.
    place: Place,
}

impl Store {
    fn read(&self) -> &Pool {
        match &self.rooms.replica {
            Some(replica) if self.rooms.compass.replica_will_do() => replica,
            _ => &self.rooms.read,
        }
    }

    /// On the primary, for those who look again and again whether there is something to do: their statements say nothing of
    /// what requests cost, and are not counted.
    fn aside(&self) -> &Pool {
        self.rooms.watch.as_ref().unwrap_or(&self.rooms.tail)
    }

    pub fn compass(&self) -> &Compass {
        &self.rooms.compass
    }

    /// Whether readings go to another server than writings.
    pub fn has_replica(&self) -> bool {
        self.rooms.replica.is_some()
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
        let inner = self.rooms.write.begin(options).await?;
        Ok(Tx {
            inner,
            rooms: Arc::clone(&self.rooms),
            chores: AtomicBool::new(false),
            times: AtomicBool::new(false),
            asked: AtomicBool::new(false),
        })
    }

    /// Begins a transaction that sees one moment and writes nothing.
    async fn moment(&self) -> Result<DatabaseTransaction> {
        let postgres = self.backend() == DbBackend::Postgres;
        let options = TransactionOptions {
            isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: postgres.then_some(AccessMode::ReadOnly),
            sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
        };
        self.read().begin(options).await
    }

    /// Name, open and idle connections of each pool.
    pub fn pools(&self) -> Vec<(&'static str, u32, u32)> {
        let pools = [
            ("read", Some(&self.rooms.read)),
            ("write", Some(&self.rooms.write)),
            ("replica", self.rooms.replica.as_ref()),
        ];
        let counted = pools.into_iter().filter_map(|(name, pool)| {
            let (open, idle) = pool?.size();
            Some((name, open, idle))
        });
        counted.collect()
    }

    pub async fn close(&self) -> Result<()> {
        let Pools {
            read,
            write,
            replica,
            tail,
            watch,
            compass: _,
            channels: _,
            told_life: _,
            place: _,
        } = &*self.rooms;
        let others = [Some(tail), watch.as_ref(), replica.as_ref(), Some(read)];
        for connection in others.into_iter().flatten() {
            connection.close().await?;
        }
        write.close().await
    }
}

/// One writing transaction. Dropped without `commit`, it never was.
pub struct Tx {
    inner: DatabaseTransaction,
    rooms: Arc<Pools>,
    /// The channels were looked at, and stand still.
    asked: AtomicBool,
    /// A chore was filed: somebody should begin with it when this is committed.
    chores: AtomicBool,
    /// Something has a time to be released at: somebody should look when.
    times: AtomicBool,
}

impl Tx {
    pub async fn commit(self) -> Result<()> {
        self.inner.commit().await.map_err(refused)
    }
}
