//! What a story may hold: every rule with its exact answer, and what just keeps within it.

mod beside;
mod document;
mod fields;

use serde_json::{Value, json};

use crate::exact::{Fault, breaks_rules, keep, refused, whole};
use crate::press::{Answer, Press, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("everything that is wrong with a story is said at once", all_at_once),
        test(
            "lines of text keep their lengths and hold no control characters",
            fields::lines,
        ),
        test("numbers and languages keep their ranges", fields::ranges),
        test("times have an offset and lie where they can", fields::times),
        test("a first publication stays what it is", fields::fixed),
        test(
            "a body is HTML or plain text, of at most a million bytes",
            fields::bodies,
        ),
        test("topics must be there before a story names them", beside::topics),
        test("links lead to other stories or to the web", beside::links),
        test(
            "renditions are addresses on the web with sizes that can be",
            beside::renditions,
        ),
        test(
            "a story's permanent name is an absolute URI, and the same in the body",
            fields::names,
        ),
        test(
            "JSON that does not fit is refused, with the place",
            document::json_faults,
        ),
        test("a body of another kind is refused", document::not_json),
        test(
            "a body that is larger than the server takes is refused",
            document::too_large,
        )
        .set("server.body_limit", 65_536),
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
