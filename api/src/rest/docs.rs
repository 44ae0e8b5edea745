//! The reference page at `/docs` and the document it shows. Nothing of it comes from elsewhere.

use super::Door;
use super::openapi::document;
use crate::web::file;
use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use std::sync::LazyLock;
use utoipa_swagger_ui::{Config, SwaggerUi};

static DOCUMENT: LazyLock<&'static [(&'static str, &'static str, &'static [u8])]> = LazyLock::new(|| {
    let bytes: &'static [u8] = Box::leak(document().to_string().into_bytes().into_boxed_slice());
    Box::leak(Box::new([("openapi.json", "application/json", bytes)]))
});

pub fn router() -> Router<Door> {
    Router::new()
        .route("/openapi.json", get(openapi))
        .merge(SwaggerUi::new("/docs").config(Config::from("/openapi.json").try_it_out_enabled(true)))
}

async fn openapi(headers: HeaderMap) -> Response {
    file(&DOCUMENT, "openapi.json", &headers).unwrap_or_default()
}
