//! What is refused before it is executed: limits, attacks, what does not fit the schema.

use super::*;

#[tokio::test]
async fn what_is_refused_has_no_data_and_a_code() {
    let house = House::new();
    assert_eq!(
        house.refuses("{").await,
        pair(
            "GRAPHQL_PARSE_FAILED",
            "Syntax error: the document ends where `}` is missing."
        )
    );
    assert_eq!(
        house.refuses("{nothing}").await,
        pair(
            "GRAPHQL_VALIDATION_FAILED",
            "Unknown field \"nothing\" on type \"Query\"."
        )
    );
    assert_eq!(house.refuses("{item{name}}").await.0, "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(
        house.refuses("{item(id:\"x\"){name}}").await.0,
        "GRAPHQL_VALIDATION_FAILED"
    );
    assert_eq!(
        house.refuses("{hello} fragment F on Query{hello}").await.0,
        "GRAPHQL_VALIDATION_FAILED"
    );
    assert_eq!(house.refuses("{hello @unknown}").await.0, "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(
        house.refuses("{...F} fragment F on Query{...F}").await.0,
        "GRAPHQL_VALIDATION_FAILED"
    );
    assert_eq!(
        house.refuses("query A{hello} query B{hello}").await.0,
        "OPERATION_NAME_REQUIRED"
    );
    let body = json!({"query": "query A{hello}", "operationName": "B"}).to_string();
    assert_eq!(house.refuses_body(&body).await.0, "OPERATION_NOT_FOUND");
    let located = house.post(GRAPHQL, r#"{"query":"{\n nothing }"}"#).await.json();
    assert_eq!(
        located,
        json!({"errors": [{"message": "Unknown field \"nothing\" on type \"Query\".",
            "locations": [{"line": 2, "column": 2}], "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]})
    );
}

#[tokio::test]
async fn limits_are_refused_with_their_codes() {
    let house = House::new();
    let (aliases, deep) = (
        format!("{{{}}}", "x:hello ".repeat(31)),
        format!("{}hello{}", "{query".repeat(10), "}".repeat(10)),
    );
    for (document, code) in [
        (format!("{{hello}}#{}", "x".repeat(16 * 1024)), "DOCUMENT_TOO_LARGE"),
        (format!("{{{}}}", "hello ".repeat(1_000)), "TOO_MANY_TOKENS"),
        (aliases, "TOO_MANY_ALIASES"),
        (deep.replace("{queryhello", "{query{hello}"), "QUERY_TOO_DEEP"),
        (format!("{{{}}}", "hello ".repeat(21)), "TOO_MANY_ROOT_FIELDS"),
        (
            format!("{{hello{}}}", "@skip(if:false)".repeat(21)),
            "TOO_MANY_DIRECTIVES",
        ),
        (
            format!(
                "{{{}}}fragment F on Query{{query{{{}}}}}",
                "...F ".repeat(20),
                "hello ".repeat(120)
            ),
            "TOO_MANY_FIELDS",
        ),
        (
            "{queries(first:100){queries(first:100){hello query{hello}}}}".to_owned(),
            "QUERY_TOO_COMPLEX",
        ),
        (
            "{queries(first:2147483647){queries(first:2147483647){queries(first:2147483647){hello}}}}".to_owned(),
            "QUERY_TOO_COMPLEX",
        ),
        (
            "query A{queries(first:-1){queries(first:100){queries(first:100){queries(first:100){hello}}}}}".to_owned(),
            "QUERY_TOO_COMPLEX",
        ),
    ] {
        if code == "QUERY_TOO_COMPLEX" && document.contains("-1") {
            // A list that is asked for nothing costs nothing.
            assert_eq!(
                house.data(json!({"query": document})).await,
                json!({"data": {"queries": []}})
            );
            continue;
        }
        assert_eq!(house.refuses(&document).await.0, code, "{document:.80}");
    }
    // By variable the cost is the same.
    let body = json!({"query": "query($n:Int){queries(first:$n){queries(first:$n){hello query{hello}}}}", "variables": {"n": 100}});
    assert_eq!(
        house.refuses_body(&body.to_string()).await,
        pair(
            "QUERY_TOO_COMPLEX",
            "The document costs more than the limit of 20000; ask for shorter lists (`first`) or for fewer lists within lists."
        )
    );
}

#[tokio::test]
async fn attacks_are_answered_at_once() {
    let house = House::new();
    let mut bomb = "{...a00}".to_owned();
    for i in 0..26 {
        bomb += &format!("fragment a{i:02} on Query{{...a{:02}...a{:02}}}", i + 1, i + 1);
    }
    bomb += "fragment a26 on Query{hello}";
    assert_eq!(house.refuses(&bomb).await.0, "TOO_MANY_FIELDS");
    assert_eq!(house.refuses(&"[".repeat(16 * 1024)).await.0, "TOO_MANY_TOKENS");
    assert_eq!(house.refuses(&"{a".repeat(8 * 1024)).await.0, "TOO_MANY_TOKENS");
    let nested = format!(
        "query($v:Int={}1{}){{item(id:$v){{id}}}}",
        "[".repeat(62),
        "]".repeat(62)
    );
    let got = house.post(GRAPHQL, &json!({ "query": nested }).to_string()).await;
    assert_eq!((got.status, got.code(0)), (400, "GRAPHQL_VALIDATION_FAILED".to_owned()));
    let nested = format!("{{items(filter:{}1{}){{id}}}}", "{within:".repeat(61), "}".repeat(61));
    assert_eq!(house.refuses(&nested).await.0, "GRAPHQL_VALIDATION_FAILED");
    let within =
        json!({"query": "query($f:Filter){items(filter:$f){id}}", "variables": {"f": {"within": vec![1; 900]}}});
    assert_eq!(house.data(within).await["data"]["items"][3]["id"], 3);
}

#[tokio::test]
async fn large_variables_are_for_mutations() {
    let house = House::new();
    let document = "query($f:Filter){items(filter:$f){id}}";
    let body = json!({"query": document, "variables": {"f": {"within": vec![1; 10_000]}}}).to_string();
    assert_eq!(
        house.refuses_body(&body).await,
        pair(
            "VARIABLES_TOO_LARGE",
            "The variables hold 10002 values; the limit is 1000."
        )
    );
    let document = "mutation($text:String!){publish(text:$text)}";
    let published = house
        .data(json!({"query": document, "variables": {"text": "x".repeat(1 << 20)}}))
        .await;
    assert_eq!(published, json!({"data": {"publish": 1}}));
    let many = format!("mutation($text:[String!]){{{}}}", "publish(texts:$text) ".repeat(20));
    let body = json!({"query": many, "variables": {"text": vec![1; 60_000]}}).to_string();
    assert_eq!(house.refuses_body(&body).await.0, "VARIABLES_TOO_LARGE");
}

#[tokio::test]
async fn validation_tells_some_faults_not_thousands_and_echoes_little() {
    let house = House::new();
    let document = format!(
        "{{query{{{}}}}}",
        (0..300).map(|i| format!("nothing{i} ")).collect::<String>()
    );
    let got = house.post(GRAPHQL, &json!({"query": document}).to_string()).await;
    assert_eq!(got.status, 400);
    let errors = got.json()["errors"].as_array().expect("a list").clone();
    assert_eq!(errors.len(), 21);
    assert_eq!(errors[20]["message"], "… and 280 more faults.");
    assert!(
        errors
            .iter()
            .all(|error| error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED")
    );

    let long = "é".repeat(7_000);
    for document in [
        format!("{{{}}}", "a".repeat(16_000)),
        format!("{{hello(a:\"{long}\")}}"),
        format!("{{item(id:\"{long}\"){{id}}}}"),
        format!("{{item(id:{}){{id}}}}", "A".repeat(16_000)),
        format!("{{items(filter:{{colour:{}}}){{id}}}}", "B".repeat(16_000)),
        format!("{{{long}}}"),
        format!("{{...{}}}", "F".repeat(16_000)),
        format!("{{hello @{}}}", "d".repeat(16_000)),
    ] {
        let got = house.post(GRAPHQL, &json!({"query": document}).to_string()).await;
        assert_eq!(got.status, 400);
        assert!(got.text.len() < 1_500, "{}", got.text);
        for error in got.json()["errors"].as_array().expect("a list") {
            assert!(
                error["message"].as_str().expect("text").chars().count() < 260,
                "{error}"
            );
        }
    }
    let variables = json!({"query": "query($f:Filter){items(filter:$f){id}}", "variables": {"f": {"colour": long}}});
    let got = house.post(GRAPHQL, &variables.to_string()).await;
    assert_eq!(got.status, 400, "{}", got.text);
    assert!(got.text.len() < 600, "{}", got.text);
}
