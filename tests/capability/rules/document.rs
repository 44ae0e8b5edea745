//! A body that is none: broken JSON, another kind, too large.

use serde_json::json;

use crate::exact::refused;
use crate::press::Press;

pub async fn json_faults(press: Press) {
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

pub async fn not_json(press: Press) {
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

pub async fn too_large(press: Press) {
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
