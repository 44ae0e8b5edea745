//! The doors open: connections, the layers around every request, and how it all stops.
//!
//! Cast: `start` builds the router, `accept` takes connections until told to stop, `gatekeeper` finds out who asks before
//! anything else happens, `ready` and `render` are what operations look at.
//! Promises: a client that sends slowly costs a connection for a bounded time and nothing more; a panic ends one request; what runs
//! when the stop comes is finished within `server.stop_seconds`.

mod charge;
mod front;
mod gatekeeper;
mod patience;

use crate::app::Rooms;
use crate::archive::Archive;
use crate::clock::Clock;
use crate::config::{Config, Public, Server};
use crate::error::{Error, Result};
use crate::store::Store;
use crate::web::{Policy, Problem, Streams, body_deadline, measure, method_not_allowed, not_found, panicked};
use crate::wire::Wire;
use crate::{feed, graphql, rest, site};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use front::Front;
use gatekeeper::{Gatekeeper, Peer, recognise};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use patience::Patience;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate as _, SizeAbove};
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;

/// The open doors.
pub struct Running {
    pub address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    pub async fn stop(self) {
        self.stop.cancel();
        let _ = self.task.await;
    }
}

/// Connections that may wait until they are taken: as many as the kernel gives a program at the most. Of a crowd that comes
/// at once (all listeners, when a server has been away) whoever finds no room tries again a second later.
const BACKLOG: u32 = 4_096;

/// Bytes. What is shorter fits into one packet as it is, and the shortest would grow.
const WORTH_PACKING: u64 = 512;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// Takes an address; connections wait there until `start`.
pub fn listen(at: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match at {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // A server that is started again takes the address of the one before, whose last connections are not forgotten yet.
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)
}

pub fn start(listener: TcpListener, rooms: &Rooms, config: &Config, clock: Clock) -> Result<Running> {
    let address = listener.local_addr().map_err(Error::internal)?;
    let watch = Watch {
        store: rooms.store.clone(),
        wire: rooms.wire.clone(),
        archive: rooms.archive.clone(),
        metrics: metrics()?,
    };
    let operations = Router::new()
        .route("/livez", get(|| async { kept_by_nobody("alive") }))
        .route("/readyz", get(ready))
        .route("/metrics", get(render))
        .with_state(watch);
    let seconds = |s| Duration::from_secs(s);
    let stop = CancellationToken::new();
    let streams = Streams::new(&config.wire, stop.clone());
    let gatekeeper = Gatekeeper::new(rooms.access.clone(), clock.clone(), &config.server);
    let router = doors(rooms, config, &clock, &streams)?
        .merge(operations)
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(rooms.access.clone(), charge::charge))
        .layer(from_fn_with_state(gatekeeper.clone(), recognise))
        .layer(DefaultBodyLimit::max(config.server.body_limit))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(seconds(config.server.body_seconds), body_deadline))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(SizeAbove::new(WORTH_PACKING))))
        .layer(cors(&config.server, gatekeeper))
        .layer(SetResponseHeaderLayer::overriding(
            header::X_CONTENT_TYPE_OPTIONS,
            NOSNIFF,
        ))
        .layer(SetResponseHeaderLayer::overriding(
            header::STRICT_TRANSPORT_SECURITY,
            secure(&config.server),
        ))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(from_fn(keep_plain_id))
        .layer(from_fn(measure));
    let body_time = seconds(config.server.body_seconds);
    let sharing = sharing(&config.server).filter(|_| !rooms.access.limits_anonymous());
    let open = config.access.public == Public::All;
    let front = Front::new(router, rooms.kept.clone(), clock, body_time, sharing, open);
    let task = tokio::spawn(accept(listener, front, config.server.clone(), streams, stop.clone()));
    Ok(Running { address, stop, task })
}

/// Every door of the house.
fn doors(rooms: &Rooms, config: &Config, clock: &Clock, streams: &Streams) -> Result<Router> {
    let Rooms {
        store: _,
        wire,
        archive,
        kept,
        desk,
        access,
        sources,
        hub,
        publisher,
        webhooks,
        purge: _,
        index: _,
    } = rooms;
    let rest = rest::Door {
        archive: archive.clone(),
        desk: desk.clone(),
        wire: wire.clone(),
        kept: kept.clone(),
        access: access.clone(),
        sources: sources.clone(),
        webhooks: webhooks.clone(),
        streams: streams.clone(),
        clock: clock.clone(),
    };
    let websub = feed::WebSub {
        publisher: publisher.clone(),
        hub: hub.clone(),
        sources: sources.clone(),
        desk: desk.clone(),
    };
    let rooms = graphql::Rooms {
        archive: archive.clone(),
        desk: desk.clone(),
        wire: wire.clone(),
        kept: kept.clone(),
        access: access.clone(),
        webhooks: webhooks.clone(),
        streams: streams.clone(),
        clock: clock.clone(),
    };
    Ok(Router::new()
        .merge(rest::router(rest, feed::OPERATIONS))
        .merge(graphql::router(rooms, &config.graphql, config.server.body_limit)?)
        .merge(feed::router(archive.clone(), kept.clone(), websub))
        .merge(site::router(archive.clone(), kept.clone())))
}

/// Accepts until told to stop, then lets what runs finish.
async fn accept(listener: TcpListener, front: Front, config: Server, streams: Streams, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(config.max_connections));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(config.header_seconds))
        .max_buf_size(64 * 1024)
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(100)
        .max_header_list_size(16 * 1024)
        .keep_alive_interval(Duration::from_secs(20));
    loop {
        let (stream, peer, permit) = tokio::select! {
            () = stop.cancelled() => break,
            taken = next(&listener, &room) => match taken {
                Some(taken) => taken,
                None => continue,
            },
        };
        let service = front.clone().speaking_to(Peer(peer.ip()));
        let (to_speak, to_take) = (config.header_seconds, config.take_seconds);
        let stream = Patience::with(stream, Duration::from_secs(to_speak), Duration::from_secs(to_take));
        let connection = builder.serve_connection_with_upgrades(stream, service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that breaks off is no news.
            if let Err(error) = connection.await {
                tracing::debug!(error.cause = %error, "a connection ended early");
            }
            drop(permit);
        });
    }
    drop(listener);
    let patience = Duration::from_secs(config.stop_seconds);
    let ended = async {
        graceful.shutdown().await;
        streams.ended().await;
    };
    if tokio::time::timeout(patience, ended).await.is_err() {
        tracing::warn!("some connections did not finish in time and were cut");
    }
}

async fn next(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            let _ = stream.set_nodelay(true);
            Some((stream, peer, permit))
        }
        Err(error) => {
            // Out of file descriptors, most likely: a moment later some are free again.
            tracing::warn!(error.cause = %error, "cannot accept a connection");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

/// Who has come by HTTPS once comes so for a year (RFC 6797); said only where the address that links begin with has it.
fn secure(config: &Server) -> Option<HeaderValue> {
    let secure = config.public_url.starts_with("https://");
    secure.then_some(HeaderValue::from_static("max-age=31536000"))
}

/// What other sites' pages may see of an answer.
const EXPOSED: [HeaderName; 6] = [
    header::ETAG,
    header::LINK,
    header::RETRY_AFTER,
    charge::RATE_LIMIT,
    charge::RATE_LIMIT_POLICY,
    REQUEST_ID,
];

/// What `cors` says on every answer where all sites may read; none where it depends on the site.
fn sharing(config: &Server) -> Option<Vec<(HeaderName, HeaderValue)>> {
    if !config.cors_origins.iter().any(|o| o == "*") {
        return None;
    }
    let exposed = EXPOSED.map(|name| name.to_string()).join(",");
    let secure = secure(config).map(|secure| (header::STRICT_TRANSPORT_SECURITY, secure));
    let sharing = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_str(&exposed).ok()?,
        ),
    ];
    Some(sharing.into_iter().chain(secure).collect())
}

/// Before it sends a key, a browser asks whether it may, and cannot say which.
fn cors(config: &Server, gatekeeper: Gatekeeper) -> CorsLayer {
    let any = config.cors_origins.iter().any(|o| o == "*");
    let listed = move |origin: HeaderValue, asked: &Parts| {
        let (gatekeeper, asks) = (gatekeeper.clone(), asked.method == Method::OPTIONS);
        async move { gatekeeper.admits(&origin) || (asks && gatekeeper.may_send(&origin).await) }
    };
    CorsLayer::new()
        .allow_origin(if any {
            AllowOrigin::any()
        } else {
            AllowOrigin::async_predicate(listed)
        })
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers([
            header::ACCEPT,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
        ])
        .expose_headers(EXPOSED)
        .max_age(Duration::from_secs(3600))
}

/// An id that a proxy gave is kept, so that a request can be followed through both; anything else that stands in its
/// place would come back in the answer as it went in, and is dropped.
async fn keep_plain_id(mut request: Request, next: Next) -> Response {
    if !request.headers().get(REQUEST_ID).is_none_or(is_plain_id) {
        request.headers_mut().remove(REQUEST_ID);
    }
    next.run(request).await
}

fn is_plain_id(id: &HeaderValue) -> bool {
    let id = id.as_bytes();
    (1..=100).contains(&id.len()) && id.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
}

/// What operations look at.
#[derive(Clone)]
struct Watch {
    store: Store,
    wire: Wire,
    archive: Archive,
    metrics: PrometheusHandle,
}

/// How far a server may be behind its database and be ready.
const FOLLOWS_WITHIN: Duration = Duration::from_secs(1);

/// Ready is who reaches the database, and has told his followers what it held when he was asked.
async fn ready(State(watch): State<Watch>) -> Response {
    match watch.archive.wire_head().await {
        // Who cannot follow the wire does not know what is good any more.
        Ok(head) if watch.wire.reached(head.position, FOLLOWS_WITHIN).await => kept_by_nobody("ready"),
        Ok(_) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "not_ready",
            "The wire cannot be followed.",
        )
        .into_response(),
        Err(error) => {
            tracing::warn!(error.cause = %error, "not ready: the database does not answer");
            Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "not_ready",
                "The database does not answer.",
            )
            .into_response()
        }
    }
}

async fn render(State(watch): State<Watch>) -> Response {
    let head = watch.archive.wire_head().await;
    // What is looked up now is said of this server, and there may be another one in this process.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let one_at_a_time = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    for (pool, open, idle) in watch.store.pools() {
        metrics::gauge!("dateline_pool_connections", "pool" => pool, "state" => "open").set(f64::from(open));
        metrics::gauge!("dateline_pool_connections", "pool" => pool, "state" => "idle").set(f64::from(idle));
    }
    let (database, version) = (watch.store.kind(), env!("CARGO_PKG_VERSION"));
    metrics::gauge!("dateline_build", "version" => version, "database" => database).set(1.0);
    if let Ok(head) = head {
        #[allow(clippy::cast_precision_loss)]
        metrics::gauge!("dateline_wire_position").set(head.position.0 as f64);
        metrics::gauge!("dateline_wire_epoch").set(f64::from(head.epoch));
    }
    watch.metrics.run_upkeep();
    let text = watch.metrics.render();
    drop(one_at_a_time);
    let mut response = kept_by_nobody(text);
    let text = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}

fn kept_by_nobody(text: impl IntoResponse) -> Response {
    let mut response = text.into_response();
    Policy::Never.write(response.headers_mut());
    response
}

/// One recorder a process, however many servers it runs.
fn metrics() -> Result<PrometheusHandle> {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = RECORDER.get() {
        return Ok(handle.clone());
    }
    const SECONDS: &[f64] = &[
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
    ];
    let builder = PrometheusBuilder::new().set_buckets(SECONDS).map_err(Error::internal)?;
    match builder.install_recorder() {
        Ok(handle) => Ok(RECORDER.get_or_init(|| handle).clone()),
        // Two servers started at once: the other one was faster.
        Err(error) => RECORDER.get().cloned().ok_or_else(|| Error::internal(error)),
    }
}
