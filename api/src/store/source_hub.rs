//! The hubs of sources that are pulled, as rows. Who asks one moves its `due` on, as with our own hub's.

use super::sql::{Sql, column, time};
use super::{Store, Tx};
use crate::error::Result;
use crate::news::SourceFeedId;
use crate::news::websub::SourceHub;
use jiff::Timestamp;
use sea_orm::QueryResult;
use std::collections::HashMap;

const COLUMNS: &str = "id, hub, topic, callback, secret, denied, until, failures, last_error";

impl Store {
    /// By the address at which it tells us, and the source's slug.
    pub async fn find_source_hub(&self, callback: &str) -> Result<Option<(SourceHub, String)>> {
        let mut sql = Sql::new(
            "SELECT h.id, h.hub, h.topic, h.callback, h.secret, h.denied, h.until, h.failures, h.last_error, f.slug \
             FROM source_hub h JOIN source_feed f ON f.id = h.id WHERE h.callback = ",
        );
        let row = sql.bind(callback).one(&self.rooms.read).await?;
        row.as_ref().map(|row| Ok((read(row)?, column(row, 9)?))).transpose()
    }

    /// The hubs of these sources, as far as they have one.
    pub async fn source_hubs(&self, sources: &[SourceFeedId]) -> Result<HashMap<SourceFeedId, SourceHub>> {
        if sources.is_empty() {
            return Ok(HashMap::new());
        }
        let mut sql = Sql::new(format!("SELECT {COLUMNS} FROM source_hub WHERE id IN "));
        sql.bind_list(&sources.iter().map(|id| id.0).collect::<Vec<_>>());
        let rows = sql.all(&self.rooms.read).await?;
        let hubs = rows.iter().map(|row| read(row).map(|hub| (hub.source, hub)));
        hubs.collect()
    }

    /// Whether one has to be asked: a look that holds nobody up.
    pub async fn has_due_source_hub(&self, now: Timestamp) -> Result<bool> {
        let mut sql = Sql::new("SELECT 1 FROM source_hub WHERE due <= ");
        sql.bind(now.as_microsecond()).push(" LIMIT 1");
        Ok(sql.one(self.aside()).await?.is_some())
    }
}

impl Tx {
    pub async fn source_hub(&self, source: SourceFeedId) -> Result<Option<SourceHub>> {
        let mut sql = Sql::new(format!("SELECT {COLUMNS} FROM source_hub WHERE id = "));
        let row = sql.bind(source.0).one(&self.inner).await?;
        row.as_ref().map(read).transpose()
    }

    /// Takes the one that has to be asked first, and leaves it until then.
    pub async fn take_source_hub(&self, now: Timestamp, until: Timestamp) -> Result<Option<SourceHub>> {
        let row = self.take("source_hub", COLUMNS, now, until).await?;
        row.as_ref().map(read).transpose()
    }

    /// Files it, new or changed, and when it is to be asked.
    pub async fn file_source_hub(&self, hub: &SourceHub, due: Timestamp) -> Result<()> {
        let SourceHub {
            source,
            hub,
            topic,
            callback,
            secret,
            denied,
            until,
            failures,
            last_error,
        } = hub;
        let mut sql = Sql::new(format!("INSERT INTO source_hub ({COLUMNS}, due) VALUES ("));
        sql.bind(source.0);
        for text in [hub, topic, callback, secret] {
            sql.push(", ").bind(text.as_str());
        }
        sql.push(", ").bind(*denied).push(", ").bind(until.as_microsecond());
        sql.push(", ").bind(*failures).push(", ").bind(last_error.as_deref());
        sql.push(", ").bind(due.as_microsecond());
        sql.push(
            ") ON CONFLICT (id) DO UPDATE SET hub = excluded.hub, topic = excluded.topic, callback = excluded.callback, \
             secret = excluded.secret, denied = excluded.denied, until = excluded.until, failures = excluded.failures, \
             last_error = excluded.last_error, due = excluded.due",
        );
        sql.run(&self.inner).await?;
        Ok(())
    }

    /// The source has none any more.
    pub async fn end_source_hub(&self, source: SourceFeedId) -> Result<()> {
        let mut sql = Sql::new("DELETE FROM source_hub WHERE id = ");
        sql.bind(source.0).run(&self.inner).await?;
        Ok(())
    }
}

fn read(row: &QueryResult) -> Result<SourceHub> {
    Ok(SourceHub {
        source: SourceFeedId(column(row, 0)?),
        hub: column(row, 1)?,
        topic: column(row, 2)?,
        callback: column(row, 3)?,
        secret: column(row, 4)?,
        denied: column(row, 5)?,
        until: time(column(row, 6)?)?,
        failures: column(row, 7)?,
        last_error: column(row, 8)?,
    })
}
