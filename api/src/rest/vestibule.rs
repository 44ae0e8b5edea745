//! What waits under embargo: for its publisher to look at, move, release or drop, and as advance copy for who may read
//! it. Every answer here is about the asker's right as much as about the thing, so none is kept, shared or stored.

use super::asked::{Asked, Right};
use super::params::{self, page};
use super::routes::{Route, Shape};
use super::view::List;
use super::writes::{answer, nothing};
use super::{Door, Question, forms};
use crate::desk::{Done, PendingReceipt};
use crate::error::Result;
use crate::format::piece::Piece;
use crate::news::pending::{AdvanceCopy, Pending, etag};
use crate::news::submission::RescheduleSubmission;
use crate::page::{Order, Slice};
use crate::web::{Form, Policy, Segment, list_links};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What waits, as its publisher sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingView {
    #[serde(flatten)]
    pub copy: AdvanceCopy,
    /// The key that put it in last, by its public part.
    pub owner: String,
    pub created: Timestamp,
    /// Why the last release failed, and when that was; null as long as none has.
    pub failure: Option<String>,
    pub tried: Option<Timestamp>,
}

/// What became of something that waits.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingWritten {
    pub uri: String,
    /// `embargoed`, `rescheduled`, or `unchanged` when it said nothing new.
    pub outcome: &'static str,
    pub embargoed_until: Timestamp,
    /// Counted from 1; `If-Match: "p3"` stands for revision 3.
    pub revision: i32,
}

/// Releasing needs nothing said: send `{}`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseSubmission {}

/// The routes of this page.
pub fn table() -> Vec<Route> {
    let route = Route::keyed;
    let (all, one) = ("/v1/pending", "/v1/pending/{uri}");
    let (list, view) = (Shape::ListOf("PendingView"), Shape::One("PendingView"));
    let dropped = Shape::Removed { guarded: true };
    let (release, when) = (Some("ReleaseSubmission"), Some("RescheduleSubmission"));
    #[rustfmt::skip]
    let routes = vec![
        Route {
            params: params::VESTIBULE,
            ..route("get", all, "listPending", "What waits under embargo, in the order of its release", None, list, get(waiting))
        },
        route("get", one, "pending", "A story, or a new version of one, that waits under embargo", None, view, get(one_waiting)),
        route("delete", one, "dropPending", "Take out what waits: it is not published", None, dropped, delete(drop_one)),
        route("post", "/v1/pending/{uri}/release", "releasePending", "Publish what waits now", release, Shape::Written, post(release_one)),
        route("post", "/v1/pending/{uri}/reschedule", "reschedulePending", "Give what waits another time", when, Shape::Waits, post(reschedule)),
        Route {
            params: params::ADVANCE,
            ..route("get", "/v1/advance", "advance", "Advance copy: what waits under embargo, whole, for keys with that right", None, Shape::ListOf("AdvanceCopy"), get(advance))
        },
    ];
    routes
}

/// The answer to a publication that may have to wait.
pub fn done(door: &Door, done: Result<Done>) -> Response {
    match done {
        Ok(Done::Filed(receipt)) => answer(door, Ok(receipt), "articles"),
        Ok(Done::Waits(receipt)) => waits(receipt, StatusCode::ACCEPTED),
        Err(error) => error.into_response(),
    }
}

fn waits(receipt: PendingReceipt, status: StatusCode) -> Response {
    let PendingReceipt {
        uri,
        embargoed_until,
        revision,
        outcome,
    } = receipt;
    let segment: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
    let written = PendingWritten {
        uri,
        outcome: outcome.as_str(),
        embargoed_until,
        revision,
    };
    let mut response = unkept((status, Json(written)), Some(revision));
    if let Ok(place) = HeaderValue::from_str(&format!("/v1/pending/{segment}")) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

/// For nobody to keep.
fn unkept(answer: impl IntoResponse, revision: Option<i32>) -> Response {
    let mut response = answer.into_response();
    let headers = response.headers_mut();
    Policy::Never.write(headers);
    if let Some(Ok(tag)) = revision.map(|revision| HeaderValue::from_str(&etag(revision))) {
        headers.insert(header::ETAG, tag);
    }
    response
}

async fn waiting(question: Question) -> Result<Response> {
    question.caller.readings.personal();
    let mut params = question.params(params::VESTIBULE);
    let page = page(&mut params, Order::Story);
    let page = params.finish_with(page)?;
    let slice = question.door.archive.list_pending(&question.scope(), &page).await?;
    Ok(listed(&slice, &question.uri, |(pending, copy)| view(pending, copy)))
}

async fn one_waiting(Segment(uri): Segment, asked: Asked) -> Result<Response> {
    asked.plain()?;
    let Asked { door, caller, .. } = asked;
    let (pending, copy) = door.archive.find_pending(&caller.scope(), &uri).await?;
    Ok(unkept(Json(view(&pending, &copy)), Some(pending.revision)))
}

async fn advance(form: Form, question: Question) -> Result<Response> {
    let Question { door, caller, uri, .. } = &question;
    caller.readings.personal();
    let mut params = question.params(params::ADVANCE);
    let page = page(&mut params, Order::Story);
    params.choice("format");
    let page = params.finish_with(page)?;
    let slice = door.archive.advance(&caller.scope(), &page).await?;
    door.access.read_advance(&caller.viewer, &slice).await?;
    let slice = slice.map(|(_, copy)| Some(copy));
    if form == Form::Json {
        return Ok(listed(&slice, uri, AdvanceCopy::clone));
    }
    let site = door.archive.site();
    let pieces: Vec<Piece> = slice.edges.iter().map(|e| Piece::advance(&e.node, site)).collect();
    let (kind, bytes) = forms::written(&question, form, &pieces, |items| List {
        items,
        next: slice.next(),
        previous: slice.previous(),
        total: None,
    })?;
    let mut response = unkept(bytes, None);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    list_links(&mut response, uri, &slice);
    Ok(response)
}

fn listed<N, T: Serialize>(slice: &Slice<N>, uri: &Uri, item: impl FnMut(&N) -> T) -> Response {
    let mut response = unkept(Json(List::of(slice, None, item)), None);
    list_links(&mut response, uri, slice);
    response
}

fn view(pending: &Pending, copy: &AdvanceCopy) -> PendingView {
    // Taken apart by name, so that a new field asks to be shown.
    let Pending {
        uri: _,
        id: _,
        embargoed_until: _,
        revision: _,
        content: _,
        owner,
        created,
        changed: _,
        failure,
        tried,
    } = pending;
    PendingView {
        copy: copy.clone(),
        owner: owner.clone(),
        created: *created,
        failure: failure.clone(),
        tried: *tried,
    }
}

async fn drop_one(Segment(uri): Segment, asked: Asked) -> Result<Response> {
    asked.admitted(Right::Desk)?;
    let expected = asked.expected()?;
    let Asked { door, caller, .. } = asked;
    door.desk.drop_pending(&caller.viewer, uri, expected, None).await?;
    Ok(nothing())
}

async fn release_one(Segment(uri): Segment, mut asked: Asked) -> Result<Response, Response> {
    let said = asked.said::<ReleaseSubmission>(Right::Desk)?;
    let Asked { door, caller, .. } = asked;
    let released = door
        .desk
        .release_pending(&caller.viewer, uri, said.expected, said.repeat.as_ref());
    Ok(done(&door, released.await))
}

async fn reschedule(Segment(uri): Segment, mut asked: Asked) -> Result<Response, Response> {
    let said = asked.said::<RescheduleSubmission>(Right::Desk)?;
    let Asked { door, caller, .. } = asked;
    let moved = door
        .desk
        .reschedule_pending(&caller.viewer, uri, said.content, said.expected, said.repeat.as_ref());
    Ok(match moved.await {
        Ok(Done::Waits(receipt)) => waits(receipt, StatusCode::OK),
        other => done(&door, other),
    })
}
