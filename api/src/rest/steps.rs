//! The desk's steps by POST: correct, withhold, restore, cancel, rename.

use super::Door;
use super::asked::{Asked, Right};
use super::writes::answer;
use crate::desk::{Expected, Idempotency, Receipt};
use crate::error::Result;
use crate::news::story::ArticleKey;
use crate::news::submission::{CancelSubmission, CorrectionSubmission, RenameSubmission, WithholdSubmission};
use crate::web::{Caller, Segment};
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

/// Restoring needs nothing said: send `{}`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreSubmission {}

/// A step, and how the desk takes it.
async fn step<T: DeserializeOwned>(
    key: String,
    mut asked: Asked,
    take: impl AsyncFnOnce(&Door, &Caller, ArticleKey, T, Option<Expected>, Option<Idempotency>) -> Result<Receipt>,
) -> Response {
    let said = match asked.said::<T>(Right::Desk) {
        Ok(said) => said,
        Err(response) => return response,
    };
    let Asked { door, caller, .. } = asked;
    let key = ArticleKey::read(&key);
    let outcome = Box::pin(take(&door, &caller, key, said.content, said.expected, said.repeat)).await;
    answer(&door, outcome, "articles")
}

pub async fn correct(Segment(key): Segment, asked: Asked) -> Response {
    let take = async |door: &Door, caller: &Caller, key, said: CorrectionSubmission, expected, repeat: Option<_>| {
        door.desk
            .correct(&caller.viewer, key, said, expected, repeat.as_ref())
            .await
    };
    step(key, asked, take).await
}

pub async fn withhold(Segment(key): Segment, asked: Asked) -> Response {
    let take = async |door: &Door, caller: &Caller, key, said: WithholdSubmission, expected, repeat: Option<_>| {
        door.desk
            .withhold(&caller.viewer, key, said, expected, repeat.as_ref())
            .await
    };
    step(key, asked, take).await
}

pub async fn restore(Segment(key): Segment, asked: Asked) -> Response {
    let take = async |door: &Door, caller: &Caller, key, _: RestoreSubmission, expected, repeat: Option<_>| {
        door.desk.restore(&caller.viewer, key, expected, repeat.as_ref()).await
    };
    step(key, asked, take).await
}

pub async fn cancel(Segment(key): Segment, asked: Asked) -> Response {
    let take = async |door: &Door, caller: &Caller, key, said: CancelSubmission, expected, repeat: Option<_>| {
        door.desk
            .cancel(&caller.viewer, key, said, expected, repeat.as_ref())
            .await
    };
    step(key, asked, take).await
}

pub async fn rename(Segment(key): Segment, asked: Asked) -> Response {
    let take = async |door: &Door, caller: &Caller, key, said: RenameSubmission, expected, repeat: Option<_>| {
        door.desk
            .rename(&caller.viewer, key, said, expected, repeat.as_ref())
            .await
    };
    step(key, asked, take).await
}
