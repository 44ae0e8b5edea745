//! What is canceled is gone for good; those who could read it are told so.

use super::{fields, furnish, in_no_list, names, step};
use crate::press::{Press, Setup};
use crate::runner::{Test, test};
use crate::wire::{brief, entry, poll};
use serde_json::{Value, json};

const URI: &str = "urn:x:secret";

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a canceled story answers with a tombstone by every name, and stands in no list",
            gone,
        ),
        test("GraphQL tells of a canceled story with an error of code GONE", graphql),
        test(
            "followers are told to take a canceled story down, and what to take instead",
            told,
        ),
        test(
            "a follower who held a story is told when it is canceled after all",
            after_hold,
        ),
        test("nothing brings a canceled story back", final_),
        test("a cancellation needs a reason", reason),
        test("a replacement is named only when it can be seen", replacement),
        test("an export keeps what was canceled, withheld and corrected", exported),
    ]
}

async fn gone(press: Press) {
    let id = furnish(&press, URI).await;
    for path in names(&[URI, "first", "second", &id]) {
        press.get(&path).await.expect(200);
    }
    let body = json!({ "reason": "It is not true.", "mandatory": true });
    let done = step(&press, URI, "cancel", &body).await.expect(200).json();
    assert_eq!((&done["outcome"], &done["version"]), (&json!("canceled"), &json!(3)));
    for path in names(&[URI, "first", "second", &id]) {
        let answer = press.get(&path).await.expect(410);
        let problem = answer.json();
        assert_eq!(
            (&problem["code"], answer.header("cache-control")),
            (&json!("gone"), "no-store")
        );
        let tombstone = &problem["tombstone"];
        assert_eq!((&tombstone["uri"], &tombstone["id"]), (&json!(URI), &json!(id)));
        assert_eq!(
            (&tombstone["reason"], &tombstone["mandatory"]),
            (&json!("It is not true."), &json!(true))
        );
        assert_eq!(
            (&tombstone["pubStatus"], &tombstone["replacement"]),
            (&json!("canceled"), &Value::Null)
        );
        assert!(!answer.text().contains("Secret"), "{answer}");
    }
    let page = press.get("/articles/second").await.expect(410);
    assert!(
        page.text().contains("Withdrawn") && !page.text().contains("Secret"),
        "{page}"
    );
    in_no_list(&press, URI).await;
}

async fn graphql(press: Press) {
    let id = furnish(&press, URI).await;
    step(&press, URI, "cancel", &json!({ "reason": "It is not true." }))
        .await
        .expect(200);
    for asked in [
        "query($id: ID!) { node(id: $id) { id } }",
        "query($id: ID!) { article(by: { id: $id }) { headline } }",
        "query($id: ID!) { nodes(ids: [$id]) { id } }",
    ] {
        let answer = press.graphql(asked, json!({ "id": id })).await.expect(200).json();
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "GONE", "{answer}");
        assert_eq!(
            error["extensions"]["tombstone"]["reason"], "It is not true.",
            "{answer}"
        );
        let data = answer["data"].as_object().unwrap().values().next().unwrap();
        assert!(data.is_null() || *data == json!([null]), "{answer}");
    }
}

async fn told(press: Press) {
    press.topic("war", "War", None).await;
    press.story("urn:x:1").headline("Secret").topics(["war"]).await;
    press.story("urn:x:2").await;
    let start = poll(&press, "?after=latest").await.json()["next"]
        .as_str()
        .unwrap()
        .to_owned();
    let body = json!({ "reason": "See the other.", "replacement": "urn:x:2" });
    step(&press, "urn:x:1", "cancel", &body).await.expect(200);
    for filter in ["", "&topic=war"] {
        let page = poll(&press, &format!("?after={start}{filter}")).await;
        assert!(!page.text().contains("Secret"), "{page}");
        let page = page.json();
        assert_eq!(brief(&page), [entry("article.canceled", "replace", "urn:x:1", 2)]);
        let tombstone = &page["entries"][0]["tombstone"];
        assert_eq!(
            (&tombstone["reason"], &tombstone["replacement"]["uri"]),
            (&json!("See the other."), &json!("urn:x:2"))
        );
    }
    // Who begins from the oldest entry never hears of the text.
    let all = poll(&press, "").await;
    assert!(!all.text().contains("Secret"), "{all}");
}

async fn after_hold(press: Press) {
    press.topic("war", "War", None).await;
    press.story("urn:x:1").topics(["war"]).await;
    step(&press, "urn:x:1", "withhold", &json!({})).await.expect(200);
    let start = poll(&press, "?after=latest").await.json()["next"]
        .as_str()
        .unwrap()
        .to_owned();
    step(&press, "urn:x:1", "cancel", &json!({ "reason": "No." }))
        .await
        .expect(200);
    let page = poll(&press, &format!("?after={start}&topic=war")).await.json();
    assert_eq!(brief(&page), [entry("article.canceled", "remove", "urn:x:1", 3)]);
}

async fn final_(press: Press) {
    let id = furnish(&press, URI).await;
    step(&press, URI, "cancel", &json!({ "reason": "No." }))
        .await
        .expect(200);
    let again = press
        .put("/v1/articles/urn%3Ax%3Asecret", &json!({ "headline": "Again" }))
        .await
        .expect(409);
    assert_eq!(again.json()["code"], "canceled");
    for (name, body) in [
        ("restore", json!({})),
        ("withhold", json!({})),
        ("cancel", json!({ "reason": "No." })),
        ("correct", json!({ "text": "No." })),
        ("rename", json!({ "slug": "new" })),
    ] {
        let refused = step(&press, URI, name, &body).await.expect(409).json();
        assert_eq!(refused["code"], "canceled", "{name}");
    }
    press.get(&format!("/v1/articles/{id}")).await.expect(410);
    // Its slug is nobody else's either.
    press
        .put(
            "/v1/articles/urn%3Ax%3Aother",
            &json!({ "headline": "x", "slug": "second" }),
        )
        .await
        .expect(409);
}

async fn reason(press: Press) {
    press.story("urn:x:1").await;
    let body = json!({ "replacement": "nowhere" });
    let refused = step(&press, "urn:x:1", "cancel", &body).await.expect(422).json();
    let fields = fields(&refused);
    assert_eq!(fields, [json!("reason"), json!("replacement")]);
    let body = json!({ "reason": "x", "replacement": "urn:x:1" });
    step(&press, "urn:x:1", "cancel", &body).await.expect(422);
    press.get("/v1/articles/urn%3Ax%3A1").await.expect(200);
}

async fn replacement(press: Press) {
    press.story("urn:x:1").await;
    let body = json!({ "reason": "No.", "replacement": "urn:x:2" });
    step(&press, "urn:x:1", "cancel", &body).await.expect(200);
    let seen = async |press: &Press| {
        let answer = press.get("/v1/articles/urn%3Ax%3A1").await.expect(410).json();
        answer["tombstone"]["replacement"]["uri"].clone()
    };
    assert_eq!(seen(&press).await, Value::Null);
    press.story("urn:x:2").await;
    assert_eq!(seen(&press).await, "urn:x:2");
    step(&press, "urn:x:2", "withhold", &json!({})).await.expect(200);
    assert_eq!(seen(&press).await, Value::Null);
}

async fn exported(press: Press) {
    press.story("urn:x:1").headline("Secret").await;
    press.story("urn:x:2").await;
    press.story("urn:x:3").await;
    step(
        &press,
        "urn:x:1",
        "cancel",
        &json!({ "reason": "No.", "mandatory": true }),
    )
    .await
    .expect(200);
    step(&press, "urn:x:2", "withhold", &json!({ "reason": "Doubts." }))
        .await
        .expect(200);
    step(&press, "urn:x:3", "correct", &json!({ "text": "Put right." }))
        .await
        .expect(200);
    let before = press.command(["export"]).await.ok();
    let other = Press::start(press.backend(), Setup::default()).await;
    let file = press.folder().join("house.ndjson");
    std::fs::write(&file, &before).unwrap();
    other.command(["import", file.to_str().unwrap()]).await.ok();
    assert_eq!(other.command(["export"]).await.ok(), before);
    let tombstone = other.get("/v1/articles/urn%3Ax%3A1").await.expect(410).json();
    assert_eq!(tombstone["tombstone"]["reason"], "No.");
    other.get("/v1/articles/urn%3Ax%3A2").await.expect(404);
    let corrected = other.get("/v1/articles/urn%3Ax%3A3").await.expect(200).json();
    assert_eq!(corrected["corrections"][0]["text"], "Put right.");
}
