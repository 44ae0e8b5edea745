//! The wire's rows and its head.

use super::sql::{Sql, column};
use super::{Store, Tx, refused};
use crate::error::{Error, Result};
use crate::news::TopicId;
use crate::news::wire::{Change, Position};
use entity::wire_entry;
use jiff::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;

/// The newest position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub epoch: i32,
    pub position: Position,
}

const ROWS: usize = 500;

impl Store {
    pub async fn wire_head(&self) -> Result<Head> {
        let row = Sql::new("SELECT epoch, position FROM wire_head WHERE id = 1")
            .one(self.read())
            .await?;
        let row = row.ok_or_else(|| Error::internal("the wire has no head"))?;
        Ok(Head {
            epoch: column(&row, 0)?,
            position: Position(column(&row, 1)?),
        })
    }
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
        sql.bind(count).push(" WHERE id = 1 RETURNING epoch, position");
        let row = sql
            .one(&self.inner)
            .await?
            .ok_or_else(|| Error::internal("the wire has no head"))?;
        let (epoch, last): (i32, i64) = (column(&row, 0)?, column(&row, 1)?);
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
        Ok(Some(Position(last)))
    }
}

fn entry(change: &Change, position: i64, epoch: i32, at: Timestamp) -> wire_entry::ActiveModel {
    let mut row = wire_entry::ActiveModel {
        position: Set(position),
        epoch: Set(epoch),
        kind: Set(change.kind().to_owned()),
        at: Set(at.as_microsecond()),
        // Every column is said in every row: rows of one INSERT must have the same columns.
        article_id: Set(None),
        version: Set(None),
        topic_id: Set(None),
        collection_id: Set(None),
        changed: Set(None),
        topics_before: Set(None),
        topics_after: Set(None),
    };
    match change {
        Change::Published {
            article,
            version,
            topics,
        } => {
            row.article_id = Set(Some(article.0));
            row.version = Set(Some(version.0));
            row.topics_after = Set(Some(list(topics)));
        }
        Change::Updated {
            article,
            version,
            changed,
            before,
            after,
        } => {
            row.article_id = Set(Some(article.0));
            row.version = Set(Some(version.0));
            row.changed = Set(Some(serde_json::json!(changed).to_string()));
            row.topics_before = Set(Some(list(before)));
            row.topics_after = Set(Some(list(after)));
        }
        Change::Topic(topic) => row.topic_id = Set(Some(topic.0)),
        Change::Collection(collection) => row.collection_id = Set(Some(collection.0)),
    }
    row
}

fn list(topics: &[TopicId]) -> String {
    serde_json::json!(topics).to_string()
}
