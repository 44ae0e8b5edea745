//! When its time has come.

use super::{UNTIL, left, path, public, put, set, waiting};
use crate::moves::{cursor, until};
use crate::press::Press;
use crate::runner::{Test, test};
use crate::wire::{brief, entry};
use serde_json::json;

pub fn all() -> Vec<Test> {
    vec![
        test(
            "at the end of its embargo a story comes in as an ordinary publication, with that time",
            comes_in,
        ),
        test(
            "a new version of a public story takes its place at the end of its embargo",
            takes_place,
        ),
        test(
            "what was due while nobody was there is released when somebody is",
            missed,
        ),
        test("many embargoes that end at one moment all end", together),
        test(
            "a release that fails says why, is tried again, and holds up nothing else",
            fails,
        ),
    ]
}

async fn comes_in(press: Press) {
    press.topic("world", "World", None).await;
    press.topic("grain", "Grain", Some("world")).await;
    let story = json!({ "topics": ["grain"], "source": "New agency", "slug": "merger", "bodyText": "Text." });
    put(&press, "urn:x:1", UNTIL, story).await.expect(202);
    let said = json!({ "firstPublished": "2026-01-10T10:00:00Z", "published": "2026-01-12T20:59:00Z" });
    put(&press, "urn:x:2", UNTIL, said).await.expect(202);
    let start = cursor(&press).await;
    let empty = press.get("/v1/latest").await.expect(200);
    set(&press, "2026-01-12T20:59:59.999999Z");
    // Long enough for everybody who looks too early.
    until(2, async || waiting(&press).await.len()).await;
    let unchanged = press.get("/v1/latest").header("if-none-match", empty.etag()).await;
    assert_eq!(unchanged.status, 304);
    set(&press, "2026-01-12T21:00:07Z");
    left(&press, &[]).await;
    let story = press.get("/v1/articles/merger").await.expect(200).json();
    for (field, value) in [
        ("uri", json!("urn:x:1")),
        ("version", json!(1)),
        ("firstPublished", json!(UNTIL)),
        ("published", json!(UNTIL)),
        ("versionCreated", json!("2026-01-12T21:00:07Z")),
        ("pubStatus", json!("usable")),
        ("paragraphs", json!(["Text."])),
    ] {
        assert_eq!(story[field], value, "{field}: {story}");
    }
    assert_eq!(story["source"]["slug"], "new-agency");
    let other = press.get(&public("urn:x:2")).await.expect(200).json();
    assert_eq!(other["firstPublished"], "2026-01-10T10:00:00Z");
    assert_eq!(other["published"], "2026-01-12T20:59:00Z");
    let feed = press.get("/v1/topics/world/articles").await.json();
    assert_eq!(feed["items"][0]["uri"], "urn:x:1");
    let told = press.get(&format!("/v1/wire?after={start}")).await.json();
    let mut told = brief(&told);
    told.sort_by(|a, b| a.2.cmp(&b.2));
    let published = |uri| entry("article.published", "publish", uri, 1);
    assert_eq!(told, [published("urn:x:1"), published("urn:x:2")]);
    press.get(&path("urn:x:1")).admin().await.expect(404);
}

async fn takes_place(press: Press) {
    press.topic("grain", "Grain", None).await;
    press.story("urn:x:1").headline("One").topics(["grain"]).await;
    press.story("urn:x:same").headline("Same").await;
    let start = cursor(&press).await;
    put(&press, "urn:x:1", UNTIL, json!({ "headline": "Two" }))
        .await
        .expect(202);
    put(&press, "urn:x:same", UNTIL, json!({ "headline": "Same" }))
        .await
        .expect(202);
    set(&press, UNTIL);
    left(&press, &[]).await;
    let story = press.get(&public("urn:x:1")).await.expect(200).json();
    for (field, value) in [
        ("headline", json!("Two")),
        ("version", json!(2)),
        ("published", json!(UNTIL)),
        ("firstPublished", json!("2026-01-12T20:00:00Z")),
    ] {
        assert_eq!(story[field], value, "{field}: {story}");
    }
    // What says nothing new is no news when its time comes either.
    assert_eq!(press.get(&public("urn:x:same")).await.json()["version"], 1);
    let told = press.get(&format!("/v1/wire?after={start}")).await.json();
    assert_eq!(brief(&told), [entry("article.updated", "update", "urn:x:1", 2)]);
    assert_eq!(press.get("/v1/topics/grain/articles").await.json()["items"], json!([]));
}

async fn missed(press: Press) {
    put(&press, "urn:x:1", UNTIL, json!({})).await.expect(202);
    press.close().await;
    set(&press, "2026-01-14T08:00:00Z");
    press.open().await;
    left(&press, &[]).await;
    let story = press.get(&public("urn:x:1")).await.expect(200).json();
    assert_eq!((&story["published"], &story["version"]), (&json!(UNTIL), &json!(1)));
}

async fn together(press: Press) {
    for n in 0..130 {
        put(&press, &format!("urn:x:{n}"), UNTIL, json!({})).await.expect(202);
    }
    let start = cursor(&press).await;
    set(&press, UNTIL);
    left(&press, &[]).await;
    let told = press.get(&format!("/v1/wire?after={start}&limit=500")).await.json();
    assert_eq!(brief(&told).len(), 130);
}

async fn fails(press: Press) {
    press.topic("grain", "Grain", None).await;
    put(&press, "urn:x:topic", UNTIL, json!({ "topics": ["grain"] }))
        .await
        .expect(202);
    put(&press, "urn:x:broken", UNTIL, json!({})).await.expect(202);
    put(&press, "urn:x:well", UNTIL, json!({})).await.expect(202);
    press
        .by_hand("UPDATE pending_article SET content = replace(content, 'grain', 'gone') WHERE uri = 'urn:x:topic'")
        .await;
    press
        .by_hand("UPDATE pending_article SET content = '{' WHERE uri = 'urn:x:broken'")
        .await;
    set(&press, UNTIL);
    left(&press, &["urn:x:topic", "urn:x:broken"]).await;
    press.get(&public("urn:x:well")).await.expect(200);
    let failure = async |uri: &str| {
        let found = press.get(&path(uri)).admin().await.expect(200).json();
        found["failure"].as_str().unwrap_or_default().to_owned()
    };
    until(true, async || failure("urn:x:topic").await.contains("gone")).await;
    until(true, async || failure("urn:x:broken").await.contains("cannot be read")).await;
    let metrics = press.get("/metrics").await.expect(200);
    assert!(
        metrics.text().contains("dateline_releases_total{outcome=\"failed\"}"),
        "{metrics}"
    );
    // It is tried again after a rest, and then its topic is there.
    press.topic("gone", "Gone and back", None).await;
    set(&press, "2026-01-12T21:10:00Z");
    left(&press, &["urn:x:broken"]).await;
    assert_eq!(
        press.get(&public("urn:x:topic")).await.expect(200).json()["published"],
        UNTIL
    );
    press.delete(&path("urn:x:broken")).await.expect(204);
}
