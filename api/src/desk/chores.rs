//! Chores: what a change brings with it for more stories than one transaction should hold. Each chunk is a transaction
//! of its own: its changes, its entries in the wire, its progress. One that was cut short never was, and is done again.
//!
//! A new kind is a variant of `Work` (`news/chore.rs`), a line in `step`, and a function `(&Desk, &Tx, &Chore) ->
//! Result<Step>` beside what it belongs to, which
//! - does the next `chore.most` stories behind `chore.after`, in the order of their ids,
//! - goes by how things are now, not by how they were when the chore was put, and finds nothing to do the second time,
//! - locks the stories it changes in the order of their ids, so that it never waits in a ring with publishing.
//!
//! The tree of topics stands still while a chunk is done: it is shared, as publishing does, before the chore is claimed.

use super::Desk;
use crate::error::{Error, Kind, Result};
use crate::news::chore::{Chore, Work};
use crate::news::wire::Change;
use crate::store::{RACE, Tx};
use jiff::SignedDuration;
use std::future::Future;
use tokio::time::{Duration, Instant};
use uuid::Uuid;

/// What one chunk has done.
pub(super) struct Step {
    pub changes: Vec<Change>,
    pub next: Next,
}

impl Step {
    /// There is nothing more to do.
    pub fn end() -> Step {
        Step {
            changes: Vec::new(),
            next: Next::End,
        }
    }
}

/// Where a chore goes on.
pub(super) enum Next {
    /// Behind this story; so many were looked at.
    Behind(Uuid, usize),
    /// Nowhere: all is done.
    End,
}

/// Longest rest after failures.
const LONGEST: SignedDuration = SignedDuration::from_secs(60);

impl Desk {
    /// Does one chunk of one chore, of at most so many stories. Returns how long others may have waited for it; none
    /// when there is nothing to do.
    pub async fn do_chore(&self, most: u32) -> Result<Option<Duration>> {
        if !self.store.has_chores(self.clock.now()).await? {
            return Ok(None);
        }
        let tx = self.store.begin().await?;
        let began = Instant::now();
        // Before the chore: who changes the tree holds it whole and may then put a chore.
        tx.share_topics().await?;
        let Some(chore) = tx.claim_chore(self.clock.now(), most).await? else {
            return Ok(None);
        };
        match Box::pin(self.chunk(tx, &chore)).await {
            Ok(()) => Ok(Some(began.elapsed())),
            // It met somebody, and gives way.
            Err(error) if error.kind == Kind::Busy || error.code == RACE => Err(error),
            Err(error) => {
                let now = self.clock.now();
                let seconds = 1i64 << chore.failures.clamp(0, 10);
                let rest = SignedDuration::from_secs(seconds).min(LONGEST);
                let until = now.checked_add(rest).unwrap_or(now);
                self.store.chore_failed(chore.id, &error.to_string(), until).await?;
                tracing::error!(
                    chore.kind = chore.work.kind(),
                    chore.subject = %chore.work.subject(),
                    error.cause = %error,
                    "a chore failed; it is tried again after a rest"
                );
                Ok(Some(began.elapsed()))
            }
        }
    }

    async fn chunk(&self, tx: Tx, chore: &Chore) -> Result<()> {
        let Step { changes, next } = self.step(&tx, chore).await?;
        match next {
            Next::Behind(after, looked_at) => {
                let more = i64::try_from(looked_at).map_err(Error::internal)?;
                tx.advance_chore(chore.id, after, more, self.clock.now()).await?;
            }
            Next::End => tx.end_chore(chore.id).await?,
        }
        self.conclude(tx, &changes).await
    }

    /// What the kinds of work are.
    async fn step(&self, tx: &Tx, chore: &Chore) -> Result<Step> {
        match &chore.work {
            Work::Feeds { topic } => self.refeed(tx, chore, *topic).await,
            Work::Channel { channel } => self.apply_channel(tx, chore, *channel).await,
            Work::Granted { grant } => self.grant_told(tx, chore, *grant).await,
            Work::Revoked { grant } => self.revocation_told(tx, chore, *grant).await,
        }
    }

    /// Ready as soon as this process has put a chore.
    pub fn chore_put(&self) -> impl Future<Output = ()> + '_ {
        self.chores.notified()
    }
}
