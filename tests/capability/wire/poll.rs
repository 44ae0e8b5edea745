//! `GET /v1/wire`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{brief, entry, now, poll};
use crate::moves::until;
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("the wire tells every change in order, from the oldest on", in_order),
        test("a page of any size goes on where the last one ended", any_size),
        test("the same cursor gives the same entries again", again),
        test("an answer without entries repeats the cursor", repeats),
        test("a long poll is answered at once when something comes", long_poll),
        test("a long poll without news is answered empty after its time", patience),
        test(
            "an entry carries the story as it is now, or less of it when less is asked for",
            payloads,
        ),
        test(
            "a follower of a topic is told what comes into it and what leaves it",
            topics,
        ),
        test("an entry about a story that has expired says to take it down", expired),
        test("a cursor that is none of ours is refused", made_up),
        test("an unchanged answer of the wire is 304", not_modified),
        test(
            "what is trimmed is gone, and the answer says where to begin anew",
            trimmed,
        ),
        test("keys are never told on the wire", keys),
    ]
}

async fn furnish(press: &Press) {
    press.topic("war", "War", None).await;
    press.topic("peace", "Peace", None).await;
    press.topic("talks", "Talks", Some("peace")).await;
    press.story("urn:x:1").topics(["war"]).body_text("One.").await;
    press.story("urn:x:2").topics(["talks"]).await;
    press.story("urn:x:1").topics(["talks"]).body_text("Two.").await;
    let front = json!({ "name": "Front", "items": ["urn:x:1"] });
    press.put("/v1/collections/front", &front).await.expect(201);
}

async fn in_order(press: Press) {
    furnish(&press).await;
    let page = poll(&press, "").await.json();
    assert_eq!(
        brief(&page),
        [
            entry("topic.changed", "update", "war", 0),
            entry("topic.changed", "update", "peace", 0),
            entry("topic.changed", "update", "talks", 0),
            entry("article.published", "publish", "urn:x:1", 1),
            entry("article.published", "publish", "urn:x:2", 1),
            entry("article.updated", "update", "urn:x:1", 2),
            entry("collection.changed", "update", "front", 0),
        ]
    );
    let update = &page["entries"][5];
    assert_eq!(update["changed"], json!(["body", "topics"]));
    assert_eq!(update["topicsGained"], json!(["talks", "peace"]));
    assert_eq!(update["topicsLost"], json!(["war"]));
    assert_eq!(page["next"], now(&press).await);
}

async fn any_size(press: Press) {
    furnish(&press).await;
    let whole = poll(&press, "").await.json();
    for limit in 1..=8 {
        let (mut entries, mut after) = (Vec::new(), String::new());
        loop {
            let page = poll(&press, &format!("?limit={limit}{after}")).await.json();
            let found = page["entries"].as_array().unwrap().clone();
            assert!(found.len() <= limit);
            if found.is_empty() {
                break;
            }
            // Each entry's own cursor is as good as the page's.
            assert_eq!(found.last().unwrap()["cursor"], page["next"]);
            after = format!("&after={}", page["next"].as_str().unwrap());
            entries.extend(found);
        }
        assert_eq!(json!(entries), whole["entries"], "by {limit}");
    }
}

async fn again(press: Press) {
    let start = now(&press).await;
    furnish(&press).await;
    let first = poll(&press, &format!("?after={start}")).await;
    press.story("urn:x:3").await;
    press.reopen().await;
    let second = poll(&press, &format!("?after={start}&limit=7")).await;
    assert_eq!(first.text(), second.text());
}

async fn repeats(press: Press) {
    press.story("urn:x:1").await;
    let next = now(&press).await;
    let answer = poll(&press, &format!("?after={next}")).await;
    assert_eq!(answer.json(), json!({ "entries": [], "next": next }));
    let pause: u64 = answer.header("retry-after").parse().unwrap();
    assert!((3..=7).contains(&pause), "{pause}");
    // Where there is more, there is nothing to wait for.
    press.story("urn:x:2").await;
    press.story("urn:x:3").await;
    let answer = poll(&press, &format!("?after={next}&limit=1")).await;
    assert_eq!(answer.header("retry-after"), "0");
}

async fn long_poll(press: Press) {
    let start = now(&press).await;
    let waiting = tokio::spawn({
        let press = press.clone();
        async move { poll(&press, &format!("?after={start}&wait=30")).await.json() }
    });
    // Whether it is waiting already cannot be seen; both ways it gets the story, and long before its time.
    let begun = Instant::now();
    press.story("urn:x:1").await;
    let page = waiting.await.unwrap();
    assert_eq!(brief(&page), [entry("article.published", "publish", "urn:x:1", 1)]);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

async fn patience(press: Press) {
    let start = now(&press).await;
    let begun = Instant::now();
    let page = poll(&press, &format!("?after={start}&wait=1")).await;
    assert_eq!(page.json(), json!({ "entries": [], "next": start }));
    assert!(begun.elapsed() >= Duration::from_millis(950), "{:?}", begun.elapsed());
    let refused = press.get("/v1/wire?wait=31").await.expect(400).json();
    assert_eq!(refused["errors"][0]["field"], "wait");
}

async fn payloads(press: Press) {
    press.story("urn:x:1").headline("First").body_text("Text.").await;
    press.story("urn:x:1").headline("Second").body_text("Text.").await;
    let whole = poll(&press, "").await.json();
    let story = press.get("/v1/articles/urn%3Ax%3A1").await.expect(200).json();
    for (place, version) in [(0, 1), (1, 2)] {
        assert_eq!(whole["entries"][place]["version"], version);
        // Never an older text than the newest.
        assert_eq!(whole["entries"][place]["article"], story);
    }
    let meta = poll(&press, "?payload=meta").await.json();
    assert_eq!(meta["entries"][1]["article"]["headline"], "Second");
    assert_eq!(meta["entries"][1]["article"]["body"], Value::Null);
    let id = poll(&press, "?payload=id").await.json();
    assert_eq!(id["entries"][1]["article"], Value::Null);
    assert_eq!(id["entries"][1]["id"], story["id"]);
    assert_eq!(id["entries"][1]["uri"], "urn:x:1");
    assert_eq!(whole["next"], id["next"]);
}

async fn topics(press: Press) {
    furnish(&press).await;
    let told = async |topic: &str| brief(&poll(&press, &format!("?topic={topic}")).await.json());
    assert_eq!(
        told("war").await,
        [
            entry("topic.changed", "update", "war", 0),
            entry("article.published", "publish", "urn:x:1", 1),
            entry("article.updated", "remove", "urn:x:1", 2),
        ]
    );
    let of_peace = [
        entry("article.published", "publish", "urn:x:2", 1),
        entry("article.updated", "publish", "urn:x:1", 2),
    ];
    // A parent's followers get what its children's get.
    for (topic, at) in [("peace", 0), ("talks", 0)] {
        let found = told(topic).await;
        assert_eq!(found[at], entry("topic.changed", "update", topic, 0));
        assert_eq!(found[1..], of_peace);
    }
    assert_eq!(told("war,peace").await.len(), 5);
    let refused = press.get("/v1/wire?topic=nowhere").await.expect(400).json();
    assert_eq!(refused["errors"][0]["code"], "unknown_topic");
    // Nothing for him: he stands where he stood.
    let start = now(&press).await;
    press.story("urn:x:9").topics(["war"]).await;
    let page = poll(&press, &format!("?topic=peace&after={start}")).await.json();
    assert_eq!(page, json!({ "entries": [], "next": start }));
}

async fn expired(press: Press) {
    press
        .story("urn:x:1")
        .with("expires", "2026-01-12T21:00:00Z")
        .body_text("Secret by then.")
        .await;
    assert_eq!(brief(&poll(&press, "").await.json())[0].1, "publish");
    press.clock.set("2026-01-12T21:00:00Z".parse().unwrap());
    // The entry that tells of its end, and no other: who never had it need not hear that it was there.
    until(vec![entry("article.expired", "remove", "urn:x:1", 1)], async || {
        brief(&poll(&press, "").await.json())
    })
    .await;
    let page = poll(&press, "").await;
    assert!(!page.text().contains("Secret"), "{page}");
    assert_eq!(page.json()["entries"][0]["reason"], "It has expired: take it down.");
}

async fn made_up(press: Press) {
    press.story("urn:x:1").await;
    let next = now(&press).await;
    let mut turned: Vec<char> = next.chars().collect();
    turned.swap(0, 21);
    let turned: String = turned.into_iter().collect();
    for cursor in ["1", "x", "AAAAAAAAAAAAAAAAAAAAAA", &turned, &format!("{next}A")] {
        let answer = press.get(&format!("/v1/wire?after={cursor}")).await.expect(400).json();
        assert_eq!(answer["errors"][0]["field"], "after", "{cursor}");
        assert_eq!(answer["errors"][0]["code"], "invalid_cursor", "{cursor}");
    }
}

async fn not_modified(press: Press) {
    press.story("urn:x:1").await;
    for query in ["", "?after=latest"] {
        let answer = poll(&press, query).await;
        let again = press
            .get(&format!("/v1/wire{query}"))
            .header("if-none-match", answer.etag())
            .await
            .expect(304);
        assert_eq!(again.text(), "");
        assert!(!again.header("retry-after").is_empty());
    }
}

async fn trimmed(press: Press) {
    let start = now(&press).await;
    press.story("urn:x:1").await;
    let middle = now(&press).await;
    press.clock.set("2026-02-12T20:00:00Z".parse().unwrap());
    press.story("urn:x:2").await;
    // By the machine's clock everything is old; what is newest is trimmed too, and nothing is lost silently.
    let trimmed = press.command(["wire", "trim", "--older-than", "1h"]).await.ok();
    assert_eq!(trimmed.trim(), "2");
    // What a running server has in memory it still tells.
    press.reopen().await;
    let gone = press
        .get(&format!("/v1/wire?after={start}&payload=meta"))
        .await
        .expect(410);
    assert_eq!(gone.json()["code"], "cursor_gone");
    assert_eq!(gone.header("link"), "</v1/snapshot>; rel=\"alternate\"");
    press.get(&format!("/v1/wire?after={middle}")).await.expect(410);
    let next = now(&press).await;
    press.story("urn:x:3").await;
    for after in [String::new(), format!("?after={next}")] {
        let page = poll(&press, &after).await.json();
        assert_eq!(brief(&page), [entry("article.published", "publish", "urn:x:3", 1)]);
    }
}

async fn keys(press: Press) {
    let start = now(&press).await;
    press
        .command(["key", "issue", "--scope", "read", "--name", "Reader"])
        .await
        .ok();
    press.story("urn:x:1").await;
    let page = poll(&press, &format!("?after={start}")).await.json();
    assert_eq!(brief(&page), [entry("article.published", "publish", "urn:x:1", 1)]);
}
