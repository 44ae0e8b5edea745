//! What waits in the vestibule until its embargo is over: a story that nobody knows yet, or a new edition of one that is
//! public. Before its time it has no id and no place in anything; it is what a publisher said, checked.

use super::extra::Extra;
use super::html;
use super::story::Rendition;
use super::submission::{LinkSubmission, Submission};
use super::topic::NewTopic;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// What the story is called, or will be.
    pub uri: String,
    /// Its place among those that wait until the same moment; shown to nobody.
    pub id: Uuid,
    pub embargoed_until: Timestamp,
    /// Counted from 1, at each change.
    pub revision: i32,
    pub content: Content,
    /// Who put it in, as idempotency keys have it.
    pub owner: String,
    pub created: Timestamp,
    pub changed: Timestamp,
    /// Why the last release failed.
    pub failure: Option<String>,
    pub tried: Option<Timestamp>,
}

/// What will be published: it passes the rules once more when its time comes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// As a publisher would say it, with the body as it was made safe.
    pub article: Submission,
    /// Topics to take up on the way: not before, for a topic's name may tell the news.
    #[serde(default)]
    pub new_topics: Vec<NewTopic>,
    /// Why nothing of it could be read: one that is damaged must not hold up the others.
    #[serde(skip)]
    pub unreadable: Option<String>,
}

/// The mark of what waits, in the place of a version: `"p3"`.
pub fn etag(revision: i32) -> String {
    format!("\"p{revision}\"")
}

/// What waits, as those may read it who have the right to advance copy: whole.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdvanceCopy {
    /// Permanent name. There is no id yet, unless the story is public already and this is a new edition of it.
    pub uri: String,
    /// `embargoed`.
    pub pub_status: &'static str,
    /// Nobody may publish it before.
    #[schema(value_type = String, format = DateTime)]
    pub embargoed_until: Timestamp,
    /// Counted from 1, at each change.
    pub revision: i32,
    #[schema(value_type = String, format = DateTime)]
    pub changed: Timestamp,
    /// Wished for; what it will be is found out when the time comes.
    pub slug: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    pub headline: String,
    pub summary: Option<String>,
    pub byline: Option<String>,
    pub dateline: Option<String>,
    pub slugline: Option<String>,
    /// 1 highest … 9.
    pub urgency: Option<i64>,
    pub genre: Option<String>,
    pub ed_note: Option<String>,
    /// Null: the end of the embargo.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first_published: Option<Timestamp>,
    /// Null: the end of the embargo.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub published: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires: Option<Timestamp>,
    /// The name of the organisation it comes from.
    pub source: Option<String>,
    /// The main topic first.
    pub topics: Vec<AdvanceTopic>,
    pub related_links: Vec<LinkSubmission>,
    pub renditions: Vec<Rendition>,
    /// The uri of the story whose place this one takes.
    pub replaces: Option<String>,
    /// What documents say and the house has no place for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, BTreeMap<String, serde_json::Value>>>)]
    pub extra: Option<Extra>,
    /// Sanitised HTML.
    pub body: String,
    /// Plain text.
    pub paragraphs: Vec<String>,
    pub word_count: u32,
}

/// A topic of what waits; it may not be in the house yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AdvanceTopic {
    /// Slug or code.
    pub slug: String,
    pub name: String,
}

impl AdvanceCopy {
    /// `name` is what a topic is called that is in the house: its slug and its name.
    pub fn of(pending: &Pending, name: impl Fn(&str) -> Option<AdvanceTopic>) -> AdvanceCopy {
        let Content {
            article,
            new_topics,
            unreadable: _,
        } = pending.content.clone();
        // Taken apart by name, so that a new field asks to be shown.
        let Submission {
            uri: _,
            slug,
            language,
            headline,
            summary,
            body,
            body_text: _,
            byline,
            dateline,
            slugline,
            urgency,
            genre,
            ed_note,
            first_published,
            published,
            embargoed_until: _,
            expires,
            source,
            topics,
            related_links,
            renditions,
            replaces,
            extra,
        } = article;
        let time = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let topic = |said: String| {
            let new = |said: &str| new_topics.iter().find(|t| t.slug == said).map(|t| t.name.clone());
            name(&said).unwrap_or_else(|| AdvanceTopic {
                name: new(&said).unwrap_or_else(|| said.clone()),
                slug: said,
            })
        };
        let body = body.unwrap_or_default();
        let paragraphs = html::paragraphs(&body);
        AdvanceCopy {
            uri: pending.uri.clone(),
            pub_status: "embargoed",
            embargoed_until: pending.embargoed_until,
            revision: pending.revision,
            changed: pending.changed,
            slug,
            language,
            headline: headline.unwrap_or_default(),
            summary,
            byline,
            dateline,
            slugline,
            urgency,
            genre,
            ed_note,
            first_published: time(first_published),
            published: time(published),
            expires: time(expires),
            source,
            topics: topics.unwrap_or_default().into_iter().map(topic).collect(),
            related_links: related_links.unwrap_or_default(),
            renditions: renditions.unwrap_or_default(),
            replaces,
            extra,
            word_count: html::word_count(&html::plain(&paragraphs)),
            paragraphs: paragraphs.iter().map(ToString::to_string).collect(),
            body,
        }
    }
}
