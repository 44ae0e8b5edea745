//! Keys as rows.

use super::Store;
use super::sql::{Sql, column, time};
use crate::error::{Error, Result};
use crate::news::viewer::{Key, KeyScope};

impl Store {
    /// The key with this public part, and the hash of its secret part.
    pub async fn find_key(&self, id: &str) -> Result<Option<(Key, Vec<u8>)>> {
        let mut sql = Sql::new("SELECT id, name, scope, created, secret_hash FROM api_key WHERE id = ");
        sql.bind(id);
        let Some(row) = sql.one(self.read()).await? else {
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

    pub async fn insert_key(&self, key: &Key, secret_hash: &[u8]) -> Result<()> {
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
        tx.commit().await
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

    pub async fn delete_key(&self, id: &str) -> Result<bool> {
        let tx = self.begin().await?;
        let mut sql = Sql::new("DELETE FROM api_key WHERE id = ");
        sql.bind(id);
        let deleted = sql.run(&tx.inner).await? > 0;
        tx.commit().await?;
        Ok(deleted)
    }
}
