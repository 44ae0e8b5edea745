//! The wire: who follows it, and how.
//!
//! Cast: `Wire` is what a process knows of the log; `tail` the one loop that reads new entries and tells everybody;
//! `ring` the newest entries in memory; `follow` a reader with a place of his own, first scanning, then live; `cursor`
//! a place as the outside sees it; `freshness` which answers are still good.
//! Promises: a follower gets every entry once, in order, whether he was there when it came or asks years later; a
//! signal makes it fast, the table makes it right; nothing is told before it was committed, and what a process has told
//! once is the least it knows from then on.

mod cursor;
mod follow;
mod freshness;
mod ring;
mod tail;

pub use cursor::Place;
pub use follow::Follower;
pub use freshness::Freshness;

use crate::clock::Clock;
use crate::error::{Error, Kind, Result};
use crate::news::wire::{Entry, Head, Position};
use crate::store::{Reader, Store};
use cursor::Seal;
use ring::Ring;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// The wire as this process knows it. Clones are the same.
#[derive(Clone)]
pub struct Wire(Arc<Inner>);

struct Inner {
    store: Store,
    /// The newest position that everybody here has been told.
    head: watch::Sender<Head>,
    ring: RwLock<Ring>,
    freshness: Freshness,
    wake: Notify,
    /// Something was committed here that other processes should hear of.
    to_signal: AtomicBool,
    tailed: AtomicBool,
    seal: Seal,
    clock: Clock,
    every: Duration,
    /// What is to be forgotten when a new epoch begins.
    renew: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

/// How long an acknowledgement waits until this process has seen the change itself. Longer than answers are kept without
/// a sign of life, so that whoever was answered never reads something older here.
const SEEN_WITHIN: Duration = Duration::from_millis(1_500);

impl Wire {
    /// `every` is how often the tail looks when nobody wakes it.
    pub async fn open(store: Store, clock: Clock, every: Duration) -> Result<Wire> {
        if let Some(Position(position)) = store.recognise(clock.now()).await? {
            tracing::warn!(
                position,
                "the primary is another than the one that wrote last: a new epoch begins"
            );
        }
        let head = store.wire_head(Reader::Tail).await?;
        let first = if store.has_replica() {
            store.wire_head(Reader::Watch).await?
        } else {
            head
        };
        store.compass().begin(first.position);
        store.compass().replica_has(head.position);
        let needs_primary = store.has_replica() && !store.compass().serves_without_primary();
        let seal = Seal::new(&store.secret("cursor", 16).await?)?;
        Ok(Wire(Arc::new(Inner {
            store,
            head: watch::Sender::new(head),
            ring: RwLock::new(Ring::after(head.position)),
            freshness: Freshness::at(head.position, needs_primary),
            wake: Notify::new(),
            to_signal: AtomicBool::new(false),
            tailed: AtomicBool::new(false),
            seal,
            clock,
            every,
            renew: OnceLock::new(),
        })))
    }

    /// What is to be forgotten when a new epoch begins: one version of a story may be another there.
    pub fn at_new_epoch(&self, forget: impl Fn() + Send + Sync + 'static) {
        // Said once, when the rooms are opened.
        let _ = self.0.renew.set(Box::new(forget));
    }

    /// Begins a new epoch: for who has put an older copy of the database in its place.
    pub async fn begin_epoch(&self) -> Result<Head> {
        if let Some(position) = self.0.store.begin_epoch(self.0.clock.now()).await? {
            self.committed(position).await;
        }
        self.0.store.wire_head(Reader::Watch).await
    }

    pub fn freshness(&self) -> &Freshness {
        &self.0.freshness
    }

    /// The newest position that everybody in this process has been told.
    pub fn head(&self) -> Head {
        *self.0.head.borrow()
    }

    /// Something was committed at this position: everybody is woken, and when this returns, this process knows it.
    pub async fn committed(&self, position: Position) {
        self.0.store.compass().demand(position);
        if !self.0.tailed.load(Ordering::Acquire) {
            // Nobody follows in this process; those in others should.
            if let Err(error) = self.0.store.signal().await {
                tracing::debug!(error.cause = %error, "could not signal a change; the others find it by their timers");
            }
            return;
        }
        self.0.to_signal.store(true, Ordering::Release);
        self.0.wake.notify_one();
        if !self.reached(position, SEEN_WITHIN).await {
            // The replica is behind; so is what is known of the answers that are kept.
            self.0.store.compass().demand(position);
            self.0.freshness.owe(position);
        }
    }

    /// Waits until this process knows a position; false when it took too long.
    pub async fn reached(&self, position: Position, within: Duration) -> bool {
        let mut head = self.0.head.subscribe();
        let there = head.wait_for(|h| h.position >= position);
        matches!(tokio::time::timeout(within, there).await, Ok(Ok(_)))
    }

    /// Entries after a position, at most so many, none that has not been told yet. `Gone` when the wire was trimmed
    /// behind it.
    pub async fn read(&self, after: Position, most: usize) -> Result<Vec<Arc<Entry>>> {
        let head = self.head().position;
        if after >= head || most == 0 {
            return Ok(Vec::new());
        }
        let from_ring = {
            let ring = self.0.ring.read().unwrap_or_else(PoisonError::into_inner);
            ring.read(after, head, most)
        };
        if let Some(entries) = from_ring {
            return Ok(entries);
        }
        let entries = self.0.store.wire_entries(Reader::Anybody, after, head, most).await?;
        match entries.first() {
            // Positions have no gaps but where a new epoch begins.
            Some(first) if first.position.0 == after.0 + 1 || self.begins_epoch(first, after).await? => {
                Ok(entries.into_iter().map(Arc::new).collect())
            }
            _ => Err(gone()),
        }
    }

    /// Whether the gap before an entry is one that a new epoch left, and not a trim.
    async fn begins_epoch(&self, first: &Entry, after: Position) -> Result<bool> {
        if after.0 == 0 {
            return Ok(false);
        }
        let before = Position(after.0 - 1);
        let own = self.0.store.wire_entries(Reader::Anybody, before, after, 1).await?;
        Ok(own.first().is_some_and(|own| own.epoch < first.epoch))
    }

    /// Before the oldest entry that is kept.
    pub async fn beginning(&self) -> Result<Position> {
        // Looked at first: the very first entry may come in while the database is asked, and is behind this.
        let head = self.head().position;
        match self.0.store.oldest_entry().await? {
            Some(oldest) => Ok(Position(oldest.0 - 1)),
            None => Ok(head),
        }
    }

    pub fn follow(&self, after: Position) -> Follower {
        Follower::new(self.clone(), after)
    }

    /// Deletes the entries that are older than this, some at a time. Returns how many.
    pub async fn trim(&self, before: jiff::Timestamp) -> Result<u64> {
        let mut trimmed = 0;
        loop {
            match self.0.store.trim_wire(before).await? {
                0 => return Ok(trimmed),
                more => trimmed += more,
            }
        }
    }
}

fn gone() -> Error {
    Error::new(
        Kind::Gone,
        "cursor_gone",
        "The wire does not reach back to this cursor any more. Take a snapshot (GET /v1/snapshot) and go on from the \
         cursor in its last line.",
    )
}
