//! Sources that are pulled, as rows. Who pulls one holds a lease: a row that says until when. Whoever dies lets it run out,
//! and who comes back too late writes nothing.

use super::sql::{Sql, column, time};
use super::{Store, Tx};
use crate::error::{Error, Result};
use crate::news::SourceFeedId;
use crate::news::source::{Counts, Health, SourceFeed};
use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};
use std::collections::HashMap;
use uuid::Uuid;

/// The right to pull a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    pub feed: SourceFeedId,
    pub token: Uuid,
}

const COLUMNS: &str = "SELECT id, slug, settings, version, created, gone, due, last_tried, last_ok, last_new, failures, \
                       last_error, etag, last_modified FROM source_feed";

impl Store {
    /// By slug. From the primary: who has put it in wants to see it.
    pub async fn find_source_feed(&self, slug: &str) -> Result<Option<SourceFeed>> {
        let mut sql = Sql::new(format!("{COLUMNS} WHERE slug = "));
        let row = sql.bind(slug).one(&self.rooms.read).await?;
        row.as_ref().map(read).transpose()
    }

    /// All of them, by slug.
    pub async fn list_source_feeds(&self) -> Result<Vec<SourceFeed>> {
        let mut sql = Sql::new(format!("{COLUMNS} ORDER BY slug"));
        sql.all(&self.rooms.read).await?.iter().map(read).collect()
    }

    /// What came from each, as far as anything did.
    pub async fn count_source_items(&self, ids: &[SourceFeedId]) -> Result<HashMap<SourceFeedId, Counts>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut sql = Sql::new("SELECT source_id, COUNT(*), COUNT(failure) FROM source_item WHERE source_id IN ");
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        let rows = sql.push(" GROUP BY source_id").all(&self.rooms.read).await?;
        let counts = rows.iter().map(|row| {
            let (all, refused): (i64, i64) = (column(row, 1)?, column(row, 2)?);
            let stories = all - refused;
            Ok((SourceFeedId(column(row, 0)?), Counts { stories, refused }))
        });
        counts.collect()
    }

    /// Whether one is due that nobody is at: a look that holds nobody up.
    pub async fn has_due_source_feed(&self, now: Timestamp) -> Result<bool> {
        let now = now.as_microsecond();
        let mut sql = Sql::new("SELECT 1 FROM source_feed WHERE asked = true AND due <= ");
        sql.bind(now).push(" AND leased_until <= ").bind(now).push(" LIMIT 1");
        Ok(sql.one(self.aside()).await?.is_some())
    }
}

impl Tx {
    /// The source, locked until the transaction ends.
    pub async fn lock_source_feed(&self, slug: &str) -> Result<Option<SourceFeed>> {
        let mut sql = Sql::new(format!("{COLUMNS} WHERE slug = "));
        self.lock_feed(sql.bind(slug), " FOR UPDATE").await
    }

    /// The source that has been due for the longest, if nobody is at it; locked.
    pub async fn lock_due_source_feed(&self, now: Timestamp) -> Result<Option<SourceFeed>> {
        let now = now.as_microsecond();
        let mut sql = Sql::new(format!("{COLUMNS} WHERE asked = true AND due <= "));
        sql.bind(now).push(" AND leased_until <= ").bind(now);
        sql.push(" ORDER BY due, id LIMIT 1");
        self.lock_feed(&mut sql, " FOR UPDATE SKIP LOCKED").await
    }

    async fn lock_feed(&self, sql: &mut Sql, how: &str) -> Result<Option<SourceFeed>> {
        if self.inner.get_database_backend() == DbBackend::Postgres {
            sql.push(how);
        }
        sql.one(&self.inner).await?.as_ref().map(read).transpose()
    }

    /// Takes the right to pull it, unless somebody has it.
    pub async fn lease_source_feed(&self, lease: Lease, now: Timestamp, until: Timestamp) -> Result<bool> {
        let mut sql = Sql::new("UPDATE source_feed SET lease = ");
        sql.bind(lease.token)
            .push(", leased_until = ")
            .bind(until.as_microsecond());
        sql.push(" WHERE id = ").bind(lease.feed.0);
        sql.push(" AND leased_until <= ").bind(now.as_microsecond());
        Ok(sql.run(&self.inner).await? == 1)
    }

    /// Holds on to it for longer. False when somebody else has it by now, or the source is gone.
    pub async fn renew_source_lease(&self, lease: Lease, until: Timestamp) -> Result<bool> {
        let mut sql = Sql::new("UPDATE source_feed SET leased_until = ");
        sql.bind(until.as_microsecond()).push(" WHERE id = ").bind(lease.feed.0);
        sql.push(" AND lease = ").bind(lease.token);
        Ok(sql.run(&self.inner).await? == 1)
    }

    pub async fn end_source_lease(&self, lease: Lease) -> Result<()> {
        let mut sql = Sql::new("UPDATE source_feed SET lease = NULL, leased_until = 0 WHERE id = ");
        sql.bind(lease.feed.0).push(" AND lease = ").bind(lease.token);
        sql.run(&self.inner).await?;
        Ok(())
    }

    /// Files a source, new or changed.
    pub async fn file_source_feed(&self, feed: &SourceFeed) -> Result<()> {
        let SourceFeed {
            id,
            slug,
            settings,
            version,
            created,
            health,
        } = feed;
        let Health {
            gone,
            due,
            last_tried,
            last_ok,
            last_new,
            failures,
            last_error,
            etag,
            last_modified,
        } = health;
        let micros = |time: &Option<Timestamp>| time.map(Timestamp::as_microsecond);
        let said = serde_json::to_string(settings).map_err(Error::internal)?;
        let mut sql = Sql::new(
            "INSERT INTO source_feed (id, slug, settings, version, created, asked, gone, due, leased_until, last_tried, \
             last_ok, last_new, failures, last_error, etag, last_modified) VALUES (",
        );
        sql.bind(id.0).push(", ").bind(slug.as_str()).push(", ").bind(said);
        sql.push(", ").bind(*version).push(", ").bind(created.as_microsecond());
        sql.push(", ").bind(!settings.paused && !*gone).push(", ").bind(*gone);
        sql.push(", ").bind(due.as_microsecond()).push(", 0");
        for time in [last_tried, last_ok, last_new] {
            sql.push(", ").bind(micros(time));
        }
        sql.push(", ").bind(*failures);
        for text in [last_error, etag, last_modified] {
            sql.push(", ").bind(text.as_deref());
        }
        sql.push(
            ") ON CONFLICT (id) DO UPDATE SET settings = excluded.settings, version = excluded.version, \
             asked = excluded.asked, gone = excluded.gone, due = excluded.due, last_tried = excluded.last_tried, \
             last_ok = excluded.last_ok, last_new = excluded.last_new, failures = excluded.failures, \
             last_error = excluded.last_error, etag = excluded.etag, last_modified = excluded.last_modified",
        );
        sql.run(&self.inner).await?;
        Ok(())
    }

    /// Its stories stay, and so does the knowledge that they came from outside.
    pub async fn delete_source_feed(&self, id: SourceFeedId) -> Result<()> {
        let mut sql = Sql::new("DELETE FROM source_feed WHERE id = ");
        sql.bind(id.0).run(&self.inner).await?;
        self.end_source_hub(id).await
    }
}

fn read(row: &QueryResult) -> Result<SourceFeed> {
    let moment = |index| column::<Option<i64>>(row, index)?.map(time).transpose();
    Ok(SourceFeed {
        id: SourceFeedId(column(row, 0)?),
        slug: column(row, 1)?,
        settings: serde_json::from_str(&column::<String>(row, 2)?).map_err(Error::internal)?,
        version: column(row, 3)?,
        created: time(column(row, 4)?)?,
        health: Health {
            gone: column(row, 5)?,
            due: time(column(row, 6)?)?,
            last_tried: moment(7)?,
            last_ok: moment(8)?,
            last_new: moment(9)?,
            failures: column(row, 10)?,
            last_error: column(row, 11)?,
            etag: column(row, 12)?,
            last_modified: column(row, 13)?,
        },
    })
}
