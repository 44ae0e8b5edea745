//! Topics: a tree with names in several languages.

use serde_json::{Value, json};

use crate::exact::{breaks_rules, keep, refused, stale, whole};
use crate::press::{Press, segment};
use crate::runner::{Test, test};
use crate::stories::wire;

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a topic goes in by PUT and comes out by slug and code with its place in the tree",
            put,
        ),
        test("a topic goes in by putTopic just as by PUT", mutation),
        test(
            "a topic put in again is updated, or unchanged when it says nothing new",
            again,
        ),
        test(
            "a topic has the name of the language asked for, or the nearest there is",
            names,
        ),
        test("everything that is wrong with a topic is said at once", rules),
        test("a code belongs to one topic", codes),
        test("a topic cannot stand below itself", rings),
        test("a tree has a bottom, and nobody makes a ring below it", depth),
        test("of many who change a topic at the same version one is first", race),
        test(
            "topics are listed by slug, by kind, below a parent, and at the root",
            lists,
        ),
        test("a topic's guards are those of stories", guards),
    ]
}

async fn put_topic(press: &Press, slug: &str, body: Value) -> crate::press::Answer {
    press.put(&format!("/v1/topics/{slug}"), &body).await
}

/// World ▸ Europe ▸ Ukraine ▸ Kyiv, and Odesa beside Kyiv.
async fn places(press: &Press) {
    for (slug, parent, en, uk) in [
        ("world", None, "World", "Світ"),
        ("europe", Some("world"), "Europe", "Європа"),
        ("ukraine", Some("europe"), "Ukraine", "Україна"),
        ("odesa", Some("ukraine"), "Odesa", "Одеса"),
        ("kyiv", Some("ukraine"), "Kyiv", "Київ"),
    ] {
        let body = json!({ "kind": "place", "parent": parent, "names": { "en": en, "uk": uk } });
        put_topic(press, slug, body).await.expect(201);
    }
}

async fn put(press: Press) {
    places(&press).await;
    let body = json!({
        "slug": "ukraine",
        "kind": "place",
        "code": "iso3166:UA",
        "parent": "europe",
        "names": { "en": "Ukraine", "uk": "Україна", "pt-br": "Ucrânia" },
    });
    let answer = put_topic(&press, "ukraine", body).await;
    keep(
        "topics__updated",
        whole(&answer, &["content-type", "location", "etag", "cache-control"]),
    );
    let by_slug = press.get("/v1/topics/ukraine").await;
    keep("topics__whole", whole(&by_slug, &["content-type", "cache-control"]));
    assert!(by_slug.etag().starts_with("W/\"v2-"), "{by_slug}");
    let id = by_slug.json()["id"].as_str().unwrap().to_owned();
    for name in ["iso3166%3AUA", "iso3166:UA", &id] {
        assert_eq!(
            press.get(&format!("/v1/topics/{name}")).await.expect(200).bytes,
            by_slug.bytes
        );
    }
    for name in ["ghost", "iso3166:ua", "0190a5c4-7b1e-7d2a-8f00-0123456789ab"] {
        let answer = press.get(&format!("/v1/topics/{name}")).await;
        refused(&answer, 404, "not_found", "There is no such topic.", &[]);
    }
    let query = r#"{ topic(by: {code: "iso3166:UA"}) { slug code kind name uk: name(language: "uk")
        parent { slug } ancestors { slug name } children { slug name(language: "uk") parent { name } } } }"#;
    keep("topics__by_graphql", press.graphql(query, json!({})).await.data());
}

const PUT_TOPIC: &str = "mutation($input: PutTopicInput!) { putTopic(input: $input) {
    outcome userErrors { field code message } topic { id slug kind code name ancestors { slug } } } }";

async fn mutation(press: Press) {
    places(&press).await;
    let ask = |input: Value| press.graphql(PUT_TOPIC, json!({ "input": input })).admin();
    let names = json!([{ "language": "en", "name": "Lviv" }, { "language": "UK", "name": "Львів" }]);
    let input = json!({ "slug": "lviv", "kind": "PLACE", "code": "geo:702550", "parent": "ukraine", "names": names });
    keep("topics__put_topic", ask(input.clone()).await.data());
    let same = json!({ "kind": "place", "code": "geo:702550", "parent": "ukraine",
        "names": { "en": "Lviv", "uk": "Львів" } });
    let answer = put_topic(&press, "lviv", same).await.expect(200).json();
    assert_eq!(
        (&answer["outcome"], &answer["version"]),
        (&json!("unchanged"), &json!(1))
    );
    let outcome = |answer: Value| answer["putTopic"]["outcome"].clone();
    assert_eq!(outcome(ask(input.clone()).await.data()), "UNCHANGED");
    let other = json!({ "slug": "lviv", "names": [{ "language": "en", "name": "Lviv" }], "ifVersion": 1 });
    assert_eq!(outcome(ask(other.clone()).await.data()), "UPDATED");

    let errors = |answer: Value| answer["putTopic"]["userErrors"].clone();
    let late = "Somebody was faster: it is at version 2 now; read it again and decide.";
    assert_eq!(
        errors(ask(other).await.data()),
        json!([{ "field": null, "code": "STALE_VERSION", "message": late }])
    );
    let broken = json!({ "slug": "Lviv", "code": "x", "names": [] });
    keep("topics__put_topic_refused", ask(broken).await.data());
    let ghost = json!({ "slug": "lviv", "parent": "ghost", "names": names });
    let message = "there is no topic with this slug; put it in first";
    assert_eq!(
        errors(ask(ghost).await.data()),
        json!([{ "field": "parent", "code": "UNKNOWN_TOPIC", "message": message }])
    );
}

async fn again(press: Press) {
    let body = json!({ "kind": "event", "code": "x:1", "names": { "en": "Summit", "uk": "Саміт" } });
    let first = put_topic(&press, "summit", body.clone()).await.expect(201);
    assert_eq!(first.header("location"), "/v1/topics/summit");
    let position = wire::head(&press).await;
    let spelt =
        json!({ "kind": "event", "code": " x:1 ", "parent": null, "names": { "EN": " Summit ", "uk": "Саміт" } });
    for body in [&body, &spelt] {
        let answer = put_topic(&press, "summit", body.clone()).await.expect(200).json();
        assert_eq!(
            (&answer["outcome"], &answer["version"]),
            (&json!("unchanged"), &json!(1))
        );
    }
    assert_eq!(wire::head(&press).await, position);
    // It is replaced whole: what is left out is gone, and a subject is what a topic is if nothing is said.
    let answer = put_topic(&press, "summit", json!({ "names": { "uk": "Саміт" } }))
        .await
        .expect(200);
    assert_eq!((answer.json()["version"].as_i64(), answer.etag()), (Some(2), "\"v2\""));
    assert_eq!(wire::head(&press).await, position + 1);
    let shown = press.get("/v1/topics/summit").await.json();
    assert_eq!(
        [
            &shown["id"],
            &shown["kind"],
            &shown["code"],
            &shown["names"],
            &shown["name"]
        ],
        [
            &first.json()["id"],
            &json!("subject"),
            &Value::Null,
            &json!({ "uk": "Саміт" }),
            &json!("Саміт")
        ]
    );
    press.get("/v1/topics/x:1").await.expect(404);
}

async fn names(press: Press) {
    put_topic(
        &press,
        "a",
        json!({ "names": { "uk": "Укр", "en": "Eng", "pt": "Por", "pt-BR": "Bra" } }),
    )
    .await;
    put_topic(&press, "b", json!({ "names": { "uk": "Укр", "de": "Deu" } })).await;
    let cases = [
        ("en", "Eng", "Deu"),
        ("uk", "Укр", "Укр"),
        ("uk-UA", "Укр", "Укр"),
        ("pt-BR", "Bra", "Deu"),
        ("pt-PT", "Por", "Deu"),
        // Neither it nor the home language (English): the first there is.
        ("ja", "Eng", "Deu"),
    ];
    for (language, a, b) in cases {
        let query = "query($l: String!) { a: topic(by: {slug: \"a\"}) { name(language: $l) }
            b: topic(by: {slug: \"b\"}) { name(language: $l) } }";
        let answer = press.graphql(query, json!({ "l": language })).await.data();
        assert_eq!(answer, json!({ "a": { "name": a }, "b": { "name": b } }), "{language}");
        // A story's topics are named in the story's language.
        let uri = format!("urn:x:{language}");
        press.story(&uri).language(language).topics(["a", "b"]).await;
        let story = press.get(&format!("/v1/articles/{}", segment(&uri))).await.json();
        assert_eq!(
            (&story["topics"][0]["name"], &story["topics"][1]["name"]),
            (&json!(a), &json!(b))
        );
        let query = "query($u: String!) { article(by: {uri: $u}) { topics { name } } }";
        let answer = press.graphql(query, json!({ "u": uri })).await.data();
        assert_eq!(answer["article"]["topics"], json!([{ "name": a }, { "name": b }]));
    }
    // Outside a story the home language.
    let list = press.get("/v1/topics").await.json();
    assert_eq!(
        (&list["items"][0]["name"], &list["items"][1]["name"]),
        (&json!("Eng"), &json!("Deu"))
    );
}

async fn rules(press: Press) {
    let body = json!({
        "kind": "subjects",
        "code": "no code",
        "parent": "ghost",
        "names": { "english": "One", "en": " ", "uk": "x".repeat(201), "de": "Bell\u{7}" },
    });
    let answer = put_topic(&press, "Not-A-Slug", body).await;
    keep("topics__rules", whole(&answer, &["content-type"]));

    let names = json!({ "en": "One" });
    let no_code = "must be a QCode such as `medtop:11000000`: scheme, colon, code";
    let no_names = "needs at least one name by language, such as {\"en\": \"Politics\"}";
    for (body, fault) in [
        (json!({}), ("names", "required", no_names)),
        (json!({ "names": {} }), ("names", "required", no_names)),
        (
            json!({ "names": { "EN": "One", "en": "Two" } }),
            ("names.en", "repeated", "names a language that has a name already"),
        ),
        (
            json!({ "names": names, "code": "medtop:" }),
            ("code", "invalid_code", no_code),
        ),
        (
            json!({ "names": names, "code": ":1" }),
            ("code", "invalid_code", no_code),
        ),
        (
            json!({ "names": names, "code": "a:b,c" }),
            ("code", "invalid_code", no_code),
        ),
        (
            json!({ "names": names, "code": format!("a:{}", "b".repeat(199)) }),
            ("code", "invalid_code", no_code),
        ),
        (
            json!({ "names": names, "parent": "ghost" }),
            (
                "parent",
                "unknown_topic",
                "there is no topic with this slug; put it in first",
            ),
        ),
        (
            json!({ "names": names, "slug": "two" }),
            (
                "slug",
                "conflict",
                "differs from the one in the address; leave it out of the body",
            ),
        ),
    ] {
        breaks_rules(&put_topic(&press, "one", body).await, &[fault]);
    }
    let answer = put_topic(&press, "one", json!({ "names": names, "colour": "red" })).await;
    let detail = "The JSON does not fit at line 1, column 9: unknown field `colour`, expected one of `slug`, `kind`, \
                  `code`, `parent`, `names`.";
    refused(&answer, 422, "invalid_content", detail, &[]);
    press.get("/v1/topics/one").await.expect(404);
    put_topic(
        &press,
        "one",
        json!({ "names": names, "code": format!("a:{}", "b".repeat(198)) }),
    )
    .await
    .expect(201);
}

async fn codes(press: Press) {
    let names = json!({ "en": "One" });
    put_topic(&press, "one", json!({ "code": "medtop:1", "names": names }))
        .await
        .expect(201);
    for version in [404, 200] {
        let answer = put_topic(&press, "two", json!({ "code": "medtop:1", "names": names })).await;
        breaks_rules(&answer, &[("code", "taken", "belongs to the topic `one`")]);
        press.get("/v1/topics/two").await.expect(version);
        put_topic(&press, "two", json!({ "names": names })).await;
    }
    // Given up by the one, it is free for the other.
    put_topic(&press, "one", json!({ "names": names })).await.expect(200);
    put_topic(&press, "two", json!({ "code": "medtop:1", "names": names }))
        .await
        .expect(200);
    assert_eq!(press.get("/v1/topics/medtop:1").await.json()["slug"], "two");
    // At the same moment, too, only one gets it.
    let asks = (0..8).map(|n| {
        let body = json!({ "code": "medtop:2", "names": names });
        press.put(&format!("/v1/topics/at-once-{n}"), &body).into_future()
    });
    let answers = futures::future::join_all(asks).await;
    let (made, late): (Vec<_>, Vec<_>) = answers.into_iter().partition(|a| a.status == 201);
    assert_eq!(made.len(), 1);
    let owner = format!("belongs to the topic `{}`", made[0].json()["slug"].as_str().unwrap());
    for answer in late {
        breaks_rules(&answer, &[("code", "taken", &owner)]);
    }
}

async fn depth(press: Press) {
    let body = |parent: &str| json!({"names": {"en": "Level"}, "parent": parent});
    put_topic(&press, "t1", json!({"names": {"en": "Level"}}))
        .await
        .expect(201);
    for level in 2..=32 {
        put_topic(&press, &format!("t{level}"), body(&format!("t{}", level - 1)))
            .await
            .expect(201);
    }
    let answer = put_topic(&press, "t33", body("t32")).await;
    let too_deep = [("parent", "too_deep", "would make the tree deeper than 32 levels")];
    breaks_rules(&answer, &too_deep);
    put_topic(&press, "root", json!({"names": {"en": "Root"}}))
        .await
        .expect(201);
    breaks_rules(&put_topic(&press, "t1", body("root")).await, &too_deep);
    let ring = [("parent", "ring", "is the topic itself or stands below it")];
    breaks_rules(&put_topic(&press, "t1", body("t32")).await, &ring);
}

async fn race(press: Press) {
    put_topic(&press, "t", json!({"names": {"en": "First"}}))
        .await
        .expect(201);
    for version in 1..=3 {
        let tries = (0..8).map(|n| {
            let body = json!({"names": {"en": format!("By {n} at {version}")}});
            press
                .put("/v1/topics/t", &body)
                .header("if-match", &format!("\"v{version}\""))
                .into_future()
        });
        let answers = futures::future::join_all(tries).await;
        let statuses: Vec<u16> = answers.iter().map(|a| a.status).collect();
        assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|s| **s == 412).count(), 7, "{statuses:?}");
    }
    assert_eq!(press.get("/v1/topics/t").await.expect(200).json()["version"], 4);
}

async fn rings(press: Press) {
    places(&press).await;
    for parent in ["world", "europe", "kyiv"] {
        let answer = put_topic(
            &press,
            "world",
            json!({ "kind": "place", "parent": parent, "names": { "en": "World" } }),
        )
        .await;
        breaks_rules(&answer, &[("parent", "ring", "is the topic itself or stands below it")]);
    }
    // One that is not there yet is not there to be a parent.
    let answer = put_topic(&press, "new", json!({ "parent": "new", "names": { "en": "New" } })).await;
    let message = "there is no topic with this slug; put it in first";
    breaks_rules(&answer, &[("parent", "unknown_topic", message)]);
    let world = press.get("/v1/topics/world").await.json();
    assert_eq!((&world["version"], &world["ancestors"]), (&json!(1), &json!([])));
}

async fn lists(press: Press) {
    places(&press).await;
    press.topic("politics", "Politics", None).await;
    put_topic(&press, "un", json!({ "kind": "organisation", "names": { "en": "UN" } }))
        .await
        .expect(201);
    for (query, slugs) in [
        (
            "",
            vec!["europe", "kyiv", "odesa", "politics", "ukraine", "un", "world"],
        ),
        ("?kind=place", vec!["europe", "kyiv", "odesa", "ukraine", "world"]),
        ("?kind=event", vec![]),
        ("?parent=ukraine", vec!["kyiv", "odesa"]),
        ("?parent=kyiv", vec![]),
        ("?parent=none", vec!["politics", "un", "world"]),
        ("?parent=none&kind=place", vec!["world"]),
    ] {
        let join = if query.is_empty() { "?" } else { "&" };
        let list = press
            .get(&format!("/v1/topics{query}{join}total=true"))
            .await
            .expect(200)
            .json();
        let listed: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|t| &t["slug"]).collect();
        assert_eq!(listed, slugs, "{query}");
        assert_eq!((&list["total"], &list["next"]), (&json!(slugs.len()), &Value::Null));
    }
    keep("topics__list", press.get("/v1/topics?parent=ukraine").await.json());
    let filters = r#"{ all: topics { totalCount nodes { slug } } places: topics(filter: {kind: PLACE}) { nodes { slug } }
        below: topics(filter: {parent: "ukraine"}) { nodes { slug } }
        roots: topics(filter: {roots: true}) { nodes { slug } } }"#;
    keep(
        "topics__lists_by_graphql",
        press.graphql(filters, json!({})).await.data(),
    );

    let parameter = |answer: &crate::press::Answer, fault| {
        refused(
            answer,
            400,
            "invalid_parameter",
            "A parameter is wrong; see `errors`.",
            &[fault],
        );
    };
    let kinds = "must be one of subject, place, person, organisation, event";
    parameter(
        &press.get("/v1/topics?kind=thing").await,
        ("kind", "invalid_value", kinds),
    );
    let answer = press.get("/v1/topics?parent=ghost").await;
    refused(&answer, 404, "not_found", "There is no such topic.", &[]);

    // Page by page, and back.
    let mut after = String::new();
    let mut walked = Vec::new();
    loop {
        let page = press
            .get(&format!("/v1/topics?limit=3{after}"))
            .await
            .expect(200)
            .json();
        walked.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|t| t["slug"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => after = format!("&after={}", segment(next)),
            None => {
                let previous = page["previous"].as_str().unwrap();
                let back = press
                    .get(&format!("/v1/topics?limit=3&before={}", segment(previous)))
                    .await
                    .json();
                let slugs: Vec<&Value> = back["items"].as_array().unwrap().iter().map(|t| &t["slug"]).collect();
                assert_eq!(slugs, ["politics", "ukraine", "un"]);
                break;
            }
        }
    }
    assert_eq!(
        walked,
        ["europe", "kyiv", "odesa", "politics", "ukraine", "un", "world"]
    );
}

async fn guards(press: Press) {
    let ask = |name: &str| press.put("/v1/topics/world", &json!({ "names": { "en": name } }));
    let missing = "Somebody was faster: it does not exist yet; send the request without `If-Match`.";
    refused(
        &ask("World").header("if-match", "*").await,
        412,
        "stale_version",
        missing,
        &[],
    );
    ask("World").header("if-none-match", "*").await.expect(201);
    stale(&ask("World").header("if-none-match", "*").await, 1);
    let seen = press.get("/v1/topics/world").await.etag().to_owned();
    ask("Globe").header("if-match", &seen).await.expect(200);
    stale(&ask("Earth").header("if-match", &seen).await, 2);
    stale(&ask("Earth").header("if-match", "\"foreign\"").await, 2);
    ask("Earth").header("if-match", "\"v2\"").await.expect(200);
}
