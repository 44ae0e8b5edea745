//! `GET /v1/wire`: the change feed, in order, from a cursor on.

use super::Told;
use super::notice::{WirePage, views};
use crate::access::{Gaze, Pass, invalid_key};
use crate::clock::jitter;
use crate::error::Result;
use crate::news::channel::Sight;
use crate::news::tags::Readings;
use crate::news::wire::{Entry, Payload, Position, concerns};
use crate::rest::{Door, Question, params};
use crate::web::{Caller, Key, NothingNew, Policy, accepts_json, ready};
use crate::wire::Place;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::{Duration, Instant};

const USUAL: i64 = 100;

/// Entries that one request looks at in search of some that concern the asker.
const MOST_LOOKED_AT: usize = 20_000;

/// Until the next request is worth its while, for those who do not wait here.
const PAUSE: Duration = Duration::from_secs(5);

pub async fn poll(question: Question) -> Response {
    if let Err(problem) = accepts_json(&question.headers) {
        return problem.into_response();
    }
    let mut response = answer(&question).await.unwrap_or_else(IntoResponse::into_response);
    if response.status() == StatusCode::GONE {
        let snapshot = HeaderValue::from_static("</v1/snapshot>; rel=\"alternate\"");
        response.headers_mut().insert(header::LINK, snapshot);
    }
    response
}

async fn answer(question: &Question) -> Result<Response> {
    let Question {
        door, caller, headers, ..
    } = question;
    let mut params = question.params(params::WIRE);
    let after = params.text("after");
    let most = usize::try_from(params.ranged("limit").unwrap_or(USUAL)).unwrap_or(1);
    let wait = u64::try_from(params.ranged("wait").unwrap_or(0)).unwrap_or(0);
    let payload = Payload::read(params.choice("payload").as_deref());
    let topics = params.list("topic");
    let channels = params.list("channel");
    params.finish()?;

    let scope = caller.scope();
    let told = Told::of(door, &scope, payload, &topics, &channels).await?;
    let start = start(door, caller, after.as_deref()).await?;
    door.access.seen(&caller.viewer);
    if after.is_some() {
        // Who comes back with a cursor has what was before it.
        door.access.told(&caller.viewer, start.position);
    }

    // Who waits may lose his key meanwhile.
    let mut pass = match wait {
        0 => None,
        _ => Some(pass(door, caller).await?),
    };
    let ends = Instant::now() + Duration::from_secs(wait);
    let gaze = Gaze::of(&door.access, caller.viewer.clone()).await?;
    let mut caller = caller.clone();
    let mut piece = Piece::from(start);
    loop {
        caller.sight = gaze.now().await?;
        piece.look(door, &told, &caller.sight, most).await?;
        if let Some(pass) = &mut pass
            && !pass.holds().await
        {
            return Err(invalid_key());
        }
        let left = ends.saturating_duration_since(Instant::now());
        if !piece.wanted.is_empty() || piece.tired || left.is_zero() {
            break;
        }
        let stopped = door.streams.stopped();
        tokio::select! {
            _ = door.wire.reached(Position(piece.at.position.0 + 1), left) => {}
            // An answer in good time is better than a connection that is cut.
            () = stopped => break,
        }
    }
    // Who waited is told how things are now, not how they were when he began.
    let caller = &Caller {
        now: door.clock.now(),
        ..caller.clone()
    };
    let more = piece.at.position < door.wire.head().position;
    let mut response = if piece.wanted.is_empty() {
        let next = if piece.tired { piece.at } else { start };
        let page = WirePage {
            entries: Vec::new(),
            next: door.wire.cursor(&caller.sight.owner(), next),
        };
        let mut response = ready(headers, caller, None, &page)?;
        response.extensions_mut().insert(NothingNew);
        response
    } else {
        made(door, caller, headers, &told, start, piece).await
    };
    let pause = if more || wait > 0 {
        Duration::ZERO
    } else {
        jitter(PAUSE, 40)
    };
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(pause.as_secs()));
    Ok(response)
}

async fn pass(door: &Door, caller: &Caller) -> Result<Pass> {
    let pass = Pass::of(&door.access, caller.viewer.clone(), caller.sender.clone()).await?;
    pass.ok_or_else(invalid_key)
}

/// Where a follower begins: at the oldest entry that is kept, now, or behind a cursor.
async fn start(door: &Door, caller: &Caller, after: Option<&str>) -> Result<Place> {
    match after {
        None => Ok(Place {
            position: door.wire.beginning().await?,
            ..Place::from(door.wire.head())
        }),
        Some("latest") => Ok(door.wire.head().into()),
        Some(cursor) => door.wire.place(&caller.sight.owner(), "after", cursor),
    }
}

/// What was found from a place on.
struct Piece {
    at: Place,
    wanted: Vec<Arc<Entry>>,
    looked_at: usize,
    /// So much was looked at that the rest is left for the next request.
    tired: bool,
}

impl Piece {
    fn from(at: Place) -> Piece {
        Piece {
            at,
            wanted: Vec::new(),
            looked_at: 0,
            tired: false,
        }
    }

    /// Looks on until there are so many, or until there is nothing more yet.
    async fn look(&mut self, door: &Door, told: &Told, sight: &Sight, most: usize) -> Result<()> {
        while self.wanted.len() < most && !self.tired {
            let entries = door.wire.read(self.at.position, most - self.wanted.len()).await?;
            let Some(last) = entries.last() else { break };
            self.at = Place::from(&**last);
            self.looked_at += entries.len();
            self.tired = self.looked_at >= MOST_LOOKED_AT;
            self.wanted
                .extend(entries.into_iter().filter(|e| concerns(e, &told.filter, sight)));
        }
        Ok(())
    }
}

/// The answer with entries: made once for all who stand at the same place.
async fn made(door: &Door, caller: &Caller, headers: &HeaderMap, told: &Told, start: Place, piece: Piece) -> Response {
    let audience = caller.sight.wire_audience();
    let key: Key = [
        b"wire ",
        audience.as_bytes(),
        b" ",
        &start.position.0.to_be_bytes(),
        &piece.at.position.0.to_be_bytes(),
        &told.key(),
    ]
    .concat()
    .into();
    let make = async |readings: Readings| {
        let caller = Caller {
            readings,
            ..caller.clone()
        };
        page(door, &caller, told, &piece)
            .await
            .unwrap_or_else(IntoResponse::into_response)
    };
    let answer = door.kept.answer(key, caller.now, make).await;
    door.kept.write(&answer, headers, Policy::of(caller), true)
}

async fn page(door: &Door, caller: &Caller, told: &Told, piece: &Piece) -> Result<Response> {
    let scope = caller.scope();
    let notices = door.archive.notices(&scope, &piece.wanted, &told.filter).await?;
    let page = WirePage {
        entries: views(&door.archive, &door.wire, &scope, notices, told.payload).await?,
        next: door.wire.cursor(&scope.sight.owner(), piece.at),
    };
    ready(&HeaderMap::new(), caller, None, &page)
}
