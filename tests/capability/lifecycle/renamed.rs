//! New names; the former ones lead to the story for ever.

use super::{fields, step};
use crate::press::Press;
use crate::runner::{Test, test};
use crate::wire::poll;
use serde_json::json;

pub fn all() -> Vec<Test> {
    vec![
        test("a renamed story is found by its new and its former names", found),
        test("a former uri is not published to, and a taken one is not given", taken),
        test("a name that was the story's before can be its again", again),
        test("the same names again change nothing", same),
    ]
}

async fn found(press: Press) {
    press.story("urn:x:1").slug("one").await;
    let done = step(
        &press,
        "urn:x:1",
        "rename",
        &json!({ "uri": "urn:x:uno", "slug": "uno" }),
    )
    .await
    .expect(200)
    .json();
    assert_eq!(
        (&done["uri"], &done["slug"], &done["outcome"]),
        (&json!("urn:x:uno"), &json!("uno"), &json!("renamed"))
    );
    for name in ["urn%3Ax%3A1", "urn%3Ax%3Auno", "one", "uno"] {
        let story = press.get(&format!("/v1/articles/{name}")).await.expect(200).json();
        assert_eq!((&story["uri"], &story["version"]), (&json!("urn:x:uno"), &json!(2)));
    }
    let moved = press.get("/articles/one").await.expect(301);
    assert_eq!(moved.header("location"), "/articles/uno");
    let wire = poll(&press, "").await.json();
    let entry = wire["entries"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(entry["changed"], json!(["uri", "slug"]));
}

async fn taken(press: Press) {
    press.story("urn:x:1").slug("one").await;
    press.story("urn:x:2").slug("two").await;
    let refused = step(&press, "urn:x:1", "rename", &json!({ "uri": "urn:x:2", "slug": "two" }))
        .await
        .expect(409)
        .json();
    let fields = fields(&refused);
    assert_eq!(fields, [json!("uri"), json!("slug")]);
    step(&press, "urn:x:1", "rename", &json!({})).await.expect(422);
    step(&press, "urn:x:1", "rename", &json!({ "uri": "urn:x:uno" }))
        .await
        .expect(200);
    let refused = press
        .put("/v1/articles/urn%3Ax%3A1", &json!({ "headline": "x" }))
        .await
        .expect(409)
        .json();
    assert_eq!(refused["code"], "former_uri");
}

async fn again(press: Press) {
    press.story("urn:x:1").slug("one").await;
    step(
        &press,
        "urn:x:1",
        "rename",
        &json!({ "uri": "urn:x:uno", "slug": "uno" }),
    )
    .await
    .expect(200);
    step(
        &press,
        "urn:x:uno",
        "rename",
        &json!({ "uri": "urn:x:1", "slug": "one" }),
    )
    .await
    .expect(200);
    for name in ["urn%3Ax%3A1", "urn%3Ax%3Auno", "one", "uno"] {
        let story = press.get(&format!("/v1/articles/{name}")).await.expect(200).json();
        assert_eq!((&story["uri"], &story["slug"]), (&json!("urn:x:1"), &json!("one")));
    }
}

async fn same(press: Press) {
    press.story("urn:x:1").slug("one").await;
    let done = step(&press, "urn:x:1", "rename", &json!({ "slug": "one" }))
        .await
        .expect(200)
        .json();
    assert_eq!((&done["outcome"], &done["version"]), (&json!("unchanged"), &json!(1)));
}
