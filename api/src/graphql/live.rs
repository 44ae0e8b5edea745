//! Operations whose answers come as events: what the WebSocket and the event stream share.

use super::Door;
use super::http::{Asked, Event, Way, prepare_streamed, too_much};
use super::input::RepeatKey;
use super::limits::{Code, Refusal};
use super::subscription::Listening;
use super::together::{Errands, together_each};
use crate::access::Gaze;
use crate::news::limits::Cost;
use crate::news::tags::Readings;
use crate::news::viewer::Sender;
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
/// `paid`: what the request has cost already that brought it.
pub fn operate(door: Door, gaze: Gaze, way: Way, asked: Asked, paid: Cost) -> Events {
    let from = door.rooms.wire.head().into();
    once(begin(door, gaze, way, asked, (from, paid))).flatten().boxed()
}

async fn begin(door: Door, gaze: Gaze, way: Way, asked: Asked, (from, paid): (Place, Cost)) -> Events {
    let prepared = match prepare_streamed(&door.graphql, way, asked) {
        Ok(prepared) => prepared,
        Err(refusal) => return iter([Event::from(refusal)]).boxed(),
    };
    if let Err(wait) = door.charge(&prepared, gaze.viewer(), paid).await {
        return iter([Event::from(too_much(wait))]).boxed();
    }
    if prepared.is_subscription() {
        let errands = Errands::default();
        let listening = Listening {
            rooms: door.rooms.clone(),
            gaze,
            from,
            errands: errands.clone(),
            deadline: door.graphql.deadline,
        };
        let answers = prepared.listen(Arc::clone(&door.graphql), |request| request.data(listening));
        return together_each(answers, errands).boxed();
    }
    let Ok(sight) = gaze.now().await else {
        let message = "What you may read cannot be found out at this moment; try again.";
        return iter([Event::from(Refusal::new(Code::Internal, message))]).boxed();
    };
    let caller = Caller {
        viewer: gaze.viewer().clone(),
        sender: Sender::default(),
        sight,
        now: door.rooms.clock.now(),
        readings: Readings::unnoted(),
    };
    let (executed, body) = if prepared.is_query() {
        let viewer = caller.viewer.clone();
        let answer = door.answer(prepared, caller).await;
        door.rooms.access.read(&viewer, answer.shown());
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
