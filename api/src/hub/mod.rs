//! The hub (WebSub): readers of our own feeds are told as soon as one changes, instead of asking again and again.
//!
//! Cast: `ask` what somebody wishes, and whether it is allowed; `verify` whether it was he who wished it; `tell` what he is
//! told. Which feeds have changed is found out by whoever runs it: `follow` compares the feed's ETag as it is now with the one
//! that each was told last. What stands in a feed it is handed as a closure, because feeds are made two floors above.
//! Promises: what is told is what everybody may read at that moment, whole, and signed; nobody is told who has not said
//! himself, at his own address, that he wants to be; one that is slow or gone keeps nobody else waiting, and is told by and by
//! for three days. All of it stands in the database: killed anywhere, the next look goes on.

mod ask;
mod tell;
mod verify;

pub use ask::Asked;

use crate::clock::Clock;
use crate::error::Result;
use crate::news::websub::{Subscription, Wish};
use crate::outbound::{Bounds, Outbound};
use crate::store::Store;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// A feed as everybody gets it.
#[derive(Clone, Debug)]
pub struct Content {
    /// Media type.
    pub kind: String,
    pub etag: String,
    pub body: Bytes,
}

#[derive(Clone)]
pub struct Hub {
    store: Store,
    outbound: Outbound,
    clock: Clock,
    /// Where it is asked: `https://…/websub`.
    address: Arc<str>,
    /// Rung when there is something to do.
    work: Arc<Notify>,
}

/// Something to do, taken by this process.
pub enum Task {
    Verify(Wish),
    Tell(Subscription),
}

/// The others come back to what one has taken and not done by then: longer than an answer may take.
const TAKEN: SignedDuration = SignedDuration::from_secs(30);
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(10),
    bytes: 16 * 1024,
};

impl Hub {
    /// `address` is where it is asked, as feeds name it.
    pub fn new(store: Store, outbound: Outbound, clock: Clock, address: String) -> Hub {
        Hub {
            store,
            outbound,
            clock,
            address: address.into(),
            work: Arc::default(),
        }
    }

    /// Waits until somebody in this process has made work.
    pub async fn has_work(&self) {
        self.work.notified().await;
    }

    /// Takes what has waited longest.
    pub async fn take(&self) -> Result<Option<Task>> {
        let now = self.clock.now();
        if !self.store.has_hub_work(now).await? {
            return Ok(None);
        }
        let tx = self.store.begin().await?;
        tx.end_old_subscriptions(now).await?;
        let until = later(now, TAKEN);
        let task = match tx.take_wish(now, until).await? {
            Some(wish) => Some(Task::Verify(wish)),
            None => tx.take_subscription(now, until).await?.map(Task::Tell),
        };
        tx.commit().await?;
        Ok(task)
    }

    /// Notes who has to be told of feeds that are not any more as he was told.
    pub async fn follow<C, F>(&self, content: C) -> Result<()>
    where
        C: Fn(String) -> F + Sync,
        F: Future<Output = Result<Option<Content>>> + Send,
    {
        let mut found = false;
        for topic in self.store.hub_topics().await? {
            // Who follows a feed that is gone is told so.
            let etag = content(topic.clone()).await?.map_or_else(String::new, |c| c.etag);
            if self.store.has_untold(&topic, &etag).await? {
                let tx = self.store.begin().await?;
                tx.mark_untold(&topic, &etag, self.clock.now()).await?;
                tx.commit().await?;
                found = true;
            }
        }
        if found {
            self.work.notify_one();
        }
        Ok(())
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(now)
}

/// A time from now on, for what is counted in the standard library's durations.
fn after(now: Timestamp, by: Duration) -> Timestamp {
    later(
        now,
        SignedDuration::try_from(by).unwrap_or(SignedDuration::from_hours(1)),
    )
}
