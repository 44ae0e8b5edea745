//! The doors on the wire: polled, streamed, from the start by a snapshot, and confirmed.
//!
//! Cast: `notice` what one entry looks like, `poll` `GET /v1/wire`, `stream` the same as server-sent events, `snapshot`
//! all that is visible, `receipts` what keys have confirmed, `kills` who knows of a cancellation.
//! Promises: whoever goes on from the cursor that he was given misses nothing and gets nothing twice; what he is told to
//! do is right for what he may see now; many who ask for the same get it made once.

mod kills;
mod notice;
mod poll;
mod receipts;
mod snapshot;
mod stream;

pub use kills::{KillReceipts, kill};
pub use notice::{WirePage, views};
pub use poll::poll;
pub use receipts::{Confirmation, ReceiptView, Receipts, confirm, list};
pub use snapshot::{SnapshotLine, snapshot};
pub use stream::stream;

use super::Door;
use crate::error::{Error, Fault, Result};
use crate::news::TopicId;
use crate::news::topic::TopicKey;
use crate::news::viewer::Scope;
use crate::news::wire::{Payload, WireFilter};

/// The names of `payload`.
pub const PAYLOADS: &[&str] = Payload::NAMES;

/// How a follower wants to be told.
#[derive(Clone)]
struct Told {
    payload: Payload,
    filter: WireFilter,
}

impl Told {
    /// `topics` are slugs or codes, `channels` slugs, as they were given.
    async fn of(door: &Door, scope: &Scope, payload: Payload, topics: &[String], channels: &[String]) -> Result<Told> {
        let keys: Vec<TopicKey> = topics.iter().map(|t| TopicKey::read(t)).collect();
        let found = if keys.is_empty() {
            Default::default()
        } else {
            door.archive.find_topics(scope, &keys).await?
        };
        let mut faults = Vec::new();
        let mut ids: Vec<TopicId> = Vec::new();
        for (key, name) in keys.iter().zip(topics) {
            match found.get(key) {
                Some(topic) if ids.contains(&topic.id) => {}
                Some(topic) => ids.push(topic.id),
                None => {
                    let name: String = name.chars().take(100).collect();
                    faults.push(Fault::new(
                        "topic",
                        "unknown_topic",
                        format!("there is no topic `{name}`"),
                    ));
                }
            }
        }
        let (channels, mut unknown) = door.archive.channel_ids(scope, "channel", channels).await?;
        faults.append(&mut unknown);
        if !faults.is_empty() {
            return Err(Error::parameters(faults));
        }
        ids.sort();
        Ok(Told {
            payload,
            filter: WireFilter { topics: ids, channels },
        })
    }

    /// Part of the name of what is made for it.
    fn key(&self) -> Vec<u8> {
        let mut key = vec![self.payload as u8];
        for topic in &self.filter.topics {
            key.extend_from_slice(topic.0.as_bytes());
        }
        key.push(b'/');
        for channel in &self.filter.channels {
            key.extend_from_slice(channel.0.as_bytes());
        }
        key
    }
}
