//! The GraphQL door: `/graphql`, GraphiQL, and the schema as text.
//!
//! Cast: `query` and `mutation` the roots; `article`, `topic`, `collection`, `site`, `node` the types; `connection`
//! Relay's pages; `filter` and `input` what comes in; `scalar` times, zones and addresses; `loaders` one batch per kind
//! of key, run by `together`; `refusal` errors with codes; `limits` and `scan` what is refused before it costs anything; `http` the
//! protocol.
//! Promises: a resolver never opens a connection, it asks a loader; a page costs a bounded number of statements however
//! many stories it lists; nothing is executed by GET but queries; every error has a code.

mod article;
mod collection;
mod connection;
mod filter;
mod graphiql;
mod http;
mod input;
mod limits;
mod loaders;
mod mutation;
mod node;
mod query;
mod refusal;
mod scalar;
mod scan;
mod site;
mod together;
mod topic;

use crate::access::Access;
use crate::archive::Archive;
use crate::clock::Clock;
use crate::config::Graphql;
use crate::desk::Desk;
use crate::web::{Assets, Caller, Kept, Key, Policy, Streams, file};
use crate::wire::Wire;
use async_graphql::{EmptySubscription, Schema};
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use http::{Documents, GraphqlDoor, Prepared};
use mutation::Mutation;
use query::Query;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use together::{Errands, together};

type House = Schema<Query, Mutation, EmptySubscription>;

/// The rooms this door opens into.
#[derive(Clone)]
pub struct Rooms {
    pub archive: Archive,
    pub desk: Desk,
    pub wire: Wire,
    pub kept: Kept,
    pub access: Access,
    pub streams: Streams,
    pub clock: Clock,
}

#[derive(Clone)]
struct Door {
    graphql: Arc<GraphqlDoor<House>>,
    rooms: Rooms,
    anonymous_bytes: usize,
}

/// Memory for parsed documents.
const DOCUMENT_BYTES: usize = 16 * 1024 * 1024;

/// Every route of this door. `body_limit` is what a key that publishes may send.
pub fn router(rooms: Rooms, config: &Graphql, body_limit: usize) -> Router {
    let door = Door {
        graphql: Arc::new(GraphqlDoor {
            schema: schema(config),
            limits: limits::Limits {
                document_bytes: config.max_document_bytes,
                tokens: config.max_tokens,
                depth: config.max_depth,
                aliases: config.max_aliases,
                root_fields: config.max_root_fields,
                directives: config.max_directives,
                nodes: config.max_nodes,
                cost: config.max_cost,
            },
            introspection: config.introspection,
            deadline: Duration::from_millis(config.deadline_ms),
            max_answer_bytes: config.max_answer_bytes,
            documents: Documents::holding(DOCUMENT_BYTES),
        }),
        rooms,
        anonymous_bytes: config.max_body_bytes,
    };
    let graphql = any(answer).layer(DefaultBodyLimit::max(body_limit));
    let router = Router::new()
        .route("/graphql", graphql)
        .route("/schema.graphql", get(sdl));
    let router = if config.graphiql {
        router.merge(graphiql::router())
    } else {
        router
    };
    router.with_state(door)
}

fn schema(config: &Graphql) -> House {
    let builder = Schema::build(Query, Mutation, EmptySubscription)
        .limit_complexity(config.max_cost)
        .limit_recursive_depth(config.max_depth.max(32));
    let builder = if config.suggestions {
        builder
    } else {
        builder.disable_suggestions()
    };
    builder.finish()
}

/// The schema as text: what `api/schema.graphql` holds.
pub fn document() -> String {
    schema(&Graphql::default()).sdl()
}

async fn sdl(headers: HeaderMap) -> Response {
    file(&SDL, "schema.graphql", &headers).unwrap_or_default()
}

static SDL: LazyLock<Assets> = LazyLock::new(|| {
    let text: &'static [u8] = document().leak().as_bytes();
    Box::leak(Box::new([("schema.graphql", "text/plain; charset=utf-8", text)]))
});

async fn answer(
    State(door): State<Door>,
    caller: Caller,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) if body.len() <= door.anonymous_bytes || caller.viewer.may_publish() => body,
        Err(e) if e.status() != StatusCode::PAYLOAD_TOO_LARGE => return refusal::unreadable_body(),
        Ok(_) | Err(_) => {
            let limit = (!caller.viewer.may_publish()).then_some(door.anonymous_bytes);
            return refusal::too_large(limit);
        }
    };
    let repeat = match input::RepeatKey::read(&headers, &body) {
        Ok(repeat) => repeat,
        Err(error) => return error.into_response(),
    };
    let prepared = match http::prepare(&door.graphql, &method, &headers, query.as_deref(), &body) {
        Ok(prepared) => prepared,
        Err(refused) => return refused,
    };
    drop(body);
    if !prepared.is_query() {
        return door.run(prepared, caller, repeat).await;
    }
    let key: Key = [b"graphql ", caller.viewer.audience().as_bytes(), b" ", &prepared.key()]
        .concat()
        .into();
    let is_get = method == Method::GET;
    let policy = if is_get { Policy::of(&caller) } else { Policy::Private };
    let now = caller.now;
    let make = async |readings| door.run(prepared, Caller { readings, ..caller }, repeat).await;
    let answer = door.rooms.kept.answer(key, now, make).await;
    door.rooms.kept.write(&answer, &headers, policy, is_get)
}

impl Door {
    /// Runs an operation for one caller, together with its loaders.
    async fn run(&self, prepared: Prepared<'_, House>, caller: Caller, repeat: input::RepeatKey) -> Response {
        let house = loaders::House {
            archive: self.rooms.archive.clone(),
            scope: caller.scope(),
        };
        let errands = Errands::default();
        let attach = |request: async_graphql::Request| {
            request
                .data(loaders::loaders(house, errands.clone()))
                .data(self.rooms.desk.clone())
                .data(caller)
                .data(repeat)
        };
        together(prepared.run(attach), &errands).await
    }
}
