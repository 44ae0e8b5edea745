//! What all streams share: how many there may be, how long one lasts, when it must say something, and that all end
//! when the server does.

use super::problem::Problem;
use crate::clock::jitter;
use crate::config::Wire;
use axum::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// The streams of this server. Clones are the same.
#[derive(Clone)]
pub struct Streams {
    room: Arc<Semaphore>,
    /// How many there may be.
    all: usize,
    stop: CancellationToken,
    lasts: Duration,
    pub heartbeat: Duration,
}

/// One stream's place.
pub struct Seat {
    _permit: OwnedSemaphorePermit,
    stop: CancellationToken,
    /// When it is to end, so that connections spread over nodes again.
    pub lasts: Duration,
}

impl Streams {
    pub fn new(config: &Wire, stop: CancellationToken) -> Streams {
        Streams {
            room: Arc::new(Semaphore::new(config.max_streams)),
            all: config.max_streams,
            stop,
            lasts: Duration::from_secs(config.stream_seconds),
            heartbeat: Duration::from_secs(config.heartbeat_seconds),
        }
    }

    /// A place for one more stream, or 503 when all are taken.
    pub fn seat(&self) -> Result<Seat, Problem> {
        let permit = Arc::clone(&self.room).try_acquire_owned().map_err(|_| {
            Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "too_many_streams",
                "All streams of this server are taken. Try again in a moment, or poll GET /v1/wire.",
            )
        })?;
        Ok(Seat {
            _permit: permit,
            stop: self.stop.clone(),
            lasts: jitter(self.lasts, 10),
        })
    }

    /// The server is about to stop.
    pub fn stopped(&self) -> WaitForCancellationFutureOwned {
        self.stop.clone().cancelled_owned()
    }

    /// Waits until all have ended. WebSockets are no connections any more to the server that once had them.
    pub async fn ended(&self) {
        let all = u32::try_from(self.all).unwrap_or(u32::MAX);
        // It is never closed.
        let _ = self.room.acquire_many(all).await;
    }
}

impl Seat {
    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// The server is about to stop.
    pub fn stopped(&self) -> WaitForCancellationFutureOwned {
        self.stop.clone().cancelled_owned()
    }
}
