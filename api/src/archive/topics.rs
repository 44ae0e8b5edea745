//! Topics, collections and how to find them. They are public: what may be hidden are stories.

use super::Archive;
use crate::error::Result;
use crate::news::filter::TopicFilter;
use crate::news::tags::Tag;
use crate::news::topic::{Collection, Topic, TopicKey};
use crate::news::viewer::Scope;
use crate::news::{CollectionId, TopicId};
use crate::page::{Page, Slice};
use std::collections::HashMap;
use std::sync::Arc;

impl Archive {
    pub async fn find_topic(&self, scope: &Scope, key: &TopicKey) -> Result<Option<Topic>> {
        Ok(self.find_topics(scope, std::slice::from_ref(key)).await?.remove(key))
    }

    pub async fn find_topics(&self, scope: &Scope, keys: &[TopicKey]) -> Result<HashMap<TopicKey, Topic>> {
        let found = self.store.find_topics(keys).await?;
        scope.readings.saw_all(found.values().map(|t| Tag::Topic(t.id)));
        // Not by numbers: a topic is found under its code and its slug at once.
        if keys.iter().any(|key| !found.contains_key(key)) {
            scope.readings.saw(Tag::Topics);
        }
        Ok(found)
    }

    /// Topics by id: their versions in one narrow statement, what is not on the shelf in one more. A topic that was merged
    /// is the one that took it in.
    pub async fn load_topics(&self, scope: &Scope, ids: &[TopicId]) -> Result<HashMap<TopicId, Arc<Topic>>> {
        scope.readings.saw_all(ids.iter().map(|id| Tag::Topic(*id)));
        let mut topics = HashMap::with_capacity(ids.len());
        let mut missing = Vec::new();
        for (id, meant, version) in self.store.topic_versions(ids).await? {
            scope.readings.saw(Tag::Topic(meant));
            match self.shelf.find_topic(meant, version) {
                Some(topic) => {
                    topics.insert(id, topic);
                }
                None => missing.push(TopicKey::Id(id)),
            }
        }
        let mut found = self.store.find_topics(&missing).await?;
        for key in missing {
            if let (TopicKey::Id(id), Some(topic)) = (&key, found.remove(&key)) {
                topics.insert(*id, self.shelf.put_topic(topic));
            }
        }
        Ok(topics)
    }

    /// All topics that were merged, each with its target: for an export.
    pub async fn merged_topics(&self) -> Result<Vec<(Topic, TopicId)>> {
        self.store.merged_topics().await
    }

    pub async fn list_topics(&self, scope: &Scope, filter: &TopicFilter, page: &Page) -> Result<Slice<Topic>> {
        scope.readings.saw(Tag::Topics);
        self.store.list_topics(filter, page).await
    }

    pub async fn count_topics(&self, scope: &Scope, filter: &TopicFilter) -> Result<i64> {
        scope.readings.saw(Tag::Topics);
        self.store.count_topics(filter).await
    }

    /// Nearest first.
    pub async fn topic_ancestors(&self, scope: &Scope, ids: &[TopicId]) -> Result<HashMap<TopicId, Vec<TopicId>>> {
        scope.readings.saw(Tag::Topics);
        self.store.topic_ancestors(ids).await
    }

    pub async fn topic_children(&self, scope: &Scope, ids: &[TopicId]) -> Result<HashMap<TopicId, Vec<Topic>>> {
        scope.readings.saw(Tag::Topics);
        self.store.topic_children(ids).await
    }

    pub async fn find_collection(&self, scope: &Scope, slug: &str) -> Result<Option<Collection>> {
        let found = self.store.find_collection(slug).await?;
        scope
            .readings
            .saw(found.as_ref().map_or(Tag::Collections, |c| Tag::Collection(c.id)));
        Ok(found)
    }

    pub async fn find_collection_by_id(&self, scope: &Scope, id: CollectionId) -> Result<Option<Collection>> {
        scope.readings.saw(Tag::Collection(id));
        self.store.find_collection_by_id(id).await
    }

    pub async fn list_collections(&self, scope: &Scope) -> Result<Vec<Collection>> {
        scope.readings.saw(Tag::Collections);
        self.store.list_collections().await
    }
}
