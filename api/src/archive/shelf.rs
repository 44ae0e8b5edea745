//! Stories and topics as shared immutable values. The key names id *and* version, so nothing on the shelf is ever out of date:
//! whoever asks for the newest version asks for another key, on every node, without any message.

use crate::news::story::Story;
use crate::news::topic::Topic;
use crate::news::{ArticleId, TopicId, Version};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::Arc;

pub struct Shelf {
    stories: Cache<(ArticleId, Version), Arc<Story>, Weight>,
    topics: Cache<(TopicId, i32), Arc<Topic>>,
}

#[derive(Clone)]
struct Weight;

impl Weighter<(ArticleId, Version), Arc<Story>> for Weight {
    fn weight(&self, _: &(ArticleId, Version), story: &Arc<Story>) -> u64 {
        story.weight()
    }
}

/// Bytes of an ordinary story, to guess how many there will be.
const ORDINARY: u64 = 8 * 1024;

/// Topics kept: about half a kilobyte each.
const TOPICS: usize = 20_000;

impl Shelf {
    pub fn new(megabytes: u64) -> Shelf {
        let bytes = megabytes.saturating_mul(1024 * 1024);
        let stories = usize::try_from(bytes / ORDINARY)
            .unwrap_or(usize::MAX)
            .clamp(16, 1_000_000);
        Shelf {
            stories: Cache::with_weighter(stories, bytes, Weight),
            topics: Cache::new(TOPICS),
        }
    }

    pub fn clear(&self) {
        let Shelf { stories, topics } = self;
        stories.clear();
        topics.clear();
    }

    pub fn find(&self, id: ArticleId, version: Version) -> Option<Arc<Story>> {
        self.stories.get(&(id, version))
    }

    pub fn put(&self, story: Story) -> Arc<Story> {
        let story = Arc::new(story);
        self.stories.insert((story.id, story.version), Arc::clone(&story));
        story
    }

    pub fn find_topic(&self, id: TopicId, version: i32) -> Option<Arc<Topic>> {
        self.topics.get(&(id, version))
    }

    pub fn put_topic(&self, topic: Topic) -> Arc<Topic> {
        let topic = Arc::new(topic);
        self.topics.insert((topic.id, topic.version), Arc::clone(&topic));
        topic
    }
}
