//! What comes in.

use serde_json::{Value, json};

use super::origin::{Origin, Reply};
use super::{add, headlines, list, looked_at, looked_at_again, source, story};
use crate::moves::until;
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("what a source offers comes in, once", once),
        test(
            "what changes at a source is a new version, the same again is nothing",
            updated,
        ),
        test(
            "a source that says that nothing is new is asked for no more",
            unmodified,
        ),
        test(
            "stories get the topics, the language and the name of their source",
            defaults,
        ),
        test(
            "topics that the house does not know are passed over, or taken up if the source may",
            topics,
        ),
        test(
            "what a source takes back is taken back, and what it cancels is canceled",
            signals,
        ),
        test("no source writes over a publisher's story or another source's", others),
        test("what the desk does not take hinders nothing else, and is told", refused),
        test("what is dated in the future is dated by when it came", ahead),
        test(
            "a change of a source's settings is made of all that it offers",
            settings,
        ),
        test(
            "of a removed source all stories stay, and another may go on with them",
            removed,
        ),
    ]
}

async fn once(press: Press) {
    let origin = Origin::start().await;
    let stories = [story("urn:x:b", "The second"), story("urn:x:a", "The first")];
    origin.stories("/feed", &stories);
    add(&press, "agency", &origin.url("/feed"), json!({})).await;
    let first = looked_at(&press, "agency").await;
    let expected = [
        ("urn:x:a".to_owned(), "The first".to_owned()),
        ("urn:x:b".to_owned(), "The second".to_owned()),
    ];
    assert_eq!(headlines(&press).await, expected);
    let health = &first["health"];
    assert_eq!(health["state"], "ok");
    assert_eq!(
        (&health["stories"], &health["refused"], &health["failures"]),
        (&json!(2), &json!(0), &json!(0))
    );
    assert_eq!((&health["lag"], &health["lastError"]), (&json!(0), &Value::Null));
    assert_eq!(health["lastOk"], health["lastNew"]);
    let wire = press.get("/v1/wire").await.expect(200).json();

    let second = looked_at_again(&press, "agency").await;
    assert_eq!(origin.asked("/feed").len(), 2);
    assert_eq!(headlines(&press).await, expected);
    assert_eq!(
        press.get("/v1/wire").await.expect(200).json()["entries"],
        wire["entries"]
    );
    assert_ne!(second["health"]["lastOk"], second["health"]["lastNew"]);
    let next: jiff::Timestamp = second["health"]["next"].as_str().unwrap().parse().unwrap();
    let pause = next.duration_since(press.clock.now()).as_secs();
    assert!((270..=330).contains(&pause), "{pause}");
    let agent = &origin.asked("/feed")[0]["user-agent"];
    assert!(
        agent.starts_with("Dateline/") && agent.ends_with("(+https://news.example)"),
        "{agent}"
    );
}

async fn updated(press: Press) {
    let origin = Origin::start().await;
    origin.stories("/feed", &[story("urn:x:a", "Then"), story("urn:x:b", "Always")]);
    add(&press, "agency", &origin.url("/feed"), json!({})).await;
    looked_at(&press, "agency").await;
    origin.stories(
        "/feed",
        &[
            story("urn:x:c", "New"),
            story("urn:x:a", "Now"),
            story("urn:x:b", "Always"),
        ],
    );
    looked_at_again(&press, "agency").await;
    let version = async |uri: &str| {
        press
            .get(&format!("/v1/articles/urn%3Ax%3A{uri}"))
            .await
            .expect(200)
            .json()
    };
    for (uri, number, headline) in [("a", 2, "Now"), ("b", 1, "Always"), ("c", 1, "New")] {
        let story = version(uri).await;
        assert_eq!(
            (&story["version"], &story["headline"]),
            (&json!(number), &json!(headline))
        );
    }
    let wire = press.get("/v1/wire").await.expect(200).json();
    let kinds: Vec<&Value> = wire["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["kind"])
        .collect();
    let kinds_of_changes = [
        "article.published",
        "article.published",
        "article.published",
        "article.updated",
    ];
    let mut told: Vec<&str> = kinds.iter().map(|kind| kind.as_str().unwrap()).collect();
    told.sort_unstable();
    assert_eq!(told, kinds_of_changes);
}

async fn unmodified(press: Press) {
    let origin = Origin::start().await;
    let feed = Reply::ok("application/json", list(&[story("urn:x:a", "A")])).with("etag", "\"one\"");
    let dated = "Mon, 12 Jan 2026 10:00:00 GMT";
    origin.says("/feed", feed.clone());
    origin.says(
        "/dated",
        Reply::ok("application/json", list(&[story("urn:x:b", "B")])).with("last-modified", dated),
    );
    for slug in ["feed", "dated"] {
        add(&press, slug, &origin.url(&format!("/{slug}")), json!({})).await;
        looked_at(&press, slug).await;
        let again = looked_at_again(&press, slug).await;
        assert_eq!(
            (&again["health"]["state"], &again["health"]["lag"]),
            (&json!("ok"), &json!(0))
        );
    }
    let asked = origin.asked("/feed");
    assert!(!asked[0].contains_key("if-none-match"));
    assert_eq!(asked[1]["if-none-match"], "\"one\"");
    assert_eq!(origin.asked("/dated")[1]["if-modified-since"], dated);
}

async fn defaults(press: Press) {
    press.topic("world", "World", None).await;
    press.topic("grain", "Grain", None).await;
    let origin = Origin::start().await;
    let mut french = story("urn:x:fr", "Du blé");
    french["language"] = json!("fr");
    origin.stories("/feed", &[story("urn:x:a", "A"), french]);
    let more = json!({ "name": "Example Agency", "topics": ["grain", "world"], "language": "uk" });
    add(&press, "agency", &origin.url("/feed"), more).await;
    looked_at(&press, "agency").await;
    for (uri, language) in [("a", "uk"), ("fr", "fr")] {
        let story = press
            .get(&format!("/v1/articles/urn%3Ax%3A{uri}"))
            .await
            .expect(200)
            .json();
        assert_eq!(story["language"], language);
        assert_eq!(story["source"]["name"], "Example Agency");
        let topics: Vec<&Value> = story["topics"].as_array().unwrap().iter().map(|t| &t["slug"]).collect();
        assert_eq!(topics, ["grain", "world"]);
    }
}

async fn topics(press: Press) {
    press.topic("grain", "Grain", None).await;
    let told = |uri: &str| {
        let mut told = story(uri, "A");
        told["subject"] = json!([{ "code": "grain", "name": "Grain" }, { "code": "x:steel", "name": "Steel" }]);
        told
    };
    let origin = Origin::start().await;
    origin.stories("/careful", &[told("urn:x:careful")]);
    origin.stories("/eager", &[told("urn:x:eager")]);
    add(&press, "careful", &origin.url("/careful"), json!({})).await;
    looked_at(&press, "careful").await;
    add(&press, "eager", &origin.url("/eager"), json!({ "newTopics": true })).await;
    looked_at(&press, "eager").await;
    let count = async |uri: &str| {
        let story = press
            .get(&format!("/v1/articles/urn%3Ax%3A{uri}"))
            .await
            .expect(200)
            .json();
        story["topics"].as_array().unwrap().len()
    };
    assert!(count("careful").await < count("eager").await);
    let steel = press.get("/v1/topics").await.expect(200).json().to_string();
    assert!(steel.contains("Steel"), "{steel}");
}

async fn signals(press: Press) {
    let origin = Origin::start().await;
    let with = |uri: &str, status: &str| {
        let mut story = story(uri, "A");
        story["pubstatus"] = json!(status);
        story
    };
    origin.stories(
        "/feed",
        &[
            with("urn:x:a", "usable"),
            with("urn:x:b", "usable"),
            with("urn:x:c", "withheld"),
        ],
    );
    add(&press, "agency", &origin.url("/feed"), json!({})).await;
    looked_at(&press, "agency").await;
    let status = async |uri: &str| press.get(&format!("/v1/articles/urn%3Ax%3A{uri}")).await.status;
    assert_eq!(
        (status("a").await, status("b").await, status("c").await),
        (200, 200, 404)
    );

    origin.stories("/feed", &[with("urn:x:a", "withheld"), with("urn:x:b", "canceled")]);
    looked_at_again(&press, "agency").await;
    assert_eq!((status("a").await, status("b").await), (404, 410));

    // What was taken back may return; what was canceled may not.
    origin.stories("/feed", &[with("urn:x:a", "usable"), with("urn:x:b", "usable")]);
    let last = looked_at_again(&press, "agency").await;
    assert_eq!((status("a").await, status("b").await), (200, 410));
    assert_eq!(last["health"]["refused"], 1);
}

async fn others(press: Press) {
    press.story("urn:x:own").headline("The publisher's own").await;
    press.story("urn:x:before").headline("Renamed").await;
    press
        .post("/v1/articles/urn%3Ax%3Abefore/rename", &json!({ "uri": "urn:x:after" }))
        .await
        .expect(200);
    let waits = json!({ "headline": "Waits", "embargoedUntil": "2099-01-01T00:00:00Z" });
    press.put("/v1/articles/urn%3Ax%3Awaits", &waits).await.expect(202);
    let (one, other) = (Origin::start().await, Origin::start().await);
    one.stories("/feed", &[story("urn:x:shared", "The first source's")]);
    add(&press, "one", &one.url("/feed"), json!({})).await;
    looked_at(&press, "one").await;
    let names = ["own", "before", "after", "waits", "shared", "new"];
    other.stories(
        "/feed",
        &names.map(|name| story(&format!("urn:x:{name}"), "Written over")),
    );
    add(&press, "other", &other.url("/feed"), json!({})).await;
    let health = looked_at(&press, "other").await["health"].take();
    assert_eq!((&health["stories"], &health["refused"]), (&json!(1), &json!(0)));
    let told: Vec<String> = headlines(&press)
        .await
        .into_iter()
        .map(|(_, headline)| headline)
        .collect();
    assert_eq!(
        told,
        ["Renamed", "Written over", "The publisher's own", "The first source's"]
    );
    let waiting = press
        .get("/v1/pending/urn%3Ax%3Awaits")
        .admin()
        .await
        .expect(200)
        .json();
    assert_eq!(waiting["headline"], "Waits");
}

async fn refused(press: Press) {
    let origin = Origin::start().await;
    let mut broken = story("urn:x:broken", "Too much");
    broken["body_text"] = json!("word ".repeat(300_000));
    origin.stories("/feed", &[story("urn:x:a", "A"), broken, story("urn:x:b", "B")]);
    add(&press, "agency", &origin.url("/feed"), json!({})).await;
    let health = looked_at(&press, "agency").await["health"].take();
    assert_eq!(
        (&health["stories"], &health["refused"], &health["state"]),
        (&json!(2), &json!(1), &json!("ok"))
    );
    assert_eq!(headlines(&press).await.len(), 2);
    // Put right, it comes in.
    origin.stories("/feed", &[story("urn:x:broken", "Enough")]);
    let health = looked_at_again(&press, "agency").await["health"].take();
    assert_eq!((&health["stories"], &health["refused"]), (&json!(3), &json!(0)));
}

async fn ahead(press: Press) {
    let origin = Origin::start().await;
    let mut early = story("urn:x:a", "A");
    early["versioncreated"] = json!("2026-01-12T23:00:00Z");
    early["firstcreated"] = json!("2026-01-12T23:00:00Z");
    origin.stories("/feed", &[early]);
    add(&press, "agency", &origin.url("/feed"), json!({})).await;
    looked_at(&press, "agency").await;
    let story = press.get("/v1/articles/urn%3Ax%3Aa").await.expect(200).json();
    assert_eq!(story["firstPublished"], "2026-01-12T20:00:00Z");
}

async fn settings(press: Press) {
    press.topic("grain", "Grain", None).await;
    let origin = Origin::start().await;
    origin.says(
        "/feed",
        Reply::ok("application/json", list(&[story("urn:x:a", "A")])).with("etag", "\"one\""),
    );
    add(&press, "agency", &origin.url("/feed"), json!({})).await;
    looked_at(&press, "agency").await;
    let body = json!({ "url": origin.url("/feed"), "everySeconds": 300, "topics": ["grain"] });
    press.put("/v1/sources/agency", &body).await.expect(200);
    // It is looked at again at once, and all of it is read.
    until(1, async || {
        let feed = press.get("/v1/topics/grain/articles").await.expect(200).json();
        feed["items"].as_array().unwrap().len()
    })
    .await;
    assert!(!origin.asked("/feed")[1].contains_key("if-none-match"));
    assert_eq!(source(&press, "agency").await["version"], 2);
}

async fn removed(press: Press) {
    let origin = Origin::start().await;
    origin.stories("/feed", &[story("urn:x:a", "A")]);
    add(&press, "one", &origin.url("/feed"), json!({})).await;
    looked_at(&press, "one").await;
    press.delete("/v1/sources/one").await.expect(204);
    press.get("/v1/sources/one").admin().await.expect(404);
    assert_eq!(headlines(&press).await.len(), 1);
    origin.stories("/feed", &[story("urn:x:a", "Another")]);
    add(&press, "other", &origin.url("/feed"), json!({})).await;
    let health = looked_at(&press, "other").await["health"].take();
    assert_eq!(health["stories"], 1);
    assert_eq!(headlines(&press).await, [("urn:x:a".to_owned(), "Another".to_owned())]);
}
