//! Keys as rows.

use super::Store;
use super::sql::{Sql, column, time};
use crate::error::{Error, Result};
use crate::news::viewer::{Key, KeyScope};
use crate::news::wire::{Change, Position};
use jiff::Timestamp;

impl Store {
    /// The key with this public part, and the hash of its secret part. Always from the primary.
    pub async fn find_key(&self, id: &str) -> Result<Option<(Key, Vec<u8>)>> {
        let mut sql = Sql::new("SELECT id, name, scope, created, secret_hash FROM api_key WHERE id = ");
        sql.bind(id);
        let Some(row) = sql.one(&self.rooms.read).await? else {
            return Ok(None);
        };
        let scope: String = column(&row, 2)?;
        let scope = KeyScope::parse(&scope).ok_or_else(|| Error::internal(format!("a key of scope `{scope}`")))?;
        let key = Key {
            id: column(&row, 0)?,
            name: column(&row, 1)?,
            scope,
            created: time(column(&row, 3)?)?,
        };
        Ok(Some((key, column(&row, 4)?)))
    }

    /// Files a key. Returns the position in the wire.
    pub async fn insert_key(&self, key: &Key, secret_hash: &[u8], at: Timestamp) -> Result<Option<Position>> {
        let tx = self.begin().await?;
        let mut sql = Sql::new("INSERT INTO api_key (id, name, scope, created, secret_hash) VALUES (");
        sql.bind(key.id.as_str())
            .push(", ")
            .bind(key.name.as_str())
            .push(", ")
            .bind(key.scope.as_str())
            .push(", ");
        sql.bind(key.created.as_microsecond())
            .push(", ")
            .bind(secret_hash.to_vec())
            .push(")");
        sql.run(&tx.inner).await?;
        let position = tx.append(&[Change::Access], at).await?;
        tx.commit().await?;
        Ok(position)
    }

    pub async fn list_keys(&self) -> Result<Vec<Key>> {
        let rows = Sql::new("SELECT id, name, scope, created FROM api_key ORDER BY created, id")
            .all(self.read())
            .await?;
        let keys = rows.iter().map(|row| {
            let scope: String = column(row, 2)?;
            let scope = KeyScope::parse(&scope).ok_or_else(|| Error::internal(format!("a key of scope `{scope}`")))?;
            Ok(Key {
                id: column(row, 0)?,
                name: column(row, 1)?,
                scope,
                created: time(column(row, 3)?)?,
            })
        });
        keys.collect()
    }

    /// Deletes a key. Returns the position in the wire, if there was such a key.
    pub async fn delete_key(&self, id: &str, at: Timestamp) -> Result<Option<Position>> {
        let tx = self.begin().await?;
        let mut sql = Sql::new("DELETE FROM api_key WHERE id = ");
        sql.bind(id);
        if sql.run(&tx.inner).await? == 0 {
            return Ok(None);
        }
        let mut sql = Sql::new("DELETE FROM receipt WHERE key_id = ");
        sql.bind(id).run(&tx.inner).await?;
        let position = tx.append(&[Change::Access], at).await?;
        tx.commit().await?;
        Ok(position)
    }
}
