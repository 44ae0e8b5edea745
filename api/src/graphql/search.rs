//! Searching, and what may be meant by somebody who is still typing.

use super::article::Article;
use super::connection::{PageInfo, page};
use super::filter::ArticleFilter;
use super::limits::page_cost;
use super::loaders;
use super::refusal::refuse;
use super::topic::{Source, Topic};
use crate::archive;
use crate::error::{Error, Fault};
use crate::news::filter::Selection;
use crate::news::language;
use crate::page::{Edge, Order};
use crate::search::{Facet, Order as By};
use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use std::sync::Arc;

pub struct SearchQuery;

/// What hits are ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Default)]
pub enum SearchOrder {
    #[default]
    Relevance,
    /// By `firstPublished`.
    Newest,
    Oldest,
}

/// A page of what was found.
pub struct SearchConnection(archive::Results);

/// A story that was found.
pub struct SearchEdge(Edge<archive::Hit>);

/// Where in a story it stands.
#[derive(SimpleObject)]
pub struct Fragment {
    /// `headline`, `summary`, `byline`, `body`.
    field: &'static str,
    /// Escaped text; what was looked for is in `<mark>`.
    html: String,
}

/// How all that was found spreads: the 20 most frequent values, the 31 newest days.
pub struct SearchFacets(archive::Spread);

#[derive(SimpleObject)]
pub struct TopicCount {
    topic: Topic,
    count: i64,
}

#[derive(SimpleObject)]
pub struct LanguageCount {
    /// BCP 47.
    language: String,
    count: i64,
}

#[derive(SimpleObject)]
pub struct SourceCount {
    source: Source,
    count: i64,
}

#[derive(SimpleObject)]
pub struct DayCount {
    /// In UTC, such as `2026-01-12`.
    day: String,
    count: i64,
}

/// What may be meant.
#[derive(SimpleObject)]
pub struct Suggestions {
    /// The newest stories with such headlines.
    articles: Vec<Article>,
    topics: Vec<Topic>,
}

fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[Object]
impl SearchConnection {
    async fn edges(&self) -> Vec<SearchEdge> {
        self.0.slice.edges.iter().cloned().map(SearchEdge).collect()
    }

    /// The stories alone.
    async fn nodes(&self) -> Vec<Article> {
        let edges = self.0.slice.edges.iter();
        edges.map(|edge| Article(Arc::clone(&edge.node.story))).collect()
    }

    async fn page_info(&self) -> PageInfo {
        PageInfo::of(&self.0.slice)
    }

    /// All stories that were found.
    async fn total_count(&self) -> i64 {
        count(self.0.total.unwrap_or_default())
    }

    async fn facets(&self) -> SearchFacets {
        SearchFacets(self.0.spread.clone())
    }

    /// The query put right, where a word of it is found nowhere; on the first page only.
    async fn did_you_mean(&self) -> Option<&str> {
        self.0.did_you_mean.as_deref()
    }

    /// While the index is being made anew: how much of it is there, 0 to 1. The answer is of that part of the stories.
    async fn rebuilding(&self) -> Option<f64> {
        self.0.rebuilding
    }
}

#[Object]
impl SearchEdge {
    async fn cursor(&self) -> String {
        self.0.cursor.encode()
    }

    async fn node(&self) -> Article {
        Article(Arc::clone(&self.0.node.story))
    }

    /// How well it fits, for comparison within one answer; only where relevance orders.
    async fn score(&self) -> Option<f64> {
        self.0.node.score
    }

    async fn fragments(&self) -> Vec<Fragment> {
        let fragments = self.0.node.fragments.iter().cloned();
        let fragment = |crate::search::Fragment { field, html }| Fragment { field, html };
        fragments.map(fragment).collect()
    }
}

#[Object]
impl SearchFacets {
    /// Ancestors are counted too.
    async fn topics(&self) -> Vec<TopicCount> {
        let topics = self.0.topics.iter().map(|(topic, n)| TopicCount {
            topic: Topic::alone(Arc::clone(topic)),
            count: count(*n),
        });
        topics.collect()
    }

    async fn languages(&self) -> Vec<LanguageCount> {
        let languages = self.0.languages.iter().map(|(language, n)| LanguageCount {
            language: language.clone(),
            count: count(*n),
        });
        languages.collect()
    }

    async fn sources(&self) -> Vec<SourceCount> {
        let sources = self.0.sources.iter().map(|(source, n)| SourceCount {
            source: Source(Arc::new(source.clone())),
            count: count(*n),
        });
        sources.collect()
    }

    async fn days(&self) -> Vec<DayCount> {
        let days = self.0.days.iter().map(|(day, n)| DayCount {
            day: day.to_string(),
            count: count(*n),
        });
        days.collect()
    }
}

#[Object(name = "SearchingQuery")]
impl SearchQuery {
    /// Search. `query` has words that must all be there, `"a phrase"`, `-not`, `a OR b`, `begin*` and `field:value`; any text
    /// is a query. At most 4,096 bytes, 32 conditions, 64 words.
    #[graphql(complexity = "page_cost(first, 20, child_complexity) + 100")]
    async fn search(
        &self,
        ctx: &Context<'_>,
        query: String,
        filter: Option<ArticleFilter>,
        #[graphql(default)] order_by: SearchOrder,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<SearchConnection> {
        let (order, cursors) = match order_by {
            SearchOrder::Relevance => (By::Relevance, Order::Hit),
            SearchOrder::Newest => (By::Newest, Order::Story),
            SearchOrder::Oldest => (By::Oldest, Order::Story),
        };
        let page = page(first, after.as_deref(), None, None, cursors)?;
        let filter = filter.unwrap_or_default().read().map_err(|e| refuse(&e))?;
        let house = loaders::of(ctx)?.loader();
        let asked = ctx.look_ahead();
        let facets = [
            ("topics", Facet::Topic),
            ("languages", Facet::Language),
            ("sources", Facet::Source),
            ("days", Facet::Day),
        ];
        let facets = facets
            .into_iter()
            .filter(|(name, _)| asked.field("facets").field(name).exists());
        let search = async {
            let search = archive::Search {
                text: query,
                selection: house.archive.select(&house.scope, filter).await?,
                order,
                page,
                total: asked.field("totalCount").exists(),
                facets: facets.map(|(_, facet)| facet).collect(),
            };
            house.archive.search(&house.scope, search).await
        };
        search.await.map(SearchConnection).map_err(|e| refuse(&e))
    }

    /// Headlines and topics for what somebody is typing, the last word perhaps only begun; at most 20 of each.
    #[graphql(complexity = "page_cost(first, 5, child_complexity) + 100")]
    async fn suggest(
        &self,
        ctx: &Context<'_>,
        query: String,
        languages: Option<Vec<String>>,
        first: Option<i32>,
    ) -> Result<Suggestions> {
        let mut faults = Vec::new();
        let most = u32::try_from(first.unwrap_or(5))
            .ok()
            .filter(|most| (1..=20).contains(most));
        if most.is_none() {
            faults.push(Fault::new("first", "out_of_range", "must be between 1 and 20"));
        }
        let mut tags = Vec::new();
        for tag in languages.unwrap_or_default().iter().take(50) {
            match language::normalise(tag) {
                Ok(tag) => tags.push(tag),
                Err(message) => faults.push(Fault::new("languages", "invalid_language", message)),
            }
        }
        if !faults.is_empty() {
            return Err(refuse(&Error::parameters(faults)));
        }
        let house = loaders::of(ctx)?.loader();
        let selection = Selection {
            languages: tags,
            ..Selection::default()
        };
        let found = house
            .archive
            .suggest(&house.scope, &query, selection, most.unwrap_or(5))
            .await;
        let archive::Suggestions { stories, topics } = found.map_err(|e| refuse(&e))?;
        Ok(Suggestions {
            articles: stories.into_iter().map(Article).collect(),
            topics: topics.into_iter().map(Topic::alone).collect(),
        })
    }
}
