//! The time that a request's body has.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::Frame;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// Gives a request's body this time from its headers to its end. (The timeout layer of `tower-http` begins anew with
/// every byte, so that a body can drip in for hours.)
pub async fn body_deadline(State(time): State<Duration>, request: Request, next: Next) -> Response {
    // Most requests have no body, and then there is nothing to wait for.
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let request = request.map(|body| Body::new(Punctual::within(body, time)));
    next.run(request).await
}

/// A body that must be at its end within a time.
pub struct Punctual {
    body: Body,
    deadline: Pin<Box<Sleep>>,
}

impl Punctual {
    pub fn within(body: Body, time: Duration) -> Punctual {
        Punctual {
            body,
            deadline: Box::pin(sleep(time)),
        }
    }
}

impl HttpBody for Punctual {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        // First the body: what is here already is not late.
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Pending if self.deadline.as_mut().poll(cx).is_ready() => Poll::Ready(Some(Err(axum::Error::new(
                std::io::Error::from(std::io::ErrorKind::TimedOut),
            )))),
            answer => answer,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}
