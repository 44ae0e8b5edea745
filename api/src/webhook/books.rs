//! Leases and books: which endpoints this process serves, and how far it has served them.
//!
//! What became of a request is filed a moment later, together with what became of others: a process that dies in between has
//! delivered what it does not know of, and another delivers it again, under the same id.

use super::{Unfiled, Webhooks};
use crate::error::Result;
use crate::news::EndpointId;
use crate::news::webhook::{Endpoint, EndpointState, Progress};
use crate::news::wire::Position;
use crate::store::{Booking, Held, Whose};
use jiff::SignedDuration;
use std::collections::hash_map::Entry;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// How long a process that is not heard of keeps its endpoints. With the time between two looks it is less than 5 s.
pub const LEASE: SignedDuration = SignedDuration::from_millis(4_000);
/// Taken at a time.
const TAKEN: u32 = 200;
/// In one transaction, so that nobody who publishes waits long.
const TOGETHER: usize = 100;
/// So many attempts wait to be filed at most.
const MOST_UNFILED: usize = 5_000;
/// How long what is to be filed is gathered.
const GATHERED: Duration = Duration::from_millis(15);
/// Of attempts: how long they are kept, and how many of one endpoint.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
const MOST_KEPT: u32 = 1_000;

impl Webhooks {
    /// Those that this process has.
    pub async fn held(&self) -> Result<Vec<Held>> {
        self.0.store.held_endpoints(self.0.holder).await
    }

    /// Takes some that nobody has. Whether there may be more.
    pub async fn claim(&self) -> Result<bool> {
        let now = self.0.clock.now();
        if !self.0.store.has_free_endpoint(self.0.holder, now).await? {
            return Ok(false);
        }
        let until = now.checked_add(LEASE).unwrap_or(now);
        let _writing = self.0.writing.lock().await;
        let tx = self.0.store.begin().await?;
        let taken = tx.lease_endpoints(self.0.holder, now, until, TAKEN).await?;
        tx.commit().await?;
        Ok(taken == u64::from(TAKEN))
    }

    /// Holds on to those that this process has.
    pub async fn renew(&self) -> Result<()> {
        let now = self.0.clock.now();
        let until = now.checked_add(LEASE).unwrap_or(now);
        let _writing = self.0.writing.lock().await;
        let tx = self.0.store.begin().await?;
        tx.renew_endpoint_leases(self.0.holder, until).await?;
        tx.commit().await
    }

    /// Lets go of one, or of all.
    pub async fn let_go(&self, id: Option<EndpointId>) -> Result<()> {
        let _writing = self.0.writing.lock().await;
        let tx = self.0.store.begin().await?;
        match id {
            Some(id) => tx.end_endpoint_lease(self.0.holder, id).await?,
            None => tx.end_endpoint_leases(self.0.holder).await?,
        }
        tx.commit().await
    }

    /// As they are now, whoever asks.
    pub async fn load(&self, ids: &[EndpointId]) -> Result<Vec<Endpoint>> {
        self.0.store.load_endpoints(ids).await
    }

    /// What of it is to be sent once more.
    pub async fn resends(&self, id: EndpointId) -> Result<Vec<(Uuid, Position)>> {
        self.0.store.list_resends(id).await
    }

    /// Notes how far one is, to be filed soon. Waits where too much waits to be filed.
    pub async fn book(&self, id: EndpointId, new: Booking) {
        loop {
            let filed = self.0.filed.notified();
            let unfiled = self.unfiled().attempts;
            if unfiled < MOST_UNFILED {
                break;
            }
            tokio::select! {
                () = filed => {}
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
        self.note(id, new, false);
        self.0.to_file.notify_one();
    }

    /// `older`: it could not be filed, and there may be something newer by now.
    fn note(&self, id: EndpointId, booking: Booking, older: bool) {
        let mut unfiled = self.unfiled();
        unfiled.attempts += booking.attempts.len();
        match unfiled.bookings.entry(id) {
            Entry::Vacant(place) => {
                place.insert(booking);
            }
            Entry::Occupied(mut place) => {
                let there = place.get_mut();
                let mut first = booking;
                if !older {
                    std::mem::swap(&mut first, there);
                }
                // Now `there` is the newer one.
                first.attempts.append(&mut there.attempts);
                first.resent.append(&mut there.resent);
                (there.attempts, there.resent) = (first.attempts, first.resent);
            }
        }
    }

    fn unfiled(&self) -> MutexGuard<'_, Unfiled> {
        self.0.unfiled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is something to be filed, and a moment for more.
    pub async fn to_file(&self) {
        self.0.to_file.notified().await;
        tokio::time::sleep(GATHERED).await;
    }

    /// Files all that waits. Returns the endpoints that are not this process's as it knew them.
    pub async fn file(&self) -> Result<Vec<EndpointId>> {
        // Whoever comes second finds filed what the first has taken.
        let _writing = self.0.writing.lock().await;
        let Unfiled { bookings, attempts: _ } = std::mem::take(&mut *self.unfiled());
        let mut all: Vec<(EndpointId, Booking)> = bookings.into_iter().collect();
        let mut lost = Vec::new();
        while !all.is_empty() {
            let rest = all.split_off(all.len().min(TOGETHER));
            match self.file_some(&all).await {
                Ok(stale) => lost.extend(stale),
                Err(error) => {
                    for (id, booking) in all.into_iter().chain(rest) {
                        self.note(id, booking, true);
                    }
                    self.0.to_file.notify_one();
                    return Err(error);
                }
            }
            all = rest;
            self.0.filed.notify_waiters();
        }
        Ok(lost)
    }

    async fn file_some(&self, some: &[(EndpointId, Booking)]) -> Result<Vec<EndpointId>> {
        let tx = self.0.store.begin().await?;
        let filed = tx.book_endpoints(self.0.holder, some).await?;
        tx.commit().await?;
        let ids = some.iter().map(|(id, _)| *id);
        Ok(ids.filter(|id| !filed.contains(id)).collect())
    }

    /// Forgets what was sent long ago. Whether there may be more.
    pub async fn forget(&self) -> Result<bool> {
        let before = self.0.clock.now().checked_sub(KEPT).unwrap_or_default();
        Ok(self.0.store.trim_attempts(before, MOST_KEPT).await? > 0)
    }

    /// How endpoints stand, for the metrics.
    pub async fn measure(&self) -> Result<()> {
        let now = self.0.clock.now();
        let endpoints = self.0.store.list_endpoints(Whose::Anybodys).await?;
        let scores = self.scores(&endpoints).await?;
        for endpoint in endpoints {
            let name = || endpoint.id.to_string();
            let lag = f64::from(i32::try_from(endpoint.lag(now)).unwrap_or(i32::MAX));
            metrics::gauge!("dateline_webhook_lag_seconds", "endpoint" => name()).set(lag);
            let rate = scores.get(&endpoint.id).copied().unwrap_or_default().rate();
            metrics::gauge!("dateline_webhook_success_rate", "endpoint" => name()).set(rate.unwrap_or(f64::NAN));
            let Progress { state, tries, .. } = &endpoint.progress;
            metrics::gauge!("dateline_webhook_failures", "endpoint" => name()).set(f64::from(*tries));
            let active = if *state == EndpointState::Active { 1.0 } else { 0.0 };
            metrics::gauge!("dateline_webhook_active", "endpoint" => name()).set(active);
        }
        Ok(())
    }
}
