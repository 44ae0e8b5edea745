//! How a draft becomes an edition: resolved against the house, compared with the edition before it.

use super::draft::{Draft, Text};
use crate::error::{Error, Result};
use crate::news::story::{Correction, PubStatus, Story, Withdrawal};
use crate::news::{ArticleId, SourceId, TopicId, Version, difference};
use crate::store::Filed;
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A draft whose names have become ids.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub text: Text,
    pub source: Option<SourceId>,
    pub topics: Vec<TopicId>,
    /// Their ancestors that are not among them.
    pub implied: Vec<TopicId>,
}

impl Resolved {
    /// SHA-256 over everything a publisher can say save slug and times: the same content has the same digest.
    pub fn digest(&self) -> Result<Vec<u8>> {
        #[derive(Serialize)]
        struct Said<'a>(&'a Text, Option<SourceId>, &'a [TopicId]);
        let said = serde_json::to_vec(&Said(&self.text, self.source, &self.topics)).map_err(Error::internal)?;
        Ok(Sha256::digest(said).to_vec())
    }
}

/// What the house decides about an edition.
#[derive(Clone, Debug)]
pub struct Marks {
    pub id: ArticleId,
    pub slug: String,
    pub version: Version,
    pub first_published: Timestamp,
    pub published: Timestamp,
    pub version_created: Timestamp,
    pub pub_status: PubStatus,
    pub corrections: Vec<Correction>,
    pub withdrawal: Option<Withdrawal>,
}

pub fn edition(uri: &str, resolved: Resolved, digest: Vec<u8>, marks: Marks) -> Filed {
    let Resolved {
        text,
        source,
        topics,
        implied,
    } = resolved;
    let Text {
        language,
        headline,
        summary,
        body_html,
        body_text,
        word_count,
        byline,
        dateline,
        slugline,
        urgency,
        genre,
        ed_note,
        expires,
        related_links,
        renditions,
        replaces,
        extra,
    } = text;
    let Marks {
        id,
        slug,
        version,
        first_published,
        published,
        version_created,
        pub_status,
        corrections,
        withdrawal,
    } = marks;
    let story = Story {
        id,
        uri: uri.to_owned(),
        slug,
        version,
        pub_status,
        language,
        headline,
        summary,
        body_html,
        body_text,
        word_count,
        byline,
        dateline,
        slugline,
        urgency,
        genre,
        ed_note,
        first_published,
        published,
        version_created,
        expires,
        source,
        topics,
        related_links,
        renditions,
        replaces,
        extra,
        corrections,
        withdrawal,
    };
    Filed {
        story,
        digest,
        implied,
        channels: Vec::new(),
        expiry_told: false,
    }
}

/// What a publisher would have said to make this edition.
pub fn said(story: &Story) -> Text {
    // Taken apart by name, so that a new field asks whether a publisher can say it.
    let Story {
        id: _,
        uri: _,
        slug: _,
        version: _,
        pub_status: _,
        language,
        headline,
        summary,
        body_html,
        body_text,
        word_count,
        byline,
        dateline,
        slugline,
        urgency,
        genre,
        ed_note,
        first_published: _,
        published: _,
        version_created: _,
        expires,
        source: _,
        topics: _,
        related_links,
        renditions,
        replaces,
        extra,
        corrections: _,
        withdrawal: _,
    } = story.clone();
    Text {
        language,
        headline,
        summary,
        body_html,
        body_text,
        word_count,
        byline,
        dateline,
        slugline,
        urgency,
        genre,
        ed_note,
        expires,
        related_links,
        renditions,
        replaces,
        extra,
    }
}

/// The fields in which two editions differ, in the words of the API.
pub fn changed(old: &Story, new: &Story) -> Vec<String> {
    let fields = difference::changed(old, new).into_iter();
    fields.map(|field| field.as_str().to_owned()).collect()
}

/// The times of a first edition: what the publisher says, else the end of its embargo, else now.
pub fn first_times(draft: &Draft, released: Option<Timestamp>, now: Timestamp) -> (Timestamp, Timestamp) {
    let published = draft.published.or(released);
    let first = draft.first_published.or(published).unwrap_or(now);
    (first, published.unwrap_or(first))
}
