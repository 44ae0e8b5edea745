//! What keys have used, counted for all processes: who wants to give something out takes a piece for itself first.

use super::Store;
use super::sql::{Sql, column};
use crate::error::Result;
use crate::news::limits::Rate;
use std::collections::HashMap;

/// A piece that is asked for: at least so many units, or none.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub least: i64,
    pub most: i64,
}

/// What came of it, and how the counter stands.
#[derive(Clone, Copy, Debug)]
pub struct Granted {
    pub units: i64,
    /// Of a rate: the theoretical arrival time in nanoseconds. Of a day: the units used, this piece among them.
    pub stands: i64,
}

/// By how much the clocks of two processes may differ, in nanoseconds. An arrival time that is further ahead was not
/// reckoned with this limit, or by a clock that was wrong.
const SLACK: i64 = 1_000_000_000;

impl Store {
    /// A piece of a key's rate: GCRA over all processes, one statement. `now` is in nanoseconds.
    pub async fn take_of_rate(&self, key_id: &str, rate: Rate, now: i64, wanted: Wanted) -> Result<Granted> {
        let (interval, window) = (rate.interval(), rate.window());
        let most = wanted.most.min(rate.burst);
        // Written out each time: a statement cannot name a part of itself.
        let base = |sql: &mut Sql| {
            sql.push("CASE WHEN key_use.tat > ").bind(now);
            sql.push(" AND key_use.tat <= ").bind(now + window + SLACK);
            sql.push(" THEN key_use.tat ELSE ").bind(now).push(" END");
        };
        let free = |sql: &mut Sql| {
            sql.push("((").bind(now + window).push(" - (");
            base(sql);
            sql.push(")) / ").bind(interval).push(")");
        };
        let granted = |sql: &mut Sql| {
            sql.push("(CASE WHEN ");
            free(sql);
            sql.push(" < ").bind(most).push(" THEN ");
            free(sql);
            sql.push(" ELSE ").bind(most).push(" END)");
        };
        let mut sql = Sql::new("INSERT INTO key_use (key_id, day, used, day_granted, tat, rate_granted) VALUES (");
        sql.bind(key_id).push(", 0, 0, 0, ");
        sql.bind(now + most * interval).push(", ").bind(most);
        sql.push(") ON CONFLICT (key_id) DO UPDATE SET tat = (");
        base(&mut sql);
        sql.push(") + ");
        granted(&mut sql);
        sql.push(" * ").bind(interval).push(", rate_granted = ");
        granted(&mut sql);
        sql.push(" WHERE ");
        free(&mut sql);
        sql.push(" >= ").bind(wanted.least);
        sql.push(" RETURNING rate_granted, tat");
        self.granted(sql, key_id, "tat").await
    }

    /// A piece of a key's day.
    pub async fn take_of_day(&self, key_id: &str, per_day: i64, day: i32, wanted: Wanted) -> Result<Granted> {
        let most = wanted.most.min(per_day);
        let used = |sql: &mut Sql| {
            // A process whose clock is a little behind does not bring yesterday back.
            sql.push("(CASE WHEN key_use.day >= ").bind(day);
            sql.push(" THEN key_use.used ELSE 0 END)");
        };
        let granted = |sql: &mut Sql| {
            sql.push("(CASE WHEN ").bind(per_day).push(" - ");
            used(sql);
            sql.push(" < ").bind(most).push(" THEN ").bind(per_day).push(" - ");
            used(sql);
            sql.push(" ELSE ").bind(most).push(" END)");
        };
        let mut sql = Sql::new("INSERT INTO key_use (key_id, day, used, day_granted, tat, rate_granted) VALUES (");
        sql.bind(key_id).push(", ").bind(day).push(", ").bind(most);
        sql.push(", ")
            .bind(most)
            .push(", 0, 0) ON CONFLICT (key_id) DO UPDATE SET used = ");
        used(&mut sql);
        sql.push(" + ");
        granted(&mut sql);
        sql.push(", day_granted = ");
        granted(&mut sql);
        sql.push(", day = CASE WHEN key_use.day > ").bind(day);
        sql.push(" THEN key_use.day ELSE ").bind(day);
        sql.push(" END WHERE ").bind(per_day).push(" - ");
        used(&mut sql);
        sql.push(" >= ").bind(wanted.least);
        sql.push(" RETURNING day_granted, used");
        self.granted(sql, key_id, "used").await
    }

    /// Runs it; where nothing was granted, looks how the counter stands.
    async fn granted(&self, mut sql: Sql, key_id: &str, stands: &str) -> Result<Granted> {
        // All rows, though there is one: only a statement that was read to its end is over.
        if let Some(row) = sql.all(&self.rooms.write).await?.first() {
            return Ok(Granted {
                units: column(row, 0)?,
                stands: column(row, 1)?,
            });
        }
        let mut sql = Sql::new(format!("SELECT {stands} FROM key_use WHERE key_id = "));
        let row = sql.bind(key_id).one(&self.rooms.write).await?;
        Ok(Granted {
            units: 0,
            stands: row.map(|row| column(&row, 0)).transpose()?.unwrap_or(0),
        })
    }

    /// Adds to what keys have used of a day; less than nothing gives back what was taken and not used.
    pub async fn add_to_day(&self, day: i32, used: &[(String, i64)]) -> Result<()> {
        // In one order everywhere, so that no two processes wait for each other.
        let mut used: Vec<&(String, i64)> = used.iter().filter(|(_, units)| *units != 0).collect();
        used.sort();
        if used.is_empty() {
            return Ok(());
        }
        let tx = self.begin().await?;
        for (key_id, units) in used {
            let mut sql = Sql::new("INSERT INTO key_use (key_id, day, used, day_granted, tat, rate_granted) VALUES (");
            sql.bind(key_id.as_str()).push(", ").bind(day).push(", ");
            sql.bind((*units).max(0))
                .push(", 0, 0, 0) ON CONFLICT (key_id) DO UPDATE SET used = CASE");
            sql.push(" WHEN key_use.day > ").bind(day).push(" THEN key_use.used");
            sql.push(" WHEN key_use.day < ")
                .bind(day)
                .push(" THEN ")
                .bind((*units).max(0));
            sql.push(" WHEN key_use.used + ").bind(*units).push(" < 0 THEN 0");
            sql.push(" ELSE key_use.used + ").bind(*units).push(" END");
            sql.push(", day = CASE WHEN key_use.day > ").bind(day);
            sql.push(" THEN key_use.day ELSE ").bind(day).push(" END");
            sql.run(&tx.inner).await?;
        }
        tx.commit().await
    }

    /// What these keys have used of a day, as far as it is counted. Always from the primary.
    pub async fn used_of_day(&self, day: i32, key_ids: &[String]) -> Result<HashMap<String, i64>> {
        if key_ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut sql = Sql::new("SELECT key_id, used FROM key_use WHERE day = ");
        sql.bind(day).push(" AND key_id IN ").bind_list(key_ids);
        let rows = sql.all(&self.rooms.read).await?;
        rows.iter().map(|row| Ok((column(row, 0)?, column(row, 1)?))).collect()
    }

    /// Forgets the counters of keys that are not there any more.
    pub async fn purge_key_use(&self) -> Result<u64> {
        let tx = self.begin().await?;
        let mut sql = Sql::new("DELETE FROM key_use WHERE key_id NOT IN (SELECT id FROM api_key)");
        let purged = sql.run(&tx.inner).await?;
        tx.commit().await?;
        Ok(purged)
    }
}
