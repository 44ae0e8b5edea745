//! Background loops. Each finds its own work, can run twice, and needs no input.

use crate::access::Access;
use crate::app::Rooms;
use crate::archive::Notice;
use crate::clock::Clock;
use crate::config::Config;
use crate::consumer::webhooks::Couriers;
use crate::consumer::{Librarian, Purger};
use crate::desk::Desk;
use crate::error::Error;
use crate::feed::Publisher;
use crate::hub::{Hub, Task};
use crate::news::viewer::{Scope, Viewer};
use crate::news::wire::Payload;
use crate::rest;
use crate::source::{Due, Sources};
use crate::store::Store;
use crate::webhook::Webhooks;
use crate::wire::Wire;
use futures::FutureExt;
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// Answers to repeated requests are kept this long.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);
const EVERY: Duration = Duration::from_secs(600);

/// What keys have used and read waits so long before it is filed.
const BOOKED: Duration = Duration::from_secs(2);

pub struct Worker {
    stop: CancellationToken,
    loops: Vec<JoinHandle<()>>,
}

impl Worker {
    pub fn start(rooms: &Rooms, config: &Config, clock: Clock) -> Worker {
        let (store, wire) = (&rooms.store, &rooms.wire);
        let stop = CancellationToken::new();
        let librarian = Librarian {
            store: store.clone(),
            wire: wire.clone(),
            index: rooms.index.clone(),
            clock: clock.clone(),
        };
        let mut loops = vec![
            tokio::spawn(librarian.keep(stop.clone())),
            tokio::spawn(purge(store.clone(), clock.clone(), stop.clone())),
            tokio::spawn(chores(rooms.desk.clone(), stop.clone())),
            tokio::spawn(times(rooms.desk.clone(), stop.clone())),
            tokio::spawn(sources(rooms.sources.clone(), rooms.desk.clone(), stop.clone())),
            tokio::spawn(hubs(rooms.sources.clone(), stop.clone())),
            tokio::spawn(follow(
                wire.clone(),
                rooms.hub.clone(),
                rooms.publisher.clone(),
                stop.clone(),
            )),
            tokio::spawn(hub(rooms.hub.clone(), rooms.publisher.clone(), stop.clone())),
            tokio::spawn(measure(rooms.sources.clone(), stop.clone())),
            tokio::spawn(clocks(store.clone(), clock.clone(), stop.clone())),
            tokio::spawn(wire.clone().tail(stop.clone())),
            tokio::spawn(wire.clone().listen(stop.clone())),
            tokio::spawn(book(rooms.access.clone(), stop.clone())),
            tokio::spawn(forget(rooms.access.clone(), config.usage.keep_days, stop.clone())),
        ];
        if let Some(call) = &rooms.purge {
            let again = Duration::from_secs(config.purge.again_seconds);
            let parts = (store.clone(), wire.clone(), clock.clone());
            loops.push(tokio::spawn(
                Purger::new(parts, call.clone(), again, stop.clone()).run(),
            ));
        }
        let couriers = couriers(rooms, clock, stop.clone());
        loops.push(tokio::spawn(couriers.run()));
        loops.push(tokio::spawn(tidy(rooms.webhooks.clone(), stop.clone())));
        if store.has_replica() {
            loops.push(tokio::spawn(wire.clone().watch(stop.clone())));
        }
        Worker { stop, loops }
    }

    pub async fn stop(self) {
        self.stop.cancel();
        for task in self.loops {
            let _ = task.await;
        }
    }
}

/// Forgets old idempotency keys, a small batch at a time so that publishing never waits for it.
async fn purge(store: Store, clock: Clock, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        loop {
            let Ok(before) = clock.now().checked_sub(KEPT) else {
                break;
            };
            match store.purge_idempotency_keys(before).await {
                Ok(500..) if !stop.is_cancelled() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(error.cause = %error, "old idempotency keys could not be purged; the next round will");
                    break;
                }
            }
        }
    }
}

/// How long publishing may wait for a chunk of a chore, at most; chunks are as large as that lets them be.
const CHUNK: Duration = Duration::from_millis(20);
const MOST: u32 = 200;
const LEAST: u32 = 5;
/// How often another process's chores are looked for. This one's are known at once.
const LOOK: Duration = Duration::from_secs(1);

/// Does what follows from changes, chunk by chunk. Any number of processes may; each takes a chore that nobody is at.
async fn chores(desk: Desk, stop: CancellationToken) {
    let mut most = LEAST * 4;
    loop {
        let done = desk.do_chore(most).await;
        let pause = match done {
            Ok(Some(took)) => {
                most = match took {
                    _ if took > CHUNK => (most / 2).max(LEAST),
                    _ if took < CHUNK / 2 => (most + most / 2).min(MOST),
                    _ => most,
                };
                // As long again for everybody else.
                took.clamp(CHUNK / 4, CHUNK * 10)
            }
            Ok(None) => {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = desk.chore_put() => {}
                    () = tokio::time::sleep(LOOK) => {}
                }
                continue;
            }
            Err(error) => {
                tracing::debug!(error.cause = %error, "a chore could not go on; it is tried again");
                CHUNK * 5
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Files what keys have used and read, every few seconds and at the end. What a killed process has not filed is lost.
async fn book(access: Access, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = access.many() => {}
            () = tokio::time::sleep(BOOKED) => {}
        }
        if let Err(error) = access.book(false).await {
            tracing::warn!(error.cause = %error, "what keys have used and read could not be filed; the next round will");
            tokio::time::sleep(BOOKED).await;
        }
    }
    if let Err(error) = access.book(true).await {
        tracing::warn!(error.cause = %error, "what keys have used and read since a moment ago is lost");
    }
}

/// Forgets what was read long ago, a small batch at a time.
async fn forget(access: Access, keep_days: u32, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        loop {
            match access.forget_usage(keep_days).await {
                Ok(true) if !stop.is_cancelled() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(error.cause = %error, "old readings could not be purged; the next round will");
                    break;
                }
            }
        }
    }
}

/// How often it is looked for what another process has given a time.
const LOOK_AT_TIMES: Duration = Duration::from_millis(250);
/// Where the database is not well.
const REST: Duration = Duration::from_millis(100);

/// Ends embargoes and tells of expiries, each at its moment. Any number of processes may; what one is at the others leave
/// out, and what none was there for is done when one is there again.
async fn times(desk: Desk, stop: CancellationToken) {
    loop {
        let pause = match desk.keep_times().await {
            Ok(next) => next.unwrap_or(LOOK_AT_TIMES).min(LOOK_AT_TIMES),
            Err(error) => {
                tracing::warn!(error.cause = %error, "what is due could not be done; it is tried again");
                REST
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = desk.time_set() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// How often it is looked for sources that have become due.
const LOOK_AT_SOURCES: Duration = Duration::from_millis(500);
/// So many are looked at together: one that is slow keeps no other waiting.
const TOGETHER: usize = 8;
const MEASURE: Duration = Duration::from_secs(10);

/// Looks at sources that are due, and gives the desk what is new. Any number of processes may; each source is one's at a
/// time.
async fn sources(sources: Sources, desk: Desk, stop: CancellationToken) {
    let mut looks = JoinSet::new();
    loop {
        while looks.try_join_next().is_some() {}
        let claimed = match looks.len() {
            0..TOGETHER => sources.claim().await,
            _ => Ok(None),
        };
        let pause = match claimed {
            Ok(Some(due)) => {
                looks.spawn(look(sources.clone(), desk.clone(), due));
                continue;
            }
            Ok(None) => LOOK_AT_SOURCES,
            Err(error) => {
                tracing::debug!(error.cause = %error, "due sources could not be looked for");
                LOOK_AT_SOURCES * 2
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = sources.made_due() => {}
            _ = looks.join_next(), if looks.len() >= TOGETHER => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn look(sources: Sources, desk: Desk, due: Due) {
    let slug = due.feed.slug.clone();
    let pulled = sources.pull(due, |brought| {
        let desk = desk.clone();
        async move { desk.take_in(&Viewer::Operator, brought).await }
    });
    if let Err(error) = pulled.await {
        tracing::warn!(error.cause = %error, source.slug = slug, "what a source brings could not be filed; it is tried again");
    }
}

/// How often it is looked for hubs of sources that are to be asked.
const LOOK_AT_HUBS: Duration = Duration::from_secs(2);

/// Asks the hubs of sources to tell us, and again before they cease to.
async fn hubs(sources: Sources, stop: CancellationToken) {
    loop {
        match sources.take_hub().await {
            Ok(Some(due)) => {
                if let Err(error) = sources.ask_hub(due).await {
                    tracing::debug!(error.cause = %error, "what a hub answered could not be noted");
                }
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(error.cause = %error, "hubs to be asked could not be looked for"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sources.made_hub_due() => {}
            () = tokio::time::sleep(LOOK_AT_HUBS) => {}
        }
    }
}

/// Changes that come close together are told together.
const GATHER: Duration = Duration::from_millis(200);
/// How often the feeds are compared when nothing is heard: what expires is told by nobody.
const COMPARE_FEEDS: Duration = Duration::from_secs(5);

/// Follows the wire, and notes who has to be told that a feed is not any more as he knows it.
async fn follow(wire: Wire, hub: Hub, publisher: Publisher, stop: CancellationToken) {
    let mut follower = wire.follow(wire.head().position);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            moved = follower.next(10_000) => if moved.is_err() {
                // It was trimmed: what stands in the feeds is compared, not what the wire says.
                follower = wire.follow(wire.head().position);
            },
            () = tokio::time::sleep(COMPARE_FEEDS) => {}
        }
        let content = |topic: String| {
            let publisher = publisher.clone();
            async move { publisher.content(&topic).await }
        };
        if let Err(error) = hub.follow(content).await {
            tracing::debug!(error.cause = %error, "the feeds could not be compared; they are the next time");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(GATHER) => {}
        }
    }
}

/// So many are asked or told together: one that is slow keeps no other waiting.
const TOLD_TOGETHER: usize = 32;
/// How often it is looked for work of the hub; this process's own is known at once.
const LOOK_AT_HUB: Duration = Duration::from_millis(500);

/// Does the hub's work. Any number of processes may; each piece is one's at a time.
async fn hub(hub: Hub, publisher: Publisher, stop: CancellationToken) {
    let mut tasks = JoinSet::new();
    loop {
        while tasks.try_join_next().is_some() {}
        let taken = match tasks.len() {
            0..TOLD_TOGETHER => hub.take().await,
            _ => Ok(None),
        };
        match taken {
            Ok(Some(task)) => {
                tasks.spawn(work(hub.clone(), publisher.clone(), task));
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(error.cause = %error, "the hub's work could not be looked for"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = hub.has_work() => {}
            _ = tasks.join_next(), if tasks.len() >= TOLD_TOGETHER => {}
            () = tokio::time::sleep(LOOK_AT_HUB) => {}
        }
    }
}

async fn work(hub: Hub, publisher: Publisher, task: Task) {
    let done = match task {
        Task::Verify(wish) => hub.verify(wish).await,
        Task::Tell(to) => {
            let content = |topic: String| {
                let publisher = publisher.clone();
                async move { publisher.content(&topic).await }
            };
            hub.tell(to, content).await
        }
    };
    if let Err(error) = done {
        tracing::warn!(error.cause = %error, "a reader could not be asked or told; it is tried again");
    }
}

async fn measure(sources: Sources, stop: CancellationToken) {
    loop {
        if let Err(error) = sources.measure().await {
            tracing::debug!(error.cause = %error, "sources could not be measured");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(MEASURE) => {}
        }
    }
}

/// Those who tell webhooks write as REST does.
fn couriers(rooms: &Rooms, clock: Clock, stop: CancellationToken) -> Couriers {
    let (archive, wire) = (rooms.archive.clone(), rooms.wire.clone());
    let write = move |scope: Scope, notices: Vec<Notice>, payload: Payload| {
        let (archive, wire) = (archive.clone(), wire.clone());
        let written = async move {
            let views = rest::entry_views(&archive, &wire, &scope, notices, payload).await?;
            let texts = views.iter().map(serde_json::to_string);
            texts.collect::<Result<_, _>>().map_err(Error::internal)
        };
        written.boxed()
    };
    Couriers::new(
        (rooms.webhooks.clone(), rooms.wire.clone()),
        (rooms.archive.clone(), rooms.access.clone()),
        clock,
        Arc::new(write),
        stop,
    )
}

/// Measures webhooks, and forgets what they were sent long ago.
async fn tidy(webhooks: Webhooks, stop: CancellationToken) {
    let mut trimmed = Instant::now();
    loop {
        if let Err(error) = webhooks.measure().await {
            tracing::debug!(error.cause = %error, "webhooks could not be measured");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(MEASURE) => {}
        }
        if trimmed.elapsed() < EVERY {
            continue;
        }
        trimmed = Instant::now();
        while !stop.is_cancelled() {
            match webhooks.forget().await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(error.cause = %error, "old attempts of webhooks could not be purged; the next round will");
                    break;
                }
            }
        }
    }
}

/// How often the clocks are compared.
const COMPARE: Duration = Duration::from_secs(60);

/// Says it when the machine's clock and the database's drift apart: what expires goes by the one, what is released by the
/// other.
async fn clocks(store: Store, clock: Clock, stop: CancellationToken) {
    loop {
        match store.clock_offset(&clock).await {
            Ok(None) => return,
            Ok(Some(offset)) => {
                metrics::gauge!("dateline_database_clock_offset_seconds").set(offset.as_secs_f64());
                if offset.abs() > Store::FARTHEST {
                    tracing::error!(
                        clock.offset_ms = i64::try_from(offset.as_millis()).unwrap_or(i64::MAX),
                        "the clocks of this machine and of the database are too far apart; set both by NTP"
                    );
                }
            }
            Err(error) => tracing::debug!(error.cause = %error, "the clocks could not be compared"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(COMPARE) => {}
        }
    }
}
