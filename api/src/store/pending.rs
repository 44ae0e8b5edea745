//! The vestibule's rows. No other statement of the house knows this table: what waits there is in no list, index or
//! count, because nothing that reads them ever looks here. Always on the primary: who may look, looks at what is.

use super::sql::{Sql, column, time};
use super::{Store, Tx};
use crate::error::{Error, Result};
use crate::news::pending::{Content, Pending};
use crate::page::{Beyond, Cursor, Edge, Page, Slice, Take};
use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};
use std::collections::HashMap;
use std::sync::atomic::Ordering;

const COLUMNS: &str = "SELECT uri, id, embargoed_until, revision, content, owner, created, changed, failure, tried \
                       FROM pending_article";

impl Store {
    pub async fn find_pending(&self, uri: &str) -> Result<Option<Pending>> {
        let mut sql = Sql::new(format!("{COLUMNS} WHERE uri = "));
        let row = sql.bind(uri).one(&self.rooms.read).await?;
        row.as_ref().map(read).transpose()
    }

    /// What waits, in the order of its release.
    pub async fn list_pending(&self, page: &Page) -> Result<Slice<Pending>> {
        let first = matches!(page.take, Take::First(_));
        let mut sql = Sql::new(format!("{COLUMNS} WHERE 1 = 1"));
        narrow(&mut sql, ">", page.after.as_ref());
        narrow(&mut sql, "<", page.before.as_ref());
        sql.push(if first {
            " ORDER BY embargoed_until, id LIMIT "
        } else {
            " ORDER BY embargoed_until DESC, id DESC LIMIT "
        });
        let rows = sql.bind(i64::from(page.size()) + 1).all(&self.rooms.read).await?;
        let beyond = Beyond {
            before: self.any_pending("<=", page.after.as_ref()).await?,
            after: self.any_pending(">=", page.before.as_ref()).await?,
        };
        let edge = |row: &QueryResult| {
            let node = read(row)?;
            let first_published = node.embargoed_until.as_microsecond();
            let cursor = Cursor::Story {
                first_published,
                id: node.id,
            };
            Ok(Edge { cursor, node })
        };
        Ok(Slice::cut(page, rows.iter().map(edge).collect::<Result<_>>()?, beyond))
    }

    async fn any_pending(&self, sign: &str, cursor: Option<&Cursor>) -> Result<bool> {
        if cursor.is_none() {
            return Ok(false);
        }
        let mut sql = Sql::new("SELECT 1 FROM pending_article WHERE 1 = 1");
        narrow(&mut sql, sign, cursor);
        Ok(sql.push(" LIMIT 1").one(&self.rooms.read).await?.is_some())
    }

    /// What is to be released by now, at most so much: a look that holds nobody up.
    pub async fn due_pending(&self, now: Timestamp, most: u32) -> Result<Vec<Pending>> {
        let mut sql = Sql::new(format!("{COLUMNS} WHERE due <= "));
        sql.bind(now.as_microsecond())
            .push(" ORDER BY due, id LIMIT ")
            .bind(i64::from(most));
        let rows = sql.all(&self.rooms.read).await?;
        rows.iter().map(read).collect()
    }
}

impl Tx {
    /// What waits under these uris, held until the transaction ends. Taken before any lock on a story, always: so
    /// nobody waits in a ring.
    pub async fn lock_pending(&self, uris: &[String]) -> Result<HashMap<String, Pending>> {
        if uris.is_empty() {
            return Ok(HashMap::new());
        }
        let mut sql = Sql::new(format!("{COLUMNS} WHERE uri IN "));
        sql.bind_list(uris);
        if self.inner.get_database_backend() == DbBackend::Postgres {
            sql.push(" ORDER BY uri FOR UPDATE");
        }
        let rows = sql.all(&self.inner).await?;
        rows.iter().map(|row| read(row).map(|p| (p.uri.clone(), p))).collect()
    }

    /// The revisions of those of these that are still to be released by now and that nobody else is at, held until the
    /// transaction ends.
    pub async fn claim_due(&self, uris: &[String], now: Timestamp) -> Result<HashMap<String, i32>> {
        let mut sql = Sql::new("SELECT uri, revision FROM pending_article WHERE due <= ");
        sql.bind(now.as_microsecond()).push(" AND uri IN ").bind_list(uris);
        if self.inner.get_database_backend() == DbBackend::Postgres {
            sql.push(" ORDER BY uri FOR UPDATE SKIP LOCKED");
        }
        let rows = sql.all(&self.inner).await?;
        rows.iter().map(|row| Ok((column(row, 0)?, column(row, 1)?))).collect()
    }

    /// Puts something in, or in the place of what waits under this uri. What failed before is forgotten.
    pub async fn put_pending(&self, pending: &Pending) -> Result<()> {
        let Pending {
            uri,
            id,
            embargoed_until,
            revision,
            content,
            owner,
            created,
            changed,
            failure: _,
            tried: _,
        } = pending;
        let content = serde_json::to_string(content).map_err(Error::internal)?;
        let until = embargoed_until.as_microsecond();
        let mut sql = Sql::new(
            "INSERT INTO pending_article (uri, id, embargoed_until, revision, content, owner, created, changed, due) \
             VALUES (",
        );
        sql.bind(uri.as_str()).push(", ").bind(*id).push(", ").bind(until);
        sql.push(", ").bind(*revision).push(", ").bind(content);
        sql.push(", ").bind(owner.as_str());
        sql.push(", ").bind(created.as_microsecond());
        sql.push(", ").bind(changed.as_microsecond());
        sql.push(", ").bind(until).push(")");
        // Who did not see the first revision does not write over it: the names are unique, and he tries again.
        if *revision > 1 {
            sql.push(
                " ON CONFLICT (uri) DO UPDATE SET embargoed_until = excluded.embargoed_until, \
                 revision = excluded.revision, content = excluded.content, owner = excluded.owner, \
                 changed = excluded.changed, due = excluded.due, failure = NULL, tried = NULL",
            );
        }
        sql.run(&self.inner).await?;
        self.times.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Takes these out, if they are there.
    pub async fn delete_pending(&self, uris: &[String]) -> Result<()> {
        if uris.is_empty() {
            return Ok(());
        }
        let mut sql = Sql::new("DELETE FROM pending_article WHERE uri IN ");
        sql.bind_list(uris).run(&self.inner).await?;
        Ok(())
    }

    /// Files that a release failed, why, and when it is tried again.
    pub async fn pending_failed(&self, uri: &str, why: &str, at: Timestamp, again: Timestamp) -> Result<()> {
        let mut sql = Sql::new("UPDATE pending_article SET failure = ");
        sql.bind(why).push(", tried = ").bind(at.as_microsecond());
        sql.push(", due = ").bind(again.as_microsecond());
        sql.push(" WHERE uri = ").bind(uri).run(&self.inner).await?;
        Ok(())
    }

    /// Whether this transaction has given something a time.
    pub fn has_new_times(&self) -> bool {
        self.times.load(Ordering::Relaxed)
    }
}

fn narrow(sql: &mut Sql, sign: &str, cursor: Option<&Cursor>) {
    if let Some(Cursor::Story { first_published, id }) = cursor {
        sql.push(&format!(" AND (embargoed_until, id) {sign} ("));
        sql.bind(*first_published).push(", ").bind(*id).push(")");
    }
}

fn read(row: &QueryResult) -> Result<Pending> {
    Ok(Pending {
        uri: column(row, 0)?,
        id: column(row, 1)?,
        embargoed_until: time(column(row, 2)?)?,
        revision: column(row, 3)?,
        content: serde_json::from_str(&column::<String>(row, 4)?).unwrap_or_else(|error| Content {
            unreadable: Some(error.to_string()),
            ..Content::default()
        }),
        owner: column(row, 5)?,
        created: time(column(row, 6)?)?,
        changed: time(column(row, 7)?)?,
        failure: column(row, 8)?,
        tried: column::<Option<i64>>(row, 9)?.map(time).transpose()?,
    })
}
