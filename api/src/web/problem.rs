//! Errors as `application/problem+json` (RFC 9457).

use super::answer::Policy;
use crate::error::{Error, Fault, Kind};
use crate::news::story::{PubStatus, Tombstone};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A problem, RFC 9457.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// `about:blank`: the status says it all, `code` says the rest.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: &'static str,
    #[schema(example = "Bad Request")]
    pub title: &'static str,
    #[schema(example = 400)]
    pub status: u16,
    /// Stable, for programs.
    #[schema(example = "invalid_parameter")]
    pub code: &'static str,
    /// For people.
    pub detail: String,
    /// What is wrong, field by field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// With `gone` of a canceled story: what is left of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tombstone: Option<TombstoneView>,
}

/// What is left of a canceled story.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TombstoneView {
    pub id: Uuid,
    pub uri: String,
    /// The version that canceled it.
    pub version: i32,
    /// `canceled`.
    pub pub_status: &'static str,
    /// Why, in the publisher's words.
    pub reason: String,
    pub canceled_at: Timestamp,
    /// Whoever has it must take it down and confirm that.
    pub mandatory: bool,
    /// The story to take instead; null when there is none, or none for you.
    pub replacement: Option<ReplacementView>,
}

/// The story to take instead of a canceled one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReplacementView {
    pub id: Uuid,
    pub uri: String,
}

impl From<&Tombstone> for TombstoneView {
    fn from(tombstone: &Tombstone) -> TombstoneView {
        let Tombstone {
            id,
            uri,
            version,
            reason,
            at,
            mandatory,
            replacement,
        } = tombstone;
        TombstoneView {
            id: id.0,
            uri: uri.clone(),
            version: version.0,
            pub_status: PubStatus::Canceled.as_str(),
            reason: reason.clone(),
            canceled_at: *at,
            mandatory: *mandatory,
            replacement: replacement.as_ref().map(|(id, uri)| ReplacementView {
                id: id.0,
                uri: uri.clone(),
            }),
        }
    }
}

/// What is wrong with one field or parameter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldError {
    /// Name or path.
    #[schema(example = "renditions[0].href")]
    pub field: String,
    /// Stable, for programs.
    #[schema(example = "invalid_url")]
    pub code: &'static str,
    /// For people: what is wrong and what to do.
    pub message: String,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Problem {
        Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            errors: Vec::new(),
            tombstone: None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        Policy::Never.write(headers);
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static("Bearer realm=\"dateline\""),
                );
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}

/// The status of each kind, and the one place where a cause is logged.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match self.kind {
            Kind::Request => StatusCode::BAD_REQUEST,
            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Gone => StatusCode::GONE,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::Stale => StatusCode::PRECONDITION_FAILED,
            Kind::Content => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        log(&self);
        let errors = self
            .faults
            .into_iter()
            .map(|Fault { field, code, message }| FieldError { field, code, message });
        Problem {
            errors: errors.collect(),
            tombstone: self.tombstone.as_deref().map(TombstoneView::from),
            ..Problem::new(status, self.code, self.detail)
        }
        .into_response()
    }
}

fn log(error: &Error) {
    let cause = error.cause.as_ref().map(ToString::to_string).unwrap_or_default();
    match error.kind {
        Kind::Internal => tracing::error!(error.code, error.cause = cause, "a request failed on our side"),
        Kind::Busy => tracing::warn!(error.code, error.cause = cause, "a request could not be served in time"),
        _ => {}
    }
}

pub async fn not_found() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "There is nothing at this address. The routes are listed at /docs.",
    )
}

pub async fn method_not_allowed(request: Request) -> Problem {
    let detail = format!(
        "This address does not answer to {}; see the Allow header.",
        brief(request.method().as_str())
    );
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

/// What a caught panic answers.
pub fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    tracing::error!("a request panicked");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "Something went wrong on our side. It has been logged.",
    )
    .into_response()
}

fn brief(text: &str) -> String {
    text.chars().take(20).collect()
}
