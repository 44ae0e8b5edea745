//! Collections: lists of stories in an editor's order.

use serde_json::{Value, json};

use crate::exact::{breaks_rules, keep, refused, stale, whole};
use crate::press::{Answer, Press};
use crate::runner::{Test, test};
use crate::stories::wire;

pub fn all() -> Vec<Test> {
    vec![
        test("a collection keeps its editor's order", order),
        test("a collection goes in by putCollection just as by PUT", mutation),
        test(
            "a collection put in again is replaced, or unchanged when it says nothing new",
            again,
        ),
        test("everything that is wrong with a collection is said at once", rules),
        test("a collection holds stories that are there, each once", items),
        test("a collection's guards are those of stories", guards),
    ]
}

async fn put(press: &Press, body: Value) -> Answer {
    press.put("/v1/collections/front", &body).await
}

/// Stories one to four, the first the oldest; their ids.
async fn stories(press: &Press) -> Vec<String> {
    let mut ids = Vec::new();
    for (number, word) in ["one", "two", "three", "four"].into_iter().enumerate() {
        let story = press.story(&format!("urn:x:{word}")).headline(word);
        ids.push(story.published_at(&format!("2026-01-12T10:0{number}:00Z")).await.id);
    }
    ids
}

/// The uris it shows, which both doors agree on.
async fn shown(press: &Press) -> Vec<String> {
    let uris = |list: &Value| -> Vec<String> {
        let stories = list.as_array().unwrap().iter();
        stories.map(|s| s["uri"].as_str().unwrap().to_owned()).collect()
    };
    let rest = press.get("/v1/collections/front").await.expect(200).json();
    let query = r#"{ collection(slug: "front") { articles(first: 100) { uri } } }"#;
    let graphql = press.graphql(query, json!({})).await.data();
    assert_eq!(uris(&rest["items"]), uris(&graphql["collection"]["articles"]));
    uris(&rest["items"])
}

async fn order(press: Press) {
    let ids = stories(&press).await;
    press.story("urn:x:two").headline("two").slug("second").await;
    // By uri, id, older slug and slug.
    let body = json!({ "name": "Front page", "items": ["urn:x:three", ids[0], "two", "four"] });
    let answer = put(&press, body).await;
    keep(
        "collections__put",
        whole(&answer, &["content-type", "location", "etag", "cache-control"]),
    );
    assert_eq!(
        shown(&press).await,
        ["urn:x:three", "urn:x:one", "urn:x:two", "urn:x:four"]
    );
    let answer = press.get("/v1/collections/front?timeZone=Europe/Kyiv").await;
    keep("collections__whole", answer.json());
    assert!(answer.etag().starts_with("W/\"v1-"), "{answer}");

    // A story's update shows there, without any change of the collection.
    press.story("urn:x:one").headline("One, again").await;
    let now = press.get("/v1/collections/front").await.json();
    assert_eq!(
        (&now["version"], &now["items"][1]["headline"]),
        (&json!(1), &json!("One, again"))
    );
    let first = press
        .graphql(
            r#"{ collection(slug: "front") { articles(first: 2) { uri } } }"#,
            json!({}),
        )
        .await;
    assert_eq!(
        first.data()["collection"]["articles"],
        json!([{ "uri": "urn:x:three" }, { "uri": "urn:x:one" }])
    );

    let answer = press.get("/v1/collections/ghost").await;
    refused(&answer, 404, "not_found", "There is no such collection.", &[]);
    let ghost = press
        .graphql(r#"{ collection(slug: "ghost") { name } }"#, json!({}))
        .await
        .data();
    assert_eq!(ghost, json!({ "collection": null }));
}

async fn mutation(press: Press) {
    stories(&press).await;
    let query = "mutation($input: PutCollectionInput!) { putCollection(input: $input) {
        outcome userErrors { field code message } collection { id slug name version articles { uri } } } }";
    let ask = |input: Value| press.graphql(query, json!({ "input": input })).admin();
    let input = json!({ "slug": "front", "name": "Front page", "items": ["urn:x:two", "one"] });
    keep("collections__put_collection", ask(input).await.data());
    let answer = put(&press, json!({ "name": "Front page", "items": ["two", "urn:x:one"] }))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&answer["outcome"], &answer["version"]),
        (&json!("unchanged"), &json!(1))
    );

    let outcome = |answer: Value| answer["putCollection"]["outcome"].clone();
    let other = json!({ "slug": "front", "name": "Front page", "items": [], "ifVersion": 1 });
    assert_eq!(outcome(ask(other.clone()).await.data()), "UPDATED");
    let errors = |answer: Value| answer["putCollection"]["userErrors"].clone();
    let late = "Somebody was faster: it is at version 2 now; read it again and decide.";
    assert_eq!(
        errors(ask(other).await.data()),
        json!([{ "field": null, "code": "STALE_VERSION", "message": late }])
    );
    let broken = json!({ "slug": "Front", "name": "", "items": [] });
    keep("collections__put_collection_refused", ask(broken).await.data());
    let ghost = json!({ "slug": "front", "name": "Front", "items": ["ghost"] });
    assert_eq!(
        errors(ask(ghost).await.data()),
        json!([{ "field": "items[0]", "code": "UNKNOWN_ARTICLE", "message": "there is no such story" }])
    );
}

async fn again(press: Press) {
    stories(&press).await;
    let first = put(&press, json!({ "name": "Front", "items": ["one", "two"] }))
        .await
        .expect(201)
        .json();
    let position = wire::head(&press).await;
    let same = put(
        &press,
        json!({ "slug": "front", "name": " Front ", "items": ["urn:x:one", "urn:x:two"] }),
    )
    .await;
    assert_eq!(
        same.expect(200).json(),
        json!({ "id": first["id"], "slug": "front", "version": 1, "outcome": "unchanged" })
    );
    assert_eq!(wire::head(&press).await, position);
    for (version, body, uris) in [
        (
            2,
            json!({ "name": "Front", "items": ["two", "one"] }),
            vec!["urn:x:two", "urn:x:one"],
        ),
        (
            3,
            json!({ "name": "Home", "items": ["two", "one"] }),
            vec!["urn:x:two", "urn:x:one"],
        ),
        (4, json!({ "name": "Home", "items": ["four"] }), vec!["urn:x:four"]),
        (5, json!({ "name": "Home", "items": [] }), vec![]),
    ] {
        let answer = put(&press, body).await.expect(200).json();
        let expected = json!({ "id": first["id"], "slug": "front", "version": version, "outcome": "updated" });
        assert_eq!(answer, expected);
        assert_eq!(shown(&press).await, uris);
        assert_eq!(wire::head(&press).await, position + version - 1);
    }
    let left_out = put(&press, json!({ "name": "Home" })).await.expect(200).json();
    assert_eq!(left_out["outcome"], "unchanged");
}

async fn rules(press: Press) {
    let body = json!({ "name": " ", "items": vec!["one"; 101] });
    let answer = press.put("/v1/collections/Not%20A%20Slug", &body).await;
    keep("collections__rules", whole(&answer, &["content-type"]));
    let name = ("name", "required", "is required: one line of at most 200 characters");
    for body in [
        json!({}),
        json!({ "name": null }),
        json!({ "name": "x".repeat(201) }),
        json!({ "name": "Bell\u{7}" }),
    ] {
        breaks_rules(&put(&press, body).await, &[name]);
    }
    let message = "differs from the one in the address; leave it out of the body";
    let other = put(&press, json!({ "slug": "home", "name": "Front" })).await;
    breaks_rules(&other, &[("slug", "conflict", message)]);
    press.get("/v1/collections/front").await.expect(404);
    put(&press, json!({ "name": "я".repeat(200) })).await.expect(201);
    assert_eq!(shown(&press).await, [""; 0]);
}

async fn items(press: Press) {
    let ids = stories(&press).await;
    let unknown = "there is no such story";
    let repeated = "stands in the list already";
    let body = json!({ "name": "Front", "items": ["one", "ghost", ids[0], "urn:x:ghost", "two", "urn:x:two", ""] });
    breaks_rules(
        &put(&press, body).await,
        &[
            ("items[1]", "unknown_article", unknown),
            ("items[2]", "repeated", repeated),
            ("items[3]", "unknown_article", unknown),
            ("items[5]", "repeated", repeated),
            ("items[6]", "unknown_article", unknown),
        ],
    );
    press.get("/v1/collections/front").await.expect(404);

    let puts = (0..100).map(|n| press.story(&format!("urn:y:{n}")).into_future());
    futures::future::join_all(puts).await;
    let hundred: Vec<String> = (0..100).rev().map(|n| format!("urn:y:{n}")).collect();
    put(&press, json!({ "name": "Front", "items": hundred }))
        .await
        .expect(201);
    assert_eq!(shown(&press).await, hundred);
}

async fn guards(press: Press) {
    let ask = |name: &str| press.put("/v1/collections/front", &json!({ "name": name }));
    ask("One").header("if-none-match", "*").await.expect(201);
    stale(&ask("One").header("if-none-match", "*").await, 1);
    let seen = press.get("/v1/collections/front").await.etag().to_owned();
    ask("Two").header("if-match", &seen).await.expect(200);
    stale(&ask("Three").header("if-match", &seen).await, 2);
    stale(&ask("Three").header("if-match", "\"foreign\"").await, 2);
}
