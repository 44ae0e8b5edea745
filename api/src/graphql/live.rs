//! Operations whose answers come as events: what the WebSocket and the event stream share.

use super::Door;
use super::http::{Asked, Event, Way, prepare_streamed};
use super::input::RepeatKey;
use super::subscription::Listening;
use super::together::{Errands, together_each};
use crate::error::Result;
use crate::news::tags::{Readings, Tag};
use crate::news::viewer::Viewer;
use crate::news::wire::Position;
use crate::web::Caller;
use crate::wire::Place;
use axum::body::to_bytes;
use axum::http::StatusCode;
use futures::StreamExt;
use futures::stream::{BoxStream, iter, once};
use std::sync::Arc;

mod messages;
pub mod socket;
pub mod sse;

/// What one operation gives out, in order.
pub type Events = BoxStream<'static, Event>;

/// Runs one operation for one who listens. What a subscription follows begins now, not when it is first polled.
pub fn operate(door: Door, viewer: Viewer, way: Way, asked: Asked) -> Events {
    let from = door.rooms.wire.head().into();
    once(begin(door, viewer, way, asked, from)).flatten().boxed()
}

async fn begin(door: Door, viewer: Viewer, way: Way, asked: Asked, from: Place) -> Events {
    let prepared = match prepare_streamed(&door.graphql, way, asked) {
        Ok(prepared) => prepared,
        Err(refusal) => return iter([Event::from(refusal)]).boxed(),
    };
    if prepared.is_subscription() {
        let errands = Errands::default();
        let listening = Listening {
            rooms: door.rooms.clone(),
            viewer,
            from,
            errands: errands.clone(),
            deadline: door.graphql.deadline,
        };
        let answers = prepared.listen(Arc::clone(&door.graphql), |request| request.data(listening));
        return together_each(answers, errands).boxed();
    }
    let caller = Caller {
        viewer,
        now: door.rooms.clock.now(),
        readings: Readings::unnoted(),
    };
    let (executed, body) = if prepared.is_query() {
        let answer = door.answer(prepared, caller).await;
        (answer.whole().is_some(), answer.body().clone())
    } else {
        let response = door.run(prepared, caller, RepeatKey::default()).await;
        let executed = response.status() == StatusCode::OK;
        // It is made of whole bytes; there is no stream that could fail.
        (
            executed,
            to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default(),
        )
    };
    let event = if executed {
        Event::Next(body)
    } else {
        Event::Refused(body)
    };
    iter([event]).boxed()
}

/// The right to listen, for as long as the key is there.
pub struct Pass {
    door: Door,
    viewer: Viewer,
    /// The position at which the key was last known to be good.
    checked: Position,
}

impl Pass {
    /// For a viewer who was recognised just now. The key is looked at once more, because it may have been taken away
    /// since.
    pub async fn of(door: &Door, viewer: Viewer) -> Result<Option<Pass>> {
        let checked = door.rooms.wire.freshness().now();
        if !door.rooms.access.still(&viewer).await? {
            return Ok(None);
        }
        door.rooms.access.seen(&viewer);
        Ok(Some(Pass {
            door: door.clone(),
            viewer,
            checked,
        }))
    }

    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// Whether it still holds. In doubt: not.
    pub async fn holds(&mut self) -> bool {
        let freshness = self.door.rooms.wire.freshness();
        let now = freshness.now();
        if self.viewer == Viewer::Public || freshness.holds(&[Tag::Access], self.checked) {
            self.checked = now;
            return true;
        }
        match self.door.rooms.access.still(&self.viewer).await {
            Ok(true) => {
                self.checked = now;
                true
            }
            Ok(false) => false,
            Err(error) => {
                tracing::debug!(error.cause = %error, "a listener's key could not be looked at");
                false
            }
        }
    }
}
