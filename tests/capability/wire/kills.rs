//! Who knows that a story was canceled.

use serde_json::{Value, json};

use super::now;
use crate::press::{Press, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "the publisher sees who was told of a cancellation, who confirmed it, and who still has to",
            seen,
        ),
        test("a cancellation is confirmed by name, and only a cancellation", by_name),
        test(
            "who listens to a stream is told of a cancellation when he takes what comes after it",
            listening,
        ),
        test(
            "a reader whose key another took the place of is one in the receipts of a cancellation",
            rotated,
        ),
        test("only the publisher sees who knows of a cancellation", private),
    ]
}

const URI: &str = "urn:x:1";

async fn key(press: &Press, name: &str) -> String {
    let issued = press.command(["key", "issue", "--scope", "read", "--name", name]).await;
    issued.ok().trim().to_owned()
}

async fn cancel(press: &Press) {
    let path = format!("/v1/articles/{}/cancel", segment(URI));
    press
        .post(&path, &json!({ "reason": "Untrue.", "mandatory": true }))
        .await
        .expect(200);
}

/// How each key stands, by name, as soon as it is so.
async fn states(press: &Press, expected: &[(&str, &str)]) -> Value {
    let path = format!("/v1/articles/{}/receipts", segment(URI));
    let begun = std::time::Instant::now();
    loop {
        let receipts = press.get(&path).admin().await.expect(200).json();
        let found: Vec<(String, String)> = receipts["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| {
                (
                    r["name"].as_str().unwrap().to_owned(),
                    r["state"].as_str().unwrap().to_owned(),
                )
            })
            .collect();
        let wanted: Vec<_> = expected
            .iter()
            .map(|(n, s)| ((*n).to_owned(), (*s).to_owned()))
            .collect();
        if found == wanted {
            return receipts;
        }
        assert!(begun.elapsed().as_secs() < 20, "{found:?} is not {wanted:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn seen(press: Press) {
    let (a, b, _) = (key(&press, "A").await, key(&press, "B").await, key(&press, "C").await);
    press.story(URI).await;
    let path = format!("/v1/articles/{}/receipts", segment(URI));
    let early = press.get(&path).admin().await.expect(404);
    assert_eq!(early.json()["code"], "not_canceled");
    let start = now(&press).await;
    cancel(&press).await;
    states(&press, &[("A", "waiting"), ("B", "waiting"), ("C", "waiting")]).await;
    // To be sent it is not to have it: he comes back with the cursor behind it.
    let mut next = Value::Null;
    for key in [&a, &b] {
        let page = press
            .get(&format!("/v1/wire?after={start}"))
            .key(key)
            .await
            .expect(200)
            .json();
        assert_eq!(page["entries"][0]["action"], "remove");
        next = page["next"].clone();
    }
    states(&press, &[("A", "waiting"), ("B", "waiting"), ("C", "waiting")]).await;
    for key in [&a, &b] {
        press
            .get(&format!("/v1/wire?after={}", next.as_str().unwrap()))
            .key(key)
            .await
            .expect(200);
    }
    states(&press, &[("A", "told"), ("B", "told"), ("C", "waiting")]).await;
    press
        .post("/v1/wire/receipts", &json!({ "cursor": next }))
        .key(&a)
        .await
        .expect(200);
    let receipts = states(&press, &[("A", "confirmed"), ("B", "told"), ("C", "waiting")]).await;
    assert_eq!(
        (&receipts["told"], &receipts["confirmed"], &receipts["waiting"]),
        (&json!(2), &json!(1), &json!(1))
    );
    let shown = press
        .command(["wire", "receipts", "--article", URI, "--json"])
        .await
        .ok();
    let lines: Vec<Value> = shown.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(
        lines.len() == 3 && lines[0]["confirmedAt"].is_string() && lines[2]["toldAt"].is_null(),
        "{shown}"
    );
}

async fn by_name(press: Press) {
    let a = key(&press, "A").await;
    press.story(URI).await;
    press.story("urn:x:2").await;
    cancel(&press).await;
    let body = json!({ "articles": [URI, "urn:x:2", "urn:x:3"] });
    let refused = press.post("/v1/wire/receipts", &body).key(&a).await.expect(422).json();
    let fields: Vec<_> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["field"].clone(), e["code"].clone()))
        .collect();
    assert_eq!(
        fields,
        [
            (json!("articles[1]"), json!("not_canceled")),
            (json!("articles[2]"), json!("unknown_article"))
        ]
    );
    states(&press, &[("A", "waiting")]).await;
    let done = press
        .post("/v1/wire/receipts", &json!({ "articles": [URI] }))
        .key(&a)
        .await
        .expect(200)
        .json();
    assert_eq!(done["articles"], json!([URI]));
    states(&press, &[("A", "confirmed")]).await;
    press.post("/v1/wire/receipts", &json!({})).key(&a).await.expect(422);
}

async fn listening(press: Press) {
    let a = key(&press, "A").await;
    press.story(URI).await;
    let mut events = press.get("/v1/wire/stream").key(&a).listen().await;
    cancel(&press).await;
    assert_eq!(events.next().await.unwrap().name, "article.canceled");
    states(&press, &[("A", "told")]).await;
}

async fn rotated(press: Press) {
    let (a, b) = (key(&press, "A").await, key(&press, "B").await);
    press.story(URI).await;
    let start = now(&press).await;
    cancel(&press).await;
    // One was told of it under his old key, the other confirms it under his new one.
    let page = press.get(&format!("/v1/wire?after={start}")).key(&a).await.expect(200);
    let next = page.json()["next"].clone();
    let path = format!("/v1/wire?after={}", next.as_str().unwrap());
    press.get(&path).key(&a).await.expect(200);
    states(&press, &[("A", "told"), ("B", "waiting")]).await;
    let mut new = Vec::new();
    for old in [&a, &b] {
        let id = old.split('_').nth(1).unwrap();
        let path = format!("/v1/keys/{id}/rotate");
        let made = press.post(&path, &json!({})).admin().await.expect(201).json();
        new.push((
            made["id"].as_str().unwrap().to_owned(),
            made["secret"].as_str().unwrap().to_owned(),
        ));
    }
    let receipts = states(&press, &[("A", "told"), ("B", "waiting")]).await;
    let ids: Vec<_> = new.iter().map(|(id, _)| json!(id)).collect();
    assert_eq!(
        [&receipts["items"][0]["keyId"], &receipts["items"][1]["keyId"]],
        [&ids[0], &ids[1]]
    );
    let body = json!({ "cursor": next });
    press.post("/v1/wire/receipts", &body).key(&new[1].1).await.expect(200);
    states(&press, &[("A", "told"), ("B", "confirmed")]).await;
    // The old keys go, and what was said to them stays said; so it is with the new one's.
    for old in [&a, &b] {
        let path = format!("/v1/keys/{}", old.split('_').nth(1).unwrap());
        press.delete(&path).admin().await.expect(204);
    }
    states(&press, &[("A", "told"), ("B", "confirmed")]).await;
    let body = json!({ "articles": [URI] });
    press.post("/v1/wire/receipts", &body).key(&new[0].1).await.expect(200);
    states(&press, &[("A", "confirmed"), ("B", "confirmed")]).await;
}

async fn private(press: Press) {
    let a = key(&press, "A").await;
    press.story(URI).await;
    cancel(&press).await;
    let path = format!("/v1/articles/{}/receipts", segment(URI));
    press.get(&path).await.expect(401);
    press.get(&path).key(&a).await.expect(403);
}
