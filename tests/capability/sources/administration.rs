//! By REST.

use reqwest::Method;
use serde_json::{Value, json};

use super::origin::Origin;
use super::{add, looked_at, source};
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("a source is put in, read, changed, paused and removed", administered),
        test("what is wrong with a source is said field by field", wrong),
        test(
            "a source that is put in again with its Idempotency-Key is one source",
            repeated,
        ),
        test("sources are the administrator's alone", only_admins),
    ]
}

async fn administered(press: Press) {
    press.topic("grain", "Grain", None).await;
    let origin = Origin::start().await;
    origin.stories("/feed", &[]);
    let url = origin.url("/feed");
    let all = json!({
        "url": url, "name": "Example", "everySeconds": 600, "topics": ["grain"], "language": "pt-br", "newTopics": true,
    });
    let made = press.post("/v1/sources", &all).await.expect(201);
    assert_eq!(
        (made.header("location"), made.etag()),
        ("/v1/sources/example", "\"v1\"")
    );
    let now = looked_at(&press, "example").await;
    for (field, value) in [
        ("slug", json!("example")),
        ("url", json!(url)),
        ("name", json!("Example")),
        ("everySeconds", json!(600)),
        ("topics", json!(["grain"])),
        ("language", json!("pt-BR")),
        ("newTopics", json!(true)),
        ("paused", json!(false)),
        ("version", json!(1)),
    ] {
        assert_eq!(now[field], value, "{field}");
    }
    assert_eq!(
        press.get("/v1/sources").admin().await.expect(200).json(),
        json!({ "items": [now] })
    );

    let same = press.put("/v1/sources/example", &all).await.expect(200);
    assert_eq!(same.json()["outcome"], "unchanged");
    let stale = press
        .put("/v1/sources/example", &json!({ "url": url }))
        .header("if-match", "\"v7\"")
        .await;
    assert_eq!(stale.expect(412).json()["code"], "stale_version");
    let paused = json!({ "url": url, "paused": true });
    let changed = press
        .put("/v1/sources/example", &paused)
        .header("if-match", "\"v1\"")
        .await
        .expect(200);
    assert_eq!(
        (changed.etag(), &changed.json()["outcome"]),
        ("\"v2\"", &json!("updated"))
    );
    let now = source(&press, "example").await;
    assert_eq!(
        (&now["health"]["state"], &now["health"]["next"]),
        (&json!("paused"), &Value::Null)
    );
    assert_eq!(
        (&now["everySeconds"], &now["name"], &now["topics"]),
        (&json!(900), &Value::Null, &json!([]))
    );
    let asked = origin.asked("/feed").len();
    press.clock.advance(jiff::SignedDuration::from_hours(1));
    add(&press, "other", &url, json!({})).await;
    looked_at(&press, "other").await;
    assert_eq!(origin.asked("/feed").len(), asked + 1);

    let again = press
        .post("/v1/sources", &json!({ "url": url, "slug": "example" }))
        .await
        .expect(409);
    assert_eq!(again.json()["code"], "source_exists");
    press
        .delete("/v1/sources/example")
        .header("if-match", "\"v1\"")
        .await
        .expect(412);
    press
        .delete("/v1/sources/example")
        .header("if-match", "\"v2\"")
        .await
        .expect(204);
    press.delete("/v1/sources/example").await.expect(404);
    press.post("/v1/sources/example/pull", &json!({})).await.expect(404);
    press.get("/v1/sources/example").admin().await.expect(404);
}

async fn wrong(press: Press) {
    let body = json!({
        "slug": "Not a slug", "url": "nowhere", "name": "a\nb", "everySeconds": 5, "topics": ["nothing"], "language": "!",
    });
    let answer = press.post("/v1/sources", &body).await.expect(422).json();
    let faults: Vec<(&str, &str)> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| (fault["field"].as_str().unwrap(), fault["code"].as_str().unwrap()))
        .collect();
    let expected = [
        ("slug", "invalid_slug"),
        ("url", "invalid_url"),
        ("name", "too_long"),
        ("everySeconds", "out_of_range"),
        ("language", "invalid_language"),
        ("topics[0]", "unknown_topic"),
    ];
    assert_eq!(faults, expected);
    let origin = Origin::start().await;
    let nameless = press
        .post("/v1/sources", &json!({ "url": origin.url("/") }))
        .await
        .expect(422)
        .json();
    assert_eq!(nameless["errors"][0]["field"], "slug");
    let body = json!({ "slug": "other", "url": origin.url("/") });
    press.put("/v1/sources/one", &body).await.expect(422);
    press
        .put("/v1/sources/one", &json!({ "address": "x" }))
        .await
        .expect(422);
}

async fn repeated(press: Press) {
    let origin = Origin::start().await;
    origin.stories("/feed", &[]);
    let body = json!({ "url": origin.url("/feed"), "name": "Example" });
    let ask = || press.post("/v1/sources", &body).header("idempotency-key", "one");
    let (first, second) = (ask().await.expect(201), ask().await.expect(201));
    assert_eq!(first.bytes, second.bytes);
    press.post("/v1/sources", &body).await.expect(409);
}

async fn only_admins(press: Press) {
    let key = |scope: &str| {
        let scope = scope.to_owned();
        let press = &press;
        async move {
            let body = json!({ "name": "A key", "scope": scope });
            let made = press.post("/v1/keys", &body).await.expect(201).json();
            made["secret"].as_str().unwrap().to_owned()
        }
    };
    let (reader, publisher) = (key("read").await, key("publish").await);
    let origin = Origin::start().await;
    origin.stories("/feed", &[]);
    add(&press, "agency", &origin.url("/feed"), json!({})).await;
    let asks = || {
        let empty = json!({});
        [
            press.get("/v1/sources"),
            press.get("/v1/sources/agency"),
            press.get("/v1/sources/nobody"),
            press.ask(Method::POST, "/v1/sources").json(&empty),
            press.ask(Method::PUT, "/v1/sources/agency").json(&empty),
            press.ask(Method::DELETE, "/v1/sources/agency"),
            press.ask(Method::POST, "/v1/sources/agency/pull"),
        ]
    };
    for ask in asks().into_iter().take(3) {
        ask.admin().await;
    }
    for ask in asks() {
        assert_eq!(ask.await.expect(401).json()["code"], "key_required");
    }
    for key in [&reader, &publisher] {
        for ask in asks() {
            assert_eq!(ask.key(key).await.expect(403).json()["code"], "scope_required");
        }
    }
}
