//! A story's past: what stood when, and what became of one version in another.

use serde_json::{Value, json};

use crate::exact::refused;
use crate::moves::cursor;
use crate::press::{Answer, Press, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "the difference between two versions is the changed fields and the changed words",
            difference,
        ),
        test("a difference is closed with its story", closed),
        test(
            "as of a cursor of the wire, a story is the version that stood there",
            as_of_cursor,
        ),
        test(
            "as of an instant, a story is the version that had been made by then",
            as_of_instant,
        ),
        test("what stood at a cursor is known when the wire is trimmed", trimmed),
        test("a moment that is none is refused", refusals),
    ]
}

const PATH: &str = "/v1/articles/urn%3Ax%3A1";

async fn ask(press: &Press, query: &str) -> Answer {
    press.get(&format!("{PATH}{query}")).await
}

/// Three versions: put in, corrected in text, renamed and moved to another topic.
async fn furnish(press: &Press) {
    press.topic("war", "War", None).await;
    press.topic("talks", "Talks", None).await;
    let story = press
        .story("urn:x:1")
        .headline("Two hurt")
        .slug("hurt")
        .topics(["war"])
        .source("Wire Service");
    story.clone().body_text("Two men were hurt.\n\nIt rained.").await;
    press.clock.advance(jiff::SignedDuration::from_mins(1));
    story.clone().body_text("Three men were hurt.\n\nIt rained.").await;
    press.clock.advance(jiff::SignedDuration::from_mins(1));
    story
        .headline("Three hurt")
        .slug("three")
        .topics(["war", "talks"])
        .body_text("Three men were hurt.\n\nIt rained.\n\nTalks began.")
        .await;
}

async fn difference(press: Press) {
    furnish(&press).await;
    let one = ask(&press, "/difference?from=1&to=2").await.expect(200).json();
    assert_eq!(
        one,
        json!({
            "from": 1, "to": 2,
            "fields": [
                { "field": "body", "old": [], "new": [] },
                { "field": "published", "old": ["2026-01-12T20:00:00Z"], "new": ["2026-01-12T20:01:00Z"] },
            ],
            "text": [
                { "op": "delete", "text": "Two" },
                { "op": "insert", "text": "Three" },
                { "op": "equal", "text": " men were hurt.\n\nIt rained." },
            ],
        })
    );
    let newest = ask(&press, "/difference").await.expect(200);
    let fields = newest.json()["fields"].clone();
    let of = |name: &str| {
        fields
            .as_array()
            .unwrap()
            .iter()
            .find(|f| f["field"] == name)
            .cloned()
            .unwrap()
    };
    assert_eq!(
        of("headline"),
        json!({ "field": "headline", "old": ["Two hurt"], "new": ["Three hurt"] })
    );
    assert_eq!(
        of("topics"),
        json!({ "field": "topics", "old": ["war"], "new": ["war", "talks"] })
    );
    assert_eq!(
        of("slug"),
        json!({ "field": "slug", "old": ["hurt"], "new": ["three"] })
    );
    let text = newest.json()["text"].clone();
    assert_eq!(text.as_array().unwrap().last().unwrap()["op"], "insert");
    // Backwards what was inserted is deleted.
    let back = ask(&press, "/difference?from=2&to=1").await.expect(200).json();
    assert_eq!(back["text"][0], json!({ "op": "delete", "text": "Three" }));
    for query in ["/difference?from=3&to=4", "/difference?to=1", "/difference?from=9"] {
        let answer = ask(&press, query).await;
        refused(
            &answer,
            404,
            "not_found",
            "There is no such version of this story.",
            &[],
        );
    }
    ask(&press, "/difference?from=0").await.expect(400);
    let query = r#"{ article(by: {uri: "urn:x:1"}) {
        difference(from: 1, to: 2) { from to fields { field old new } text { op text } }
        newest: difference { from to } } }"#;
    let told = press.graphql(query, json!({})).await.data()["article"].clone();
    assert_eq!(told["newest"], json!({ "from": 2, "to": 3 }));
    assert_eq!(told["difference"]["fields"], one["fields"]);
    assert_eq!(
        told["difference"]["text"][1],
        json!({ "op": "INSERT", "text": "Three" })
    );
    // It is kept until the story changes.
    let etag = newest.etag().to_owned();
    ask_again(&press, &etag).await.expect(304);
    press.story("urn:x:1").headline("Four hurt").await;
    ask_again(&press, &etag).await.expect(200);
}

async fn ask_again(press: &Press, etag: &str) -> Answer {
    press
        .get(&format!("{PATH}/difference"))
        .header("if-none-match", etag)
        .await
}

async fn closed(press: Press) {
    furnish(&press).await;
    press.post(&format!("{PATH}/withhold"), &json!({})).await.expect(200);
    let ghost = press.get("/v1/articles/ghost/difference?from=1&to=2").await;
    let from = cursor(&press).await;
    for query in [
        "/difference?from=1&to=2".to_owned(),
        "?asOf=2026-01-12T20:00:00Z".to_owned(),
        format!("?asOf={from}"),
    ] {
        let answer = ask(&press, &query).await;
        assert_eq!((answer.status, &answer.bytes), (404, &ghost.bytes), "{query}");
    }
    press
        .post(&format!("{PATH}/cancel"), &json!({ "reason": "Wrong." }))
        .await
        .expect(200);
    ask(&press, "/difference?from=1&to=2").await.expect(410);
    ask(&press, "?asOf=2026-01-12T20:00:00Z").await.expect(410);
}

/// The version that stood, by REST and by GraphQL; null where there is none.
async fn stood(press: &Press, at: &str) -> Value {
    let rest = ask(press, &format!("?asOf={}", segment(at))).await;
    let query = r#"query($at: String) { article(by: {uri: "urn:x:1"}, asOf: $at) { version headline } }"#;
    let graphql = press.graphql(query, json!({ "at": at })).await.data()["article"].clone();
    if rest.status == 404 {
        assert_eq!(graphql, Value::Null, "{at}");
        return Value::Null;
    }
    let rest = rest.expect(200).json();
    assert_eq!(
        graphql,
        json!({ "version": rest["version"], "headline": rest["headline"] }),
        "{at}"
    );
    rest["version"].clone()
}

async fn as_of_cursor(press: Press) {
    press.topic("war", "War", None).await;
    let mut at = vec![(cursor(&press).await, Value::Null)];
    press.story("urn:x:1").headline("One").topics(["war"]).await;
    at.push((cursor(&press).await, json!(1)));
    press.story("urn:x:2").await;
    at.push((cursor(&press).await, json!(1)));
    press.story("urn:x:1").headline("Two").topics(["war"]).await;
    at.push((cursor(&press).await, json!(2)));
    press.post(&format!("{PATH}/withhold"), &json!({})).await.expect(200);
    at.push((cursor(&press).await, Value::Null));
    press.post(&format!("{PATH}/restore"), &json!({})).await.expect(200);
    at.push((cursor(&press).await, json!(4)));
    // The feeds it stands in are no part of a version.
    press.topic("conflict", "Conflict", None).await;
    let body = json!({ "parent": "conflict", "names": { "en": "War" } });
    press.put("/v1/topics/war", &body).await.expect(200);
    crate::moves::until(1, async || crate::moves::feed(&press, "conflict").await.len()).await;
    at.push((cursor(&press).await, json!(4)));
    for (cursor, version) in &at {
        assert_eq!(stood(&press, cursor).await, *version);
    }
}

async fn as_of_instant(press: Press) {
    furnish(&press).await;
    for (at, version) in [
        ("2026-01-12T19:59:59.999999Z", Value::Null),
        ("2026-01-12T20:00:00Z", json!(1)),
        ("2026-01-12T22:00:59+02:00", json!(1)),
        ("2026-01-12T20:01:00Z", json!(2)),
        ("2026-01-12T20:02:00Z", json!(3)),
        ("2030-01-01T00:00:00Z", json!(3)),
    ] {
        assert_eq!(stood(&press, at).await, version, "{at}");
    }
    press.clock.advance(jiff::SignedDuration::from_mins(1));
    press.post(&format!("{PATH}/withhold"), &json!({})).await.expect(200);
    press.clock.advance(jiff::SignedDuration::from_mins(1));
    press.post(&format!("{PATH}/restore"), &json!({})).await.expect(200);
    assert_eq!(stood(&press, "2026-01-12T20:03:30Z").await, Value::Null);
    assert_eq!(stood(&press, "2026-01-12T20:04:00Z").await, json!(5));
}

async fn trimmed(press: Press) {
    furnish(&press).await;
    let at = cursor(&press).await;
    press.story("urn:x:1").headline("Later").await;
    let later = cursor(&press).await;
    // By the machine's clock everything is old.
    press.command(["wire", "trim", "--older-than", "1h"]).await.ok();
    press.story("urn:x:2").await;
    press.story("urn:x:1").headline("Latest").await;
    press.reopen().await;
    press.get(&format!("/v1/wire?after={}", segment(&at))).await.expect(410);
    assert_eq!(stood(&press, &at).await, json!(3));
    assert_eq!(stood(&press, &later).await, json!(4));
}

async fn refusals(press: Press) {
    furnish(&press).await;
    let detail = "A parameter is wrong; see `errors`.";
    let message = "must be a cursor of the wire, or a time with its offset, such as 2026-01-12T20:00:00Z";
    for at in ["2026-01-12T20:00:00", "12:00", "yesterday:"] {
        let answer = ask(&press, &format!("?asOf={}", segment(at))).await;
        refused(
            &answer,
            400,
            "invalid_parameter",
            detail,
            &[("asOf", "invalid_time", message)],
        );
    }
    let message = "is not a cursor of this wire that was given to you: send one as you got it";
    let answer = ask(&press, "?asOf=made-up").await;
    refused(
        &answer,
        400,
        "invalid_parameter",
        detail,
        &[("asOf", "invalid_cursor", message)],
    );
    ask(&press, "?asOf=2026-01-12T20:00:00Z&version=1").await.expect(400);
}
