//! What a story may hold: every rule with its exact answer, and what just keeps within it.

use serde_json::{Value, json};

use crate::exact::{Fault, breaks_rules, keep, refused, whole};
use crate::press::{Answer, Press, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("everything that is wrong with a story is said at once", all_at_once),
        test("lines of text keep their lengths and hold no control characters", lines),
        test("numbers and languages keep their ranges", ranges),
        test("times have an offset and lie where they can", times),
        test("a first publication stays what it is", fixed),
        test("a body is HTML or plain text, of at most a million bytes", bodies),
        test("topics must be there before a story names them", topics),
        test("links lead to other stories or to the web", links),
        test("renditions are addresses on the web with sizes that can be", renditions),
        test(
            "a story's permanent name is an absolute URI, and the same in the body",
            names,
        ),
        test("JSON that does not fit is refused, with the place", json_faults),
        test("a body of another kind is refused", not_json),
        test("a body that is larger than the server takes is refused", too_large).set("server.body_limit", 65_536),
        test("a refused story leaves nothing behind", nothing_behind),
    ]
}

const URI: &str = "urn:x:1";

/// Puts a story with these fields beside its headline.
async fn put(press: &Press, fields: Value) -> Answer {
    let mut body = json!({ "headline": "Headline" });
    body.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    press.put(&format!("/v1/articles/{}", segment(URI)), &body).await
}

/// The story is refused, each time with this one fault.
async fn refuse(press: &Press, cases: impl IntoIterator<Item = (Value, Fault<'_>)>) {
    for (fields, fault) in cases {
        breaks_rules(&put(press, fields).await, &[fault]);
    }
    press.get("/v1/articles/urn%3Ax%3A1").await.expect(404);
}

/// The story is taken each time, and shows these fields.
async fn take(press: &Press, cases: impl IntoIterator<Item = (Value, Value)>) {
    for (fields, shown) in cases {
        let answer = put(press, fields.clone()).await;
        assert!(matches!(answer.status, 200 | 201), "{fields}: {answer}");
        let story = press.get("/v1/articles/urn%3Ax%3A1").await.expect(200).json();
        for (field, value) in shown.as_object().unwrap() {
            assert_eq!(story[field], *value, "{field} of {fields}");
        }
    }
}

async fn all_at_once(press: Press) {
    let long = |length: usize| "x".repeat(length);
    let body = json!({
        "uri": "story 1",
        "slug": "Not A Slug",
        "language": "ru_RU",
        "headline": " \n ",
        "summary": "Bell\u{7}",
        "body": "<p>One</p>",
        "bodyText": "Two",
        "byline": long(501),
        "dateline": long(201),
        "slugline": long(201),
        "urgency": 0,
        "genre": long(101),
        "edNote": long(2001),
        "firstPublished": "2026-01-12T19:16:00",
        "published": "2026-01-12T20:01:01Z",
        "embargoedUntil": "2026-01-13T06:00:00",
        "expires": "tomorrow",
        "source": "…",
        "topics": ["", "world"],
        "relatedLinks": [
            { "kind": "friend", "uri": "urn:x:2" },
            { "kind": "external", "uri": "urn:x:2", "url": "ftp://x.example" },
            { "kind": "background", "url": "https://x.example", "uri": "no scheme" },
            { "kind": "background" },
        ],
        "renditions": [{
            "name": "",
            "href": "/ship.jpg",
            "mediaType": "jpeg",
            "width": 0,
            "height": -1,
            "size": -1,
            "focalPoint": { "x": 1.5, "y": 0 },
            "alt": "Null\u{0}",
        }],
    });
    let answer = press.put("/v1/articles/story%201", &body).await;
    keep("rules__all_at_once", whole(&answer, &["content-type", "cache-control"]));
}

async fn lines(press: Press) {
    for (field, longest) in [
        ("headline", 500),
        ("summary", 5000),
        ("byline", 500),
        ("dateline", 200),
        ("slugline", 200),
        ("genre", 100),
        ("edNote", 2000),
        ("source", 200),
    ] {
        let too_long = format!("must be at most {longest} characters, not {}", longest + 1);
        refuse(
            &press,
            [
                (
                    json!({ field: "я".repeat(longest + 1) }),
                    (field, "too_long", &*too_long),
                ),
                (
                    json!({ field: "a\u{0}b" }),
                    (
                        field,
                        "control_character",
                        "holds the control character U+0000; take it out",
                    ),
                ),
                (
                    json!({ field: "a\u{1b}b" }),
                    (
                        field,
                        "control_character",
                        "holds the control character U+001B; take it out",
                    ),
                ),
                (
                    json!({ field: "a\u{7f}b" }),
                    (
                        field,
                        "control_character",
                        "holds the control character U+007F; take it out",
                    ),
                ),
                (
                    json!({ field: "a\u{ffff}b" }),
                    (
                        field,
                        "control_character",
                        "holds the control character U+FFFF; take it out",
                    ),
                ),
            ],
        )
        .await;
    }
    for headline in [json!(""), json!(" \t\n"), Value::Null] {
        let required = ("headline", "required", "is required and must not be empty");
        refuse(&press, [(json!({ "headline": headline }), required)]).await;
    }
    let unnameable = ("source", "unnameable", "needs at least one letter or digit");
    refuse(&press, [(json!({ "source": "***" }), unnameable)]).await;

    for (field, longest) in [
        ("headline", 500),
        ("summary", 5000),
        ("byline", 500),
        ("dateline", 200),
        ("slugline", 200),
        ("genre", 100),
        ("edNote", 2000),
    ] {
        let most = "я".repeat(longest);
        take(
            &press,
            [
                (json!({ field: most }), json!({ field: most })),
                // A dash that somebody decoded wrongly on the way; XML can hold it.
                (json!({ field: "One \u{97} two" }), json!({ field: "One \u{97} two" })),
                (
                    json!({ field: "  One\r\n\ttwo\u{85}three " }),
                    json!({ field: "One two three" }),
                ),
            ],
        )
        .await;
        if field != "headline" {
            take(&press, [(json!({ field: " " }), json!({ field: null }))]).await;
        }
    }
}

async fn ranges(press: Press) {
    let urgency =
        |number: i64, message: &'static str| (json!({ "urgency": number }), ("urgency", "out_of_range", message));
    let language = |tag: &'static str, message: &'static str| {
        (json!({ "language": tag }), ("language", "invalid_language", message))
    };
    let no_tag = "is no language tag; write one such as en, uk or pt-BR (BCP 47)";
    refuse(
        &press,
        [
            urgency(0, "must be between 1 (highest) and 9, not 0"),
            urgency(10, "must be between 1 (highest) and 9, not 10"),
            urgency(-1, "must be between 1 (highest) and 9, not -1"),
            urgency(257, "must be between 1 (highest) and 9, not 257"),
            urgency(i64::MAX, "must be between 1 (highest) and 9, not 9223372036854775807"),
            language("english", no_tag),
            language("", no_tag),
            language("en_US", "is no language tag; write en-US"),
        ],
    )
    .await;
    take(
        &press,
        [
            (json!({ "urgency": 1 }), json!({ "urgency": 1, "language": "en" })),
            (json!({ "urgency": 9 }), json!({ "urgency": 9 })),
            (json!({ "urgency": null }), json!({ "urgency": null })),
            (json!({ "language": "ZH-hant-tw" }), json!({ "language": "zh-Hant-TW" })),
        ],
    )
    .await;
}

async fn times(press: Press) {
    let no_time = "must be a time with its offset (RFC 3339), such as 2026-01-12T19:16:00+02:00";
    for field in ["firstPublished", "published", "expires", "embargoedUntil"] {
        for text in [
            "2026-01-12T19:16:00",
            "2026-01-12",
            "12 Jan 2026 19:16 +0200",
            "2026-02-30T10:00:00Z",
            "2026-01-12T25:00:00Z",
            "1768245360",
            "now",
            "",
            "12026-01-12T19:16:00Z",
            "-000044-03-15T12:00:00Z",
        ] {
            refuse(&press, [(json!({ field: text }), (field, "invalid_time", no_time))]).await;
        }
    }
    let future = "lies in the future; a story is public from the moment it is put in, or from `embargoedUntil` on";
    // The clock shows 20:00; a publisher's may be a minute ahead.
    refuse(
        &press,
        [
            (
                json!({ "firstPublished": "2026-01-12T20:01:00.000001Z" }),
                ("firstPublished", "in_the_future", future),
            ),
            (
                json!({ "published": "2026-01-12T22:01:01+02:00" }),
                ("published", "in_the_future", future),
            ),
            (
                json!({ "firstPublished": "2026-01-12T19:00:00Z", "published": "2026-01-12T18:59:59Z" }),
                ("published", "before_first", "must not be before `firstPublished`"),
            ),
        ],
    )
    .await;
    take(
        &press,
        [
            (
                json!({ "firstPublished": "2026-01-12T20:01:00Z", "published": "2026-01-12T20:01:00Z" }),
                json!({ "firstPublished": "2026-01-12T20:01:00Z", "published": "2026-01-12T20:01:00Z" }),
            ),
            (
                json!({ "embargoedUntil": "2026-01-12T20:00:00Z" }),
                json!({ "version": 1 }),
            ),
            (
                json!({ "expires": "2026-01-12T22:00:00.0000019+02:00", "headline": "Soon gone" }),
                json!({ "expires": "2026-01-12T20:00:00.000001Z" }),
            ),
        ],
    )
    .await;
    let old = press.story("urn:x:old").published_at("0001-01-01T00:00:00Z").await;
    let shown = press.get(&format!("/v1/articles/{}", old.id)).await.expect(200).json();
    assert_eq!(shown["firstPublished"], "0001-01-01T00:00:00Z");
}

async fn fixed(press: Press) {
    put(&press, json!({ "firstPublished": "2026-01-12T19:16:00+02:00" }))
        .await
        .expect(201);
    let message = "is 2026-01-12T17:16:00Z for ever and cannot become 2026-01-12T17:16:01Z; leave it out";
    let answer = put(
        &press,
        json!({ "firstPublished": "2026-01-12T17:16:01Z", "urgency": 1 }),
    )
    .await;
    breaks_rules(&answer, &[("firstPublished", "fixed", message)]);
    // Along with everything else that only a look into the house can find.
    let answer = put(
        &press,
        json!({ "firstPublished": "2026-01-12T17:16:01Z", "topics": ["ghost"] }),
    )
    .await;
    let unknown = "there is no topic `ghost`; put it in first with PUT /v1/topics/{slug}";
    breaks_rules(
        &answer,
        &[
            ("firstPublished", "fixed", message),
            ("topics[0]", "unknown_topic", unknown),
        ],
    );
    let same = json!({ "firstPublished": "2026-01-12T12:16:00-05:00", "urgency": 1 });
    assert_eq!(put(&press, same).await.expect(200).json()["version"], 2);
    assert_eq!(
        put(&press, json!({ "urgency": 2 })).await.expect(200).json()["version"],
        3
    );
    let story = press.get("/v1/articles/urn%3Ax%3A1").await.json();
    assert_eq!(story["firstPublished"], "2026-01-12T17:16:00Z");
}

async fn bodies(press: Press) {
    let both = "give `body` (HTML) or `bodyText` (plain text), not both";
    let too_long = "must be at most 1000000 bytes, not 1000001";
    let control = "holds the control character U+0008; take it out";
    refuse(
        &press,
        [
            (
                json!({ "body": "<p>One</p>", "bodyText": "One" }),
                ("bodyText", "conflict", both),
            ),
            (json!({ "body": "", "bodyText": "" }), ("bodyText", "conflict", both)),
            (json!({ "body": "x".repeat(1_000_001) }), ("body", "too_long", too_long)),
            (
                json!({ "bodyText": "x".repeat(1_000_001) }),
                ("bodyText", "too_long", too_long),
            ),
            (
                json!({ "body": "<p>\u{8}</p>" }),
                ("body", "control_character", control),
            ),
            (
                json!({ "bodyText": "\u{8}" }),
                ("bodyText", "control_character", control),
            ),
        ],
    )
    .await;
    let most = "word ".repeat(200_000);
    take(
        &press,
        [
            (json!({ "body": most }), json!({ "wordCount": 200_000 })),
            (
                json!({ "body": null, "bodyText": "One" }),
                json!({ "body": "<p>One</p>" }),
            ),
        ],
    )
    .await;
}

async fn topics(press: Press) {
    press.topic("world", "World", None).await;
    let unknown = |name: &str| format!("there is no topic {name}; put it in first with PUT /v1/topics/{{slug}}");
    let answer = put(
        &press,
        json!({ "topics": ["ghost", "world", "medtop:1", "0190a5c4-7b1e-7d2a-8f00-0123456789ab"] }),
    )
    .await;
    breaks_rules(
        &answer,
        &[
            ("topics[0]", "unknown_topic", &unknown("`ghost`")),
            ("topics[2]", "unknown_topic", &unknown("with the code `medtop:1`")),
            (
                "topics[3]",
                "unknown_topic",
                &unknown("with the id 0190a5c4-7b1e-7d2a-8f00-0123456789ab"),
            ),
        ],
    );
    refuse(
        &press,
        [
            (
                json!({ "topics": vec!["world"; 51] }),
                ("topics", "too_many", "at most 50, not 51"),
            ),
            (
                json!({ "topics": ["world", " "] }),
                ("topics[1]", "required", "must be a topic's slug or code"),
            ),
        ],
    )
    .await;
    assert_eq!(
        put(&press, json!({ "topics": vec![" world "; 50] }))
            .await
            .expect(201)
            .json()["version"],
        1
    );
    let story = press.get("/v1/articles/urn%3Ax%3A1").await.json();
    assert_eq!(story["topics"].as_array().unwrap().len(), 1);
    let id = &story["topics"][0]["id"];
    assert_eq!(
        put(&press, json!({ "topics": [id] })).await.expect(200).json()["outcome"],
        "unchanged"
    );
}

async fn links(press: Press) {
    let link = |link: Value| json!({ "relatedLinks": [link] });
    let kinds = "must be one of background, follow_up, correction_of, translation_of, external";
    let required = "is required and must not be empty";
    refuse(
        &press,
        [
            (
                link(json!({ "kind": "EXTERNAL" })),
                ("relatedLinks[0].kind", "unknown_value", kinds),
            ),
            (
                link(json!({ "kind": "background" })),
                ("relatedLinks[0].uri", "required", required),
            ),
            (
                link(json!({ "kind": "background", "uri": URI })),
                ("relatedLinks[0].uri", "self_link", "must be another story"),
            ),
            (
                link(json!({ "kind": "background", "uri": "story-2" })),
                (
                    "relatedLinks[0].uri",
                    "invalid_uri",
                    "has no scheme; write for example urn:example:story-2",
                ),
            ),
            (
                link(json!({ "kind": "follow_up", "uri": "urn:x:2", "url": "https://x.example" })),
                (
                    "relatedLinks[0].url",
                    "conflict",
                    "a link to a story has its `uri`; for a page elsewhere use kind external",
                ),
            ),
            (
                link(json!({ "kind": "external", "title": "Elsewhere" })),
                ("relatedLinks[0].url", "required", required),
            ),
            (
                link(json!({ "kind": "external", "url": "https://x.example" })),
                ("relatedLinks[0].title", "required", "an external link needs a title"),
            ),
            (
                link(json!({ "kind": "external", "url": "javascript:alert(1)", "title": "Elsewhere" })),
                (
                    "relatedLinks[0].url",
                    "invalid_url",
                    "is no web address; it has to begin with https:// or http://",
                ),
            ),
            (
                link(json!({ "kind": "external", "url": "https://me:pw@x.example", "title": "Elsewhere" })),
                (
                    "relatedLinks[0].url",
                    "invalid_url",
                    "holds a user name or password; leave it out, everybody will read it",
                ),
            ),
            (
                link(json!({ "kind": "external", "url": "https://x.example", "uri": "urn:x:2", "title": "Elsewhere" })),
                (
                    "relatedLinks[0].uri",
                    "conflict",
                    "an external link has `url` and `title`, no `uri`",
                ),
            ),
            (
                link(json!({ "kind": "background", "uri": "urn:x:2", "title": "x".repeat(501) })),
                (
                    "relatedLinks[0].title",
                    "too_long",
                    "must be at most 500 characters, not 501",
                ),
            ),
            (
                json!({ "relatedLinks": vec![json!({ "kind": "background", "uri": "urn:x:2" }); 51] }),
                ("relatedLinks", "too_many", "at most 50, not 51"),
            ),
        ],
    )
    .await;
    put(
        &press,
        json!({ "relatedLinks": vec![json!({ "kind": "translation_of", "uri": "urn:x:2" }); 50] }),
    )
    .await
    .expect(201);
}

async fn renditions(press: Press) {
    let rendition = |fields: Value| {
        let mut rendition = json!({ "name": "main", "href": "https://x.example/a.jpg" });
        rendition
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        json!({ "renditions": [rendition] })
    };
    let no_address = "is no web address; it has to begin with https:// or http://";
    let one = |field: &str, value: Value| rendition(json!({ field: value }));
    let media_type = "must be a media type such as image/jpeg";
    let point = "x and y must be between 0 and 1";
    refuse(
        &press,
        [
            (
                one("href", json!("/a.jpg")),
                ("renditions[0].href", "invalid_url", no_address),
            ),
            (
                one("href", json!("")),
                ("renditions[0].href", "invalid_url", no_address),
            ),
            (
                one("href", json!("data:image/png;base64,")),
                ("renditions[0].href", "invalid_url", no_address),
            ),
            (
                one("href", json!("https:///a.jpg")),
                ("renditions[0].href", "invalid_url", "has no host"),
            ),
            (
                one("href", json!("https://x.example/a b.jpg")),
                ("renditions[0].href", "invalid_url", "holds ' '; write it as %20"),
            ),
            (
                one("name", json!(" ")),
                ("renditions[0].name", "required", "is required and must not be empty"),
            ),
            (
                one("name", json!("x".repeat(101))),
                (
                    "renditions[0].name",
                    "too_long",
                    "must be at most 100 characters, not 101",
                ),
            ),
            (
                one("width", json!(0)),
                ("renditions[0].width", "out_of_range", "must be 1 pixel or more"),
            ),
            (
                one("height", json!(0)),
                ("renditions[0].height", "out_of_range", "must be 1 pixel or more"),
            ),
            (
                one("size", json!(-1)),
                ("renditions[0].size", "out_of_range", "must be 0 bytes or more"),
            ),
            (
                one("mediaType", json!("image")),
                ("renditions[0].mediaType", "invalid_media_type", media_type),
            ),
            (
                one("mediaType", json!("image/")),
                ("renditions[0].mediaType", "invalid_media_type", media_type),
            ),
            (
                one("focalPoint", json!({ "x": 1.01, "y": 0.5 })),
                ("renditions[0].focalPoint", "out_of_range", point),
            ),
            (
                one("focalPoint", json!({ "x": 0.5, "y": -0.01 })),
                ("renditions[0].focalPoint", "out_of_range", point),
            ),
            (
                json!({ "renditions": vec![json!({ "name": "main", "href": "https://x.example" }); 51] }),
                ("renditions", "too_many", "at most 50, not 51"),
            ),
        ],
    )
    .await;
    let edge = json!({ "width": 1, "height": 1, "size": 0, "mediaType": "image/svg+xml",
        "focalPoint": { "x": 0, "y": 1 } });
    put(&press, rendition(edge)).await.expect(201);
}

async fn names(press: Press) {
    let longest = format!("urn:x:{}", "y".repeat(1018));
    for (uri, message) in [
        ("story-1", "has no scheme; write for example urn:example:story-1"),
        ("1x:y", "has no scheme; write for example urn:example:1xy"),
        ("urn:", "has nothing after urn:"),
        (
            "urn:x:a#b",
            "has a fragment, which names a part of something; leave out # and what follows",
        ),
        (
            "urn:x:a b",
            "holds ' '; only printable ASCII is allowed, write it as %20",
        ),
        (
            "urn:x:Київ",
            "holds 'К'; only printable ASCII is allowed, write it as %D0%9A",
        ),
        (
            "urn:x:50%",
            "has a % without two hexadecimal digits; a percent sign itself is written %25",
        ),
        ("urn:x:<a>", "holds <, which a URI cannot; write it as %3C"),
        (&format!("{longest}y"), "has 1025 bytes; at most 1024 are allowed"),
    ] {
        let answer = press
            .put(&format!("/v1/articles/{}", segment(uri)), &json!({ "headline": "x" }))
            .await;
        breaks_rules(&answer, &[("uri", "invalid_uri", message)]);
    }
    for uri in [
        longest.as_str(),
        "https://x.example/a/b?c=d&e=%2F",
        "tag:x.example,2026:1",
        URI,
    ] {
        let put = press.story(uri).headline("x").with("uri", uri).await;
        assert_eq!((put.uri.as_str(), put.outcome.as_str()), (uri, "created"));
        let found = press
            .get(&format!("/v1/articles/{}", segment(uri)))
            .await
            .expect(200)
            .json();
        assert_eq!(found["uri"], uri);
    }
    let message = "differs from the one in the address; leave it out of the body";
    breaks_rules(
        &put(&press, json!({ "uri": "urn:x:2" })).await,
        &[("uri", "conflict", message)],
    );
}

async fn json_faults(press: Press) {
    let send = |body: &'static str| {
        press
            .ask(reqwest::Method::PUT, "/v1/articles/urn%3Ax%3A1")
            .admin()
            .header("content-type", "application/json")
            .body(body)
    };
    let fields = "`uri`, `slug`, `language`, `headline`, `summary`, `body`, `bodyText`, `byline`, `dateline`, \
                  `slugline`, `urgency`, `genre`, `edNote`, `firstPublished`, `published`, `embargoedUntil`, `expires`, \
                  `source`, `topics`, `relatedLinks`, `renditions`, `replaces`, `extra`";
    let unknown: String = format!("unknown field `headlin`, expected one of {fields}")
        .chars()
        .take(500)
        .collect();
    for (body, fault) in [
        (r#"{"headlin":"x"}"#, format!("line 1, column 10: {unknown}")),
        (
            "{\n  \"headline\": 5}",
            "line 2, column 15: invalid type: integer `5`, expected a string".to_owned(),
        ),
        (
            r#"{"headline":"x","urgency":"2"}"#,
            "line 1, column 29: invalid type: string \"2\", expected i64".to_owned(),
        ),
        (
            r#"{"headline":"x","urgency":2.5}"#,
            "line 1, column 29: invalid type: floating point `2.5`, expected i64".to_owned(),
        ),
        (
            r#"{"headline":"x","topics":"world"}"#,
            "line 1, column 32: invalid type: string \"world\", expected a sequence".to_owned(),
        ),
        (
            r#"{"headline":"x","headline":"y"}"#,
            "line 1, column 26: duplicate field `headline`".to_owned(),
        ),
        (
            r#"{"headline":"x","renditions":[{"name":"main"}]}"#,
            "line 1, column 45: missing field `href`".to_owned(),
        ),
        (
            "5",
            "line 1, column 1: invalid type: integer `5`, expected struct Submission".to_owned(),
        ),
    ] {
        let detail = format!("The JSON does not fit at {fault}.");
        refused(&send(body).await, 422, "invalid_content", &detail, &[]);
    }
    for (body, place) in [
        ("", "line 1, column 0"),
        ("{", "line 1, column 1"),
        (r#"{"headline":"x""#, "line 1, column 15"),
        (r#"{"headline":"x"} {}"#, "line 1, column 18"),
        (r#"{"headline":"x",}"#, "line 1, column 17"),
        ("{\"headline\":\"a\nb\"}", "line 2, column 0"),
        (r#"{"headline":"\ud800"}"#, "line 1, column 20"),
        ("headline=x", "line 1, column 1"),
    ] {
        let detail = format!("The body is not valid JSON: {place}.");
        refused(&send(body).await, 400, "invalid_json", &detail, &[]);
    }
    press.get("/v1/articles/urn%3Ax%3A1").await.expect(404);
}

async fn not_json(press: Press) {
    let send = |kind: &str, body: String| {
        let ask = press.ask(reqwest::Method::PUT, "/v1/articles/urn%3Ax%3A1").admin();
        ask.header("content-type", kind).body(body)
    };
    let body = || json!({ "headline": "x" }).to_string();
    let detail = "Send `Content-Type: application/json` (UTF-8; a story in Dateline's own words), or a document as \
                  application/ninjs+json, application/vnd.iptc.g2.newsitem+xml, application/vnd.iptc.g2.packageitem+xml, \
                  application/vnd.iptc.g2.newsmessage+xml, application/nitf+xml, application/atom+xml, \
                  application/rss+xml, application/rdf+xml, application/feed+json, application/xml, text/xml, \
                  application/ld+json, text/html, application/xhtml+xml.";
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/json; charset=windows-1251",
        "",
    ] {
        refused(&send(kind, body()).await, 415, "unsupported_media_type", detail, &[]);
    }
    let none = send("x", body()).without("content-type").await;
    refused(&none, 415, "unsupported_media_type", detail, &[]);
    press.get("/v1/articles/urn%3Ax%3A1").await.expect(404);
    send("Application/JSON; charset=\"UTF-8\"", body()).await.expect(201);
}

async fn too_large(press: Press) {
    let send = |length: usize| {
        let body = json!({ "headline": "x" }).to_string();
        press
            .ask(reqwest::Method::PUT, "/v1/articles/urn%3Ax%3A1")
            .admin()
            .header("content-type", "application/json")
            .body(" ".repeat(length - body.len()) + &body)
    };
    let detail = "The body is larger than this server takes (server.body_limit).";
    refused(&send(65_537).await, 413, "too_large", detail, &[]);
    press.get("/v1/articles/urn%3Ax%3A1").await.expect(404);
    send(65_536).await.expect(201);
}

async fn nothing_behind(press: Press) {
    let broken = json!({ "source": "Nobody's Wire", "slug": "a-slug", "topics": ["ghost"] });
    put(&press, broken).await.expect(422);
    assert_eq!(crate::stories::wire::head(&press).await, 0);
    let answer = press.get("/v1/articles?source=nobodys-wire").await;
    let message = "there is no source `nobodys-wire`";
    let detail = "A parameter is wrong; see `errors`.";
    refused(
        &answer,
        400,
        "invalid_parameter",
        detail,
        &[("source", "unknown_source", message)],
    );
    assert_eq!(press.story("urn:x:2").slug("a-slug").await.slug, "a-slug");
}
