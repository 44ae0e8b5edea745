//! Sources: where others put their stories, looked at again and again. This room asks, reads and keeps the books; what was
//! read it hands to the desk through whoever runs it, because it stands below the desk.
//!
//! Cast: `admin` sources put in, changed, removed; `pull` one look at one source; `ask` the request and what its answer
//! means; `items` what of it is new; `plan` when to look again; `hub` who tells us of a source, so that it need not be looked
//! at so often, and `push` what he tells.
//! Promises: nothing enters twice, and no source writes over what is a publisher's or another source's. One process at a
//! time looks at a source, by a lease; one that dies in the middle loses nothing: what it had begun is read again, and what
//! the desk had already is the same to it. Who answers with trouble is asked less and less often, never sooner than he says.

mod admin;
mod ask;
mod hub;
mod items;
mod plan;
mod pull;
mod push;

pub use admin::SourceReceipt;
pub use items::Brought;
pub use pull::{Due, End, Pulled};
pub use push::Pushed;

use crate::clock::Clock;
use crate::outbound::Outbound;
use crate::store::Store;
use std::sync::Arc;
use tokio::sync::Notify;

#[derive(Clone)]
pub struct Sources {
    store: Store,
    outbound: Outbound,
    clock: Clock,
    /// Rung when a source has become due by what somebody said.
    due: Arc<Notify>,
    /// Rung when a hub is to be asked.
    hub_due: Arc<Notify>,
    /// What the addresses begin with at which hubs tell us; none where the house has no address that the world knows.
    callbacks: Option<Arc<str>>,
}

impl Sources {
    pub fn new(store: Store, outbound: Outbound, clock: Clock, callbacks: Option<String>) -> Sources {
        Sources {
            store,
            outbound,
            clock,
            due: Arc::default(),
            hub_due: Arc::default(),
            callbacks: callbacks.map(Into::into),
        }
    }

    /// Waits until a source of this process's has told of its hub.
    pub async fn made_hub_due(&self) {
        self.hub_due.notified().await;
    }

    /// Waits until somebody in this process has made a source due.
    pub async fn made_due(&self) {
        self.due.notified().await;
    }
}
