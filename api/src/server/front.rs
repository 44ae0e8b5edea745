//! The shortest way to an answer that is kept: before the doors and the layers around them.
//!
//! Most of what a busy server is asked it has just answered. For an anonymous reading, everything that an answer depends
//! on stands in the request's line, a few headers and (GraphQL) a short body; where these name an answer that is still
//! good, it is sent from here. All else goes the whole way, which also decides under which name an answer is kept.

use super::gatekeeper::Peer;
use super::{NOSNIFF, REQUEST_ID, is_plain_id};
use crate::clock::Clock;
use crate::web::{Alias, Answer, Form, Kept, Key, Policy, Punctual};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};
use bytes::Bytes;
use futures::future::{BoxFuture, Either, Ready, ready};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tower::ServiceExt;
use uuid::Uuid;

/// Bodies that are looked at here, in bytes.
const SHORT: u64 = 64 * 1024;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

#[derive(Clone)]
pub struct Front {
    router: Router,
    kept: Kept,
    clock: Clock,
    /// How long a body may take.
    body_time: Duration,
    /// What every answer says besides, to other sites' pages among others; none where that depends on the site, or where
    /// everybody is counted who comes: then nobody is answered here.
    besides: Option<Arc<[(HeaderName, HeaderValue)]>>,
    /// Whether everybody sees the same.
    open: bool,
    /// The other end of the connection.
    peer: Option<Peer>,
}

type Answered = Result<Response<Body>, Infallible>;

impl Front {
    pub fn new(
        router: Router,
        kept: Kept,
        clock: Clock,
        body_time: Duration,
        sharing: Option<Vec<(HeaderName, HeaderValue)>>,
        open: bool,
    ) -> Front {
        let besides = sharing.map(|mut besides| {
            besides.push((header::X_CONTENT_TYPE_OPTIONS, NOSNIFF));
            // Its place is taken by each request's own.
            besides.push((REQUEST_ID, HeaderValue::from_static("-")));
            besides.into()
        });
        Front {
            router,
            kept,
            clock,
            body_time,
            besides,
            open,
            peer: None,
        }
    }

    /// For one connection.
    pub fn speaking_to(self, peer: Peer) -> Front {
        Front {
            peer: Some(peer),
            ..self
        }
    }

    /// An answer that is kept under this name, as it is sent.
    fn find(&self, key: &[u8], asked: &HeaderMap, policy: Policy, begun: Instant) -> Option<Response<Body>> {
        let answer = self.kept.find(key, self.clock.now())?;
        let besides = self.besides.as_deref().unwrap_or_default();
        let mut response = self.kept.write_shared(&answer, asked, policy, besides);
        let given = asked.get(&REQUEST_ID).filter(|id| is_plain_id(id)).cloned();
        if let Some(id) = given.or_else(|| HeaderValue::from_str(&Uuid::new_v4().to_string()).ok()) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        Answer::count(&answer, response.status(), begun.elapsed());
        Some(response)
    }

    /// Whether everything that the answer depends on is looked at here.
    fn looks_at(&self, request: &Request<Incoming>) -> bool {
        let headers = request.headers();
        let others = [header::AUTHORIZATION, header::UPGRADE, IDEMPOTENCY_KEY];
        self.open && self.besides.is_some() && !others.iter().any(|name| headers.contains_key(name))
    }

    /// The whole way.
    fn through(&self, mut request: Request<Body>) -> BoxFuture<'static, Answered> {
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(peer);
        }
        Box::pin(self.router.clone().oneshot(request))
    }

    /// A GraphQL request: its body is read, and when it is not known yet, handed on with the name under which the answer
    /// may be kept too.
    async fn posted(self, request: Request<Incoming>, begun: Instant) -> Answered {
        let (mut head, body) = request.into_parts();
        let read = Punctual::within(Body::new(body), self.body_time).collect().await;
        let body: Bytes = match read {
            Ok(body) => body.to_bytes(),
            // The door says what is to be said of a body that breaks off or does not come.
            Err(error) => {
                let broken = Body::from_stream(futures::stream::iter([Err::<Bytes, _>(error)]));
                return self.through(Request::from_parts(head, broken)).await;
            }
        };
        let key = name_of_post(&head.headers, &body);
        if let Some(response) = self.find(&key, &head.headers, Policy::Private, begun) {
            return Ok(response);
        }
        head.extensions.insert(Alias(key));
        self.through(Request::from_parts(head, Body::from(body))).await
    }
}

/// What the answer to an anonymous GraphQL request depends on. No header has a zero in it.
fn name_of_post(headers: &HeaderMap, body: &[u8]) -> Key {
    let mut key = b"post public /graphql".to_vec();
    for name in [header::ACCEPT, header::CONTENT_TYPE] {
        key.push(0);
        for value in headers.get_all(name) {
            key.extend_from_slice(value.as_bytes());
            key.push(0);
        }
        key.push(0);
    }
    key.extend_from_slice(body);
    key.into()
}

impl hyper::service::Service<Request<Incoming>> for Front {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<Ready<Answered>, BoxFuture<'static, Answered>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let begun = Instant::now();
        if self.looks_at(&request) {
            let path = request.uri().path();
            if *request.method() == Method::GET {
                // What is kept under an address alone is what its `format` says, or plain JSON.
                let negotiated = !path.starts_with("/v1/") || Form::accepted(request.headers()) == Some(Form::Json);
                let address = request.uri().path_and_query().map_or("/", |p| p.as_str());
                if negotiated {
                    let key = Kept::name_of_get("public", address);
                    if let Some(response) = self.find(&key, request.headers(), Policy::Public, begun) {
                        return Either::Left(ready(Ok(response)));
                    }
                }
            } else if *request.method() == Method::POST
                && path == "/graphql"
                && request.uri().query().is_none()
                && request.body().size_hint().exact().is_some_and(|bytes| bytes <= SHORT)
            {
                return Either::Right(Box::pin(self.clone().posted(request, begun)));
            }
        }
        Either::Right(self.through(request.map(Body::new)))
    }
}
