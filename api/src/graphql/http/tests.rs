//! A small house with a schema of its own, which is asked as clients ask.

mod heavy;
mod kept;
mod protocol;
mod refused;
mod run;

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
