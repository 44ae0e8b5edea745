//! What a publisher sends, as it was sent. The desk's rules make a story of it.

use super::extra::Extra;
use super::story::{Correction, FocalPoint, Rendition, Withdrawal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A story as a publisher puts it in. A field that is left out and one that is null mean the same: without a value.
/// It replaces the edition before it whole, save what stays for ever (`uri`, `firstPublished`) or until said otherwise
/// (`slug`, and `published` as long as nothing else changes).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Submission {
    pub uri: Option<String>,
    pub slug: Option<String>,
    pub language: Option<String>,
    pub headline: Option<String>,
    pub summary: Option<String>,
    /// HTML; it is sanitised. At most one of `body` and `bodyText`.
    pub body: Option<String>,
    /// Plain text; empty or indented lines begin paragraphs.
    pub body_text: Option<String>,
    pub byline: Option<String>,
    pub dateline: Option<String>,
    pub slugline: Option<String>,
    pub urgency: Option<i64>,
    pub genre: Option<String>,
    pub ed_note: Option<String>,
    /// RFC 3339 with offset, like every time here.
    pub first_published: Option<String>,
    pub published: Option<String>,
    /// Before then nobody may see it: it waits unseen, and is published at that moment.
    pub embargoed_until: Option<String>,
    pub expires: Option<String>,
    /// The name of the organisation it comes from.
    pub source: Option<String>,
    /// Slugs or codes; the first is the main topic.
    pub topics: Option<Vec<String>>,
    pub related_links: Option<Vec<LinkSubmission>>,
    pub renditions: Option<Vec<Rendition>>,
    /// The uri of the story whose place this one takes.
    pub replaces: Option<String>,
    /// What documents say and the house has no place for: by the name of their format, an object. At most 64 KiB.
    #[schema(value_type = Option<BTreeMap<String, BTreeMap<String, serde_json::Value>>>)]
    pub extra: Option<Extra>,
}

/// A correction as an editor puts it in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CorrectionSubmission {
    /// What readers are told: what was wrong and what is right.
    pub text: Option<String>,
    /// `correction`, which it is when it is left out, or `clarification`.
    pub kind: Option<String>,
    /// The story as it is right; left out, it stays as it is and only the text is added.
    pub article: Option<Submission>,
}

/// Why a story is withheld.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WithholdSubmission {
    /// For the desk; readers are not told.
    pub reason: Option<String>,
}

/// Why a story is canceled, and what to take instead.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelSubmission {
    /// Public, required.
    pub reason: Option<String>,
    /// The uri of the story to take instead.
    pub replacement: Option<String>,
    /// Whoever has it must take it down and confirm that.
    pub mandatory: Option<bool>,
}

/// New names for a story; what is left out stays. The former ones lead to it for ever.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RenameSubmission {
    pub uri: Option<String>,
    pub slug: Option<String>,
}

/// Another end for an embargo.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RescheduleSubmission {
    /// RFC 3339 with offset; in the future.
    pub embargoed_until: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkSubmission {
    pub kind: String,
    pub uri: Option<String>,
    pub url: Option<String>,
    pub title: Option<String>,
}

/// What only an export says: it puts a story back as it was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    pub id: uuid::Uuid,
    pub version: i32,
    pub version_created: jiff::Timestamp,
    pub pub_status: String,
    #[serde(default)]
    pub corrections: Vec<Correction>,
    #[serde(default)]
    pub withdrawal: Option<Withdrawal>,
    #[serde(default)]
    pub aliases: Vec<Alias>,
    /// Earlier editions, oldest first, each the story of then.
    #[serde(default)]
    pub versions: Vec<serde_json::Value>,
}

/// A slug or uri that the story had before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Alias {
    /// `slug` or `uri`.
    pub kind: String,
    pub name: String,
}

impl FocalPoint {
    pub fn inside(self) -> bool {
        (0.0..=1.0).contains(&self.x) && (0.0..=1.0).contains(&self.y)
    }
}

/// A topic as a publisher puts it in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TopicSubmission {
    pub slug: Option<String>,
    pub kind: Option<String>,
    pub code: Option<String>,
    /// The parent's slug.
    pub parent: Option<String>,
    /// Names by language tag; at least one.
    pub names: Option<std::collections::BTreeMap<String, String>>,
}

/// Which topic takes another one in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MergeSubmission {
    /// Its slug or code.
    pub into: Option<String>,
}

/// A collection as an editor puts it in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CollectionSubmission {
    pub slug: Option<String>,
    pub name: Option<String>,
    /// Ids, uris or slugs of stories, in order.
    pub items: Option<Vec<String>>,
}
