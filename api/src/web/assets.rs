//! Files that are in the binary.

use super::answer::{Policy, etag_of, matches};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

/// Embedded files: path, media type, bytes.
pub type Assets = &'static [(&'static str, &'static str, &'static [u8])];

/// Serves one of them.
pub fn file(assets: Assets, path: &str, asked: &HeaderMap) -> Option<Response> {
    let (_, kind, bytes) = assets.iter().find(|(name, _, _)| *name == path)?;
    let etag = etag_of(None, bytes);
    let known = matches(asked, &etag);
    let mut response = Response::new(if known { Body::empty() } else { Body::from(*bytes) });
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    Policy::Program.write(headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    Some(response)
}
