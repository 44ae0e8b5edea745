//! What is withheld is as if it had never been, and may return.

use super::{furnish, in_no_list, names, step};
use crate::press::Press;
use crate::runner::{Test, test};
use crate::wire::{brief, entry, poll};
use serde_json::json;

const URI: &str = "urn:x:secret";

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a withheld story answers like one that never was, by every name and in every list",
            unknown,
        ),
        test("a withheld story comes back whole when it is restored", back),
        test(
            "a withheld story can be put right before it returns, and nobody sees that",
            edited,
        ),
        test("followers are told to hold a story, and to put it back", told),
        test(
            "a step that the state does not allow is refused with those that it does",
            illegal,
        ),
        test("a step by a version that is not current is refused", guarded),
        test("a step repeated with its key is done once", repeated),
    ]
}

async fn unknown(press: Press) {
    let id = furnish(&press, URI).await;
    // Everything is read once before, so that what is kept must go too.
    for path in names(&[URI, "first", "second", &id]) {
        press.get(&path).await.expect(200);
    }
    let done = step(&press, URI, "withhold", &json!({ "reason": "Doubts." }))
        .await
        .expect(200);
    assert!(done.text().contains("withheld"), "{done}");
    for path in names(&[URI, "first", "second", &id]) {
        let ghost = press
            .get(
                &path
                    .replace(&id, "ghost")
                    .replace("first", "ghost")
                    .replace("second", "ghost"),
            )
            .await;
        let answer = press.get(&path).await;
        assert_eq!(answer.status, 404, "{answer}");
        if !path.contains("urn") {
            assert_eq!(answer.bytes, ghost.bytes);
        }
    }
    press.get("/articles/second").await.expect(404);
    in_no_list(&press, URI).await;
    let asked =
        "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } article(by: { id: $id }) { headline } }";
    let data = press.graphql(asked, json!({ "id": id })).await.data();
    assert_eq!(data, json!({ "node": null, "nodes": [null], "article": null }));
}

async fn back(press: Press) {
    let id = furnish(&press, URI).await;
    let before = press.get("/v1/articles/second").await.expect(200).json();
    step(&press, URI, "withhold", &json!({})).await.expect(200);
    let done = step(&press, URI, "restore", &json!({})).await.expect(200).json();
    assert_eq!((&done["outcome"], &done["version"]), (&json!("restored"), &json!(4)));
    let after = press.get("/v1/articles/second").await.expect(200).json();
    for field in ["headline", "body", "topics", "firstPublished", "published", "pubStatus"] {
        assert_eq!(before[field], after[field], "{field}");
    }
    let latest = press.get("/v1/topics/grain/articles").await.expect(200);
    assert!(latest.text().contains(&id), "{latest}");
}

async fn edited(press: Press) {
    furnish(&press, URI).await;
    step(&press, URI, "withhold", &json!({})).await.expect(200);
    let story = press.story(URI).headline("Secret and right").topics(["grain"]).await;
    assert_eq!((story.outcome.as_str(), story.version), ("updated", 4));
    in_no_list(&press, URI).await;
    step(&press, URI, "correct", &json!({ "text": "Put right." }))
        .await
        .expect(200);
    in_no_list(&press, URI).await;
    step(&press, URI, "restore", &json!({})).await.expect(200);
    let story = press.get("/v1/articles/second").await.expect(200).json();
    assert_eq!(story["headline"], "Secret and right");
}

async fn told(press: Press) {
    press.story("urn:x:1").await;
    let start = poll(&press, "?after=latest").await.json()["next"]
        .as_str()
        .unwrap()
        .to_owned();
    step(&press, "urn:x:1", "withhold", &json!({})).await.expect(200);
    let held = poll(&press, &format!("?after={start}")).await.json();
    assert_eq!(brief(&held), [entry("article.withheld", "hold", "urn:x:1", 2)]);
    assert!(held["entries"][0].get("article").is_none());
    // Edited meanwhile: nothing of that is told.
    press.story("urn:x:1").body_text("Edited.").await;
    let next = held["next"].as_str().unwrap();
    assert_eq!(brief(&poll(&press, &format!("?after={next}")).await.json()), []);
    step(&press, "urn:x:1", "restore", &json!({})).await.expect(200);
    // Who is late gets the newest text at once, whichever entry names it.
    let back = poll(&press, &format!("?after={next}")).await.json();
    let updated = entry("article.updated", "update", "urn:x:1", 3);
    assert_eq!(
        brief(&back),
        [updated, entry("article.restored", "publish", "urn:x:1", 4)]
    );
    assert_eq!(back["entries"][1]["article"]["paragraphs"], json!(["Edited."]));
}

async fn illegal(press: Press) {
    press.story("urn:x:1").await;
    let refused = step(&press, "urn:x:1", "restore", &json!({})).await.expect(409).json();
    assert_eq!(refused["code"], "illegal_step");
    let detail = refused["detail"].as_str().unwrap();
    assert!(
        detail.contains("is public") && detail.contains("publish, correct, withhold, cancel, rename"),
        "{detail}"
    );
    step(&press, "urn:x:1", "withhold", &json!({})).await.expect(200);
    let refused = step(&press, "urn:x:1", "withhold", &json!({})).await.expect(409).json();
    assert!(refused["detail"].as_str().unwrap().contains("is withheld"), "{refused}");
    step(&press, "urn:x:ghost", "withhold", &json!({})).await.expect(404);
    let keyless = press
        .post("/v1/articles/urn%3Ax%3A1/restore", &json!({}))
        .without("authorization");
    keyless.await.expect(401);
}

async fn guarded(press: Press) {
    press.story("urn:x:1").await;
    let late = press
        .post("/v1/articles/urn%3Ax%3A1/withhold", &json!({}))
        .header("if-match", "\"v7\"");
    late.await.expect(412);
    let right = press
        .post("/v1/articles/urn%3Ax%3A1/withhold", &json!({}))
        .header("if-match", "\"v1\"");
    right.await.expect(200);
}

async fn repeated(press: Press) {
    press.story("urn:x:1").await;
    let path = "/v1/articles/urn%3Ax%3A1/withhold";
    let first = press
        .post(path, &json!({}))
        .header("idempotency-key", "k")
        .await
        .expect(200);
    let second = press
        .post(path, &json!({}))
        .header("idempotency-key", "k")
        .await
        .expect(200);
    assert_eq!(first.bytes, second.bytes);
}
