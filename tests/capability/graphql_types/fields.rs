//! What single fields promise.

use serde_json::{Value, json};

use super::whole::furnish;
use crate::exact::fields_and_codes;
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a local time carries its zone's offset, in winter and in summer",
            local_times,
        ),
        test("MORE ABOUT never contains the story itself", more_about),
        test(
            "a link to a story that is not there appears when the story does",
            late_links,
        ),
        test("what is not there is null", nulls),
        test(
            "a wrong argument is an error with a code, and nulls no more than it must",
            wrong_arguments,
        ),
        test("a mutation tells what is wrong with its input", user_errors),
        test("an Int of a mutation is told as a mistake of the sender", wrong_input),
    ]
}

async fn local_times(press: Press) {
    furnish(&press).await;
    let query = r#"query($zone: TimeZone) { latest(filter: {languages: ["en"]}) { nodes {
        slug firstPublished(timeZone: $zone) utc: firstPublished
        published(timeZone: $zone) versionCreated(timeZone: $zone)
    } } }"#;
    let answer = press.graphql(query, json!({ "zone": "Europe/Kyiv" })).await;
    assert_eq!(
        answer.data()["latest"]["nodes"],
        json!([
            {
                "slug": "talks-resume", "firstPublished": "2026-01-12T20:26:00+02:00", "utc": "2026-01-12T18:26:00Z",
                "published": "2026-01-12T22:10:00+02:00", "versionCreated": "2026-01-12T22:10:00+02:00",
            },
            {
                "slug": "winter", "firstPublished": "2026-01-10T20:26:00+02:00", "utc": "2026-01-10T18:26:00Z",
                "published": "2026-01-10T20:26:00+02:00", "versionCreated": "2026-01-12T22:00:00+02:00",
            },
            {
                "slug": "summer", "firstPublished": "2025-07-12T21:26:00+03:00", "utc": "2025-07-12T18:26:00Z",
                "published": "2025-07-12T21:26:00+03:00", "versionCreated": "2026-01-12T22:00:00+02:00",
            },
        ])
    );
    for (zone, expected) in [
        ("America/New_York", "2026-01-12T13:26:00-05:00"),
        ("Asia/Kathmandu", "2026-01-13T00:11:00+05:45"),
        ("UTC", "2026-01-12T18:26:00+00:00"),
        ("europe/kiev", "2026-01-12T20:26:00+02:00"),
    ] {
        let answer = press.graphql(query, json!({ "zone": zone })).await;
        assert_eq!(
            answer.data()["latest"]["nodes"][0]["firstPublished"],
            expected,
            "{zone}"
        );
    }
    let answer = press.graphql(query, json!({ "zone": "Europe/Kyv" })).await;
    let error = &answer.json()["errors"][0];
    assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
    assert!(
        error["message"].as_str().unwrap().contains("did you mean Europe/Kyiv?"),
        "{answer}"
    );
}

async fn more_about(press: Press) {
    furnish(&press).await;
    let slugs = |value: &Value| -> Vec<String> {
        value["articles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["slug"].as_str().unwrap().to_owned())
            .collect()
    };
    let of = async |slug: &str, arguments: &str| {
        let query = format!(
            "{{ article(by: {{slug: \"{slug}\"}}) {{ id moreAbout{arguments} {{ topic {{ slug }} articles {{ slug id }} }} }} }}"
        );
        press.graphql(&query, json!({})).await.data()["article"].take()
    };
    let talks = of("talks-resume", "").await;
    assert_eq!(talks["moreAbout"]["topic"]["slug"], "peace");
    assert_eq!(slugs(&talks["moreAbout"]), ["peremovyny", "summer"]);
    // A parent's topic holds its children's stories.
    let winter = of("winter", "").await;
    assert_eq!(winter["moreAbout"]["topic"]["slug"], "war");
    assert_eq!(slugs(&winter["moreAbout"]), ["talks-resume", "peremovyny", "summer"]);
    assert_eq!(
        slugs(&of("winter", "(first: 2)").await["moreAbout"]),
        ["talks-resume", "peremovyny"]
    );
    // Another topic, by slug or code, also one that the story does not have.
    for topic in ["kyiv", "war", "medtop:16000000"] {
        let other = of("winter", &format!("(topic: \"{topic}\")")).await;
        assert!(!slugs(&other["moreAbout"]).contains(&"winter".to_owned()), "{topic}");
    }
    assert_eq!(
        slugs(&of("winter", "(topic: \"kyiv\")").await["moreAbout"]),
        ["talks-resume", "summer"]
    );
    // What stands elsewhere on the page can be left out, and others move up.
    let ids = format!("[{}, {}]", talks["id"], winter["moreAbout"]["articles"][2]["id"]);
    assert_eq!(
        slugs(&of("winter", &format!("(first: 2, excludeIds: {ids})")).await["moreAbout"]),
        ["peremovyny"]
    );
    let alone = press.story("urn:news:alone").slug("alone").await;
    assert_eq!(alone.outcome, "created");
    assert_eq!(
        of("alone", "").await["moreAbout"],
        json!({ "topic": null, "articles": [] })
    );
}

async fn late_links(press: Press) {
    furnish(&press).await;
    let query = r#"{ article(by: {slug: "talks-resume"}) { relatedLinks { kind title article { slug } } } }"#;
    let links = async || press.graphql(query, json!({})).await.data()["article"]["relatedLinks"].take();
    let kinds = |links: &Value| -> Vec<Value> { links.as_array().unwrap().iter().map(|l| l["kind"].clone()).collect() };
    assert_eq!(kinds(&links().await), ["BACKGROUND", "TRANSLATION_OF", "EXTERNAL"]);
    press
        .story("urn:news:not-there-yet")
        .slug("after")
        .headline("What came after")
        .await;
    let now = links().await;
    assert_eq!(kinds(&now), ["BACKGROUND", "TRANSLATION_OF", "FOLLOW_UP", "EXTERNAL"]);
    assert_eq!(
        now[2],
        json!({ "kind": "FOLLOW_UP", "title": "What came after", "article": { "slug": "after" } })
    );
    // Its own title follows it; a title that an editor gave stays.
    press.story("urn:news:not-there-yet").headline("After all").await;
    press.story("urn:news:uk").language("uk").headline("Нове").await;
    let now = links().await;
    assert_eq!(
        (&now[2]["title"], &now[1]["title"]),
        (&json!("After all"), &json!("Українською"))
    );
}

const GHOST: &str = "0198c0de-0000-7000-8000-000000000000";

async fn nulls(press: Press) {
    furnish(&press).await;
    let query = r#"query($ghost: ID!) {
        a: article(by: {id: $ghost}) { id }
        b: article(by: {slug: "nowhere"}) { id }
        c: article(by: {uri: "urn:nowhere"}) { id }
        d: node(id: $ghost) { id }
        e: topic(by: {id: $ghost}) { id }
        f: topic(by: {slug: "nowhere"}) { id }
        g: topic(by: {code: "medtop:0"}) { id }
        h: collection(slug: "nowhere") { id }
        i: nodes(ids: [$ghost, $ghost]) { id }
        j: article(by: {slug: "\u0000"}) { id }
        k: topic(by: {slug: "war"}) { parent { slug } ancestors { slug } }
        l: nodes(ids: []) { id }
    }"#;
    let data = press.graphql(query, json!({ "ghost": GHOST })).await.data();
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "j"] {
        assert_eq!(data[name], Value::Null, "{name}");
    }
    assert_eq!(data["i"], json!([null, null]));
    assert_eq!(data["k"], json!({ "parent": null, "ancestors": [] }));
    assert_eq!(data["l"], json!([]));
}

async fn wrong_arguments(press: Press) {
    furnish(&press).await;
    let id = "must be an id as this server gives them (a UUID)";
    // The field is null where the schema lets it be; else the nearest above it that may be.
    for (query, data, path, code, field, message) in [
        (
            r#"{ site { name } article(by: {id: "7"}) { id } }"#,
            json!({ "site": { "name": "Example News" }, "article": null }),
            json!(["article"]),
            "invalid_id",
            "by.id",
            id,
        ),
        (
            r#"{ site { name } node(id: "x") { id } }"#,
            json!({ "site": { "name": "Example News" }, "node": null }),
            json!(["node"]),
            "invalid_id",
            "id",
            id,
        ),
        (
            r#"{ site { name } nodes(ids: ["x"]) { id } }"#,
            Value::Null,
            json!(["nodes"]),
            "invalid_id",
            "id",
            id,
        ),
        (
            "{ site { name } latest(first: 0) { nodes { id } } }",
            Value::Null,
            json!(["latest"]),
            "out_of_range",
            "first",
            "must be between 1 and 100, not 0",
        ),
        (
            "{ latest(first: 101) { nodes { id } } }",
            Value::Null,
            json!(["latest"]),
            "out_of_range",
            "first",
            "must be between 1 and 100, not 101",
        ),
        (
            "{ latest(first: 1, last: 1) { nodes { id } } }",
            Value::Null,
            json!(["latest"]),
            "conflict",
            "last",
            "give `first` or `last`, not both",
        ),
        (
            r#"{ latest(after: "AAAA") { nodes { id } } }"#,
            Value::Null,
            json!(["latest"]),
            "invalid_cursor",
            "after",
            "is not a cursor that this server gave; send one unchanged",
        ),
        (
            r#"{ latest(filter: {topics: {all: ["nowhere"]}}) { nodes { id } } }"#,
            Value::Null,
            json!(["latest"]),
            "unknown_topic",
            "topic",
            "there is no topic `nowhere`",
        ),
        (
            r#"{ latest(filter: {urgencies: [10]}) { nodes { id } } }"#,
            Value::Null,
            json!(["latest"]),
            "out_of_range",
            "filter.urgencies",
            "must be from 1 (highest) to 9",
        ),
        (
            r#"{ site { name } article(by: {slug: "winter"}) { slug moreAbout(first: 101) { topic { slug } } } }"#,
            json!({ "site": { "name": "Example News" }, "article": null }),
            json!(["article", "moreAbout"]),
            "out_of_range",
            "first",
            "must be between 1 and 100, not 101",
        ),
        (
            r#"{ topic(by: {slug: "war"}) { slug articles(last: -1) { nodes { id } } } }"#,
            json!({ "topic": null }),
            json!(["topic", "articles"]),
            "out_of_range",
            "last",
            "must be between 1 and 100, not -1",
        ),
    ] {
        let answer = press.graphql(query, json!({})).await.expect(200).json();
        assert_eq!(answer["data"], data, "{query}: {answer}");
        let errors = answer["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{query}: {answer}");
        assert_eq!(errors[0]["path"], path, "{query}: {answer}");
        assert_eq!(
            errors[0]["extensions"],
            json!({ "code": "INVALID_PARAMETER", "errors": [{ "field": field, "code": code, "message": message }] }),
            "{query}"
        );
    }
    let answer = press.graphql(
        r#"{ article(by: {slug: "winter"}) { moreAbout(topic: "nowhere") { topic { slug } } } }"#,
        json!({}),
    );
    let answer = answer.await.expect(200).json();
    assert_eq!(
        (&answer["data"], &answer["errors"][0]["extensions"]),
        (&json!({ "article": null }), &json!({ "code": "NOT_FOUND" }))
    );
}

const PUBLISH: &str = "mutation($input: PublishArticleInput!) { publishArticle(input: $input) {
    article { slug version topics { slug } } outcome userErrors { field code message } } }";

async fn user_errors(press: Press) {
    furnish(&press).await;
    let publish = async |input: Value| {
        let ask = press.graphql(PUBLISH, json!({ "input": input })).admin();
        ask.await.data()["publishArticle"].take()
    };
    let wrong = publish(json!({ "uri": "no uri", "headline": " ", "urgency": 10, "body": "a", "bodyText": "b" })).await;
    assert_eq!((&wrong["article"], &wrong["outcome"]), (&Value::Null, &Value::Null));
    assert_eq!(
        fields_and_codes(&wrong["userErrors"]),
        [
            "uri INVALID_URI",
            "headline REQUIRED",
            "bodyText CONFLICT",
            "urgency OUT_OF_RANGE"
        ]
    );
    let unknown = publish(json!({ "uri": "urn:news:m", "headline": "M", "topics": ["war", "nowhere"] })).await;
    assert_eq!(unknown["userErrors"][0]["field"], "topics[1]");
    let put = publish(json!({ "uri": "urn:news:m", "slug": "m", "headline": "M", "topics": ["war"] })).await;
    let article = json!({ "slug": "m", "version": 1, "topics": [{ "slug": "war" }] });
    assert_eq!(
        put,
        json!({ "article": article, "outcome": "CREATED", "userErrors": [] })
    );
    let again = publish(json!({ "uri": "urn:news:m", "headline": "M", "topics": ["war"] })).await;
    assert_eq!(again["outcome"], "UNCHANGED");
    let late = publish(json!({ "uri": "urn:news:m", "headline": "N", "ifVersion": 7 })).await;
    assert_eq!(
        late["userErrors"],
        json!([{ "field": null, "code": "STALE_VERSION", "message": "Somebody was faster: it is at version 1 now; read it again and decide." }])
    );
    let update = publish(json!({ "uri": "urn:news:m", "headline": "N", "topics": ["war"], "ifVersion": 1 })).await;
    assert_eq!(
        (&update["outcome"], &update["article"]["version"]),
        (&json!("UPDATED"), &json!(2))
    );

    let topic =
        "mutation { putTopic(input: {slug: \"new\", parent: \"nowhere\", names: [{language: \"en\", name: \"New\"}]}) {
        topic { slug } outcome userErrors { field code } } }";
    assert_eq!(
        press.graphql(topic, json!({})).admin().await.data()["putTopic"],
        json!({ "topic": null, "outcome": null, "userErrors": [{ "field": "parent", "code": "UNKNOWN_TOPIC" }] })
    );
    let collection = "mutation { putCollection(input: {slug: \"front\", name: \"Front\", items: [\"winter\"]}) {
        collection { version articles { slug } } outcome userErrors { field code } } }";
    assert_eq!(
        press.graphql(collection, json!({})).admin().await.data()["putCollection"],
        json!({ "collection": { "version": 2, "articles": [{ "slug": "winter" }] }, "outcome": "UPDATED", "userErrors": [] })
    );
}

async fn wrong_input(press: Press) {
    for input in [
        json!({ "uri": "urn:x:1", "headline": "A", "urgency": 3_000_000_000_i64 }),
        json!({ "uri": "urn:x:1", "headline": "A", "firstPublished": "yesterday" }),
        json!({ "uri": "urn:x:1", "headline": "A", "colour": "red" }),
        json!({ "uri": "urn:x:1" }),
    ] {
        let answer = press.graphql(PUBLISH, json!({ "input": input })).admin().await;
        let error = &answer.json()["errors"][0];
        let code = error["extensions"]["code"].as_str().unwrap();
        assert!(
            ["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"].contains(&code),
            "{answer}"
        );
    }
    press.get("/v1/articles/urn%3Ax%3A1").await.expect(404);
}
