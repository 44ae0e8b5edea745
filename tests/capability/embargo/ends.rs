//! The end of a story is told: once, to whoever had it.

use super::{left, public, put, set};
use crate::moves::{cursor, until};
use crate::press::Press;
use crate::runner::{Test, test};
use crate::wire::{brief, entry};
use serde_json::json;

pub fn all() -> Vec<Test> {
    vec![
        test("followers are told once when a story expires", told),
        test(
            "a story that is given more time is told to end when that is over",
            more_time,
        ),
        test(
            "a story that expires while nobody is there is told of when somebody is",
            missed,
        ),
        test(
            "of a story that had expired before it came in nobody is told",
            never_seen,
        ),
        test(
            "a story that is expired by an edit, or edited after its end, is told to end once",
            edited,
        ),
        test("who waits for the wire is told of an end that comes meanwhile", waited),
        test("a story under embargo that expires comes in and goes", both),
    ]
}

const EXPIRES: &str = "2026-01-12T21:00:00Z";

type Told = Vec<(String, String, String, i64)>;

async fn since(press: &Press, cursor: &str) -> Told {
    brief(&press.get(&format!("/v1/wire?after={cursor}")).await.expect(200).json())
}

fn ended(uri: &str, version: i64) -> (String, String, String, i64) {
    entry("article.expired", "remove", uri, version)
}

/// Nothing more is told, however long one waits.
async fn nothing_more(press: &Press, start: &str, told: Told) {
    // A story of its own passes all that was due before it.
    press.story("urn:x:marker").await;
    let mut expected = told;
    expected.push(entry("article.published", "publish", "urn:x:marker", 1));
    assert_eq!(since(press, start).await, expected);
}

async fn told(press: Press) {
    press.topic("world", "World", None).await;
    press.topic("grain", "Grain", Some("world")).await;
    press.topic("war", "War", None).await;
    press.story("urn:x:1").topics(["grain"]).with("expires", EXPIRES).await;
    press.story("urn:x:2").with("expires", "2026-01-12T22:00:00Z").await;
    let start = cursor(&press).await;
    set(&press, EXPIRES);
    until(vec![ended("urn:x:1", 1)], async || since(&press, &start).await).await;
    // Whoever follows its feeds, ancestors too; and nobody else.
    for (topic, count) in [("grain", 1), ("world", 1), ("war", 0)] {
        let page = press.get(&format!("/v1/wire?after={start}&topic={topic}")).await.json();
        assert_eq!(brief(&page).len(), count, "{topic}: {page}");
    }
    let page = press.get(&format!("/v1/wire?after={start}")).await.json();
    assert!(
        page["entries"][0].get("article").is_none_or(serde_json::Value::is_null),
        "{page}"
    );
    press.reopen().await;
    nothing_more(&press, &start, vec![ended("urn:x:1", 1)]).await;
}

async fn more_time(press: Press) {
    press.story("urn:x:1").with("expires", EXPIRES).await;
    let start = cursor(&press).await;
    set(&press, EXPIRES);
    until(1, async || since(&press, &start).await.len()).await;
    press.story("urn:x:1").with("expires", "2026-01-12T22:00:00Z").await;
    press.get(&public("urn:x:1")).await.expect(200);
    let again = cursor(&press).await;
    set(&press, "2026-01-12T22:00:00Z");
    until(vec![ended("urn:x:1", 2)], async || since(&press, &again).await).await;
}

async fn missed(press: Press) {
    for n in 0..130 {
        press.story(&format!("urn:x:{n}")).with("expires", EXPIRES).await;
    }
    let start = cursor(&press).await;
    press.close().await;
    set(&press, "2026-01-20T21:00:00Z");
    press.open().await;
    until(130, async || {
        let page = press.get(&format!("/v1/wire?after={start}&limit=500")).await.json();
        brief(&page).len()
    })
    .await;
}

async fn never_seen(press: Press) {
    let start = cursor(&press).await;
    press.story("urn:x:1").with("expires", "2026-01-12T20:00:00Z").await;
    press.story("urn:x:2").with("expires", EXPIRES).await;
    set(&press, EXPIRES);
    until(vec![ended("urn:x:2", 1)], async || since(&press, &start).await).await;
    nothing_more(&press, &start, vec![ended("urn:x:2", 1)]).await;
}

async fn edited(press: Press) {
    press.story("urn:x:1").await;
    press.story("urn:x:2").with("expires", EXPIRES).await;
    let start = cursor(&press).await;
    // An edit takes it away at once.
    press.story("urn:x:1").with("expires", "2026-01-12T20:00:00Z").await;
    until(vec![ended("urn:x:1", 2)], async || since(&press, &start).await).await;
    set(&press, EXPIRES);
    press.story("urn:x:2").headline("Late").with("expires", EXPIRES).await;
    press
        .story("urn:x:1")
        .headline("Later")
        .with("expires", "2026-01-12T20:00:00Z")
        .await;
    until(2, async || since(&press, &start).await.len()).await;
    let told = since(&press, &start).await;
    assert_eq!(
        (told[0].2.as_str(), told[1].0.as_str(), told[1].2.as_str()),
        ("urn:x:1", "article.expired", "urn:x:2"),
        "{told:?}"
    );
    nothing_more(&press, &start, told).await;
}

async fn waited(press: Press) {
    press.story("urn:x:1").with("expires", EXPIRES).await;
    let start = cursor(&press).await;
    let mut events = press
        .get(&format!("/v1/wire/stream?after={start}"))
        .listen()
        .await
        .begun()
        .await;
    let polled = press.get(&format!("/v1/wire?after={start}&wait=20"));
    let polled = tokio::spawn(async move { polled.await });
    // Whether it is asked before or after makes no difference to what it is told.
    tokio::task::yield_now().await;
    set(&press, EXPIRES);
    let page = polled.await.unwrap().expect(200).json();
    assert_eq!(brief(&page), [ended("urn:x:1", 1)]);
    let event = events.expect().await;
    assert_eq!(
        (event.name.as_str(), &event.data["action"]),
        ("article.expired", &json!("remove"))
    );
}

async fn both(press: Press) {
    let late = json!({ "expires": "2026-01-12T22:00:00Z" });
    put(&press, "urn:x:1", EXPIRES, late.clone()).await.expect(202);
    put(&press, "urn:x:2", EXPIRES, late).await.expect(202);
    let start = cursor(&press).await;
    set(&press, EXPIRES);
    left(&press, &[]).await;
    press.get(&public("urn:x:1")).await.expect(200);
    set(&press, "2026-01-12T22:00:00Z");
    until(2, async || since(&press, &start).await.len()).await;
    let mut told = since(&press, &start).await;
    told.sort_by(|a, b| a.2.cmp(&b.2));
    assert_eq!(told, [ended("urn:x:1", 1), ended("urn:x:2", 1)]);
}
