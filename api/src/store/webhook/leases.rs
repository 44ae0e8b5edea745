//! Who serves which endpoints, and how far they are.

use super::super::sql::{Sql, column};
use super::super::{Store, Tx};
use super::bind_progress;
use crate::error::Result;
use crate::news::EndpointId;
use crate::news::webhook::{Attempt, Progress};
use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend};
use std::collections::HashSet;
use uuid::Uuid;

/// How far an endpoint is, to be filed.
#[derive(Clone, Debug)]
pub struct Booking {
    /// What was said of where it goes on when it was looked at.
    pub turn: i32,
    pub progress: Progress,
    pub attempts: Vec<Attempt>,
    /// What was asked for once more, and is done.
    pub resent: Vec<Uuid>,
}

/// An endpoint that a process has, as far as it must know at every look.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub id: EndpointId,
    pub version: i32,
    /// Whether it is told of changes at all.
    pub told: bool,
}

impl Store {
    /// Whether there is one that nobody has: a look that holds nobody up.
    pub async fn has_free_endpoint(&self, holder: Uuid, now: Timestamp) -> Result<bool> {
        let mut sql = Sql::new("SELECT 1 FROM webhook_endpoint WHERE state = 'active' AND leased_until <= ");
        sql.bind(now.as_microsecond());
        sql.push(" AND (leased_by IS NULL OR leased_by <> ").bind(holder);
        Ok(sql.push(") LIMIT 1").one(self.aside()).await?.is_some())
    }

    /// Those that this process has.
    pub async fn held_endpoints(&self, holder: Uuid) -> Result<Vec<Held>> {
        let mut sql = Sql::new(
            "SELECT e.id, e.version, e.state = 'active' AND (p.id IS NULL OR p.disabled = false) FROM webhook_endpoint e \
             LEFT JOIN partner p ON p.id = e.partner_id WHERE e.leased_by = ",
        );
        let rows = sql.bind(holder).all(self.aside()).await?;
        let held = rows.iter().map(|row| {
            Ok(Held {
                id: EndpointId(column(row, 0)?),
                version: column(row, 1)?,
                told: column(row, 2)?,
            })
        });
        held.collect()
    }
}

impl Tx {
    /// Takes some that nobody has.
    pub async fn lease_endpoints(&self, holder: Uuid, now: Timestamp, until: Timestamp, most: u32) -> Result<u64> {
        let mut sql = Sql::new("UPDATE webhook_endpoint SET leased_by = ");
        sql.bind(holder).push(", leased_until = ").bind(until.as_microsecond());
        sql.push(" WHERE id IN (SELECT id FROM webhook_endpoint WHERE state = 'active' AND leased_until <= ");
        sql.bind(now.as_microsecond());
        sql.push(" AND (leased_by IS NULL OR leased_by <> ").bind(holder);
        sql.push(") ORDER BY leased_until, id LIMIT ").bind(i64::from(most));
        if self.inner.get_database_backend() == DbBackend::Postgres {
            sql.push(" FOR UPDATE SKIP LOCKED");
        }
        sql.push(")").run(&self.inner).await
    }

    /// Holds on to all that this process has, and that nobody else has taken since.
    pub async fn renew_endpoint_leases(&self, holder: Uuid, until: Timestamp) -> Result<()> {
        let mut sql = Sql::new("UPDATE webhook_endpoint SET leased_until = ");
        sql.bind(until.as_microsecond())
            .push(" WHERE leased_by = ")
            .bind(holder);
        sql.run(&self.inner).await?;
        Ok(())
    }

    /// Lets go of all.
    pub async fn end_endpoint_leases(&self, holder: Uuid) -> Result<()> {
        let mut sql = Sql::new("UPDATE webhook_endpoint SET leased_by = NULL, leased_until = 0 WHERE leased_by = ");
        sql.bind(holder).run(&self.inner).await?;
        Ok(())
    }

    /// Lets go of this one.
    pub async fn end_endpoint_lease(&self, holder: Uuid, id: EndpointId) -> Result<()> {
        let mut sql = Sql::new("UPDATE webhook_endpoint SET leased_by = NULL, leased_until = 0 WHERE id = ");
        sql.bind(id.0).push(" AND leased_by = ").bind(holder);
        sql.run(&self.inner).await?;
        Ok(())
    }

    /// Files how far endpoints are. Returns those of which it is filed: the others somebody else has, or somebody has said
    /// something new of them.
    pub async fn book_endpoints(
        &self,
        holder: Uuid,
        bookings: &[(EndpointId, Booking)],
    ) -> Result<HashSet<EndpointId>> {
        let mut booked = HashSet::new();
        if bookings.is_empty() {
            return Ok(booked);
        }
        let mut sql = Sql::new(
            "UPDATE webhook_endpoint SET state = b.column3, notice = b.column4, position = b.column5, ahead = b.column6, \
             waiting = b.column7, tries = b.column8, failing = b.column9, due = b.column10, last_tried = b.column11, \
             last_ok = b.column12, last_error = b.column13 FROM (VALUES ",
        );
        for (i, (id, booking)) in bookings.iter().enumerate() {
            sql.push(if i == 0 { "(" } else { ", (" });
            sql.bind(id.0).push(", ").bind(booking.turn);
            bind_progress(&mut sql, &booking.progress)?;
            sql.push(")");
        }
        sql.push(") AS b WHERE webhook_endpoint.id = b.column1 AND webhook_endpoint.turn = b.column2 AND leased_by = ");
        let rows = sql.bind(holder).push(" RETURNING id").all(&self.inner).await?;
        for row in &rows {
            booked.insert(EndpointId(column(row, 0)?));
        }
        let attempts: Vec<&Attempt> = bookings.iter().flat_map(|(_, booking)| &booking.attempts).collect();
        self.file_attempts(&attempts).await?;
        let resent: Vec<Uuid> = bookings.iter().flat_map(|(_, b)| b.resent.clone()).collect();
        if !resent.is_empty() {
            let mut sql = Sql::new("DELETE FROM webhook_resend WHERE id IN ");
            sql.bind_list(&resent).run(&self.inner).await?;
        }
        Ok(booked)
    }
}
