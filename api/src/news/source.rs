//! Sources that are pulled: addresses where others put their stories, and how the house stands with each.
//!
//! A story's `source` is who it comes from, by name; a source that is pulled brings stories and is named here by its slug.

use super::SourceFeedId;
use super::websub::SourceHub;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A source as the house keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceFeed {
    pub id: SourceFeedId,
    /// Given once; it never changes.
    pub slug: String,
    pub settings: SourceSettings,
    /// Of the settings, counted from 1.
    pub version: i32,
    pub created: Timestamp,
    pub health: Health,
}

/// What an administrator says of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSettings {
    /// What is asked. Where it has moved for good, the new address.
    pub url: String,
    /// Who its stories come from, where they do not say it themselves.
    pub name: Option<String>,
    /// The time between two looks, in seconds.
    pub every_seconds: i64,
    /// Slugs or codes: before the topics that its stories name themselves.
    pub topics: Vec<String>,
    /// Of stories that say none.
    pub language: Option<String>,
    /// Whether topics that the house does not know are taken up.
    pub new_topics: bool,
    pub paused: bool,
}

/// How the house stands with a source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// It has said that it is over; nobody asks it any more.
    pub gone: bool,
    /// When it is asked next.
    pub due: Timestamp,
    pub last_tried: Option<Timestamp>,
    /// When all that it offers was last known to be in the house.
    pub last_ok: Option<Timestamp>,
    /// When something new last came.
    pub last_new: Option<Timestamp>,
    /// In a row.
    pub failures: i32,
    pub last_error: Option<String>,
    /// What it said of its last answer, to ask whether there is another.
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

/// How many of a source's stories are in, and how many could not come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub stories: i64,
    pub refused: i64,
}

/// A source, what came of it, and its hub if it names one.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceReport {
    pub feed: SourceFeed,
    pub counts: Counts,
    pub hub: Option<SourceHub>,
}

/// In a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceState {
    /// It has not been asked yet.
    New,
    Ok,
    /// It did not answer well the last time; it is asked again, at growing distances.
    Failing,
    Paused,
    /// It has said that it is over (410). It is asked again when its address is changed.
    Gone,
}

impl SourceState {
    pub fn as_str(self) -> &'static str {
        match self {
            SourceState::New => "new",
            SourceState::Ok => "ok",
            SourceState::Failing => "failing",
            SourceState::Paused => "paused",
            SourceState::Gone => "gone",
        }
    }
}

impl SourceFeed {
    pub fn state(&self) -> SourceState {
        match &self.health {
            Health { gone: true, .. } => SourceState::Gone,
            _ if self.settings.paused => SourceState::Paused,
            Health { failures: 1.., .. } => SourceState::Failing,
            Health { last_ok: None, .. } => SourceState::New,
            _ => SourceState::Ok,
        }
    }

    /// How long ago the house was last known to have all of it.
    pub fn lag(&self, now: Timestamp) -> Option<SignedDuration> {
        let ago = now.duration_since(self.health.last_ok?);
        Some(ago.max(SignedDuration::ZERO))
    }
}

/// A source as an administrator puts it in. What is left out is as for a new one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SourceSubmission {
    pub slug: Option<String>,
    /// The address of a feed, or of a document in any format that is read.
    pub url: Option<String>,
    /// Who its stories come from, where they do not say it themselves.
    pub name: Option<String>,
    /// The time between two looks, in seconds, 10 to 604,800; 900 when it is left out.
    pub every_seconds: Option<i64>,
    /// Slugs or codes of topics that are there: before the topics that its stories name themselves.
    pub topics: Option<Vec<String>>,
    /// Of stories that say none, as a BCP 47 tag.
    pub language: Option<String>,
    /// Whether topics that the house does not know are taken up; `false` when it is left out, and they are passed over.
    pub new_topics: Option<bool>,
    /// Whether it rests; `false` when it is left out.
    pub paused: Option<bool>,
}
