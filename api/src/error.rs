//! One error for the whole house, made for the person who reads the answer: kind, field, what to do.
//!
//! It is translated twice, into a REST problem and into a GraphQL error, and nowhere else. The cause is carried along
//! and logged once, at the door; it is never shown.

use crate::news::story::Tombstone;
use std::error::Error as Cause;

/// What went wrong, as the reader of the answer must act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request itself is malformed. 400.
    Request,
    /// No key, or not a valid one. 401.
    Unauthenticated,
    /// The key does not allow it. 403.
    Forbidden,
    /// There is nothing here for this viewer. 404.
    NotFound,
    /// It was here, and is not any more. 410.
    Gone,
    /// It contradicts what is there. 409.
    Conflict,
    /// Somebody was faster: `If-Match` does not match. 412.
    Stale,
    /// Understood, but the content breaks rules; see the faults. 422.
    Content,
    /// Try again later. 503.
    Busy,
    /// Our fault. 500.
    Internal,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// Path, such as `renditions[0].href`.
    pub field: String,
    /// Stable, for programs.
    pub code: &'static str,
    /// For people: what is wrong and what to do.
    pub message: String,
}

impl Fault {
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Fault {
        Fault {
            field: field.into(),
            code,
            message: message.into(),
        }
    }
}

#[derive(Debug)]
pub struct Error {
    pub kind: Kind,
    /// Stable, for programs.
    pub code: &'static str,
    pub detail: String,
    pub faults: Vec<Fault>,
    /// Of a canceled story: what is left of it.
    pub tombstone: Option<Box<Tombstone>>,
    pub cause: Option<Box<dyn Cause + Send + Sync>>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(kind: Kind, code: &'static str, detail: impl Into<String>) -> Error {
        Error {
            kind,
            code,
            detail: detail.into(),
            faults: Vec::new(),
            tombstone: None,
            cause: None,
        }
    }

    pub fn request(code: &'static str, detail: impl Into<String>) -> Error {
        Error::new(Kind::Request, code, detail)
    }

    /// Parameters that cannot be understood.
    pub fn parameters(faults: Vec<Fault>) -> Error {
        Error {
            faults,
            ..Error::new(
                Kind::Request,
                "invalid_parameter",
                "A parameter is wrong; see `errors`.",
            )
        }
    }

    /// Content that breaks rules.
    pub fn content(faults: Vec<Fault>) -> Error {
        Error {
            faults,
            ..Error::new(
                Kind::Content,
                "invalid_content",
                "The content breaks rules; see `errors`.",
            )
        }
    }

    pub fn not_found(what: &str) -> Error {
        Error::new(Kind::NotFound, "not_found", format!("There is no such {what}."))
    }

    /// A canceled story, for those who could read it.
    pub fn gone(tombstone: &Tombstone) -> Error {
        Error {
            tombstone: Some(Box::new(tombstone.clone())),
            ..Error::new(
                Kind::Gone,
                "gone",
                "This story was canceled: take it down. The reason stands in `tombstone`.",
            )
        }
    }

    pub fn internal(cause: impl Into<Box<dyn Cause + Send + Sync>>) -> Error {
        Error {
            cause: Some(cause.into()),
            ..Error::new(
                Kind::Internal,
                "internal",
                "Something went wrong on our side. It has been logged.",
            )
        }
    }

    /// The database cannot be reached, or the connection to it broke.
    pub fn away(cause: impl Into<Box<dyn Cause + Send + Sync>>) -> Error {
        Error {
            cause: Some(cause.into()),
            ..Error::new(
                Kind::Busy,
                "database_away",
                "The database cannot be reached at the moment. Try again in a moment.",
            )
        }
    }

    pub fn busy(cause: impl Into<Box<dyn Cause + Send + Sync>>) -> Error {
        Error {
            cause: Some(cause.into()),
            ..Error::new(
                Kind::Busy,
                "busy",
                "The server is too busy to answer in time. Try again in a moment.",
            )
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)?;
        for fault in &self.faults {
            write!(f, "\n  {}: {}", fault.field, fault.message)?;
        }
        if let Some(cause) = &self.cause {
            write!(f, " ({cause})")?;
        }
        Ok(())
    }
}

impl Cause for Error {}
