//! Channels as rows: their definitions, the stories in them, and who may read them.

use super::sql::{Sql, column, time};
use super::{Store, Tx, refused};
use crate::error::{Error, Result};
use crate::news::channel::{Channel, Grant};
use crate::news::story::{PubStatus, Story};
use crate::news::wire::Position;
use crate::news::{ArticleId, ChannelId, PartnerId, SourceId, TopicId, Version};
use entity::article_channel;
use jiff::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryResult};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;
use uuid::Uuid;

const COLUMNS: &str = "SELECT c.id, c.slug, c.name, c.version, c.stages, EXISTS (SELECT 1 FROM partner_channel p \
    WHERE p.channel_id = c.id AND p.until IS NULL AND p.partner_id = ";

/// What a chunk must know of a story to find its channels.
#[derive(Clone, Debug)]
pub struct Placed {
    pub id: ArticleId,
    pub version: Version,
    pub pub_status: PubStatus,
    pub expires: Option<Timestamp>,
    pub language: String,
    pub source: Option<SourceId>,
    pub genre: Option<String>,
    pub urgency: Option<u8>,
    /// Its topics and their ancestors, as its rows say.
    pub feeds: Vec<TopicId>,
    /// The channels that it is in, as its rows say.
    pub channels: Vec<ChannelId>,
}

/// What a placed story says.
#[derive(Clone, Debug)]
pub struct Wording {
    pub headline: String,
    pub summary: Option<String>,
    pub byline: Option<String>,
    pub body_text: String,
}

impl Store {
    /// All channels, by slug.
    pub async fn list_channels(&self) -> Result<Vec<Channel>> {
        read(self.read(), list_sql()).await
    }

    /// Which of these stories are in any of these channels.
    pub async fn articles_in_channels(&self, ids: &[ArticleId], channels: &[ChannelId]) -> Result<HashSet<ArticleId>> {
        if ids.is_empty() || channels.is_empty() {
            return Ok(HashSet::new());
        }
        let mut sql = Sql::new("SELECT DISTINCT article_id FROM article_channel WHERE article_id IN ");
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        sql.push(" AND channel_id IN ")
            .bind_list(&channels.iter().map(|id| id.0).collect::<Vec<_>>());
        let rows = sql.all(self.read()).await?;
        rows.iter().map(|row| Ok(ArticleId(column(row, 0)?))).collect()
    }

    /// What these have been granted, open and closed. Always from the primary, as all that decides about rights.
    pub async fn grants_of(&self, partners: &[PartnerId]) -> Result<Vec<Grant>> {
        grants(&self.rooms.read, partners, None).await
    }

    /// The channels that a story is in, or was in when it was canceled.
    pub async fn channels_with(&self, id: ArticleId) -> Result<Vec<ChannelId>> {
        let mut sql = Sql::new("SELECT channel_id FROM article_channel WHERE article_id = ");
        let rows = sql.bind(id.0).all(&self.rooms.read).await?;
        rows.iter().map(|row| Ok(ChannelId(column(row, 0)?))).collect()
    }
}

/// The lock that definitions of channels move on under; any number will do that nobody else uses.
const CHANNELS: i64 = 0x0064_6174_6c69_6e66;

impl Tx {
    /// The channels, if there are any, held still until the transaction ends. Who files a story must ask before he
    /// locks it. Where this process knows of none, nothing is asked: when that is not true any more, `append` says so.
    pub async fn share_channels(&self) -> Result<Vec<Channel>> {
        if !self.rooms.channels.load(Ordering::Acquire) {
            return Ok(Vec::new());
        }
        self.lock_all("SELECT pg_advisory_xact_lock_shared(").await?;
        self.asked.store(true, Ordering::Release);
        read(&self.inner, list_sql()).await
    }

    /// The channels, to be changed: nobody files a story meanwhile.
    pub async fn lock_channels(&self) -> Result<Vec<Channel>> {
        self.lock_all("SELECT pg_advisory_xact_lock(").await?;
        self.asked.store(true, Ordering::Release);
        read(&self.inner, list_sql()).await
    }

    async fn lock_all(&self, call: &str) -> Result<()> {
        if self.inner.get_database_backend() == DbBackend::Postgres {
            Sql::new(call).bind(CHANNELS).push(")").run(&self.inner).await?;
        }
        Ok(())
    }

    pub async fn insert_channel(&self, channel: &Channel, at: Timestamp) -> Result<()> {
        let mut sql = Sql::new("INSERT INTO channel (id, slug, name, version, stages, created) VALUES (");
        sql.bind(channel.id.0)
            .push(", ")
            .bind(channel.slug.as_str())
            .push(", ")
            .bind(channel.name.as_str());
        sql.push(", ")
            .bind(channel.version)
            .push(", ")
            .bind(stages(channel)?)
            .push(", ");
        sql.bind(at.as_microsecond()).push(")").run(&self.inner).await?;
        Ok(())
    }

    pub async fn replace_channel(&self, channel: &Channel) -> Result<()> {
        let mut sql = Sql::new("UPDATE channel SET name = ");
        sql.bind(channel.name.as_str())
            .push(", version = ")
            .bind(channel.version);
        sql.push(", stages = ")
            .bind(stages(channel)?)
            .push(" WHERE id = ")
            .bind(channel.id.0);
        sql.run(&self.inner).await?;
        Ok(())
    }

    /// Deletes a channel whose stories have left it. What was granted of it is kept: followers who are behind had it.
    pub async fn delete_channel(&self, id: ChannelId) -> Result<()> {
        for from in ["article_channel WHERE channel_id = ", "channel WHERE id = "] {
            let mut sql = Sql::new(format!("DELETE FROM {from}"));
            sql.bind(id.0).run(&self.inner).await?;
        }
        Ok(())
    }

    /// The next stories behind an id, in the order of their ids, locked.
    pub async fn place_stories(&self, after: Uuid, most: u32) -> Result<Vec<Placed>> {
        let mut sql = Sql::new(format!("{PLACED} WHERE id > "));
        sql.bind(after).push(" ORDER BY id LIMIT ").bind(i64::from(most));
        self.placed(sql).await
    }

    /// The next stories in a channel, the same way.
    pub async fn place_stories_in(&self, channel: ChannelId, after: Uuid, most: u32) -> Result<Vec<Placed>> {
        let mut sql = Sql::new(format!(
            "{PLACED} WHERE id IN (SELECT article_id FROM article_channel WHERE channel_id = "
        ));
        sql.bind(channel.0).push(" AND article_id > ").bind(after);
        sql.push(" ORDER BY article_id LIMIT ").bind(i64::from(most));
        sql.push(") ORDER BY id");
        self.placed(sql).await
    }

    /// These stories, the same way.
    pub async fn place_these(&self, ids: &[ArticleId]) -> Result<Vec<Placed>> {
        let mut sql = Sql::new(format!("{PLACED} WHERE id IN "));
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        sql.push(" ORDER BY id");
        self.placed(sql).await
    }

    async fn placed(&self, mut sql: Sql) -> Result<Vec<Placed>> {
        if self.inner.get_database_backend() == DbBackend::Postgres {
            sql.push(" FOR UPDATE");
        }
        let mut placed = sql
            .all(&self.inner)
            .await?
            .iter()
            .map(read_placed)
            .collect::<Result<Vec<_>>>()?;
        // Only now: what was waited for is seen.
        let ids: Vec<ArticleId> = placed.iter().map(|p| p.id).collect();
        let mut feeds = self.feeds_of(&ids).await?;
        let mut channels = self.channels_of(&ids).await?;
        for story in &mut placed {
            if let Some((own, implied)) = feeds.remove(&story.id) {
                story.feeds = own.into_iter().chain(implied).collect();
            }
            story.channels = channels.remove(&story.id).unwrap_or_default();
        }
        Ok(placed)
    }

    /// What these stories say.
    pub async fn wordings(&self, ids: &[ArticleId]) -> Result<HashMap<ArticleId, Wording>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut sql = Sql::new("SELECT id, headline, summary, byline, body_text FROM article WHERE id IN ");
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        let wording = |row: &QueryResult| {
            let wording = Wording {
                headline: column(row, 1)?,
                summary: column(row, 2)?,
                byline: column(row, 3)?,
                body_text: column(row, 4)?,
            };
            Ok((ArticleId(column(row, 0)?), wording))
        };
        sql.all(&self.inner).await?.iter().map(wording).collect()
    }

    /// The channels that these stories are in, as their rows say, sorted.
    pub async fn channels_of(&self, ids: &[ArticleId]) -> Result<HashMap<ArticleId, Vec<ChannelId>>> {
        let mut channels: HashMap<ArticleId, Vec<ChannelId>> = HashMap::new();
        if ids.is_empty() || !self.asked.load(Ordering::Acquire) {
            return Ok(channels);
        }
        let mut sql = Sql::new("SELECT article_id, channel_id FROM article_channel WHERE article_id IN ");
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        sql.push(" ORDER BY article_id, channel_id");
        for row in sql.all(&self.inner).await? {
            let of = channels.entry(ArticleId(column(&row, 0)?)).or_default();
            of.push(ChannelId(column(&row, 1)?));
        }
        Ok(channels)
    }

    /// Takes stories out of a channel.
    pub async fn leave_channel(&self, channel: ChannelId, ids: &[ArticleId]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut sql = Sql::new("DELETE FROM article_channel WHERE channel_id = ");
        sql.bind(channel.0).push(" AND article_id IN ");
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        sql.run(&self.inner).await?;
        Ok(())
    }

    /// Puts stories into a channel. What its feed sorts by is copied from them.
    pub async fn enter_channel(&self, channel: ChannelId, ids: &[ArticleId]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut sql = Sql::new(
            "INSERT INTO article_channel (channel_id, article_id, first_published, version, expires, listed) SELECT ",
        );
        // The type is said, because a database cannot guess it from a column list behind a SELECT.
        sql.push("CAST(")
            .bind(channel.0)
            .push(match self.inner.get_database_backend() {
                DbBackend::Postgres => " AS uuid)",
                _ => " AS blob)",
            });
        sql.push(", id, first_published, version, expires, pub_status = 'usable' FROM article WHERE id IN ");
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        sql.run(&self.inner).await?;
        Ok(())
    }

    /// Files in which channels stories are, in the place of where they were.
    pub(super) async fn replace_memberships(&self, stories: &[(&Story, &[ChannelId])]) -> Result<()> {
        if !self.asked.load(Ordering::Acquire) {
            return Ok(());
        }
        for chunk in stories.chunks(ROWS) {
            let mut sql = Sql::new("DELETE FROM article_channel WHERE article_id IN ");
            sql.bind_list(&chunk.iter().map(|(story, _)| story.id.0).collect::<Vec<_>>());
            sql.run(&self.inner).await?;
        }
        self.insert_memberships(stories).await
    }

    pub(super) async fn insert_memberships(&self, stories: &[(&Story, &[ChannelId])]) -> Result<()> {
        let rows: Vec<_> = stories
            .iter()
            .flat_map(|(story, channels)| rows(story, channels))
            .collect();
        for chunk in rows.chunks(ROWS) {
            article_channel::Entity::insert_many(chunk.iter().cloned())
                .exec_without_returning(&self.inner)
                .await
                .map_err(refused)?;
        }
        Ok(())
    }

    /// What these have been granted; or, without any, what anybody has been granted of a channel.
    pub async fn grants_of(&self, partners: &[PartnerId], channel: Option<ChannelId>) -> Result<Vec<Grant>> {
        grants(&self.inner, partners, channel).await
    }

    pub async fn find_grant(&self, id: Uuid) -> Result<Option<Grant>> {
        let mut sql = Sql::new(format!("{GRANTS} WHERE id = "));
        sql.bind(id).one(&self.inner).await?.as_ref().map(grant).transpose()
    }

    pub async fn insert_grant(&self, grant: &Grant) -> Result<()> {
        let mut sql = Sql::new("INSERT INTO partner_channel (id, partner_id, channel_id, since, until) VALUES (");
        sql.bind(grant.id)
            .push(", ")
            .bind(grant.partner.0)
            .push(", ")
            .bind(grant.channel.0);
        sql.push(", ").bind(grant.since.0).push(", ");
        sql.bind(grant.until.map(|p| p.0)).push(")").run(&self.inner).await?;
        Ok(())
    }

    /// Ends grants at a position.
    pub async fn end_grants(&self, ids: &[Uuid], until: Position) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut sql = Sql::new("UPDATE partner_channel SET until = ");
        sql.bind(until.0).push(" WHERE until IS NULL AND id IN ").bind_list(ids);
        sql.run(&self.inner).await?;
        Ok(())
    }

    /// Where the wire stands, as far as this transaction sees.
    pub async fn position(&self) -> Result<Position> {
        let row = Sql::new("SELECT position FROM wire_head WHERE id = 1")
            .one(&self.inner)
            .await?;
        let row = row.ok_or_else(|| Error::internal("the wire has no head"))?;
        Ok(Position(column(&row, 0)?))
    }

    /// Which of these stories the wire has told of behind a position to all who read this channel.
    pub async fn told_since(
        &self,
        ids: &[ArticleId],
        channel: ChannelId,
        since: Position,
    ) -> Result<HashSet<ArticleId>> {
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let mut sql = Sql::new(
            "SELECT article_id, channels_before, channels_after FROM wire_entry WHERE partner_id IS NULL AND article_id IN ",
        );
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        sql.push(" AND position > ").bind(since.0);
        let name = channel.to_string();
        let mut told = HashSet::new();
        for row in sql.all(&self.inner).await? {
            let names = |index| -> Result<bool> {
                Ok(column::<Option<String>>(&row, index)?.is_some_and(|list| list.contains(&name)))
            };
            if names(1)? || names(2)? {
                told.insert(ArticleId(column(&row, 0)?));
            }
        }
        Ok(told)
    }
}

const ROWS: usize = 500;

const PLACED: &str = "SELECT id, version, pub_status, expires, language, source_id, genre, urgency FROM article";

const GRANTS: &str = "SELECT id, partner_id, channel_id, since, until FROM partner_channel";

fn list_sql() -> Sql {
    let mut sql = Sql::new(COLUMNS);
    sql.bind(PartnerId::EVERYBODY.0)
        .push(") FROM channel c ORDER BY c.slug");
    sql
}

async fn read(connection: &impl ConnectionTrait, mut sql: Sql) -> Result<Vec<Channel>> {
    sql.all(connection).await?.iter().map(channel).collect()
}

fn channel(row: &QueryResult) -> Result<Channel> {
    Ok(Channel {
        id: ChannelId(column(row, 0)?),
        slug: column(row, 1)?,
        name: column(row, 2)?,
        version: column(row, 3)?,
        stages: serde_json::from_str(&column::<String>(row, 4)?).map_err(Error::internal)?,
        public: column(row, 5)?,
    })
}

fn stages(channel: &Channel) -> Result<String> {
    serde_json::to_string(&channel.stages).map_err(Error::internal)
}

async fn grants(
    connection: &impl ConnectionTrait,
    partners: &[PartnerId],
    channel: Option<ChannelId>,
) -> Result<Vec<Grant>> {
    let mut sql = Sql::new(format!("{GRANTS} WHERE 1 = 1"));
    if !partners.is_empty() {
        sql.push(" AND partner_id IN ")
            .bind_list(&partners.iter().map(|p| p.0).collect::<Vec<_>>());
    }
    if let Some(channel) = channel {
        sql.push(" AND channel_id = ").bind(channel.0);
    }
    sql.push(" ORDER BY since, id");
    sql.all(connection).await?.iter().map(grant).collect()
}

fn grant(row: &QueryResult) -> Result<Grant> {
    Ok(Grant {
        id: column(row, 0)?,
        partner: PartnerId(column(row, 1)?),
        channel: ChannelId(column(row, 2)?),
        since: Position(column(row, 3)?),
        until: column::<Option<i64>>(row, 4)?.map(Position),
    })
}

fn read_placed(row: &QueryResult) -> Result<Placed> {
    let status: String = column(row, 2)?;
    let unreadable = || Error::internal(format!("the database holds `{status}` in article.pub_status"));
    Ok(Placed {
        id: ArticleId(column(row, 0)?),
        version: Version(column(row, 1)?),
        pub_status: PubStatus::parse(&status).ok_or_else(unreadable)?,
        expires: column::<Option<i64>>(row, 3)?.map(time).transpose()?,
        language: column(row, 4)?,
        source: column::<Option<Uuid>>(row, 5)?.map(SourceId),
        genre: column(row, 6)?,
        urgency: column::<Option<i16>>(row, 7)?.and_then(|u| u8::try_from(u).ok()),
        feeds: Vec::new(),
        channels: Vec::new(),
    })
}

fn rows(story: &Story, channels: &[ChannelId]) -> Vec<article_channel::ActiveModel> {
    let row = |channel: &ChannelId| article_channel::ActiveModel {
        article_id: Set(story.id.0),
        channel_id: Set(channel.0),
        first_published: Set(story.first_published.as_microsecond()),
        version: Set(story.version.0),
        expires: Set(story.expires.map(|t| t.as_microsecond())),
        listed: Set(story.pub_status == PubStatus::Usable),
    };
    channels.iter().map(row).collect()
}
