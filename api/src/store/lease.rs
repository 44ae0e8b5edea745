//! Who has the right to be the only one to do something.

use super::Store;
use super::sql::Sql;
use crate::error::Result;
use jiff::Timestamp;
use uuid::Uuid;

impl Store {
    /// Takes a right that nobody has, or whose holder was not heard of in time, or holds on to it. Whether it is this one's
    /// now.
    pub async fn take_lease(&self, name: &str, holder: Uuid, now: Timestamp, until: Timestamp) -> Result<bool> {
        let tx = self.begin().await?;
        let mut sql = Sql::new("INSERT INTO lease (name, holder, until) VALUES (");
        sql.bind(name)
            .push(", ")
            .bind(holder)
            .push(", ")
            .bind(until.as_microsecond());
        sql.push(
            ") ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until WHERE lease.until <= ",
        );
        sql.bind(now.as_microsecond()).push(" OR lease.holder = ").bind(holder);
        let taken = sql.run(&tx.inner).await?;
        tx.commit().await?;
        Ok(taken > 0)
    }

    /// Gives a right back.
    pub async fn end_lease(&self, name: &str, holder: Uuid) -> Result<()> {
        let tx = self.begin().await?;
        let mut sql = Sql::new("DELETE FROM lease WHERE name = ");
        sql.bind(name).push(" AND holder = ").bind(holder);
        sql.run(&tx.inner).await?;
        tx.commit().await
    }
}
