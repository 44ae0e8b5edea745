//! What can be asked.

use super::article::{Article, uuid};
use super::collection::Collection;
use super::connection::{ArticleConnection, TopicConnection, page};
use super::filter::{ArticleFilter, TopicFilter};
use super::limits::{list_cost, page_cost};
use super::loaders::{self, load};
use super::node::{Node, article, nodes};
use super::refusal::refuse;
use super::site::{Site, Viewer};
use super::topic::Topic;
use super::wire::{self, Start, WireConnection};
use crate::error::{Error, Fault};
use crate::news::story::{ArticleKey, Story};
use crate::news::topic::TopicKey;
use crate::news::{ArticleId, TopicId, filter};
use crate::page::{MOST, Order};
use crate::web::Caller;
use async_graphql::{Context, ID, Object, OneofObject, Result};
use std::sync::Arc;

pub struct Query;

/// One way to name a story.
#[derive(OneofObject)]
pub enum ArticleBy {
    Id(ID),
    Slug(String),
    Uri(String),
}

impl ArticleBy {
    pub fn key(self) -> Result<ArticleKey> {
        Ok(match self {
            ArticleBy::Id(id) => ArticleKey::Id(ArticleId(uuid(&id, "by.id")?)),
            ArticleBy::Slug(slug) => ArticleKey::Slug(slug),
            ArticleBy::Uri(uri) => ArticleKey::Uri(uri),
        })
    }
}

/// One way to name a topic.
#[derive(OneofObject)]
pub enum TopicBy {
    Id(ID),
    Slug(String),
    Code(String),
}

#[Object(name = "ReadingQuery")]
impl Query {
    /// Anything by its id; null when it is not there.
    async fn node(&self, ctx: &Context<'_>, id: ID) -> Option<Result<Node>> {
        match nodes(ctx, std::slice::from_ref(&id)).await {
            Ok(mut found) => found.pop().flatten(),
            Err(error) => Some(Err(error)),
        }
    }

    /// Several things by their ids, in that order, at most 100; null for each that is not there.
    #[graphql(complexity = "list_cost(ids.len(), child_complexity)")]
    async fn nodes(&self, ctx: &Context<'_>, ids: Vec<ID>) -> Result<Vec<Option<Result<Node>>>> {
        if ids.len() > MOST as usize {
            let fault = Fault::new("ids", "too_many", format!("at most {MOST}, not {}", ids.len()));
            return Err(refuse(&Error::parameters(vec![fault])));
        }
        nodes(ctx, &ids).await
    }

    /// A story; null when it is not there. One that was canceled is null with an error of code GONE, whose
    /// `extensions.tombstone` says why and what to take instead.
    ///
    /// `asOf` is a cursor of the wire, or a time with its offset: the version that stood then; null when the story was not
    /// public then.
    async fn article(&self, ctx: &Context<'_>, by: ArticleBy, as_of: Option<String>) -> Option<Result<Article>> {
        let key = match by.key() {
            Ok(key) => key,
            Err(error) => return Some(Err(error)),
        };
        let found = match load(ctx, key).await {
            Ok(found) => found.map(article)?,
            Err(error) => Err(error),
        };
        match (found, as_of) {
            (Ok(Article(current)), Some(at)) => stood(ctx, &current, &at).await.transpose(),
            (found, _) => Some(found),
        }
    }

    /// LATEST: all stories, newest first.
    #[graphql(complexity = "page_cost(first.or(last), 20, child_complexity)")]
    async fn latest(
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
        let selection = house
            .archive
            .select(&house.scope, filter)
            .await
            .map_err(|e| refuse(&e))?;
        ArticleConnection::read(ctx, selection, page).await
    }

    /// A topic; null when it is not there.
    async fn topic(&self, ctx: &Context<'_>, by: TopicBy) -> Option<Result<Topic>> {
        let key = match by {
            TopicBy::Id(id) => match uuid(&id, "by.id") {
                Ok(id) => TopicKey::Id(TopicId(id)),
                Err(error) => return Some(Err(error)),
            },
            TopicBy::Slug(slug) => TopicKey::Slug(slug),
            TopicBy::Code(code) => TopicKey::Code(code),
        };
        load(ctx, key).await.map(|found| found.map(Topic::alone)).transpose()
    }

    /// Topics, by slug.
    #[graphql(complexity = "page_cost(first.or(last), 20, child_complexity)")]
    async fn topics(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<TopicFilter>,
    ) -> Result<TopicConnection> {
        let page = page(first, after.as_deref(), last, before.as_deref(), Order::Slug)?;
        let TopicFilter { kind, parent, roots } = filter.unwrap_or_default();
        let parent = match parent {
            Some(slug) => {
                let found = load(ctx, TopicKey::Slug(slug)).await?;
                Some(found.ok_or_else(|| refuse(&Error::not_found("topic")))?.id)
            }
            None => None,
        };
        let filter = filter::TopicFilter {
            kind: kind.map(Into::into),
            parent,
            roots,
        };
        let house = loaders::of(ctx)?.loader();
        let slice = house
            .archive
            .list_topics(&house.scope, &filter, &page)
            .await
            .map_err(|e| refuse(&e))?;
        Ok(TopicConnection {
            slice: slice.map(|t| Some(Topic::alone(Arc::new(t)))),
            filter,
        })
    }

    /// An editor's list; null when it is not there.
    async fn collection(&self, ctx: &Context<'_>, slug: String) -> Option<Result<Collection>> {
        let house = match loaders::of(ctx) {
            Ok(loaders) => loaders.loader(),
            Err(error) => return Some(Err(error)),
        };
        house
            .archive
            .find_collection(&house.scope, &slug)
            .await
            .map(|found| found.map(Collection))
            .map_err(|e| refuse(&e))
            .transpose()
    }

    /// What changed, oldest first: from the oldest entry that is kept, from `after` on, or from now on with
    /// `after: "latest"`. With `topics` (slugs or codes), only changes of stories in these topics and of the topics; with
    /// `channel` (a slug), of stories in this channel.
    /// A cursor that the wire does not reach back to any more is refused as CURSOR_GONE.
    #[graphql(complexity = "page_cost(first, 20, child_complexity)")]
    async fn wire(
        &self,
        ctx: &Context<'_>,
        after: Option<String>,
        first: Option<i32>,
        topics: Option<Vec<String>>,
        channel: Option<String>,
    ) -> Result<WireConnection> {
        let size = page(first, None, None, None, Order::Number)?.size() as usize;
        let house = loaders::of(ctx)?.loader();
        // It is about this very moment, and is never kept.
        house.scope.readings.personal();
        let start = Start::read(&house.wire, &house.scope.sight.owner(), after.as_deref()).map_err(|e| refuse(&e))?;
        let filter = wire::filter(&house.archive, &house.scope, topics, channel).await?;
        let rooms = (&house.archive, &house.wire);
        WireConnection::read(rooms, &house.scope, start, size, &filter).await
    }

    /// Who am I, and what may I do?
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer> {
        let caller = ctx.data::<Caller>()?;
        caller.readings.personal();
        let house = loaders::of(ctx)?.loader();
        let channels = match caller.sight.is_all() {
            true => None,
            false => Some(
                house
                    .archive
                    .list_channels(&house.scope)
                    .await
                    .map_err(|e| refuse(&e))?,
            ),
        };
        let mut viewer = Viewer::of(&caller.viewer);
        viewer.channels = channels.map(|list| list.into_iter().map(|c| c.slug).collect());
        Ok(viewer)
    }

    /// The publication.
    async fn site(&self, ctx: &Context<'_>) -> Result<Site> {
        Ok(Site::of(loaders::of(ctx)?.loader().archive.site()))
    }
}

/// The version of a visible story that stood at a moment.
async fn stood(ctx: &Context<'_>, current: &Arc<Story>, at: &str) -> Result<Option<Article>> {
    let house = loaders::of(ctx)?.loader();
    let at = house.wire.as_of(&house.scope.sight.owner(), "asOf", at);
    let found = house.archive.find_as_of(current, at.map_err(|e| refuse(&e))?).await;
    Ok(found.map_err(|e| refuse(&e))?.map(Article))
}
