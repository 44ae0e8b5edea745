//! Putting in, replacing, moving and dropping what waits.

use super::{UNTIL, left, path, public, put, set, waiting};
use crate::moves::{cursor, until};
use crate::press::Press;
use crate::runner::{Test, test};
use serde_json::json;

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a story under embargo waits, and its publisher is told so and finds it",
            waits,
        ),
        test("what waits is replaced as a whole, guarded by its revision", replaced),
        test(
            "what is wrong with a story is said when it is put in, not when its embargo ends",
            checked,
        ),
        test("an embargo that is over already, or none, publishes at once", over),
        test("what waits takes no name from anybody", no_names),
        test("what waits can be moved either way, released and dropped", fates),
        test(
            "a public story with a version that waits is not overtaken by another",
            not_overtaken,
        ),
        test("a step of a public story does with what waits what it must", steps),
        test("what waits is in order of its release, page by page", pages),
        test("what waits is nobody's business without a key that publishes", keyed),
        test("GraphQL does with what waits what REST does", graphql),
        test("a put under embargo repeated with its key is done once", repeated),
    ]
}

async fn waits(press: Press) {
    press.topic("grain", "Grain", None).await;
    let story = json!({ "body": "<p>Text <script>x</script></p>", "topics": ["grain"], "source": "Wire agency" });
    let answer = put(&press, "urn:x:1", "2026-01-12T23:00:00+02:00", story)
        .await
        .expect(202);
    let expected = json!({ "uri": "urn:x:1", "outcome": "embargoed", "embargoedUntil": UNTIL, "revision": 1 });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.etag(), "\"p1\"");
    assert_eq!(answer.header("location"), path("urn:x:1"));
    assert_eq!(answer.header("cache-control"), "no-store");
    press.get(&public("urn:x:1")).admin().await.expect(404);

    let found = press.get(&path("urn:x:1")).admin().await.expect(200);
    assert_eq!(found.etag(), "\"p1\"");
    assert_eq!(found.header("cache-control"), "no-store");
    let found = found.json();
    for (field, value) in [
        ("pubStatus", json!("embargoed")),
        ("embargoedUntil", json!(UNTIL)),
        ("headline", json!("urn:x:1")),
        ("body", json!("<p>Text </p>")),
        ("paragraphs", json!(["Text"])),
        ("topics", json!([{ "slug": "grain", "name": "Grain" }])),
        ("source", json!("Wire agency")),
        ("failure", json!(null)),
        ("published", json!(null)),
    ] {
        assert_eq!(found[field], value, "{field}: {found}");
    }
    // The source is taken up with the story and not before.
    let none = press.get("/v1/articles?source=wire-agency&total=true").await;
    assert_eq!(
        none.status,
        press.get("/v1/articles?source=ghost&total=true").await.status
    );
    assert_eq!(waiting(&press).await, ["urn:x:1"]);
}

async fn replaced(press: Press) {
    put(&press, "urn:x:1", UNTIL, json!({})).await.expect(202);
    let same = put(&press, "urn:x:1", UNTIL, json!({})).await.expect(202);
    assert_eq!((&same.json()["outcome"], same.etag()), (&json!("unchanged"), "\"p1\""));
    let body = json!({ "headline": "Two", "embargoedUntil": UNTIL });
    let stale = press.put(&public("urn:x:1"), &body).header("if-match", "\"p7\"").await;
    assert_eq!(stale.expect(412).json()["code"], "stale_version");
    let absent = press.put(&public("urn:x:1"), &body).header("if-none-match", "*").await;
    absent.expect(412);
    let right = press.put(&public("urn:x:1"), &body).header("if-match", "\"p1\"").await;
    assert_eq!(right.expect(202).etag(), "\"p2\"");
    // Another time is another revision, later or earlier.
    for (revision, time) in [(3, "2026-01-12T22:00:00Z"), (4, "2026-01-12T20:30:00Z")] {
        let moved = put(&press, "urn:x:1", time, json!({})).await.expect(202).json();
        assert_eq!(
            (&moved["revision"], &moved["embargoedUntil"]),
            (&json!(revision), &json!(time))
        );
    }
    let stale = press.delete(&path("urn:x:1")).header("if-match", "\"p2\"").await;
    stale.expect(412);
    let gone = press.delete(&path("urn:x:1")).header("if-match", "\"p4\"").await;
    gone.expect(204);
    press.delete(&path("urn:x:1")).await.expect(404);
}

async fn checked(press: Press) {
    press.story("urn:x:other").slug("other").await;
    let start = cursor(&press).await;
    let fields = async |rest| {
        let answer = put(&press, "urn:x:1", UNTIL, rest).await;
        let faults = answer.json()["errors"].as_array().cloned().unwrap_or_default();
        let faults: Vec<String> = faults
            .iter()
            .map(|f| format!("{} {}", f["field"].as_str().unwrap(), f["code"].as_str().unwrap()))
            .collect();
        (answer.status, faults.join(", "))
    };
    let is = |status: u16, faults: &str| (status, faults.to_owned());
    assert_eq!(fields(json!({ "urgency": 12 })).await, is(422, "urgency out_of_range"));
    assert_eq!(
        fields(json!({ "topics": ["nowhere"] })).await,
        is(422, "topics[0] unknown_topic")
    );
    assert_eq!(fields(json!({ "slug": "other" })).await, is(409, "slug taken"));
    assert_eq!(
        fields(json!({ "expires": UNTIL })).await,
        is(422, "expires before_embargo")
    );
    assert_eq!(
        fields(json!({ "published": "2026-01-12T21:00:01Z" })).await,
        is(422, "published in_the_future")
    );
    assert_eq!(fields(json!({ "published": UNTIL })).await, is(202, ""));
    for without_offset in ["2026-01-12T21:00:00", "2026-01-12", "tomorrow"] {
        let refused = put(&press, "urn:x:2", without_offset, json!({}))
            .await
            .expect(422)
            .json();
        assert_eq!(refused["errors"][0]["code"], "invalid_time", "{refused}");
    }
    // A leap second is the next second, and what is finer than a microsecond is never rounded down.
    for (said, meant) in [
        ("2026-12-31T23:59:60Z", "2027-01-01T00:00:00Z"),
        ("2026-12-31T23:59:59.0000001Z", "2026-12-31T23:59:59.000001Z"),
    ] {
        let put = put(&press, "urn:x:leap", said, json!({})).await.expect(202).json();
        assert_eq!(put["embargoedUntil"], meant);
    }
    assert_eq!(cursor(&press).await, start);
}

async fn over(press: Press) {
    for (uri, time) in [
        ("urn:x:1", "2026-01-12T20:00:00Z"),
        ("urn:x:2", "2020-01-01T00:00:00+02:00"),
    ] {
        put(&press, uri, time, json!({})).await.expect(201);
        let story = press.get(&public(uri)).await.expect(200).json();
        assert_eq!(story["published"], "2026-01-12T20:00:00Z");
    }
    // Without an embargo what waits is published at once, and waits no more.
    put(&press, "urn:x:3", UNTIL, json!({})).await.expect(202);
    let stale = press
        .put(&public("urn:x:3"), &json!({ "headline": "Now" }))
        .header("if-match", "\"p2\"");
    stale.await.expect(412);
    let now = press
        .put(&public("urn:x:3"), &json!({ "headline": "Now" }))
        .header("if-match", "\"p1\"");
    assert_eq!(now.await.expect(201).json()["outcome"], "created");
    assert!(waiting(&press).await.is_empty());
    set(&press, "2026-01-12T22:00:00Z");
    let story = press.get(&public("urn:x:3")).await.expect(200).json();
    assert_eq!((&story["version"], &story["headline"]), (&json!(1), &json!("Now")));
}

async fn no_names(press: Press) {
    put(&press, "urn:x:1", UNTIL, json!({ "slug": "merger" }))
        .await
        .expect(202);
    put(&press, "urn:x:2", UNTIL, json!({ "slug": "merger" }))
        .await
        .expect(202);
    // Somebody else's story has the slug, and is told nothing of those that wait for it.
    let other = press.story("urn:x:3").slug("merger").await;
    assert_eq!(other.slug, "merger");
    set(&press, UNTIL);
    until(3, async || {
        press.get("/v1/latest?total=true").await.json()["total"]
            .as_i64()
            .unwrap()
    })
    .await;
    for uri in ["urn:x:1", "urn:x:2"] {
        let slug = press.get(&public(uri)).await.expect(200).json()["slug"].clone();
        let slug = slug.as_str().unwrap();
        assert!(
            slug.starts_with("merger-") && slug.len() == "merger-".len() + 8,
            "{slug}"
        );
    }
}

async fn fates(press: Press) {
    put(&press, "urn:x:1", UNTIL, json!({})).await.expect(202);
    let move_to = async |time: &str, tag: &str| {
        let when = json!({ "embargoedUntil": time });
        press
            .post(&format!("{}/reschedule", path("urn:x:1")), &when)
            .header("if-match", tag)
            .await
    };
    move_to("2026-01-12T22:00:00Z", "\"p9\"").await.expect(412);
    let moved = move_to("2026-01-12T22:00:00Z", "\"p1\"").await.expect(200);
    assert_eq!(
        (&moved.json()["outcome"], moved.etag()),
        (&json!("rescheduled"), "\"p2\"")
    );
    let again = move_to("2026-01-12T22:00:00Z", "\"p2\"").await.expect(200).json();
    assert_eq!(
        (&again["outcome"], &again["revision"]),
        (&json!("unchanged"), &json!(2))
    );
    for wrong in ["2026-01-12T20:00:00Z", "2026-01-12T23:00:00", ""] {
        move_to(wrong, "\"p2\"").await.expect(422);
    }
    move_to("2026-01-12T20:10:00Z", "\"p2\"").await.expect(200);
    // What it says of its own times must go with its embargo.
    put(&press, "urn:x:dated", UNTIL, json!({ "published": UNTIL }))
        .await
        .expect(202);
    let earlier = json!({ "embargoedUntil": "2026-01-12T20:30:00Z" });
    let refused = press
        .post(&format!("{}/reschedule", path("urn:x:dated")), &earlier)
        .await;
    assert_eq!(refused.expect(422).json()["errors"][0]["field"], "published");

    let start = cursor(&press).await;
    let released = press
        .post(&format!("{}/release", path("urn:x:1")), &json!({}))
        .await
        .expect(201);
    assert_eq!(released.json()["outcome"], "created");
    let story = press.get(&public("urn:x:1")).await.expect(200).json();
    assert_eq!(story["firstPublished"], "2026-01-12T20:00:00Z");
    press
        .post(&format!("{}/release", path("urn:x:1")), &json!({}))
        .await
        .expect(404);
    press.delete(&path("urn:x:dated")).await.expect(204);
    assert!(waiting(&press).await.is_empty());
    set(&press, "2026-01-12T23:00:00Z");
    let told = press.get(&format!("/v1/wire?after={start}")).await.json();
    assert_eq!(
        crate::wire::brief(&told),
        [crate::wire::entry("article.published", "publish", "urn:x:1", 1)]
    );
    press.get(&public("urn:x:dated")).await.expect(404);
}

async fn not_overtaken(press: Press) {
    press.story("urn:x:1").headline("One").await;
    put(&press, "urn:x:1", UNTIL, json!({ "headline": "Two" }))
        .await
        .expect(202);
    assert_eq!(press.get(&public("urn:x:1")).await.json()["headline"], "One");
    // The same again changes nothing, and is no contradiction.
    let same = press.story("urn:x:1").headline("One").await;
    assert_eq!(same.outcome, "unchanged");
    let other = press
        .put(&public("urn:x:1"), &json!({ "headline": "Three" }))
        .await
        .expect(409)
        .json();
    assert_eq!(other["code"], "pending_edition");
    let detail = other["detail"].as_str().unwrap();
    for possible in ["drop it", "release it", "embargoedUntil", UNTIL] {
        assert!(detail.contains(possible), "{possible}: {detail}");
    }
    for correction in [
        json!({ "text": "It was wrong." }),
        json!({ "text": "It was wrong.", "article": { "headline": "Right" } }),
    ] {
        let refused = press.post(&format!("{}/correct", public("urn:x:1")), &correction).await;
        assert_eq!(refused.expect(409).json()["code"], "pending_edition");
    }
    // By the version that the editor has seen, too.
    let body = json!({ "headline": "Four", "embargoedUntil": UNTIL });
    press
        .put(&public("urn:x:1"), &body)
        .header("if-match", "\"v2\"")
        .await
        .expect(412);
    press
        .put(&public("urn:x:1"), &body)
        .header("if-match", "\"v1\"")
        .await
        .expect(202);
    let late = json!({ "text": "x", "article": { "headline": "Right", "embargoedUntil": UNTIL } });
    let refused = press
        .post(&format!("{}/correct", public("urn:x:1")), &late)
        .await
        .expect(422)
        .json();
    assert_eq!(refused["errors"][0]["field"], "article.embargoedUntil");
    press.delete(&path("urn:x:1")).await.expect(204);
    press.story("urn:x:1").headline("Three").await;
}

async fn steps(press: Press) {
    for uri in ["urn:x:withheld", "urn:x:canceled", "urn:x:renamed"] {
        press.story(uri).headline("One").await;
        put(&press, uri, UNTIL, json!({ "headline": "Two" })).await.expect(202);
    }
    let step = async |uri: &str, name: &str, body| press.post(&format!("{}/{name}", public(uri)), &body).await;
    step("urn:x:withheld", "withhold", json!({})).await.expect(200);
    step("urn:x:canceled", "cancel", json!({ "reason": "Untrue." }))
        .await
        .expect(200);
    put(&press, "urn:x:taken", UNTIL, json!({})).await.expect(202);
    step("urn:x:renamed", "rename", json!({ "uri": "urn:x:taken" }))
        .await
        .expect(409);
    step("urn:x:renamed", "rename", json!({ "uri": "urn:x:new" }))
        .await
        .expect(200);
    let mut rest = waiting(&press).await;
    rest.sort();
    assert_eq!(rest, ["urn:x:new", "urn:x:taken", "urn:x:withheld"]);
    let canceled = put(&press, "urn:x:canceled", UNTIL, json!({})).await.expect(409).json();
    assert_eq!(canceled["code"], "canceled");
    let start = cursor(&press).await;
    set(&press, UNTIL);
    left(&press, &[]).await;
    // It is a new version, and stays withheld.
    press.get(&public("urn:x:withheld")).await.expect(404);
    step("urn:x:withheld", "restore", json!({})).await.expect(200);
    for uri in ["urn:x:withheld", "urn:x:new"] {
        let story = press.get(&public(uri)).await.expect(200).json();
        assert_eq!(story["headline"], "Two");
    }
    press.get(&public("urn:x:canceled")).await.expect(410);
    let told = press.get(&format!("/v1/wire?after={start}")).await.json();
    let mut told = crate::wire::brief(&told);
    told.sort_by(|a, b| a.2.cmp(&b.2));
    let expected = [
        crate::wire::entry("article.updated", "update", "urn:x:new", 3),
        crate::wire::entry("article.published", "publish", "urn:x:taken", 1),
        crate::wire::entry("article.updated", "update", "urn:x:withheld", 3),
        crate::wire::entry("article.restored", "publish", "urn:x:withheld", 4),
    ];
    assert_eq!(told, expected);
}

async fn pages(press: Press) {
    for n in 0..7 {
        let time = format!("2026-01-12T21:{:02}:00Z", 30 - n);
        put(&press, &format!("urn:x:{n}"), &time, json!({})).await.expect(202);
    }
    let all = waiting(&press).await;
    let expected: Vec<String> = (0..7).rev().map(|n| format!("urn:x:{n}")).collect();
    assert_eq!(all, expected);
    for address in ["/v1/pending", "/v1/advance"] {
        let (mut found, mut query) = (Vec::new(), "?limit=3".to_owned());
        loop {
            let page = press.get(&format!("{address}{query}")).admin().await.expect(200);
            assert_eq!(page.header("cache-control"), "no-store");
            let page = page.json();
            let items = page["items"].as_array().unwrap().iter();
            found.extend(items.map(|i| i["uri"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else {
                let back = format!("{address}?limit=3&before={}", page["previous"].as_str().unwrap());
                let back = press.get(&back).admin().await.expect(200).json();
                assert_eq!(back["items"][2]["uri"], "urn:x:1");
                break;
            };
            query = format!("?limit=3&after={next}");
        }
        assert_eq!(found, all);
    }
}

async fn keyed(press: Press) {
    let read = press
        .command(["key", "issue", "--scope", "read", "--name", "Reader"])
        .await
        .ok();
    let mut answers = Vec::new();
    for round in 0..2 {
        for address in ["/v1/pending", &path("urn:x:1"), "/v1/advance", "/v1/pending/nothing"] {
            let nobody = press.get(address).await.expect(401);
            let reader = press.get(address).key(read.trim()).await.expect(403);
            answers.push((round, address.to_owned(), nobody.bytes, reader.bytes));
        }
        for ask in [
            press.delete(&path("urn:x:1")),
            press.post(&format!("{}/release", path("urn:x:1")), &json!({})),
            press.post(
                &format!("{}/reschedule", path("urn:x:1")),
                &json!({ "embargoedUntil": UNTIL }),
            ),
        ] {
            ask.key(read.trim()).await.expect(403);
        }
        if round == 0 {
            put(&press, "urn:x:1", UNTIL, json!({})).await.expect(202);
        }
    }
    let half = answers.len() / 2;
    for (before, now) in answers[..half].iter().zip(&answers[half..]) {
        assert_eq!((&before.1, &before.2, &before.3), (&now.1, &now.2, &now.3));
    }
}

async fn graphql(press: Press) {
    let publish =
        "mutation($until: DateTime, $revision: Int) { publishArticle(input: { uri: \"urn:x:1\", headline: \"One\",
        embargoedUntil: $until, ifRevision: $revision }) { article { id } outcome pending { uri revision embargoedUntil
        copy { headline pubStatus } } userErrors { code } } }";
    let ask = async |query: &str, variables| press.graphql(query, variables).admin().await.data();
    let data = ask(publish, json!({ "until": UNTIL })).await;
    let copy = json!({ "headline": "One", "pubStatus": "EMBARGOED" });
    let pending = json!({ "uri": "urn:x:1", "revision": 1, "embargoedUntil": UNTIL, "copy": copy });
    let expected = json!({ "article": null, "outcome": "EMBARGOED", "pending": pending, "userErrors": [] });
    assert_eq!(data["publishArticle"], expected);
    let stale = ask(publish, json!({ "until": UNTIL, "revision": 3 })).await;
    assert_eq!(stale["publishArticle"]["userErrors"][0]["code"], "STALE_VERSION");
    let list = "{ pendingArticles { nodes { uri owner failure } pageInfo { hasNextPage } }
        pendingArticle(uri: \"urn:x:1\") { revision } none: pendingArticle(uri: \"urn:x:2\") { revision }
        advance { nodes { uri headline } } }";
    let data = ask(list, json!({})).await;
    assert_eq!(data["pendingArticles"]["nodes"][0]["uri"], "urn:x:1");
    assert_eq!(
        (&data["pendingArticle"]["revision"], &data["none"]),
        (&json!(1), &json!(null))
    );
    assert_eq!(
        data["advance"]["nodes"],
        json!([{ "uri": "urn:x:1", "headline": "One" }])
    );
    let moved = "mutation { reschedulePending(input: { uri: \"urn:x:1\", embargoedUntil: \"2026-01-12T22:00:00Z\", ifRevision: 1 })
        { outcome pending { revision } userErrors { code } } }";
    let data = ask(moved, json!({})).await;
    assert_eq!(
        data["reschedulePending"],
        json!({ "outcome": "RESCHEDULED", "pending": { "revision": 2 }, "userErrors": [] })
    );
    let released =
        "mutation { releasePending(input: { uri: \"urn:x:1\" }) { outcome article { uri } userErrors { code } } }";
    let data = ask(released, json!({})).await;
    assert_eq!(
        data["releasePending"],
        json!({ "outcome": "CREATED", "article": { "uri": "urn:x:1" }, "userErrors": [] })
    );
    ask(publish, json!({ "until": UNTIL })).await;
    let dropped =
        "mutation { dropPending(input: { uri: \"urn:x:1\" }) { outcome pending { uri } userErrors { code } } }";
    let data = ask(dropped, json!({})).await;
    assert_eq!(
        data["dropPending"],
        json!({ "outcome": "DROPPED", "pending": null, "userErrors": [] })
    );
    let data = ask(dropped, json!({})).await;
    assert_eq!(data["dropPending"]["userErrors"][0]["code"], "NOT_FOUND");
}

async fn repeated(press: Press) {
    let body = json!({ "headline": "One", "embargoedUntil": UNTIL });
    let ask = || press.put(&public("urn:x:1"), &body).header("idempotency-key", "k");
    let first = ask().await.expect(202);
    press.delete(&path("urn:x:1")).await.expect(204);
    let second = ask().await.expect(202);
    assert_eq!(
        (first.bytes.clone(), first.etag()),
        (second.bytes.clone(), second.etag())
    );
    assert!(waiting(&press).await.is_empty());
}
