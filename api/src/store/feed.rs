//! The feeds that stories stand in, as rows: looked at and put right without touching the stories.

use super::Tx;
use super::article::pub_status;
use super::sql::{Sql, column, time};
use crate::error::Result;
use crate::news::story::PubStatus;
use crate::news::{ArticleId, TopicId, Version};
use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend};
use std::collections::HashMap;
use uuid::Uuid;

/// Where a story stands.
#[derive(Clone, Debug)]
pub struct Standing {
    pub id: ArticleId,
    pub version: Version,
    pub pub_status: PubStatus,
    pub expires: Option<Timestamp>,
    pub expiry_told: bool,
    /// Its own topics, the main one first.
    pub topics: Vec<TopicId>,
    /// Their ancestors whose feeds it stands in.
    pub implied: Vec<TopicId>,
}

impl Standing {
    pub fn feeds(&self) -> Vec<TopicId> {
        self.topics.iter().chain(&self.implied).copied().collect()
    }
}

impl Tx {
    /// Whether a story stands in this topic's feed.
    pub async fn topic_in_use(&self, id: TopicId) -> Result<bool> {
        let mut sql = Sql::new("SELECT 1 FROM article_topic WHERE topic_id = ");
        sql.bind(id.0).push(" LIMIT 1");
        Ok(sql.one(&self.inner).await?.is_some())
    }

    /// The stories in a topic's feed above an id, in the order of their ids, whatever their status.
    pub async fn stories_in_feed(&self, topic: TopicId, after: Uuid, most: u32) -> Result<Vec<ArticleId>> {
        let mut sql = Sql::new("SELECT article_id FROM article_topic WHERE topic_id = ");
        sql.bind(topic.0).push(" AND article_id > ").bind(after);
        sql.push(" ORDER BY article_id LIMIT ").bind(i64::from(most));
        let rows = sql.all(&self.inner).await?;
        rows.iter().map(|row| Ok(ArticleId(column(row, 0)?))).collect()
    }

    /// Where these stories stand, by id, locked until the transaction ends.
    pub async fn lock_standings(&self, ids: &[ArticleId]) -> Result<Vec<Standing>> {
        let uuids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let mut sql = Sql::new("SELECT id, version, pub_status, expires, expiry_told FROM article WHERE id IN ");
        sql.bind_list(&uuids).push(" ORDER BY id");
        if self.inner.get_database_backend() == DbBackend::Postgres {
            sql.push(" FOR UPDATE");
        }
        let mut standings = Vec::with_capacity(ids.len());
        for row in sql.all(&self.inner).await? {
            let status: String = column(&row, 2)?;
            standings.push(Standing {
                id: ArticleId(column(&row, 0)?),
                version: Version(column(&row, 1)?),
                pub_status: pub_status(&status)?,
                expires: column::<Option<i64>>(&row, 3)?.map(time).transpose()?,
                expiry_told: column(&row, 4)?,
                topics: Vec::new(),
                implied: Vec::new(),
            });
        }
        // Only now: what was waited for is seen.
        let mut feeds = self.feeds_of(ids).await?;
        for standing in &mut standings {
            if let Some((topics, implied)) = feeds.remove(&standing.id) {
                standing.topics = topics;
                standing.implied = implied;
            }
        }
        Ok(standings)
    }

    /// The feeds that these stories stand in: those of their own topics, and the implied ones.
    pub async fn feeds_of(&self, ids: &[ArticleId]) -> Result<HashMap<ArticleId, (Vec<TopicId>, Vec<TopicId>)>> {
        let mut feeds: HashMap<ArticleId, (Vec<TopicId>, Vec<TopicId>)> = HashMap::new();
        if ids.is_empty() {
            return Ok(feeds);
        }
        let uuids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let mut sql = Sql::new("SELECT article_id, topic_id, implied FROM article_topic WHERE article_id IN ");
        sql.bind_list(&uuids).push(" ORDER BY article_id, rank");
        for row in sql.all(&self.inner).await? {
            let (topics, implied) = feeds.entry(ArticleId(column(&row, 0)?)).or_default();
            let topic = TopicId(column(&row, 1)?);
            if column(&row, 2)? {
                implied.push(topic);
            } else {
                topics.push(topic);
            }
        }
        Ok(feeds)
    }

    /// Takes stories out of a feed that their topics do not imply any more.
    pub async fn leave_feed(&self, topic: TopicId, ids: &[ArticleId]) -> Result<()> {
        let mut sql = Sql::new("DELETE FROM article_topic WHERE topic_id = ");
        sql.bind(topic.0).push(" AND implied = true AND article_id IN ");
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        sql.run(&self.inner).await?;
        Ok(())
    }

    /// Puts stories into a feed that their topics imply. What the feed sorts by is copied from them.
    pub async fn enter_feed(&self, topic: TopicId, rank: i16, ids: &[ArticleId]) -> Result<()> {
        let mut sql = Sql::new(
            "INSERT INTO article_topic (topic_id, rank, article_id, implied, first_published, version, expires, listed) SELECT ",
        );
        // The types are said, because a database cannot guess them from a column list behind a SELECT.
        sql.push("CAST(")
            .bind(topic.0)
            .push(match self.inner.get_database_backend() {
                DbBackend::Postgres => " AS uuid), CAST(",
                _ => " AS blob), CAST(",
            });
        sql.bind(rank)
            .push(" AS smallint), id, true, first_published, version, expires, pub_status = 'usable' ");
        sql.push("FROM article WHERE id IN ");
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        sql.run(&self.inner).await?;
        Ok(())
    }
}
