//! Stories as the search index takes them: whole, with the feeds and channels they stand in, all of one moment.

use super::article::load;
use super::sql::{Sql, column};
use super::{Store, refused};
use crate::error::Result;
use crate::news::story::Story;
use crate::news::{ArticleId, ChannelId, TopicId};
use std::collections::HashMap;
use uuid::Uuid;

/// A story and where it stands.
#[derive(Clone, Debug)]
pub struct Placement {
    pub story: Story,
    /// The feeds that it stands in, ancestors among them.
    pub topics: Vec<TopicId>,
    pub channels: Vec<ChannelId>,
}

impl Store {
    /// These stories as they stand now, whatever their status.
    pub async fn load_placed(&self, ids: &[ArticleId]) -> Result<Vec<Placement>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let uuids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let moment = self.moment().await?;
        let stories = load(&moment, ids).await?;
        let mut topics: HashMap<ArticleId, Vec<TopicId>> = HashMap::new();
        let mut sql = Sql::new("SELECT article_id, topic_id FROM article_topic WHERE article_id IN ");
        for row in sql.bind_list(&uuids).all(&moment).await? {
            let of = topics.entry(ArticleId(column(&row, 0)?)).or_default();
            of.push(TopicId(column(&row, 1)?));
        }
        let mut channels: HashMap<ArticleId, Vec<ChannelId>> = HashMap::new();
        let mut sql = Sql::new("SELECT article_id, channel_id FROM article_channel WHERE article_id IN ");
        for row in sql.bind_list(&uuids).all(&moment).await? {
            let of = channels.entry(ArticleId(column(&row, 0)?)).or_default();
            of.push(ChannelId(column(&row, 1)?));
        }
        moment.commit().await.map_err(refused)?;
        let placed = stories.into_iter().map(|story| Placement {
            topics: topics.remove(&story.id).unwrap_or_default(),
            channels: channels.remove(&story.id).unwrap_or_default(),
            story,
        });
        Ok(placed.collect())
    }

    /// How many stories there are, of any status.
    pub async fn count_articles(&self) -> Result<u64> {
        let mut sql = Sql::new("SELECT count(*) FROM article");
        let row = sql.one(self.read()).await?;
        let count: i64 = row.map_or(Ok(0), |row| column(&row, 0))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}
