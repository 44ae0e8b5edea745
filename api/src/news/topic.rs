//! Topics, collections and sources.

use super::{CollectionId, SourceId, TopicId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Topic {
    pub id: TopicId,
    pub slug: String,
    pub kind: TopicKind,
    pub parent: Option<TopicId>,
    pub code: Option<String>,
    pub version: i32,
    /// By language tag.
    pub names: BTreeMap<String, String>,
}

impl Topic {
    /// The name in this language, else in the language without its region, else in `home`, else in English, else the
    /// first there is. Never empty: without any name the slug serves.
    pub fn name(&self, language: &str, home: &str) -> &str {
        let base = language.split('-').next().unwrap_or(language);
        [language, base, home, "en"]
            .into_iter()
            .find_map(|l| self.names.get(l))
            .or_else(|| self.names.values().next())
            .unwrap_or(&self.slug)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TopicKind {
    #[default]
    Subject,
    Place,
    Person,
    Organisation,
    Event,
}

impl TopicKind {
    pub const ALL: [TopicKind; 5] = [
        TopicKind::Subject,
        TopicKind::Place,
        TopicKind::Person,
        TopicKind::Organisation,
        TopicKind::Event,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            TopicKind::Subject => "subject",
            TopicKind::Place => "place",
            TopicKind::Person => "person",
            TopicKind::Organisation => "organisation",
            TopicKind::Event => "event",
        }
    }

    pub fn parse(text: &str) -> Option<TopicKind> {
        TopicKind::ALL.into_iter().find(|k| k.as_str() == text)
    }
}

/// A story's topics out of those that were loaded, the main one first. Of two that were merged since it is one.
pub fn each_once(ids: &[TopicId], loaded: &HashMap<TopicId, Arc<Topic>>) -> Vec<Arc<Topic>> {
    let mut topics: Vec<Arc<Topic>> = Vec::with_capacity(ids.len());
    for topic in ids.iter().filter_map(|id| loaded.get(id)) {
        if !topics.iter().any(|t| t.id == topic.id) {
            topics.push(Arc::clone(topic));
        }
    }
    topics
}

/// A topic to take up on the way, where it is not there yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewTopic {
    /// Where the house has another topic of that name, it gets another one.
    pub slug: String,
    pub name: String,
    /// The name's; where it is not known, the house's.
    #[serde(default)]
    pub language: Option<String>,
    #[serde(default)]
    pub kind: TopicKind,
    #[serde(default)]
    pub code: Option<String>,
    /// In further languages, by their tags.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
}

impl NewTopic {
    pub fn named(slug: String, name: String) -> NewTopic {
        NewTopic {
            slug,
            name,
            language: None,
            kind: TopicKind::Subject,
            code: None,
            names: BTreeMap::new(),
        }
    }
}

/// The ways to name a topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TopicKey {
    Id(TopicId),
    Slug(String),
    Code(String),
}

impl TopicKey {
    /// Whether this is what the topic itself is called, and not one that was merged into it.
    pub fn is_own_name_of(&self, topic: &Topic) -> bool {
        match self {
            TopicKey::Id(id) => *id == topic.id,
            TopicKey::Slug(slug) => *slug == topic.slug,
            TopicKey::Code(code) => topic.code.as_ref() == Some(code),
        }
    }

    /// A text with a colon is a code, a UUID an id, everything else a slug.
    pub fn read(text: &str) -> TopicKey {
        if text.contains(':') {
            return TopicKey::Code(text.to_owned());
        }
        match uuid::Uuid::try_parse(text) {
            Ok(id) => TopicKey::Id(TopicId(id)),
            Err(_) => TopicKey::Slug(text.to_owned()),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Collection {
    pub id: CollectionId,
    pub slug: String,
    pub name: String,
    pub version: i32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Source {
    pub id: SourceId,
    pub slug: String,
    pub name: String,
    pub url: Option<String>,
}
