//! GraphQL over a WebSocket, as `graphql-transport-ws` has it.
//!
//! The library's own is for other needs: it takes any number of operations, lets an operation take another's place, and
//! closes with other numbers than the protocol's.

use super::messages::{self, End, Said};
use super::{Events, operate};
use crate::access::Pass;
use crate::error::Kind;
use crate::graphql::Door;
use crate::graphql::http::{Asked, Event, Way};
use crate::graphql::limits::{Code, Refusal};
use crate::news::limits::Cost;
use crate::news::viewer::Viewer;
use crate::web::{Caller, Seat};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use futures::stream::{AbortHandle, BoxStream, SelectAll, abortable, once};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

const PROTOCOL: &str = "graphql-transport-ws";

/// Time to say who one is.
const INIT: Duration = Duration::from_secs(5);

/// Operations that one socket may have open.
const OPERATIONS: usize = 20;

/// Time to take a message; whoever does not is cut off, and can resume.
const TAKEN_WITHIN: Duration = Duration::from_secs(5);

/// Time to answer the end.
const FAREWELL: Duration = Duration::from_secs(1);

/// How often a key is looked at that has nothing to hear.
pub(super) const LOOKED_AT: Duration = Duration::from_millis(500);

/// Bytes that are read from a socket at once.
const READ_BYTES: usize = 4 * 1024;

const WAY: Way = Way {
    mutations: true,
    subscriptions: true,
};

/// Answers the request to become a WebSocket. `caller` is who asked by the header; the first message may name another.
pub fn open(upgrade: WebSocketUpgrade, door: Door, caller: Caller) -> Response {
    let seat = match door.rooms.streams.seat() {
        Ok(seat) => seat,
        Err(problem) => return problem.into_response(),
    };
    let most = door.anonymous_bytes;
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        .max_message_size(most)
        .max_frame_size(most);
    upgrade.on_upgrade(move |socket| Box::pin(converse(socket, door, caller, seat)))
}

async fn converse(mut socket: WebSocket, door: Door, caller: Caller, seat: Seat) {
    let talk = async {
        if socket.protocol().is_none() {
            return Err(Some(messages::NO_PROTOCOL));
        }
        let welcome = welcome(&mut socket, &door, caller);
        let pass = tokio::select! {
            () = seat.stopped() => Err(Some(messages::GOING_AWAY)),
            pass = timeout(INIT, welcome) => pass.unwrap_or(Err(Some(messages::SILENT))),
        };
        listen(&mut socket, &door, pass?, &seat).await
    };
    // What cannot be told to anybody needs no end.
    if let Err(Some(End(code, reason))) = talk.await {
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        if send(&mut socket, Message::Close(Some(frame))).await.is_ok() {
            let _ = timeout(FAREWELL, async { while let Some(Ok(_)) = socket.recv().await {} }).await;
        }
    }
}

/// How a part of the conversation ends before its time: with a number, or because nobody is there.
type Talk<T> = Result<T, Option<End>>;

/// The first message, and who sent it.
async fn welcome(socket: &mut WebSocket, door: &Door, caller: Caller) -> Talk<Pass> {
    let Caller { viewer, sender, .. } = caller;
    loop {
        let text = hear(socket.recv().await)?;
        let Some(text) = text else { continue };
        let payload = match Said::read(&text).ok_or(messages::BAD_REQUEST)? {
            Said::Init(payload) => payload,
            Said::Ping(payload) => {
                send(socket, messages::pong(payload)).await?;
                continue;
            }
            Said::Pong => continue,
            Said::Subscribe { .. } | Said::Complete { .. } => return Err(Some(messages::UNAUTHORIZED)),
        };
        let access = &door.rooms.access;
        let viewer = match messages::key_of(payload)? {
            None => viewer,
            Some(key) => access
                .recognise(&key, &sender)
                .await
                .map_err(|error| match error.kind {
                    Kind::Unauthenticated => messages::FORBIDDEN,
                    _ => messages::LATER,
                })?,
        };
        access.seen(&viewer);
        let pass = Pass::of(access, viewer, sender).await.map_err(|_| messages::LATER)?;
        send(socket, messages::ack()).await?;
        return Ok(pass.ok_or(messages::FORBIDDEN)?);
    }
}

/// Everything after the welcome.
async fn listen(socket: &mut WebSocket, door: &Door, mut pass: Pass, seat: &Seat) -> Talk<()> {
    let silence = door.rooms.streams.heartbeat;
    let (mut beat, mut look) = (interval(silence), interval(LOOKED_AT));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ends = std::pin::pin!(sleep(seat.lasts));
    let mut stopped = std::pin::pin!(seat.stopped());
    let has_key = *pass.viewer() != Viewer::Public;
    let mut heard = Instant::now();
    let mut operations = Operations::default();
    loop {
        tokio::select! {
            () = &mut stopped => return Err(Some(messages::GOING_AWAY)),
            () = &mut ends => return Err(Some(messages::GOING_AWAY)),
            _ = look.tick(), if has_key => may_listen(&mut pass).await?,
            _ = beat.tick() => {
                // Whoever is there answers a ping.
                if heard.elapsed() > silence * 2 + TAKEN_WITHIN {
                    return Err(None);
                }
                send(socket, Message::Ping(Default::default())).await?;
            }
            message = socket.recv() => {
                heard = Instant::now();
                if let Some(text) = hear(message)? {
                    may_listen(&mut pass).await?;
                    answer(socket, door, &pass, &mut operations, &text).await?;
                }
            }
            Some(given) = operations.running.next(), if !operations.running.is_empty() => {
                if let Some(message) = operations.tell(given) {
                    may_listen(&mut pass).await?;
                    send(socket, message).await?;
                }
            }
        }
    }
}

async fn may_listen(pass: &mut Pass) -> Talk<()> {
    if pass.holds().await {
        Ok(())
    } else {
        Err(Some(messages::UNAUTHORIZED))
    }
}

/// One message of the client.
async fn answer(socket: &mut WebSocket, door: &Door, pass: &Pass, operations: &mut Operations, text: &str) -> Talk<()> {
    match Said::read(text).ok_or(messages::BAD_REQUEST)? {
        Said::Init(_) => Err(Some(messages::AGAIN)),
        Said::Ping(payload) => send(socket, messages::pong(payload)).await,
        Said::Pong => Ok(()),
        Said::Complete { id } => {
            operations.forget(&id);
            Ok(())
        }
        Said::Subscribe { id, .. } if operations.known.contains_key(id.as_str()) => Err(Some(messages::TWICE)),
        Said::Subscribe { id, request } => match read(request, operations) {
            Ok(asked) => {
                operations.begin(&id, operate(door.clone(), pass.gaze().clone(), WAY, asked, Cost(0)));
                Ok(())
            }
            Err(refusal) => send(socket, messages::event(&id, &Event::from(refusal))).await,
        },
    }
}

fn read(request: &RawValue, operations: &Operations) -> Result<Asked, Refusal> {
    if operations.known.len() >= OPERATIONS {
        let message = format!("This connection has {OPERATIONS} operations open, which is the limit: end one first.");
        return Err(Refusal::new(Code::TooManyOperations, message));
    }
    Asked::read(&Method::POST, None, request.get().as_bytes())
}

/// The text of a message; none for what the WebSocket says by itself.
fn hear(message: Option<Result<Message, axum::Error>>) -> Talk<Option<axum::extract::ws::Utf8Bytes>> {
    match message {
        None | Some(Ok(Message::Close(_))) => Err(None),
        Some(Ok(Message::Text(text))) => Ok(Some(text)),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Ok(Message::Binary(_))) => Err(Some(messages::BAD_REQUEST)),
        // The library's error has its kind in its words only.
        Some(Err(error)) if error.to_string().contains("too long") => Err(Some(messages::TOO_LARGE)),
        Some(Err(_)) => Err(Some(messages::NOT_READABLE)),
    }
}

async fn send(socket: &mut WebSocket, message: Message) -> Talk<()> {
    match timeout(TAKEN_WITHIN, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(None),
    }
}

/// What an operation gave out; nothing behind its last event. An id may be taken again, so each operation has a number.
type Given = (Arc<str>, u64, Option<Event>);

/// The operations of one socket.
#[derive(Default)]
struct Operations {
    running: SelectAll<BoxStream<'static, Given>>,
    known: HashMap<Arc<str>, (u64, AbortHandle)>,
    begun: u64,
}

impl Operations {
    fn begin(&mut self, id: &str, events: Events) {
        self.begun += 1;
        let (id, number) = (Arc::<str>::from(id), self.begun);
        let (events, handle) = abortable(events);
        self.known.insert(Arc::clone(&id), (number, handle));
        let events = events.map(Some).chain(once(ready(None)));
        self.running
            .push(events.map(move |event| (Arc::clone(&id), number, event)).boxed());
    }

    fn forget(&mut self, id: &str) {
        if let Some((_, handle)) = self.known.remove(id) {
            handle.abort();
        }
    }

    /// The message for what an operation gave out; none when the client has ended it meanwhile.
    fn tell(&mut self, (id, number, event): Given) -> Option<Message> {
        self.known.get(&id).filter(|(current, _)| *current == number)?;
        let message = match &event {
            Some(event) => messages::event(&id, event),
            None => messages::complete(&id),
        };
        // A refusal is the last that is heard of an operation, as is its end.
        if !matches!(event, Some(Event::Next(_))) {
            self.forget(&id);
        }
        Some(message)
    }
}
