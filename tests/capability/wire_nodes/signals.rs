//! PostgreSQL's signals between processes: they make it fast, and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dateline_tests::Backend;
use sqlx::{Connection, Executor, PgConnection};

use super::followers::{End, Follower, Way};
use super::nodes::{Environment, Nodes};
use super::proof;
use super::speak::Line;
use crate::press::Press;
use crate::runner::{Test, test};

/// So long that whoever is quicker was woken.
const TIMER: Duration = Duration::from_secs(4);

pub fn all() -> Vec<Test> {
    vec![
        test("another process hears of a change at once", heard).set("wire.poll_ms", TIMER.as_millis()),
        test("a change whose signal is lost comes later, not never", lost).set("wire.poll_ms", TIMER.as_millis()),
        test("followers miss nothing while all signals are lost", all_lost),
    ]
    .into_iter()
    .map(|test| test.only(Backend::Postgres).doors_closed())
    .collect()
}

/// One change at the first process; how long until the second has told a follower of it who waits there.
async fn passed_on(line: &Line, number: usize, before: impl AsyncFnOnce()) -> Duration {
    let (_, at) = line.poll(1, Some("latest"), "").await.expect("an answer");
    let waiting = tokio::spawn({
        let (line, at) = (line.clone(), at.clone());
        async move { (line.poll(1, Some(&at), "&wait=15&payload=id").await, Instant::now()) }
    });
    before().await;
    let uri = format!("urn:signal:{number}");
    let receipt = line.put(0, &uri, &uri, &uri).await.expect("it is taken");
    let told = Instant::now();
    let (answer, heard) = waiting.await.expect("a follower fails");
    let (entries, _) = answer.expect("an answer");
    let ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids, [receipt.id.as_str()]);
    heard.saturating_duration_since(told)
}

async fn two(press: &Press) -> (Nodes, Line) {
    let nodes = Nodes::start(press, [Environment::new(), Environment::new()]).await;
    let line = Line::new(&nodes);
    listening(press, 2).await;
    (nodes, line)
}

async fn heard(press: Press) {
    let (nodes, line) = two(&press).await;
    let mut times = Vec::new();
    for number in 0..10 {
        times.push(passed_on(&line, number, async || {}).await);
    }
    eprintln!("told by another process: {}", proof::quantiles(&mut times));
    assert!(times.iter().all(|time| *time < TIMER / 2), "{times:?}");
    nodes.close().await;
}

async fn lost(press: Press) {
    let (nodes, line) = two(&press).await;
    let time = passed_on(&line, 0, async || {
        cut(&press).await;
    })
    .await;
    eprintln!("told by another process that was not signalled: {time:?}");
    assert!(time < 2 * TIMER, "{time:?}");
    // They listen again.
    listening(&press, 2).await;
    let time = passed_on(&line, 1, async || {}).await;
    assert!(time < 2 * TIMER, "{time:?}");
    nodes.close().await;
}

async fn all_lost(press: Press) {
    let (nodes, line) = two(&press).await;
    let (end, over) = (End::default(), Arc::new(AtomicBool::new(false)));
    let followers: Vec<_> = [(Way::Polls, Some(0)), (Way::Listens, Some(1)), (Way::Both, None)]
        .into_iter()
        .zip(1..)
        .map(|((way, home), seed)| tokio::spawn(Follower::new(&line, way, home, seed).follow(end.clone())))
        .collect();
    let cutter = tokio::spawn({
        let (press, over) = (press.clone(), Arc::clone(&over));
        async move {
            let mut cuts = 0;
            while !over.load(Ordering::Acquire) {
                cuts += cut(&press).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            cuts
        }
    });
    let mut ledger = super::writers::publish(&line, 300, 2).await;
    let last = line
        .put(0, "urn:wire:end", "The end", "the-end")
        .await
        .expect("it is taken");
    end.set(last.id).expect("only one end");
    let mut have = Vec::new();
    for follower in followers {
        have.push(follower.await.expect("a follower fails"));
    }
    over.store(true, Ordering::Release);
    let cuts = cutter.await.expect("the cutter fails");
    assert!(cuts > 0);
    proof::agree(&have);
    proof::in_order(&have[0]);
    ledger.given_up += 1;
    proof::as_published(&have[0], &ledger);
    eprintln!(
        "{cuts} listening connections cut; seen elsewhere: {}",
        proof::quantiles(&mut ledger.seen_elsewhere)
    );
    nodes.close().await;
}

/// Ends the connections on which this test's processes listen. Returns how many there were.
async fn cut(press: &Press) -> u64 {
    let mut connection = PgConnection::connect(press.database_url()).await.unwrap();
    let done = connection
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND query LIKE 'LISTEN%'",
        )
        .await
        .unwrap();
    connection.close().await.unwrap();
    done.rows_affected()
}

/// Waits until so many listen.
async fn listening(press: &Press, many: i64) {
    let mut connection = PgConnection::connect(press.database_url()).await.unwrap();
    let begun = Instant::now();
    loop {
        let count: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        if count >= many {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{count} of {many} listen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    connection.close().await.unwrap();
}
