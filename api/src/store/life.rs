//! Which life of the house this is. A standby that was promoted, or an older copy that was put in the primary's place,
//! may lack what followers were told already. So that no position is ever given to two changes, the first thing that is
//! written there begins a new epoch, a good way behind all positions that there can have been (`PROMISES.md` R1).
//!
//! PostgreSQL says itself who it is: the cluster, the database in it, and the timeline, which is another after each
//! promotion. SQLite knows nothing of that; there the epoch is begun by hand.

use super::sql::{Sql, column};
use super::{Store, Tx};
use crate::error::Result;
use crate::news::wire::{Change, Position};
use jiff::Timestamp;
use sea_orm::DbBackend;
use std::sync::atomic::Ordering;

/// More changes than were ever lost with a primary.
const FAR: i64 = 1_000_000;

/// The primary's timeline, as it stands in the names of its files.
const TIMELINE: &str = "substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)";

impl Store {
    /// Looks who the primary is, and begins a new epoch if it is another than the one that wrote last. None when it
    /// is the same, or does not say.
    pub async fn recognise(&self, at: Timestamp) -> Result<Option<Position>> {
        if self.backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let who = format!(
            "SELECT concat(s.system_identifier, '/', d.oid, '/', {TIMELINE}), h.life FROM pg_control_system() s, \
             pg_database d, wire_head h WHERE d.datname = current_database() AND h.id = 1"
        );
        let row = match Sql::new(who).one(&self.rooms.write).await {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(None),
            Err(error) => {
                tracing::warn!(
                    error.cause = %error,
                    "PostgreSQL does not say which timeline it is on; after a failover run `dateline wire epoch`"
                );
                return Ok(None);
            }
        };
        let (life, known): (String, Option<String>) = (column(&row, 0)?, column(&row, 1)?);
        self.rooms.told_life.store(true, Ordering::Release);
        if known.as_ref() == Some(&life) {
            return Ok(None);
        }
        let tx = self.begin().await?;
        let began = tx.live(&life, known.as_deref()).await?;
        let position = if began {
            tx.append(&[Change::Epoch], at).await?
        } else {
            None
        };
        tx.commit().await?;
        Ok(position)
    }

    /// Begins a new epoch, whoever the primary is.
    pub async fn begin_epoch(&self, at: Timestamp) -> Result<Option<Position>> {
        let tx = self.begin().await?;
        tx.jump().await?;
        let position = tx.append(&[Change::Epoch], at).await?;
        tx.commit().await?;
        Ok(position)
    }
}

impl Tx {
    /// Writes down who the primary is. True when a new epoch began: it was another, and nobody else was faster.
    async fn live(&self, life: &str, known: Option<&str>) -> Result<bool> {
        let mut sql = Sql::new("UPDATE wire_head SET life = ");
        sql.bind(life.to_owned());
        let Some(known) = known else {
            // The first that ever said so.
            sql.push(" WHERE id = 1 AND life IS NULL");
            sql.run(&self.inner).await?;
            return Ok(false);
        };
        sql.push(&format!(
            ", epoch = epoch + 1, position = position + {FAR} WHERE id = 1 AND life = "
        ));
        sql.bind(known.to_owned());
        Ok(sql.run(&self.inner).await? > 0)
    }

    async fn jump(&self) -> Result<()> {
        let sql = format!("UPDATE wire_head SET epoch = epoch + 1, position = position + {FAR} WHERE id = 1");
        Sql::new(sql).run(&self.inner).await.map(|_| ())
    }

    /// What the head is set to besides, when positions are taken: a new epoch, if the primary was promoted since.
    pub(super) fn life(&self) -> String {
        if !self.rooms.told_life.load(Ordering::Acquire) {
            return String::new();
        }
        let same = format!("right(life, 8) = {TIMELINE}");
        format!(
            " + CASE WHEN {same} THEN 0 ELSE {FAR} END, epoch = epoch + CASE WHEN {same} THEN 0 ELSE 1 END, \
             life = left(life, -8) || {TIMELINE}"
        )
    }
}
