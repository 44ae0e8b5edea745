//! The wire from outside, with real processes that are killed, lines that break, signals that get lost and a replica that
//! lags: nobody misses a change, gets one twice or in another order, and nobody is shown less than he was told.
//!
//! `WIRE_CHANGES` is how many changes the followers follow (1,500); at full size it is best run by a release build:
//! `WIRE_CHANGES=100000 cargo test --release -p dateline-tests --test capability -- "every follower"`.

mod followers;
mod lives;
mod nodes;
mod proof;
mod replicas;
mod signals;
mod speak;
mod writers;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dateline_tests::{Backend, size};

use crate::lists::dice::Dice;
use crate::press::Press;
use crate::runner::{Test, test};
use followers::{End, Follower, Way};
use nodes::{Environment, Nodes};
use speak::Line;
use writers::WRITERS;

pub fn all() -> Vec<Test> {
    // A hundred changes a second come through the slowest of machines.
    let time = Duration::from_secs(300 + changes() as u64 / 100);
    let torture = vec![
        test(
            "every follower has every entry once, in order, though the process is killed again and again",
            |press| kept_whole(press, 1, false),
        )
        .only(Backend::Sqlite),
        test(
            "every follower has every entry once, in order, though two processes are killed again and again",
            |press| kept_whole(press, 2, false),
        )
        .only(Backend::Postgres),
        test(
            "every follower has every entry once, in order, from a replica and from two processes that are killed too",
            |press| kept_whole(press, 2, true),
        )
        .only(Backend::Postgres)
        .with_replica(),
    ];
    let torture = torture.into_iter().map(|test| test.doors_closed().patient(time));
    torture
        .chain(signals::all())
        .chain(replicas::all())
        .chain(lives::all())
        .collect()
}

fn changes() -> usize {
    size("WIRE_CHANGES", 1_500)
}

/// Reads from the replica.
fn reading_from(url: String) -> Environment {
    vec![("DATABASE_READ_URL", url)]
}

async fn kept_whole(press: Press, processes: usize, with_replica: bool) {
    let replica = with_replica.then(|| press.replica());
    let mut environments = vec![Environment::new(); processes];
    environments.extend(replica.iter().map(|replica| reading_from(replica.url())));
    let nodes = Nodes::start(&press, environments).await;
    let line = Line::new(&nodes);
    let (end, over) = (End::default(), Arc::new(AtomicBool::new(false)));
    let begun = Instant::now();

    let following: Vec<_> = follow_all(&nodes, &end);
    let killer = tokio::spawn(kill_some(nodes.clone(), Arc::clone(&over)));
    let mut ledger = writers::publish(&line, changes(), 1).await;
    let written = begun.elapsed();
    over.store(true, Ordering::Release);
    let kills = killer.await.expect("the killer fails");

    let last = line.put(0, "urn:wire:end", "The end", "the-end").await;
    let last = last.expect("nobody is killed any more");
    let sent = Instant::now();
    end.set(last.id.clone()).expect("only one end");
    let mut have = Vec::new();
    for follower in following {
        have.push(follower.await.expect("a follower fails"));
    }
    ledger.acknowledged.push(writers::Acknowledged {
        uri: "urn:wire:end".to_owned(),
        id: last.id,
        version: last.version,
        sent,
        answered: sent,
    });

    proof::agree(&have);
    let first = have.first().expect("a follower");
    proof::in_order(first);
    proof::as_published(first, &ledger);
    proof::as_stored(&press, first, &ledger).await;
    proof::repeatable(&line, first).await;
    eprintln!(
        "{} processes: {WRITERS} writers, {} changes in {:.1} s, {kills} kills, {} repeated, {} given up; {} followers; \
         seen elsewhere: {}",
        nodes.count(),
        ledger.acknowledged.len(),
        written.as_secs_f64(),
        ledger.repeated,
        ledger.given_up,
        have.len(),
        proof::quantiles(&mut ledger.seen_elsewhere),
    );
    nodes.close().await;
}

/// One who stays at each process, polling or listening, and two who go from one to another.
fn follow_all(nodes: &Nodes, end: &End) -> Vec<tokio::task::JoinHandle<Vec<speak::Seen>>> {
    let staying = (0..nodes.count()).map(|node| ([Way::Listens, Way::Polls][node % 2], Some(node)));
    let ways = staying.chain([(Way::Both, None), (Way::Both, None)]);
    ways.zip(1..)
        // Each with connections of his own.
        .map(|((way, home), seed)| tokio::spawn(Follower::new(&Line::new(nodes), way, home, seed).follow(end.clone())))
        .collect()
}

/// Kills one process after the other at moments that nobody can foresee, until it is over; but a slow machine should not
/// be busy with starting them again for ever. Returns how many.
async fn kill_some(nodes: Nodes, over: Arc<AtomicBool>) -> usize {
    let mut dice = Dice::new(3);
    let mut kills = 0;
    while !over.load(Ordering::Acquire) && kills < 4 + changes() / 150 {
        tokio::time::sleep(Duration::from_millis(300 + dice.roll(2_400) as u64)).await;
        let node = dice.roll(nodes.count());
        nodes.kill(node).await;
        tokio::time::sleep(Duration::from_millis(dice.roll(200) as u64)).await;
        nodes.revive(node).await;
        kills += 1;
    }
    kills
}
