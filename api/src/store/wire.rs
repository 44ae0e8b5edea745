//! The wire's rows and its head.

use super::fault::RACE;
use super::sql::{Sql, column, time};
use super::{Store, Tx, refused};
use crate::error;
use crate::error::{Error, Result};
use crate::news::wire::{Change, Edition, Entry, Head, Kind, Only, Position, Reach, Step, Subject};
use crate::news::{ArticleId, ChannelId, CollectionId, PartnerId, SourceId, TopicId, Version};
use entity::wire_entry;
use jiff::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, EntityTrait, QueryResult};
use std::sync::atomic::Ordering;
use uuid::Uuid;

const ROWS: usize = 500;

/// Which of the wire's readers asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Somebody behind a door: from the pool that all readings share.
    Anybody,
    /// This process's tail, on a connection of its own, so that it never waits behind readings.
    Tail,
    /// The tail on the primary, where readings go to a replica.
    Watch,
}

impl Store {
    pub(super) fn wire_connection(&self, reader: Reader) -> &impl ConnectionTrait {
        match reader {
            Reader::Anybody => self.read(),
            Reader::Tail => &self.rooms.tail,
            Reader::Watch => self.rooms.watch.as_ref().unwrap_or(&self.rooms.tail),
        }
    }

    pub async fn wire_head(&self, reader: Reader) -> Result<Head> {
        let row = Sql::new("SELECT epoch, position FROM wire_head WHERE id = 1")
            .one(self.wire_connection(reader))
            .await?;
        let row = row.ok_or_else(|| Error::internal("the wire has no head"))?;
        Ok(Head {
            epoch: column(&row, 0)?,
            position: Position(column(&row, 1)?),
        })
    }

    /// Entries in order, after one position and up to another.
    pub async fn wire_entries(
        &self,
        reader: Reader,
        after: Position,
        upto: Position,
        limit: usize,
    ) -> Result<Vec<Entry>> {
        let mut sql = Sql::new(
            "SELECT position, epoch, kind, at, article_id, version, topic_id, collection_id, source_id, changed, \
             topics_before, topics_after, channel_id, channels_before, channels_after, partner_id FROM wire_entry WHERE position > ",
        );
        sql.bind(after.0).push(" AND position <= ").bind(upto.0);
        sql.push(" ORDER BY position LIMIT ")
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = sql.all(self.wire_connection(reader)).await?;
        rows.iter().map(read_entry).collect()
    }

    /// The position of the oldest entry that is kept; none when there is none.
    pub async fn oldest_entry(&self) -> Result<Option<Position>> {
        let row = Sql::new("SELECT position FROM wire_entry ORDER BY position LIMIT 1")
            .one(self.read())
            .await?;
        row.map(|row| Ok(Position(column(&row, 0)?))).transpose()
    }

    /// Deletes the oldest entries, some hundred at a time, as long as they are older than this. Returns how many.
    pub async fn trim_wire(&self, before: Timestamp) -> Result<u64> {
        let tx = self.begin().await?;
        // Only a whole piece from the front: what lies behind a younger entry stays, whatever its time says.
        let mut sql = Sql::new("SELECT position, at FROM wire_entry ORDER BY position LIMIT 1000");
        let rows = sql.all(&tx.inner).await?;
        let mut last = None;
        for row in &rows {
            let (position, at): (i64, i64) = (column(row, 0)?, column(row, 1)?);
            if at >= before.as_microsecond() {
                break;
            }
            last = Some(position);
        }
        let Some(last) = last else { return Ok(0) };
        // What stood when is known for ever: the first entry of each edition, and what became of it.
        let mut sql = Sql::new(
            "INSERT INTO wire_past (article_id, version, kind, position) SELECT article_id, version, kind, min(position) \
             FROM wire_entry WHERE article_id IS NOT NULL AND version IS NOT NULL AND position <= ",
        );
        sql.bind(last)
            .push(" GROUP BY article_id, version, kind ON CONFLICT (article_id, version, kind) DO NOTHING");
        sql.run(&tx.inner).await?;
        let mut sql = Sql::new("DELETE FROM wire_entry WHERE position <= ");
        let deleted = sql.bind(last).run(&tx.inner).await?;
        tx.commit().await?;
        Ok(deleted)
    }
}

fn read_entry(row: &QueryResult) -> Result<Entry> {
    let kind: String = column(row, 2)?;
    let kind = Kind::parse(&kind).ok_or_else(|| Error::internal(format!("a wire entry of kind `{kind}`")))?;
    let id = |index| -> Result<Uuid> {
        column::<Option<Uuid>>(row, index)?.ok_or_else(|| Error::internal("a wire entry about nothing"))
    };
    let subject = match kind {
        Kind::Published
        | Kind::Updated
        | Kind::Corrected
        | Kind::Withheld
        | Kind::Restored
        | Kind::Canceled
        | Kind::Expired
        | Kind::Entered
        | Kind::Left => Subject::Article(Edition {
            id: ArticleId(id(4)?),
            version: Version(column::<Option<i32>>(row, 5)?.unwrap_or(1)),
            step: kind.step().unwrap_or(Step::Updated),
            changed: words(row, 9)?,
            before: topics(row, 10)?,
            after: topics(row, 11)?,
            reach: reach(row)?,
        }),
        Kind::Topic => Subject::Topic(TopicId(id(6)?)),
        Kind::Collection => Subject::Collection(CollectionId(id(7)?)),
        Kind::Channel => Subject::Channel(ChannelId(id(12)?)),
        Kind::Source => Subject::Source(SourceId(id(8)?)),
        Kind::Access => Subject::Access,
        Kind::Epoch => Subject::Epoch,
    };
    Ok(Entry {
        epoch: column(row, 1)?,
        position: Position(column(row, 0)?),
        at: time(column(row, 3)?)?,
        subject,
    })
}

fn words(row: &QueryResult, index: usize) -> Result<Vec<String>> {
    match column::<Option<String>>(row, index)? {
        Some(text) => serde_json::from_str(&text).map_err(Error::internal),
        None => Ok(Vec::new()),
    }
}

fn topics(row: &QueryResult, index: usize) -> Result<Vec<TopicId>> {
    match column::<Option<String>>(row, index)? {
        Some(text) => serde_json::from_str(&text).map_err(Error::internal),
        None => Ok(Vec::new()),
    }
}

fn reach(row: &QueryResult) -> Result<Reach> {
    let channels = |index| -> Result<Vec<ChannelId>> {
        match column::<Option<String>>(row, index)? {
            Some(text) => serde_json::from_str(&text).map_err(Error::internal),
            None => Ok(Vec::new()),
        }
    };
    let (partner, channel) = (column::<Option<Uuid>>(row, 15)?, column::<Option<Uuid>>(row, 12)?);
    Ok(Reach {
        before: channels(13)?,
        after: channels(14)?,
        only: partner.zip(channel).map(|(partner, channel)| Only {
            partner: PartnerId(partner),
            channel: ChannelId(channel),
        }),
    })
}

impl Tx {
    /// Takes as many positions as there are changes and writes the entries. These must be the transaction's last
    /// statements: the head's row stays locked until the commit, which is what makes the order of positions the order
    /// of commits, without gaps.
    pub async fn append(&self, changes: &[Change], at: Timestamp) -> Result<Option<Position>> {
        let Ok(count @ 1..) = i64::try_from(changes.len()) else {
            return Ok(None);
        };
        let mut sql = Sql::new("UPDATE wire_head SET position = position + ");
        sql.bind(count);
        sql.push(&self.life());
        if changes.iter().any(|change| matches!(change, Change::Channel(_))) {
            sql.push(", has_channels = true");
        }
        sql.push(" WHERE id = 1 RETURNING epoch, position, has_channels");
        let row = sql
            .one(&self.inner)
            .await?
            .ok_or_else(|| Error::internal("the wire has no head"))?;
        let (epoch, last): (i32, i64) = (column(&row, 0)?, column(&row, 1)?);
        self.knew_channels(changes, column(&row, 2)?)?;
        let rows: Vec<_> = changes
            .iter()
            .zip(last - count + 1..)
            .map(|(c, p)| entry(c, p, epoch, at))
            .collect();
        for chunk in rows.chunks(ROWS) {
            let rows = chunk.iter().cloned();
            wire_entry::Entity::insert_many(rows)
                .exec_without_returning(&self.inner)
                .await
                .map_err(refused)?;
        }
        self.file_kills(changes, last, at).await?;
        Ok(Some(Position(last)))
    }

    /// Who files a story without having asked for channels must not be wrong about there being none. That is found out
    /// here, where it costs nothing: he begins again.
    fn knew_channels(&self, changes: &[Change], there_are: bool) -> Result<()> {
        if !there_are {
            return Ok(());
        }
        self.rooms.channels.store(true, Ordering::Release);
        let files = changes.iter().any(|change| matches!(change, Change::Article(_)));
        if files && !self.asked.load(Ordering::Acquire) {
            let detail = "The first channel was made at the same time. Try again.";
            return Err(Error::new(error::Kind::Conflict, RACE, detail));
        }
        Ok(())
    }
}

fn entry(change: &Change, position: i64, epoch: i32, at: Timestamp) -> wire_entry::ActiveModel {
    let mut row = wire_entry::ActiveModel {
        position: Set(position),
        epoch: Set(epoch),
        kind: Set(change.kind().as_str().to_owned()),
        at: Set(at.as_microsecond()),
        // Every column is said in every row: rows of one INSERT must have the same columns.
        article_id: Set(None),
        version: Set(None),
        topic_id: Set(None),
        collection_id: Set(None),
        source_id: Set(None),
        changed: Set(None),
        topics_before: Set(None),
        topics_after: Set(None),
        channel_id: Set(None),
        channels_before: Set(None),
        channels_after: Set(None),
        partner_id: Set(None),
    };
    match change {
        Change::Article(Edition {
            id,
            version,
            step,
            changed,
            before,
            after,
            reach,
        }) => {
            let Reach {
                before: channels_before,
                after: channels_after,
                only,
            } = reach;
            let channels =
                |channels: &[ChannelId]| (!channels.is_empty()).then(|| serde_json::json!(channels).to_string());
            row.channels_before = Set(channels(channels_before));
            row.channels_after = Set(channels(channels_after));
            row.channel_id = Set(only.map(|only| only.channel.0));
            row.partner_id = Set(only.map(|only| only.partner.0));
            row.article_id = Set(Some(id.0));
            row.version = Set(Some(version.0));
            // A first edition has no past.
            if *step != Step::Published {
                row.changed = Set(Some(serde_json::json!(changed).to_string()));
                row.topics_before = Set(Some(list(before)));
            }
            row.topics_after = Set(Some(list(after)));
        }
        Change::Topic(topic) => row.topic_id = Set(Some(topic.0)),
        Change::Collection(collection) => row.collection_id = Set(Some(collection.0)),
        Change::Channel(channel) => row.channel_id = Set(Some(channel.0)),
        Change::Source(source) => row.source_id = Set(Some(source.0)),
        Change::Access | Change::Epoch => {}
    }
    row
}

fn list(topics: &[TopicId]) -> String {
    serde_json::json!(topics).to_string()
}
