//! The desk's steps by POST: correct, withhold, restore, cancel, rename.

use super::Door;
use super::writes::{Body, answer, guards, read_by};
use crate::desk::{Expected, Idempotency, Receipt};
use crate::error::Result;
use crate::news::story::ArticleKey;
use crate::news::submission::{CancelSubmission, CorrectionSubmission, RenameSubmission, WithholdSubmission};
use crate::web::{Caller, Problem, Segment};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

/// Restoring needs nothing said: send `{}`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreSubmission {}

/// What a request for a step brings.
pub struct Request {
    door: Door,
    caller: Caller,
    key: String,
    query: Option<String>,
    headers: HeaderMap,
    body: Body,
}

impl FromRequest<Door> for Request {
    type Rejection = Problem;

    async fn from_request(request: axum::extract::Request, door: &Door) -> std::result::Result<Request, Problem> {
        let (mut parts, body) = request.into_parts();
        let Ok(caller) = Caller::from_request_parts(&mut parts, door).await;
        let Segment(key) = Segment::from_request_parts(&mut parts, door).await?;
        let query = parts.uri.query().map(str::to_owned);
        let headers = parts.headers.clone();
        let body = Bytes::from_request(axum::extract::Request::from_parts(parts, body), door).await;
        Ok(Request {
            door: door.clone(),
            caller,
            key,
            query,
            headers,
            body,
        })
    }
}

/// A step: its name in the address, and how the desk takes it.
async fn step<T: DeserializeOwned>(
    request: Request,
    name: &str,
    take: impl AsyncFnOnce(&Door, &Caller, ArticleKey, T, Option<Expected>, Option<Idempotency>) -> Result<Receipt>,
) -> Response {
    let Request {
        door,
        caller,
        key,
        query,
        headers,
        body,
    } = request;
    let address = format!("/v1/articles/{key}/{name}");
    let write = match read_by::<T>(&Method::POST, &door, &caller, &address, query, &headers, body) {
        Ok(write) => write,
        Err(response) => return response,
    };
    let (expected, repeat) = guards(write.condition, write.repeat);
    let key = ArticleKey::read(&key);
    let outcome = Box::pin(take(&door, &caller, key, write.content, expected, repeat)).await;
    answer(&door, outcome, "articles")
}

pub async fn correct(request: Request) -> Response {
    let take = async |door: &Door, caller: &Caller, key, said: CorrectionSubmission, expected, repeat: Option<_>| {
        door.desk
            .correct(&caller.viewer, key, said, expected, repeat.as_ref())
            .await
    };
    step(request, "correct", take).await
}

pub async fn withhold(request: Request) -> Response {
    let take = async |door: &Door, caller: &Caller, key, said: WithholdSubmission, expected, repeat: Option<_>| {
        door.desk
            .withhold(&caller.viewer, key, said, expected, repeat.as_ref())
            .await
    };
    step(request, "withhold", take).await
}

pub async fn restore(request: Request) -> Response {
    let take = async |door: &Door, caller: &Caller, key, _: RestoreSubmission, expected, repeat: Option<_>| {
        door.desk.restore(&caller.viewer, key, expected, repeat.as_ref()).await
    };
    step(request, "restore", take).await
}

pub async fn cancel(request: Request) -> Response {
    let take = async |door: &Door, caller: &Caller, key, said: CancelSubmission, expected, repeat: Option<_>| {
        door.desk
            .cancel(&caller.viewer, key, said, expected, repeat.as_ref())
            .await
    };
    step(request, "cancel", take).await
}

pub async fn rename(request: Request) -> Response {
    let take = async |door: &Door, caller: &Caller, key, said: RenameSubmission, expected, repeat: Option<_>| {
        door.desk
            .rename(&caller.viewer, key, said, expected, repeat.as_ref())
            .await
    };
    step(request, "rename", take).await
}
