//! Many stories: a channel is made, changed and removed while publishing goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::json;

use super::{cursor, quiet, told, until};
use crate::press::Press;

/// Stories; `DATELINE_TEST_CHANNEL_STORIES` asks for others, for a measurement.
fn how_many() -> u32 {
    u32::try_from(dateline_tests::size("DATELINE_TEST_CHANNEL_STORIES", 2_000)).unwrap()
}

const TOPICS: [&str; 2] = ["sport", "politics"];

fn topic(n: u32) -> &'static str {
    TOPICS[n as usize % 2]
}

/// Puts in many stories at once.
async fn fill(press: &Press, count: u32) {
    let file = press.folder().join("many.ndjson");
    let lines: String = (0..count)
        .map(|n| {
            let story =
                json!({ "uri": format!("urn:x:{n:06}"), "headline": format!("Story {n}"), "topics": [topic(n)] });
            format!("{story}\n")
        })
        .collect();
    std::fs::write(&file, lines).unwrap();
    let path = file.to_string_lossy().into_owned();
    press.command(["import", &path]).await.ok();
}

/// Publishes until it is told to stop: new stories, and those that are there with the other topic.
async fn publish(press: Press, count: u32, done: tokio::sync::watch::Receiver<bool>) -> Vec<Duration> {
    let mut took = Vec::new();
    let mut n = 0;
    while !*done.borrow() {
        n += 1;
        let began = Instant::now();
        if n % 2 == 0 {
            press.story(&format!("urn:new:{n:06}")).topics([topic(n / 2)]).await;
        } else {
            let old = (n * 7_919) % count;
            let story = press
                .story(&format!("urn:x:{old:06}"))
                .headline(&format!("Story {old}, {n}"));
            story.topics([topic(old + n / 2)]).await;
        }
        took.push(began.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    took
}

pub async fn meanwhile(press: Press) {
    let count = how_many();
    for topic in TOPICS {
        press.topic(topic, topic, None).await;
    }
    fill(&press, count).await;
    let from = cursor(&press, None).await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let put = async |topics: &str| {
        let body = json!({ "name": "c", "selection": { "topics": [topics] } });
        let put = press.put("/v1/channels/c", &body).await;
        assert!(matches!(put.status, 200 | 201), "{put}");
        let began = Instant::now();
        until(async || press.get("/v1/channels/c").await.json()["settled"] == json!(true)).await;
        began.elapsed()
    };
    let changing = async {
        let times = (put("sport").await, put("politics").await, put("sport").await);
        stop.send(true).unwrap();
        times
    };
    let (mut took, (made, changed, last)) = tokio::join!(publish(press.clone(), count, stopped), changing);
    quiet(&press).await;
    took.sort();
    let p99 = took[took.len() * 99 / 100];
    println!(
        "{count} stories: made in {made:?}, changed in {changed:?} and {last:?}; {} publishes, median {:?}, p99 {p99:?}, longest {:?}",
        took.len(),
        took[took.len() / 2],
        took[took.len() - 1],
    );
    // Who did what he was told has what the feed shows, and was told nothing twice.
    let mut has = BTreeSet::new();
    let mut entries: BTreeMap<String, u32> = BTreeMap::new();
    for entry in told(&press, &from, "&channel=c", None).await {
        let (kind, rest) = entry.split_once(' ').unwrap();
        let (action, uri) = rest.split_once(' ').unwrap();
        *entries.entry(format!("{kind} {action}")).or_default() += 1;
        match action {
            "publish" => assert!(has.insert(uri.to_owned()), "{entry}: twice"),
            "update" => assert!(has.contains(uri), "{entry}: it was not there"),
            "remove" => assert!(has.remove(uri), "{entry}: it was not there"),
            other => panic!("{other}"),
        }
    }
    println!("{entries:?}");
    let (mut shown, mut path) = (BTreeSet::new(), "/v1/channels/c/articles?limit=100".to_owned());
    loop {
        let page = press.get(&path).await.expect(200).json();
        for story in page["items"].as_array().unwrap() {
            assert_eq!(story["topics"][0]["slug"], "sport");
            assert!(shown.insert(story["uri"].as_str().unwrap().to_owned()));
        }
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/channels/c/articles?limit=100&after={next}");
    }
    assert_eq!(has, shown);
    let all = press
        .get("/v1/topics/sport/articles?limit=1&total=true")
        .await
        .expect(200)
        .json();
    assert_eq!(all["total"], json!(shown.len()));
    press.delete("/v1/channels/c").await.expect(204);
    press.get("/v1/channels/c").await.expect(404);
    let body = json!({ "name": "c", "selection": { "genres": ["None"] } });
    press.put("/v1/channels/c", &body).await.expect(201);
    until(async || press.get("/v1/channels/c").await.json()["settled"] == json!(true)).await;
    let left = told(&press, &from, "&channel=c", None).await;
    let left = left.iter().filter(|e| e.starts_with("left remove ")).count();
    let before = entries.get("left remove").copied().unwrap_or(0) as usize;
    assert_eq!(left, before + shown.len());
}
