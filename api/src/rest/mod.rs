//! The REST door: `/v1`, JSON, described by the OpenAPI document that is made from the same table as the routes.
//!
//! Cast: `routes` every route on one page, `openapi` the document, `params` the query parameters, `view` what a story
//! looks like, `frame` a story made into that, `forms` the same as ninjs, NewsML-G2 and JSON-LD, `listing` lists of stories, `articles`, `news_page`, `topics`, `collections`, `channels`, `viewer` the
//! readings, `asked` what a request brings that needs a right, `wire` the doors for those who follow, `search` what is looked for, `explain` why somebody sees a story or not, `writes` and
//! `steps` the desk's side, `vestibule` what waits under embargo, `administration` partners and keys, `sources` where stories are pulled from, `webhooks` where changes are posted to, `usage` who read what, `docs` the page.
//! Promises: a handler reads the request, asks one room, renders the answer; unknown and repeated parameters are
//! refused by name; every GET has an ETag and a cache policy; every error is a problem (RFC 9457).

mod administration;
mod articles;
mod asked;
mod channels;
mod collections;
mod docs;
mod explain;
mod forms;
mod frame;
mod listing;
mod news_page;
mod openapi;
mod params;
mod routes;
mod search;
mod sources;
mod steps;
mod topics;
mod usage;
mod vestibule;
mod view;
mod viewer;
mod webhooks;
mod wire;
mod writes;

pub use openapi::document;
pub use sources::PulledSourceView;
pub use webhooks::{WebhookAttempt, WebhookView};
pub use wire::views as entry_views;

use crate::access::Access;
use crate::archive::Archive;
use crate::clock::Clock;
use crate::desk::Desk;
use crate::source::Sources;
use crate::web::{Kept, Operation, Streams, accepts_json, choose, keep};
use crate::webhook::Webhooks;
use crate::wire::Wire;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};

/// The rooms this door opens into.
#[derive(Clone)]
pub struct Door {
    pub archive: Archive,
    pub desk: Desk,
    pub wire: Wire,
    pub kept: Kept,
    pub access: Access,
    pub sources: Sources,
    pub webhooks: Webhooks,
    pub streams: Streams,
    pub clock: Clock,
}

/// What a reading brings to this door.
type Question = crate::web::Question<Door>;

/// Every route of this door. `others`: readings of other doors, which the reference names too.
pub fn router(door: Door, others: &[Operation]) -> Router {
    let (mut kept, mut formed, mut live) = (Router::new(), Router::new(), Router::new());
    for route in routes::table() {
        match route.answer {
            _ if route.has_forms() => formed = formed.route(route.path, route.handler),
            routes::Shape::Live(..) | routes::Shape::Table(_) => live = live.route(route.path, route.handler),
            routes::Shape::One(_)
            | routes::Shape::ListOf(_)
            | routes::Shape::Written
            | routes::Shape::Made(_)
            | routes::Shape::Waits
            | routes::Shape::Removed { .. } => {
                kept = kept.route(route.path, route.handler);
            }
        }
    }
    let formed = formed
        .layer(from_fn_with_state(door.kept.clone(), keep))
        .layer(from_fn(choose));
    kept.layer(from_fn_with_state(door.kept.clone(), keep))
        .layer(from_fn(negotiate))
        .merge(formed)
        .merge(live)
        .merge(docs::router(others))
        .with_state(door)
}

/// All that has no other forms speaks JSON; who will not take that is told before any work is done.
async fn negotiate(request: Request, next: Next) -> Response {
    match accepts_json(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}
