//! Whose clock counts, and what is due by it. On PostgreSQL it is the primary's, because several machines share it; on
//! SQLite the machine's own. A clock that is set by hand is the only one there is.

use super::sql::{Sql, column, time};
use super::{Reader, Store, Tx};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::news::{ArticleId, Version};
use jiff::{SignedDuration, Timestamp};
use sea_orm::{ConnectionTrait, DbBackend};
use std::time::Instant;

/// What is next, and what time it is.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub now: Timestamp,
    /// When the next thing in the vestibule is to be released.
    pub release: Option<Timestamp>,
    /// When the next story expires of which the wire has not told.
    pub expiry: Option<Timestamp>,
}

const NOW: &str = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)";

/// Samples of the database's clock: the quickest answer says most.
const SAMPLES: usize = 5;

impl Store {
    fn shares_a_clock(&self, clock: &Clock) -> bool {
        self.backend() == DbBackend::Postgres && !clock.is_manual()
    }

    /// How far other machines' clocks may be behind the one that counts. What nobody may see too long he sees to be
    /// over by his own.
    pub fn skew(&self, clock: &Clock) -> SignedDuration {
        if self.shares_a_clock(clock) {
            Store::FARTHEST * 2
        } else {
            SignedDuration::ZERO
        }
    }

    /// How far a machine's clock and the database's may be apart.
    pub const FARTHEST: SignedDuration = SignedDuration::from_millis(100);

    /// On a connection of its own, and not counted: it is asked again and again.
    pub async fn next_times(&self, clock: &Clock) -> Result<Times> {
        let mut sql = Sql::new(
            "SELECT (SELECT min(due) FROM pending_article), \
             (SELECT min(expires) FROM article WHERE pub_status = 'usable' AND expires IS NOT NULL AND expiry_told = false)",
        );
        let shared = self.shares_a_clock(clock);
        if shared {
            sql.push(&format!(", {NOW}"));
        }
        let row = sql.one(self.wire_connection(Reader::Watch)).await?;
        let row = row.ok_or_else(|| Error::internal("no answer about the times"))?;
        let at = |index| column::<Option<i64>>(&row, index)?.map(time).transpose();
        Ok(Times {
            now: if shared { time(column(&row, 2)?)? } else { clock.now() },
            release: at(0)?,
            expiry: at(1)?,
        })
    }

    /// How far the database's clock is ahead of the machine's, at least: what the way there and back may have taken is
    /// given to the machine. None where there is one clock only.
    pub async fn clock_offset(&self, clock: &Clock) -> Result<Option<SignedDuration>> {
        if !self.shares_a_clock(clock) {
            return Ok(None);
        }
        let mut best: Option<(SignedDuration, SignedDuration)> = None;
        for _ in 0..SAMPLES {
            let (asked, began) = (clock.now(), Instant::now());
            let row = Sql::new(format!("SELECT {NOW}"))
                .one(self.wire_connection(Reader::Watch))
                .await?;
            let row = row.ok_or_else(|| Error::internal("no answer about the time"))?;
            let half = SignedDuration::try_from(began.elapsed()).unwrap_or(SignedDuration::MAX) / 2;
            let offset = time(column(&row, 0)?)?.duration_since(asked + half);
            if best.is_none_or(|(_, other)| half < other) {
                best = Some((offset, half));
            }
        }
        Ok(best.map(|(offset, half)| {
            let least = (offset.abs() - half).max(SignedDuration::ZERO);
            if offset.is_negative() { -least } else { least }
        }))
    }
}

impl Tx {
    /// The time by the clock that counts.
    pub async fn time(&self, clock: &Clock) -> Result<Timestamp> {
        if clock.is_manual() || self.inner.get_database_backend() != DbBackend::Postgres {
            return Ok(clock.now());
        }
        let row = Sql::new(format!("SELECT {NOW}")).one(&self.inner).await?;
        let row = row.ok_or_else(|| Error::internal("no answer about the time"))?;
        time(column(&row, 0)?)
    }

    /// Stories whose time was over by then and of which the wire has not told, oldest first; held until the transaction
    /// ends.
    pub async fn claim_expired(&self, by: Timestamp, most: u32) -> Result<Vec<(ArticleId, Version)>> {
        let mut sql = Sql::new(
            "SELECT id, version FROM article WHERE pub_status = 'usable' AND expires IS NOT NULL AND expiry_told = false \
             AND expires <= ",
        );
        sql.bind(by.as_microsecond())
            .push(" ORDER BY expires, id LIMIT ")
            .bind(i64::from(most));
        if self.inner.get_database_backend() == DbBackend::Postgres {
            sql.push(" FOR UPDATE SKIP LOCKED");
        }
        let rows = sql.all(&self.inner).await?;
        rows.iter()
            .map(|row| Ok((ArticleId(column(row, 0)?), Version(column(row, 1)?))))
            .collect()
    }

    /// Files that the wire has told of the ends of these.
    pub async fn expiries_told(&self, ids: &[ArticleId]) -> Result<()> {
        let mut sql = Sql::new("UPDATE article SET expiry_told = true WHERE id IN ");
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>())
            .run(&self.inner)
            .await?;
        Ok(())
    }
}
