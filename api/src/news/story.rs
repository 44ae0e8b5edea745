//! What a reader gets: one edition of one story, whole.

use super::extra::Extra;
use super::{ArticleId, SourceId, TopicId, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One edition of a story. Immutable: an edition that changes is another edition, so `(id, version)` names its content
/// for ever, and the value can be shared by every list that shows it. Its JSON is what `article_version` keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Story {
    pub id: ArticleId,
    pub uri: String,
    pub slug: String,
    pub version: Version,
    pub pub_status: PubStatus,
    pub language: String,
    pub headline: String,
    pub summary: Option<String>,
    /// Sanitised HTML.
    pub body_html: String,
    /// Paragraphs divided by empty lines.
    pub body_text: String,
    pub word_count: u32,
    pub byline: Option<String>,
    pub dateline: Option<String>,
    pub slugline: Option<String>,
    /// 1 highest … 9.
    pub urgency: Option<u8>,
    pub genre: Option<String>,
    pub ed_note: Option<String>,
    pub first_published: Timestamp,
    pub published: Timestamp,
    pub version_created: Timestamp,
    pub expires: Option<Timestamp>,
    pub source: Option<SourceId>,
    /// The publisher's topics, the main one first; ancestors are not among them.
    pub topics: Vec<TopicId>,
    pub related_links: Vec<RelatedLink>,
    pub renditions: Vec<Rendition>,
    /// The uri of the story whose place this one takes.
    #[serde(default)]
    pub replaces: Option<String>,
    /// What documents say of it and the house has no place for.
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
    /// What was wrong and has been put right, oldest first.
    #[serde(default)]
    pub corrections: Vec<Correction>,
    /// Of a story that is withheld or canceled.
    #[serde(default)]
    pub withdrawal: Option<Withdrawal>,
}

impl Story {
    pub fn paragraphs(&self) -> Vec<String> {
        self.body_text
            .split("\n\n")
            .filter(|p| !p.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The headline as its publisher said it; none where the house made one up because there was none.
    pub fn said_headline(&self) -> Option<&str> {
        Some(self.headline.as_str()).filter(|h| !h.is_empty() && !self.extra.headline_is_made())
    }

    /// Bytes it takes up in a cache, roughly.
    pub fn weight(&self) -> u64 {
        let text = self.body_html.len() + self.body_text.len() + self.headline.len() + self.uri.len() + self.slug.len();
        let parts = self.topics.len() * 16 + self.related_links.len() * 160 + self.renditions.len() * 320;
        (text + parts + self.extra.size() + 640) as u64
    }
}

/// IPTC publishing status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PubStatus {
    Usable,
    Withheld,
    Canceled,
}

impl PubStatus {
    pub const ALL: [PubStatus; 3] = [PubStatus::Usable, PubStatus::Withheld, PubStatus::Canceled];

    pub fn parse(text: &str) -> Option<PubStatus> {
        PubStatus::ALL.into_iter().find(|s| s.as_str() == text)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            PubStatus::Usable => "usable",
            PubStatus::Withheld => "withheld",
            PubStatus::Canceled => "canceled",
        }
    }
}

/// What readers are told when something wrong has been put right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Correction {
    pub kind: CorrectionKind,
    /// Public, one or more sentences.
    pub text: String,
    pub at: Timestamp,
    /// The first edition that is right.
    pub version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CorrectionKind {
    /// Something was wrong.
    Correction,
    /// Something could be misunderstood.
    Clarification,
}

impl CorrectionKind {
    pub const ALL: [CorrectionKind; 2] = [CorrectionKind::Correction, CorrectionKind::Clarification];

    pub fn as_str(self) -> &'static str {
        match self {
            CorrectionKind::Correction => "correction",
            CorrectionKind::Clarification => "clarification",
        }
    }

    pub fn parse(text: &str) -> Option<CorrectionKind> {
        CorrectionKind::ALL.into_iter().find(|k| k.as_str() == text)
    }
}

/// Why and when a story was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Withdrawal {
    /// Of a canceled story it is public; of a withheld one only the desk's.
    pub reason: Option<String>,
    pub at: Timestamp,
    /// The uri of the story to take instead.
    pub replacement: Option<String>,
    /// Whoever has it must take it down and say so.
    pub mandatory: bool,
}

/// What is left of a canceled story, for those who could read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tombstone {
    pub id: ArticleId,
    pub uri: String,
    pub version: Version,
    pub reason: String,
    pub at: Timestamp,
    pub mandatory: bool,
    /// The story to take instead, if this viewer may see it: id and uri.
    pub replacement: Option<(ArticleId, String)>,
}

/// A link that an editor chose. `External` has a `url`, every other kind the `uri` of a story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RelatedLink {
    pub kind: LinkKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    Background,
    FollowUp,
    CorrectionOf,
    TranslationOf,
    External,
}

impl LinkKind {
    pub const ALL: [LinkKind; 5] = [
        LinkKind::Background,
        LinkKind::FollowUp,
        LinkKind::CorrectionOf,
        LinkKind::TranslationOf,
        LinkKind::External,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            LinkKind::Background => "background",
            LinkKind::FollowUp => "follow_up",
            LinkKind::CorrectionOf => "correction_of",
            LinkKind::TranslationOf => "translation_of",
            LinkKind::External => "external",
        }
    }

    pub fn parse(text: &str) -> Option<LinkKind> {
        LinkKind::ALL.into_iter().find(|k| k.as_str() == text)
    }
}

/// A picture or other media, by reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rendition {
    /// What it is for: `main`, `thumbnail`, …
    pub name: String,
    pub href: String,
    /// IANA media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<i32>,
    /// Pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<i32>,
    /// Bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focal_point: Option<FocalPoint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<String>,
    /// Text for those who do not see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// The point that a crop must keep, from 0 (left, top) to 1 (right, bottom).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FocalPoint {
    pub x: f64,
    pub y: f64,
}

/// Where a story stands in a list: enough to fetch it and to continue behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Listed {
    pub id: ArticleId,
    pub version: Version,
    pub first_published: Timestamp,
}

/// The ways to name a story. A text with a colon reads as a uri, a UUID as an id, everything else as a slug.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ArticleKey {
    Id(ArticleId),
    Uri(String),
    Slug(String),
}

impl ArticleKey {
    pub fn read(text: &str) -> ArticleKey {
        // The colon first: `urn:uuid:…` would parse as a UUID too, and is a uri.
        if text.contains(':') {
            return ArticleKey::Uri(text.to_owned());
        }
        match uuid::Uuid::try_parse(text) {
            Ok(id) => ArticleKey::Id(ArticleId(id)),
            Err(_) => ArticleKey::Slug(text.to_owned()),
        }
    }
}
