//! Finding stories by name, and sharing them.

use super::Archive;
use crate::error::Result;
use crate::news::ArticleId;
use crate::news::story::{ArticleKey, Listed, Story};
use crate::news::tags::Tag;
use crate::news::viewer::Scope;
use crate::news::visibility::visible;
use std::collections::HashMap;
use std::sync::Arc;

impl Archive {
    pub async fn find_story(&self, scope: &Scope, key: &ArticleKey) -> Result<Option<Arc<Story>>> {
        Ok(self.load_stories(scope, std::slice::from_ref(key)).await?.remove(key))
    }

    /// The stories with these names that this viewer may see.
    pub async fn load_stories(&self, scope: &Scope, keys: &[ArticleKey]) -> Result<HashMap<ArticleKey, Arc<Story>>> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.store.find_articles(keys).await?;
        scope.readings.saw_all(found.values().map(|l| Tag::Article(l.id)));
        if keys.iter().any(|key| !found.contains_key(key)) {
            // Nobody's name may become somebody's.
            scope.readings.saw(Tag::Names);
        }
        let listed: Vec<Listed> = found.values().copied().collect();
        let stories = self.fetch(scope, &listed).await?;
        let named: HashMap<ArticleKey, Arc<Story>> = found
            .into_iter()
            .filter_map(|(key, l)| Some((key, Arc::clone(stories.get(&l.id)?))))
            .collect();
        let former = |(key, story): (&ArticleKey, &Arc<Story>)| match key {
            ArticleKey::Id(_) => false,
            ArticleKey::Uri(uri) => *uri != story.uri,
            ArticleKey::Slug(slug) => *slug != story.slug,
        };
        if named.iter().any(former) {
            // So may a name that was somebody's once.
            scope.readings.saw(Tag::Names);
        }
        Ok(named)
    }

    /// Listed stories, whole: from the shelf, the others in one batch; through the gate once more, because between the
    /// list and the story something may have happened.
    pub(super) async fn fetch(&self, scope: &Scope, listed: &[Listed]) -> Result<HashMap<ArticleId, Arc<Story>>> {
        let mut stories = self.share(listed).await?;
        scope.readings.saw_all(listed.iter().map(|l| Tag::Article(l.id)));
        scope
            .readings
            .good_until(stories.values().filter_map(|s| s.expires).filter(|at| *at > scope.now));
        stories.retain(|_, story| visible(story, scope));
        Ok(stories)
    }

    /// Listed stories, whole, before the gate.
    pub(super) async fn share(&self, listed: &[Listed]) -> Result<HashMap<ArticleId, Arc<Story>>> {
        let mut stories = HashMap::with_capacity(listed.len());
        let mut missing = Vec::new();
        for l in listed {
            match self.shelf.find(l.id, l.version) {
                Some(story) => {
                    stories.insert(l.id, story);
                }
                None => missing.push(l.id),
            }
        }
        for story in self.store.load_stories(&missing).await? {
            stories.insert(story.id, self.shelf.put(story));
        }
        Ok(stories)
    }

    /// Ids above this one in id order, for an export. Not through the gate: it is the operator who asks.
    pub async fn ids_after(&self, after: uuid::Uuid, limit: u32) -> Result<Vec<ArticleId>> {
        self.store.article_ids_after(after, limit).await
    }

    /// Whole stories for an export, whatever their status.
    pub async fn load_for_export(&self, ids: &[ArticleId]) -> Result<Vec<Story>> {
        self.store.load_stories(ids).await
    }
}
