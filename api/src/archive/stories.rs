//! Finding stories by name, and sharing them.

use super::Archive;
use crate::error::{Error, Result};
use crate::news::ArticleId;
use crate::news::channel::Sight;
use crate::news::story::{ArticleKey, Listed, Story, Tombstone};
use crate::news::tags::Tag;
use crate::news::viewer::Scope;
use crate::news::visibility::{Standing, Within, standing, visible};
use std::collections::HashMap;
use std::sync::Arc;

/// What a name leads to.
#[derive(Clone, Debug)]
pub enum Found {
    Story(Arc<Story>),
    /// It is canceled, and whoever could read it is told so.
    Tombstone(Arc<Tombstone>),
}

impl Found {
    pub fn id(&self) -> ArticleId {
        match self {
            Found::Story(story) => story.id,
            Found::Tombstone(tombstone) => tombstone.id,
        }
    }

    pub fn story(self) -> Option<Arc<Story>> {
        match self {
            Found::Story(story) => Some(story),
            Found::Tombstone(_) => None,
        }
    }
}

fn note_expiries<'a>(scope: &Scope, stories: impl Iterator<Item = &'a Arc<Story>>) {
    let expiries = stories.filter_map(|s| s.expires).filter(|at| *at > scope.now);
    scope.readings.good_until(expiries);
}

impl Archive {
    pub async fn find_story(&self, scope: &Scope, key: &ArticleKey) -> Result<Option<Arc<Story>>> {
        Ok(self.load_stories(scope, std::slice::from_ref(key)).await?.remove(key))
    }

    /// The story with this name, or why there is none: `Gone` with its tombstone, or `NotFound`.
    pub async fn named_story(&self, scope: &Scope, key: &ArticleKey) -> Result<Arc<Story>> {
        match self.look_up(scope, std::slice::from_ref(key)).await?.remove(key) {
            Some(Found::Story(story)) => Ok(story),
            Some(Found::Tombstone(tombstone)) => Err(Error::gone(&tombstone)),
            None => Err(Error::not_found("story")),
        }
    }

    /// The stories with these names that this viewer may see.
    pub async fn load_stories(&self, scope: &Scope, keys: &[ArticleKey]) -> Result<HashMap<ArticleKey, Arc<Story>>> {
        let found = self.look_up(scope, keys).await?.into_iter();
        Ok(found.filter_map(|(key, found)| Some((key, found.story()?))).collect())
    }

    /// What these names lead this viewer to: a story, or what is left of one. What he may not see is looked for in the
    /// same way as what there is not, and is not there.
    pub async fn look_up(&self, scope: &Scope, keys: &[ArticleKey]) -> Result<HashMap<ArticleKey, Found>> {
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
        let stories = self.share(&listed).await?;
        note_expiries(scope, stories.values());
        let within = self.within(scope, listed.iter().map(|l| l.id)).await?;
        let mut named = HashMap::with_capacity(found.len());
        for (key, l) in found {
            let Some(story) = stories.get(&l.id) else { continue };
            let former = match &key {
                ArticleKey::Id(_) => false,
                ArticleKey::Uri(uri) => *uri != story.uri,
                ArticleKey::Slug(slug) => *slug != story.slug,
            };
            if former {
                // So may a name that was somebody's once.
                scope.readings.saw(Tag::Names);
            }
            match standing(story, scope, &within) {
                Standing::Visible => named.insert(key, Found::Story(Arc::clone(story))),
                Standing::Canceled => match self.tombstone(scope, story).await? {
                    Some(tombstone) => named.insert(key, Found::Tombstone(Arc::new(tombstone))),
                    None => None,
                },
                Standing::Withheld | Standing::Expired | Standing::Foreign => None,
            };
        }
        Ok(named)
    }

    /// What is left of a canceled story. The one to take instead is named only to who may see it.
    pub(super) async fn tombstone(&self, scope: &Scope, story: &Story) -> Result<Option<Tombstone>> {
        let Some(withdrawal) = &story.withdrawal else {
            return Ok(None);
        };
        let mut replacement = None;
        if let Some(uri) = &withdrawal.replacement {
            let key = ArticleKey::Uri(uri.clone());
            let found = self.store.find_articles(std::slice::from_ref(&key)).await?;
            match found.get(&key) {
                Some(listed) => {
                    let stories = self.fetch(scope, &[*listed]).await?;
                    replacement = stories.get(&listed.id).map(|s| (s.id, s.uri.clone()));
                }
                None => scope.readings.saw(Tag::Names),
            }
        }
        Ok(Some(Tombstone {
            id: story.id,
            uri: story.uri.clone(),
            version: story.version,
            reason: withdrawal.reason.clone().unwrap_or_default(),
            at: withdrawal.at,
            mandatory: withdrawal.mandatory,
            replacement,
        }))
    }

    /// Listed stories, whole: from the shelf, the others in one batch; through the gate once more, because between the
    /// list and the story something may have happened.
    pub(super) async fn fetch(&self, scope: &Scope, listed: &[Listed]) -> Result<HashMap<ArticleId, Arc<Story>>> {
        let mut stories = self.share(listed).await?;
        scope.readings.saw_all(listed.iter().map(|l| Tag::Article(l.id)));
        note_expiries(scope, stories.values());
        let within = self.within(scope, listed.iter().map(|l| l.id)).await?;
        stories.retain(|_, story| visible(story, scope, &within));
        Ok(stories)
    }

    /// Which of these are in channels that this viewer may see: for the gate. Who may see all costs no statement.
    pub(super) async fn within(&self, scope: &Scope, ids: impl Iterator<Item = ArticleId>) -> Result<Within> {
        match &scope.sight {
            Sight::All => Ok(Within::All),
            Sight::Channels(holdings) => {
                let ids: Vec<ArticleId> = ids.collect();
                let these = self.store.articles_in_channels(&ids, &holdings.channels).await?;
                Ok(Within::These(these))
            }
        }
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
