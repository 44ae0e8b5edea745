//! Every error is a problem (RFC 9457), and says what is wrong and what to do.

use reqwest::Method;
use serde_json::{Value, json};

use crate::exact::{breaks_rules, fields_and_codes, refused, stale};
use crate::press::{Answer, Press};
use crate::runner::{Test, test};
use crate::socket::Socket;

pub fn all() -> Vec<Test> {
    vec![
        test(
            "an unknown parameter is refused with the nearest name",
            unknown_parameters,
        ),
        test("a parameter given twice is refused", repeated_parameters),
        test("all wrong parameters are told at once", wrong_parameters),
        test(
            "a filter by a topic or source that is not there is refused",
            unknown_names,
        ),
        test("a wrong key is refused, and so is none", keys),
        test("a key that only reads does not write", reading_keys),
        test("what is not there answers 404, each in the same words", not_found),
        test("a method that an address does not know answers 405 with Allow", methods),
        test("who takes no JSON is told so", not_acceptable),
        test("a body too large is refused, whether it says so or not", too_large).set("server.body_limit", 65536),
        test("a body that is not named as JSON is refused", media_types),
        test("a body that is not JSON is refused with the place", broken_json),
        test("content that breaks rules is refused field by field", content),
        test("a body that breaks off is refused", broken_off),
        test("a condition that is not met is refused", conditions),
    ]
}

#[track_caller]
fn wrong_parameter(answer: &Answer, errors: &[(&str, &str, &str)]) {
    let detail = "A parameter is wrong; see `errors`.";
    refused(answer, 400, "invalid_parameter", detail, errors);
}

async fn unknown_parameters(press: Press) {
    for (path, name, message) in [
        ("/v1/articles?lmit=2", "lmit", "is unknown here; did you mean `limit`?"),
        ("/v1/latest?Limit=2", "Limit", "is unknown here; did you mean `limit`?"),
        (
            "/v1/latest?timezone=UTC",
            "timezone",
            "is unknown here; did you mean `timeZone`?",
        ),
        (
            "/v1/articles?topics=x",
            "topics",
            "is unknown here; did you mean `topic`?",
        ),
        (
            "/v1/latest?page=2",
            "page",
            "is unknown here; known are limit, after, before, total, timeZone, include, format",
        ),
        (
            "/v1/topics/x?q=1",
            "q",
            "is unknown here; this address takes no parameters",
        ),
        ("/v1/me?a", "a", "is unknown here; this address takes no parameters"),
    ] {
        wrong_parameter(&press.get(path).await, &[(name, "unknown_parameter", message)]);
    }
    // A key is no parameter: it would stand in every log on the way.
    let answer = press.put("/v1/articles/urn:x:1?key=dl_a_b", &json!({})).await;
    wrong_parameter(
        &answer,
        &[(
            "key",
            "unknown_parameter",
            "is unknown here; this address takes no parameters",
        )],
    );
}

async fn repeated_parameters(press: Press) {
    let twice = |name| [(name, "repeated_parameter", "is given more than once")];
    wrong_parameter(&press.get("/v1/articles?limit=2&limit=2").await, &twice("limit"));
    wrong_parameter(
        &press.get("/v1/latest?total=true&limit=2&total=true").await,
        &twice("total"),
    );
    // A topic may be said several times: it is an expression.
    press.topic("a", "A", None).await;
    press.get("/v1/articles?topic=a&topic=a").await.expect(200);
}

async fn wrong_parameters(press: Press) {
    let path = "/v1/articles?limit=101&topic=-a|b&dateField=born&from=yesterday&to=2026-01-01&total=maybe&\
                timeZone=kyiv&language=english&urgency=1,12&include=bodies&genre=,&after=zz&colour=red";
    let time = "must be a time with its offset (RFC 3339), such as 2026-01-12T19:16:00Z; write a plus sign as %2B";
    wrong_parameter(
        &press.get(path).await,
        &[
            (
                "colour",
                "unknown_parameter",
                "is unknown here; known are topic, language, source, genre, urgency, channel, from, to, dateField, limit, after, before, total, timeZone, include, format",
            ),
            (
                "topic",
                "invalid_value",
                "`-a|b`: a minus excludes one topic; to exclude several write `-a,-b`",
            ),
            (
                "language",
                "invalid_value",
                "is no language tag; write one such as en, uk or pt-BR (BCP 47)",
            ),
            (
                "urgency",
                "invalid_value",
                "must be numbers from 1 to 9, divided by commas",
            ),
            (
                "dateField",
                "invalid_value",
                "must be one of firstPublished, published, versionCreated",
            ),
            ("from", "invalid_value", time),
            ("to", "invalid_value", time),
            ("genre", "invalid_value", "must be 1 to 50 values divided by commas"),
            ("limit", "out_of_range", "must be between 1 and 100, not 101"),
            (
                "after",
                "invalid_cursor",
                "is not a cursor that this server gave; send one unchanged",
            ),
            ("total", "invalid_value", "must be true or false"),
            (
                "timeZone",
                "invalid_value",
                "is no known time zone; did you mean Europe/Kyiv?",
            ),
            ("include", "invalid_value", "may hold body"),
        ],
    );
    for (path, field, code, message) in [
        (
            "/v1/latest?limit=0",
            "limit",
            "out_of_range",
            "must be between 1 and 100, not 0",
        ),
        (
            "/v1/latest?limit=ten",
            "limit",
            "invalid_value",
            "must be a whole number",
        ),
        (
            "/v1/latest?limit=99999999999999999999",
            "limit",
            "invalid_value",
            "must be a whole number",
        ),
        (
            "/v1/latest?after=",
            "after",
            "invalid_value",
            "must not be empty; leave the parameter out",
        ),
        (
            "/v1/articles/x?version=0",
            "version",
            "invalid_value",
            "must be 1 or more",
        ),
        (
            "/v1/articles/x?include=body",
            "include",
            "invalid_value",
            "may hold relatedLinks, moreAbout, latest, replacedBy, translations, storyline",
        ),
        (
            "/v1/articles?from=2026-01-12T00:00:00Z&to=2026-01-12T00:00:00Z",
            "to",
            "invalid_value",
            "must be after `from`",
        ),
        (
            "/v1/articles?language=en_GB",
            "language",
            "invalid_value",
            "is no language tag; write en-GB",
        ),
        (
            "/v1/topics?kind=animal",
            "kind",
            "invalid_value",
            "must be one of subject, place, person, organisation, event",
        ),
    ] {
        wrong_parameter(&press.get(path).await, &[(field, code, message)]);
    }
    // A cursor belongs to its kind of list.
    for slug in ["a", "b"] {
        press.topic(slug, slug, None).await;
    }
    let next = press.get("/v1/topics?limit=1").await.json()["next"]
        .as_str()
        .unwrap()
        .to_owned();
    wrong_parameter(
        &press.get(&format!("/v1/latest?after={next}")).await,
        &[("after", "foreign_cursor", "is a cursor of another kind of list")],
    );
}

async fn unknown_names(press: Press) {
    wrong_parameter(
        &press.get("/v1/articles?topic=nowhere,medtop:1&source=nobody").await,
        &[
            ("topic", "unknown_topic", "there is no topic `nowhere`"),
            ("topic", "unknown_topic", "there is no topic `medtop:1`"),
            ("source", "unknown_source", "there is no source `nobody`"),
        ],
    );
}

async fn keys(press: Press) {
    let wrong = "The key in `Authorization` is not valid.";
    let (id, _) = press.admin_key().rsplit_once('_').unwrap();
    for value in [
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer dl_a_b".to_owned(),
        format!("Bearer {id}_wrong"),
        format!("Basic {}", press.admin_key()),
        press.admin_key().to_owned(),
        "Bearer \u{ff}".to_owned(),
    ] {
        let answer = press.get("/v1/latest").header("authorization", &value).await;
        refused(&answer, 401, "invalid_key", wrong, &[]);
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"dateline\"");
    }
    let answer = press
        .put("/v1/articles/urn:x:1", &json!({}))
        .without("authorization")
        .await;
    let detail =
        "This needs a key: send `Authorization: Bearer <key>`. A publisher issues one with `dateline key issue`.";
    refused(&answer, 401, "key_required", detail, &[]);
    assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"dateline\"");
    // The scheme is a word in any case.
    let value = format!("bearer {}", press.admin_key());
    let me = press.get("/v1/me").header("authorization", &value).await.expect(200);
    assert_eq!(me.json()["scope"], "admin");
}

async fn reading_keys(press: Press) {
    let key = press
        .command(["key", "issue", "--scope", "read", "--name", "a reader"])
        .await
        .ok();
    let me = press.get("/v1/me").key(key.trim()).await.expect(200).json();
    assert_eq!(
        (&me["name"], &me["scope"], &me["mayPublish"]),
        (&json!("a reader"), &json!("read"), &json!(false))
    );
    for path in ["/v1/articles/urn:x:1", "/v1/topics/t", "/v1/collections/c"] {
        let answer = press.put(path, &json!({})).key(key.trim()).await;
        let detail = "This needs a key of scope `publish` or `admin`.";
        refused(&answer, 403, "scope_required", detail, &[]);
    }
}

async fn not_found(press: Press) {
    press.story("urn:x:1").slug("one").await;
    let nothing = "There is nothing at this address. The routes are listed at /docs.";
    for path in [
        "/v1",
        "/v1/",
        "/v1/article",
        "/v1/articles/",
        "/v1/articles/a/b",
        "/v2/articles",
        "/favicon.ico",
        "//",
    ] {
        refused(&press.get(path).await, 404, "not_found", nothing, &[]);
    }
    for (path, what) in [
        ("/v1/articles/nowhere", "story"),
        ("/v1/articles/urn%3Ax%3A2", "story"),
        ("/v1/articles/0198c0de-0000-7000-8000-000000000000", "story"),
        ("/v1/articles/a%00b", "story"),
        ("/v1/articles/%F0%9F%97%9E", "story"),
        ("/v1/articles/nowhere/versions", "story"),
        ("/v1/articles/nowhere/related", "story"),
        ("/v1/articles/one?version=2", "version of this story"),
        ("/v1/topics/nowhere", "topic"),
        ("/v1/topics/medtop:0", "topic"),
        ("/v1/topics/a%00b", "topic"),
        ("/v1/topics/nowhere/articles", "topic"),
        ("/v1/topics?parent=nowhere", "topic"),
        ("/v1/collections/nowhere", "collection"),
        ("/v1/collections/a%00b", "collection"),
    ] {
        let detail = format!("There is no such {what}.");
        refused(&press.get(path).await, 404, "not_found", &detail, &[]);
    }
    let detail = "The address holds percent-encoded bytes that are not UTF-8.";
    for path in [
        "/v1/articles/%FF",
        "/v1/topics/%C3%28/articles",
        "/v1/collections/%ED%A0%80",
        "/graphiql/%FF",
    ] {
        refused(&press.get(path).await, 400, "invalid_address", detail, &[]);
    }
}

async fn methods(press: Press) {
    for (method, path, allow) in [
        (Method::DELETE, "/v1/articles", "GET,HEAD"),
        (Method::POST, "/v1/articles/x", "GET,HEAD,PUT"),
        (Method::PATCH, "/v1/topics/x", "GET,HEAD,PUT"),
        (Method::PUT, "/v1/topics/x/articles", "GET,HEAD"),
        (Method::POST, "/v1/me", "GET,HEAD"),
        (Method::POST, "/livez", "GET,HEAD"),
        (Method::PUT, "/openapi.json", "GET,HEAD"),
        (Method::POST, "/graphiql", "GET,HEAD"),
    ] {
        let answer = press.ask(method.clone(), path).admin().await;
        let detail = format!("This address does not answer to {method}; see the Allow header.");
        refused(&answer, 405, "method_not_allowed", &detail, &[]);
        let mut said: Vec<&str> = answer.header("allow").split(',').map(str::trim).collect();
        said.sort_unstable();
        assert_eq!(said.join(","), allow, "{answer}");
    }
}

async fn not_acceptable(press: Press) {
    let detail = "There is none of what `Accept` asks for. There are application/json, application/ninjs+json, \
                  application/vnd.iptc.g2.newsitem+xml, application/vnd.iptc.g2.newsmessage+xml, application/ld+json; \
                  `?format=` asks for them by name.";
    for accept in [
        "text/html",
        "application/xml",
        "application/json;q=0",
        "application/problem+json",
        "text/*, image/png",
    ] {
        let answer = press.get("/v1/latest").header("accept", accept).await;
        refused(&answer, 406, "not_acceptable", detail, &[]);
    }
    for accept in [
        "application/json",
        "*/*",
        "application/*;q=0.1",
        "text/html, */*;q=0.8",
        "Application/JSON; charset=utf-8",
    ] {
        press.get("/v1/latest").header("accept", accept).await.expect(200);
    }
}

async fn too_large(press: Press) {
    let detail = "The body is larger than this server takes (server.body_limit).";
    let story = json!({ "headline": "A", "bodyText": "a ".repeat(40_000) });
    let answer = press.put("/v1/articles/urn:x:1", &story).await;
    refused(&answer, 413, "too_large", detail, &[]);
    // Without a length, in pieces.
    let mut socket = Socket::open(&press).await;
    let key = press.admin_key();
    socket
        .say(format!(
            "PUT /v1/articles/urn:x:1 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\
             content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        ))
        .await;
    for _ in 0..20 {
        socket.say(format!("1000\r\n{}\r\n", " ".repeat(4096))).await;
    }
    let heard = socket.hear().await;
    assert_eq!(
        (heard.status, heard.header("content-type").as_str()),
        (413, "application/problem+json"),
        "{heard:?}"
    );
    assert!(heard.text().contains(detail), "{heard:?}");
    // Just below the limit it is taken.
    let body = format!("{{\"headline\":\"A\"{}}}", " ".repeat(65_536 - 16));
    let answer = press.put("/v1/articles/urn:x:1", &json!({})).body(body).await;
    answer.expect(201);
}

async fn media_types(press: Press) {
    let detail = "Send `Content-Type: application/json` (UTF-8; a story in Dateline's own words), or a document as \
                  application/ninjs+json, application/vnd.iptc.g2.newsitem+xml, application/vnd.iptc.g2.packageitem+xml, \
                  application/vnd.iptc.g2.newsmessage+xml, application/nitf+xml, application/atom+xml, application/rss+xml, \
                  application/rdf+xml, application/feed+json, application/xml, text/xml, application/ld+json, text/html, \
                  application/xhtml+xml.";
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=iso-8859-1",
        "application/merge-patch+json",
        "",
    ] {
        let answer = press
            .put("/v1/articles/urn:x:1", &json!({ "headline": "A" }))
            .header("content-type", kind)
            .await;
        refused(&answer, 415, "unsupported_media_type", detail, &[]);
    }
    let answer = press
        .put("/v1/articles/urn:x:1", &json!({ "headline": "A" }))
        .without("content-type")
        .await;
    refused(&answer, 415, "unsupported_media_type", detail, &[]);
    let kind = "Application/JSON; charset=\"UTF-8\"";
    press
        .put("/v1/articles/urn:x:1", &json!({ "headline": "A" }))
        .header("content-type", kind)
        .await
        .expect(201);
}

async fn broken_json(press: Press) {
    let invalid = |place: &str| format!("The body is not valid JSON: {place}.");
    for (body, place) in [
        (&b"{\"headline\":\"A\""[..], "line 1, column 15"),
        (b"", "line 1, column 0"),
        (b"headline=A", "line 1, column 1"),
        (b"{\n  \"headline\": 'A'\n}", "line 2, column 15"),
        (b"{\"headline\":\"A\"} {}", "line 1, column 18"),
        (b"\xef\xbb\xbf{}", "line 1, column 1"),
        (b"{\"headline\":\"\xff\"}", "line 1, column 14"),
        (b"{\"headline\":\"\\ud800\"}", "line 1, column 20"),
    ] {
        let answer = press.put("/v1/articles/urn:x:1", &json!({})).body(body.to_vec()).await;
        refused(&answer, 400, "invalid_json", &invalid(place), &[]);
    }
}

async fn content(press: Press) {
    press.topic("war", "War", None).await;
    let story = json!({
        "uri": "urn:x:2", "slug": "No Slug", "language": "english", "summary": "\u{7}", "body": "<p>a", "bodyText": "a",
        "urgency": 0, "firstPublished": "2027-01-01T00:00:00Z", "published": "2026-01-01", "expires": "never",
        "embargoedUntil": "2026-02-01", "source": "x".repeat(201),
        "relatedLinks": [{ "kind": "see" }, { "kind": "external", "url": "javascript:alert(1)" }, { "kind": "background" }],
        "renditions": [{ "name": "", "href": "/a.jpg", "width": 0, "focalPoint": { "x": 2, "y": 0 } }],
    });
    let answer = press.put("/v1/articles/urn:x:2", &story).await;
    let found = answer.json();
    assert_eq!(
        (answer.status, &found["code"], &found["detail"]),
        (
            422,
            &json!("invalid_content"),
            &json!("The content breaks rules; see `errors`.")
        ),
        "{answer}"
    );
    insta_list("rest_http__content_faults", &fields_and_codes(&found["errors"]));
    // What is not a story at all is told with its place.
    for (story, detail) in [
        (
            json!({ "headline": 7 }),
            "The JSON does not fit at line 1, column 13: invalid type: integer `7`, expected a string.",
        ),
        (
            json!([1]),
            "The JSON does not fit at line 1, column 2: invalid type: integer `1`, expected a string.",
        ),
    ] {
        let answer = press.put("/v1/articles/urn:x:2", &story).await;
        refused(&answer, 422, "invalid_content", detail, &[]);
    }
    let answer = press
        .put("/v1/articles/urn:x:2", &json!({ "headline": "A", "uri": "urn:x:3" }))
        .await;
    let message = "differs from the one in the address; leave it out of the body";
    breaks_rules(&answer, &[("uri", "conflict", message)]);
    // Nothing of it was taken.
    press.get("/v1/articles/urn%3Ax%3A2").await.expect(404);
}

/// One line for each, as a snapshot.
fn insta_list(name: &str, lines: &[String]) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("../snapshots");
    settings.bind(|| insta::assert_snapshot!(name, lines.join("\n")));
}

async fn broken_off(press: Press) {
    let key = press.admin_key();
    let mut socket = Socket::open(&press).await;
    socket
        .say(format!(
            "PUT /v1/articles/urn:x:1 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: 100\r\n\r\n{{\"headline\":"
        ))
        .await;
    socket.say_no_more().await;
    let heard = socket.hear().await;
    assert_eq!(heard.status, 400, "{heard:?}");
    let problem: Value = serde_json::from_slice(&heard.body).unwrap();
    assert_eq!(
        problem,
        json!({
            "type": "about:blank", "title": "Bad Request", "status": 400, "code": "unreadable_body",
            "detail": "The body could not be read to its end.",
        })
    );
    press.get("/v1/articles/urn%3Ax%3A1").await.expect(404);
}

async fn conditions(press: Press) {
    let one = press.story("urn:x:1").await;
    let (path, body) = ("/v1/articles/urn:x:1", json!({ "headline": "B" }));
    for (name, value) in [
        ("if-match", "\"v7\""),
        ("if-match", "W/\"v2-00\", \"nonsense\""),
        ("if-none-match", "*"),
    ] {
        let answer = press.put(path, &body).header(name, value).await;
        stale(&answer, 1);
    }
    let absent = "Somebody was faster: it does not exist yet; send the request without `If-Match`.";
    let answer = press.put("/v1/articles/urn:x:2", &body).header("if-match", "*").await;
    refused(&answer, 412, "stale_version", absent, &[]);
    let answer = press.put(path, &body).header("if-none-match", "\"v1\"").await;
    let detail = "On a write, `If-None-Match` can only be `*`.";
    refused(&answer, 400, "unsupported_condition", detail, &[]);
    // The ETag of a reading is as good as that of a writing.
    let read = press.get(path).await;
    press.put(path, &body).header("if-match", read.etag()).await.expect(200);
    let answer = press
        .put(path, &json!({ "headline": "C" }))
        .header("if-match", &one.etag)
        .await;
    stale(&answer, 2);
}
