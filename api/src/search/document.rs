//! A story as the index holds it: words to find it by, and what lists are narrowed by. Never its text: that is looked up
//! when it is shown, through the gate.

use super::analysis::{Analysed, analyse};
use super::schema::Fields;
use super::tongue::Tongue;
use crate::news::story::Story;
use crate::news::{ArticleId, ChannelId, TopicId};
use tantivy::{TantivyDocument, Term};

/// Longest part of a text that is looked through, in bytes. What is longer is found by its beginning.
pub const LONGEST: usize = 512 * 1024;

/// A story that stands in lists, and where.
pub struct Document<'a> {
    pub story: &'a Story,
    /// Ancestors among them.
    pub topics: &'a [TopicId],
    pub channels: &'a [ChannelId],
}

pub fn id_term(fields: &Fields, id: ArticleId) -> Term {
    Term::from_field_bytes(fields.id, id.0.as_bytes())
}

impl Document<'_> {
    pub(super) fn write(&self, fields: &Fields) -> TantivyDocument {
        let Document {
            story,
            topics,
            channels,
        } = self;
        let tongue = Tongue::of(&story.language);
        let mut document = TantivyDocument::new();
        document.add_bytes(fields.id, story.id.0.as_bytes());
        let (high, low) = story.id.0.as_u64_pair();
        document.add_u64(fields.id_high, high);
        document.add_u64(fields.id_low, low);
        let headline = analyse(&story.headline, tongue);
        let summary = analyse(story.summary.as_deref().unwrap_or_default(), tongue);
        let byline = analyse(story.byline.as_deref().unwrap_or_default(), tongue);
        let body = analyse(beginning(&story.body_text), tongue);
        document.add_text(fields.headline, &headline.stems);
        document.add_text(fields.title, &headline.folded);
        if !summary.stems.is_empty() {
            document.add_text(fields.summary, &summary.stems);
        }
        if !byline.stems.is_empty() {
            document.add_text(fields.byline, &byline.stems);
        }
        for Analysed { stems, folded } in [headline, summary, byline, body] {
            document.add_text(fields.text, &stems);
            document.add_text(fields.words, &folded);
        }
        document.add_text(fields.language, &story.language);
        for topic in *topics {
            document.add_text(fields.topic, topic.0.simple().to_string());
        }
        for channel in *channels {
            document.add_text(fields.channel, channel.0.simple().to_string());
        }
        if let Some(source) = story.source {
            document.add_text(fields.source, source.0.simple().to_string());
        }
        if let Some(genre) = &story.genre {
            document.add_text(fields.genre, genre);
        }
        if let Some(urgency) = story.urgency {
            document.add_u64(fields.urgency, u64::from(urgency));
        }
        document.add_i64(fields.first_published, story.first_published.as_microsecond());
        document.add_i64(fields.published, story.published.as_microsecond());
        document.add_i64(fields.version_created, story.version_created.as_microsecond());
        if let Some(expires) = story.expires {
            document.add_i64(fields.expires, expires.as_microsecond());
        }
        document
    }
}

pub(super) fn beginning(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text)
}
