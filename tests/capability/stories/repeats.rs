//! `Idempotency-Key`: a request that is repeated has one effect and one answer.

use serde_json::{Value, json};

use super::{PUBLISH, input, wire};
use crate::exact::refused;
use crate::press::{Answer, Ask, Press, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "forty equal requests at once with one Idempotency-Key have one effect and one answer",
            at_once,
        ),
        test(
            "a repeated request gets its first answer whatever happened since",
            replay,
        ),
        test("an Idempotency-Key serves for one request only", reused),
        test("a refused request leaves its Idempotency-Key free", freed),
        test("an Idempotency-Key that cannot be one is refused", invalid),
        test("each publisher's Idempotency-Keys are his own", owners),
        test("a mutation is repeated by its Idempotency-Key", mutations),
        test("topics and collections take an Idempotency-Key too", others),
    ]
}

const KEY: &str = "idempotency-key";

fn put(press: &Press, uri: &str, headline: &str) -> Ask {
    let story = press.story(uri).headline(headline);
    press.put(&story.path(), &story.json())
}

/// What makes two answers the same.
fn said(answer: &Answer) -> (u16, String, String, String) {
    let header = |name| answer.header(name).to_owned();
    (
        answer.status,
        header("etag"),
        header("location"),
        answer.text().to_owned(),
    )
}

#[track_caller]
fn refused_as_reused(answer: &Answer) {
    let detail = "This Idempotency-Key was used for another request; use a new one.";
    refused(answer, 422, "idempotency_key_reused", detail, &[]);
}

async fn at_once(press: Press) {
    for (headline, status, version) in [("One", 201, 1), ("Two", 200, 2)] {
        let asks = (0..40).map(|_| put(&press, "urn:x:1", headline).header(KEY, headline).into_future());
        let answers = futures::future::join_all(asks).await;
        let first = said(&answers[0]);
        assert_eq!(
            (answers[0].status, &answers[0].json()["version"]),
            (status, &json!(version))
        );
        assert!(answers.iter().all(|answer| said(answer) == first));
        assert_eq!(wire::head(&press).await, version);
    }
}

async fn replay(press: Press) {
    let ask = || put(&press, "urn:x:1", "One").header(KEY, "a-key");
    let first = said(&ask().await.expect(201));
    put(&press, "urn:x:1", "Two").await.expect(200);
    assert_eq!(said(&ask().await), first);
    // A guard that was met then is not asked again; quotes are only another spelling of the key.
    let guarded = || put(&press, "urn:x:1", "Three").header("if-match", "\"v2\"");
    let third = said(&guarded().header(KEY, "third").await.expect(200));
    assert_eq!(said(&guarded().header(KEY, "\"third\"").await), third);
    press.reopen().await;
    assert_eq!(said(&ask().await), first);
    let now = press.get("/v1/articles/urn%3Ax%3A1").await.json();
    assert_eq!((&now["version"], &now["headline"]), (&json!(3), &json!("Three")));
    assert_eq!(wire::head(&press).await, 3);
}

async fn reused(press: Press) {
    put(&press, "urn:x:1", "One").header(KEY, "a-key").await.expect(201);
    refused_as_reused(&put(&press, "urn:x:1", "Two").header(KEY, "a-key").await);
    // The same body at another address is another request.
    refused_as_reused(&put(&press, "urn:x:2", "One").header(KEY, "a-key").await);
    let topic = json!({ "names": { "en": "One" } });
    refused_as_reused(&press.put("/v1/topics/one", &topic).header(KEY, "a-key").await);
    let story = press.get("/v1/articles/urn%3Ax%3A1").await.json();
    assert_eq!((&story["version"], &story["headline"]), (&json!(1), &json!("One")));
    press.get("/v1/articles/urn%3Ax%3A2").await.expect(404);
}

async fn freed(press: Press) {
    put(&press, "urn:x:1", " ").header(KEY, "a-key").await.expect(422);
    put(&press, "urn:x:1", "One")
        .header(KEY, "a-key")
        .header("if-match", "*")
        .await
        .expect(412);
    put(&press, "urn:x:1", "One").header(KEY, "a-key").await.expect(201);
}

async fn invalid(press: Press) {
    let longest = "k".repeat(255);
    put(&press, "urn:x:1", "One").header(KEY, &longest).await.expect(201);
    let detail = "`Idempotency-Key` must be one value of 1 to 255 printable ASCII characters, such as a UUID.";
    for answer in [
        put(&press, "urn:x:2", "Two").header(KEY, &"k".repeat(256)).await,
        put(&press, "urn:x:2", "Two").header(KEY, "").await,
        put(&press, "urn:x:2", "Two").header(KEY, "\"\"").await,
        put(&press, "urn:x:2", "Two").header(KEY, "a\tb").await,
        put(&press, "urn:x:2", "Two")
            .header(KEY, "a")
            .another_header(KEY, "a")
            .await,
    ] {
        refused(&answer, 400, "invalid_idempotency_key", detail, &[]);
    }
    press.get("/v1/articles/urn%3Ax%3A2").await.expect(404);
}

async fn owners(press: Press) {
    let issue = ["key", "issue", "--scope", "publish", "--name", "Another publisher"];
    let another = press.command(issue).await.ok();
    put(&press, "urn:x:1", "One").header(KEY, "a-key").await.expect(201);
    let theirs = || put(&press, "urn:x:1", "Two").header(KEY, "a-key").key(another.trim());
    let answer = said(&theirs().await.expect(200));
    assert_eq!(said(&theirs().await), answer);
}

async fn mutations(press: Press) {
    let ask = |headline: &str| press.graphql(PUBLISH, input(&press.story("urn:x:1").headline(headline), "urn:x:1"));
    let asks = (0..40).map(|_| ask("One").admin().header(KEY, "a-key").into_future());
    let answers = futures::future::join_all(asks).await;
    assert_eq!(answers[0].data()["publishArticle"]["outcome"], "CREATED");
    assert!(answers.iter().all(|answer| answer.bytes == answers[0].bytes));
    assert_eq!(wire::head(&press).await, 1);

    let reused = ask("Two").admin().header(KEY, "a-key").await.data();
    let message = "This Idempotency-Key was used for another request; use a new one.";
    let error = json!({ "field": null, "code": "IDEMPOTENCY_KEY_REUSED", "message": message });
    assert_eq!(
        reused,
        json!({ "publishArticle": { "article": null, "outcome": null, "userErrors": [error] } })
    );
    let answer = ask("Two").admin().header(KEY, &"k".repeat(256)).await;
    let detail = "`Idempotency-Key` must be one value of 1 to 255 printable ASCII characters, such as a UUID.";
    refused(&answer, 400, "invalid_idempotency_key", detail, &[]);

    // Several mutations in one request are several effects, each once.
    let both = r#"mutation {
        a: publishArticle(input: {uri: "urn:x:a", headline: "A"}) { outcome }
        b: publishArticle(input: {uri: "urn:x:b", headline: "B"}) { outcome } }"#;
    for _ in 0..2 {
        let answer = press.graphql(both, json!({})).admin().header(KEY, "both").await;
        assert_eq!(
            answer.data(),
            json!({ "a": { "outcome": "CREATED" }, "b": { "outcome": "CREATED" } })
        );
    }
    assert_eq!(wire::head(&press).await, 3);
}

async fn others(press: Press) {
    let before: Value = json!({ "names": { "en": "World" } });
    let front = json!({ "name": "Front", "items": [] });
    for (path, body, other) in [
        ("/v1/topics/world", before, json!({ "names": { "en": "Globe" } })),
        ("/v1/collections/front", front, json!({ "name": "Home", "items": [] })),
    ] {
        let position = wire::head(&press).await;
        let asks = (0..8).map(|_| press.put(path, &body).header(KEY, path).into_future());
        let answers = futures::future::join_all(asks).await;
        assert_eq!((answers[0].status, answers[0].etag()), (201, "\"v1\""));
        assert!(answers.iter().all(|answer| said(answer) == said(&answers[0])));
        press.put(path, &other).await.expect(200);
        assert_eq!(said(&press.put(path, &body).header(KEY, path).await), said(&answers[0]));
        refused_as_reused(&press.put(path, &other).header(KEY, path).await);
        assert_eq!(press.get(path).await.json()["version"], 2);
        assert_eq!(wire::head(&press).await, position + 2);
    }
    let key = segment("a key");
    let mutation = r#"mutation { putTopic(input: {slug: "kyiv", names: [{language: "en", name: "Kyiv"}]}) { outcome }
        putCollection(input: {slug: "home", name: "Home", items: []}) { outcome } }"#;
    for _ in 0..2 {
        let answer = press.graphql(mutation, json!({})).admin().header(KEY, &key).await;
        let made = json!({ "putTopic": { "outcome": "CREATED" }, "putCollection": { "outcome": "CREATED" } });
        assert_eq!(answer.data(), made);
    }
}
