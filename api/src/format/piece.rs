//! A story with all that it refers to, and a list of such: what every format is written from.

use crate::news::ArticleId;
use crate::news::filter::ResolvedLink;
use crate::news::site::Site;
use crate::news::story::{Story, Tombstone};
use crate::news::topic::{Source, Topic};
use jiff::Timestamp;
use std::sync::Arc;

/// One story as a format writes it. Whoever puts it together has passed it through the gate, its links too.
#[derive(Clone, Debug)]
pub struct Piece {
    pub story: Arc<Story>,
    /// The publisher's topics, the main one first.
    pub topics: Vec<Arc<Topic>>,
    pub source: Option<Source>,
    pub links: Vec<ResolvedLink>,
}

impl Piece {
    /// When a reader should look at it again: this edition's public time, or the time of what was put right in it,
    /// whatever the publisher dates it.
    pub fn updated(&self) -> Timestamp {
        let corrected = self.story.corrections.iter().map(|c| c.at).max();
        corrected.map_or(self.story.published, |at| at.max(self.story.published))
    }

    /// Who is named as having written it: the byline, else the organisation that it comes from, else the house.
    pub fn author<'a>(&'a self, site: &'a Site) -> &'a str {
        let source = self.source.as_ref().map(|s| s.name.as_str());
        self.story.byline.as_deref().or(source).unwrap_or(&site.name)
    }

    /// A topic's name as this story says it.
    pub fn name<'a>(&self, topic: &'a Topic, site: &Site) -> &'a str {
        topic.name(&self.story.language, site.home_language())
    }
}

/// What feeds call a story, for ever: its uri may be changed, its id never.
pub fn permanent(id: ArticleId) -> String {
    format!("urn:uuid:{}", id.0)
}

/// A list as feed readers get it.
#[derive(Clone, Debug)]
pub struct Feed<'a> {
    pub site: &'a Site,
    pub title: String,
    /// Its name for ever: an address without a form.
    pub id: String,
    /// The page for people.
    pub home: String,
    /// This page's own address.
    pub address: String,
    /// The page that readers subscribe to.
    pub first: String,
    /// Older ones.
    pub next: Option<String>,
    /// Newer ones.
    pub previous: Option<String>,
    pub pieces: Vec<Piece>,
    /// What was canceled and stood here.
    pub gone: Vec<Arc<Tombstone>>,
}

impl Feed<'_> {
    /// When it last changed, as far as what it shows tells. An empty one never has.
    pub fn updated(&self) -> Timestamp {
        let pieces = self.pieces.iter().map(Piece::updated);
        pieces
            .chain(self.gone.iter().map(|tombstone| tombstone.at))
            .max()
            .unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The language of all that is in it, or the house's own.
    pub fn language(&self) -> &str {
        let home = self.site.home_language();
        let mut languages = self.pieces.iter().map(|p| p.story.language.as_str());
        let first = languages.next().unwrap_or(home);
        if languages.all(|l| l == first) { first } else { home }
    }
}
