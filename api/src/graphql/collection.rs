//! Collections.

use super::article::Article;
use super::connection::page;
use super::limits::page_cost;
use super::loaders;
use super::refusal::refuse;
use crate::news::topic;
use crate::page::Order;
use async_graphql::{Context, ID, Object, Result};

pub struct Collection(pub topic::Collection);

/// A list of stories that an editor chose: a front.
#[Object]
impl Collection {
    pub async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    async fn slug(&self) -> &str {
        &self.0.slug
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Counted from 1.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Its stories, in the editor's order; it holds at most 100.
    #[graphql(complexity = "page_cost(first, 20, child_complexity)")]
    async fn articles(&self, ctx: &Context<'_>, first: Option<i32>) -> Result<Vec<Article>> {
        let size = page(first, None, None, None, Order::Number)?.size() as usize;
        let house = loaders::of(ctx)?.loader();
        let stories = house
            .archive
            .collection_stories(&house.scope, self.0.id)
            .await
            .map_err(|e| refuse(&e))?;
        Ok(stories.into_iter().take(size).map(Article).collect())
    }
}
