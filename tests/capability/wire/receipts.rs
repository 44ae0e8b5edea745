//! `/v1/wire/receipts`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{now, poll};
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("a key confirms, and the publisher sees how far each key is", confirmed),
        test("a receipt never goes back", never_back),
        test("a receipt needs a key, and all receipts a publisher's", keys),
        test("a key that polls has been seen", seen),
    ]
}

async fn reader(press: &Press) -> String {
    let issued = press
        .command(["key", "issue", "--scope", "read", "--name", "Reader"])
        .await;
    issued.ok().trim().to_owned()
}

/// The reader's receipt as the publisher sees it.
async fn receipt(press: &Press) -> Value {
    let all = press.get("/v1/wire/receipts").admin().await.expect(200).json();
    let items = all["items"].as_array().unwrap();
    items.iter().find(|item| item["name"] == "Reader").unwrap().clone()
}

async fn confirm(press: &Press, key: &str, cursor: &str) -> Value {
    let body = json!({ "cursor": cursor });
    let answer = press.post("/v1/wire/receipts", &body).key(key).await.expect(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

async fn confirmed(press: Press) {
    let key = reader(&press).await;
    assert_eq!(receipt(&press).await["cursor"], Value::Null);
    press.story("urn:x:1").await;
    let cursor = now(&press).await;
    let told = confirm(&press, &key, &cursor).await;
    assert_eq!((&told["cursor"], &told["lag"]), (&json!(cursor), &json!(0)));
    press.story("urn:x:2").await;
    press.story("urn:x:3").await;
    let found = receipt(&press).await;
    assert_eq!((&found["cursor"], &found["lag"]), (&json!(cursor), &json!(2)));
    assert_eq!(found["confirmedAt"], "2026-01-12T20:00:00Z");
    assert_eq!(found["lastSeen"], "2026-01-12T20:00:00Z");
}

async fn never_back(press: Press) {
    let key = reader(&press).await;
    let early = now(&press).await;
    press.story("urn:x:1").await;
    let late = now(&press).await;
    confirm(&press, &key, &late).await;
    assert_eq!(confirm(&press, &key, &early).await["cursor"], late);
}

async fn keys(press: Press) {
    let key = reader(&press).await;
    let body = json!({ "cursor": now(&press).await });
    let unkeyed = press.post("/v1/wire/receipts", &body).without("authorization");
    assert_eq!(unkeyed.await.expect(401).json()["code"], "key_required");
    press.get("/v1/wire/receipts").await.expect(401);
    let refused = press.get("/v1/wire/receipts").key(&key).await.expect(403);
    assert_eq!(refused.json()["code"], "scope_required");
    let wrong = press
        .post("/v1/wire/receipts", &json!({ "cursor": "x" }))
        .key(&key)
        .await;
    assert_eq!(wrong.expect(400).json()["errors"][0]["field"], "cursor");
}

async fn seen(press: Press) {
    let key = reader(&press).await;
    assert_eq!(receipt(&press).await["lastSeen"], Value::Null);
    press.get("/v1/wire").key(&key).await.expect(200);
    // It is noted on the side: nobody waits for it.
    let begun = Instant::now();
    while receipt(&press).await["lastSeen"] == Value::Null && begun.elapsed() < Duration::from_secs(20) {
        poll(&press, "").await;
    }
    assert_eq!(receipt(&press).await["lastSeen"], "2026-01-12T20:00:00Z");
}
