//! How far those are who follow the wire: consumers' bookmarks, keys' receipts; and the house's secrets.

use super::Store;
use super::sql::{Sql, column, time};
use crate::error::{Error, Result};
use crate::news::wire::Position;
use jiff::Timestamp;

/// What one key has confirmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    pub key_id: String,
    pub key_name: String,
    /// Up to where, and when it said so.
    pub confirmed: Option<(Position, Timestamp)>,
    pub last_seen: Option<Timestamp>,
}

impl Store {
    /// A secret of this house, made when it is first asked for.
    pub async fn secret(&self, name: &str, bytes: usize) -> Result<Vec<u8>> {
        let find = async || {
            let mut sql = Sql::new("SELECT value FROM secret WHERE name = ");
            let row = sql.bind(name).one(&self.rooms.write).await?;
            row.map(|row| column::<Vec<u8>>(&row, 0)).transpose()
        };
        if let Some(value) = find().await? {
            return Ok(value);
        }
        let mut value = vec![0u8; bytes];
        getrandom::fill(&mut value).map_err(|e| Error::internal(format!("no randomness: {e}")))?;
        let tx = self.begin().await?;
        let mut sql = Sql::new("INSERT INTO secret (name, value) VALUES (");
        sql.bind(name).push(", ").bind(value);
        sql.push(") ON CONFLICT (name) DO NOTHING").run(&tx.inner).await?;
        tx.commit().await?;
        // Two processes may have been first: both take what is there now.
        find()
            .await?
            .ok_or_else(|| Error::internal("a secret that was filed is not there"))
    }

    pub async fn bookmark(&self, name: &str) -> Result<Option<Position>> {
        let mut sql = Sql::new("SELECT position FROM bookmark WHERE name = ");
        let row = sql.bind(name).one(&self.rooms.write).await?;
        row.map(|row| Ok(Position(column(&row, 0)?))).transpose()
    }

    pub async fn set_bookmark(&self, name: &str, position: Position, at: Timestamp) -> Result<()> {
        let tx = self.begin().await?;
        let mut sql = Sql::new("INSERT INTO bookmark (name, position, at) VALUES (");
        sql.bind(name).push(", ").bind(position.0).push(", ");
        sql.bind(at.as_microsecond());
        sql.push(") ON CONFLICT (name) DO UPDATE SET position = excluded.position, at = excluded.at");
        sql.run(&tx.inner).await?;
        tx.commit().await
    }

    /// Files how far a key confirms to be. It never goes back.
    pub async fn confirm(&self, key_id: &str, position: Position, at: Timestamp) -> Result<Position> {
        let tx = self.begin().await?;
        let mut sql = Sql::new("INSERT INTO receipt (key_id, position, confirmed, last_seen) VALUES (");
        sql.bind(key_id).push(", ").bind(position.0).push(", ");
        sql.bind(at.as_microsecond()).push(", ").bind(at.as_microsecond());
        sql.push(
            ") ON CONFLICT (key_id) DO UPDATE SET confirmed = excluded.confirmed, last_seen = excluded.last_seen, \
             position = CASE WHEN receipt.position > excluded.position THEN receipt.position ELSE excluded.position END \
             RETURNING position",
        );
        let row = sql.one(&tx.inner).await?;
        let row = row.ok_or_else(|| Error::internal("a receipt that was filed is not there"))?;
        let confirmed = Position(column(&row, 0)?);
        tx.commit().await?;
        Ok(confirmed)
    }

    /// Files that a key was seen at the wire.
    pub async fn seen(&self, key_id: &str, at: Timestamp) -> Result<()> {
        let tx = self.begin().await?;
        let mut sql = Sql::new("INSERT INTO receipt (key_id, last_seen) VALUES (");
        sql.bind(key_id).push(", ").bind(at.as_microsecond());
        sql.push(") ON CONFLICT (key_id) DO UPDATE SET last_seen = excluded.last_seen");
        sql.run(&tx.inner).await?;
        tx.commit().await
    }

    /// Every key with what it has confirmed, by name.
    pub async fn receipts(&self) -> Result<Vec<Receipt>> {
        let rows = Sql::new(
            "SELECT k.id, k.name, r.position, r.confirmed, r.last_seen FROM api_key k \
             LEFT JOIN receipt r ON r.key_id = k.id ORDER BY k.name, k.id",
        )
        .all(self.read())
        .await?;
        let receipts = rows.iter().map(|row| {
            let (position, confirmed): (Option<i64>, Option<i64>) = (column(row, 2)?, column(row, 3)?);
            let confirmed = match (position, confirmed) {
                (Some(position), Some(at)) => Some((Position(position), time(at)?)),
                _ => None,
            };
            Ok(Receipt {
                key_id: column(row, 0)?,
                key_name: column(row, 1)?,
                confirmed,
                last_seen: column::<Option<i64>>(row, 4)?.map(time).transpose()?,
            })
        });
        receipts.collect()
    }
}
