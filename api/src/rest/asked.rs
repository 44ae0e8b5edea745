//! A request for something that one needs a right for, or that changes something: all that it brings, and in which order
//! that is looked at.

use super::{Door, params};
use crate::desk::{Expected, Idempotency};
use crate::error::Result;
use crate::news::Version;
use crate::web::{Caller, If, Param, Params, Problem, condition, read_document, read_write, ready};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a request brings, of which nothing has been looked at yet.
pub struct Asked {
    pub door: Door,
    pub caller: Caller,
    pub headers: HeaderMap,
    method: Method,
    /// Without what stands between percent signs, so that two spellings of one address are one.
    address: String,
    query: Option<String>,
    body: std::result::Result<Bytes, BytesRejection>,
}

/// What a writing request says.
pub struct Said<T> {
    pub content: T,
    pub expected: Option<Expected>,
    pub repeat: Option<Idempotency>,
}

/// Whose key it takes.
#[derive(Clone, Copy)]
pub enum Right {
    /// To publish.
    Desk,
    /// To administer.
    Administration,
    /// To look after webhooks: one's own, or all.
    Webhooks,
}

impl FromRequest<Door> for Asked {
    type Rejection = Problem;

    async fn from_request(request: Request, door: &Door) -> std::result::Result<Asked, Problem> {
        let (mut parts, body) = request.into_parts();
        let Ok(caller) = Caller::from_request_parts(&mut parts, door).await;
        let method = parts.method.clone();
        let headers = parts.headers.clone();
        let query = parts.uri.query().map(str::to_owned);
        let address = percent_decode_str(parts.uri.path()).decode_utf8_lossy().into_owned();
        let body = Bytes::from_request(Request::from_parts(parts, body), door).await;
        Ok(Asked {
            door: door.clone(),
            caller,
            headers,
            method,
            address,
            query,
            body,
        })
    }
}

impl Asked {
    /// A reading without parameters, whose answer is for the asker alone.
    pub fn plain(&self) -> Result<()> {
        self.caller.readings.personal();
        params::none(self.query.as_deref())
    }

    /// The same with parameters.
    pub fn params(&self, known: &'static [Param]) -> Params<'_> {
        self.caller.readings.personal();
        Params::read(self.query.as_deref(), known)
    }

    /// First the key: a stranger learns nothing of the rules.
    pub fn admitted(&self, right: Right) -> Result<()> {
        self.plain()?;
        match right {
            Right::Desk => self.door.desk.admit(&self.caller.viewer),
            Right::Administration => self.door.access.admit(&self.caller.viewer),
            Right::Webhooks => self.door.webhooks.admit(&self.caller.viewer).map(|_| ()),
        }
    }

    /// What one asked to read, as JSON. `version`: of the one thing that it is about.
    pub fn answer<T: Serialize>(&self, version: Option<i32>, value: &T) -> Result<Response> {
        ready(&self.headers, &self.caller, version, value)
    }

    /// The precondition of a request that has no body.
    pub fn expected(&self) -> Result<Option<Expected>> {
        Ok(condition(&self.headers)?.map(expected))
    }

    /// The body as JSON, with its precondition and its `Idempotency-Key`.
    pub fn said<T: DeserializeOwned>(&mut self, right: Right) -> Result<Said<T>, Response> {
        self.admitted(right).map_err(IntoResponse::into_response)?;
        let body = std::mem::replace(&mut self.body, Ok(Bytes::new()));
        let write = read_write(&self.method, &self.address, &self.headers, body)?;
        Ok(Said::of(write.content, write.condition, write.repeat))
    }

    /// The same of a document in another's format, as it came.
    pub fn document(&mut self, right: Right) -> Result<Said<Bytes>, Response> {
        self.admitted(right).map_err(IntoResponse::into_response)?;
        let body = std::mem::replace(&mut self.body, Ok(Bytes::new()));
        let write = read_document(&self.method, &self.address, &self.headers, body)?;
        Ok(Said::of(write.content, write.condition, write.repeat))
    }
}

impl<T> Said<T> {
    fn of(content: T, condition: Option<If>, repeat: Option<(String, Vec<u8>)>) -> Said<T> {
        Said {
            content,
            expected: condition.map(expected),
            repeat: repeat.map(|(key, fingerprint)| Idempotency { key, fingerprint }),
        }
    }
}

fn expected(condition: If) -> Expected {
    let versions = |versions: Vec<i32>| versions.into_iter().map(Version).collect();
    match condition {
        If::Exists => Expected::AnyVersion,
        If::Versions(several) => Expected::OneOf(versions(several)),
        If::Waiting {
            revisions,
            versions: several,
        } => Expected::Waiting {
            revisions,
            versions: versions(several),
        },
        If::Absent => Expected::Nothing,
    }
}
