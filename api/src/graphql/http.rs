//! GraphQL over HTTP: a request comes in as HTTP, is read, measured, run within a deadline, and answered with the
//! status, the media type and the headers the specification asks for.
//!
//! **Purpose.** `async-graphql-axum` runs mutations by GET and from other sites' forms, ignores `Accept` and answers
//! everything with 200; so this door is our own. It follows the GraphQL-over-HTTP specification's drafts of 2025,
//! which today's clients and audits are written to.
//!
//! **Cast.** [`GraphqlDoor`] holds the schema, the limits and the documents already parsed; [`prepare`] reads a request
//! and [`Prepared::run`] answers it; `accept` chooses the media type, `request` reads the parameters and `faults` gives the library's errors
//! their codes.
//!
//! **Promises.** Nothing runs by GET but queries. Nothing runs that a page on another site could send without the
//! browser asking first (only `application/json` is read). An answer to a request that was not executed has no
//! `data`. Every error has `extensions.code`; a resolver's error without one was not written for readers, so it is
//! logged and answered as `INTERNAL_SERVER_ERROR`. Statuses:
//!
//! | | `application/graphql-response+json` | `application/json` |
//! |---|---|---|
//! | executed, also with errors | 200 | 200 |
//! | no request that can be read (bad JSON, no `query`, a batch) | 400 | 400 |
//! | refused (syntax, validation, limits) | 400 | 200 |
//! | a mutation by GET | 405 | 405 |
//! | the key's limit is used up | 429 | 429 |
//! | the deadline passed | 503 | 503 |
//!
//! What is not even a GraphQL request (405, 406, 415) is answered with `application/problem+json`. The specification's
//! edition of September 2026 has 422 where this has 400 for validation, and 294 for partial success; see `status`.

mod accept;
mod events;
mod faults;
mod request;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Request, ServerError, Value};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, RETRY_AFTER, VARY};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::limits::{self, Checked, Code, Limits, Operation, Refusal, excerpt};
use super::trusted::Trusted;
use crate::access::Wait;
use crate::web::{Policy, Problem, etag_of};
use accept::Media;
pub use accept::{Stream, streams};
pub use events::Event;
use faults::{invalid, told};
pub use request::Asked;

/// What one `/graphql` needs. One for the whole server.
pub struct GraphqlDoor<E> {
    /// The schema, built with `limit_complexity(limits.cost)` and `limit_recursive_depth(limits.levels())`, without
    /// `limit_depth` (it would refuse introspection) and without extensions (they halve the speed).
    pub schema: E,
    pub limits: Limits,
    /// Whether the schema may be asked for. Refused here with a code; the schema need not know.
    pub introspection: bool,
    /// How long an operation may run.
    pub deadline: Duration,
    pub max_answer_bytes: usize,
    pub documents: Documents,
    pub trusted: Trusted,
}

impl<E> GraphqlDoor<E> {
    /// Keeps a document that has passed validation, unless it is kept already.
    fn keep(&self, hash: [u8; 32], document: Arc<Checked>) {
        if self.trusted.with_hash(hash).is_none() {
            self.documents.0.insert(hash, document);
        }
    }
}

/// Documents that were parsed, found within the limits and run, by the SHA-256 of their text. Never more than a
/// number of bytes; what is asked for least goes first. A document can be asked for by its hash alone.
pub struct Documents(quick_cache::sync::Cache<[u8; 32], Arc<Checked>, ByTree>);

#[derive(Clone)]
struct ByTree;

impl quick_cache::Weighter<[u8; 32], Arc<Checked>> for ByTree {
    fn weight(&self, _: &[u8; 32], document: &Arc<Checked>) -> u64 {
        document.weight()
    }
}

impl Documents {
    /// Room for parsed documents of about so many bytes together.
    pub fn holding(bytes: usize) -> Self {
        const USUAL: usize = 24 * 1024;
        Self(quick_cache::sync::Cache::with_weighter(
            bytes / USUAL + 1,
            bytes as u64,
            ByTree,
        ))
    }
}

/// What may be run the way a request came.
#[derive(Clone, Copy)]
pub struct Way {
    pub mutations: bool,
    pub subscriptions: bool,
}

/// A request that was read, measured and found fit to run.
pub struct Prepared<'a, E> {
    door: &'a GraphqlDoor<E>,
    media: Media,
    hash: [u8; 32],
    checked: Arc<Checked>,
    kind: OperationType,
    request: Request,
}

/// Reads an HTTP request whose answer is to be a stream, or says at once what is wrong with it.
pub fn read_streamed(
    method: &Method,
    headers: &HeaderMap,
    query: Option<&str>,
    body: &[u8],
) -> Result<(Way, Asked), Response> {
    only_known(method)?;
    only_json(method, headers)?;
    let way = Way {
        mutations: *method == Method::POST,
        subscriptions: true,
    };
    let asked = Asked::read(method, query, body);
    Ok((way, asked.map_err(|refusal| refused(refusal, Media::GraphqlResponse))?))
}

/// Whether a request may ask for a subscription. In doubt it may: this only saves looking at it twice.
pub fn may_subscribe(asked: &Asked) -> bool {
    asked.text.as_ref().is_none_or(|text| text.contains("subscription"))
}

fn only_known(method: &Method) -> Result<(), Response> {
    if *method == Method::GET || *method == Method::POST {
        return Ok(());
    }
    let detail = "GraphQL is asked by GET (queries) and POST.";
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
    Err(([(ALLOW, "GET, POST")], problem).into_response())
}

fn only_json(method: &Method, headers: &HeaderMap) -> Result<(), Response> {
    if *method != Method::POST || request::is_json(headers) {
        return Ok(());
    }
    let detail = "The body must be application/json in UTF-8, and Content-Type must say so.";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail).into_response())
}

/// Reads one HTTP request to `/graphql`, or says at once what is wrong with it.
///
/// `query` is the query string without `?`. The body must have been limited in size by a layer outside.
pub fn prepare<'a, E>(
    door: &'a GraphqlDoor<E>,
    method: &Method,
    headers: &HeaderMap,
    query: Option<&str>,
    body: &[u8],
) -> Result<Prepared<'a, E>, Response> {
    only_known(method)?;
    let Some(media) = accept::negotiate(headers) else {
        let detail = "This address answers with application/graphql-response+json or application/json.";
        return Err(Problem::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", detail).into_response());
    };
    only_json(method, headers)?;
    let asked = Asked::read(method, query, body).map_err(|refusal| refused(refusal, media))?;
    let way = Way {
        mutations: *method == Method::POST,
        subscriptions: false,
    };
    fit(door, way, media, asked).map_err(|refusal| refused(refusal, media))
}

/// The same for a request that is answered on a stream.
pub fn prepare_streamed<E>(door: &GraphqlDoor<E>, way: Way, asked: Asked) -> Result<Prepared<'_, E>, Refusal> {
    fit(door, way, Media::GraphqlResponse, asked)
}

/// Finds the document, asks the limits, and makes the one operation ready.
fn fit<'a, E>(door: &'a GraphqlDoor<E>, way: Way, media: Media, asked: Asked) -> Result<Prepared<'a, E>, Refusal> {
    let (hash, checked) = document(door, &asked)?;
    let operation = checked.operation(asked.operation_name.as_deref())?;
    allowed(door, way, operation)?;

    let mut request = Request::new(asked.text.unwrap_or_default());
    request.operation_name = asked.operation_name;
    request.variables = asked.variables;
    complete(&mut request, operation)?;
    operation.fits(&request.variables, &door.limits)?;
    let kind = operation.kind;
    Ok(Prepared {
        door,
        media,
        hash,
        checked,
        kind,
        request,
    })
}

impl<E> Prepared<'_, E> {
    pub fn is_query(&self) -> bool {
        self.kind == OperationType::Query
    }

    pub fn is_subscription(&self) -> bool {
        self.kind == OperationType::Subscription
    }

    /// The request as it would be run, to be measured.
    pub fn to_measure(&self) -> Request {
        let mut request = Request::new("");
        request.operation_name = self.request.operation_name.clone();
        request.variables = self.request.variables.clone();
        request.set_parsed_query(self.checked.document.clone());
        request
    }

    /// What makes the answer what it is, save who asks and when: document, operation, variables, media type.
    pub fn key(&self) -> Vec<u8> {
        let mut key = self.hash.to_vec();
        key.push(match self.media {
            Media::GraphqlResponse => 1,
            Media::Json => 2,
        });
        if let Some(name) = &self.request.operation_name {
            key.extend_from_slice(name.as_bytes());
        }
        // No name has a zero in it; and JSON objects are written in the order of their names.
        key.push(0);
        if serde_json::to_writer(&mut key, &self.request.variables).is_err() {
            // Not to be met. Then it is a request like no other.
            key.extend_from_slice(uuid::Uuid::new_v4().as_bytes());
        }
        key
    }
}

impl<E: Executor> Prepared<'_, E> {
    /// Runs it. `attach` puts the request's own data (viewer, clock, loaders) into it. Loaders that `attach` puts in are
    /// run by whoever polls the future, see `super::together`.
    pub async fn run(self, attach: impl FnOnce(Request) -> Request) -> Response {
        let Prepared {
            door,
            media,
            hash,
            checked,
            kind,
            mut request,
        } = self;
        request.set_parsed_query(checked.document.clone());
        let Ok(response) = tokio::time::timeout(door.deadline, door.schema.execute(attach(request))).await else {
            return refused(too_late(kind, door.deadline), media);
        };
        if !is_request_error(&response) {
            // Only what has passed validation is worth its place.
            door.keep(hash, checked);
        }
        written(Outcome { kind, response }, media, door)
    }
}

/// An operation that was handed to the schema, and what came of it.
struct Outcome {
    kind: OperationType,
    response: async_graphql::Response,
}

/// The document that is asked for: a registered one, one of those kept, or by parsing it.
fn document<E>(door: &GraphqlDoor<E>, asked: &Asked) -> Result<([u8; 32], Arc<Checked>), Refusal> {
    let trusted = &door.trusted;
    let (hash, registered) = match (&asked.text, asked.hash, &asked.name) {
        (Some(text), named, _) => {
            limits::length(text, &door.limits)?;
            let hash = Sha256::digest(text).into();
            if named.is_some_and(|named| named != hash) {
                let message = "`extensions.persistedQuery.sha256Hash` is not the SHA-256 of `query`.";
                return Err(Refusal::new(Code::PersistedQueryMismatch, message));
            }
            (Some(hash), trusted.with_text(hash))
        }
        (None, Some(hash), _) => (Some(hash), trusted.with_hash(hash)),
        (None, None, Some(name)) => (None, trusted.with_name(name)),
        (None, None, None) => (None, None),
    };
    if let Some(registered) = registered {
        return Ok(registered);
    }
    if trusted.only {
        let message = "This server runs registered documents only, and this is none of them.";
        return Err(Refusal::new(Code::DocumentNotTrusted, message));
    }
    if let Some(hash) = hash
        && let Some(kept) = door.documents.0.get(&hash)
    {
        return Ok((hash, kept));
    }
    match (hash, &asked.text) {
        (Some(hash), Some(text)) => Ok((hash, Arc::new(limits::check(text, &door.limits)?))),
        // The message is what Apollo's clients look for before they send the text along.
        (_, None) | (None, Some(_)) => Err(Refusal::new(Code::PersistedQueryNotFound, "PersistedQueryNotFound")),
    }
}

/// Whether this operation may be run by this method, here, at this size.
fn allowed<E>(door: &GraphqlDoor<E>, way: Way, operation: &Operation) -> Result<(), Refusal> {
    match operation.kind {
        OperationType::Query => {}
        OperationType::Mutation if way.mutations => {}
        OperationType::Mutation => {
            return Err(Refusal::new(
                Code::MutationNeedsPost,
                "A mutation is sent by POST; GET runs queries only.",
            ));
        }
        OperationType::Subscription if way.subscriptions => one_root_field(operation)?,
        OperationType::Subscription => {
            let message = "Subscriptions are not served at this address by GET or POST: it answers once. \
                           They need a stream: a WebSocket (graphql-transport-ws), or Accept: text/event-stream.";
            return Err(Refusal::new(Code::SubscriptionNotSupported, message));
        }
    }
    if operation.introspects() && !door.introspection {
        let message = "Introspection is switched off here; the schema is at /schema.graphql.";
        return Err(Refusal::new(Code::IntrospectionDisabled, message));
    }
    operation.within(&door.limits)
}

/// The specification's "single root field" (§5.2.4.1).
fn one_root_field(operation: &Operation) -> Result<(), Refusal> {
    if operation.root_field {
        return Ok(());
    }
    let message = "A subscription has exactly one field at its root, written there and not in a fragment.";
    Err(Refusal::new(Code::ValidationFailed, message))
}

/// The part of the specification's `CoerceVariableValues` that the library leaves out: it lets a required variable
/// be absent until a field asks for it, and it forgets defaults in `@skip` and `@include`.
fn complete(request: &mut Request, operation: &Operation) -> Result<(), Refusal> {
    for name in &operation.required {
        if request.variables.get(name).is_none_or(|value| *value == Value::Null) {
            let message = format!("The variable `${}` must be given and must not be null.", excerpt(name));
            return Err(Refusal::new(Code::BadUserInput, message));
        }
    }
    for (name, default) in &operation.defaults {
        request.variables.entry(name.clone()).or_insert_with(|| default.clone());
    }
    Ok(())
}

fn too_late(kind: OperationType, deadline: Duration) -> Refusal {
    let mut message = format!("The operation did not finish within {} s.", deadline.as_secs_f32());
    if kind == OperationType::Mutation {
        message.push_str(" Whether it took effect is not known: look before you send it again.");
    }
    Refusal::new(Code::DeadlineExceeded, message)
}

/// The library gives the same shape to both kinds of failure; an error of execution always has the path of a field.
fn is_request_error(response: &async_graphql::Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// The answer as it is written. `data` is absent where nothing was executed, and null where execution failed.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: &'a BTreeMap<String, Value>,
}

fn written<E>(outcome: Outcome, media: Media, door: &GraphqlDoor<E>) -> Response {
    let Outcome { kind, mut response } = outcome;
    if is_request_error(&response) {
        return refusals(invalid(response.errors, &door.limits), media);
    }
    told(&mut response.errors);
    let written = Written {
        errors: &response.errors,
        data: Some(&response.data),
        extensions: &response.extensions,
    };
    let Some(bytes) = json(&written, door.max_answer_bytes) else {
        let limit = door.max_answer_bytes;
        let mut message = format!("The answer is longer than the limit of {limit} bytes; ask for less at once.");
        if kind == OperationType::Mutation {
            message.push_str(" The mutation was executed.");
        }
        return refused(Refusal::new(Code::AnswerTooLarge, message), media);
    };
    let cacheable = kind == OperationType::Query && response.errors.is_empty();
    let policy = if cacheable { Policy::Private } else { Policy::Never };
    let etag = cacheable.then(|| etag_of(None, &bytes));
    let mut answer = respond(StatusCode::OK, media, policy, bytes);
    if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(&etag).ok()) {
        answer.headers_mut().insert(ETAG, etag);
    }
    for (name, value) in &response.http_headers {
        // What the protocol says is said here; resolvers may add to it.
        if ![CONTENT_TYPE, CONTENT_LENGTH, CACHE_CONTROL, VARY].contains(name) {
            answer.headers_mut().append(name, value.clone());
        }
    }
    answer
}

fn refused(refusal: Refusal, media: Media) -> Response {
    let code = refusal.code;
    refusals_as(status(code, media), vec![refusal.into()], code, media)
}

/// The answer to a key whose limit is used up.
pub fn rate_limited(headers: &HeaderMap, wait: Wait) -> Response {
    let media = accept::negotiate(headers).unwrap_or(Media::GraphqlResponse);
    let mut response = refused(too_much(wait), media);
    let seconds = HeaderValue::from(wait.seconds);
    response.headers_mut().insert(RETRY_AFTER, seconds);
    response
}

/// The same on a stream.
pub fn too_much(wait: Wait) -> Refusal {
    Refusal::new(Code::RateLimited, wait.detail())
}

/// The answer to what the schema's own validation refused.
fn refusals(errors: Vec<ServerError>, media: Media) -> Response {
    let code = Code::ValidationFailed;
    refusals_as(status(code, media), errors, code, media)
}

fn refusals_as(status: StatusCode, errors: Vec<ServerError>, code: Code, media: Media) -> Response {
    let written = Written {
        errors: &errors,
        data: None,
        extensions: &BTreeMap::new(),
    };
    let bytes = json(&written, usize::MAX).unwrap_or_default();
    let mut response = respond(status, media, Policy::Never, bytes);
    let (name, value) = match code {
        Code::MutationNeedsPost => (ALLOW, "POST"),
        Code::DeadlineExceeded => (RETRY_AFTER, "1"),
        _ => return response,
    };
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}

/// The status of an answer without `data`. Clients from before the specification take anything but 2xx for an answer
/// of some proxy, so with `application/json` a request that could be read is answered 200.
fn status(code: Code, media: Media) -> StatusCode {
    match (code, media) {
        (Code::BadRequest | Code::BatchingNotSupported, _) => StatusCode::BAD_REQUEST,
        (Code::MutationNeedsPost, _) => StatusCode::METHOD_NOT_ALLOWED,
        (Code::DeadlineExceeded, _) => StatusCode::SERVICE_UNAVAILABLE,
        (Code::RateLimited, _) => StatusCode::TOO_MANY_REQUESTS,
        (_, Media::GraphqlResponse) => StatusCode::BAD_REQUEST,
        (_, Media::Json) => StatusCode::OK,
    }
}

/// JSON text of at most so many bytes. Writing stops where there would be more.
fn json(value: &impl Serialize, most: usize) -> Option<Vec<u8>> {
    struct Bounded {
        bytes: Vec<u8>,
        most: usize,
    }
    impl io::Write for Bounded {
        fn write(&mut self, more: &[u8]) -> io::Result<usize> {
            if more.len() > self.most - self.bytes.len() {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            self.bytes.extend_from_slice(more);
            Ok(more.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut bounded = Bounded {
        bytes: Vec::with_capacity(most.min(4096)),
        most,
    };
    serde_json::to_writer(&mut bounded, value).ok().map(|()| bounded.bytes)
}

fn respond(status: StatusCode, media: Media, policy: Policy, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, media.content_type());
    policy.write(headers);
    response
}
