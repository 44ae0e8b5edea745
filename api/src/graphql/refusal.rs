//! The house's errors as GraphQL's: the code in upper case, the faults beside it.

use crate::error::{Error, Fault, Kind};
use crate::web::{Problem, TombstoneView};
use async_graphql::{ErrorExtensions, SimpleObject, Value};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// An error at a field.
pub fn refuse(error: &Error) -> async_graphql::Error {
    if matches!(error.kind, Kind::Internal | Kind::Busy) {
        let cause = error.cause.as_ref().map(ToString::to_string).unwrap_or_default();
        tracing::error!(error.code, error.cause = cause, "a field failed on our side");
    }
    async_graphql::Error::new(error.detail.clone()).extend_with(|_, extensions| {
        extensions.set("code", error.code.to_ascii_uppercase());
        if !error.faults.is_empty() {
            let faults = serde_json::to_value(&error.faults).unwrap_or_default();
            extensions.set("errors", Value::from_json(faults).unwrap_or_default());
        }
        if let Some(tombstone) = &error.tombstone {
            let tombstone = serde_json::to_value(TombstoneView::from(&**tombstone)).unwrap_or_default();
            extensions.set("tombstone", Value::from_json(tombstone).unwrap_or_default());
        }
    })
}

/// A refusal that the sender can mend.
#[derive(SimpleObject)]
pub struct UserError {
    /// Path of the input's field; null when it is not about one.
    field: Option<String>,
    /// Stable, for programs.
    code: String,
    /// For people: what is wrong and what to do.
    message: String,
}

/// What the sender can mend goes into the payload; everything else is an error at the field.
pub fn user_errors(error: Error) -> async_graphql::Result<Vec<UserError>> {
    match error.kind {
        Kind::Content | Kind::Conflict | Kind::Stale | Kind::Request | Kind::NotFound | Kind::Gone => {
            let code = |code: &str| code.to_ascii_uppercase();
            if error.faults.is_empty() {
                return Ok(vec![UserError {
                    field: None,
                    code: code(error.code),
                    message: error.detail,
                }]);
            }
            let faults = error.faults.into_iter();
            Ok(faults
                .map(
                    |Fault {
                         field,
                         code: c,
                         message,
                     }| UserError {
                        field: Some(field),
                        code: code(c),
                        message,
                    },
                )
                .collect())
        }
        Kind::Unauthenticated | Kind::Forbidden | Kind::Busy | Kind::Internal => Err(refuse(&error)),
    }
}

/// `limit` is what holds for those who may not publish; `None` for those who may.
pub fn too_large(limit: Option<usize>) -> Response {
    let detail = match limit {
        Some(limit) => {
            format!(
                "The body is larger than {limit} bytes, which is what a request without a publisher's key may have."
            )
        }
        None => "The body is larger than this server takes (server.body_limit).".to_owned(),
    };
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail).into_response()
}

pub fn unreadable_body() -> Response {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "unreadable_body",
        "The body could not be read to its end.",
    )
    .into_response()
}
