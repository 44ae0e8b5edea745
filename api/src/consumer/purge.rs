//! Who tells a CDN what to forget: follows the wire and posts the surrogate keys that each entry has moved.
//!
//! Cast: `Purger` one place in the wire, kept in the database; `call` one request, as the CDN wants it.
//! Promises: the keys of every entry are posted, in the order of the wire and, because a process that has not heard of the
//! change yet may have answered the CDN from before it, once more when none can. The place is filed after that: whoever
//! takes over from a process that died posts some keys again, and leaves none out. One process at a time does it, by a
//! lease. Where it is not known what was missed, everything is forgotten.

mod call;

pub use call::Call;

use crate::clock::{Clock, jitter};
use crate::error::{Kind, Result};
use crate::news::tags::{EVERYTHING, moved_by};
use crate::news::wire::{Entry, Position, Subject};
use crate::store::Store;
use crate::wire::Wire;
use call::Trouble;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The name of its place, and of the right to it.
const NAME: &str = "purge";
/// Entries that are read at a time.
const TOGETHER: usize = 200;
/// How long a process that is not heard of keeps the right: longer than one request may take.
const LEASE: SignedDuration = SignedDuration::from_secs(8);
const RENEW: Duration = Duration::from_secs(2);
/// After trouble: at first, and at most. What is old is shown meanwhile.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);
/// In percent, so that several houses do not come back together.
const SPREAD: u32 = 20;

pub struct Purger {
    store: Store,
    wire: Wire,
    clock: Clock,
    call: Call,
    /// How long after the first time keys are posted once more; none where once is enough.
    again: Option<Duration>,
    /// This process, as the holder of the lease.
    holder: Uuid,
    stop: CancellationToken,
    renewed: Instant,
}

/// What was posted once.
struct Posted {
    due: Instant,
    keys: BTreeSet<String>,
    upto: Position,
}

/// Whether it goes on.
#[derive(PartialEq, Eq)]
enum Held {
    Yes,
    /// It stops, or another process has the right by now.
    No,
}

impl Purger {
    pub fn new(
        (store, wire, clock): (Store, Wire, Clock),
        call: Call,
        again: Duration,
        stop: CancellationToken,
    ) -> Purger {
        Purger {
            store,
            wire,
            clock,
            call,
            again: (!again.is_zero()).then_some(again),
            holder: Uuid::new_v4(),
            stop,
            renewed: Instant::now(),
        }
    }

    pub async fn run(mut self) {
        while !self.stop.is_cancelled() {
            let done = match self.hold().await {
                Ok(Held::Yes) => self.follow().await,
                Ok(Held::No) => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                tracing::warn!(error.cause = %error, "what a CDN must forget could not be followed; it is tried again");
            }
            self.rest(RENEW).await;
        }
        if let Err(error) = self.store.end_lease(NAME, self.holder).await {
            tracing::debug!(error.cause = %error, "the right to purge could not be given back: it ends by itself");
        }
    }

    async fn hold(&mut self) -> Result<Held> {
        let now = self.clock.now();
        let until = now.checked_add(LEASE).unwrap_or(now);
        let held = self.store.take_lease(NAME, self.holder, now, until).await?;
        self.renewed = Instant::now();
        Ok(if held { Held::Yes } else { Held::No })
    }

    async fn rest(&self, time: Duration) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(time) => {}
        }
    }

    /// Follows the wire until it stops or another process does it.
    async fn follow(&mut self) -> Result<()> {
        let mut at = match self.store.bookmark(NAME).await? {
            Some(at) => at,
            // The first time: what the CDN has is from before anybody told it anything.
            None => match self.forget_all().await? {
                Some(head) => head,
                None => return Ok(()),
            },
        };
        let mut posted: VecDeque<Posted> = VecDeque::new();
        loop {
            if self.stop.is_cancelled() || (self.renewed.elapsed() >= RENEW && self.hold().await? == Held::No) {
                return Ok(());
            }
            if let Some(again) = due(&mut posted) {
                if self.post(&again.keys, None).await? == Held::No {
                    return Ok(());
                }
                self.store.set_bookmark(NAME, again.upto, self.clock.now()).await?;
            }
            let entries = match self.wire.read(at, TOGETHER).await {
                Ok(entries) => entries,
                Err(error) if error.kind == Kind::Gone => match self.forget_all().await? {
                    Some(head) => {
                        at = head;
                        posted.clear();
                        continue;
                    }
                    None => return Ok(()),
                },
                Err(error) => return Err(error),
            };
            let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
                metrics::gauge!("dateline_purge_lag_seconds").set(0.0);
                self.wait(at, posted.front()).await;
                continue;
            };
            let keys = moved(&entries);
            if self.post(&keys, Some(first.at)).await? == Held::No {
                return Ok(());
            }
            at = last.position;
            match self.again {
                Some(again) => posted.push_back(Posted {
                    due: Instant::now() + again,
                    keys,
                    upto: at,
                }),
                None => self.store.set_bookmark(NAME, at, self.clock.now()).await?,
            }
        }
    }

    /// Until there is something new, or something is due.
    async fn wait(&self, at: Position, next: Option<&Posted>) {
        let until = next.map_or(RENEW, |next| next.due.saturating_duration_since(Instant::now()));
        let more = self.wire.reached(Position(at.0.saturating_add(1)), until.min(RENEW));
        tokio::select! {
            () = self.stop.cancelled() => {}
            _ = more => {}
        }
    }

    /// Everything is forgotten, and what comes now is followed. None where it does not go on.
    async fn forget_all(&mut self) -> Result<Option<Position>> {
        let head = self.wire.head().position;
        let all = BTreeSet::from([EVERYTHING.to_owned()]);
        if self.post(&all, None).await? == Held::No {
            return Ok(None);
        }
        self.store.set_bookmark(NAME, head, self.clock.now()).await?;
        Ok(Some(head))
    }

    /// Posts these until the CDN has taken all of them. `since`: when the oldest of what they are about was changed.
    async fn post(&mut self, keys: &BTreeSet<String>, since: Option<Timestamp>) -> Result<Held> {
        let keys: Vec<String> = keys.iter().cloned().collect();
        for some in keys.chunks(self.call.most) {
            let mut pause = FIRST;
            let mut failed = 0u32;
            while let Err(Trouble { why, rest }) = self.call.post(some, self.clock.now()).await {
                metrics::counter!("dateline_purge_requests_total", "outcome" => "failed").increment(1);
                failed = failed.saturating_add(1);
                match failed {
                    1 => tracing::error!(
                        error.cause = why,
                        "the CDN is not told what to forget, and shows what is old; see to [purge]"
                    ),
                    _ => tracing::debug!(error.cause = why, failed, "the CDN is still not told what to forget"),
                }
                if let Some(since) = since {
                    let lag = self.clock.now().duration_since(since).as_secs_f64();
                    metrics::gauge!("dateline_purge_lag_seconds").set(lag);
                }
                let until = Instant::now() + rest.unwrap_or_default().max(jitter(pause, SPREAD));
                pause = (pause * 2).min(LONGEST);
                while Instant::now() < until {
                    let left = until.saturating_duration_since(Instant::now());
                    self.rest(left.min(RENEW)).await;
                    if self.stop.is_cancelled() || self.hold().await? == Held::No {
                        return Ok(Held::No);
                    }
                }
            }
            if failed > 0 {
                tracing::info!(failed, "the CDN is told again what to forget");
            }
            metrics::counter!("dateline_purge_requests_total", "outcome" => "taken").increment(1);
            metrics::counter!("dateline_purge_keys_total").increment(u64::try_from(some.len()).unwrap_or(0));
        }
        Ok(Held::Yes)
    }
}

/// What is to be posted once more by now, all of it together.
fn due(posted: &mut VecDeque<Posted>) -> Option<Posted> {
    let now = Instant::now();
    let mut all: Option<Posted> = None;
    while let Some(next) = posted.pop_front_if(|next| next.due <= now) {
        match &mut all {
            Some(all) => {
                all.keys.extend(next.keys);
                all.upto = next.upto;
            }
            None => all = Some(next),
        }
    }
    all
}

/// The keys that these entries have moved.
fn moved(entries: &[Arc<Entry>]) -> BTreeSet<String> {
    let of = |entry: &Arc<Entry>| match entry.subject {
        // What there was in an earlier epoch nobody knows.
        Subject::Epoch => vec![EVERYTHING.to_owned()],
        Subject::Article(_)
        | Subject::Topic(_)
        | Subject::Collection(_)
        | Subject::Channel(_)
        | Subject::Source(_)
        | Subject::Access => moved_by(entry).into_iter().map(|tag| tag.surrogate_key()).collect(),
    };
    entries.iter().flat_map(of).collect()
}
