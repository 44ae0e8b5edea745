//! Those who tell webhooks of the wire: one courier an endpoint, in whichever process has its lease.
//!
//! Cast: `Couriers` takes endpoints and sends a courier for each; `courier` one endpoint's row, entry by entry; `told` what an
//! entry looks like to an endpoint, written once for all who are told the same.
//! Promises: one request at a time for an endpoint, in the order of the wire, but for cancellations, which do not wait behind
//! what fails. What is sent is looked up, passed through the gate and signed when the connection stands. One that is slow or
//! dead delays no other.

mod courier;
mod told;

pub use told::Write;

use crate::access::Access;
use crate::archive::Archive;
use crate::clock::Clock;
use crate::error::Result;
use crate::news::EndpointId;
use crate::news::webhook::Endpoint;
use crate::store::Held;
use crate::webhook::Webhooks;
use crate::wire::Wire;
use courier::Courier;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, Semaphore};
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use told::Told;

/// How often it is looked for endpoints that nobody has, and for what was said of those that this process has.
const LOOK: Duration = Duration::from_millis(400);
/// How often leases are renewed, and how long after the last time nothing is sent any more.
const RENEW: Duration = Duration::from_millis(1_200);
const GOOD: Duration = Duration::from_millis(3_500);
/// Requests at once: to those who answer well, and to those who are slow or fail. These take nothing from those.
const QUICK: usize = 256;
const PATIENT: usize = 64;
/// How long couriers may finish what they have begun.
const LAST: Duration = Duration::from_secs(2);

/// What all couriers of a process share.
struct Office {
    webhooks: Webhooks,
    wire: Wire,
    access: Access,
    clock: Clock,
    told: Told,
    quick: Semaphore,
    patient: Semaphore,
    stop: CancellationToken,
    began: Instant,
    /// Milliseconds after `began` when the leases were last known to be this process's.
    renewed: AtomicU64,
    sent: Mutex<HashMap<EndpointId, Away>>,
}

/// A courier on his way.
struct Away {
    leash: Arc<Leash>,
    task: AbortHandle,
}

/// What a courier hears of.
#[derive(Default)]
struct Leash {
    /// What was said of the endpoint when he last looked.
    version: AtomicI32,
    /// Something was said of it since, or somebody else has it.
    stale: AtomicBool,
    bell: Notify,
}

impl Leash {
    fn pull(&self) {
        self.stale.store(true, Ordering::Release);
        self.bell.notify_one();
    }
}

pub struct Couriers(Arc<Office>);

impl Couriers {
    pub fn new(
        (webhooks, wire): (Webhooks, Wire),
        (archive, access): (Archive, Access),
        clock: Clock,
        write: Write,
        stop: CancellationToken,
    ) -> Couriers {
        Couriers(Arc::new(Office {
            told: Told::new(archive, wire.clone(), clock.clone(), write),
            webhooks,
            wire,
            access,
            clock,
            quick: Semaphore::new(QUICK),
            patient: Semaphore::new(PATIENT),
            stop,
            began: Instant::now(),
            renewed: AtomicU64::new(0),
            sent: Mutex::default(),
        }))
    }

    pub async fn run(self) {
        let Couriers(office) = self;
        let filing = tokio::spawn(Arc::clone(&office).file());
        let mut couriers = JoinSet::new();
        loop {
            while couriers.try_join_next().is_some() {}
            if let Err(error) = office.look(&mut couriers).await {
                tracing::debug!(error.cause = %error, "webhooks could not be looked at; it is tried again");
            }
            tokio::select! {
                () = office.stop.cancelled() => break,
                () = office.webhooks.changed() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        let all = async { while couriers.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST, all).await.is_err() {
            couriers.shutdown().await;
        }
        // Not aborted: what it has taken up it files.
        let _ = filing.await;
        let last = async {
            office.webhooks.file().await?;
            office.webhooks.let_go(None).await
        };
        if let Err(error) = last.await {
            tracing::debug!(error.cause = %error, "how far webhooks are could not be filed: some are told the last things again");
        }
    }
}

impl Office {
    /// Files how far couriers are, until it stops.
    async fn file(self: Arc<Office>) {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.webhooks.to_file() => {}
            }
            match self.webhooks.file().await {
                Ok(stale) => {
                    let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
                    for away in stale.iter().filter_map(|id| sent.get(id)) {
                        away.leash.pull();
                    }
                }
                Err(error) => {
                    tracing::debug!(error.cause = %error, "how far webhooks are could not be filed; it is tried again");
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
    }

    /// Whether what this process has is its own at this moment.
    fn leases_are_good(&self) -> bool {
        self.since_renewal() < GOOD
    }

    fn since_renewal(&self) -> Duration {
        let renewed = Duration::from_millis(self.renewed.load(Ordering::Acquire));
        self.began.elapsed().saturating_sub(renewed)
    }

    /// Renews, takes what nobody has, sends couriers for what is new and calls back those of what is gone.
    async fn look(self: &Arc<Office>, couriers: &mut JoinSet<()>) -> Result<()> {
        let at = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let busy = {
            let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
            sent.retain(|_, away| !away.task.is_finished());
            !sent.is_empty()
        };
        if !busy {
            self.renewed.store(at, Ordering::Release);
        } else if self.since_renewal() >= RENEW {
            self.webhooks.renew().await?;
            self.renewed.store(at, Ordering::Release);
        }
        while self.webhooks.claim().await? {}
        let held = self.webhooks.held().await?;
        let mut new = Vec::new();
        let mut idle = Vec::new();
        {
            let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
            let ids: HashSet<EndpointId> = held.iter().map(|held| held.id).collect();
            sent.retain(|id, away| {
                let stays = ids.contains(id);
                if !stays {
                    away.task.abort();
                }
                stays
            });
            for Held { id, version, told } in held {
                match sent.get(&id) {
                    Some(Away { leash, .. }) => {
                        if !told || leash.version.load(Ordering::Acquire) != version {
                            leash.pull();
                        }
                    }
                    None if told => new.push(id),
                    None => idle.push(id),
                }
            }
        }
        for id in idle {
            self.webhooks.let_go(Some(id)).await?;
        }
        for endpoint in self.webhooks.load(&new).await? {
            self.send(endpoint, couriers);
        }
        Ok(())
    }

    fn send(self: &Arc<Office>, endpoint: Endpoint, couriers: &mut JoinSet<()>) {
        let leash = Arc::new(Leash::default());
        let id = endpoint.id;
        let task = couriers.spawn(Courier::walk(Arc::clone(self), endpoint, Arc::clone(&leash)));
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.insert(id, Away { leash, task });
    }
}
