//! What stands beside a story: links that editors chose, MORE ABOUT, what is like it, what is on the same event.

use super::article::Article;
use super::connection::page;
use super::limits::page_cost;
use super::scalar::Url;
use super::topic::Topic;
use crate::archive::{self, Beside, FoundBy, Similar};
use crate::news::filter::ResolvedLink;
use crate::news::story;
use crate::page::Order;
use async_graphql::{Enum, ID, Object, Result, SimpleObject};
use std::sync::Arc;

/// What a link is to its story.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "story::LinkKind")]
pub enum RelatedLinkKind {
    Background,
    FollowUp,
    CorrectionOf,
    TranslationOf,
    External,
}

/// The newest stories of a topic beside a story, and those that are like it.
pub struct MoreAbout {
    pub topic: Option<Topic>,
    pub beside: Vec<Beside>,
}

#[Object]
impl MoreAbout {
    /// Null when the story has no topic.
    async fn topic(&self) -> Option<&Topic> {
        self.topic.as_ref()
    }

    async fn edges(&self) -> Vec<MoreAboutEdge> {
        self.beside.iter().cloned().map(MoreAboutEdge).collect()
    }

    /// The stories alone.
    async fn articles(&self) -> Vec<Article> {
        self.beside.iter().map(|one| Article(Arc::clone(&one.story))).collect()
    }
}

/// Why a story stands in MORE ABOUT.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum MoreAboutSource {
    /// It is among the newest of the topic.
    Topic,
    /// It is like the story.
    Similarity,
}

/// A story in MORE ABOUT.
pub struct MoreAboutEdge(Beside);

#[Object]
impl MoreAboutEdge {
    async fn node(&self) -> Article {
        Article(Arc::clone(&self.0.story))
    }

    async fn source(&self) -> MoreAboutSource {
        match self.0.found {
            FoundBy::Topic => MoreAboutSource::Topic,
            FoundBy::Similarity(_) => MoreAboutSource::Similarity,
        }
    }

    /// With SIMILARITY, how much it is like the story: 0 to 1. What the topic brings is ordered by time, and has none.
    async fn score(&self) -> Option<f64> {
        match self.0.found {
            FoundBy::Topic => None,
            FoundBy::Similarity(score) => Some(score),
        }
    }
}

/// Stories on one event.
pub struct Storyline(pub archive::Storyline);

#[Object]
impl Storyline {
    /// The same for all its stories, and as long as its first one is there.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Its stories, newest first.
    #[graphql(complexity = "page_cost(first, 20, child_complexity)")]
    async fn articles(
        &self,
        #[graphql(desc = "1 to 100; 20 when it is left out.", default_with = "Some(20)")] first: Option<i32>,
    ) -> Result<Vec<Article>> {
        let count = page(Some(first.unwrap_or(20)), None, None, None, Order::Story)?.size();
        let stories = self.0.stories.iter().take(count as usize);
        Ok(stories.map(|story| Article(Arc::clone(story))).collect())
    }
}

/// A story that is like another.
#[derive(SimpleObject)]
pub struct SimilarArticle {
    article: Article,
    /// How much: 0 to 1.
    score: f64,
}

impl From<Similar> for SimilarArticle {
    fn from(Similar { story, score }: Similar) -> SimilarArticle {
        let article = Article(story);
        SimilarArticle { article, score }
    }
}

/// A link that an editor chose.
pub struct RelatedLink(pub ResolvedLink);

#[Object]
impl RelatedLink {
    async fn kind(&self) -> RelatedLinkKind {
        self.0.kind.into()
    }

    async fn title(&self) -> &str {
        &self.0.title
    }

    async fn url(&self) -> Option<Url> {
        self.0.url.clone().map(Url)
    }

    /// The story it leads to; null for an external link.
    async fn article(&self) -> Option<Article> {
        self.0.story.clone().map(Article)
    }
}
