//! The words: plain types of the trade, with no input or output in them.
//!
//! Cast: `story` what a reader gets, `submission` what a publisher sends, `pending` what waits under embargo,
//! `topic`, `collection`, `wire` (what changed), `chore` (what
//! follows from a change, by and by), `tags` (what an answer read), `write` (what all writes have in common),
//! `lifecycle` (which steps are possible), `difference` (between two editions), `extra` (what only
//! others have a place for),
//! `viewer` (who asks), `partner` (for whom), `channel` (what he is entitled to), `limits` (how much he may ask for),
//! `usage` (what he has read), `source` (where others' stories are pulled from), `websub` (who is told when a feed changes), `webhook` (where partners are told), `visibility` (may he see it: the only place that decides), and the hands for text: `slug`,
//! `html`, `uri`, `language`, `zone`.
//! Promise: everything in this room is a pure function of its arguments.

pub mod channel;
pub mod chore;
pub mod difference;
pub mod extra;
pub mod filter;
pub mod html;
pub mod language;
pub mod lifecycle;
pub mod limits;
pub mod partner;
pub mod pending;
pub mod site;
pub mod slug;
pub mod source;
pub mod story;
pub mod submission;
pub mod tags;
pub mod topic;
pub mod uri;
pub mod usage;
pub mod viewer;
pub mod visibility;
pub mod webhook;
pub mod websub;
pub mod wire;
pub mod write;
pub mod zone;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Makes a type of its own from a UUID, so that a story's id is never taken for a topic's.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A story, for ever. UUIDv7.
    ArticleId
);
id!(
    /// A topic, for ever. UUIDv7.
    TopicId
);
id!(
    /// A collection, for ever. UUIDv7.
    CollectionId
);
id!(
    /// A source, for ever. UUIDv7.
    SourceId
);
id!(
    /// A partner, for ever. UUIDv7.
    PartnerId
);
id!(
    /// A channel, for ever. UUIDv7.
    ChannelId
);
id!(
    /// A source that is pulled, for ever. UUIDv7.
    SourceFeedId
);
id!(
    /// A webhook's endpoint, for ever. UUIDv7.
    EndpointId
);

impl PartnerId {
    /// Stands for everybody, with a key or without, where something is granted.
    pub const EVERYBODY: PartnerId = PartnerId(Uuid::nil());
}

/// A story's edition, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub i32);

impl Version {
    pub const FIRST: Version = Version(1);

    pub fn next(self) -> Version {
        Version(self.0.saturating_add(1))
    }
}

/// Cuts a time to whole microseconds: what both databases keep.
pub fn micros(time: jiff::Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}
