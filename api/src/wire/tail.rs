//! The one loop of a process that reads new entries and tells everybody: the ring, the freshness, the followers.
//!
//! It looks when it is woken (by a commit here, by another process's signal) and by a timer, always at the stored head.
//! Where readings go to a replica it follows the replica, because what it tells must be there to be read; and a second,
//! lighter loop watches the primary: a withdrawal or a lost key is noticed there, makes answers stale and sends
//! readings to the primary until the replica has it too.

use super::Wire;
use super::ring::Ring;
use crate::error::Result;
use crate::news::wire::{Entry, Head, Position};
use crate::store::Reader;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Entries that are read at once.
const BATCH: usize = 1_000;

/// Between two looks after a signal, where the replica has not come so far yet.
const SOON: Duration = Duration::from_millis(4);

/// How often it looks again soon after a signal before it leaves the rest to the timer.
const LOOKS: u32 = 50;

impl Wire {
    /// Follows until told to stop. Errors are told once and tried again.
    pub async fn tail(self, stop: CancellationToken) {
        self.0.tailed.store(true, Ordering::Release);
        let (mut troubled, mut woken) = (false, false);
        loop {
            // Nobody waits for the signal to the others, and they do not wait for a replica.
            let (looked, ()) = tokio::join!(self.look_after(woken), self.pass_on());
            match looked {
                Ok(()) if troubled => {
                    troubled = false;
                    tracing::info!("the wire can be followed again");
                }
                Ok(()) => {}
                Err(error) if troubled => tracing::debug!(error.cause = %error, "the wire cannot be followed yet"),
                Err(error) => {
                    troubled = true;
                    tracing::warn!(error.cause = %error, "the wire cannot be followed; trying again");
                }
            }
            let every = if troubled {
                self.0.every.max(Duration::from_millis(100))
            } else {
                self.0.every
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.0.wake.notified() => woken = true,
                () = tokio::time::sleep(every) => woken = false,
            }
        }
        self.0.tailed.store(false, Ordering::Release);
    }

    /// Tells other processes of what was committed here.
    async fn pass_on(&self) {
        if self.0.to_signal.swap(false, Ordering::AcqRel)
            && let Err(error) = self.0.store.signal().await
        {
            tracing::debug!(error.cause = %error, "could not signal a change; the others find it by their timers");
        }
    }

    async fn look_after(&self, woken: bool) -> Result<()> {
        if woken && self.0.store.has_replica() {
            self.hurry().await;
        }
        self.step().await
    }

    /// One look at the head, and everything up to it.
    async fn step(&self) -> Result<()> {
        let asked = self.asked();
        let head = self.0.store.wire_head(Reader::Tail).await?;
        let mut told = self.head();
        if head.position < told.position && !self.0.store.has_replica() {
            // Less than was told already: a standby took the primary's place. What it lacks must not stay in answers.
            if let Some(Position(position)) = self.0.store.recognise(self.0.clock.now()).await? {
                tracing::warn!(position, "the primary has been replaced: a new epoch begins");
            }
            return Ok(());
        }
        while told.position < head.position {
            let entries = self
                .0
                .store
                .wire_entries(Reader::Tail, told.position, head.position, BATCH)
                .await?;
            let Some(last) = entries.last() else {
                // The entries up to the head were trimmed before they were read here: the ring begins anew behind them.
                *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = Ring::after(head.position);
                self.0.freshness.forget(head.position);
                self.tell(Vec::new(), head);
                break;
            };
            let first = entries.first().map_or(last.position, |e| e.position);
            if first.0 != told.position.0 + 1 {
                // Some were trimmed before they were read here, or a new epoch began: what moved there nobody knows.
                self.0.freshness.forget(Position(first.0 - 1));
                *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = Ring::after(Position(first.0 - 1));
            }
            if last.epoch != told.epoch
                && let Some(forget) = self.0.renew.get()
            {
                forget();
            }
            told = Head {
                epoch: last.epoch,
                position: last.position,
            };
            self.tell(entries, told);
        }
        self.0.freshness.heard();
        if !self.0.store.has_replica() {
            self.settle(head.position, asked);
        }
        Ok(())
    }

    /// What is owed and what is demanded.
    fn asked(&self) -> (Position, Position) {
        (self.0.freshness.owed(), self.0.store.compass().demanded())
    }

    /// What was asked for before the primary was looked at, and is more than what it has, is asked for no longer.
    fn settle(&self, primary: Position, (owed, demanded): (Position, Position)) {
        self.0.freshness.owe_at_most(primary, owed);
        self.0.store.compass().demand_at_most(primary, demanded);
    }

    /// First what is stale, then who may ask.
    fn tell(&self, entries: Vec<Entry>, upto: Head) {
        self.0.freshness.note(&entries);
        self.0.freshness.reach(upto.position);
        {
            let mut ring = self.0.ring.write().unwrap_or_else(PoisonError::into_inner);
            for entry in entries {
                ring.push(Arc::new(entry));
            }
        }
        self.0.store.compass().replica_has(upto.position);
        self.0.head.send_replace(upto);
    }

    /// After a signal a replica needs a moment: it is looked at again soon, some times.
    async fn hurry(&self) {
        for _ in 0..LOOKS {
            match self.0.store.wire_head(Reader::Tail).await {
                Ok(head) if head.position > self.head().position => return,
                Ok(_) => tokio::time::sleep(SOON).await,
                Err(_) => return,
            }
        }
    }

    /// Watches the primary, where readings go to a replica.
    pub async fn watch(self, stop: CancellationToken) {
        let mut at = self.head().position;
        loop {
            match self.look(&mut at).await {
                Ok(()) => {
                    self.0.store.compass().heard_of_primary();
                    self.0.freshness.heard_of_primary();
                }
                Err(error) => tracing::debug!(error.cause = %error, "the primary does not answer"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.0.every.min(Duration::from_millis(100))) => {}
            }
        }
    }

    async fn look(&self, at: &mut Position) -> Result<()> {
        let asked = self.asked();
        let head = self.0.store.wire_head(Reader::Watch).await?;
        while *at < head.position {
            let entries = self
                .0
                .store
                .wire_entries(Reader::Watch, *at, head.position, BATCH)
                .await?;
            let upto = entries.last().map_or(head.position, |e| e.position);
            let urgent: Vec<Entry> = entries.into_iter().filter(Entry::is_urgent).collect();
            if let Some(last) = urgent.last() {
                // Readings go to the primary until the replica has it; what was kept is stale at once.
                self.0.store.compass().demand(last.position);
                self.0.freshness.note(&urgent);
            }
            *at = upto;
        }
        self.settle(head.position, asked);
        Ok(())
    }

    /// Listens to the other processes' signals.
    pub async fn listen(self, stop: CancellationToken) {
        let mut warned = false;
        loop {
            let lost = tokio::select! {
                () = stop.cancelled() => return,
                lost = self.hear() => lost,
            };
            match lost {
                // There is nobody to listen to.
                Ok(()) => return,
                Err(error) if warned => tracing::debug!(error.cause = %error, "no signals from other processes yet"),
                Err(error) => {
                    warned = true;
                    tracing::warn!(error.cause = %error, "no signals from other processes; looking by the timer");
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
    }

    async fn hear(&self) -> Result<()> {
        let Some(mut signals) = self.0.store.signals().await? else {
            return Ok(());
        };
        loop {
            signals.next().await?;
            self.0.wake.notify_one();
        }
    }
}
