//! WebSub (W3C Recommendation): who is told when a feed changes. Here the house is a hub to its own readers, and a subscriber
//! to the hubs of the sources that it pulls.

use super::SourceFeedId;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Somebody wants to be told of one of our feeds, or not any more. Not true before he was asked whether it is he.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub id: Uuid,
    /// The feed's address.
    pub topic: String,
    /// Where he is told.
    pub callback: String,
    pub mode: Mode,
    /// Signs what he is told.
    pub secret: String,
    /// How long he is told.
    pub seconds: i64,
    /// ETag of the feed as it was when he asked.
    pub told: String,
    /// How often he was asked whether it is he.
    pub tries: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Subscribe,
    Unsubscribe,
}

impl Mode {
    pub fn parse(text: &str) -> Option<Mode> {
        match text {
            "subscribe" => Some(Mode::Subscribe),
            "unsubscribe" => Some(Mode::Unsubscribe),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Subscribe => "subscribe",
            Mode::Unsubscribe => "unsubscribe",
        }
    }
}

/// Somebody who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    pub id: Uuid,
    pub topic: String,
    pub callback: String,
    pub secret: String,
    pub until: Timestamp,
    /// ETag of what he was told last.
    pub told: String,
    /// In a row, and since when.
    pub failures: i32,
    pub failing_since: Option<Timestamp>,
}

/// The hub of a source that is pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceHub {
    pub source: SourceFeedId,
    /// Its address.
    pub hub: String,
    /// What it calls the source.
    pub topic: String,
    /// The end of the address at which it tells us; by chance, so that nobody else finds it.
    pub callback: String,
    pub secret: String,
    /// It does not want to tell us.
    pub denied: bool,
    /// Until when it tells us; past where it does not.
    pub until: Timestamp,
    /// How often in a row it did not do as asked.
    pub failures: i32,
    pub last_error: Option<String>,
}

/// How the house stands with a source's hub, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum HubState {
    /// It tells us what changes.
    Telling,
    /// It was asked, and has not asked back yet.
    Asked,
    /// It did not do as asked; it is asked again.
    Failing,
    /// It does not want to tell us; it is asked again after a day.
    Denied,
}

impl HubState {
    pub fn as_str(self) -> &'static str {
        match self {
            HubState::Telling => "telling",
            HubState::Asked => "asked",
            HubState::Failing => "failing",
            HubState::Denied => "denied",
        }
    }
}

impl SourceHub {
    /// Whether it tells us at this moment.
    pub fn tells(&self, now: Timestamp) -> bool {
        !self.denied && self.until > now
    }

    pub fn state(&self, now: Timestamp) -> HubState {
        match self {
            _ if self.tells(now) => HubState::Telling,
            SourceHub { denied: true, .. } => HubState::Denied,
            SourceHub { failures: 1.., .. } => HubState::Failing,
            SourceHub { .. } => HubState::Asked,
        }
    }
}
