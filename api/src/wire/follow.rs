//! A reader with a place of his own: he scans what was, and is then there when something comes, with no gap between
//! the two, because both are the same reading of the same log.

use super::Wire;
use crate::error::{Error, Result};
use crate::news::wire::{Entry, Position};
use std::sync::Arc;

pub struct Follower {
    wire: Wire,
    at: Position,
}

impl Follower {
    pub(super) fn new(wire: Wire, at: Position) -> Follower {
        Follower { wire, at }
    }

    /// How far he has come.
    pub fn at(&self) -> Position {
        self.at
    }

    /// The next entries, as soon as there are any. May be given up at any time: he moves on only when it returns.
    pub async fn next(&mut self, most: usize) -> Result<Vec<Arc<Entry>>> {
        let mut head = self.wire.0.head.subscribe();
        loop {
            let entries = self.wire.read(self.at, most).await?;
            if let Some(last) = entries.last() {
                self.at = last.position;
                return Ok(entries);
            }
            let at = self.at;
            head.wait_for(|h| h.position > at)
                .await
                .map_err(|_| Error::internal("the wire is closed"))?;
        }
    }
}
