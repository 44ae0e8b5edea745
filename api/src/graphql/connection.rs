//! Relay's pages (Relay Cursor Connections Specification), made from the one `Slice`.

use super::article::Article;
use super::loaders;
use super::refusal::refuse;
use super::topic::Topic;
use crate::news::filter::{Selection, TopicFilter};
use crate::news::story::Story;
use crate::page::{Asked, Edge, Order, Page, RELAY, Slice};
use async_graphql::{Context, Object, Result, SimpleObject};
use std::sync::Arc;

/// A page's arguments, checked.
pub fn page(
    first: Option<i32>,
    after: Option<&str>,
    last: Option<i32>,
    before: Option<&str>,
    order: Order,
) -> Result<Page> {
    let asked = Asked {
        first: first.map(i64::from),
        last: last.map(i64::from),
        after,
        before,
    };
    Page::read(asked, order, RELAY).map_err(|e| refuse(&e))
}

/// A list with its page: the key of a batch of lists.
#[derive(Clone, PartialEq)]
pub struct Feed {
    pub selection: Selection,
    pub page: Page,
}

impl Eq for Feed {}

impl std::hash::Hash for Feed {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.selection.topics.hash(state);
        self.page.size().hash(state);
    }
}

#[derive(SimpleObject)]
pub struct PageInfo {
    has_next_page: bool,
    has_previous_page: bool,
    start_cursor: Option<String>,
    end_cursor: Option<String>,
}

impl PageInfo {
    pub fn of<T>(slice: &Slice<T>) -> PageInfo {
        PageInfo {
            has_next_page: slice.has_next,
            has_previous_page: slice.has_previous,
            start_cursor: slice.start(),
            end_cursor: slice.end(),
        }
    }

    /// Of a list that is read in one direction only.
    pub fn forward(has_next_page: bool, start: Option<String>, end: String) -> PageInfo {
        PageInfo {
            has_next_page,
            has_previous_page: false,
            start_cursor: start,
            end_cursor: Some(end),
        }
    }
}

/// A page of stories, newest first.
pub struct ArticleConnection {
    slice: Slice<Arc<Story>>,
    selection: Selection,
}

impl ArticleConnection {
    pub async fn read(ctx: &Context<'_>, selection: Selection, page: Page) -> Result<ArticleConnection> {
        let feed = Feed {
            selection: selection.clone(),
            page,
        };
        let slice = loaders::load(ctx, feed).await?.unwrap_or_else(Slice::empty);
        Ok(ArticleConnection { slice, selection })
    }
}

#[Object]
impl ArticleConnection {
    async fn edges(&self) -> Vec<ArticleEdge> {
        self.slice.edges.iter().cloned().map(ArticleEdge).collect()
    }

    /// The stories alone, for those who need no cursors.
    async fn nodes(&self) -> Vec<Article> {
        self.slice.edges.iter().map(|e| Article(Arc::clone(&e.node))).collect()
    }

    async fn page_info(&self) -> PageInfo {
        PageInfo::of(&self.slice)
    }

    /// All stories the list holds. Counting costs more than the page: ask when you need it.
    #[graphql(complexity = "100")]
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64> {
        let house = loaders::of(ctx)?.loader();
        house
            .archive
            .count(&house.scope, &self.selection)
            .await
            .map_err(|e| refuse(&e))
    }
}

pub struct ArticleEdge(Edge<Arc<Story>>);

#[Object]
impl ArticleEdge {
    async fn cursor(&self) -> String {
        self.0.cursor.encode()
    }

    async fn node(&self) -> Article {
        Article(Arc::clone(&self.0.node))
    }
}

/// A page of topics, by slug.
pub struct TopicConnection {
    pub slice: Slice<Topic>,
    pub filter: TopicFilter,
}

#[Object]
impl TopicConnection {
    async fn edges(&self) -> Vec<TopicEdge> {
        self.slice.edges.iter().cloned().map(TopicEdge).collect()
    }

    async fn nodes(&self) -> Vec<Topic> {
        self.slice.edges.iter().map(|e| e.node.clone()).collect()
    }

    async fn page_info(&self) -> PageInfo {
        PageInfo::of(&self.slice)
    }

    #[graphql(complexity = "100")]
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64> {
        let house = loaders::of(ctx)?.loader();
        house
            .archive
            .count_topics(&house.scope, &self.filter)
            .await
            .map_err(|e| refuse(&e))
    }
}

pub struct TopicEdge(Edge<Topic>);

#[Object]
impl TopicEdge {
    async fn cursor(&self) -> String {
        self.0.cursor.encode()
    }

    async fn node(&self) -> Topic {
        self.0.node.clone()
    }
}

/// A story's editions, newest first.
pub struct VersionConnection {
    pub slice: Slice<Arc<Story>>,
}

#[Object]
impl VersionConnection {
    async fn edges(&self) -> Vec<ArticleEdge> {
        self.slice.edges.iter().cloned().map(ArticleEdge).collect()
    }

    async fn nodes(&self) -> Vec<Article> {
        self.slice.edges.iter().map(|e| Article(Arc::clone(&e.node))).collect()
    }

    async fn page_info(&self) -> PageInfo {
        PageInfo::of(&self.slice)
    }
}
