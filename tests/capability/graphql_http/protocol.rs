//! GET and POST, media types, status codes, and what a page on another site cannot do.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::exact::refused as is_problem;
use crate::press::{Answer, Ask, Press};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("a query is answered by POST and by GET", both_methods),
        test("the media type is the one the asker likes best", media_types),
        test("what is neither GET nor POST is refused", other_methods),
        test("a form on another site can publish nothing", forms),
        test("a mutation is not run by GET", mutation_by_get),
        test(
            "a request that cannot be read is answered 400, whatever is accepted",
            unreadable,
        ),
        test(
            "a request that can be read and not run is answered 400, or 200 to old clients",
            not_run,
        ),
        test("what fails while it runs is answered 200 with its data", partial),
        test("a document can be asked for by its hash", persisted),
        test("a query's answer is private, a refusal is kept by nobody", policies),
    ]
}

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

fn encoded(parameters: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    format!("/graphql?{query}")
}

fn post(press: &Press, body: &Value) -> Ask {
    press.ask(Method::POST, "/graphql").json(body)
}

async fn both_methods(press: Press) {
    press.story("urn:x:1").slug("one").headline("One").await;
    let document = "query A($slug: String!) { article(by: {slug: $slug}) { headline } } query B { site { name } }";
    let expected = r#"{"data":{"article":{"headline":"One"}}}"#;
    let posted = post(
        &press,
        &json!({ "query": document, "operationName": "A", "variables": { "slug": "one" }, "unknown": 1 }),
    )
    .await
    .expect(200);
    assert_eq!(posted.text(), expected);
    assert_eq!(
        posted.header("content-type"),
        "application/graphql-response+json; charset=utf-8"
    );
    let path = encoded(&[
        ("query", document),
        ("operationName", "A"),
        ("variables", r#"{"slug":"one"}"#),
    ]);
    let got = press.get(&path).await.expect(200);
    assert_eq!(
        (got.text(), got.header("content-type")),
        (expected, posted.header("content-type"))
    );
    // Fields come in the order in which they are asked for.
    let query = "{ latest { pageInfo { hasNextPage } edges { cursor } nodes { slug id } } site { timeZone name } }";
    let text = post(&press, &json!({ "query": query }))
        .await
        .expect(200)
        .text()
        .to_owned();
    let places: Vec<_> = ["pageInfo", "edges", "nodes", "slug", "\"id\"", "timeZone", "name"]
        .map(|name| text.find(name).unwrap())
        .to_vec();
    assert!(places.is_sorted(), "{text}");
}

async fn media_types(press: Press) {
    let body = json!({ "query": "{ site { name } }" });
    for (accept, expected) in [
        ("*/*", GRAPHQL),
        (GRAPHQL, GRAPHQL),
        (JSON, JSON),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL),
        ("application/json, text/plain, */*", JSON),
        ("text/html,application/xhtml+xml,*/*;q=0.8", GRAPHQL),
    ] {
        let answer = post(&press, &body).header("accept", accept).await.expect(200);
        assert_eq!(
            answer.header("content-type"),
            format!("{expected}; charset=utf-8"),
            "{accept}"
        );
        assert_eq!(answer.text(), r#"{"data":{"site":{"name":"Example News"}}}"#);
    }
    let detail = "This address answers with application/graphql-response+json or application/json.";
    for accept in ["text/html", "application/xml", "application/json;q=0"] {
        let answer = post(&press, &body).header("accept", accept).await;
        is_problem(&answer, 406, "not_acceptable", detail, &[]);
    }
}

async fn other_methods(press: Press) {
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = press
            .ask(method, "/graphql")
            .admin()
            .json(&json!({ "query": "{ site { name } }" }))
            .await;
        let detail = "GraphQL is asked by GET (queries) and POST.";
        is_problem(&answer, 405, "method_not_allowed", detail, &[]);
        assert_eq!(answer.header("allow"), "GET, POST");
    }
}

const PUBLISH: &str = r#"mutation { publishArticle(input: {uri: "urn:x:1", headline: "A"}) { outcome } }"#;

async fn nothing_is_published(press: &Press) {
    press.get("/v1/articles/urn%3Ax%3A1").await.expect(404);
}

async fn forms(press: Press) {
    let detail = "The body must be application/json in UTF-8, and Content-Type must say so.";
    let json = json!({ "query": PUBLISH }).to_string();
    for (kind, body) in [
        ("text/plain", json.clone()),
        ("application/x-www-form-urlencoded", json.clone()),
        (
            "application/x-www-form-urlencoded",
            encoded(&[("query", PUBLISH)]).replace("/graphql?", ""),
        ),
        (
            "multipart/form-data; boundary=x",
            format!("--x\r\ncontent-disposition: form-data; name=\"query\"\r\n\r\n{PUBLISH}\r\n--x--"),
        ),
        ("application/graphql", PUBLISH.to_owned()),
        ("application/json; charset=utf-7", json.clone()),
        ("text/plain; application/json", json.clone()),
        ("", json.clone()),
    ] {
        // Even with a key, which no form of another site could send.
        let ask = press
            .ask(Method::POST, "/graphql")
            .admin()
            .header("origin", "https://evil.example");
        let answer = ask.header("content-type", kind).body(body).await;
        is_problem(&answer, 415, "unsupported_media_type", detail, &[]);
    }
    let answer = press.ask(Method::POST, "/graphql").admin().body(json).await;
    is_problem(&answer, 415, "unsupported_media_type", detail, &[]);
    nothing_is_published(&press).await;
}

async fn mutation_by_get(press: Press) {
    let message = "A mutation is sent by POST; GET runs queries only.";
    for accept in [GRAPHQL, JSON] {
        let answer = press
            .get(&encoded(&[("query", PUBLISH)]))
            .admin()
            .header("accept", accept)
            .await;
        refused(&answer, 405, "MUTATION_NEEDS_POST", message);
        assert_eq!(answer.header("allow"), "POST");
        // A query beside it does not let it in.
        let both = format!(
            "query Q {{ site {{ name }} }} {}",
            PUBLISH.replacen("mutation", "mutation M", 1)
        );
        let path = encoded(&[("query", &both), ("operationName", "M")]);
        refused(&press.get(&path).admin().await, 405, "MUTATION_NEEDS_POST", message);
    }
    nothing_is_published(&press).await;
    // By POST without a key it runs and is refused; with one it is done.
    let answer = post(&press, &json!({ "query": PUBLISH })).await.expect(200);
    assert_eq!(
        answer.json(),
        json!({ "errors": [{
            "message": "This needs a key: send `Authorization: Bearer <key>`. A publisher issues one with `dateline key issue`.",
            "locations": [{ "line": 1, "column": 12 }], "path": ["publishArticle"],
            "extensions": { "code": "KEY_REQUIRED" },
        }], "data": null })
    );
    nothing_is_published(&press).await;
    let answer = post(&press, &json!({ "query": PUBLISH })).admin().await.expect(200);
    assert_eq!(answer.text(), r#"{"data":{"publishArticle":{"outcome":"CREATED"}}}"#);
    assert_eq!(answer.header("cache-control"), "no-store");
}

/// The answer to what was not executed: one error, no data.
#[track_caller]
pub fn refused(answer: &Answer, status: u16, code: &str, message: &str) {
    let expected = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
    let mut found = answer.json();
    for error in found["errors"].as_array_mut().into_iter().flatten() {
        error.as_object_mut().unwrap().remove("locations");
    }
    assert_eq!((answer.status, found), (status, expected), "{answer}");
    assert_eq!(answer.header("cache-control"), "no-store", "{answer}");
}

async fn unreadable(press: Press) {
    let batch = "Batches are not supported: send one operation as one JSON object.";
    for (body, code, message) in [
        ("", "BAD_REQUEST", "The body is empty; it must be a JSON object."),
        ("{}", "BAD_REQUEST", "The parameter `query` is missing."),
        (r#"{"query": null}"#, "BAD_REQUEST", "The parameter `query` is missing."),
        (r#"{"query": 7}"#, "BAD_REQUEST", "`query` must be a string."),
        (
            r#"{"query": "{a}", "variables": []}"#,
            "BAD_REQUEST",
            "`variables` must be a JSON object.",
        ),
        (
            r#"{"query": "{a}", "operationName": 1}"#,
            "BAD_REQUEST",
            "`operationName` must be a string.",
        ),
        (r#"[{"query": "{site{name}}"}]"#, "BATCHING_NOT_SUPPORTED", batch),
        ("[]", "BATCHING_NOT_SUPPORTED", batch),
        (
            r#"{"query": "{a}""#,
            "BAD_REQUEST",
            "The body cannot be read as JSON: EOF while parsing an object at line 1 column 15.",
        ),
    ] {
        for accept in [GRAPHQL, JSON] {
            let ask = press.ask(Method::POST, "/graphql").header("accept", accept);
            let answer = ask.header("content-type", JSON).body(body).await;
            refused(&answer, 400, code, message);
        }
    }
    for (path, message) in [
        ("/graphql", "The parameter `query` is missing."),
        ("/graphql?query={a}&query={a}", "The parameter `query` is given twice."),
        ("/graphql?query=%FF", "The parameter `query` is not UTF-8."),
        ("/graphql?query={a}&variables=7", "`variables` must be a JSON object."),
    ] {
        refused(&press.get(path).await, 400, "BAD_REQUEST", message);
    }
}

async fn not_run(press: Press) {
    let two = "query A { site { name } } query B { site { name } }";
    for (body, code, message) in [
        (
            json!({ "query": "{ site { " }),
            "GRAPHQL_PARSE_FAILED",
            "Syntax error: the document ends where `}` is missing.",
        ),
        (
            json!({ "query": "{ site { nam } }" }),
            "GRAPHQL_VALIDATION_FAILED",
            "Unknown field \"nam\" on type \"Site\". Did you mean \"name\"?",
        ),
        (
            json!({ "query": two }),
            "OPERATION_NAME_REQUIRED",
            "The document has 2 operations; `operationName` must say which one to run.",
        ),
        (
            json!({ "query": two, "operationName": "C" }),
            "OPERATION_NOT_FOUND",
            "The document has no operation `C`.",
        ),
        (
            json!({ "query": "query($s: String!) { article(by: {slug: $s}) { id } }" }),
            "BAD_USER_INPUT",
            "The variable `$s` must be given and must not be null.",
        ),
        (
            json!({ "query": "subscription { wire { position } }" }),
            "SUBSCRIPTION_NOT_SUPPORTED",
            "Subscriptions are not served at this address by GET or POST: it answers once. They need a stream: a WebSocket \
             (graphql-transport-ws), or Accept: text/event-stream.",
        ),
    ] {
        let graphql = post(&press, &body).header("accept", GRAPHQL).await;
        refused(&graphql, 400, code, message);
        let json = post(&press, &body).header("accept", JSON).await;
        refused(&json, 200, code, message);
    }
}

async fn partial(press: Press) {
    let query = "{ site { name } article(by: {id: \"7\"}) { id } }";
    for accept in [GRAPHQL, JSON] {
        let answer = post(&press, &json!({ "query": query }))
            .header("accept", accept)
            .await
            .expect(200);
        assert_eq!(
            answer.json(),
            json!({
                "data": { "site": { "name": "Example News" }, "article": null },
                "errors": [{
                    "message": "A parameter is wrong; see `errors`.",
                    "locations": [{ "line": 1, "column": 17 }],
                    "path": ["article"],
                    "extensions": { "code": "INVALID_PARAMETER", "errors": [{
                        "field": "by.id", "code": "invalid_id", "message": "must be an id as this server gives them (a UUID)",
                    }] },
                }],
            })
        );
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

async fn persisted(press: Press) {
    let document = "{ site { name } }";
    let hash: String = Sha256::digest(document)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let by_hash = |hash: &str| json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let asked = json!({ "extensions": by_hash(&hash) });
    let expected = r#"{"data":{"site":{"name":"Example News"}}}"#;

    refused(
        &post(&press, &asked).await,
        400,
        "PERSISTED_QUERY_NOT_FOUND",
        "PersistedQueryNotFound",
    );
    refused(
        &post(&press, &asked).header("accept", JSON).await,
        200,
        "PERSISTED_QUERY_NOT_FOUND",
        "PersistedQueryNotFound",
    );
    let wrong = json!({ "query": document, "extensions": by_hash(&"0".repeat(64)) });
    let message = "`extensions.persistedQuery.sha256Hash` is not the SHA-256 of `query`.";
    refused(&post(&press, &wrong).await, 400, "PERSISTED_QUERY_MISMATCH", message);
    let short = json!({ "query": document, "extensions": by_hash("abc") });
    let message = "`extensions.persistedQuery.sha256Hash` must be 64 hexadecimal digits.";
    refused(&post(&press, &short).await, 400, "BAD_REQUEST", message);

    let both = json!({ "query": document, "extensions": by_hash(&hash) });
    assert_eq!(post(&press, &both).await.expect(200).text(), expected);
    assert_eq!(post(&press, &asked).await.expect(200).text(), expected);
    let path = encoded(&[("extensions", &by_hash(&hash).to_string())]);
    assert_eq!(press.get(&path).await.expect(200).text(), expected);
    // What never ran is not kept, and neither is anything across a restart.
    let bad = "{ nothing }";
    let hash: String = Sha256::digest(bad).iter().map(|byte| format!("{byte:02x}")).collect();
    post(&press, &json!({ "query": bad, "extensions": by_hash(&hash) }))
        .await
        .expect(400);
    let asked_bad = json!({ "extensions": by_hash(&hash) });
    refused(
        &post(&press, &asked_bad).await,
        400,
        "PERSISTED_QUERY_NOT_FOUND",
        "PersistedQueryNotFound",
    );
    press.reopen().await;
    refused(
        &post(&press, &asked).await,
        400,
        "PERSISTED_QUERY_NOT_FOUND",
        "PersistedQueryNotFound",
    );
}

async fn policies(press: Press) {
    let begun = Instant::now();
    let answer = post(&press, &json!({ "query": "{ site { name } }" })).await.expect(200);
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(
        crate::rest_http::vary(&answer).contains(&"accept".to_owned()),
        "{answer}"
    );
    let answer = post(&press, &json!({ "query": "{ site }" })).await.expect(400);
    assert_eq!(answer.header("cache-control"), "no-store");
    let answer = post(&press, &json!({ "query": "{ site { name } }" }))
        .key("dl_a_b")
        .await;
    is_problem(
        &answer,
        401,
        "invalid_key",
        "The key in `Authorization` is not valid.",
        &[],
    );
}
