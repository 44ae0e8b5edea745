//! Topics that move, with all their stories.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::channels::uris;
use crate::press::{Doors, Press, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a topic moves with its stories: they leave the feeds above it and come into others",
            moved,
        ),
        test("followers of feeds are told what a move brings and takes", told),
    ]
}

/// Long enough for a busy machine; nobody waits this long for what is well.
const WITHIN: Duration = Duration::from_secs(30);

/// Waits until the question has this answer.
pub async fn until<T: PartialEq + std::fmt::Debug>(wanted: T, mut ask: impl AsyncFnMut() -> T) {
    let began = Instant::now();
    loop {
        let answer = ask().await;
        if answer == wanted {
            return;
        }
        assert!(began.elapsed() < WITHIN, "still {answer:?} instead of {wanted:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until there is an answer.
pub async fn until_some<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < WITHIN, "still nothing");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The uris in a topic's feed, sorted.
pub async fn feed(doors: &Doors, topic: &str) -> Vec<String> {
    let path = format!("/v1/topics/{}/articles?limit=100", segment(topic));
    uris(doors, &path, None).await
}

/// The cursor of now.
pub async fn cursor(doors: &Doors) -> String {
    let answer = doors.get("/v1/wire?after=latest").await.expect(200).json();
    answer["next"].as_str().unwrap().to_owned()
}

/// What a follower of a topic has been told of stories since, sorted: kind, action, uri.
pub async fn since(doors: &Doors, cursor: &str, topic: &str) -> Vec<(String, String, String)> {
    let path = format!("/v1/wire?after={}&topic={topic}&limit=100", segment(cursor));
    let page = doors.get(&path).await.expect(200).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let entries = page["entries"].as_array().unwrap().iter();
    let mut told: Vec<_> = entries
        .filter(|entry| entry["uri"].is_string())
        .map(|entry| (text(&entry["kind"]), text(&entry["action"]), text(&entry["uri"])))
        .collect();
    told.sort_by(|a, b| a.2.cmp(&b.2));
    told
}

/// World ▸ Europe ▸ Ukraine ▸ Kyiv, and Asia beside Europe; two stories on Kyiv, one of them on Asia too.
async fn furnish(press: &Press) {
    press.topic("world", "World", None).await;
    press.topic("europe", "Europe", Some("world")).await;
    press.topic("asia", "Asia", Some("world")).await;
    press.topic("ukraine", "Ukraine", Some("europe")).await;
    press.topic("kyiv", "Kyiv", Some("ukraine")).await;
    press.story("urn:x:1").topics(["kyiv"]).await;
    press.story("urn:x:2").topics(["kyiv", "asia"]).await;
    press.story("urn:x:3").topics(["europe"]).await;
}

async fn put_below(press: &Press, slug: &str, parent: Option<&str>) {
    let body = json!({ "parent": parent, "names": { "en": slug } });
    press.put(&format!("/v1/topics/{slug}"), &body).await.expect(200);
}

async fn moved(press: Press) {
    furnish(&press).await;
    let before = press.get("/v1/topics/europe/articles").await.expect(200);
    put_below(&press, "ukraine", Some("asia")).await;
    until(vec!["urn:x:1".to_owned(), "urn:x:2".to_owned()], async || {
        feed(&press, "asia").await
    })
    .await;
    until(vec!["urn:x:3".to_owned()], async || feed(&press, "europe").await).await;
    assert_eq!(feed(&press, "world").await.len(), 3);
    assert_eq!(feed(&press, "ukraine").await, feed(&press, "kyiv").await);
    let again = press
        .get("/v1/topics/europe/articles")
        .header("if-none-match", before.etag());
    again.await.expect(200);
    // No story is another than it was.
    assert_eq!(press.get("/v1/articles/urn%3Ax%3A1").await.json()["version"], 1);
    // To the root, where nothing is above it.
    put_below(&press, "ukraine", None).await;
    until(vec!["urn:x:2".to_owned()], async || feed(&press, "asia").await).await;
    until(vec!["urn:x:2".to_owned(), "urn:x:3".to_owned()], async || {
        feed(&press, "world").await
    })
    .await;
    // A story that comes now stands in the new feeds.
    press.story("urn:x:4").topics(["kyiv"]).await;
    assert_eq!(feed(&press, "ukraine").await.len(), 3);
    assert_eq!(feed(&press, "world").await.len(), 2);
}

async fn told(press: Press) {
    furnish(&press).await;
    let from = cursor(&press).await;
    put_below(&press, "ukraine", Some("asia")).await;
    let entry = |action: &str, uri: &str| ("article.updated".to_owned(), action.to_owned(), uri.to_owned());
    let gone = vec![entry("remove", "urn:x:1"), entry("remove", "urn:x:2")];
    until(gone, async || since(&press, &from, "europe").await).await;
    let came = vec![entry("publish", "urn:x:1"), entry("update", "urn:x:2")];
    until(came, async || since(&press, &from, "asia").await).await;
    let stays = vec![entry("update", "urn:x:1"), entry("update", "urn:x:2")];
    assert_eq!(since(&press, &from, "kyiv").await, stays);
    // The same again moves nothing, and nobody is told anything.
    let from = cursor(&press).await;
    put_below(&press, "ukraine", Some("asia")).await;
    assert_eq!(cursor(&press).await, from);
}
