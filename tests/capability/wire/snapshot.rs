//! `GET /v1/snapshot`.

use serde_json::{Value, json};

use super::{brief, entry, poll};
use crate::press::{Answer, Press};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("a snapshot and the wire behind it are the whole house", whole),
        test("a snapshot that broke off goes on behind an id", resumed),
        test("a snapshot holds only what is visible", visible),
        test("a snapshot of a topic holds its feed", topic),
        test(
            "a snapshot is resumed with both its cursor and an id, or not at all",
            both,
        ),
    ]
}

fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    assert_eq!(answer.header("cache-control"), "no-store");
    let lines = answer.text().lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn uris(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["uri"].as_str()).collect()
}

async fn whole(press: Press) {
    press.topic("war", "War", None).await;
    for number in 0..7 {
        let uri = format!("urn:x:{number}");
        press.story(&uri).topics(["war"]).body_text("Text.").await;
    }
    let found = lines(&press.get("/v1/snapshot").await.expect(200));
    assert_eq!((&found[0]["type"], found.len()), (&json!("snapshot"), 9));
    let mut ids = Vec::new();
    for line in &found[1..8] {
        assert_eq!(line["type"], "article");
        ids.push(line["id"].as_str().unwrap().to_owned());
        let mut line = line.clone();
        line.as_object_mut().unwrap().remove("type");
        let story = press.get(&format!("/v1/articles/{}", ids.last().unwrap())).await.json();
        assert_eq!(line, story);
    }
    assert!(ids.is_sorted());
    let end = &found[8];
    assert_eq!((&end["type"], &end["articles"]), (&json!("end"), &json!(7)));
    assert_eq!(end["cursor"], found[0]["cursor"]);
    press.story("urn:x:3").headline("Changed").await;
    let page = poll(&press, &format!("?after={}", end["cursor"].as_str().unwrap()))
        .await
        .json();
    assert_eq!(brief(&page), [entry("article.updated", "update", "urn:x:3", 2)]);
}

async fn resumed(press: Press) {
    for number in 0..5 {
        press.story(&format!("urn:x:{number}")).await;
    }
    let first = lines(&press.get("/v1/snapshot").await.expect(200));
    let cursor = first[0]["cursor"].as_str().unwrap();
    let id = first[2]["id"].as_str().unwrap();
    // Changed before the place where it goes on: only the first cursor tells it.
    press.story("urn:x:0").headline("Changed").await;
    let answer = press
        .get(&format!("/v1/snapshot?after={id}&from={cursor}"))
        .await
        .expect(200);
    let rest = lines(&answer);
    assert_eq!(uris(&rest), uris(&first)[2..]);
    assert_eq!(rest[0]["cursor"], cursor);
    assert_eq!(rest.last().unwrap()["cursor"], cursor);
    let page = poll(&press, &format!("?after={cursor}")).await.json();
    assert_eq!(brief(&page), [entry("article.updated", "update", "urn:x:0", 2)]);
}

async fn visible(press: Press) {
    press.story("urn:x:1").with("expires", "2026-01-12T21:00:00Z").await;
    press.story("urn:x:2").await;
    press.clock.set("2026-01-12T21:00:00Z".parse().unwrap());
    let found = lines(&press.get("/v1/snapshot").await.expect(200));
    assert_eq!(uris(&found), ["urn:x:2"]);
}

async fn topic(press: Press) {
    press.topic("peace", "Peace", None).await;
    press.topic("talks", "Talks", Some("peace")).await;
    press.topic("war", "War", None).await;
    press.story("urn:x:1").topics(["talks"]).await;
    press.story("urn:x:2").topics(["war"]).await;
    press.story("urn:x:3").topics(["peace"]).await;
    let found = lines(&press.get("/v1/snapshot?topic=peace").await.expect(200));
    let mut found = uris(&found);
    found.sort_unstable();
    assert_eq!(found, ["urn:x:1", "urn:x:3"]);
}

async fn both(press: Press) {
    press.story("urn:x:1").await;
    let found = lines(&press.get("/v1/snapshot").await.expect(200));
    let (cursor, id) = (found[0]["cursor"].as_str().unwrap(), found[1]["id"].as_str().unwrap());
    for (query, field) in [
        (format!("?after={id}"), "from"),
        (format!("?from={cursor}"), "after"),
        (format!("?after=x&from={cursor}"), "after"),
        (format!("?after={id}&from=x"), "from"),
    ] {
        let answer = press.get(&format!("/v1/snapshot{query}")).await.expect(400).json();
        assert_eq!(answer["errors"][0]["field"], field, "{query}");
    }
}
