//! Those who follow the wire and do something with it.
//!
//! Cast: `Consumer`, a name whose place in the wire is kept in the database; `webhooks` the couriers that tell partners;
//! `purge` who tells a CDN what to forget; `librarian`, who keeps the search index and commits the place along with it;
//! `chronicler`, who files before him which stories are on one event.
//! Promises: what it is handed it gets in order, and nothing is left out; the place is filed when the work is done, so
//! after a crash it gets the last piece again and never misses one: its work must bear being done twice. It can be
//! started anywhere; what it works on it finds itself.

mod chronicler;
mod librarian;
mod purge;
pub mod webhooks;

pub use librarian::Librarian;
pub use purge::{Call, Purger};

use crate::clock::Clock;
use crate::error::{Error, Fault, Result};
use crate::news::wire::{Entry, Position};
use crate::store::Store;
use crate::wire::{Follower, Wire};
use std::sync::Arc;

/// Entries that are handed out at once.
const TOGETHER: usize = 200;

pub struct Consumer {
    store: Store,
    clock: Clock,
    name: String,
    follower: Follower,
}

impl Consumer {
    /// Goes on from its bookmark; where it has none, from `start`.
    pub async fn open(store: Store, wire: &Wire, clock: Clock, name: &str, start: Position) -> Result<Consumer> {
        let fits =
            (1..=100).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if !fits {
            let message = "must be 1 to 100 letters, digits, hyphens, dots or underscores";
            return Err(Error::parameters(vec![Fault::new("bookmark", "invalid_name", message)]));
        }
        let at = match store.bookmark(name).await? {
            Some(at) => at,
            None => {
                // So that it does not begin anew when it is stopped before the first entry.
                store.set_bookmark(name, start, clock.now()).await?;
                start
            }
        };
        Ok(Consumer {
            store,
            clock,
            name: name.to_owned(),
            follower: wire.follow(at),
        })
    }

    /// Hands out one piece as soon as there is something, and files the place when `work` has done it.
    pub async fn next(&mut self, work: impl AsyncFnOnce(&[Arc<Entry>]) -> Result<()>) -> Result<()> {
        let entries = self.follower.next(TOGETHER).await?;
        work(&entries).await?;
        self.store
            .set_bookmark(&self.name, self.follower.at(), self.clock.now())
            .await
    }
}
