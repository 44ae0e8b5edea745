use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use async_graphql::{
    Context, EmptySubscription, Enum, ErrorExtensions, InputObject, Object, Schema, SimpleObject, Subscription,
};
use bytes::Bytes;
use futures::Stream;
use http_body_util::BodyExt;
use serde_json::{Value as Json, json};

use super::*;
use crate::graphql::limits::page_cost;

/// The whole door: a request is read, and run where it may be.
async fn answer<E: Executor>(
    door: &GraphqlDoor<E>,
    method: &Method,
    headers: &HeaderMap,
    query: Option<&str>,
    body: Bytes,
    attach: impl FnOnce(Request) -> Request,
) -> Response {
    match prepare(door, method, headers, query, &body) {
        Ok(prepared) => prepared.run(attach).await,
        Err(refused) => refused,
    }
}

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

/// How often a mutation was executed.
#[derive(Default)]
struct Published(AtomicUsize);

struct Viewer(&'static str);

struct Query;

#[derive(SimpleObject, Clone)]
struct Item {
    id: i32,
    name: String,
}

#[derive(Enum, Copy, Clone, PartialEq, Eq)]
enum Colour {
    Red,
    Green,
}

#[derive(InputObject)]
struct Filter {
    colour: Option<Colour>,
    within: Option<Vec<i32>>,
}

fn coded(message: &str, code: &str) -> async_graphql::Error {
    async_graphql::Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "world"
    }

    async fn viewer(&self, ctx: &Context<'_>) -> &str {
        ctx.data_opt::<Viewer>().map_or("nobody", |viewer| viewer.0)
    }

    async fn query(&self) -> Query {
        Query
    }

    async fn item(&self, id: i32) -> Option<Item> {
        (id < 100).then(|| Item {
            id,
            name: format!("n{id}"),
        })
    }

    #[graphql(complexity = "page_cost(first, 20, child_complexity)")]
    async fn items(&self, first: Option<i32>, #[graphql(default)] filter: Option<Filter>) -> Vec<Item> {
        let _ = filter.map(|filter| (filter.colour, filter.within));
        (0..first.unwrap_or(20))
            .map(|id| Item {
                id,
                name: String::new(),
            })
            .collect()
    }

    #[graphql(complexity = "page_cost(first, 20, child_complexity)")]
    async fn queries(&self, first: Option<i32>) -> Vec<Query> {
        (0..first.unwrap_or(20)).map(|_| Query).collect()
    }

    async fn few(&self, #[graphql(validator(maximum = 3))] n: i32) -> i32 {
        n
    }

    async fn may_fail(&self) -> Option<async_graphql::Result<i32>> {
        Some(Err(coded("no such story", "NOT_FOUND")))
    }

    async fn must_not_fail(&self) -> async_graphql::Result<i32> {
        Err(coded("the store is away", "BUSY"))
    }

    async fn leaks(&self) -> Option<async_graphql::Result<i32>> {
        Some(Err("SELECT * FROM secrets failed".into()))
    }

    async fn slow(&self) -> i32 {
        tokio::time::sleep(Duration::from_secs(60)).await;
        1
    }

    async fn long(&self, bytes: usize) -> String {
        "x".repeat(bytes)
    }

    async fn tagged(&self, ctx: &Context<'_>) -> i32 {
        ctx.insert_http_header("surrogate-key", "latest");
        ctx.insert_http_header("content-type", "text/html");
        ctx.insert_http_header("cache-control", "public");
        1
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn publish(&self, ctx: &Context<'_>, text: Option<String>, texts: Option<Vec<String>>) -> usize {
        let _ = (text, texts);
        ctx.data_unchecked::<Arc<Published>>().0.fetch_add(1, Ordering::SeqCst) + 1
    }

    async fn publish_slowly(&self) -> i32 {
        tokio::time::sleep(Duration::from_secs(60)).await;
        1
    }
}

struct Feed;

#[Subscription]
impl Feed {
    async fn wire(&self) -> impl Stream<Item = i32> {
        futures::stream::empty()
    }
}

type TestSchema = Schema<Query, Mutation, Feed>;

struct House {
    door: GraphqlDoor<TestSchema>,
    published: Arc<Published>,
}

/// What came back, taken apart.
#[derive(Debug)]
struct Got {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("ASCII"))
    }

    fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}", self.text))
    }

    /// The code of one of the errors.
    fn code(&self, index: usize) -> String {
        self.json()["errors"][index]["extensions"]["code"]
            .as_str()
            .expect("every error has a code")
            .to_owned()
    }

    /// Status, code and message of the only error of an answer without `data`.
    fn refusal(&self) -> (u16, String, String) {
        let answer = self.json();
        let answer = answer.as_object().expect("an object");
        assert_eq!(answer.keys().collect::<Vec<_>>(), ["errors"], "{}", self.text);
        let errors = answer["errors"].as_array().expect("a list");
        assert_eq!(errors.len(), 1, "{}", self.text);
        assert_eq!(self.header("cache-control"), "no-store");
        let text = |value: &Json| value.as_str().expect("a string").to_owned();
        (
            self.status,
            text(&errors[0]["extensions"]["code"]),
            text(&errors[0]["message"]),
        )
    }
}

impl House {
    fn new() -> Self {
        let limits = Limits::default();
        let published = Arc::new(Published::default());
        let schema = Schema::build(Query, Mutation, Feed)
            .limit_complexity(limits.cost)
            .limit_recursive_depth(limits.levels())
            .disable_suggestions()
            .data(Arc::clone(&published))
            .finish();
        let door = GraphqlDoor {
            schema,
            limits,
            introspection: true,
            deadline: Duration::from_secs(2),
            max_answer_bytes: 100_000,
            trusted: Trusted::default(),
            documents: Documents::holding(1 << 20),
        };
        Self { door, published }
    }

    async fn ask(&self, method: Method, query: Option<&str>, headers: &[(&'static str, &str)], body: &str) -> Got {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                *name,
                HeaderValue::from_bytes(value.as_bytes()).expect("a header value"),
            );
        }
        let body = Bytes::copy_from_slice(body.as_bytes());
        let attach = |request: Request| request.data(Viewer("an editor"));
        let response = answer(&self.door, &method, &map, query, body, attach).await;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a whole body").to_bytes();
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        assert_eq!(
            parts.headers.get("vary").expect("vary"),
            "accept, accept-encoding, authorization"
        );
        Got {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text,
        }
    }

    async fn post(&self, accept: &str, body: &str) -> Got {
        self.ask(Method::POST, None, &[("content-type", JSON), ("accept", accept)], body)
            .await
    }

    async fn get(&self, accept: &str, query: &str) -> Got {
        self.ask(Method::GET, Some(query), &[("accept", accept)], "").await
    }

    /// Posts a document with both media types and expects it to be refused: 400 and 200.
    async fn refuses(&self, document: &str) -> (String, String) {
        self.refuses_body(&json!({ "query": document }).to_string()).await
    }

    async fn refuses_body(&self, body: &str) -> (String, String) {
        let start = Instant::now();
        let (status, code, message) = self.post(GRAPHQL, body).await.refusal();
        assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
        assert_eq!(status, 400, "{message}");
        let old = self.post(JSON, body).await;
        assert_eq!(old.refusal(), (200, code.clone(), message.clone()));
        assert_eq!(old.header("content-type"), "application/json; charset=utf-8");
        assert!(message.chars().count() < 300, "{message}");
        (code, message)
    }

    /// Posts a body with both media types and expects that it is no request at all: 400 and 400.
    async fn cannot_read(&self, body: &str) -> (String, String) {
        let (status, code, message) = self.post(GRAPHQL, body).await.refusal();
        assert_eq!(status, 400, "{message}");
        assert_eq!(
            self.post(JSON, body).await.refusal(),
            (400, code.clone(), message.clone())
        );
        (code, message)
    }

    async fn data(&self, body: Json) -> Json {
        let got = self.post(GRAPHQL, &body.to_string()).await;
        assert_eq!(got.status, 200, "{}", got.text);
        got.json()
    }
}

fn pair(code: &str, message: &str) -> (String, String) {
    (code.to_owned(), message.to_owned())
}

fn encoded(parameters: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish()
}

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
async fn a_document_can_be_asked_for_by_its_hash() {
    let house = House::new();
    let document = "{hello}";
    let hash = Sha256::digest(document)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    let extensions = json!({"persistedQuery": {"version": 1, "sha256Hash": hash}});
    let by_hash = json!({ "extensions": extensions }).to_string();
    let unknown = pair("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound");
    assert_eq!(house.refuses_body(&by_hash).await, unknown);
    assert_eq!(
        house.data(json!({"query": document, "extensions": extensions})).await["data"]["hello"],
        "world"
    );
    assert_eq!(
        house.post(GRAPHQL, &by_hash).await.text,
        r#"{"data":{"hello":"world"}}"#
    );
    let query = encoded(&[("extensions", &extensions.to_string())]);
    assert_eq!(house.get(GRAPHQL, &query).await.text, r#"{"data":{"hello":"world"}}"#);

    let mismatch = json!({"query": "{viewer}", "extensions": extensions}).to_string();
    assert_eq!(house.refuses_body(&mismatch).await.0, "PERSISTED_QUERY_MISMATCH");
    for (wrong, message) in [
        (
            json!({"version": 1, "sha256Hash": "abc"}),
            "`extensions.persistedQuery.sha256Hash` must be 64 hexadecimal digits.",
        ),
        (
            json!({"version": 1, "sha256Hash": "é".repeat(64)}),
            "`extensions.persistedQuery.sha256Hash` must be 64 hexadecimal digits.",
        ),
        (
            json!({"version": 2, "sha256Hash": hash}),
            "`extensions.persistedQuery.version` must be 1.",
        ),
    ] {
        let body = json!({"extensions": {"persistedQuery": wrong}}).to_string();
        assert_eq!(house.cannot_read(&body).await, pair("BAD_REQUEST", message));
    }
    // What is invalid is not kept, nor can it be asked for.
    let invalid = "{nothing}";
    let hash = Sha256::digest(invalid)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    house.refuses(invalid).await;
    let body = json!({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash}}}).to_string();
    assert_eq!(house.refuses_body(&body).await, unknown);
}

#[tokio::test]
async fn kept_documents_are_bounded_in_bytes() {
    let house = House {
        door: GraphqlDoor {
            trusted: Trusted::default(),
            documents: Documents::holding(200_000),
            ..House::new().door
        },
        ..House::new()
    };
    for i in 0..500 {
        house.data(json!({"query": format!("{{x{i}:hello}}")})).await;
    }
    assert!(house.door.documents.0.weight() <= 200_000);
    assert!(house.door.documents.0.len() < 200);
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

/// The library recurses with the query: some 40 kB of stack a level where nothing is optimised. At the default
/// limits that fits a thread of tokio's own size (tests run on such); a house that sets `depth` higher needs larger ones.
#[test]
fn the_deepest_query_a_house_can_allow_overflows_no_stack() {
    deepest(33, 2 << 20);
    deepest(60, 8 << 20);
}

fn deepest(depth: usize, stack: usize) {
    let limits = Limits {
        depth,
        ..Limits::default()
    };
    let mut house = House::new();
    house.door.schema = Schema::build(Query, Mutation, Feed)
        .limit_complexity(limits.cost)
        .limit_recursive_depth(limits.levels())
        .finish();
    house.door.limits = limits;
    let nested = |n: usize| format!("{{{}hello{}}}", "query{".repeat(n - 1), "}".repeat(n - 1));
    let asks = async move {
        let data = house.data(json!({"query": nested(depth)})).await;
        assert!(data["data"]["query"]["query"].is_object());
        let message = format!("The query is nested {} deep; the limit is {depth}.", depth + 1);
        assert_eq!(
            house.refuses(&nested(depth + 1)).await,
            pair("QUERY_TOO_DEEP", &message)
        );
    };
    let thread = std::thread::Builder::new().stack_size(stack).spawn(|| {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime")
            .block_on(asks)
    });
    thread.expect("a thread").join().expect("no panic");
}

/// A few milliseconds each with optimisations, and a tenth of a second at most without.
#[tokio::test]
async fn the_costliest_documents_that_are_let_through_are_cheap() {
    let house = House::new();
    let inline = format!(
        "{{query{{{}{}{}}}}}",
        "...{few(n:1) few(n:2) ".repeat(30),
        "few(n:3) few(n:4) ".repeat(40),
        "}".repeat(30)
    );
    let every = (0..39).map(|i| format!("...F{i} ")).collect::<String>();
    let crossed = (0..39)
        .map(|i| format!("fragment F{i} on Query{{query{{query{{hello item(id:{i}){{id}}}} hello}}}}"))
        .collect::<String>();
    let used = format!("query($f:Filter){{query{{{}}}}}", "items(filter:$f){id}".repeat(90));
    let wide = format!("{{queries(first:100){{{}}}}}", "hello ".repeat(190));
    let lists = "{__schema{types{fields{type{fields{type{fields{name}}}}}}}}";
    for (name, document, variables) in [
        ("conflicts in inline fragments", inline, json!({})),
        ("crossed fragments", format!("{{query{{{every}}}}}{crossed}"), json!({})),
        (
            "a large variable, used often",
            used,
            json!({"f": {"within": vec![1; 990]}}),
        ),
        ("a wide list", wide, json!({})),
        ("nested introspection", lists.to_owned(), json!({})),
        (
            "standard introspection",
            crate::graphql::limits::tests::INTROSPECTION_QUERY.to_owned(),
            json!({}),
        ),
        (
            "unknown fields",
            format!("{{query{{{}}}}}", "helo ".repeat(900)),
            json!({}),
        ),
    ] {
        let body = json!({"query": document, "variables": variables}).to_string();
        let start = Instant::now();
        let got = house.post(GRAPHQL, &body).await;
        let took = start.elapsed();
        assert!(took < Duration::from_secs(1), "{name}: {took:?}");
        assert!(
            got.status == 200 || got.code(0) == "GRAPHQL_VALIDATION_FAILED",
            "{name}: {}",
            got.text
        );
    }
}

proptest::proptest! {
    /// Whatever is put together from the pieces of the language, and whatever else comes along, is answered.
    #[test]
    fn no_document_makes_it_panic(pieces in proptest::collection::vec(piece(), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let house = House::new();
        let got = runtime.block_on(house.post(GRAPHQL, &json!({"query": pieces.concat()}).to_string()));
        let errors = got.json()["errors"].as_array().map_or(0, Vec::len);
        proptest::prop_assert!(got.status == 200 || got.status == 400 && errors > 0, "{}", got.text);
        for index in 0..errors {
            got.code(index);
        }
    }
}

fn piece() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    prop_oneof![
        12 => prop::sample::select(vec![
            "{", "}", "(", ")", "[", "]", ":", "!", "$", "@", "=", "|", "&", "...", "... on Query", "\"", "\"\"\"", "\\", "#",
            "\n", "\r\n", ",", "1", "-0.5e10", "9e999", "true", "null", "RED", "fragment F on Query", "...F", "query",
            "query Q($v:Int=1)", "mutation", "subscription", "hello", "{hello}", "query{", "x:", "item(id:$v)", "{id}",
            "items(first:2)", "@include(if:$v)", "@skip(if:true)", "__typename", "__schema{types{name}}", "(filter:{within:[1]})",
            "\u{feff}", "type Query", "extend", "\"\\ud800\"", "\"\\u0041\"", "{a:1}", "[1,2]", "publish", "wire", "few(n:9)",
        ]).prop_map(str::to_owned),
        2 => Just(" ".to_owned()),
        1 => ".{0,3}",
    ]
}
