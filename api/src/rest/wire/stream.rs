//! `GET /v1/wire/stream`: the change feed as server-sent events (WHATWG HTML §9.2).
//!
//! A listener is a place in the wire and nothing else: what he has not taken yet is not kept for him but read again.
//! Events are made once for all who stand at the same place.

use super::Told;
use super::notice::views;
use crate::access::{Pass, invalid_key};
use crate::clock::jitter;
use crate::error::Result;
use crate::news::tags::Readings;
use crate::news::viewer::{Scope, Viewer};
use crate::news::wire::{Entry, Payload, Position, concerns};
use crate::rest::{Door, Question, params};
use crate::web::{Key, Params, Policy, Seat};
use crate::wire::{Follower, Place};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Entries in one piece.
const TOGETHER: usize = 100;

/// How often a key is looked at that has nothing to hear.
const LOOKED_AT: Duration = Duration::from_millis(500);

/// How long a listener waits before he comes back; a good deal more or less.
const RETRY: Duration = Duration::from_secs(3);

pub async fn stream(question: Question) -> Result<Response> {
    let Question {
        door,
        caller,
        headers,
        uri,
    } = question;
    let mut params = Params::read(uri.query(), params::STREAM);
    let after = params.text("after");
    let payload = Payload::read(params.choice("payload").as_deref());
    let topics = params.list("topic");
    let channels = params.list("channel");
    params.finish()?;
    let told = Told::of(&door, &caller.scope(), payload, &topics, &channels).await?;
    // A browser that comes back says where it was; the address that it was opened with stays the same.
    let last_id = headers.get("last-event-id").and_then(|v| v.to_str().ok());
    let audience = caller.sight.owner();
    let audience = audience.as_str();
    let start = match (last_id, after.as_deref()) {
        (None | Some(""), None | Some("latest")) => Place::from(door.wire.head()),
        (Some(cursor), _) if !cursor.is_empty() => door.wire.place(audience, "Last-Event-ID", cursor)?,
        (_, Some(cursor)) => door.wire.place(audience, "after", cursor)?,
        (Some(_), None) => Place::from(door.wire.head()),
    };
    // A place that is gone is said now, while there is a status to say it with.
    door.wire.read(start.position, 1).await?;
    let seat = match door.streams.seat() {
        Ok(seat) => seat,
        Err(problem) => return Ok(problem.into_response()),
    };
    let pass = Pass::of(&door.access, caller.viewer.clone(), caller.sender.clone()).await?;
    let pass = pass.ok_or_else(invalid_key)?;
    door.access.seen(&caller.viewer);
    let begin = format!(
        "retry: {}\nid: {}\n\n",
        jitter(RETRY, 40).as_millis(),
        door.wire.cursor(audience, start)
    );
    let listener = Listener {
        follower: door.wire.follow(start.position),
        ends: Instant::now() + seat.lasts,
        pass,
        seat,
        told,
        door,
        begin: Some(begin.into()),
        ended: false,
    };
    let events = futures::stream::unfold(listener, |mut listener| async move {
        let bytes = listener.next().await?;
        Some((Ok::<_, Infallible>(bytes), listener))
    });
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    Policy::Never.write(headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // Proxies that gather answers before they pass them on would gather for ever.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    *response.status_mut() = StatusCode::OK;
    Ok(response)
}

struct Listener {
    door: Door,
    told: Told,
    follower: Follower,
    seat: Seat,
    ends: Instant,
    pass: Pass,
    begin: Option<Bytes>,
    ended: bool,
}

impl Listener {
    /// The next bytes; none when it is over.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(begin) = self.begin.take() {
            return Some(begin);
        }
        if self.ended {
            return None;
        }
        let quiet = Instant::now() + self.door.streams.heartbeat;
        loop {
            let look = self.looks_up(quiet);
            let from = self.follower.at();
            // Whoever asks for more has taken what was before.
            self.door.access.told(self.pass.viewer(), from);
            let entries = tokio::select! {
                () = self.seat.stopped() => return Some(self.end()),
                () = tokio::time::sleep_until(self.ends) => return Some(self.end()),
                () = tokio::time::sleep_until(look) => None,
                entries = self.follower.next(TOGETHER) => Some(entries),
            };
            if !self.pass.holds().await {
                return None;
            }
            match entries {
                None if Instant::now() < quiet => {}
                None => return Some(Bytes::from_static(b":\n\n")),
                Some(Ok(entries)) => {
                    // What could not be made now he gets when he comes back: his last id is before it.
                    let Some(events) = self.events(from, &entries).await else {
                        return Some(self.end());
                    };
                    if !events.is_empty() {
                        return Some(events);
                    }
                }
                Some(Err(error)) => {
                    tracing::debug!(error.cause = %error, "a stream of the wire broke off");
                    return Some(self.end());
                }
            }
        }
    }

    /// When to look up, at the latest: a key may end while nothing is to be told.
    fn looks_up(&self, quiet: Instant) -> Instant {
        match self.pass.viewer() {
            Viewer::Public | Viewer::Operator => quiet,
            Viewer::Key(_) => quiet.min(Instant::now() + LOOKED_AT),
        }
    }

    /// A polite end: when to come back. He knows where he was.
    fn end(&mut self) -> Bytes {
        self.ended = true;
        format!("retry: {}\n\n", jitter(RETRY, 60).as_millis()).into()
    }

    /// Entries as events. `from` is where they begin.
    async fn events(&self, from: Position, entries: &[Arc<Entry>]) -> Option<Bytes> {
        let sight = self.pass.gaze().now().await.ok()?;
        let wanted: Vec<Arc<Entry>> = entries
            .iter()
            .filter(|e| concerns(e, &self.told.filter, &sight))
            .cloned()
            .collect();
        let (Some(last), false) = (entries.last(), wanted.is_empty()) else {
            return Some(Bytes::new());
        };
        let now = self.door.clock.now();
        let key: Key = [
            b"events ",
            sight.wire_audience().as_bytes(),
            b" ",
            &from.0.to_be_bytes(),
            &last.position.0.to_be_bytes(),
            &self.told.key(),
        ]
        .concat()
        .into();
        let make = async |readings: Readings| {
            let scope = Scope {
                viewer: self.pass.viewer().clone(),
                sight,
                now,
                readings,
            };
            match self.written(&scope, &wanted).await {
                Ok(events) => Response::new(Body::from(events)),
                Err(error) => error.into_response(),
            }
        };
        let answer = self.door.kept.answer(key, now, make).await;
        let events = answer.whole().cloned()?;
        self.door.access.read(self.pass.viewer(), answer.shown());
        Some(events)
    }

    async fn written(&self, scope: &Scope, wanted: &[Arc<Entry>]) -> Result<String> {
        let notices = self.door.archive.notices(scope, wanted, &self.told.filter).await?;
        let mut text = String::new();
        for view in views(&self.door.archive, &self.door.wire, scope, notices, self.told.payload).await? {
            // JSON is one line: no event can end early.
            let json = serde_json::to_string(&view).map_err(crate::error::Error::internal)?;
            text.push_str(&format!("event: {}\nid: {}\ndata: {json}\n\n", view.kind, view.cursor));
        }
        Ok(text)
    }
}
