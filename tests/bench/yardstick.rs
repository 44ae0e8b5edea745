//! The yardstick: the least that could answer the same. A bare axum handler in a process of its own, as the server is,
//! gives the recorded bytes under `/{question}/{request}`; what the server needs beyond that is what it costs to be a
//! news server. Status, content type and ETag are the recorded ones; the request's body is read and thrown away.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path as Segments, State};
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::serve::ListenerExt;
use rustix::process::Signal;

use crate::Outcome;
use crate::child::Kept;
use crate::{server, tape};

/// The argument that makes this program the yardstick.
pub const ARGUMENT: &str = "yardstick";

struct Ready {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

type Shelf = Arc<Vec<Vec<Ready>>>;

/// Starts this program once more, as the yardstick.
pub fn start(tape: &Path) -> Outcome<(Kept, std::net::SocketAddr)> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg(ARGUMENT)
        .arg(tape)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut process = Kept::start(&mut command, Signal::TERM)?;
    let address = server::announced(&mut process).map_err(|error| format!("the yardstick: {error}"))?;
    Ok((process, address))
}

pub fn serve(path: &Path) -> Outcome<()> {
    let tapes = tape::load(path)?;
    let shelf: Vec<Vec<Ready>> = tapes
        .into_iter()
        .map(|tape| tape.into_iter().map(ready).collect())
        .collect::<Outcome<_>>()?;
    // The one who started it holds the other end: when he is gone, however he went, so is the yardstick.
    std::thread::spawn(|| {
        let _nothing_comes = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    // The server's own kind of runtime: as many threads as there are cores.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("http://{}", listener.local_addr()?);
        std::io::stdout().flush()?;
        let listener = listener.tap_io(|stream| {
            let _best_effort = stream.set_nodelay(true);
        });
        let router = Router::new()
            .route("/{question}/{request}", any(answer))
            .with_state(Arc::new(shelf));
        Ok(axum::serve(listener, router).await?)
    })
}

fn ready(recorded: tape::Recorded) -> Outcome<Ready> {
    let mut headers = HeaderMap::new();
    for (name, value) in [(CONTENT_TYPE, recorded.content_type), (ETAG, recorded.etag)] {
        if let Some(value) = value {
            headers.insert(name, HeaderValue::try_from(value)?);
        }
    }
    Ok(Ready {
        status: StatusCode::from_u16(recorded.status)?,
        headers,
        body: recorded.body.into(),
    })
}

async fn answer(
    State(shelf): State<Shelf>,
    Segments((question, request)): Segments<(usize, usize)>,
    _body: Bytes,
) -> Response {
    let Some(ready) = shelf.get(question).and_then(|tape| tape.get(request)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = Response::new(Body::from(ready.body.clone()));
    *response.status_mut() = ready.status;
    response.headers_mut().clone_from(&ready.headers);
    response
}
