//! Webhooks: where partners want to be told of changes, and how the house stands with each place.

use super::partner::Partner;
use super::wire::{Kind, Payload, Position, WireFilter};
use super::{ArticleId, ChannelId, EndpointId, TopicId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// An endpoint as the house keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    pub id: EndpointId,
    /// Whose it is; none for one of the house itself, which is told everything.
    pub partner: Option<Arc<Partner>>,
    pub settings: EndpointSettings,
    /// What it is signed with, the newest first.
    pub secrets: Vec<Secret>,
    /// Of all that somebody says of it, counted from 1.
    pub version: i32,
    pub created: Timestamp,
    /// Counted up whenever somebody says where or whether it goes on: what a courier knows of that is good until then.
    pub turn: i32,
    pub progress: Progress,
}

/// What is said of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointSettings {
    pub url: String,
    pub about: Option<String>,
    pub channels: Vec<Named<ChannelId>>,
    pub topics: Vec<Named<TopicId>>,
    /// By their names; all when it is empty.
    pub kinds: Vec<String>,
    pub payload: Payload,
}

impl EndpointSettings {
    /// What it is called among keys: `webhook news.example`. What else stands in its address may be nobody's business.
    pub fn label(&self) -> String {
        let rest = self.url.split_once("//").map_or(self.url.as_str(), |(_, rest)| rest);
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        format!("webhook {host}")
    }
}

/// Something as it was called when it was named, and which it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named<I> {
    pub id: I,
    pub name: String,
}

/// What messages are signed with, as Standard Webhooks writes it: `whsec_` and base64.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    pub text: String,
    /// From then on nothing is signed with it.
    pub until: Option<Timestamp>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// Whether it is told of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointState {
    Active,
    /// Nothing is sent; where it was is kept.
    Paused,
    /// It has answered that it is over (410).
    Off,
}

impl EndpointState {
    pub const ALL: [EndpointState; 3] = [EndpointState::Active, EndpointState::Paused, EndpointState::Off];

    pub fn as_str(self) -> &'static str {
        match self {
            EndpointState::Active => "active",
            EndpointState::Paused => "paused",
            EndpointState::Off => "off",
        }
    }

    pub fn parse(text: &str) -> Option<EndpointState> {
        EndpointState::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

/// How far an endpoint is told, and how it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    pub state: EndpointState,
    /// Why it is not active, for who looks after it.
    pub notice: Option<String>,
    /// Up to where it has everything.
    pub position: Position,
    /// Cancellations behind that which it has already: they did not wait for their turn.
    pub ahead: Vec<Position>,
    /// When the change was made that it waits for; none where it has all.
    pub waiting: Option<Timestamp>,
    /// Of what is next, in vain.
    pub tries: i32,
    pub failing: Option<Timestamp>,
    /// When it is tried next, where something failed.
    pub due: Option<Timestamp>,
    pub last_tried: Option<Timestamp>,
    pub last_ok: Option<Timestamp>,
    pub last_error: Option<String>,
}

impl Progress {
    /// Of one that is told what comes behind this.
    pub fn from(position: Position) -> Progress {
        Progress {
            state: EndpointState::Active,
            notice: None,
            position,
            ahead: Vec::new(),
            waiting: None,
            tries: 0,
            failing: None,
            due: None,
            last_tried: None,
            last_ok: None,
            last_error: None,
        }
    }

    /// Everything up to here is done with, and what failed is over.
    pub fn pass(&mut self, position: Position) {
        self.position = position;
        self.ahead.retain(|ahead| *ahead > position);
        self.tries = 0;
        self.failing = None;
        self.due = None;
        self.last_error = None;
    }

    /// Begins again, where it is.
    pub fn resume(&mut self) {
        self.state = EndpointState::Active;
        self.notice = None;
        self.tries = 0;
        self.failing = None;
        self.due = None;
    }
}

impl Endpoint {
    /// Whether it is told of changes at all.
    pub fn is_told(&self) -> bool {
        self.progress.state == EndpointState::Active && !self.partner.as_ref().is_some_and(|p| p.disabled)
    }

    /// Which changes it follows.
    pub fn filter(&self) -> WireFilter {
        let EndpointSettings { channels, topics, .. } = &self.settings;
        let mut filter = WireFilter {
            topics: topics.iter().map(|t| t.id).collect(),
            channels: channels.iter().map(|c| c.id).collect(),
        };
        filter.topics.sort();
        filter.channels.sort();
        filter
    }

    /// Whether it wants to be told of changes of this kind.
    pub fn wants(&self, kind: Kind) -> bool {
        let kinds = &self.settings.kinds;
        kinds.is_empty() || kinds.iter().any(|k| k == kind.as_str())
    }

    /// How long it has been behind, in seconds.
    pub fn lag(&self, now: Timestamp) -> i64 {
        let waits = |since: Timestamp| now.duration_since(since).as_secs().max(0);
        self.progress.waiting.map_or(0, waits)
    }
}

/// Why a request was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    Delivery,
    /// Somebody has asked for it once more.
    Resend,
    Test,
}

impl Manner {
    pub const ALL: [Manner; 3] = [Manner::Delivery, Manner::Resend, Manner::Test];

    pub fn as_str(self) -> &'static str {
        match self {
            Manner::Delivery => "delivery",
            Manner::Resend => "resend",
            Manner::Test => "test",
        }
    }

    pub fn parse(text: &str) -> Option<Manner> {
        Manner::ALL.into_iter().find(|m| m.as_str() == text)
    }
}

/// One request to an endpoint, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    pub id: Uuid,
    pub endpoint: EndpointId,
    pub at: Timestamp,
    pub manner: Manner,
    /// `type` of the message.
    pub kind: String,
    /// Of the change; 0 of a test.
    pub position: Position,
    pub epoch: i32,
    pub article: Option<ArticleId>,
    /// The how-many-th try, counted from 1.
    pub number: i32,
    pub took_ms: i64,
    /// None where nobody answered.
    pub status: Option<i32>,
    /// Why it is no success.
    pub error: Option<String>,
    /// The first bytes of the answer.
    pub answer: Option<String>,
}

impl Attempt {
    pub fn succeeded(&self) -> bool {
        self.error.is_none()
    }
}

/// How requests of the last day went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    pub all: i64,
    pub succeeded: i64,
}

impl Score {
    /// None where there were none.
    pub fn rate(self) -> Option<f64> {
        let share = |all: i64| self.succeeded as f64 / all as f64;
        (self.all > 0).then(|| share(self.all))
    }
}

/// An endpoint as it is put in. What is left out is as for a new one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointSubmission {
    /// The partner's slug. A partner's own key needs not say it; left out by an administrator, it is one of the house
    /// itself, which is told everything.
    pub partner: Option<String>,
    /// Where changes are posted: https.
    pub url: Option<String>,
    /// What it is for, in a line.
    pub about: Option<String>,
    /// Only stories in these channels, by slug; all when it is left out.
    pub channels: Option<Vec<String>>,
    /// Only stories in the feeds of these topics, by slug or code; all when it is left out.
    pub topics: Option<Vec<String>>,
    /// Only changes of these kinds, such as `article.published`; all when it is left out. What takes a story away is told
    /// always.
    pub kinds: Option<Vec<String>>,
    /// `full`, `meta`, `id` or `ninjs`; `full` when it is left out.
    pub payload: Option<String>,
    /// A cursor of the wire: what came behind it is told too. `oldest` for all that is kept; `latest`, or left out, for
    /// what comes from now on.
    pub after: Option<String>,
}

impl EndpointSubmission {
    /// Whose it is to be, and what is said of it. From where on it is told is said elsewhere.
    pub fn parts(self) -> (Option<String>, EndpointChange) {
        let change = EndpointChange {
            url: self.url,
            about: self.about,
            channels: self.channels,
            topics: self.topics,
            kinds: self.kinds,
            payload: self.payload,
        };
        (self.partner, change)
    }
}

/// What is to be different with an endpoint. What is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointChange {
    pub url: Option<String>,
    pub about: Option<String>,
    /// Empty for all; likewise below.
    pub channels: Option<Vec<String>>,
    pub topics: Option<Vec<String>>,
    pub kinds: Option<Vec<String>>,
    pub payload: Option<String>,
}

/// How a secret is to be followed by another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretRotation {
    /// How long messages are signed with both, in seconds, at most 30 days; 24 hours when it is left out.
    pub overlap_seconds: Option<i64>,
}

/// What is to be sent once more: either of the two.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResendSubmission {
    /// One message, by its `webhook-id`.
    pub message: Option<String>,
    /// Everything behind a cursor of the wire, `oldest` for all that is kept; `latest` for nothing of what was missed.
    pub after: Option<String>,
}
