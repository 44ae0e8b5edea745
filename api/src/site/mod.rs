//! The reader's page: what a story looks like on a news site. HTML without scripts, for people and for those who index.
//!
//! Cast: `front`, `story`, `topic` one page each; `frame` what stands around every page; `list` stories as rows, and the
//! links from page to page; `media` pictures; `schema` what search engines and chats read; `words` our own few words in
//! the reader's language.
//! Promises: every story's `url` leads somewhere; a page shows only what the gate shows the asker; nothing but a story's
//! sanitised body reaches the page unescaped; nothing is fetched from elsewhere but pictures; an error is a page too.

mod frame;
mod front;
mod list;
mod media;
mod schema;
mod story;
mod topic;
mod words;

use crate::archive::Archive;
use crate::web::{Assets, Kept, Policy, file, keep, not_found, page_rules};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{from_fn_with_state, map_response_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// What a reading brings to this door.
type Question = crate::web::Question<Archive>;

/// Every route of this door.
pub fn router(archive: Archive, kept: Kept) -> Router {
    Router::new()
        .route("/", get(front::page))
        .route("/articles/{slug}", get(story::page))
        .route("/topics", get(topic::index))
        .route("/topics/{slug}", get(topic::page))
        .layer(map_response_with_state(archive.clone(), dress))
        .layer(from_fn_with_state(kept, keep))
        .route("/assets/site.css", get(style))
        .with_state(archive)
}

/// No scripts, no frames, no forms; pictures from wherever publishers keep them. JSON-LD is data, which this does not
/// concern.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src https: http: data:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// The last touch to everything this door answers: the policy, and a page in place of a problem. The problem's own
/// status and headers stay; what it says about the request does not, so that a story one may not see answers exactly as
/// one that never was.
async fn dress(State(archive): State<Archive>, response: Response) -> Response {
    let status = response.status();
    let mut response = if status.is_client_error() || status.is_server_error() {
        let (mut head, _) = response.into_parts();
        head.headers.remove(header::CONTENT_LENGTH);
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        head.headers.insert(header::CONTENT_TYPE, html);
        Policy::Never.write(&mut head.headers);
        Response::from_parts(head, Body::from(frame::error(archive.site(), status)))
    } else {
        response
    };
    page_rules(response.headers_mut(), POLICY);
    response
}

const FILES: Assets = &[(
    "site.css",
    "text/css; charset=utf-8",
    include_bytes!("../../assets/site/site.css"),
)];

async fn style(headers: HeaderMap) -> Response {
    match file(FILES, "site.css", &headers) {
        Some(response) => response,
        None => not_found().await.into_response(),
    }
}
