//! A listener: over `graphql-transport-ws`, and over server-sent events.

use std::collections::VecDeque;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::PATIENCE;
use crate::press::Doors;
use crate::socket::Socket;

pub const PROTOCOL: &str = "graphql-transport-ws";

pub struct Client {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Messages that came while something else was waited for.
    early: VecDeque<Value>,
}

impl Client {
    /// A connection on which nothing was said yet.
    pub async fn open(doors: &Doors) -> Client {
        Self::with_headers(doors, &[("sec-websocket-protocol", PROTOCOL)])
            .await
            .expect("a WebSocket")
    }

    pub async fn with_headers(doors: &Doors, headers: &[(&'static str, &str)]) -> Result<Client, Error> {
        let address = format!("ws://{}/graphql", doors.address());
        let mut request = address.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (stream, _) = connect_async(request).await?;
        let early = VecDeque::new();
        Ok(Client { stream, early })
    }

    /// Open and welcome, without a key.
    pub async fn welcome(doors: &Doors) -> Client {
        let mut client = Self::open(doors).await;
        client.say(json!({ "type": "connection_init" })).await;
        assert_eq!(client.hear().await, json!({ "type": "connection_ack" }));
        client
    }

    /// Open and welcome, with a key in the first message.
    pub async fn with_key(doors: &Doors, key: &str) -> Client {
        let mut client = Self::open(doors).await;
        let payload = json!({ "Authorization": format!("Bearer {key}") });
        client
            .say(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(client.hear().await, json!({ "type": "connection_ack" }));
        client
    }

    pub async fn say(&mut self, message: Value) {
        self.say_text(&message.to_string()).await;
    }

    pub async fn say_text(&mut self, text: &str) {
        self.send(Message::text(text)).await;
    }

    /// That the other side has closed already is no fault of the test.
    pub async fn send(&mut self, message: Message) {
        let _ = self.stream.send(message).await;
    }

    /// Begins an operation; when this returns, the server has begun it.
    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload }))
            .await;
        self.settle().await;
    }

    /// Waits until the server has heard everything that was said.
    pub async fn settle(&mut self) {
        self.say(json!({ "type": "ping", "payload": { "heard": true } })).await;
        let pong = json!({ "type": "pong", "payload": { "heard": true } });
        loop {
            match self.receive().await {
                Ok(message) if message == pong => return,
                Ok(message) => self.early.push_back(message),
                Err(end) => panic!("closed: {end:?}"),
            }
        }
    }

    /// The next message.
    pub async fn hear(&mut self) -> Value {
        match self.early.pop_front() {
            Some(message) => message,
            None => self.receive().await.unwrap_or_else(|end| panic!("closed: {end:?}")),
        }
    }

    /// The next event of an operation, without any error.
    pub async fn next(&mut self, id: &str) -> Value {
        let mut message = self.hear().await;
        assert!(
            message["type"] == "next" && message["id"] == id && message["payload"].get("errors").is_none(),
            "{message}"
        );
        message["payload"]["data"].take()
    }

    /// The next event, which is the first error of an operation, and its code.
    pub async fn error(&mut self, id: &str) -> (String, Value) {
        let message = self.hear().await;
        assert_eq!(message["id"], id, "{message}");
        let error = match message["type"].as_str() {
            Some("error") => message["payload"][0].clone(),
            _ => message["payload"]["errors"][0].clone(),
        };
        let kind = message["type"].as_str().unwrap().to_owned();
        assert!(error["message"].is_string(), "{message}");
        (kind, error["extensions"]["code"].clone())
    }

    /// The number and the reason with which the server ends it. Messages before that are passed over.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Err(end) = self.receive().await {
                return end;
            }
        }
    }

    async fn receive(&mut self) -> Result<Value, (u16, String)> {
        // Signs of life are no messages: they must not lengthen the wait.
        let until = Instant::now() + PATIENCE;
        loop {
            match timeout_at(until, self.stream.next()).await.expect("a message in time") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).expect("JSON")),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(Some(frame)))) => {
                    // The farewell is answered by asking for what comes next.
                    let _ = timeout(PATIENCE, self.stream.next()).await;
                    return Err((frame.code.into(), frame.reason.to_string()));
                }
                other => return Err((0, format!("{other:?}"))),
            }
        }
    }
}

/// An answer in events, as it comes.
pub struct Listening {
    response: reqwest::Response,
    read: String,
}

impl Listening {
    /// Asks by POST for a stream; fails unless one begins.
    pub async fn begin(doors: &Doors, key: Option<&str>, query: &str, variables: Value) -> Listening {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut ask = client
            .post(format!("http://{}/graphql", doors.address()))
            .header("accept", "text/event-stream")
            .header("content-type", "application/json")
            .body(json!({ "query": query, "variables": variables }).to_string());
        if let Some(key) = key {
            ask = ask.bearer_auth(key);
        }
        let response = timeout(PATIENCE, ask.send()).await.expect("an answer in time").unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Listening {
            response,
            read: String::new(),
        }
    }

    /// The next block of lines, comments too; `None` at the end.
    pub async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.read.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.read = rest;
                return Some(block);
            }
            let piece = timeout(PATIENCE, self.response.chunk()).await.expect("a piece in time");
            match piece {
                Ok(Some(piece)) => self.read.push_str(std::str::from_utf8(&piece).expect("UTF-8")),
                Ok(None) => return None,
                Err(error) => panic!("broken off: {error:?}"),
            }
        }
    }

    /// The next answer; `None` once it is complete.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let block = self.block().await.expect("more");
            match block.strip_prefix("event: next\ndata: ") {
                Some(json) => return Some(serde_json::from_str(json).expect("JSON in one line")),
                None if block == "event: complete\ndata:" => return None,
                None => assert_eq!(block, ":", "not a comment"),
            }
        }
    }

    /// Whether it ends, without being complete.
    pub async fn breaks_off(&mut self) -> bool {
        while let Some(block) = self.block().await {
            if block.starts_with("event: complete") {
                return false;
            }
        }
        true
    }
}

/// Sends one HTTP request by hand and shows what comes back.
pub async fn by_hand(doors: &Doors, text: &str) -> crate::socket::Heard {
    let mut socket = Socket::open(doors).await;
    socket.say(text).await;
    socket.hear().await
}
