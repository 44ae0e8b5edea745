//! Keys as rows.

use super::partner;
use super::sql::{Sql, column, time};
use super::{Store, Tx};
use crate::error::{Error, Result};
use crate::news::PartnerId;
use crate::news::limits::KeyLimits;
use crate::news::partner::Network;
use crate::news::viewer::{Key, KeyScope};
use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};
use std::sync::Arc;

/// A key with its partner. The secret's hash comes last, because lists have none of it.
const COLUMNS: &str = "k.id, k.name, k.scope, k.created, k.expires, k.networks, k.origins, k.disabled, k.last_used, \
    k.per_second, k.burst, k.per_day, p.id, p.slug, p.name, p.advance, p.disabled, p.version, p.created";
const FROM: &str = " FROM api_key k LEFT JOIN partner p ON p.id = k.partner_id";

/// Where the partner's columns begin.
const PARTNER: usize = 12;
const SECRET: usize = 19;

impl Store {
    /// The key with this public part, and the hash of its secret part. Always from the primary.
    pub async fn find_key(&self, id: &str) -> Result<Option<(Key, Vec<u8>)>> {
        let mut sql = Sql::new(format!("SELECT {COLUMNS}, k.secret_hash{FROM} WHERE k.id = "));
        let Some(row) = sql.bind(id).one(&self.rooms.read).await? else {
            return Ok(None);
        };
        Ok(Some((read(&row)?, column(&row, SECRET)?)))
    }

    /// Keys, the oldest first: all, or one partner's. Always from the primary.
    pub async fn list_keys(&self, of: Option<PartnerId>) -> Result<Vec<Key>> {
        list(&self.rooms.read, of).await
    }

    /// The sites whose pages may send a key, as the rows hold them. Always from the primary.
    pub async fn browser_keys(&self) -> Result<Vec<Key>> {
        let mut sql = Sql::new(format!("SELECT {COLUMNS}{FROM} WHERE k.origins IS NOT NULL"));
        sql.all(&self.rooms.read).await?.iter().map(read).collect()
    }

    /// Files that a key was used.
    pub async fn used(&self, id: &str, at: Timestamp) -> Result<()> {
        let tx = self.begin().await?;
        let mut sql = Sql::new("UPDATE api_key SET last_used = ");
        sql.bind(at.as_microsecond()).push(" WHERE id = ").bind(id);
        sql.run(&tx.inner).await?;
        tx.commit().await
    }
}

impl Tx {
    pub async fn find_key(&self, id: &str) -> Result<Option<Key>> {
        let mut sql = Sql::new(format!("SELECT {COLUMNS}{FROM} WHERE k.id = "));
        sql.bind(id).one(&self.inner).await?.as_ref().map(read).transpose()
    }

    /// The key, locked until the transaction ends.
    pub async fn lock_key(&self, id: &str) -> Result<Option<Key>> {
        let mut sql = Sql::new(format!("SELECT {COLUMNS}{FROM} WHERE k.id = "));
        sql.bind(id);
        if self.inner.get_database_backend() == DbBackend::Postgres {
            sql.push(" FOR UPDATE OF k");
        }
        sql.one(&self.inner).await?.as_ref().map(read).transpose()
    }

    pub async fn list_keys(&self, of: Option<PartnerId>) -> Result<Vec<Key>> {
        list(&self.inner, of).await
    }

    /// Files a key. One that follows another is the same reader's.
    pub async fn insert_key(&self, key: &Key, secret_hash: &[u8], follows: Option<&str>) -> Result<()> {
        let Key {
            id,
            name,
            scope,
            partner,
            created,
            expires,
            networks,
            origins,
            disabled,
            last_used: _,
            limits:
                KeyLimits {
                    per_second,
                    burst,
                    per_day,
                },
        } = key;
        let mut sql = Sql::new(
            "INSERT INTO api_key (id, name, scope, created, partner_id, expires, networks, origins, disabled, \
             per_second, burst, per_day, secret_hash, reader) VALUES (",
        );
        sql.bind(id.as_str()).push(", ").bind(name.as_str()).push(", ");
        sql.bind(scope.as_str())
            .push(", ")
            .bind(created.as_microsecond())
            .push(", ");
        sql.bind(partner.as_ref().map(|p| p.id.0)).push(", ");
        sql.bind(expires.map(Timestamp::as_microsecond)).push(", ");
        sql.bind(written(networks)?)
            .push(", ")
            .bind(written(origins)?)
            .push(", ");
        sql.bind(*disabled).push(", ");
        for limit in [per_second, burst, per_day] {
            sql.bind(*limit).push(", ");
        }
        sql.bind(secret_hash.to_vec())
            .push(", (SELECT COALESCE(f.reader, f.id) FROM api_key f WHERE f.id = ");
        sql.bind(follows).push("))");
        sql.run(&self.inner).await?;
        Ok(())
    }

    /// Files what may change of a key.
    pub async fn replace_key(&self, key: &Key) -> Result<()> {
        let Key {
            id,
            name,
            scope: _,
            partner: _,
            created: _,
            expires,
            networks,
            origins,
            disabled,
            last_used: _,
            limits:
                KeyLimits {
                    per_second,
                    burst,
                    per_day,
                },
        } = key;
        let mut sql = Sql::new("UPDATE api_key SET name = ");
        sql.bind(name.as_str()).push(", expires = ");
        sql.bind(expires.map(Timestamp::as_microsecond)).push(", networks = ");
        sql.bind(written(networks)?)
            .push(", origins = ")
            .bind(written(origins)?);
        sql.push(", per_second = ").bind(*per_second);
        sql.push(", burst = ").bind(*burst).push(", per_day = ").bind(*per_day);
        sql.push(", disabled = ")
            .bind(*disabled)
            .push(" WHERE id = ")
            .bind(id.as_str());
        sql.run(&self.inner).await?;
        Ok(())
    }

    /// Deletes a key. What it has confirmed is said of the key that took its place; with the reader's last key it goes.
    /// Whether there was one.
    pub async fn delete_key(&self, id: &str) -> Result<bool> {
        let mut sql = Sql::new(
            "SELECT h.id FROM api_key k JOIN api_key h ON COALESCE(h.reader, h.id) = COALESCE(k.reader, k.id) \
             AND h.id <> k.id WHERE k.id = ",
        );
        sql.bind(id)
            .push(" ORDER BY h.reader IS NOT NULL DESC, h.created DESC, h.id LIMIT 1");
        if let Some(row) = sql.one(&self.inner).await? {
            self.hand_over_receipts(id, &column::<String>(&row, 0)?).await?;
        }
        let mut sql = Sql::new("DELETE FROM api_key WHERE id = ");
        if sql.bind(id).run(&self.inner).await? == 0 {
            return Ok(false);
        }
        let mut sql = Sql::new("DELETE FROM receipt WHERE key_id = ");
        sql.bind(id).run(&self.inner).await?;
        Ok(true)
    }
}

async fn list(connection: &impl ConnectionTrait, of: Option<PartnerId>) -> Result<Vec<Key>> {
    let mut sql = Sql::new(format!("SELECT {COLUMNS}{FROM}"));
    if let Some(partner) = of {
        sql.push(" WHERE k.partner_id = ").bind(partner.0);
    }
    sql.push(" ORDER BY k.created, k.id");
    sql.all(connection).await?.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<Key> {
    let scope: String = column(row, 2)?;
    let networks: Vec<String> = words(row, 5)?;
    let networks = networks.iter().map(|n| Network::parse(n).map_err(Error::internal));
    Ok(Key {
        id: column(row, 0)?,
        name: column(row, 1)?,
        scope: KeyScope::parse(&scope).ok_or_else(|| Error::internal(format!("a key of scope `{scope}`")))?,
        partner: partner::beside(row, PARTNER)?.map(Arc::new),
        created: time(column(row, 3)?)?,
        expires: column::<Option<i64>>(row, 4)?.map(time).transpose()?,
        networks: networks.collect::<Result<_>>()?,
        origins: words(row, 6)?,
        disabled: column(row, 7)?,
        last_used: column::<Option<i64>>(row, 8)?.map(time).transpose()?,
        limits: KeyLimits {
            per_second: column(row, 9)?,
            burst: column(row, 10)?,
            per_day: column(row, 11)?,
        },
    })
}

fn words(row: &QueryResult, index: usize) -> Result<Vec<String>> {
    match column::<Option<String>>(row, index)? {
        Some(text) => serde_json::from_str(&text).map_err(Error::internal),
        None => Ok(Vec::new()),
    }
}

/// A list as its column holds it; null for none.
fn written<T: ToString>(list: &[T]) -> Result<Option<String>> {
    let words: Vec<String> = list.iter().map(ToString::to_string).collect();
    if words.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(&words).map(Some).map_err(Error::internal)
}
