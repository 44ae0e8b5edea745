//! Real processes and the real time: killed over the end of an embargo, racing for it, with clocks that differ.

use std::time::Duration;

use dateline::Clock;
use dateline_tests::{Backend, size};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{public, put};
use crate::press::{Doors, Press};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    let tests = vec![
        test("an embargo ends though every process was killed over its end", killed),
        test(
            "an embargo ends once, never early and soon, on every process that races for it",
            raced,
        ),
        test("the wire tells soon of an end", ended),
        test(
            "who serves refuses to begin where its clock and the database's are far apart",
            apart,
        )
        .only(Backend::Postgres),
        test(
            "an embargo ends by the database's clock and by no other",
            by_the_database,
        )
        .only(Backend::Postgres),
    ];
    tests.into_iter().map(Test::doors_closed).collect()
}

fn now() -> Timestamp {
    Clock::system().now()
}

fn from_now(milliseconds: i64) -> Timestamp {
    now() + SignedDuration::from_millis(milliseconds)
}

async fn wait_for(time: Timestamp) {
    let left = Duration::try_from(time.duration_since(now())).unwrap_or_default();
    tokio::time::sleep(left).await;
}

/// When the story is first seen there.
async fn seen(doors: Doors, uri: String, time: Timestamp) -> Timestamp {
    wait_for(time - SignedDuration::from_millis(60)).await;
    loop {
        let answer = doors.get(&public(&uri)).await;
        // After the answer: it was there at this time at the latest, and is early if this is.
        let at = now();
        if answer.status == 200 {
            return at;
        }
        assert_eq!(answer.status, 404, "{answer}");
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
}

/// Entries of the wire about this story, by kind.
async fn told(doors: &Doors, uri: &str) -> Vec<String> {
    let page = doors.get("/v1/wire?limit=500").await.expect(200).json();
    let entries = page["entries"].as_array().unwrap().iter();
    let about = entries.filter(|entry| entry["uri"] == uri);
    about.map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
}

async fn killed(press: Press) {
    let first = press.process().await;
    let time = from_now(1_500);
    put(&first, "urn:x:1", &time.to_string(), json!({})).await.expect(202);
    first.get(&public("urn:x:1")).await.expect(404);
    first.kill().await;
    wait_for(time + SignedDuration::from_millis(300)).await;
    let second = press.process().await;
    let began = now();
    let at = seen(second.clone_doors(), "urn:x:1".to_owned(), time).await;
    assert!(at.duration_since(began) < SignedDuration::from_secs(15), "{began} {at}");
    let story = second.get(&public("urn:x:1")).await.json();
    assert_eq!(story["published"], time.to_string());
    assert_eq!(told(&second, "urn:x:1").await, ["article.published"]);
    second.terminate().await;
}

async fn raced(press: Press) {
    let count = match press.backend() {
        Backend::Sqlite => 1,
        Backend::Postgres => 3,
    };
    let mut processes = Vec::new();
    for _ in 0..count {
        processes.push(press.process().await);
    }
    let rounds = 12;
    let mut watching = Vec::new();
    // Long enough to put all of them in on a busy machine.
    let begin = from_now(10_000);
    for n in 0..rounds {
        let time = begin + SignedDuration::from_millis(300 * n);
        let uri = format!("urn:x:{n}");
        let putter = &processes[usize::try_from(n).unwrap() % count];
        put(putter, &uri, &time.to_string(), json!({})).await.expect(202);
        for process in &processes {
            let seen = tokio::spawn(seen(process.clone_doors(), uri.clone(), time));
            watching.push((time, seen));
        }
    }
    let mut late = Vec::new();
    for (time, seen) in watching {
        let seen = seen.await.expect("a watcher fails");
        assert!(seen >= time, "early: {time}, seen at {seen}");
        late.push(seen.duration_since(time).as_millis());
    }
    late.sort_unstable();
    eprintln!(
        "{count} processes, {rounds} embargoes: seen after T by p50 {} ms, p90 {} ms, max {} ms",
        late[late.len() / 2],
        late[late.len() * 9 / 10],
        late[late.len() - 1]
    );
    // The promise is a second; run it alone with EMBARGO_LATE_MS=1000. Among all tests the machine is what is late.
    let most = i128::try_from(size("EMBARGO_LATE_MS", 15_000)).unwrap();
    assert!(late.iter().all(|late| *late <= most), "{late:?}");
    for process in &processes {
        for n in 0..rounds {
            assert_eq!(
                told(process, &format!("urn:x:{n}")).await,
                ["article.published"],
                "urn:x:{n}"
            );
        }
    }
    for process in processes {
        process.terminate().await;
    }
}

async fn ended(press: Press) {
    let process = press.process().await;
    let mut late = Vec::new();
    for n in 0..5 {
        let time = from_now(700);
        let uri = format!("urn:x:{n}");
        process.story(&uri).with("expires", time.to_string()).await;
        let start = process.get("/v1/wire?after=latest").await.expect(200).json();
        let start = start["next"].as_str().unwrap().to_owned();
        let page = process
            .get(&format!("/v1/wire?after={start}&wait=10"))
            .await
            .expect(200);
        let at = now();
        let page: Value = page.json();
        assert_eq!(page["entries"][0]["kind"], "article.expired", "{page}");
        assert!(at >= time);
        late.push(at.duration_since(time).as_millis());
    }
    eprintln!("an end is told after it by {late:?} ms");
    let most = i128::try_from(size("EMBARGO_LATE_MS", 15_000)).unwrap();
    assert!(late.iter().all(|late| *late <= most), "{late:?}");
    process.terminate().await;
}

/// Lets the database's clock differ, for connections that are made from now on.
async fn set_apart(press: &Press, milliseconds: i64) {
    press
        .by_hand(&format!(
            "CREATE OR REPLACE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS \
             'SELECT pg_catalog.clock_timestamp() + interval ''{milliseconds} milliseconds'''"
        ))
        .await;
    let order = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', \
                 current_database()); END $$";
    press.by_hand(order).await;
}

async fn apart(press: Press) {
    for milliseconds in [-1_000, 1_000, 300] {
        set_apart(&press, milliseconds).await;
        let output = press.command(["serve", "--listen", "127.0.0.1:0"]).await;
        assert_eq!(output.code, Some(1), "{output}");
        let which = if milliseconds < 0 { "behind" } else { "ahead of" };
        assert!(
            output.stderr.contains(which) && output.stderr.contains("NTP"),
            "{output}"
        );
    }
    set_apart(&press, 0).await;
    press.process().await.terminate().await;
}

async fn by_the_database(press: Press) {
    // Near enough to be served with, and to be told apart.
    let behind = 70;
    set_apart(&press, -behind).await;
    let process = press.process().await;
    for n in 0..5 {
        let time = from_now(400);
        let uri = format!("urn:x:{n}");
        put(&process, &uri, &time.to_string(), json!({})).await.expect(202);
        let at = seen(process.clone_doors(), uri, time).await;
        assert!(
            at >= time + SignedDuration::from_millis(behind),
            "early: {time}, seen at {at}"
        );
    }
    // Where the machine's clock says that it is over and the database's that it is not, it waits.
    for n in 0..5 {
        let uri = format!("urn:x:close:{n}");
        let time = from_now(-20);
        let answer = put(&process, &uri, &time.to_string(), json!({})).await;
        let at = seen(process.clone_doors(), uri, time).await;
        assert!(matches!(answer.status, 201 | 202), "{answer}");
        assert!(
            at >= time + SignedDuration::from_millis(behind),
            "early: {time}, seen at {at}"
        );
    }
    process.terminate().await;
}
