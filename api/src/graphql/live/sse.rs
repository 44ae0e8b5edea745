//! GraphQL over server-sent events, in the "distinct connections mode" of `graphql-sse`: one operation a connection, an
//! event `next` for each answer and `complete` at the end. A stream that ends without it was broken off: by the
//! server's stop, by its age, or by a key that was taken away.

use super::socket::LOOKED_AT;
use super::{Events, operate};
use crate::access::{Pass, invalid_key};
use crate::graphql::Door;
use crate::graphql::http::{Asked, Event, Way};
use crate::news::limits::Cost;
use crate::news::viewer::Viewer;
use crate::web::{Caller, Policy, Seat};
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::unfold;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Answers one operation with a stream.
pub async fn open(door: Door, caller: Caller, way: Way, asked: Asked) -> Response {
    let Caller { viewer, sender, .. } = caller;
    let seat = match door.rooms.streams.seat() {
        Ok(seat) => seat,
        Err(problem) => return problem.into_response(),
    };
    let access = &door.rooms.access;
    let pass = match Pass::of(access, viewer.clone(), sender).await {
        Ok(Some(pass)) => pass,
        Ok(None) => return invalid_key().into_response(),
        Err(error) => return error.into_response(),
    };
    access.seen(&viewer);
    let listener = Listener {
        heartbeat: door.rooms.streams.heartbeat,
        ends: Instant::now() + seat.lasts,
        seat,
        events: operate(door, pass.gaze().clone(), way, asked, Cost::ONE),
        pass,
        state: State::Begins,
    };
    let pieces = unfold(listener, |mut listener| async move {
        let piece = listener.next().await?;
        Some((Ok::<_, Infallible>(piece), listener))
    });
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    Policy::Never.write(headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // Proxies that gather answers before they pass them on would gather for ever.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

struct Listener {
    events: Events,
    pass: Pass,
    seat: Seat,
    ends: Instant,
    heartbeat: Duration,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    Begins,
    Listens,
    /// Everything was said but the end.
    Closes,
    Ended,
}

/// A comment: it sends the headers on their way, and shows that somebody is there.
const SIGN_OF_LIFE: Bytes = Bytes::from_static(b":\n\n");

const COMPLETE: Bytes = Bytes::from_static(b"event: complete\ndata:\n\n");

impl Listener {
    /// The next bytes; none when it is over.
    async fn next(&mut self) -> Option<Bytes> {
        match self.state {
            State::Begins => {
                self.state = State::Listens;
                return Some(SIGN_OF_LIFE);
            }
            State::Listens => {}
            State::Closes => {
                self.state = State::Ended;
                return Some(COMPLETE);
            }
            State::Ended => return None,
        }
        let quiet = Instant::now() + self.heartbeat;
        loop {
            // Only keys are taken away.
            let look = if *self.pass.viewer() == Viewer::Public {
                quiet
            } else {
                quiet.min(Instant::now() + LOOKED_AT)
            };
            let event = tokio::select! {
                () = self.seat.stopped() => return None,
                () = sleep_until(self.ends) => return None,
                () = sleep_until(look) => None,
                event = self.events.next() => Some(event),
            };
            if !self.pass.holds().await {
                return None;
            }
            match event {
                None if Instant::now() < quiet => {}
                None => return Some(SIGN_OF_LIFE),
                Some(Some(Event::Next(answer))) => return Some(next(&answer)),
                Some(Some(Event::Refused(answer))) => {
                    self.state = State::Closes;
                    return Some(next(&answer));
                }
                Some(None) => {
                    self.state = State::Ended;
                    return Some(COMPLETE);
                }
            }
        }
    }
}

/// JSON is written in one line: no event can end early.
fn next(answer: &Bytes) -> Bytes {
    [b"event: next\ndata: ", answer.as_ref(), b"\n\n"].concat().into()
}
