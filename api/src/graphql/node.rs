//! Relay's global object identification: one id, and what it names.

use super::article::{Article, uuid};
use super::collection::Collection;
use super::loaders::{self, load_many};
use super::refusal::refuse;
use super::topic::Topic;
use crate::archive::Found;
use crate::error::Error;
use crate::news::story::ArticleKey;
use crate::news::{ArticleId, CollectionId, TopicId};
use async_graphql::{Context, ID, Interface, Result};
use uuid::Uuid;

/// Anything with an id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID"))]
pub enum Node {
    Article(Article),
    Topic(Topic),
    Collection(Collection),
}

/// What these ids name, in their order; null for what is not there.
pub async fn nodes(ctx: &Context<'_>, ids: &[ID]) -> Result<Vec<Option<Result<Node>>>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| uuid(id, "id")).collect::<Result<_>>()?;
    let keys: Vec<ArticleKey> = ids.iter().map(|id| ArticleKey::Id(ArticleId(*id))).collect();
    let articles = load_many(ctx, keys).await?;
    let found = |id: &Uuid| articles.contains_key(&ArticleKey::Id(ArticleId(*id)));
    let rest: Vec<TopicId> = ids.iter().filter(|id| !found(id)).map(|id| TopicId(*id)).collect();
    let topics = if rest.is_empty() {
        Default::default()
    } else {
        load_many(ctx, rest).await?
    };
    let mut nodes = Vec::with_capacity(ids.len());
    for id in ids {
        let story = articles.get(&ArticleKey::Id(ArticleId(id))).cloned();
        let topic = topics.get(&TopicId(id)).cloned();
        nodes.push(match (story, topic) {
            (Some(found), _) => Some(article(found).map(Node::Article)),
            (None, Some(topic)) => Some(Ok(Node::Topic(Topic::alone(topic)))),
            (None, None) => collection(ctx, id).await?.map(Node::Collection).map(Ok),
        });
    }
    Ok(nodes)
}

/// A story, or the error that tells of a canceled one.
pub fn article(found: Found) -> Result<Article> {
    match found {
        Found::Story(story) => Ok(Article(story)),
        Found::Tombstone(tombstone) => Err(refuse(&Error::gone(&tombstone))),
    }
}

async fn collection(ctx: &Context<'_>, id: Uuid) -> Result<Option<Collection>> {
    let house = loaders::of(ctx)?.loader();
    let found = house
        .archive
        .find_collection_by_id(&house.scope, CollectionId(id))
        .await
        .map_err(|e| refuse(&e))?;
    Ok(found.map(Collection))
}
