//! The GraphQL door: `/graphql`, GraphiQL, and the schema as text.
//!
//! Cast: `query`, `mutation` and `subscription` the roots, `administration` the part of both that is for administrators, `webhook` for partners, too; `article` with `beside`, `media` and `difference`, `topic`, `collection`, `channel`, `site`, `wire`, `node` the
//! types; `vestibule` what waits under embargo; `connection` Relay's pages; `filter` and `input` what comes in; `search` what is looked for; `scalar` times, zones and addresses; `loaders`
//! one batch per kind of key, run by `together`; `refusal` errors with codes; `limits` and `scan` what is refused before it
//! costs anything; `price` what an operation costs the one who asks; `trusted` registered documents; `http` the protocol; `live` WebSockets and event streams.
//! Promises: a resolver never opens a connection, it asks a loader; a page costs a bounded number of statements however
//! many stories it lists; nothing is executed by GET but queries and, on a stream, subscriptions; an event is looked up
//! and passes the gate when it is told; every error has a code.

mod administration;
mod article;
mod beside;
mod channel;
mod collection;
mod connection;
mod difference;
mod filter;
mod graphiql;
mod http;
mod input;
mod limits;
mod live;
mod loaders;
mod media;
mod mutation;
mod node;
mod price;
mod query;
mod refusal;
mod scalar;
mod scan;
mod search;
mod site;
mod subscription;
mod together;
mod topic;
mod trusted;
mod vestibule;
mod webhook;
mod wire;

use crate::access::{Access, Tab, Wait};
use crate::archive::Archive;
use crate::clock::Clock;
use crate::config::{DocumentsRun, Graphql};
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::news::limits::Cost;
use crate::news::viewer::Viewer;
use crate::web::{Alias, Answer, Assets, Caller, Kept, Key, Policy, Route, Streams, file};
use crate::webhook::Webhooks;
use crate::wire::Wire;
use administration::{AdministrationMutation, AdministrationQuery};
use async_graphql::{MergedObject, Schema, SchemaBuilder};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Extension, Router};
use channel::{ChannelMutation, ChannelQuery};
use http::{Documents, GraphqlDoor, Prepared};
use mutation::Mutation;
use price::Prices;
use query::Query;
use search::SearchQuery;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use subscription::Sub;
use together::{Errands, together};
use trusted::Trusted;
use vestibule::{VestibuleMutation, VestibuleQuery};
use webhook::{WebhookMutation, WebhookQuery};

/// What can be asked.
#[derive(MergedObject)]
#[graphql(name = "Query")]
struct Reads(
    Query,
    SearchQuery,
    ChannelQuery,
    AdministrationQuery,
    WebhookQuery,
    VestibuleQuery,
);

/// What can be changed.
#[derive(MergedObject)]
#[graphql(name = "Mutation")]
struct Writes(
    Mutation,
    ChannelMutation,
    AdministrationMutation,
    WebhookMutation,
    VestibuleMutation,
);

type House = Schema<Reads, Writes, Sub>;

/// The rooms this door opens into.
#[derive(Clone)]
pub struct Rooms {
    pub archive: Archive,
    pub desk: Desk,
    pub wire: Wire,
    pub kept: Kept,
    pub access: Access,
    pub webhooks: Webhooks,
    pub streams: Streams,
    pub clock: Clock,
}

#[derive(Clone)]
struct Door {
    graphql: Arc<GraphqlDoor<House>>,
    prices: Arc<Prices>,
    rooms: Rooms,
    anonymous_bytes: usize,
}

/// Memory for parsed documents.
const DOCUMENT_BYTES: usize = 16 * 1024 * 1024;

/// Every route of this door. `body_limit` is what a key that publishes may send.
pub fn router(rooms: Rooms, config: &Graphql, body_limit: usize) -> Result<Router> {
    let schema = schema(config);
    let limits = limits::Limits {
        document_bytes: config.max_document_bytes,
        tokens: config.max_tokens,
        depth: config.max_depth,
        aliases: config.max_aliases,
        root_fields: config.max_root_fields,
        directives: config.max_directives,
        nodes: config.max_nodes,
        cost: config.max_cost,
    };
    let trusted = trusted(config, &schema, &limits)?;
    let door = Door {
        prices: Arc::new(Prices::new(config.max_cost, config.max_depth.max(32))),
        graphql: Arc::new(GraphqlDoor {
            schema,
            limits,
            introspection: config.introspection,
            deadline: Duration::from_millis(config.deadline_ms),
            max_answer_bytes: config.max_answer_bytes,
            documents: Documents::holding(DOCUMENT_BYTES),
            trusted,
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
    Ok(router.with_state(door))
}

/// The registered documents; a file that is wrong stops the start.
fn trusted(config: &Graphql, schema: &House, limits: &limits::Limits) -> Result<Trusted> {
    let only = config.documents == DocumentsRun::Trusted;
    let path = config.trusted_documents.as_str();
    let fault = |what: String| Error::request("invalid_trusted_documents", what);
    if path.is_empty() && only {
        let what =
            "graphql.documents is \"trusted\", and graphql.trusted_documents names no file: nothing would be run";
        return Err(fault(what.to_owned()));
    }
    if path.is_empty() {
        return Ok(Trusted::default());
    }
    let wrong = |why: String| fault(format!("graphql.trusted_documents: {path}: {why}"));
    let text = std::fs::read_to_string(path).map_err(|why| wrong(format!("cannot be read ({why})")))?;
    Trusted::read(&text, schema, limits, only).map_err(wrong)
}

/// The schema before anything is said of its limits.
fn roots() -> SchemaBuilder<Reads, Writes, Sub> {
    let reads = Reads(
        Query,
        SearchQuery,
        ChannelQuery,
        AdministrationQuery,
        WebhookQuery,
        VestibuleQuery,
    );
    let writes = Writes(
        Mutation,
        ChannelMutation,
        AdministrationMutation,
        WebhookMutation,
        VestibuleMutation,
    );
    Schema::build(reads, writes, Sub)
}

fn schema(config: &Graphql) -> House {
    let builder = roots()
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
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    (method, RawQuery(query), headers): (Method, RawQuery, HeaderMap),
    (alias, tab): (Option<Extension<Alias>>, Option<Extension<Tab>>),
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if let Some(Extension(tab)) = &tab
        && let Err(wait) = tab.charge(Cost::ONE).await
    {
        return http::rate_limited(&headers, wait);
    }
    if let Ok(upgrade) = upgrade {
        return live::socket::open(upgrade, door, caller);
    }
    let body = match body {
        Ok(body) if body.len() <= door.anonymous_bytes || caller.viewer.may_publish() => body,
        Err(e) if e.status() != StatusCode::PAYLOAD_TOO_LARGE => return refusal::unreadable_body(),
        Ok(_) | Err(_) => {
            let limit = (!caller.viewer.may_publish()).then_some(door.anonymous_bytes);
            return refusal::too_large(limit);
        }
    };
    if let Some((way, asked)) = match streamed(&door, &method, &headers, query.as_deref(), &body) {
        Ok(streamed) => streamed,
        Err(refused) => return refused,
    } {
        return live::sse::open(door, caller, way, asked).await;
    }
    let repeat = match input::RepeatKey::read(&headers, &body) {
        Ok(repeat) => repeat,
        Err(error) => return error.into_response(),
    };
    let prepared = match http::prepare(&door.graphql, &method, &headers, query.as_deref(), &body) {
        Ok(prepared) => prepared,
        Err(refused) => return refused,
    };
    drop(body);
    if let Some(Extension(tab)) = &tab
        && let Err(wait) = tab.charge(door.prices.besides(&prepared).await).await
    {
        return http::rate_limited(&headers, wait);
    }
    if !prepared.is_query() {
        return door.run(prepared, caller, repeat).await;
    }
    let is_get = method == Method::GET;
    let policy = if is_get { Policy::of(&caller) } else { Policy::Private };
    let answer = door.answer(prepared, caller).await;
    if let Some(Extension(alias)) = alias {
        door.rooms.kept.alias(alias, &answer);
    }
    door.rooms.kept.write(&answer, &headers, policy, is_get)
}

/// What is to be answered with a stream; none for what is answered once.
fn streamed(
    door: &Door,
    method: &Method,
    headers: &HeaderMap,
    query: Option<&str>,
    body: &[u8],
) -> Result<Option<(http::Way, http::Asked)>, Response> {
    let wanted = http::streams(headers);
    if wanted == http::Stream::No {
        return Ok(None);
    }
    let (way, asked) = http::read_streamed(method, headers, query, body)?;
    let needed = || {
        let prepared = http::may_subscribe(&asked).then(|| http::prepare_streamed(&door.graphql, way, asked.clone()));
        matches!(prepared, Some(Ok(prepared)) if prepared.is_subscription())
    };
    let streamed = wanted == http::Stream::Always || needed();
    Ok(streamed.then_some((way, asked)))
}

impl Door {
    /// Charges for an operation on a stream: all of it, or what it costs besides the request that brought it.
    async fn charge(&self, prepared: &Prepared<'_, House>, viewer: &Viewer, paid: Cost) -> Result<(), Wait> {
        if *viewer == Viewer::Public {
            return Ok(());
        }
        let Cost(besides) = self.prices.besides(prepared).await;
        let cost = Cost(besides + Cost::ONE.0 - paid.0);
        self.rooms.access.charge(viewer, cost).await
    }

    /// The answer to a query, kept or made.
    async fn answer(&self, prepared: Prepared<'_, House>, caller: Caller) -> Arc<Answer> {
        let key: Key = [b"graphql ", caller.sight.audience().as_bytes(), b" ", &prepared.key()]
            .concat()
            .into();
        let now = caller.now;
        let make = async |readings| {
            let caller = Caller { readings, ..caller };
            let mut response = self.run(prepared, caller, input::RepeatKey::default()).await;
            response.extensions_mut().insert(Route("POST /graphql".to_owned()));
            response
        };
        self.rooms.kept.answer(key, now, make).await
    }

    /// Runs an operation for one caller, together with its loaders.
    async fn run(&self, prepared: Prepared<'_, House>, caller: Caller, repeat: input::RepeatKey) -> Response {
        let house = loaders::House {
            archive: self.rooms.archive.clone(),
            wire: self.rooms.wire.clone(),
            scope: caller.scope(),
        };
        let errands = Errands::default();
        let attach = |request: async_graphql::Request| {
            request
                .data(loaders::loaders(house, errands.clone()))
                .data(self.rooms.access.clone())
                .data(self.rooms.desk.clone())
                .data(self.rooms.webhooks.clone())
                .data(self.rooms.wire.clone())
                .data(caller)
                .data(repeat)
        };
        together(prepared.run(attach), &errands).await
    }
}
