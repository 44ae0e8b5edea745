//! Topics, collections and how to find them. They are public: what may be hidden are stories.

use super::Archive;
use crate::error::Result;
use crate::news::filter::TopicFilter;
use crate::news::topic::{Collection, Topic, TopicKey};
use crate::news::{CollectionId, TopicId};
use crate::page::{Page, Slice};
use std::collections::HashMap;
use std::sync::Arc;

impl Archive {
    pub async fn find_topic(&self, key: &TopicKey) -> Result<Option<Topic>> {
        Ok(self.store.find_topics(std::slice::from_ref(key)).await?.remove(key))
    }

    pub async fn find_topics(&self, keys: &[TopicKey]) -> Result<HashMap<TopicKey, Topic>> {
        self.store.find_topics(keys).await
    }

    /// Topics by id: their versions in one narrow statement, what is not on the shelf in one more.
    pub async fn load_topics(&self, ids: &[TopicId]) -> Result<HashMap<TopicId, Arc<Topic>>> {
        let mut topics = HashMap::with_capacity(ids.len());
        let mut missing = Vec::new();
        for (id, version) in self.store.topic_versions(ids).await? {
            match self.shelf.find_topic(id, version) {
                Some(topic) => {
                    topics.insert(id, topic);
                }
                None => missing.push(TopicKey::Id(id)),
            }
        }
        for (key, topic) in self.store.find_topics(&missing).await? {
            if let TopicKey::Id(id) = key {
                topics.insert(id, self.shelf.put_topic(topic));
            }
        }
        Ok(topics)
    }

    pub async fn list_topics(&self, filter: &TopicFilter, page: &Page) -> Result<Slice<Topic>> {
        self.store.list_topics(filter, page).await
    }

    pub async fn count_topics(&self, filter: &TopicFilter) -> Result<i64> {
        self.store.count_topics(filter).await
    }

    /// Nearest first.
    pub async fn topic_ancestors(&self, ids: &[TopicId]) -> Result<HashMap<TopicId, Vec<TopicId>>> {
        self.store.topic_ancestors(ids).await
    }

    pub async fn topic_children(&self, ids: &[TopicId]) -> Result<HashMap<TopicId, Vec<Topic>>> {
        self.store.topic_children(ids).await
    }

    pub async fn find_collection(&self, slug: &str) -> Result<Option<Collection>> {
        self.store.find_collection(slug).await
    }

    pub async fn find_collection_by_id(&self, id: CollectionId) -> Result<Option<Collection>> {
        self.store.find_collection_by_id(id).await
    }

    pub async fn list_collections(&self) -> Result<Vec<Collection>> {
        self.store.list_collections().await
    }
}
