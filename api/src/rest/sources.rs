//! Sources that are pulled: what an administrator's key may see and change. No answer here is kept or shared.

use super::Door;
use super::params;
use super::routes::{Route, Shape};
use super::writes::{Body, Written, guards, same_name};
use crate::error::{Error, Result};
use crate::news::source::{Counts, Health, SourceFeed, SourceSettings, SourceState, SourceSubmission};
use crate::news::write::Outcome;
use crate::source::SourceReceipt;
use crate::web::{Caller, Policy, Segment, Write, condition, read_write, ready};
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A source that is pulled.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PulledSourceView {
    pub id: Uuid,
    pub slug: String,
    /// What is asked. Where it has moved for good, the new address.
    pub url: String,
    /// Who its stories come from, where they do not say it themselves.
    pub name: Option<String>,
    /// The time between two looks, in seconds.
    pub every_seconds: i64,
    /// Before the topics that its stories name themselves.
    pub topics: Vec<String>,
    /// Of stories that say none.
    pub language: Option<String>,
    /// Whether topics that the house does not know are taken up.
    pub new_topics: bool,
    pub paused: bool,
    /// Of all above, counted from 1.
    pub version: i32,
    pub created: Timestamp,
    pub health: SourceHealth,
}

/// How the house stands with a source.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceHealth {
    pub state: SourceState,
    /// When all that it offers was last known to be in the house; null before the first time.
    pub last_ok: Option<Timestamp>,
    /// How many seconds ago that was.
    pub lag: Option<i64>,
    pub last_tried: Option<Timestamp>,
    /// When something new last came.
    pub last_new: Option<Timestamp>,
    /// When it is asked next; null while nobody asks it.
    pub next: Option<Timestamp>,
    /// In a row.
    pub failures: i32,
    pub last_error: Option<String>,
    /// Stories that it has brought.
    pub stories: i64,
    /// Stories of it that the desk does not take as they are.
    pub refused: i64,
}

/// Sources that are pulled, by slug.
#[derive(Serialize, ToSchema)]
pub struct PulledSources {
    pub items: Vec<PulledSourceView>,
}

impl PulledSourceView {
    pub fn of(feed: &SourceFeed, counts: Counts, now: Timestamp) -> PulledSourceView {
        let lag = feed.lag(now).map(|lag| lag.as_secs());
        let state = feed.state();
        let SourceFeed {
            id,
            slug,
            settings:
                SourceSettings {
                    url,
                    name,
                    every_seconds,
                    topics,
                    language,
                    new_topics,
                    paused,
                },
            version,
            created,
            health:
                Health {
                    gone,
                    due,
                    last_tried,
                    last_ok,
                    last_new,
                    failures,
                    last_error,
                    etag: _,
                    last_modified: _,
                },
        } = feed.clone();
        let Counts { stories, refused } = counts;
        PulledSourceView {
            id: id.0,
            slug,
            url,
            name,
            every_seconds,
            topics,
            language,
            new_topics,
            paused,
            version,
            created,
            health: SourceHealth {
                state,
                last_ok,
                lag,
                last_tried,
                last_new,
                next: (!paused && !gone).then_some(due),
                failures,
                last_error,
                stories,
                refused,
            },
        }
    }
}

/// The routes of this page.
pub fn table() -> Vec<Route> {
    let (all, one) = ("/v1/sources", "/v1/sources/{slug}");
    let source = Some("SourceSubmission");
    let route = |method, path, id, summary, body, answer, handler| Route {
        method,
        path,
        id,
        summary,
        params: params::NONE,
        body,
        answer,
        keyed: true,
        handler,
    };
    #[rustfmt::skip]
    let routes = vec![
        route("get", all, "listSources", "Sources that are pulled, by slug, and how they are", None, Shape::One("PulledSources"), get(list)),
        route("post", all, "addSource", "Put in a new source; it is looked at at once", source, Shape::Made("Written"), post(add)),
        route("get", one, "source", "One source, and how it is", None, Shape::One("PulledSourceView"), get(one_source)),
        route("put", one, "putSource", "Put a source in, new or changed; it is looked at at once", source, Shape::Written, put(put_source)),
        route("delete", one, "deleteSource", "Remove a source; its stories stay", None, Shape::Removed { guarded: true }, delete(delete_source)),
        route("post", "/v1/sources/{slug}/pull", "pullSource", "Look at a source soon, even if it has said that it is over", None, Shape::Removed { guarded: false }, post(pull)),
    ];
    routes
}

async fn list(
    State(door): State<Door>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    caller.readings.personal();
    params::none(query.as_deref())?;
    door.access.admit(&caller.viewer)?;
    let now = door.clock.now();
    let found = door.sources.list().await?;
    let items = found
        .iter()
        .map(|(feed, counts)| PulledSourceView::of(feed, *counts, now))
        .collect();
    ready(&headers, &caller, None, &PulledSources { items })
}

async fn one_source(
    State(door): State<Door>,
    caller: Caller,
    Segment(slug): Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    caller.readings.personal();
    params::none(query.as_deref())?;
    door.access.admit(&caller.viewer)?;
    let (feed, counts) = door.sources.find(&slug).await?;
    // Its version is that of the settings; how it is changes by itself.
    ready(
        &headers,
        &caller,
        None,
        &PulledSourceView::of(&feed, counts, door.clock.now()),
    )
}

async fn add(
    State(door): State<Door>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Response> {
    let write = read(&door, &caller, &Method::POST, "/v1/sources", query, &headers, body)?;
    let (_, repeat) = guards(None, write.repeat);
    let done = door.sources.add(&caller.viewer, write.content, repeat.as_ref()).await;
    done.map(written).map_err(IntoResponse::into_response)
}

async fn put_source(
    State(door): State<Door>,
    caller: Caller,
    Segment(slug): Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Response> {
    let address = format!("/v1/sources/{slug}");
    let write = read(&door, &caller, &Method::PUT, &address, query, &headers, body)?;
    let (expected, repeat) = guards(write.condition, write.repeat);
    let mut source = write.content;
    let done = async {
        same_name("slug", &mut source.slug, slug)?;
        door.sources
            .put(&caller.viewer, source, expected, repeat.as_ref())
            .await
    };
    done.await.map(written).map_err(IntoResponse::into_response)
}

async fn delete_source(
    State(door): State<Door>,
    caller: Caller,
    Segment(slug): Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    params::none(query.as_deref())?;
    door.access.admit(&caller.viewer)?;
    let (expected, _) = guards(condition(&headers)?, None);
    door.sources.delete(&slug, expected).await?;
    Ok(nothing())
}

async fn pull(
    State(door): State<Door>,
    caller: Caller,
    Segment(slug): Segment,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    params::none(query.as_deref())?;
    door.access.admit(&caller.viewer)?;
    door.sources.wake(&slug).await?;
    Ok(nothing())
}

fn read(
    door: &Door,
    caller: &Caller,
    method: &Method,
    address: &str,
    query: Option<String>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Write<SourceSubmission>, Response> {
    let wrong = |error: Error| error.into_response();
    params::none(query.as_deref()).map_err(wrong)?;
    // First the key: a stranger learns nothing of the rules.
    door.access.admit(&caller.viewer).map_err(wrong)?;
    read_write(method, address, headers, body)
}

fn written(receipt: SourceReceipt) -> Response {
    let SourceReceipt {
        id,
        slug,
        version,
        outcome,
    } = receipt;
    let status = if outcome == Outcome::Created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let location = HeaderValue::from_str(&format!("/v1/sources/{slug}"));
    let etag = HeaderValue::from_str(&format!("\"v{version}\""));
    let written = Written {
        id: id.0,
        uri: None,
        slug,
        url: None,
        version,
        outcome: outcome.as_str(),
        lost: Vec::new(),
    };
    let mut response = (status, Json(written)).into_response();
    let headers = response.headers_mut();
    Policy::Never.write(headers);
    for (name, value) in [(header::LOCATION, location), (header::ETAG, etag)] {
        if let Ok(value) = value {
            headers.insert(name, value);
        }
    }
    response
}

fn nothing() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    Policy::Never.write(response.headers_mut());
    response
}
