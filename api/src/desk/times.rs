//! What happens because its time has come, and not because somebody asks: embargoes end, stories expire. Each process's
//! worker looks; what one has done is there for nobody else.

use super::Desk;
use crate::error::Result;
use crate::news::wire::{Change, Edition, Reach, Step};
use crate::news::{ArticleId, TopicId};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// Told in one transaction, at most.
const TOGETHER: u32 = 100;
/// When others are at what is due.
const BESIDE: Duration = Duration::from_millis(20);

impl Desk {
    /// Does what is due, some of it. Returns how long nothing is, as far as is known; none when nothing ever is.
    pub async fn keep_times(&self) -> Result<Option<Duration>> {
        let times = self.store.next_times(&self.clock).await?;
        // Who is told that a story is over must see it so by his own clock.
        let over = times.now.checked_sub(self.store.skew(&self.clock)).unwrap_or(times.now);
        let (release, expiry) = (is_due(times.release, times.now), is_due(times.expiry, over));
        let mut done = 0;
        if release {
            done += Box::pin(self.release_due(times.now)).await?;
        }
        if expiry {
            done += Box::pin(self.tell_expired(over)).await?;
        }
        if release || expiry {
            return Ok(Some(if done > 0 { Duration::ZERO } else { BESIDE }));
        }
        let left = |at: Option<Timestamp>, now| at.map(|at| at.duration_since(now));
        let next = [left(times.release, times.now), left(times.expiry, over)];
        let next = next.into_iter().flatten().min();
        Ok(next.map(|left| Duration::try_from(left.max(SignedDuration::ZERO)).unwrap_or_default()))
    }

    /// Tells the wire of stories whose time was over by then, of each once: followers take it down. That readers do not
    /// see it any more they owe to the gate, not to this.
    async fn tell_expired(&self, by: Timestamp) -> Result<usize> {
        let tx = self.store.begin().await?;
        // Before any story is locked, as publishing does.
        tx.share_channels().await?;
        let expired = tx.claim_expired(by, TOGETHER).await?;
        let ids: Vec<ArticleId> = expired.iter().map(|(id, _)| *id).collect();
        if ids.is_empty() {
            return Ok(0);
        }
        let mut feeds = tx.feeds_of(&ids).await?;
        let mut channels = tx.channels_of(&ids).await?;
        let changes: Vec<Change> = expired
            .into_iter()
            .map(|(id, version)| {
                let (topics, implied) = feeds.remove(&id).unwrap_or_default();
                let before: Vec<TopicId> = topics.into_iter().chain(implied).collect();
                Change::Article(Edition {
                    id,
                    version,
                    step: Step::Expired,
                    changed: Vec::new(),
                    before,
                    after: Vec::new(),
                    reach: Reach {
                        before: channels.remove(&id).unwrap_or_default(),
                        ..Reach::default()
                    },
                })
            })
            .collect();
        tx.expiries_told(&ids).await?;
        self.conclude_at(tx, &changes, self.clock.now().max(by)).await?;
        Ok(ids.len())
    }
}

fn is_due(at: Option<Timestamp>, now: Timestamp) -> bool {
    at.is_some_and(|at| at <= now)
}
