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
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) if passing(cause) => {
            Error::busy(error)
        }
        _ => Error::internal(error),
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
