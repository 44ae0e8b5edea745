//! Topics and sources.

use super::connection::{ArticleConnection, page};
use super::filter::{ArticleFilter, TopicKind};
use super::limits::{list_cost, page_cost};
use super::loaders::{self, Above, Below, load, load_many};
use super::refusal::refuse;
use super::scalar::Url;
use crate::news::topic;
use crate::page::Order;
use async_graphql::{Context, ID, Object, Result};
use std::sync::Arc;

/// A topic, and the language of the story it was reached from.
#[derive(Clone)]
pub struct Topic {
    topic: Arc<topic::Topic>,
    language: Option<String>,
}

impl Topic {
    pub fn of(topic: Arc<topic::Topic>, language: &str) -> Topic {
        Topic {
            topic,
            language: Some(language.to_owned()),
        }
    }

    pub fn alone(topic: Arc<topic::Topic>) -> Topic {
        Topic { topic, language: None }
    }

    fn beside(&self, topic: Arc<topic::Topic>) -> Topic {
        Topic {
            topic,
            language: self.language.clone(),
        }
    }
}

/// A subject, place, person, organisation or event, in a tree.
#[Object]
impl Topic {
    pub async fn id(&self) -> ID {
        ID(self.topic.id.to_string())
    }

    async fn slug(&self) -> &str {
        &self.topic.slug
    }

    /// A code of a controlled vocabulary, such as `medtop:11000000`.
    async fn code(&self) -> Option<&str> {
        self.topic.code.as_deref()
    }

    async fn kind(&self) -> TopicKind {
        self.topic.kind.into()
    }

    /// Its name in a language, or the nearest there is; without `language` in that of the story it was reached from.
    async fn name(&self, ctx: &Context<'_>, language: Option<String>) -> Result<String> {
        let home = loaders::of(ctx)?.loader().archive.site().home_language();
        let language = language.as_deref().or(self.language.as_deref()).unwrap_or(home);
        Ok(self.topic.name(language, home).to_owned())
    }

    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Topic>> {
        match self.topic.parent {
            Some(id) => Ok(load(ctx, id).await?.map(|t| self.beside(t))),
            None => Ok(None),
        }
    }

    /// From the nearest to the root.
    #[graphql(complexity = "list_cost(4, child_complexity)")]
    async fn ancestors(&self, ctx: &Context<'_>) -> Result<Vec<Topic>> {
        let ids = load(ctx, Above(self.topic.id)).await?.unwrap_or_default();
        let topics = load_many(ctx, ids.clone()).await?;
        Ok(ids
            .iter()
            .filter_map(|id| topics.get(id).cloned())
            .map(|t| self.beside(t))
            .collect())
    }

    /// By slug.
    #[graphql(complexity = "list_cost(10, child_complexity)")]
    async fn children(&self, ctx: &Context<'_>) -> Result<Vec<Topic>> {
        let children = load(ctx, Below(self.topic.id)).await?.unwrap_or_default();
        Ok(children.into_iter().map(|t| self.beside(t)).collect())
    }

    /// Its stories and those of the topics below it, newest first.
    #[graphql(complexity = "page_cost(first.or(last), 20, child_complexity)")]
    async fn articles(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<ArticleFilter>,
    ) -> Result<ArticleConnection> {
        let page = page(first, after.as_deref(), last, before.as_deref(), Order::Story)?;
        let filter = filter.unwrap_or_default().read().map_err(|e| refuse(&e))?;
        let house = loaders::of(ctx)?.loader();
        let mut selection = house
            .archive
            .select(&house.scope, filter)
            .await
            .map_err(|e| refuse(&e))?;
        selection.topics.insert(0, vec![self.topic.id]);
        ArticleConnection::read(ctx, selection, page).await
    }
}

/// Who a story comes from.
pub struct Source(pub Arc<topic::Source>);

#[Object]
impl Source {
    pub async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    async fn slug(&self) -> &str {
        &self.0.slug
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn url(&self) -> Option<Url> {
        self.0.url.clone().map(Url)
    }
}
