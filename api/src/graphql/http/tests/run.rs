//! What is executed: errors, variables, introspection, the deadline, the size of an answer, headers.

use super::*;

#[tokio::test]
async fn execution_with_errors_is_200_and_keeps_what_could_be_had() {
    let house = House::new();
    for accept in [GRAPHQL, JSON] {
        let got = house.post(accept, r#"{"query":"{hello mayFail}"}"#).await;
        assert_eq!(got.status, 200);
        assert_eq!(got.header("cache-control"), "no-store");
        assert_eq!(
            got.json(),
            json!({"errors": [{"message": "no such story", "locations": [{"line": 1, "column": 8}], "path": ["mayFail"],
                "extensions": {"code": "NOT_FOUND"}}], "data": {"hello": "world", "mayFail": null}})
        );
        // Null all the way up: executed, so `data` is there.
        let got = house.post(accept, r#"{"query":"{hello mustNotFail}"}"#).await;
        assert_eq!(got.status, 200);
        assert_eq!(got.json()["data"], Json::Null);
        assert!(got.json().as_object().expect("an object").contains_key("data"));
        assert_eq!(got.json()["errors"][0]["extensions"]["code"], "BUSY");
    }
}

#[tokio::test]
async fn what_no_reader_was_meant_to_see_is_not_shown() {
    let got = House::new().data(json!({"query": "{a:leaks b:leaks hello}"})).await;
    assert_eq!(got["data"], json!({"a": null, "b": null, "hello": "world"}));
    for error in got["errors"].as_array().expect("a list") {
        assert_eq!(error["message"], "An internal error; it has been noted.");
        assert_eq!(error["extensions"], json!({"code": "INTERNAL_SERVER_ERROR"}));
    }
}

#[tokio::test]
async fn arguments_out_of_range_are_the_callers_fault() {
    let got = House::new().data(json!({"query": "{few(n:4)}"})).await;
    assert_eq!(got["data"], Json::Null);
    assert_eq!(got["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    assert_eq!(got["errors"][0]["path"], json!(["few"]));
}

#[tokio::test]
async fn variables_are_completed_as_the_specification_says() {
    let house = House::new();
    let required = "query Q($id:Int!){item(id:$id){name}}";
    let missing = pair(
        "BAD_USER_INPUT",
        "The variable `$id` must be given and must not be null.",
    );
    assert_eq!(house.refuses(required).await, missing);
    let null = json!({"query": required, "variables": {"id": null}}).to_string();
    assert_eq!(house.refuses_body(&null).await, missing);
    let wrong = json!({"query": required, "variables": {"id": "seven"}}).to_string();
    assert_eq!(house.refuses_body(&wrong).await.0, "GRAPHQL_VALIDATION_FAILED");
    // A default also holds in a directive.
    let document = "query($yes:Boolean=true,$no:Boolean!=false,$id:Int!=3){hello @include(if:$yes) viewer @skip(if:$no) item(id:$id){id}}";
    let all = json!({"data": {"hello": "world", "viewer": "an editor", "item": {"id": 3}}});
    assert_eq!(house.data(json!({"query": document})).await, all);
    let fewer = json!({"query": document, "variables": {"yes": false, "no": true}});
    assert_eq!(house.data(fewer).await, json!({"data": {"item": {"id": 3}}}));
}

#[tokio::test]
async fn introspection_can_be_switched_off() {
    let mut house = House::new();
    let body = json!({"query": crate::graphql::limits::tests::INTROSPECTION_QUERY});
    let start = Instant::now();
    let answer = house.data(body.clone()).await;
    assert_eq!(answer["data"]["__schema"]["queryType"]["name"], "Query");
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());

    house.door.introspection = false;
    let off = pair(
        "INTROSPECTION_DISABLED",
        "Introspection is switched off here; the schema is at /schema.graphql.",
    );
    assert_eq!(house.refuses_body(&body.to_string()).await, off);
    assert_eq!(house.refuses("{hello __type(name:\"Query\"){name}}").await, off);
    assert_eq!(
        house
            .refuses("{...F} fragment F on Query{... {__schema{queryType{name}}}}")
            .await,
        off
    );
    assert_eq!(
        house.data(json!({"query": "{__typename}"})).await,
        json!({"data": {"__typename": "Query"}})
    );
}

#[tokio::test]
async fn the_deadline_ends_what_takes_too_long() {
    let mut house = House::new();
    house.door.deadline = Duration::from_millis(20);
    for accept in [GRAPHQL, JSON] {
        let got = house.post(accept, r#"{"query":"{hello slow}"}"#).await;
        assert_eq!(
            got.refusal(),
            (
                503,
                "DEADLINE_EXCEEDED".into(),
                "The operation did not finish within 0.02 s.".into()
            )
        );
        assert_eq!(got.header("retry-after"), "1");
        let got = house.post(accept, r#"{"query":"mutation{publishSlowly}"}"#).await;
        assert_eq!(
            got.refusal().2,
            "The operation did not finish within 0.02 s. Whether it took effect is not known: look before you send it again."
        );
    }
}

#[tokio::test]
async fn an_answer_has_a_largest_size() {
    let house = House::new();
    let overhead = r#"{"data":{"long":""}}"#.len();
    let got = house
        .post(
            GRAPHQL,
            &json!({"query": format!("{{long(bytes:{})}}", 100_000 - overhead)}).to_string(),
        )
        .await;
    assert_eq!((got.status, got.text.len()), (200, 100_000));
    assert_eq!(
        house.refuses(&format!("{{long(bytes:{})}}", 100_001 - overhead)).await,
        pair(
            "ANSWER_TOO_LARGE",
            "The answer is longer than the limit of 100000 bytes; ask for less at once."
        )
    );
}

#[tokio::test]
async fn resolvers_may_add_headers_but_not_change_the_protocol() {
    let got = House::new().post(GRAPHQL, r#"{"query":"{tagged}"}"#).await;
    assert_eq!(got.header("surrogate-key"), "latest");
    assert_eq!(
        got.header("content-type"),
        "application/graphql-response+json; charset=utf-8"
    );
    assert_eq!(
        got.headers.get_all("cache-control").iter().collect::<Vec<_>>(),
        ["private, no-cache"]
    );
}

#[tokio::test]
async fn a_schema_without_mutations_says_so() {
    let schema = Schema::build(Query, async_graphql::EmptyMutation, EmptySubscription).finish();
    let house = House::new();
    let GraphqlDoor {
        limits,
        introspection,
        deadline,
        max_answer_bytes,
        documents,
        ..
    } = house.door;
    let door = GraphqlDoor {
        schema,
        limits,
        introspection,
        deadline,
        max_answer_bytes,
        documents,
        trusted: Trusted::default(),
    };
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(JSON))]);
    let body = Bytes::from_static(br#"{"query":"mutation{publish}"}"#);
    // As a connection would: on a task of its own.
    let task = tokio::spawn(async move { answer(&door, &Method::POST, &headers, None, body, |request| request).await });
    assert_eq!(task.await.expect("no panic").status(), 400);
}
