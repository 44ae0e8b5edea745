//! What stands in its fields: lines, numbers, times, the body, its name.

use serde_json::{Value, json};

use super::{URI, put, refuse, take};
use crate::exact::breaks_rules;
use crate::press::{Press, segment};

pub async fn lines(press: Press) {
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

pub async fn ranges(press: Press) {
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

pub async fn times(press: Press) {
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

pub async fn fixed(press: Press) {
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

pub async fn bodies(press: Press) {
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

pub async fn names(press: Press) {
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
