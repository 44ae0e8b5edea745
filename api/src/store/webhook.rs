//! Webhook endpoints as rows. A process that serves them holds leases: it files how far each is, for many at once, and what
//! it files for one that another process has by now, or of which somebody has said something new, is not filed.

mod attempts;
mod kills;
mod leases;

pub use leases::{Booking, Held};

use super::partner::beside;
use super::sql::{Sql, column, time};
use super::{Store, Tx};
use crate::error::{Error, Result};
use crate::news::webhook::{Endpoint, EndpointState, Progress};
use crate::news::wire::Position;
use crate::news::{EndpointId, PartnerId};
use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};
use std::sync::Arc;

const COLUMNS: &str = "SELECT e.id, e.settings, e.secrets, e.version, e.created, e.state, e.notice, e.position, e.ahead, \
                       e.waiting, e.tries, e.failing, e.due, e.last_tried, e.last_ok, e.last_error, p.id, p.slug, p.name, \
                       p.advance, p.disabled, p.version, p.created, e.turn \
                       FROM webhook_endpoint e LEFT JOIN partner p ON p.id = e.partner_id";

/// Whose endpoints are meant.
#[derive(Clone, Copy, Debug)]
pub enum Whose {
    Anybodys,
    Partner(PartnerId),
}

impl Whose {
    fn narrow(self, sql: &mut Sql, word: &str) {
        match self {
            Whose::Anybodys => {}
            Whose::Partner(id) => {
                sql.push(word).push(" e.partner_id = ").bind(id.0);
            }
        }
    }
}

impl Store {
    /// From the primary, as all that decides about rights.
    pub async fn find_endpoint(&self, id: EndpointId, whose: Whose) -> Result<Option<Endpoint>> {
        let mut sql = Sql::new(format!("{COLUMNS} WHERE e.id = "));
        whose.narrow(sql.bind(id.0), " AND");
        sql.one(&self.rooms.read).await?.as_ref().map(read).transpose()
    }

    /// The oldest first.
    pub async fn list_endpoints(&self, whose: Whose) -> Result<Vec<Endpoint>> {
        let mut sql = Sql::new(COLUMNS);
        whose.narrow(&mut sql, " WHERE");
        let rows = sql.push(" ORDER BY e.id").all(&self.rooms.read).await?;
        rows.iter().map(read).collect()
    }

    pub async fn load_endpoints(&self, ids: &[EndpointId]) -> Result<Vec<Endpoint>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut sql = Sql::new(format!("{COLUMNS} WHERE e.id IN "));
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        sql.all(&self.rooms.read).await?.iter().map(read).collect()
    }
}

impl Tx {
    /// The endpoint, locked until the transaction ends.
    pub async fn lock_endpoint(&self, id: EndpointId, whose: Whose) -> Result<Option<Endpoint>> {
        let mut sql = Sql::new(format!("{COLUMNS} WHERE e.id = "));
        whose.narrow(sql.bind(id.0), " AND");
        if self.inner.get_database_backend() == DbBackend::Postgres {
            sql.push(" FOR UPDATE OF e");
        }
        sql.one(&self.inner).await?.as_ref().map(read).transpose()
    }

    pub async fn count_endpoints(&self, of: PartnerId) -> Result<i64> {
        let mut sql = Sql::new("SELECT COUNT(*) FROM webhook_endpoint WHERE partner_id = ");
        let row = sql.bind(of.0).one(&self.inner).await?;
        row.as_ref().map_or(Ok(0), |row| column(row, 0))
    }

    /// Files what somebody says of an endpoint, new or changed. Whoever serves it looks at it again before it goes on.
    pub async fn file_endpoint(&self, endpoint: &Endpoint) -> Result<()> {
        let Endpoint {
            id,
            partner,
            settings,
            secrets,
            version,
            created,
            turn,
            progress,
        } = endpoint;
        let json = |value: serde_json::Result<String>| value.map_err(Error::internal);
        let mut sql = Sql::new(
            "INSERT INTO webhook_endpoint (id, partner_id, settings, secrets, version, created, state, notice, position, \
             ahead, waiting, tries, failing, due, last_tried, last_ok, last_error, turn, leased_until) VALUES (",
        );
        sql.bind(id.0).push(", ").bind(partner.as_ref().map(|p| p.id.0));
        sql.push(", ").bind(json(serde_json::to_string(settings))?);
        sql.push(", ").bind(json(serde_json::to_string(secrets))?);
        sql.push(", ").bind(*version).push(", ").bind(created.as_microsecond());
        bind_progress(&mut sql, progress)?;
        sql.push(", ").bind(*turn);
        sql.push(
            ", 0) ON CONFLICT (id) DO UPDATE SET settings = excluded.settings, secrets = excluded.secrets, \
             version = excluded.version, state = excluded.state, notice = excluded.notice, \
             position = excluded.position, ahead = excluded.ahead, waiting = excluded.waiting, tries = excluded.tries, \
             failing = excluded.failing, due = excluded.due, last_tried = excluded.last_tried, \
             last_ok = excluded.last_ok, last_error = excluded.last_error, turn = excluded.turn",
        );
        sql.run(&self.inner).await?;
        Ok(())
    }

    /// With all that is known of what it was sent.
    pub async fn delete_endpoints(&self, ids: &[EndpointId]) -> Result<()> {
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        for statement in [
            "DELETE FROM webhook_attempt WHERE endpoint_id IN ",
            "DELETE FROM webhook_resend WHERE endpoint_id IN ",
            "DELETE FROM webhook_kill WHERE endpoint_id IN ",
            "DELETE FROM webhook_endpoint WHERE id IN ",
        ] {
            Sql::new(statement).bind_list(&ids).run(&self.inner).await?;
        }
        Ok(())
    }

    /// All of a partner.
    pub(super) async fn delete_endpoints_of(&self, partner: PartnerId) -> Result<()> {
        let mut sql = Sql::new("SELECT id FROM webhook_endpoint WHERE partner_id = ");
        let rows = sql.bind(partner.0).all(&self.inner).await?;
        let ids: Result<Vec<EndpointId>> = rows.iter().map(|row| Ok(EndpointId(column(row, 0)?))).collect();
        self.delete_endpoints(&ids?).await
    }
}

/// From `state` to `last_error`, each behind a comma.
fn bind_progress(sql: &mut Sql, progress: &Progress) -> Result<()> {
    let Progress {
        state,
        notice,
        position,
        ahead,
        waiting,
        tries,
        failing,
        due,
        last_tried,
        last_ok,
        last_error,
    } = progress;
    let micros = |time: &Option<Timestamp>| time.map(Timestamp::as_microsecond);
    let ahead: Vec<i64> = ahead.iter().map(|position| position.0).collect();
    let ahead = serde_json::to_string(&ahead).map_err(Error::internal)?;
    sql.push(", ").bind(state.as_str()).push(", ").bind(notice.as_deref());
    sql.push(", ").bind(position.0).push(", ").bind(ahead);
    sql.push(", ").bind(micros(waiting)).push(", ").bind(*tries);
    for time in [failing, due, last_tried, last_ok] {
        sql.push(", ").bind(micros(time));
    }
    sql.push(", ").bind(last_error.as_deref());
    Ok(())
}

fn read(row: &QueryResult) -> Result<Endpoint> {
    let moment = |index| column::<Option<i64>>(row, index)?.map(time).transpose();
    let text = |index| column::<String>(row, index);
    let ahead: Vec<i64> = serde_json::from_str(&text(8)?).map_err(Error::internal)?;
    Ok(Endpoint {
        id: EndpointId(column(row, 0)?),
        settings: serde_json::from_str(&text(1)?).map_err(Error::internal)?,
        secrets: serde_json::from_str(&text(2)?).map_err(Error::internal)?,
        version: column(row, 3)?,
        created: time(column(row, 4)?)?,
        progress: Progress {
            state: EndpointState::parse(&text(5)?).unwrap_or(EndpointState::Paused),
            notice: column(row, 6)?,
            position: Position(column(row, 7)?),
            ahead: ahead.into_iter().map(Position).collect(),
            waiting: moment(9)?,
            tries: column(row, 10)?,
            failing: moment(11)?,
            due: moment(12)?,
            last_tried: moment(13)?,
            last_ok: moment(14)?,
            last_error: column(row, 15)?,
        },
        partner: beside(row, 16)?.map(Arc::new),
        turn: column(row, 23)?,
    })
}
