//! Answers: JSON with an ETag, `Cache-Control` and `Vary`, or 304. One place writes these headers.

use super::caller::Caller;
use super::problem::Problem;
use crate::error::{Error, Result};
use crate::page::Slice;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Who may keep an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Everybody, for a second: a withdrawal must be everywhere within one.
    Public,
    /// The asker alone, and he asks again each time.
    Private,
    /// Nobody.
    Never,
    /// Files that only change with the program.
    Program,
}

/// What an answer depends on. Its packing is among it here already, because a 304 has no body to pack and must say the
/// same (RFC 9110 §15.4.5).
const FOR_THE_ASKER: &str = "accept, accept-encoding, authorization";

impl Policy {
    pub fn of(caller: &Caller) -> Policy {
        if caller.is_public() {
            Policy::Public
        } else {
            Policy::Private
        }
    }

    pub fn cache_control(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Policy::Public => "public, max-age=1",
            Policy::Private => "private, no-cache",
            Policy::Never => "no-store",
            Policy::Program => "public, max-age=3600",
        })
    }

    pub fn write(self, headers: &mut HeaderMap) {
        let vary = match self {
            Policy::Public | Policy::Private | Policy::Never => FOR_THE_ASKER,
            Policy::Program => "accept-encoding",
        };
        headers.insert(header::CACHE_CONTROL, self.cache_control());
        headers.insert(header::VARY, HeaderValue::from_static(vary));
    }
}

/// A strong hash of what is sent, in a weak ETag: the same answer goes out in several encodings. A story's version comes
/// first, so that any ETag of it can stand in `If-Match`.
pub fn etag_of(version: Option<i32>, bytes: &[u8]) -> String {
    let hash: String = Sha256::digest(bytes)
        .iter()
        .take(12)
        .map(|b| format!("{b:02x}"))
        .collect();
    match version {
        Some(version) => format!("W/\"v{version}-{hash}\""),
        None => format!("W/\"{hash}\""),
    }
}

/// What a page of HTML may do: what this policy says (CSP), tell other sites no more than where ours is, and use nothing of
/// the reader's machine.
pub fn page_rules(headers: &mut HeaderMap, policy: &'static str) {
    const REFERRER_POLICY: HeaderName = HeaderName::from_static("referrer-policy");
    const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
    const NOTHING: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), fullscreen=(), geolocation=(), \
        gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()";
    let rules = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (PERMISSIONS_POLICY, NOTHING),
    ];
    for (name, rule) in rules {
        headers.insert(name, HeaderValue::from_static(rule));
    }
}

/// Writes a value, or 304 where the asker has it already.
pub fn ready<T: Serialize>(asked: &HeaderMap, caller: &Caller, version: Option<i32>, value: &T) -> Result<Response> {
    let bytes = serde_json::to_vec(value).map_err(Error::internal)?;
    written(asked, caller, version, "application/json", bytes)
}

/// The same for a page of HTML. It comes in one form only, whatever `Accept` says.
pub fn html(asked: &HeaderMap, caller: &Caller, version: Option<i32>, page: String) -> Result<Response> {
    document(
        asked,
        caller,
        Document {
            kind: "text/html; charset=utf-8",
            version,
            changed: None,
            bytes: page.into_bytes(),
        },
    )
}

/// What stands at an address that has one form only.
pub struct Document {
    /// Media type.
    pub kind: &'static str,
    /// Of the story that it is.
    pub version: Option<i32>,
    /// When what it shows last changed. It is told (`Last-Modified`) and decides nothing: a list from which a story was
    /// taken may be no younger for it, so only the ETag says that somebody has the newest.
    pub changed: Option<Timestamp>,
    pub bytes: Vec<u8>,
}

/// Writes a document, whatever `Accept` says.
pub fn document(asked: &HeaderMap, caller: &Caller, document: Document) -> Result<Response> {
    let mut response = formed(asked, caller, document)?;
    let vary = HeaderValue::from_static("accept-encoding, authorization");
    response.headers_mut().insert(header::VARY, vary);
    Ok(response)
}

/// Writes what is one of several forms at its address.
pub fn formed(asked: &HeaderMap, caller: &Caller, document: Document) -> Result<Response> {
    let Document {
        kind,
        version,
        changed,
        bytes,
    } = document;
    let mut response = written(asked, caller, version, kind, bytes)?;
    last_modified(response.headers_mut(), changed);
    Ok(response)
}

fn last_modified(headers: &mut HeaderMap, changed: Option<Timestamp>) {
    let date = changed.and_then(|at| DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok());
    if let Some(Ok(date)) = date.map(|date| HeaderValue::from_str(&date)) {
        headers.insert(header::LAST_MODIFIED, date);
    }
}

/// The same thing under its right name.
pub fn moved(caller: &Caller, path: &str) -> Response {
    let mut response = StatusCode::MOVED_PERMANENTLY.into_response();
    Policy::of(caller).write(response.headers_mut());
    if let Ok(path) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, path);
    }
    response
}

fn written(
    asked: &HeaderMap,
    caller: &Caller,
    version: Option<i32>,
    kind: &'static str,
    bytes: Vec<u8>,
) -> Result<Response> {
    let etag = etag_of(version, &bytes);
    let unchanged = matches(asked, &etag);
    let mut response = Response::new(if unchanged { Body::empty() } else { Body::from(bytes) });
    let headers = response.headers_mut();
    Policy::of(caller).write(headers);
    headers.insert(header::ETAG, HeaderValue::from_str(&etag).map_err(Error::internal)?);
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    Ok(response)
}

/// RFC 9110 §13.1.2: weak comparison, a list, or `*`.
pub(super) fn matches(asked: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let given = asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|v| v.to_str().ok());
    given
        .flat_map(|v| v.split(','))
        .any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}

/// Whether the asker takes JSON (RFC 9110 §12.5.1).
pub fn accepts_json(headers: &HeaderMap) -> std::result::Result<(), Problem> {
    let mut said = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .peekable();
    if said.peek().is_none() {
        return Ok(());
    }
    let takes = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let refused = parts.any(|p| {
            p.strip_prefix("q=")
                .is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0))
        });
        matches!(kind.as_str(), "*/*" | "application/*" | "application/json") && !refused
    };
    if said.flat_map(|v| v.split(',')).any(takes) {
        return Ok(());
    }
    let detail = "This address answers in application/json; `Accept` rules that out.";
    Err(Problem::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", detail))
}

/// `Link` headers (RFC 8288) to the next and the previous page: the same address with another cursor.
pub fn list_links<T>(response: &mut Response, uri: &Uri, slice: &Slice<T>) {
    let mut links = Vec::new();
    for (relation, name, cursor) in [("next", "after", slice.next()), ("prev", "before", slice.previous())] {
        if let Some(cursor) = cursor {
            let kept = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
                .filter(|(n, _)| n != "after" && n != "before");
            let query = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(kept)
                .append_pair(name, &cursor)
                .finish();
            links.push(format!("<{}?{query}>; rel=\"{relation}\"", uri.path()));
        }
    }
    if let Ok(value) = HeaderValue::from_str(&links.join(", "))
        && !links.is_empty()
    {
        response.headers_mut().insert(header::LINK, value);
    }
}

/// `Link: rel="canonical"` (RFC 6596): what was asked for is known by this address.
pub fn canonical(response: &mut Response, path: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("<{path}>; rel=\"canonical\"")) {
        response.headers_mut().insert(header::LINK, value);
    }
}

impl From<Problem> for Response {
    fn from(problem: Problem) -> Response {
        problem.into_response()
    }
}
