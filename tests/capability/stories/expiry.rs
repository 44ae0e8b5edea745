//! `expires`: from that moment on the story is not there for anybody.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use super::wire;
use crate::moves::until;
use crate::press::{Press, Put};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a story is gone from everywhere exactly when it expires, and the wire tells of it once",
            gone,
        ),
        test("an expired story is back when an update gives it more time", back),
        test(
            "a story that has expired already is taken and shown to nobody",
            never_seen,
        ),
    ]
}

const BRIEF: &str = "urn:x:brief";
const EXPIRES: &str = "2026-01-12T21:00:00Z";

/// The brief stands in every list there is, and another story stays.
async fn arrange(press: &Press) -> Put {
    press.topic("world", "World", None).await;
    press.topic("grain", "Grain", Some("world")).await;
    press.topic("trade", "Trade", Some("world")).await;
    let brief = press
        .story(BRIEF)
        .slug("old-slug")
        .topics(["grain"])
        .with("expires", EXPIRES);
    brief.clone().await;
    let brief = brief.slug("brief").await;
    let lasting = press
        .story("urn:x:lasting")
        .published_at("2026-01-12T10:00:00Z")
        .slug("lasting")
        .topics(["grain"])
        .related("background", BRIEF);
    lasting.await;
    let front = json!({ "name": "Front", "items": [BRIEF, "urn:x:lasting"] });
    press.put("/v1/collections/front", &front).await.expect(201);
    brief
}

/// Every place where a story can be seen, and whether the brief is there.
async fn seen(press: &Press, id: &str) -> BTreeMap<String, bool> {
    let mut seen = BTreeMap::new();
    for path in [
        "/v1/articles",
        "/v1/articles?topic=grain",
        "/v1/articles?topic=-trade&language=en",
        "/v1/latest",
        "/v1/latest?limit=1&total=true",
        "/v1/topics/grain/articles",
        "/v1/topics/world/articles",
        "/v1/collections/front",
        "/v1/articles/lasting/related",
        "/v1/articles/lasting?include=relatedLinks",
        "/v1/articles/lasting?include=moreAbout",
        "/v1/articles/lasting?include=latest",
    ] {
        let answer = press.get(path).await.expect(200);
        seen.insert(path.to_owned(), answer.text().contains(BRIEF));
    }
    let total = press.get("/v1/latest?total=true").await.json()["total"].clone();
    seen.insert("total".to_owned(), total == 2);
    for name in [id, "urn%3Ax%3Abrief", "brief", "old-slug"] {
        for rest in ["", "/related", "/versions", "?version=1"] {
            let answer = press.get(&format!("/v1/articles/{name}{rest}")).await;
            if answer.status != 200 {
                let ghost = press.get(&format!("/v1/articles/ghost{rest}")).await;
                assert_eq!((answer.status, &answer.bytes), (404, &ghost.bytes));
            }
            seen.insert(format!("{name}{rest}").replace(id, "id"), answer.status == 200);
        }
    }
    let query = "query($id: ID!, $ids: [ID!]!) {
        node(id: $id) { ... on Article { uri } }  nodes(ids: $ids) { ... on Article { uri } }
        byId: article(by: {id: $id}) { uri }  byUri: article(by: {uri: \"urn:x:brief\"}) { uri }
        bySlug: article(by: {slug: \"brief\"}) { uri }  byOldSlug: article(by: {slug: \"old-slug\"}) { uri }
        latest { nodes { uri } }  topic(by: {slug: \"world\"}) { articles { nodes { uri } } }
        collection(slug: \"front\") { articles { uri } }
        moreAbout: article(by: {slug: \"lasting\"}) { moreAbout { articles { uri } } }
        relatedLinks: article(by: {slug: \"lasting\"}) { relatedLinks { title url article { uri } } } }";
    let answer = press.graphql(query, json!({ "id": id, "ids": [id] })).await.data();
    for (field, value) in answer.as_object().unwrap() {
        seen.insert(format!("{{ {field} }}"), value.to_string().contains(BRIEF));
    }
    seen
}

#[track_caller]
fn everywhere(seen: &BTreeMap<String, bool>, there: bool) {
    let other: Vec<&String> = seen
        .iter()
        .filter(|(_, is)| **is != there)
        .map(|(place, _)| place)
        .collect();
    assert!(other.is_empty(), "expected {there}, but not so: {other:?}");
    assert_eq!(seen.len(), 12 + 1 + 16 + 11);
}

fn set(press: &Press, time: &str) {
    press.clock.set(time.parse::<Timestamp>().unwrap());
}

async fn gone(press: Press) {
    let brief = arrange(&press).await;
    let position = wire::head(&press).await;
    set(&press, "2026-01-12T20:59:59.999999Z");
    everywhere(&seen(&press, &brief.id).await, true);
    set(&press, EXPIRES);
    everywhere(&seen(&press, &brief.id).await, false);
    press.reopen().await;
    everywhere(&seen(&press, &brief.id).await, false);
    until(position + 1, async || wire::head(&press).await).await;
    // It was only ever a matter of the time.
    set(&press, "2026-01-12T20:00:00Z");
    everywhere(&seen(&press, &brief.id).await, true);
}

async fn back(press: Press) {
    let brief = arrange(&press).await;
    set(&press, "2026-01-12T22:00:00Z");
    everywhere(&seen(&press, &brief.id).await, false);
    let again = press
        .story(BRIEF)
        .topics(["grain"])
        .with("expires", "2026-01-13T00:00:00Z")
        .await;
    assert_eq!(
        (&again.id, again.version, again.outcome.as_str()),
        (&brief.id, 3, "updated")
    );
    everywhere(&seen(&press, &brief.id).await, true);
    set(&press, "2026-01-13T00:00:00Z");
    everywhere(&seen(&press, &brief.id).await, false);
}

async fn never_seen(press: Press) {
    let put = press.story(BRIEF).with("expires", "2026-01-12T20:00:00Z").await;
    assert_eq!(put.outcome, "created");
    press.get(&format!("/v1/articles/{}", put.id)).await.expect(404);
    assert_eq!(press.get("/v1/latest").await.json()["items"], json!([]));
}
