//! The desk's side: PUT by uri or slug.

use super::Door;
use super::{params, vestibule};
use crate::desk::{Done, Expected, Idempotency, Manner, Order, Outcome, Receipt, Received};
use crate::error::{Error, Fault, Kind, Result};
use crate::format;
use crate::format::reading::{Document, Hints, Item, Loss, Unreadable};
use crate::news::Version;
use crate::news::submission::{CollectionSubmission, MergeSubmission, Submission, TopicSubmission};
use crate::web::{Caller, If, Segment, Write, media_type, read_document, read_write, unsupported};
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
    /// Of documents in others' formats: what they say and the house has no place for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Loss>,
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
    let kind = media_type(&headers);
    if format::MEDIA_TYPES.contains(&kind.as_str()) {
        return put_document(door, caller, uri, query, headers, body).await;
    }
    let write: Write<Submission> = match read(&door, &caller, &format!("/v1/articles/{uri}"), query, &headers, body) {
        Ok(write) => write,
        Err(response) if response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            return unsupported(&format::MEDIA_TYPES);
        }
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

/// A story in another's format. What has no place here is named in the answer.
async fn put_document(
    door: Door,
    caller: Caller,
    uri: String,
    query: Option<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if let Err(error) = params::none(query.as_deref()) {
        return error.into_response();
    }
    if let Err(error) = door.desk.admit(&caller.viewer) {
        return error.into_response();
    }
    let write = match read_document(&Method::PUT, &format!("/v1/articles/{uri}"), &headers, body) {
        Ok(write) => write,
        Err(response) => return response,
    };
    let (expected, repeat) = guards(write.condition, write.repeat);
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let hints = Hints {
        content_type,
        address: Some(&uri),
        language: None,
    };
    let outcome = async {
        let mut item = one_story(format::read(&write.content, &hints))?;
        same_name("uri", &mut item.submission.uri, uri.clone())?;
        let manner = Manner {
            new_topics: true,
            expected,
            repeat: repeat.as_ref(),
        };
        Box::pin(door.desk.receive(&caller.viewer, item, manner)).await
    };
    match outcome.await {
        Ok(Received {
            done: Done::Filed(receipt),
            lost,
        }) => written(&door, receipt, "articles", lost),
        Ok(Received { done, lost: _ }) => vestibule::done(&door, Ok(done)),
        Err(error) => error.into_response(),
    }
}

/// A PUT is about one story.
fn one_story(read: std::result::Result<Document, Unreadable>) -> Result<Item> {
    let document = read.map_err(|error| Error::new(Kind::Content, "unreadable_document", error.to_string()))?;
    let Document {
        format: _,
        about: _,
        items,
        refused,
    } = document;
    let several = items.len() + refused.len();
    let mut items = items.into_iter();
    match (items.next(), several) {
        (Some(item), 1) => Ok(item),
        _ => {
            let detail =
                format!("The document holds {several} items, and a PUT is about one story. Use `dateline import`.");
            Err(Error::new(Kind::Content, "several_stories", detail))
        }
    }
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
    match outcome {
        Ok(receipt) => written(door, receipt, what, Vec::new()),
        Err(error) => error.into_response(),
    }
}

fn written(door: &Door, receipt: Receipt, what: &str, lost: Vec<Loss>) -> Response {
    let Receipt {
        id,
        uri,
        slug,
        version,
        outcome,
    } = receipt;
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
        lost,
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
