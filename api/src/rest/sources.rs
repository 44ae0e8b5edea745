//! Sources that are pulled: what an administrator's key may see and change. No answer here is kept or shared.

use super::asked::{Asked, Right};
use super::routes::{Route, Shape};
use super::writes::{Written, answered, nothing, same_name};
use crate::error::Result;
use crate::news::source::{Counts, Health, SourceFeed, SourceReport, SourceSettings, SourceState, SourceSubmission};
use crate::news::websub::{HubState, SourceHub};
use crate::source::SourceReceipt;
use crate::web::Segment;
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
    /// Its WebSub hub; null where it names none.
    pub hub: Option<SourceHubView>,
}

/// How the house stands with the hub of a source.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceHubView {
    pub url: String,
    pub state: HubState,
    /// Until when it tells us; null while it does not.
    pub until: Option<Timestamp>,
    /// How often in a row it did not do as asked.
    pub failures: i32,
    pub last_error: Option<String>,
}

impl SourceHubView {
    fn of(hub: &SourceHub, now: Timestamp) -> SourceHubView {
        let state = hub.state(now);
        let SourceHub {
            source: _,
            hub: url,
            // Who knows these could tell us things.
            callback: _,
            secret: _,
            topic: _,
            denied: _,
            until,
            failures,
            last_error,
        } = hub;
        SourceHubView {
            url: url.clone(),
            state,
            until: (state == HubState::Telling).then_some(*until),
            failures: *failures,
            last_error: last_error.clone(),
        }
    }
}

/// Sources that are pulled, by slug.
#[derive(Serialize, ToSchema)]
pub struct PulledSources {
    pub items: Vec<PulledSourceView>,
}

impl PulledSourceView {
    pub fn of(report: &SourceReport, now: Timestamp) -> PulledSourceView {
        let SourceReport { feed, counts, hub } = report;
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
        let Counts { stories, refused } = *counts;
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
                hub: hub.as_ref().map(|hub| SourceHubView::of(hub, now)),
            },
        }
    }
}

/// The routes of this page.
pub fn table() -> Vec<Route> {
    let (all, one) = ("/v1/sources", "/v1/sources/{slug}");
    let source = Some("SourceSubmission");
    let route = Route::keyed;
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

async fn list(asked: Asked) -> Result<Response> {
    asked.admitted(Right::Administration)?;
    let door = &asked.door;
    let now = door.clock.now();
    let found = door.sources.list().await?;
    let items = found.iter().map(|report| PulledSourceView::of(report, now)).collect();
    asked.answer(None, &PulledSources { items })
}

async fn one_source(Segment(slug): Segment, asked: Asked) -> Result<Response> {
    asked.admitted(Right::Administration)?;
    let report = asked.door.sources.find(&slug).await?;
    // Its version is that of the settings; how it is changes by itself.
    let view = PulledSourceView::of(&report, asked.door.clock.now());
    asked.answer(None, &view)
}

async fn add(mut asked: Asked) -> Result<Response, Response> {
    let said = asked.said::<SourceSubmission>(Right::Administration)?;
    let Asked { door, caller, .. } = asked;
    let done = door.sources.add(&caller.viewer, said.content, said.repeat.as_ref());
    done.await.map(written).map_err(IntoResponse::into_response)
}

async fn put_source(Segment(slug): Segment, mut asked: Asked) -> Result<Response, Response> {
    let said = asked.said::<SourceSubmission>(Right::Administration)?;
    let Asked { door, caller, .. } = asked;
    let mut source = said.content;
    let done = async {
        same_name("slug", &mut source.slug, slug)?;
        door.sources
            .put(&caller.viewer, source, said.expected, said.repeat.as_ref())
            .await
    };
    done.await.map(written).map_err(IntoResponse::into_response)
}

async fn delete_source(Segment(slug): Segment, asked: Asked) -> Result<Response> {
    asked.admitted(Right::Administration)?;
    asked.door.sources.delete(&slug, asked.expected()?).await?;
    Ok(nothing())
}

async fn pull(Segment(slug): Segment, asked: Asked) -> Result<Response> {
    asked.admitted(Right::Administration)?;
    asked.door.sources.wake(&slug).await?;
    Ok(nothing())
}

fn written(receipt: SourceReceipt) -> Response {
    let SourceReceipt {
        id,
        slug,
        version,
        outcome,
    } = receipt;
    let location = format!("/v1/sources/{slug}");
    answered(Written::plain(id.0, slug, version, outcome), &location)
}
