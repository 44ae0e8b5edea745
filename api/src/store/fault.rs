//! What the database refuses, in the house's own words.

use crate::error::{Error, Kind};
use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// The code of an error that asks for nothing but another try: two writers met at a unique name.
pub const RACE: &str = "race";

pub fn refused(error: DbErr) -> Error {
    if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) {
        let mut race = Error::new(
            Kind::Conflict,
            RACE,
            "Somebody wrote the same thing at the same time. Try again.",
        );
        race.cause = Some(Box::new(error));
        return race;
    }
    match &error {
        DbErr::ConnectionAcquire(_) => Error::busy(error),
        _ => match sqlx_error(&error) {
            Some(cause) if passing(cause) => Error::busy(error),
            Some(cause) if away(cause) => Error::away(error),
            _ => Error::internal(error),
        },
    }
}

/// Whether the connection was lost on which this was asked, so that on another one it may well succeed.
pub fn connection_lost(error: &DbErr) -> bool {
    sqlx_error(error).is_some_and(away)
}

fn sqlx_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => Some(cause),
        _ => None,
    }
}

/// Locks that were not free in time, deadlocks and serialisation failures pass; everything else is ours to mend.
fn passing(cause: &sqlx::Error) -> bool {
    let code = cause.as_database_error().and_then(|e| e.code());
    matches!(
        code.as_deref(),
        Some("5" | "6" | "261" | "517" | "40001" | "40P01" | "55P03" | "57014")
    )
}

/// The database is restarted, full, taken from under us or not there yet (PostgreSQL's classes 08 and 57P, 53300, 55000
/// for a database that takes no connections, 3D000 for one that is being put back), or its connection broke. SQLite's
/// codes are never five characters.
fn away(cause: &sqlx::Error) -> bool {
    match cause {
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(told) => told.code().is_some_and(|code| {
            code.len() == 5
                && (code.starts_with("08")
                    || code.starts_with("57P")
                    || matches!(code.as_ref(), "53300" | "55000" | "3D000" | "25006"))
        }),
        _ => false,
    }
}
