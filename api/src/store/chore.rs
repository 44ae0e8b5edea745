//! Chores as rows. A chunk is one transaction: it claims the row, works, files how far it came. Whoever dies half-way
//! leaves the row as it was, free for the next.

use super::sql::{Sql, column};
use super::{Store, Tx};
use crate::error::{Error, Result};
use crate::news::chore::{Chore, Work};
use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend};
use std::sync::atomic::Ordering;
use uuid::Uuid;

impl Store {
    /// Whether there is a chore that somebody could go on with: a look that holds nobody up. Asks the primary.
    pub async fn has_chores(&self, now: Timestamp) -> Result<bool> {
        let mut sql = Sql::new("SELECT 1 FROM chore WHERE not_before <= ");
        sql.bind(now.as_microsecond()).push(" AND kind IN ");
        sql.bind_list(&Work::KINDS).push(" LIMIT 1");
        Ok(sql.one(self.aside()).await?.is_some())
    }

    /// Files that a chunk failed, why, and until when the chore rests.
    pub async fn chore_failed(&self, id: Uuid, why: &str, not_before: Timestamp) -> Result<()> {
        let tx = self.begin().await?;
        let mut sql = Sql::new("UPDATE chore SET failures = failures + 1, failure = ");
        sql.bind(why)
            .push(", not_before = ")
            .bind(not_before.as_microsecond())
            .push(" WHERE id = ")
            .bind(id)
            .run(&tx.inner)
            .await?;
        tx.commit().await
    }
}

impl Tx {
    /// Files work to be done after this transaction. Never waits for a chore that is being done.
    pub async fn put_chore(&self, id: Uuid, work: &Work, total: Option<i64>, at: Timestamp) -> Result<()> {
        let mut sql = Sql::new(
            "INSERT INTO chore (id, kind, subject, plan, after, done, total, began, touched, not_before, failures) VALUES (",
        );
        sql.bind(id)
            .push(", ")
            .bind(work.kind())
            .push(", ")
            .bind(work.subject());
        let plan = serde_json::to_string(work).map_err(Error::internal)?;
        sql.push(", ")
            .bind(plan)
            .push(", ")
            .bind(Uuid::nil())
            .push(", 0, ")
            .bind(total);
        for _ in ["began", "touched", "not_before"] {
            sql.push(", ").bind(at.as_microsecond());
        }
        sql.push(", 0)").run(&self.inner).await?;
        self.chores.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Whether this transaction has filed a chore.
    pub fn has_new_chores(&self) -> bool {
        self.chores.load(Ordering::Relaxed)
    }

    /// Takes the chore that has waited longest, if there is one that nobody else is at, and holds it until the
    /// transaction ends. They take turns, so a long one does not keep a short one waiting.
    pub async fn claim_chore(&self, now: Timestamp, most: u32) -> Result<Option<Chore>> {
        let postgres = self.inner.get_database_backend() == DbBackend::Postgres;
        if postgres {
            // A chunk gives way: it gives up before the database looks for rings of waiting, so that nobody else is
            // ever the one who is sent away.
            Sql::new("SET LOCAL lock_timeout = 500").run(&self.inner).await?;
        }
        let mut sql = Sql::new("SELECT id, plan, after, failures FROM chore WHERE not_before <= ");
        sql.bind(now.as_microsecond()).push(" AND kind IN ");
        sql.bind_list(&Work::KINDS).push(" ORDER BY touched, id LIMIT 1");
        if postgres {
            sql.push(" FOR UPDATE SKIP LOCKED");
        }
        let Some(row) = sql.one(&self.inner).await? else {
            return Ok(None);
        };
        Ok(Some(Chore {
            id: column(&row, 0)?,
            work: serde_json::from_str(&column::<String>(&row, 1)?).map_err(Error::internal)?,
            after: column(&row, 2)?,
            failures: column(&row, 3)?,
            most,
        }))
    }

    /// Files how far a chore came.
    pub async fn advance_chore(&self, id: Uuid, after: Uuid, more: i64, at: Timestamp) -> Result<()> {
        let mut sql = Sql::new("UPDATE chore SET failures = 0, failure = NULL, after = ");
        sql.bind(after)
            .push(", done = done + ")
            .bind(more)
            .push(", touched = ")
            .bind(at.as_microsecond());
        sql.push(" WHERE id = ").bind(id).run(&self.inner).await?;
        Ok(())
    }

    pub async fn end_chore(&self, id: Uuid) -> Result<()> {
        let mut sql = Sql::new("DELETE FROM chore WHERE id = ");
        sql.bind(id).run(&self.inner).await?;
        Ok(())
    }
}
