//! Repeated requests: the key is claimed by the transaction's first statement and its answer filed by one of its last,
//! so that there is never an effect without an answer nor an answer without its effect.

use super::sql::{Sql, column};
use super::{Store, Tx};
use crate::error::{Error, Result};
use jiff::Timestamp;

/// What claiming a key found.
#[derive(Debug)]
pub enum Claim {
    /// It is ours: do the work.
    New,
    /// It was done before, with this answer, for a request with this fingerprint.
    Done { fingerprint: Vec<u8>, answer: String },
}

impl Tx {
    /// Claims a key. Where another transaction holds it, this waits for that one to end.
    pub async fn claim(&self, owner: &str, key: &str, fingerprint: &[u8], at: Timestamp) -> Result<Claim> {
        let mut sql = Sql::new("INSERT INTO idempotency_key (owner, key, fingerprint, answer, at) VALUES (");
        sql.bind(owner)
            .push(", ")
            .bind(key)
            .push(", ")
            .bind(fingerprint.to_vec())
            .push(", '', ");
        sql.bind(at.as_microsecond())
            .push(") ON CONFLICT (owner, key) DO NOTHING");
        if sql.run(&self.inner).await? == 1 {
            return Ok(Claim::New);
        }
        let mut sql = Sql::new("SELECT fingerprint, answer FROM idempotency_key WHERE owner = ");
        sql.bind(owner).push(" AND key = ").bind(key);
        let row = sql
            .one(&self.inner)
            .await?
            .ok_or_else(|| Error::busy("the claimed key was purged meanwhile"))?;
        Ok(Claim::Done {
            fingerprint: column(&row, 0)?,
            answer: column(&row, 1)?,
        })
    }

    pub async fn answered(&self, owner: &str, key: &str, answer: &str) -> Result<()> {
        let mut sql = Sql::new("UPDATE idempotency_key SET answer = ");
        sql.bind(answer)
            .push(" WHERE owner = ")
            .bind(owner)
            .push(" AND key = ")
            .bind(key)
            .run(&self.inner)
            .await?;
        Ok(())
    }
}

impl Store {
    /// Forgets keys older than this, a small batch at a time; how many.
    pub async fn purge_idempotency_keys(&self, before: Timestamp) -> Result<u64> {
        let tx = self.begin().await?;
        let mut sql = Sql::new(
            "DELETE FROM idempotency_key WHERE (owner, key) IN (SELECT owner, key FROM idempotency_key WHERE at < ",
        );
        sql.bind(before.as_microsecond()).push(" ORDER BY at LIMIT 500)");
        let purged = sql.run(&tx.inner).await?;
        tx.commit().await?;
        Ok(purged)
    }
}
