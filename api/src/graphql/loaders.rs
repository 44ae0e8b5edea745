//! One batch per kind of key. What a request loads once it keeps to its end.

use super::refusal::refuse;
use super::together::{AtOnce, Errands};
use crate::archive::{self, Archive, Beside, Found, Likeness, Similar, Surrounds};
use crate::error::Error;
use crate::news::filter::ResolvedLink;
use crate::news::story::{ArticleKey, Story};
use crate::news::topic::{Source, Topic, TopicKey};
use crate::news::viewer::Scope;
use crate::news::{ArticleId, SourceId, TopicId};
use crate::wire::Wire;
use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, HashMapCache, Loader};
use std::collections::HashMap;
use std::sync::Arc;

/// The archive as one viewer sees it at one time.
pub struct House {
    pub archive: Archive,
    pub wire: Wire,
    pub scope: Scope,
}

pub type Loaders = DataLoader<House, HashMapCache>;

/// For one request, which is to be run together with these errands.
pub fn loaders(house: House, errands: Errands) -> Loaders {
    DataLoader::with_cache(house, errands, AtOnce, HashMapCache::default())
}

/// The loaders of this request.
pub fn of<'a>(ctx: &Context<'a>) -> async_graphql::Result<&'a Loaders> {
    ctx.data::<Loaders>()
}

/// Errors go to every field that waited for the batch.
type Shared = Arc<Error>;

/// The topics above one, nearest first.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Above(pub TopicId);

/// The topics below one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Below(pub TopicId);

/// The links of a story.
#[derive(Clone)]
pub struct LinksOf(pub Arc<Story>);

impl PartialEq for LinksOf {
    fn eq(&self, other: &LinksOf) -> bool {
        (self.0.id, self.0.version) == (other.0.id, other.0.version)
    }
}

impl Eq for LinksOf {}

impl std::hash::Hash for LinksOf {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.0.id, self.0.version).hash(state);
    }
}

/// So many stories like one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SimilarTo(pub LinksOf, pub u32);

/// The storyline of a story.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StorylineOf(pub ArticleId);

/// MORE ABOUT a story.
#[derive(Clone)]
pub struct MoreAboutOf(pub Surrounds);

impl MoreAboutOf {
    fn key(&self) -> (LinksOf, Option<TopicId>, bool, u32, &[ArticleId]) {
        let Surrounds {
            story,
            topic,
            filled,
            count,
            without,
        } = &self.0;
        (LinksOf(Arc::clone(story)), *topic, *filled, *count, without)
    }
}

impl PartialEq for MoreAboutOf {
    fn eq(&self, other: &MoreAboutOf) -> bool {
        self.key() == other.key()
    }
}

impl Eq for MoreAboutOf {}

impl std::hash::Hash for MoreAboutOf {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// The newest story that takes the place of one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReplacedBy(pub ArticleId);

/// The other languages of a story.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TranslationsOf(pub LinksOf);

impl Loader<ReplacedBy> for House {
    type Value = Arc<Story>;
    type Error = Shared;

    async fn load(&self, keys: &[ReplacedBy]) -> Result<HashMap<ReplacedBy, Arc<Story>>, Shared> {
        let ids: Vec<ArticleId> = keys.iter().map(|k| k.0).collect();
        let found = self.archive.replacements(&self.scope, &ids).await?;
        Ok(found.into_iter().map(|(id, story)| (ReplacedBy(id), story)).collect())
    }
}

impl Loader<TranslationsOf> for House {
    type Value = Vec<Arc<Story>>;
    type Error = Shared;

    async fn load(&self, keys: &[TranslationsOf]) -> Result<HashMap<TranslationsOf, Vec<Arc<Story>>>, Shared> {
        let stories: Vec<Arc<Story>> = keys.iter().map(|k| Arc::clone(&k.0.0)).collect();
        let found = self.archive.translations(&self.scope, &stories).await?;
        Ok(keys.iter().cloned().zip(found).collect())
    }
}

impl Loader<ArticleKey> for House {
    type Value = Found;
    type Error = Shared;

    async fn load(&self, keys: &[ArticleKey]) -> Result<HashMap<ArticleKey, Found>, Shared> {
        Ok(self.archive.look_up(&self.scope, keys).await?)
    }
}

impl Loader<TopicId> for House {
    type Value = Arc<Topic>;
    type Error = Shared;

    async fn load(&self, keys: &[TopicId]) -> Result<HashMap<TopicId, Arc<Topic>>, Shared> {
        Ok(self.archive.load_topics(&self.scope, keys).await?)
    }
}

impl Loader<TopicKey> for House {
    type Value = Arc<Topic>;
    type Error = Shared;

    async fn load(&self, keys: &[TopicKey]) -> Result<HashMap<TopicKey, Arc<Topic>>, Shared> {
        let topics = self.archive.find_topics(&self.scope, keys).await?;
        Ok(topics.into_iter().map(|(key, topic)| (key, Arc::new(topic))).collect())
    }
}

impl Loader<Above> for House {
    type Value = Vec<TopicId>;
    type Error = Shared;

    async fn load(&self, keys: &[Above]) -> Result<HashMap<Above, Vec<TopicId>>, Shared> {
        let ids: Vec<TopicId> = keys.iter().map(|k| k.0).collect();
        let above = self.archive.topic_ancestors(&self.scope, &ids).await?;
        Ok(above.into_iter().map(|(id, above)| (Above(id), above)).collect())
    }
}

impl Loader<Below> for House {
    type Value = Vec<Arc<Topic>>;
    type Error = Shared;

    async fn load(&self, keys: &[Below]) -> Result<HashMap<Below, Vec<Arc<Topic>>>, Shared> {
        let ids: Vec<TopicId> = keys.iter().map(|k| k.0).collect();
        let below = self.archive.topic_children(&self.scope, &ids).await?;
        Ok(below
            .into_iter()
            .map(|(id, topics)| (Below(id), topics.into_iter().map(Arc::new).collect()))
            .collect())
    }
}

impl Loader<SourceId> for House {
    type Value = Arc<Source>;
    type Error = Shared;

    async fn load(&self, keys: &[SourceId]) -> Result<HashMap<SourceId, Arc<Source>>, Shared> {
        let sources = self.archive.sources(&self.scope, keys).await?;
        Ok(sources.into_iter().map(|(id, source)| (id, Arc::new(source))).collect())
    }
}

impl Loader<MoreAboutOf> for House {
    type Value = Vec<Beside>;
    type Error = Shared;

    async fn load(&self, keys: &[MoreAboutOf]) -> Result<HashMap<MoreAboutOf, Vec<Beside>>, Shared> {
        let asked: Vec<Surrounds> = keys.iter().map(|key| key.0.clone()).collect();
        let found = self.archive.more_about(&self.scope, &asked).await?;
        Ok(keys.iter().cloned().zip(found).collect())
    }
}

impl Loader<StorylineOf> for House {
    type Value = archive::Storyline;
    type Error = Shared;

    async fn load(&self, keys: &[StorylineOf]) -> Result<HashMap<StorylineOf, archive::Storyline>, Shared> {
        let ids: Vec<ArticleId> = keys.iter().map(|key| key.0).collect();
        let found = self.archive.storylines(&self.scope, &ids).await?;
        Ok(found
            .into_iter()
            .map(|(id, storyline)| (StorylineOf(id), storyline))
            .collect())
    }
}

impl Loader<SimilarTo> for House {
    type Value = Vec<Similar>;
    type Error = Shared;

    async fn load(&self, keys: &[SimilarTo]) -> Result<HashMap<SimilarTo, Vec<Similar>>, Shared> {
        let asked = keys.iter().map(|SimilarTo(LinksOf(story), count)| Likeness {
            story: Arc::clone(story),
            count: *count,
            without: Vec::new(),
        });
        let found = self.archive.similar(&self.scope, &asked.collect::<Vec<_>>()).await?;
        Ok(keys.iter().cloned().zip(found).collect())
    }
}

impl Loader<super::connection::Feed> for House {
    type Value = crate::page::Slice<Arc<Story>>;
    type Error = Shared;

    async fn load(
        &self,
        keys: &[super::connection::Feed],
    ) -> Result<HashMap<super::connection::Feed, crate::page::Slice<Arc<Story>>>, Shared> {
        let asked: Vec<_> = keys.iter().map(|k| (k.selection.clone(), k.page.clone())).collect();
        let slices = self.archive.list_many(&self.scope, &asked).await?;
        Ok(keys.iter().cloned().zip(slices).collect())
    }
}

impl Loader<LinksOf> for House {
    type Value = Vec<ResolvedLink>;
    type Error = Shared;

    async fn load(&self, keys: &[LinksOf]) -> Result<HashMap<LinksOf, Vec<ResolvedLink>>, Shared> {
        let stories: Vec<Arc<Story>> = keys.iter().map(|k| Arc::clone(&k.0)).collect();
        let links = self.archive.resolve_links(&self.scope, &stories).await?;
        Ok(keys.iter().cloned().zip(links).collect())
    }
}

/// Loads one key, with the error made fit for a reader.
pub async fn load<K>(ctx: &Context<'_>, key: K) -> async_graphql::Result<Option<<House as Loader<K>>::Value>>
where
    K: Send + Sync + std::hash::Hash + Eq + Clone + 'static,
    House: Loader<K, Error = Shared>,
{
    of(ctx)?.load_one(key).await.map_err(|e| refuse(&e))
}

/// Loads several keys.
pub async fn load_many<K>(
    ctx: &Context<'_>,
    keys: Vec<K>,
) -> async_graphql::Result<HashMap<K, <House as Loader<K>>::Value>>
where
    K: Send + Sync + std::hash::Hash + Eq + Clone + 'static,
    House: Loader<K, Error = Shared>,
{
    of(ctx)?.load_many(keys).await.map_err(|e| refuse(&e))
}
