//! `GET /v1/snapshot`: all that this viewer may see, as NDJSON in id order, in short reads.
//!
//! The first and the last line give the cursor to follow from: the wire's head before the first read, so that a story
//! that changed meanwhile comes again on the wire. Broken off, it goes on behind an id; the cursor must then be the one
//! of the first beginning, or what changed before that id in between would be missed.

use super::Told;
use crate::access::{Pass, invalid_key};
use crate::error::{Error, Fault, Result};
use crate::news::ArticleId;
use crate::news::tags::Readings;
use crate::news::viewer::Scope;
use crate::news::wire::Payload;
use crate::rest::frame::Frame;
use crate::rest::view::Article;
use crate::rest::{Door, Question, params};
use crate::web::{Params, Policy, Seat};
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Stories that are read at once.
const TOGETHER: u32 = 200;

/// One line.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum SnapshotLine {
    /// The first line.
    Snapshot {
        /// Keep it: to resume, and to follow from in the end.
        cursor: String,
    },
    Article(Box<Article>),
    /// The last line: without it, the snapshot is broken off.
    End {
        /// Go on from here with `GET /v1/wire?after=`.
        cursor: String,
        /// Stories in this answer.
        articles: u64,
    },
}

pub async fn snapshot(question: Question) -> Result<Response> {
    let Question { door, caller, uri, .. } = question;
    let mut params = Params::read(uri.query(), params::SNAPSHOT);
    let after = params.text("after");
    let from = params.text("from");
    let topics = params.list("topic");
    let channels = params.list("channel");
    let after = match after.as_deref().map(Uuid::parse_str) {
        None => None,
        Some(Ok(id)) => Some(id),
        Some(Err(_)) => {
            params.refuse("after", "must be the id of the last story that you have");
            None
        }
    };
    if after.is_some() != from.is_some() {
        params.refuse(
            if from.is_some() { "after" } else { "from" },
            "to resume, send both: `after`, the id of the last story that you have, and `from`, the cursor of the first line",
        );
    }
    params.finish()?;
    let told = Told::of(&door, &caller.scope(), Payload::Full, &topics, &channels).await?;
    let audience = caller.sight.owner();
    let audience = audience.as_str();
    let head = door.wire.head();
    let cursor = match from.as_deref() {
        None => door.wire.cursor(audience, head),
        Some(from) => {
            let place = door.wire.place(audience, "from", from)?;
            if place.position > head.position {
                let fault = Fault::new(
                    "from",
                    "invalid_cursor",
                    "is ahead of this server; try again in a moment",
                );
                return Err(Error::parameters(vec![fault]));
            }
            // What was trimmed cannot be followed from; better to know before the long reading than after it.
            door.wire.read(place.position, 1).await?;
            door.wire.cursor(audience, place)
        }
    };
    let seat = match door.streams.seat() {
        Ok(seat) => seat,
        Err(problem) => return Ok(problem.into_response()),
    };
    let pass = Pass::of(&door.access, caller.viewer.clone(), caller.sender.clone()).await?;
    let pass = pass.ok_or_else(invalid_key)?;
    door.access.seen(&caller.viewer);
    let reading = Reading {
        door,
        pass,
        told,
        seat,
        cursor,
        after,
        begun: false,
        ended: false,
        articles: 0,
    };
    let lines = futures::stream::try_unfold(reading, |mut reading| async move {
        match reading.next().await {
            Ok(None) => Ok(None),
            Ok(Some(lines)) => Ok(Some((lines, reading))),
            Err(error) => {
                tracing::warn!(error.code, error.cause = %error, "a snapshot broke off");
                Err(std::io::Error::other("the snapshot broke off"))
            }
        }
    });
    let mut response = Response::new(Body::from_stream(lines));
    let headers = response.headers_mut();
    Policy::Never.write(headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

struct Reading {
    door: Door,
    pass: Pass,
    told: Told,
    seat: Seat,
    cursor: String,
    after: Option<Uuid>,
    begun: bool,
    ended: bool,
    articles: u64,
}

impl Reading {
    /// Some more lines; none behind the last one.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        if !self.begun {
            self.begun = true;
            let cursor = self.cursor.clone();
            return Ok(Some(written(&[SnapshotLine::Snapshot { cursor }])?));
        }
        if self.ended {
            return Ok(None);
        }
        if self.seat.is_stopped() {
            return Err(Error::busy("the server stops"));
        }
        if !self.pass.holds().await {
            return Err(Error::busy("the key was taken away"));
        }
        let scope = Scope {
            viewer: self.pass.viewer().clone(),
            sight: self.pass.gaze().now().await?,
            now: self.door.clock.now(),
            readings: Readings::noted(),
        };
        let after = self.after.unwrap_or(Uuid::nil());
        let filter = &self.told.filter;
        let Some((stories, last)) = self.door.archive.snapshot(&scope, after, filter, TOGETHER).await? else {
            self.ended = true;
            let (cursor, articles) = (self.cursor.clone(), self.articles);
            return Ok(Some(written(&[SnapshotLine::End { cursor, articles }])?));
        };
        self.after = Some(last);
        self.articles += stories.len() as u64;
        let frame = Frame::of(&self.door.archive, &scope, None, stories.iter()).await?;
        let lines: Vec<SnapshotLine> = stories
            .iter()
            .map(|s| SnapshotLine::Article(Box::new(frame.whole(s))))
            .collect();
        let lines = written(&lines)?;
        let shown: Vec<ArticleId> = scope.readings.take().shown.into_iter().collect();
        self.door.access.read(self.pass.viewer(), &shown);
        // Who reads everything there is must not be faster than it can be noted.
        self.door.access.room().await;
        Ok(Some(lines))
    }
}

fn written(lines: &[SnapshotLine]) -> Result<Bytes> {
    let mut text = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut text, line).map_err(Error::internal)?;
        text.push(b'\n');
    }
    Ok(text.into())
}
