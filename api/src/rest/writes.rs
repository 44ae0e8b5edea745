//! The desk's side: PUT by uri or slug.

use super::Door;
use super::{params, vestibule};
use crate::desk::{Expected, Idempotency, Order, Outcome, Receipt};
use crate::error::{Error, Fault, Result};
use crate::news::Version;
use crate::news::submission::{CollectionSubmission, MergeSubmission, Submission, TopicSubmission};
use crate::web::{Caller, If, Segment, Write, read_write};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, http};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;
use uuid::Uuid;

/// What became of a write.
#[derive(Serialize, ToSchema)]
pub struct Written {
    pub id: Uuid,
    /// Of stories only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    pub slug: String,
    /// Where a reader finds it; of stories only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    pub version: i32,
    /// `created`, `updated`, `corrected`, `withheld`, `restored`, `canceled`, `renamed`, or `unchanged` when it said
    /// nothing new.
    pub outcome: &'static str,
}

pub(super) type Body = std::result::Result<Bytes, BytesRejection>;

pub async fn put_article(
    State(door): State<Door>,
    caller: Caller,
    Segment(uri): Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let write: Write<Submission> = match read(&door, &caller, &format!("/v1/articles/{uri}"), query, &headers, body) {
        Ok(write) => write,
        Err(response) => return response,
    };
    let (expected, repeat) = guards(write.condition, write.repeat);
    let mut submission = write.content;
    let outcome = async {
        same_name("uri", &mut submission.uri, uri)?;
        let draft = door.desk.draft(submission)?;
        door.desk
            .publish(&caller.viewer, Order::new(draft, expected), repeat.as_ref())
            .await
    };
    vestibule::done(&door, Box::pin(outcome).await)
}

pub async fn put_topic(
    State(door): State<Door>,
    caller: Caller,
    Segment(slug): Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let write: Write<TopicSubmission> = match read(&door, &caller, &format!("/v1/topics/{slug}"), query, &headers, body)
    {
        Ok(write) => write,
        Err(response) => return response,
    };
    let (expected, repeat) = guards(write.condition, write.repeat);
    let mut topic = write.content;
    let outcome = async {
        same_name("slug", &mut topic.slug, slug)?;
        door.desk
            .put_topic(&caller.viewer, topic, None, expected, repeat.as_ref())
            .await
    };
    answer(&door, outcome.await, "topics")
}

pub async fn merge_topic(
    State(door): State<Door>,
    caller: Caller,
    Segment(key): Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let address = format!("/v1/topics/{key}/merge");
    let write: Write<MergeSubmission> = match read_by(&Method::POST, &door, &caller, &address, query, &headers, body) {
        Ok(write) => write,
        Err(response) => return response,
    };
    let (expected, repeat) = guards(write.condition, write.repeat);
    let outcome = door
        .desk
        .merge_topic(&caller.viewer, key, write.content, expected, repeat.as_ref())
        .await;
    answer(&door, outcome, "topics")
}

pub async fn put_collection(
    State(door): State<Door>,
    caller: Caller,
    Segment(slug): Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let write: Write<CollectionSubmission> = match read(
        &door,
        &caller,
        &format!("/v1/collections/{slug}"),
        query,
        &headers,
        body,
    ) {
        Ok(write) => write,
        Err(response) => return response,
    };
    let (expected, repeat) = guards(write.condition, write.repeat);
    let mut collection = write.content;
    let outcome = async {
        same_name("slug", &mut collection.slug, slug)?;
        door.desk
            .put_collection(&caller.viewer, collection, None, expected, repeat.as_ref())
            .await
    };
    answer(&door, outcome.await, "collections")
}

fn read<T: DeserializeOwned>(
    door: &Door,
    caller: &Caller,
    address: &str,
    query: Option<String>,
    headers: &HeaderMap,
    body: Body,
) -> std::result::Result<Write<T>, Response> {
    read_by(&Method::PUT, door, caller, address, query, headers, body)
}

/// The same of any method.
pub(super) fn read_by<T: DeserializeOwned>(
    method: &Method,
    door: &Door,
    caller: &Caller,
    address: &str,
    query: Option<String>,
    headers: &HeaderMap,
    body: Body,
) -> std::result::Result<Write<T>, Response> {
    params::none(query.as_deref()).map_err(IntoResponse::into_response)?;
    // First the key: a stranger learns nothing of the rules.
    door.desk.admit(&caller.viewer).map_err(IntoResponse::into_response)?;
    read_write(method, address, headers, body)
}

pub(super) fn guards(
    condition: Option<If>,
    repeat: Option<(String, Vec<u8>)>,
) -> (Option<Expected>, Option<Idempotency>) {
    let expected = condition.map(|c| match c {
        If::Exists => Expected::AnyVersion,
        If::Versions(versions) => Expected::OneOf(versions.into_iter().map(Version).collect()),
        If::Waiting { revisions, versions } => Expected::Waiting {
            revisions,
            versions: versions.into_iter().map(Version).collect(),
        },
        If::Absent => Expected::Nothing,
    });
    (
        expected,
        repeat.map(|(key, fingerprint)| Idempotency { key, fingerprint }),
    )
}

/// The name in the body may be left out, but not differ from the one in the address.
pub(super) fn same_name(field: &str, said: &mut Option<String>, address: String) -> Result<()> {
    if said.as_ref().is_some_and(|s| *s != address) {
        let fault = Fault::new(
            field,
            "conflict",
            "differs from the one in the address; leave it out of the body",
        );
        return Err(Error::content(vec![fault]));
    }
    *said = Some(address);
    Ok(())
}

pub(super) fn answer(door: &Door, outcome: Result<Receipt>, what: &str) -> Response {
    let Receipt {
        id,
        uri,
        slug,
        version,
        outcome,
    } = match outcome {
        Ok(receipt) => receipt,
        Err(error) => return error.into_response(),
    };
    let url = uri.as_ref().map(|_| door.archive.site().story_url(&slug));
    let location = format!(
        "/v1/{what}/{}",
        if what == "articles" {
            id.to_string()
        } else {
            slug.clone()
        }
    );
    let written = Written {
        id,
        uri,
        slug,
        url,
        version,
        outcome: outcome.as_str(),
    };
    let status = if outcome == Outcome::Created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let mut response = (status, Json(written)).into_response();
    let headers = response.headers_mut();
    let pairs: [(http::HeaderName, String); 3] = [
        (header::ETAG, format!("\"v{version}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::LOCATION, location),
    ];
    for (name, value) in pairs {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}
