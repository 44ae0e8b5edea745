//! Signals between processes: on PostgreSQL `LISTEN` and `NOTIFY`. They only make things fast. One that is lost, or that
//! a pooler swallows, is made up for by the tail's timer.

use super::connect::Place;
use super::sql::Sql;
use super::{Store, refused};
use crate::error::{Error, Result};
use sea_orm::DbErr;
use sqlx::postgres::PgListener;

const CHANNEL: &str = "dateline_wire";

/// Listens on a connection of its own.
pub struct Signals(PgListener);

impl Store {
    /// Tells the other processes that the wire has grown. On SQLite nobody can be told.
    pub async fn signal(&self) -> Result<()> {
        if let Place::Sqlite(_) = self.rooms.place {
            return Ok(());
        }
        let mut sql = Sql::new(format!("SELECT pg_notify('{CHANNEL}', '')"));
        sql.all(&self.rooms.write).await.map(|_| ())
    }

    /// The other processes' signals; none on SQLite.
    pub async fn signals(&self) -> Result<Option<Signals>> {
        let Place::Postgres(url) = &self.rooms.place else {
            return Ok(None);
        };
        let mut listener = PgListener::connect(url).await.map_err(Error::busy)?;
        listener.listen(CHANNEL).await.map_err(Error::busy)?;
        Ok(Some(Signals(listener)))
    }
}

impl Signals {
    /// The next signal. An error means that the connection is lost.
    pub async fn next(&mut self) -> Result<()> {
        match self.0.try_recv().await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(refused(DbErr::Custom("the listening connection was lost".to_owned()))),
            Err(error) => Err(Error::busy(error)),
        }
    }
}
