//! GraphQL over server-sent events, one operation a connection.

use std::time::Instant;

use serde_json::{Value, json};

use super::client::{Listening, by_hand};
use super::{WIRE, newest};
use crate::press::{Press, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("an event stream of GraphQL tells what changes, and resumes", live),
        test(
            "an event stream of GraphQL answers everything else and is complete",
            once,
        ),
        test("an event stream is only for those who ask for one", negotiated),
        test("a silent event stream of GraphQL shows signs of life", heartbeat).set("wire.heartbeat_seconds", 1),
        test("a key that is taken away ends its event stream of GraphQL", revoked),
        test(
            "a server that stops ends event streams of GraphQL, and they can be resumed",
            stopped,
        ),
    ]
}

async fn live(press: Press) {
    let mut listening = Listening::begin(&press, None, WIRE, json!({})).await;
    assert_eq!(listening.block().await.as_deref(), Some(":"));
    press.story("urn:x:1").headline("A\nB").await;
    press.story("urn:x:2").await;
    let first = listening.next().await.unwrap()["data"]["wire"].take();
    let second = listening.next().await.unwrap()["data"]["wire"].take();
    assert_eq!((&first["uri"], &second["uri"]), (&json!("urn:x:1"), &json!("urn:x:2")));
    drop(listening);
    press.story("urn:x:3").await;
    let mut listening = Listening::begin(&press, None, WIRE, json!({ "after": first["cursor"] })).await;
    assert_eq!(listening.next().await.unwrap()["data"]["wire"], second);
    assert_eq!(listening.next().await.unwrap()["data"]["wire"]["uri"], "urn:x:3");
    // A browser's own client asks by GET.
    let path = format!(
        "/graphql?query={}&variables={}",
        segment(WIRE),
        segment(&json!({ "after": "x" }).to_string())
    );
    let answer = press.get(&path).header("accept", "text/event-stream").await.expect(200);
    let (first, rest) = answer
        .text()
        .strip_prefix(":\n\nevent: next\ndata: ")
        .unwrap()
        .split_once("\n\n")
        .unwrap();
    let error: Value = serde_json::from_str(first).unwrap();
    assert_eq!(error["errors"][0]["extensions"]["code"], "INVALID_PARAMETER");
    assert_eq!(rest, "event: complete\ndata:\n\n");
}

async fn once(press: Press) {
    press.story("urn:x:1").headline("One").await;
    let query = "query($uri: String!) { article(by: {uri: $uri}) { headline } }";
    let mut listening = Listening::begin(&press, None, query, json!({ "uri": "urn:x:1" })).await;
    let answer = listening.next().await;
    assert_eq!(answer, Some(json!({ "data": { "article": { "headline": "One" } } })));
    assert_eq!(listening.next().await, None);
    assert_eq!(listening.block().await, None);
    for (query, code) in [
        ("{ article ", "GRAPHQL_PARSE_FAILED"),
        ("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { wire { nonsense } }", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let mut listening = Listening::begin(&press, None, query, json!({})).await;
        let answer = listening.next().await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
        assert!(answer.get("data").is_none(), "{answer}");
        assert_eq!(listening.next().await, None);
    }
    let publish = "mutation { publishArticle(input: {uri: \"urn:x:2\", headline: \"Two\"}) { outcome } }";
    let mut listening = Listening::begin(&press, Some(press.admin_key()), publish, json!({})).await;
    let answer = listening.next().await;
    assert_eq!(
        answer,
        Some(json!({ "data": { "publishArticle": { "outcome": "CREATED" } } }))
    );
    // Nothing is written by GET.
    let path = format!("/graphql?query={}", segment(&publish.replace("urn:x:2", "urn:x:3")));
    let answer = press.get(&path).admin().header("accept", "text/event-stream").await;
    assert!(answer.text().contains("MUTATION_NEEDS_POST"), "{answer}");
    press.get("/v1/articles/urn%3Ax%3A3").await.expect(404);
}

async fn negotiated(press: Press) {
    // What some clients send with everything.
    let all = "application/graphql-response+json, application/json, text/event-stream, multipart/mixed";
    let answer = press
        .graphql("{ site { name } }", json!({}))
        .header("accept", all)
        .await
        .expect(200);
    assert!(
        answer
            .header("content-type")
            .starts_with("application/graphql-response+json"),
        "{answer}"
    );
    let wrong = json!({ "after": "x" });
    let answer = press
        .graphql(WIRE, wrong.clone())
        .header("accept", all)
        .await
        .expect(200);
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let answer = press
        .graphql(WIRE, wrong.clone())
        .header("accept", "*/*")
        .await
        .expect(400);
    assert!(answer.text().contains("SUBSCRIPTION_NOT_SUPPORTED"), "{answer}");
    // What cannot be read at all is refused as ever.
    for (body, kind, status) in [
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ("{\"query\":\"{site{name}}\"}", "text/plain", 415),
    ] {
        let ask = press.graphql(WIRE, wrong.clone()).body(body);
        let answer = ask
            .header("accept", "text/event-stream")
            .header("content-type", kind)
            .await;
        assert_eq!(answer.status, status, "{answer}");
    }
    let answer = press
        .graphql(WIRE, wrong)
        .header("accept", "text/event-stream")
        .key("dl_a_b")
        .await;
    assert_eq!(answer.status, 401);
}

async fn heartbeat(press: Press) {
    let mut listening = Listening::begin(&press, None, WIRE, json!({})).await;
    let begun = Instant::now();
    for _ in 0..3 {
        assert_eq!(listening.block().await.as_deref(), Some(":"));
    }
    let took = begun.elapsed().as_millis();
    assert!((1_500..10_000).contains(&took), "{took} ms");
    press.story("urn:x:1").await;
    assert_eq!(listening.next().await.unwrap()["data"]["wire"]["uri"], "urn:x:1");
}

async fn revoked(press: Press) {
    let key = press
        .command(["key", "issue", "--scope", "read", "--name", "Partner"])
        .await
        .ok();
    let key = key.trim();
    let mut listening = Listening::begin(&press, Some(key), WIRE, json!({})).await;
    press.story("urn:x:1").await;
    assert_eq!(listening.next().await.unwrap()["data"]["wire"]["uri"], "urn:x:1");
    press
        .command(["key", "revoke", key.split('_').nth(1).unwrap()])
        .await
        .ok();
    let begun = Instant::now();
    assert!(listening.breaks_off().await);
    assert!(begun.elapsed().as_secs() < 3, "{:?}", begun.elapsed());
}

async fn stopped(press: Press) {
    let mut listening = Listening::begin(&press, None, WIRE, json!({})).await;
    press.story("urn:x:1").await;
    let told = listening.next().await.unwrap()["data"]["wire"].take();
    let (begun, other) = (Instant::now(), press.clone());
    let stop = tokio::spawn(async move { other.close().await });
    assert!(listening.breaks_off().await, "a broken stream is not complete");
    stop.await.unwrap();
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    press.open().await;
    assert_eq!(told["cursor"], json!(newest(&press).await));
    press.story("urn:x:2").await;
    let mut listening = Listening::begin(&press, None, WIRE, json!({ "after": told["cursor"] })).await;
    assert_eq!(listening.next().await.unwrap()["data"]["wire"]["uri"], "urn:x:2");
    // The head goes out before anything happens.
    let heard = by_hand(
        &press,
        "GET /graphql?query=%7Bsite%7Bname%7D%7D HTTP/1.0\r\naccept: text/event-stream\r\n\r\n",
    );
    assert!(heard.await.text().contains("event: complete"));
}
