//! `webhook listen`: a receiver to try webhooks with.

use crate::cli::End;
use crate::clock::Clock;
use crate::error::{Error, Fault, Result};
use crate::webhook::check;
use bytes::Bytes;
use clap::Args;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Args)]
pub struct Listen {
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9080")]
    listen: SocketAddr,
    /// What messages are signed with; may be repeated. Without it nothing is checked
    #[arg(long, env = "DATELINE_WEBHOOK_SECRET", hide_env_values = true, value_delimiter = ',')]
    secret: Vec<String>,
    /// The status to answer with
    #[arg(long, default_value_t = 204)]
    status: u16,
    /// One JSON object a line, whole
    #[arg(long)]
    json: bool,
}

/// No message is larger.
const MOST: usize = 32 * 1024 * 1024;

struct Ear {
    secrets: Vec<String>,
    status: StatusCode,
    json: bool,
    clock: Clock,
}

impl Listen {
    pub async fn run(self, clock: &Clock) -> Result<End> {
        let Listen {
            listen,
            secret,
            status,
            json,
        } = self;
        let wrong = |_| Error::parameters(vec![Fault::new("--status", "invalid_value", "is no status of HTTP")]);
        let ear = Arc::new(Ear {
            secrets: secret,
            status: StatusCode::from_u16(status).map_err(wrong)?,
            json,
            clock: clock.clone(),
        });
        let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
        let cannot = |e: std::io::Error| Error::request("cannot_listen", format!("cannot listen on {listen}: {e}"));
        let listener = TcpListener::bind(listen).await.map_err(cannot)?;
        println!("http://{}/", listener.local_addr().map_err(Error::internal)?);
        loop {
            let accepted = tokio::select! {
                _ = terminate.recv() => return Ok(End::Done),
                _ = interrupt.recv() => return Ok(End::Done),
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else { continue };
            let ear = Arc::clone(&ear);
            tokio::spawn(async move {
                let hear = service_fn(move |request| {
                    let ear = Arc::clone(&ear);
                    async move { Ok::<_, Infallible>(ear.hear(request).await) }
                });
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .serve_connection(TokioIo::new(stream), hear);
                // Who breaks off is not told.
                let _ = connection.await;
            });
        }
    }
}

impl Ear {
    async fn hear(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let mut response = Response::new(Full::default());
        let read = Limited::new(body, MOST).collect().await;
        *response.status_mut() = match read {
            _ if head.method != Method::POST => StatusCode::METHOD_NOT_ALLOWED,
            Err(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Ok(body) => self.print(&head.headers, &body.to_bytes()),
        };
        response
    }

    fn print(&self, headers: &HeaderMap, body: &[u8]) -> StatusCode {
        let header = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        let id = header("webhook-id");
        let checked = match self.secrets.is_empty() {
            true => Ok("unchecked"),
            false => check(
                &self.secrets,
                self.clock.now(),
                (id, header("webhook-timestamp"), header("webhook-signature")),
                body,
            )
            .map(|()| "signed"),
        };
        let message: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |place: &str| message.pointer(place).and_then(Value::as_str).unwrap_or_default();
        let (word, refused) = match &checked {
            Ok(word) => (*word, false),
            Err(why) => (why.as_str(), true),
        };
        if self.json {
            println!("{}", json!({ "id": id, "signature": word, "message": message }));
        } else {
            println!(
                "{word:<10} {id:<26} {:<20} {:<8} {}  {}",
                text("/type"),
                text("/data/action"),
                text("/data/uri"),
                text("/data/article/headline")
            );
        }
        if refused { StatusCode::UNAUTHORIZED } else { self.status }
    }
}
