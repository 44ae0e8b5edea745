//! The reference page at `/docs` and the document it shows. Nothing of it comes from elsewhere.

use super::Door;
use super::openapi::document;
use crate::web::{Assets, Operation, Policy, file, page_rules};
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use std::sync::OnceLock;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// The page's own files and our own address. Swagger UI writes styles into its elements and draws with `data:` images.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Written once: a program has one contract.
static DOCUMENT: OnceLock<Assets> = OnceLock::new();

fn written(others: &[Operation]) -> Assets {
    let bytes: &'static [u8] = Box::leak(document(others).to_string().into_bytes().into_boxed_slice());
    Box::leak(Box::new([("openapi.json", "application/json", bytes)]))
}

pub fn router(others: &[Operation]) -> Router<Door> {
    DOCUMENT.get_or_init(|| written(others));
    let config = Config::from("/openapi.json").try_it_out_enabled(true);
    // Without a word on it the page would send the document's address to a validator on the internet.
    let page = SwaggerUi::new("/docs").config(config.validator_url("none"));
    Router::new()
        .merge(page)
        .layer(from_fn(sealed))
        .route("/openapi.json", get(openapi))
}

/// The library's answers know neither a cache policy nor a security policy.
async fn sealed(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let policy = match response.status() {
        StatusCode::OK | StatusCode::SEE_OTHER => Policy::Program,
        _ => Policy::Never,
    };
    policy.write(response.headers_mut());
    page_rules(response.headers_mut(), POLICY);
    response
}

async fn openapi(headers: HeaderMap) -> Response {
    let document = DOCUMENT.get().copied().unwrap_or_default();
    file(document, "openapi.json", &headers).unwrap_or_default()
}
