//! A submission that has passed the rules.

use crate::news::extra::Extra;
use crate::news::story::{Correction, CorrectionKind, PubStatus, RelatedLink, Rendition, Withdrawal};
use crate::news::submission::Alias;
use crate::news::topic::{NewTopic, TopicKey};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// Clean, complete and derived from, but not yet resolved against what is in the house.
#[derive(Clone, Debug)]
pub struct Draft {
    pub uri: String,
    pub slug: Option<String>,
    pub text: Text,
    pub first_published: Option<Timestamp>,
    pub published: Option<Timestamp>,
    /// Before then nobody may see it; over or not, it is as the publisher said.
    pub embargoed_until: Option<Timestamp>,
    pub source: Option<TopicName>,
    pub topics: Vec<TopicKey>,
    /// Topics to take up on the way when they are not there yet.
    pub new_topics: Vec<NewTopic>,
    /// What readers are told, when it puts something right.
    pub correction: Option<Note>,
    /// Only from an export.
    pub history: Option<History>,
}

/// What the publisher says of a story, as far as it needs nothing from the house.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Text {
    pub language: String,
    pub headline: String,
    pub summary: Option<String>,
    pub body_html: String,
    #[serde(skip)]
    pub body_text: String,
    #[serde(skip)]
    pub word_count: u32,
    pub byline: Option<String>,
    pub dateline: Option<String>,
    pub slugline: Option<String>,
    pub urgency: Option<u8>,
    pub genre: Option<String>,
    pub ed_note: Option<String>,
    pub expires: Option<Timestamp>,
    pub related_links: Vec<RelatedLink>,
    pub renditions: Vec<Rendition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    #[serde(skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// The public text of a correction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub kind: CorrectionKind,
    pub text: String,
}

/// A name with the slug that is made from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicName {
    pub slug: String,
    pub name: String,
}

/// What puts a story back as it was.
#[derive(Clone, Debug)]
pub struct History {
    pub id: Uuid,
    pub version: i32,
    pub version_created: Timestamp,
    pub pub_status: PubStatus,
    pub corrections: Vec<Correction>,
    pub withdrawal: Option<Withdrawal>,
    pub aliases: Vec<Alias>,
    /// Earlier editions, oldest first.
    pub editions: Vec<Edition>,
}

#[derive(Clone, Debug)]
pub struct Edition {
    pub draft: Draft,
    pub version: i32,
    pub version_created: Timestamp,
}
