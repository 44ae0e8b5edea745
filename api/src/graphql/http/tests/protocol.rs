//! How a request is read: methods, media types, parameters, what is no request at all.

use super::*;

#[tokio::test]
async fn a_query_is_answered_by_post_and_by_get() {
    let house = House::new();
    let posted = house.post(GRAPHQL, r#"{"query":"{ viewer hello }"}"#).await;
    assert_eq!(posted.text, r#"{"data":{"viewer":"an editor","hello":"world"}}"#);
    assert_eq!(posted.status, 200);
    assert_eq!(
        posted.header("content-type"),
        "application/graphql-response+json; charset=utf-8"
    );
    assert_eq!(posted.header("cache-control"), "private, no-cache");

    let got = house.get(GRAPHQL, "query=%7B+viewer%20hello+%7D").await;
    assert_eq!((got.status, &got.text), (200, &posted.text));
    assert_eq!(got.headers, posted.headers);
    // Read a second time the document is one that is kept.
    assert_eq!(
        house.get(GRAPHQL, "query=%7B+viewer%20hello+%7D").await.text,
        posted.text
    );
}

#[tokio::test]
async fn all_parameters_are_read() {
    let house = House::new();
    let document = "query A{hello} query B($id:Int!){item(id:$id){name}}";
    let expected = r#"{"data":{"item":{"name":"n7"}}}"#;
    let body =
        json!({"query": document, "operationName": "B", "variables": {"id": 7}, "extensions": {"a": [1]}, "x": 1});
    assert_eq!(house.post(GRAPHQL, &body.to_string()).await.text, expected);
    let query = encoded(&[
        ("query", document),
        ("operationName", "B"),
        ("variables", "{\"id\":7}"),
        ("extensions", "{}"),
        ("utm", "1"),
        ("utm", "2"),
    ]);
    assert_eq!(house.get(GRAPHQL, &query).await.text, expected);
    // Null, and empty in a query string, are as good as nothing.
    let body = json!({"query": "{hello}", "operationName": null, "variables": null, "extensions": null});
    assert_eq!(house.data(body).await, json!({"data": {"hello": "world"}}));
    let query = encoded(&[
        ("query", "{hello}"),
        ("operationName", ""),
        ("variables", ""),
        ("extensions", ""),
    ]);
    assert_eq!(house.get(GRAPHQL, &query).await.status, 200);
    assert_eq!(
        house
            .get(
                GRAPHQL,
                &encoded(&[("query", "query null{hello}"), ("operationName", "null")])
            )
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn accept_is_respected() {
    let house = House::new();
    let body = r#"{"query":"{hello}"}"#;
    for (accept, content_type) in [
        (&[][..], "application/graphql-response+json; charset=utf-8"),
        (&[("accept", "*/*")], "application/graphql-response+json; charset=utf-8"),
        (
            &[("accept", "application/graphql-response+json, application/json;q=0.9")],
            "application/graphql-response+json; charset=utf-8",
        ),
        (&[("accept", "application/json")], "application/json; charset=utf-8"),
    ] {
        let headers = [&[("content-type", JSON)], accept].concat();
        let got = house.ask(Method::POST, None, &headers, body).await;
        assert_eq!(
            (got.status, got.header("content-type")),
            (200, content_type),
            "{accept:?}"
        );
    }
    let got = house.post("text/html", body).await;
    assert_eq!(
        (got.status, got.header("content-type")),
        (406, "application/problem+json")
    );
    assert_eq!(
        got.json(),
        json!({"type": "about:blank", "title": "Not Acceptable", "status": 406, "code": "not_acceptable",
            "detail": "This address answers with application/graphql-response+json or application/json."})
    );
}

#[tokio::test]
async fn only_json_is_read_so_that_no_form_can_publish() {
    let house = House::new();
    let body = r#"{"query":"mutation{publish}"}"#;
    for content_type in [
        &[][..],
        &["text/plain"],
        &["application/x-www-form-urlencoded"],
        &["multipart/form-data; boundary=x"],
        &["application/json; charset=iso-8859-1"],
        &["application/graphql"],
        &["application/jsonp"],
        &[""],
        &["text/plain, application/json"],
        &["application/json", "text/plain"],
        &["\u{ff}"],
    ] {
        let headers: Vec<_> = content_type.iter().map(|value| ("content-type", *value)).collect();
        let got = house.ask(Method::POST, None, &headers, body).await;
        assert_eq!(
            (got.status, got.header("content-type")),
            (415, "application/problem+json"),
            "{content_type:?}"
        );
        assert_eq!(got.json()["code"], "unsupported_media_type");
        assert_eq!(got.header("cache-control"), "no-store");
    }
    assert_eq!(house.published.0.load(Ordering::SeqCst), 0);
    for content_type in [
        "application/json",
        "Application/JSON ; charset=UTF-8",
        "application/json;charset=\"utf-8\"",
    ] {
        assert_eq!(
            house
                .ask(Method::POST, None, &[("content-type", content_type)], body)
                .await
                .status,
            200
        );
    }
    assert_eq!(house.published.0.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_mutation_runs_by_post_only() {
    let house = House::new();
    for accept in [GRAPHQL, JSON] {
        for document in [
            "mutation{publish}",
            "query A{hello} mutation B{publish}",
            "mutation($x:Int=1){publish @skip(if:false)}",
        ] {
            let query = encoded(&[
                ("query", document),
                ("operationName", if document.contains('B') { "B" } else { "" }),
            ]);
            let got = house.get(accept, &query).await;
            assert_eq!(
                got.refusal(),
                (
                    405,
                    "MUTATION_NEEDS_POST".into(),
                    "A mutation is sent by POST; GET runs queries only.".into()
                )
            );
            assert_eq!(got.header("allow"), "POST");
        }
    }
    assert_eq!(house.published.0.load(Ordering::SeqCst), 0);
    // A document that also has a mutation is fine as long as the query is run.
    let query = encoded(&[("query", "query A{hello} mutation B{publish}"), ("operationName", "A")]);
    assert_eq!(house.get(GRAPHQL, &query).await.text, r#"{"data":{"hello":"world"}}"#);
    let got = house.post(GRAPHQL, r#"{"query":"mutation{publish}"}"#).await;
    assert_eq!((got.status, got.text.as_str()), (200, r#"{"data":{"publish":1}}"#));
    assert_eq!(got.header("cache-control"), "no-store");
}

#[tokio::test]
async fn other_methods_are_told_which_there_are() {
    let house = House::new();
    for method in [
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::HEAD,
        Method::OPTIONS,
    ] {
        let got = house
            .ask(
                method.clone(),
                Some("query={hello}"),
                &[("content-type", JSON)],
                r#"{"query":"mutation{publish}"}"#,
            )
            .await;
        assert_eq!((got.status, got.header("allow")), (405, "GET, POST"), "{method}");
        assert_eq!(got.json()["code"], "method_not_allowed");
    }
    assert_eq!(house.published.0.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_subscription_is_told_that_this_is_the_wrong_door() {
    let (code, message) = House::new().refuses("subscription{wire}").await;
    assert_eq!(code, "SUBSCRIPTION_NOT_SUPPORTED");
    assert!(
        message.starts_with("Subscriptions are not served at this address"),
        "{message}"
    );
}

#[tokio::test]
async fn what_is_no_request_is_400_in_both_media_types() {
    let house = House::new();
    let bad = |message: &str| pair("BAD_REQUEST", message);
    for (body, expected) in [
        ("", bad("The body is empty; it must be a JSON object.")),
        (" \n", bad("The body is empty; it must be a JSON object.")),
        (
            "NONSENSE",
            bad("The body cannot be read as JSON: expected value at line 1 column 1."),
        ),
        (
            "{\"query\":",
            bad("The body cannot be read as JSON: EOF while parsing a value at line 1 column 9."),
        ),
        (
            "{\"query\":\"{hello}\"} x",
            bad("The body cannot be read as JSON: trailing characters at line 1 column 21."),
        ),
        (
            "5",
            bad("The body cannot be read as JSON: invalid type: integer `5`, expected an object at line 1 column 1."),
        ),
        ("{}", bad("The parameter `query` is missing.")),
        ("{\"qeury\":\"{hello}\"}", bad("The parameter `query` is missing.")),
        ("{\"query\":null}", bad("The parameter `query` is missing.")),
        ("{\"query\":5}", bad("`query` must be a string.")),
        ("{\"query\":[\"{hello}\"]}", bad("`query` must be a string.")),
        (
            "{\"query\":\"{hello}\",\"query\":\"{viewer}\"}",
            bad("The body cannot be read as JSON: duplicate field `query` at line 1 column 26."),
        ),
        (
            "{\"query\":\"{hello}\",\"operationName\":7}",
            bad("`operationName` must be a string."),
        ),
        (
            "{\"query\":\"{hello}\",\"variables\":[7]}",
            bad("`variables` must be a JSON object."),
        ),
        (
            "{\"query\":\"{hello}\",\"variables\":\"{}\"}",
            bad("`variables` must be a JSON object."),
        ),
        (
            "{\"query\":\"{hello}\",\"extensions\":false}",
            bad("`extensions` must be a JSON object."),
        ),
        (
            "{\"query\":\"\\ud800\"}",
            bad("`query` cannot be read as JSON: unexpected end of hex escape at line 1 column 8."),
        ),
        (
            "[]",
            pair(
                "BATCHING_NOT_SUPPORTED",
                "Batches are not supported: send one operation as one JSON object.",
            ),
        ),
        (
            " [{\"query\":\"{hello}\"}]",
            pair(
                "BATCHING_NOT_SUPPORTED",
                "Batches are not supported: send one operation as one JSON object.",
            ),
        ),
    ] {
        assert_eq!(house.cannot_read(body).await, expected, "{body}");
    }
    // Nesting ends where the reader's recursion ends.
    for open in ["[", "{\"a\":"] {
        let body = format!(
            "{{\"query\":\"{{hello}}\",\"variables\":{{\"v\":{}",
            open.repeat(20_000)
        );
        assert_eq!(house.cannot_read(&body).await.0, "BAD_REQUEST");
    }
    let deep = format!(
        "{{\"query\":\"{{hello}}\",\"variables\":{{\"v\":{}{}}}}}",
        "[".repeat(5_000),
        "]".repeat(5_000)
    );
    let expected = bad("`variables` cannot be read as JSON: recursion limit exceeded at line 1 column 132.");
    assert_eq!(house.cannot_read(&deep).await, expected);
    let not_utf8 = Bytes::from_static(b"{\"query\":\"{hello}\xff\"}");
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(JSON))]);
    assert_eq!(
        answer(&house.door, &Method::POST, &headers, None, not_utf8, |request| request)
            .await
            .status(),
        400
    );
}

#[tokio::test]
async fn a_query_string_is_read_strictly() {
    let house = House::new();
    for (query, message) in [
        (String::new(), "The parameter `query` is missing."),
        ("Query=%7Bhello%7D".to_owned(), "The parameter `query` is missing."),
        (
            encoded(&[("query", "{hello}"), ("query", "{viewer}")]),
            "The parameter `query` is given twice.",
        ),
        (
            encoded(&[("query", "{hello}"), ("variables", ""), ("variables", "{}")]),
            "The parameter `variables` is given twice.",
        ),
        (
            encoded(&[("query", "{hello}"), ("variables", "[1]")]),
            "`variables` must be a JSON object.",
        ),
        (
            encoded(&[("query", "{hello}"), ("variables", "{")]),
            "`variables` cannot be read as JSON: EOF while parsing an object at line 1 column 1.",
        ),
        (
            encoded(&[("query", "{hello}"), ("extensions", "no")]),
            "`extensions` must be a JSON object.",
        ),
        ("query=%ff".to_owned(), "The parameter `query` is not UTF-8."),
    ] {
        for accept in [GRAPHQL, JSON] {
            let refusal = house.get(accept, &query).await.refusal();
            assert_eq!(refusal, (400, "BAD_REQUEST".into(), message.into()), "{query}");
        }
    }
    let none = house.ask(Method::GET, None, &[], "").await;
    assert_eq!(none.refusal().1, "BAD_REQUEST");
}
