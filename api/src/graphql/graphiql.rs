//! GraphiQL, all of it in the binary.

use super::Door;
use crate::web::{Assets, Problem, Segment, file, not_found, page_rules};
use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;

macro_rules! asset {
    ($name:literal, $kind:literal) => {
        ($name, $kind, include_bytes!(concat!("../../assets/graphiql/", $name)))
    };
}

const FILES: Assets = &[
    asset!("index.html", "text/html; charset=utf-8"),
    asset!("start.js", "text/javascript; charset=utf-8"),
    asset!("start.css", "text/css; charset=utf-8"),
    asset!("graphiql.min.js", "text/javascript; charset=utf-8"),
    asset!("graphiql.min.css", "text/css; charset=utf-8"),
    asset!("react.production.min.js", "text/javascript; charset=utf-8"),
    asset!("react-dom.production.min.js", "text/javascript; charset=utf-8"),
    asset!("LICENSES.txt", "text/plain; charset=utf-8"),
];

/// Only our own files, only our own address: a page that holds a publisher's key runs nobody else's script.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; font-src 'self' data:; \
    style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub fn router() -> Router<Door> {
    Router::new()
        .route("/graphiql", get(index))
        .route("/graphiql/{name}", get(one))
}

async fn index(headers: HeaderMap) -> Result<Response, Problem> {
    serve("index.html", &headers).await
}

async fn one(Segment(name): Segment, headers: HeaderMap) -> Result<Response, Problem> {
    serve(&name, &headers).await
}

async fn serve(name: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let Some(mut response) = file(FILES, name, headers) else {
        return Err(not_found().await);
    };
    page_rules(response.headers_mut(), POLICY);
    Ok(response)
}
