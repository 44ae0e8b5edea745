//! `GET /v1/wire/stream`.

use std::time::Duration;

use serde_json::json;

use super::{now, poll};
use crate::press::{Events, Press};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a stream tells what comes from now on, each event with its cursor",
            live,
        ),
        test(
            "a stream resumes behind the last event, with no gap and no double",
            resume,
        ),
        test("a stream that is silent gives a sign of life", heartbeat).set("wire.heartbeat_seconds", 1),
        test("a stream ends politely when its time is over", lasts).set("wire.stream_seconds", 1),
        test("a stream ends politely when the server stops", stops),
        test("a stream of a topic tells nothing else", topic),
        test("a stream ends when its key is taken away", revoked),
        test("a stream is refused before it begins when its cursor is none", refused),
        test("there are no more streams than the server has room for", room).set("wire.max_streams", 1),
        test("a hundred listeners get every event in order", many),
    ]
}

async fn listen(press: &Press, query: &str) -> Events {
    let events = press.get(&format!("/v1/wire/stream{query}")).listen().await;
    assert_eq!(events.content_type, "text/event-stream");
    events.begun().await
}

async fn live(press: Press) {
    press.story("urn:x:1").await;
    let mut events = listen(&press, "").await;
    assert_eq!(events.last_id, now(&press).await);
    assert!(
        events.retry.is_some_and(|ms| (1_000..6_000).contains(&ms)),
        "{:?}",
        events.retry
    );
    press.story("urn:x:2").body_text("Text.").await;
    press.topic("war", "War", None).await;
    let page = poll(&press, &format!("?after={}", events.last_id)).await.json();
    for (place, name) in [(0, "article.published"), (1, "topic.changed")] {
        let event = events.expect().await;
        assert_eq!(event.name, name);
        // The same entry that a poll tells.
        assert_eq!(event.data, page["entries"][place]);
        assert_eq!(event.data["cursor"], event.id);
    }
}

async fn resume(press: Press) {
    let mut events = listen(&press, "").await;
    let mut seen = Vec::new();
    for number in 0..40 {
        press.story(&format!("urn:x:{number}")).await;
        if number % 7 == 3 {
            // Some are read, then the line breaks.
            for _ in 0..3 {
                seen.push(events.expect().await.data["uri"].clone());
            }
            let last_id = events.last_id.clone();
            drop(events);
            let ask = press.get("/v1/wire/stream").header("last-event-id", &last_id);
            events = ask.listen().await.begun().await;
            assert_eq!(events.last_id, last_id);
        }
    }
    while seen.len() < 40 {
        seen.push(events.expect().await.data["uri"].clone());
    }
    let expected: Vec<_> = (0..40).map(|number| json!(format!("urn:x:{number}"))).collect();
    assert_eq!(seen, expected);
}

async fn heartbeat(press: Press) {
    let mut events = listen(&press, "").await;
    events.wait_for_comments(2).await;
    press.story("urn:x:1").await;
    assert_eq!(events.expect().await.data["uri"], "urn:x:1");
}

async fn lasts(press: Press) {
    let mut events = listen(&press, "").await;
    events.retry = None;
    assert_eq!(events.next().await, None);
    assert!(events.retry.is_some(), "when to come back");
}

async fn stops(press: Press) {
    let mut events = listen(&press, "").await;
    events.retry = None;
    let begun = std::time::Instant::now();
    press.close().await;
    assert_eq!(events.next().await, None);
    assert!(events.retry.is_some(), "when to come back");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

async fn topic(press: Press) {
    press.topic("war", "War", None).await;
    press.topic("peace", "Peace", None).await;
    let mut events = listen(&press, "?topic=war&payload=id").await;
    press.story("urn:x:1").topics(["peace"]).await;
    press.story("urn:x:2").topics(["war"]).await;
    press.story("urn:x:2").topics(["peace"]).await;
    press.story("urn:x:3").topics(["war"]).await;
    let mut told = Vec::new();
    for _ in 0..3 {
        let event = events.expect().await;
        assert_eq!(event.data.get("article"), None);
        told.push((event.data["action"].clone(), event.data["uri"].clone()));
    }
    let entry = |action: &str, uri: &str| (json!(action), json!(uri));
    assert_eq!(
        told,
        [
            entry("publish", "urn:x:2"),
            entry("remove", "urn:x:2"),
            entry("publish", "urn:x:3")
        ]
    );
}

async fn revoked(press: Press) {
    let key = press
        .command(["key", "issue", "--scope", "read", "--name", "Reader"])
        .await
        .ok();
    let key = key.trim();
    let mut events = press.get("/v1/wire/stream").key(key).listen().await.begun().await;
    let mut others = listen(&press, "").await;
    let id = key.split('_').nth(1).unwrap();
    press.command(["key", "revoke", id]).await.ok();
    press.story("urn:x:1").await;
    assert_eq!(events.next().await, None);
    assert_eq!(others.expect().await.data["uri"], "urn:x:1");
}

async fn refused(press: Press) {
    for ask in [
        press.get("/v1/wire/stream?after=x"),
        press.get("/v1/wire/stream").header("last-event-id", "x"),
        press.get("/v1/wire/stream?topic=nowhere"),
        press.get("/v1/wire/stream?limit=1"),
    ] {
        assert_eq!(ask.listen().await.status, 400);
    }
}

async fn room(press: Press) {
    let first = listen(&press, "").await;
    let answer = press.get("/v1/wire/stream").await.expect(503);
    assert_eq!(answer.json()["code"], "too_many_streams");
    drop(first);
    // When the server notices that one has left, there is room again.
    let mut again = press.get("/v1/wire/stream").listen().await;
    let begun = std::time::Instant::now();
    while again.status != 200 && begun.elapsed() < Duration::from_secs(20) {
        tokio::time::sleep(Duration::from_millis(20)).await;
        again = press.get("/v1/wire/stream").listen().await;
    }
    assert_eq!(again.status, 200);
}

async fn many(press: Press) {
    let mut listeners = Vec::new();
    for _ in 0..100 {
        listeners.push(listen(&press, "").await);
    }
    for number in 0..10 {
        press.story(&format!("urn:x:{number}")).await;
    }
    for events in &mut listeners {
        for number in 0..10 {
            assert_eq!(events.expect().await.data["uri"], format!("urn:x:{number}"));
        }
    }
}
