//! A process that reads from a replica: quick as long as the replica is, and never behind its own words.

use std::time::{Duration, Instant};

use dateline_tests::Backend;

use super::nodes::{Environment, Nodes};
use super::speak::Line;
use super::{proof, reading_from};
use crate::press::Press;
use crate::runner::{Test, test};

/// What another process acknowledged is seen everywhere within this, however busy the machine.
const BOUND: Duration = Duration::from_secs(15);

/// Which process is which.
const WRITER: usize = 0;
const OTHER: usize = 1;
const READER: usize = 2;

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a change is seen at once where it was acknowledged, soon by another process, and soon from a replica",
            soon,
        ),
        test(
            "a process never shows less than it acknowledged, however far its replica is behind",
            own_words,
        ),
        test(
            "a process never shows less than a cursor that it was shown, however far its replica is behind",
            shown_cursor,
        ),
        test(
            "a process never shows less than it has told on the wire, whatever its replica does",
            told,
        ),
    ]
    .into_iter()
    .map(|test| test.only(Backend::Postgres).doors_closed().with_replica())
    .collect()
}

async fn soon(press: Press) {
    let replica = press.replica();
    let environments = [Environment::new(), Environment::new(), reading_from(replica.url())];
    let nodes = Nodes::start(&press, environments).await;
    let line = Line::new(&nodes);
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for number in 0..60 {
        let at = number % 3;
        let (uri, key) = (format!("urn:soon:{}", number % 7), format!("soon-{number}"));
        let receipt = line.put(at, &uri, &key, &key).await.expect("it is taken");
        let answered = Instant::now();
        let shown = line.version(at, &uri).await.expect("an answer");
        assert_eq!(shown, Some(receipt.version), "{uri} at process {at}");
        let latest = line.latest(at).await.expect("an answer");
        let listed = latest.iter().find(|(listed, _)| *listed == uri);
        assert_eq!(
            listed.map(|(_, version)| *version),
            Some(receipt.version),
            "{uri} at process {at}"
        );
        for other in (0..3).filter(|other| *other != at) {
            while line.version(other, &uri).await.expect("an answer") < Some(receipt.version) {
                assert!(answered.elapsed() < BOUND, "{uri} does not come to process {other}");
            }
            times[other].push(answered.elapsed());
        }
    }
    let [writer, other, reader] = &mut times;
    writer.append(other);
    eprintln!("seen by another process: {}", proof::quantiles(writer));
    eprintln!("seen from the replica: {}", proof::quantiles(reader));
    nodes.close().await;
}

/// A primary's process, and the one that reads from a replica; and a story that both know.
async fn lagging(press: &Press) -> (Nodes, Line, dateline_tests::Replica) {
    let replica = press.replica();
    let environments = [Environment::new(), Environment::new(), reading_from(replica.url())];
    let nodes = Nodes::start(press, environments).await;
    let line = Line::new(&nodes);
    line.put(WRITER, "urn:lag:1", "One", "1").await.expect("it is taken");
    sees(&line, READER, 1).await;
    replica.pause();
    (nodes, line, replica)
}

async fn version(line: &Line, node: usize) -> i64 {
    let version = line.version(node, "urn:lag:1").await.expect("an answer");
    version.expect("the story is there")
}

/// Waits until a process shows this version; never an older one again.
async fn sees(line: &Line, node: usize, wanted: i64) {
    let begun = Instant::now();
    while line.version(node, "urn:lag:1").await.expect("an answer") < Some(wanted) {
        assert!(
            begun.elapsed() < BOUND,
            "version {wanted} does not come to process {node}"
        );
    }
    all_show(line, node, wanted).await;
}

/// Every door of a process shows this version.
async fn all_show(line: &Line, node: usize, wanted: i64) {
    for _ in 0..5 {
        assert_eq!(version(line, node).await, wanted);
        let latest = line.latest(node).await.expect("an answer");
        assert_eq!(latest, [("urn:lag:1".to_owned(), wanted)]);
    }
}

async fn own_words(press: Press) {
    let (nodes, line, replica) = lagging(&press).await;
    for wanted in [2, 3] {
        let (headline, key) = (format!("Edition {wanted}"), format!("{wanted}"));
        let receipt = line.put(READER, "urn:lag:1", &headline, &key).await;
        assert_eq!(receipt.expect("it is taken").version, wanted);
        all_show(&line, READER, wanted).await;
    }
    replica.resume();
    all_show(&line, READER, 3).await;
    followed_to_the_end(&line, READER, 3).await;
    nodes.close().await;
}

async fn shown_cursor(press: Press) {
    let (nodes, line, replica) = lagging(&press).await;
    let (_, before) = line.poll(READER, Some("latest"), "").await.expect("an answer");
    line.put(WRITER, "urn:lag:1", "Two", "2").await.expect("it is taken");
    sees(&line, OTHER, 2).await;
    // It has not heard of it, and is told nothing of it by its replica.
    let (entries, next) = line.poll(READER, Some(&before), "").await.expect("an answer");
    assert_eq!((entries.len(), next), (0, before));
    // Whoever comes from another process with that one's cursor must not fall back.
    let (_, ahead) = line.poll(WRITER, Some("latest"), "").await.expect("an answer");
    let (entries, next) = line.poll(READER, Some(&ahead), "").await.expect("an answer");
    assert_eq!((entries.len(), next), (0, ahead));
    all_show(&line, READER, 2).await;
    replica.resume();
    followed_to_the_end(&line, READER, 2).await;
    all_show(&line, READER, 2).await;
    nodes.close().await;
}

async fn told(press: Press) {
    let (nodes, line, replica) = lagging(&press).await;
    let (_, mut at) = line.poll(READER, Some("latest"), "").await.expect("an answer");
    for wanted in 2..6 {
        let (headline, key) = (format!("Edition {wanted}"), format!("{wanted}"));
        line.put(WRITER, "urn:lag:1", &headline, &key)
            .await
            .expect("it is taken");
        let waiting = tokio::spawn({
            let (line, at) = (line.clone(), at.clone());
            async move { line.poll(READER, Some(&at), "&wait=20").await }
        });
        replica.resume();
        let (entries, next) = waiting.await.expect("a follower fails").expect("an answer");
        let versions: Vec<_> = entries.iter().filter_map(|entry| entry.version).collect();
        assert_eq!(versions, [wanted]);
        all_show(&line, READER, wanted).await;
        replica.pause();
        all_show(&line, READER, wanted).await;
        at = next;
    }
    replica.resume();
    nodes.close().await;
}

/// The wire at this process comes to this version of the story, each once.
async fn followed_to_the_end(line: &Line, node: usize, last: i64) {
    let (mut versions, mut at) = (Vec::new(), None::<String>);
    let begun = Instant::now();
    while versions.last() != Some(&last) {
        let (entries, next) = line
            .poll(node, at.as_deref(), "&wait=2&limit=1")
            .await
            .expect("an answer");
        versions.extend(entries.iter().filter_map(|entry| entry.version));
        at = Some(next);
        assert!(begun.elapsed() < BOUND * 4, "{versions:?}");
    }
    assert_eq!(versions, (1..=last).collect::<Vec<_>>());
}
