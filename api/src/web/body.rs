//! Writes: a JSON body, `If-Match`, and the `Idempotency-Key`.

use super::problem::Problem;
use crate::error::{Error, Kind, Result};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// What a writing request says besides its address.
#[derive(Debug)]
pub struct Write<T> {
    pub content: T,
    /// `None` inside the list stands for `*`; see `If`.
    pub condition: Option<If>,
    /// Key and fingerprint.
    pub repeat: Option<(String, Vec<u8>)>,
}

/// The precondition of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum If {
    /// `If-Match: *`
    Exists,
    /// `If-Match` with ETags, by the version inside each.
    Versions(Vec<i32>),
    /// The same where one is of what waits under embargo: by the revision inside it.
    Waiting { revisions: Vec<i32>, versions: Vec<i32> },
    /// `If-None-Match: *`
    Absent,
}

/// Reads a writing request. `address` is part of what makes a repeated request the same.
pub fn read_write<T: DeserializeOwned>(
    method: &Method,
    address: &str,
    headers: &HeaderMap,
    body: std::result::Result<Bytes, BytesRejection>,
) -> std::result::Result<Write<T>, Response> {
    let body = body.map_err(|rejection| refused(&rejection))?;
    check_type(headers).map_err(IntoResponse::into_response)?;
    let repeat = idempotency_key(method, address, headers, &body).map_err(IntoResponse::into_response)?;
    let condition = condition(headers).map_err(IntoResponse::into_response)?;
    let content = serde_json::from_slice(&body).map_err(|e| unreadable(&e).into_response())?;
    Ok(Write {
        content,
        condition,
        repeat,
    })
}

/// The same of a document in another's format, as it came.
pub fn read_document(
    method: &Method,
    address: &str,
    headers: &HeaderMap,
    body: std::result::Result<Bytes, BytesRejection>,
) -> std::result::Result<Write<Bytes>, Response> {
    let content = body.map_err(|rejection| refused(&rejection))?;
    let repeat = idempotency_key(method, address, headers, &content).map_err(IntoResponse::into_response)?;
    let condition = condition(headers).map_err(IntoResponse::into_response)?;
    Ok(Write {
        content,
        condition,
        repeat,
    })
}

/// The media type of a request's body, in small letters and without parameters.
pub fn media_type(headers: &HeaderMap) -> String {
    let said = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let bare = said.unwrap_or_default().split(';').next().unwrap_or_default();
    bare.trim().to_ascii_lowercase()
}

/// 415, where only a form is taken.
pub fn unsupported_form() -> Response {
    let detail = "Send `Content-Type: application/x-www-form-urlencoded`.";
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail).into_response()
}

/// 415, naming what would be taken.
pub fn unsupported(others: &[&str]) -> Response {
    let detail = format!(
        "Send `Content-Type: application/json` (UTF-8; a story in Dateline's own words), or a document as {}.",
        others.join(", ")
    );
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail).into_response()
}

fn refused(rejection: &BytesRejection) -> Response {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = "The body is larger than this server takes (server.body_limit).";
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail).into_response();
    }
    Problem::new(
        StatusCode::BAD_REQUEST,
        "unreadable_body",
        "The body could not be read to its end.",
    )
    .into_response()
}

fn check_type(headers: &HeaderMap) -> std::result::Result<(), Problem> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let mut parts = kind.split(';').map(|p| p.trim().to_ascii_lowercase());
    let json = parts.next().is_some_and(|k| k == "application/json");
    let utf8 = parts.all(|p| {
        p.strip_prefix("charset=")
            .is_none_or(|c| c.trim_matches('"') == "utf-8")
    });
    if json && utf8 {
        return Ok(());
    }
    let detail = "Send `Content-Type: application/json` (UTF-8).";
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        detail,
    ))
}

/// A syntax error says where; a content error says which field, as serde puts it.
fn unreadable(error: &serde_json::Error) -> Error {
    let place = format!("line {}, column {}", error.line(), error.column());
    if error.is_data() {
        let said = error.to_string();
        let said = said.split(" at line ").next().unwrap_or_default();
        let brief: String = said.chars().take(500).collect();
        return Error::new(
            Kind::Content,
            "invalid_content",
            format!("The JSON does not fit at {place}: {brief}."),
        );
    }
    Error::request("invalid_json", format!("The body is not valid JSON: {place}."))
}

/// `If-Match`, or `If-None-Match: *`.
pub fn condition(headers: &HeaderMap) -> Result<Option<If>> {
    let said = |name| {
        let values: Vec<&str> = headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).collect();
        (!values.is_empty()).then(|| values.join(","))
    };
    if let Some(tags) = said(header::IF_MATCH) {
        if tags.trim() == "*" {
            return Ok(Some(If::Exists));
        }
        // A tag that is not one of ours matches no version.
        let inside = |letter| tags.split(',').filter_map(|tag| number_in(tag, letter)).collect();
        let (versions, revisions): (Vec<i32>, Vec<i32>) = (inside('v'), inside('p'));
        if revisions.is_empty() {
            return Ok(Some(If::Versions(versions)));
        }
        return Ok(Some(If::Waiting { revisions, versions }));
    }
    match said(header::IF_NONE_MATCH).as_deref().map(str::trim) {
        None => Ok(None),
        Some("*") => Ok(Some(If::Absent)),
        Some(_) => Err(Error::request(
            "unsupported_condition",
            "On a write, `If-None-Match` can only be `*`.",
        )),
    }
}

/// The number inside an ETag: a story's version in `W/"v3-0a1b"` or `"v3"`, the revision of what waits in `"p3"`.
fn number_in(tag: &str, letter: char) -> Option<i32> {
    let opaque = tag.trim().trim_start_matches("W/").trim_matches('"');
    opaque.strip_prefix(letter)?.split('-').next()?.parse().ok()
}

/// The `Idempotency-Key`, with a fingerprint of the request.
pub fn idempotency_key(
    method: &Method,
    address: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Option<(String, Vec<u8>)>> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    // The draft says a structured string, with quotes; everybody else sends none.
    let key = value
        .to_str()
        .ok()
        .map(|k| k.trim().trim_matches('"'))
        .filter(|k| (1..=255).contains(&k.len()) && !k.contains('\t'));
    let (Some(key), None) = (key, values.next()) else {
        return Err(Error::request(
            "invalid_idempotency_key",
            "`Idempotency-Key` must be one value of 1 to 255 printable ASCII characters, such as a UUID.",
        ));
    };
    let mut hash = Sha256::new();
    for part in [method.as_str().as_bytes(), address.as_bytes(), body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    Ok(Some((key.to_owned(), hash.finalize().to_vec())))
}
