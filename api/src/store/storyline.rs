//! Storylines as rows: from which earlier stories a story goes on, and with which one it all began.

use super::Store;
use super::sql::{Sql, column};
use crate::error::Result;
use crate::news::ArticleId;
use sea_orm::QueryResult;
use std::collections::HashMap;

/// That a story goes on from an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub article: ArticleId,
    pub earlier: ArticleId,
    /// The first story of the storyline.
    pub root: ArticleId,
}

/// Links that are read of all storylines that are asked for: what is longer is known by a part of it.
const MOST: i64 = 5_000;

impl Store {
    /// The storylines that these stories are in, whole.
    pub async fn storylines(&self, ids: &[ArticleId]) -> Result<Vec<Link>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let uuids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let mut sql = Sql::new("SELECT article_id, earlier_id, root_id FROM storyline_link WHERE root_id IN ");
        sql.bind_list(&uuids)
            .push(" OR root_id IN (SELECT root_id FROM storyline_link WHERE article_id IN ")
            .bind_list(&uuids);
        sql.push(") ORDER BY article_id DESC, earlier_id LIMIT ").bind(MOST);
        // From the primary: the index may know of a story that a replica has not got yet.
        let rows = sql.all(&self.rooms.read).await?;
        let link = |row: &QueryResult| {
            Ok(Link {
                article: ArticleId(column(row, 0)?),
                earlier: ArticleId(column(row, 1)?),
                root: ArticleId(column(row, 2)?),
            })
        };
        rows.iter().map(link).collect()
    }

    /// With which stories the storylines of these began, of those that are in one.
    pub async fn roots_of(&self, ids: &[ArticleId]) -> Result<HashMap<ArticleId, ArticleId>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut sql = Sql::new("SELECT DISTINCT article_id, root_id FROM storyline_link WHERE article_id IN ");
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        let rows = sql.all(self.aside()).await?;
        rows.iter()
            .map(|row| Ok((ArticleId(column(row, 0)?), ArticleId(column(row, 1)?))))
            .collect()
    }

    /// Files links. What another process has filed of the same stands.
    pub async fn file_links(&self, links: &[Link]) -> Result<()> {
        if links.is_empty() {
            return Ok(());
        }
        let tx = self.begin().await?;
        let mut sql = Sql::new("INSERT INTO storyline_link (article_id, earlier_id, root_id) VALUES ");
        for (at, Link { article, earlier, root }) in links.iter().enumerate() {
            sql.push(if at == 0 { "(" } else { ", (" });
            sql.bind(article.0)
                .push(", ")
                .bind(earlier.0)
                .push(", ")
                .bind(root.0)
                .push(")");
        }
        sql.push(" ON CONFLICT DO NOTHING");
        sql.run(&tx.inner).await?;
        tx.commit().await
    }
}
