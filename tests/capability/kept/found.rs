//! What kept answers once got wrong, each as small as it can be.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::press::{NOW, Press};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a topic that comes in later is found beside one that was there",
            later_topic,
        ),
        test("each edition of a story has its own links", own_links),
        test("a list ends where the story behind its page has expired", ends_earlier),
        test(
            "a count goes down when a story expires that the page does not show",
            counts_less,
        ),
        test("what another process imports is in the answers that show it", imported),
    ]
}

async fn later_topic(press: Press) {
    let code = json!({ "code": "medtop:1", "names": { "en": "War" } });
    press.put("/v1/topics/war", &code).await.expect(201);
    let ask = || {
        press.graphql(
            "{ a: topic(by: {slug: \"war\"}) { slug } b: topic(by: {slug: \"later\"}) { slug } }",
            json!({}),
        )
    };
    assert_eq!(ask().await.data(), json!({ "a": { "slug": "war" }, "b": null }));
    press.topic("later", "Later", None).await;
    assert_eq!(
        ask().await.data(),
        json!({ "a": { "slug": "war" }, "b": { "slug": "later" } })
    );
}

async fn own_links(press: Press) {
    for name in ["a", "b"] {
        press.story(&format!("urn:kept:{name}")).headline(name).await;
    }
    let story = press.story("urn:kept:1").slug("one");
    story.clone().related("background", "urn:kept:a").await;
    story.clone().related("background", "urn:kept:b").await;
    let document =
        "{ article(by: {slug: \"one\"}) { versions(first: 5) { nodes { version relatedLinks { title } } } } }";
    let data = press.graphql(document, json!({})).await.data();
    let edition = |version, title| json!({ "version": version, "relatedLinks": [{ "title": title }] });
    assert_eq!(
        data["article"]["versions"]["nodes"],
        json!([edition(2, "b"), edition(1, "a")])
    );
}

/// Two stories, the older of which expires after a minute.
async fn one_expires(press: &Press) {
    let now: jiff::Timestamp = NOW.parse().unwrap();
    let expires = (now + SignedDuration::from_mins(1)).to_string();
    let older = press.story("urn:kept:1").published_at("2026-01-01T00:00:00Z");
    older.with("expires", expires).await;
    press.story("urn:kept:2").published_at("2026-01-02T00:00:00Z").await;
}

async fn ends_earlier(press: Press) {
    one_expires(&press).await;
    let page = press.get("/v1/latest?limit=1").await.expect(200);
    assert!(page.json()["next"].is_string(), "{page}");
    press.clock.advance(SignedDuration::from_mins(1));
    let page = press.get("/v1/latest?limit=1").await.expect(200);
    assert_eq!(
        (&page.json()["next"], page.header("link")),
        (&Value::Null, ""),
        "{page}"
    );
}

async fn counts_less(press: Press) {
    one_expires(&press).await;
    for (after, total) in [(59, 2), (1, 1)] {
        press.clock.advance(SignedDuration::from_secs(after));
        let page = press.get("/v1/latest?limit=1&total=true").await.expect(200);
        assert_eq!(page.json()["total"], total, "{page}");
    }
}

async fn imported(press: Press) {
    press.story("urn:kept:1").slug("one").source("Reuters").await;
    assert_eq!(press.get("/v1/articles/one").await.json()["source"]["name"], "Reuters");
    let lines = [
        json!({ "type": "source", "slug": "reuters", "name": "Thomson Reuters" }),
        json!({ "type": "article", "uri": "urn:kept:2", "slug": "two", "headline": "Two" }),
    ];
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    press.get("/v1/articles/two").await.expect(404);
    press.command_with_input(["import", "-"], lines.as_bytes()).await.ok();
    // What another process wrote is known once something of our own is told.
    press.story("urn:kept:3").await;
    assert_eq!(
        press.get("/v1/articles/one").await.json()["source"]["name"],
        "Thomson Reuters"
    );
    press.get("/v1/articles/two").await.expect(200);
}
