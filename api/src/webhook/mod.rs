//! Webhooks: partners are told of changes where they want to be told. This room keeps the endpoints, signs, sends and keeps
//! the books; which change is next and what it looks like is said by whoever runs it (`consumer/`), because this room
//! stands beside the wire and below the archive.
//!
//! Cast: `admin` endpoints put in, changed, removed by who may; `orders` what may be said of them; `sign` Standard Webhooks'
//! signature; `send` one request and what became of it; `plan` when to try again; `books` leases, and how far each endpoint
//! is; `trial` a test message.
//! Promises: one process at a time serves an endpoint, by a lease, and another takes over when it dies. What was delivered
//! and could not be filed any more is delivered again, under the same id; nothing is left out. Who answers with trouble is
//! tried less and less often, never sooner than he says, for three days; then he is left alone until somebody says so.

mod admin;
mod books;
mod orders;
mod plan;
mod send;
mod sign;
mod trial;

pub use admin::Added;
pub use plan::Verdict;
pub use send::{Maker, Message, Sent};
pub use sign::check;

use crate::clock::Clock;
use crate::news::EndpointId;
use crate::outbound::Outbound;
use crate::store::{Booking, Store};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use uuid::Uuid;

/// Clones are the same.
#[derive(Clone)]
pub struct Webhooks(Arc<Inner>);

struct Inner {
    store: Store,
    outbound: Outbound,
    clock: Clock,
    /// This process, as the holder of leases.
    holder: Uuid,
    /// Rung when somebody in this process has said something of an endpoint.
    changed: Notify,
    /// What is to be filed, and the bell for it.
    unfiled: Mutex<Unfiled>,
    to_file: Notify,
    filed: Notify,
    /// Leases and books of this process are written one after the other: two statements that lock the same rows in
    /// different orders would wait for each other.
    writing: tokio::sync::Mutex<()>,
}

/// What waits to be filed.
#[derive(Default)]
struct Unfiled {
    bookings: HashMap<EndpointId, Booking>,
    /// In all of these.
    attempts: usize,
}

impl Webhooks {
    pub fn new(store: Store, outbound: Outbound, clock: Clock) -> Webhooks {
        Webhooks(Arc::new(Inner {
            store,
            outbound,
            clock,
            holder: Uuid::new_v4(),
            changed: Notify::new(),
            unfiled: Mutex::default(),
            to_file: Notify::new(),
            filed: Notify::new(),
            writing: tokio::sync::Mutex::new(()),
        }))
    }

    /// Waits until somebody in this process has said something of an endpoint.
    pub async fn changed(&self) {
        self.0.changed.notified().await;
    }
}
