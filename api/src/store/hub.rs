//! Who wants to be told of our feeds, and who is, as rows. Who takes one to work on it moves its `due` on; should he die, it
//! is due again then, for anybody.

use super::sql::{Sql, column, time};
use super::{Store, Tx};
use crate::error::{Error, Result};
use crate::news::websub::{Mode, Subscription, Wish};
use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};
use uuid::Uuid;

const WISH: &str = "id, topic, callback, wants, secret, seconds, told, tries";
const SUBSCRIPTION: &str = "id, topic, callback, secret, until, told, failures, failing_since";

impl Store {
    /// How many wish, and how many are told.
    pub async fn count_hub(&self) -> Result<(i64, i64)> {
        let mut sql = Sql::new("SELECT (SELECT COUNT(*) FROM hub_request), (SELECT COUNT(*) FROM hub_subscription)");
        let row = sql.one(&self.rooms.read).await?;
        let row = row.ok_or_else(|| Error::internal("a count is no row"))?;
        Ok((column(&row, 0)?, column(&row, 1)?))
    }

    /// Whether there is something to do: a look that holds nobody up.
    pub async fn has_hub_work(&self, now: Timestamp) -> Result<bool> {
        let now = now.as_microsecond();
        let mut sql = Sql::new("SELECT 1 FROM hub_request WHERE due <= ");
        sql.bind(now)
            .push(" UNION ALL SELECT 1 FROM hub_subscription WHERE due <= ");
        sql.bind(now)
            .push(" UNION ALL SELECT 1 FROM hub_subscription WHERE until <= ");
        Ok(sql.bind(now).push(" LIMIT 1").one(self.aside()).await?.is_some())
    }

    /// The feeds that somebody is told of.
    pub async fn hub_topics(&self) -> Result<Vec<String>> {
        let mut sql = Sql::new("SELECT DISTINCT topic FROM hub_subscription");
        sql.all(self.aside()).await?.iter().map(|row| column(row, 0)).collect()
    }

    /// Whether somebody has to be told of this feed and nobody knows it yet.
    pub async fn has_untold(&self, topic: &str, etag: &str) -> Result<bool> {
        let mut sql = Sql::new("SELECT 1 FROM hub_subscription WHERE topic = ");
        sql.bind(topic).push(" AND due IS NULL AND told <> ").bind(etag);
        Ok(sql.push(" LIMIT 1").one(self.aside()).await?.is_some())
    }
}

impl Tx {
    /// Files what somebody wishes, in the place of what he wished before.
    pub async fn put_wish(&self, wish: &Wish, due: Timestamp) -> Result<()> {
        let Wish {
            id,
            topic,
            callback,
            mode,
            secret,
            seconds,
            told,
            tries,
        } = wish;
        let mut sql = Sql::new(format!("INSERT INTO hub_request ({WISH}, due) VALUES ("));
        sql.bind(*id).push(", ").bind(topic.as_str());
        sql.push(", ").bind(callback.as_str());
        sql.push(", ").bind(*mode == Mode::Subscribe);
        sql.push(", ").bind(secret.as_str()).push(", ").bind(*seconds);
        sql.push(", ").bind(told.as_str()).push(", ").bind(*tries);
        sql.push(", ").bind(due.as_microsecond());
        sql.push(
            ") ON CONFLICT (topic, callback) DO UPDATE SET id = excluded.id, wants = excluded.wants, secret = excluded.secret, \
             seconds = excluded.seconds, told = excluded.told, tries = excluded.tries, due = excluded.due",
        );
        sql.run(&self.inner).await?;
        Ok(())
    }

    /// Takes the wish that has waited longest, and leaves it until then.
    pub async fn take_wish(&self, now: Timestamp, until: Timestamp) -> Result<Option<Wish>> {
        let row = self.take("hub_request", WISH, now, until).await?;
        row.as_ref().map(wish).transpose()
    }

    /// Takes somebody who has to be told.
    pub async fn take_subscription(&self, now: Timestamp, until: Timestamp) -> Result<Option<Subscription>> {
        let row = self.take("hub_subscription", SUBSCRIPTION, now, until).await?;
        row.as_ref().map(subscription).transpose()
    }

    /// Takes the row of a table that has been due for the longest, if nobody else is at it, and makes it due again then.
    pub(super) async fn take(
        &self,
        table: &str,
        columns: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<QueryResult>> {
        let mut sql = Sql::new(format!("UPDATE {table} SET due = "));
        sql.bind(until.as_microsecond());
        sql.push(&format!(" WHERE id = (SELECT id FROM {table} WHERE due <= "));
        sql.bind(now.as_microsecond()).push(" ORDER BY due, id LIMIT 1");
        if self.inner.get_database_backend() == DbBackend::Postgres {
            sql.push(" FOR UPDATE SKIP LOCKED");
        }
        sql.push(&format!(") RETURNING {columns}"));
        sql.one(&self.inner).await
    }

    /// Tries it again then.
    pub async fn put_off_wish(&self, id: Uuid, due: Timestamp) -> Result<()> {
        let mut sql = Sql::new("UPDATE hub_request SET tries = tries + 1, due = ");
        sql.bind(due.as_microsecond()).push(" WHERE id = ").bind(id);
        sql.run(&self.inner).await?;
        Ok(())
    }

    /// It is done, or came to nothing. False when he wishes something else by now.
    pub async fn end_wish(&self, id: Uuid) -> Result<bool> {
        let mut sql = Sql::new("DELETE FROM hub_request WHERE id = ");
        Ok(sql.bind(id).run(&self.inner).await? == 1)
    }

    /// He is told from now on, for longer if he was before.
    pub async fn subscribe(&self, wish: &Wish, until: Timestamp) -> Result<()> {
        let Wish {
            id,
            topic,
            callback,
            mode: _,
            secret,
            seconds: _,
            told,
            tries: _,
        } = wish;
        let mut sql =
            Sql::new("INSERT INTO hub_subscription (id, topic, callback, secret, until, told, due, failures) VALUES (");
        sql.bind(*id).push(", ").bind(topic.as_str());
        sql.push(", ").bind(callback.as_str()).push(", ").bind(secret.as_str());
        sql.push(", ").bind(until.as_microsecond());
        sql.push(", ").bind(told.as_str());
        // Who was told before has been told since.
        sql.push(
            ", NULL, 0) ON CONFLICT (topic, callback) DO UPDATE SET secret = excluded.secret, until = excluded.until, \
             failures = 0, failing_since = NULL",
        );
        sql.run(&self.inner).await?;
        Ok(())
    }

    pub async fn unsubscribe(&self, topic: &str, callback: &str) -> Result<()> {
        let mut sql = Sql::new("DELETE FROM hub_subscription WHERE topic = ");
        sql.bind(topic).push(" AND callback = ").bind(callback);
        sql.run(&self.inner).await?;
        Ok(())
    }

    pub async fn end_subscription(&self, id: Uuid) -> Result<()> {
        let mut sql = Sql::new("DELETE FROM hub_subscription WHERE id = ");
        sql.bind(id).run(&self.inner).await?;
        Ok(())
    }

    /// Whose time is over.
    pub async fn end_old_subscriptions(&self, now: Timestamp) -> Result<()> {
        let mut sql = Sql::new("DELETE FROM hub_subscription WHERE until <= ");
        sql.bind(now.as_microsecond()).run(&self.inner).await?;
        Ok(())
    }

    /// Whoever has not been told this of a feed has to be.
    pub async fn mark_untold(&self, topic: &str, etag: &str, now: Timestamp) -> Result<()> {
        let mut sql = Sql::new("UPDATE hub_subscription SET due = ");
        sql.bind(now.as_microsecond()).push(" WHERE topic = ").bind(topic);
        sql.push(" AND due IS NULL AND told <> ").bind(etag);
        sql.run(&self.inner).await?;
        Ok(())
    }

    /// He has been told this, and is told again then.
    pub async fn told(&self, id: Uuid, etag: &str, due: Option<Timestamp>) -> Result<()> {
        let mut sql = Sql::new("UPDATE hub_subscription SET failures = 0, failing_since = NULL, told = ");
        sql.bind(etag).push(", due = ").bind(due.map(Timestamp::as_microsecond));
        sql.push(" WHERE id = ").bind(id).run(&self.inner).await?;
        Ok(())
    }

    /// He could not be told; it is tried again then.
    pub async fn not_told(&self, id: Uuid, now: Timestamp, due: Timestamp) -> Result<()> {
        let mut sql =
            Sql::new("UPDATE hub_subscription SET failures = failures + 1, failing_since = COALESCE(failing_since, ");
        sql.bind(now.as_microsecond())
            .push("), due = ")
            .bind(due.as_microsecond());
        sql.push(" WHERE id = ").bind(id).run(&self.inner).await?;
        Ok(())
    }
}

fn wish(row: &QueryResult) -> Result<Wish> {
    Ok(Wish {
        id: column(row, 0)?,
        topic: column(row, 1)?,
        callback: column(row, 2)?,
        mode: match column::<bool>(row, 3)? {
            true => Mode::Subscribe,
            false => Mode::Unsubscribe,
        },
        secret: column(row, 4)?,
        seconds: column(row, 5)?,
        told: column(row, 6)?,
        tries: column(row, 7)?,
    })
}

fn subscription(row: &QueryResult) -> Result<Subscription> {
    Ok(Subscription {
        id: column(row, 0)?,
        topic: column(row, 1)?,
        callback: column(row, 2)?,
        secret: column(row, 3)?,
        until: time(column(row, 4)?)?,
        told: column(row, 5)?,
        failures: column(row, 6)?,
        failing_since: column::<Option<i64>>(row, 7)?.map(time).transpose()?,
    })
}
