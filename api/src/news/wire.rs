//! What changed, in the words that every door uses unchanged.

use super::{ArticleId, CollectionId, TopicId, Version};

/// A place in the wire. An integer inside the house, an opaque cursor outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(pub i64);

/// One change, as the desk reports it.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Published {
        article: ArticleId,
        version: Version,
        topics: Vec<TopicId>,
    },
    Updated {
        article: ArticleId,
        version: Version,
        changed: Vec<&'static str>,
        before: Vec<TopicId>,
        after: Vec<TopicId>,
    },
    Topic(TopicId),
    Collection(CollectionId),
}

impl Change {
    pub fn kind(&self) -> &'static str {
        match self {
            Change::Published { .. } => "article.published",
            Change::Updated { .. } => "article.updated",
            Change::Topic(_) => "topic.changed",
            Change::Collection(_) => "collection.changed",
        }
    }
}
