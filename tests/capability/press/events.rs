//! Listening to server-sent events, byte for byte as they come (WHATWG HTML §9.2).

use std::time::Duration;

use reqwest::Response;
use serde_json::Value;

use super::Ask;

/// Longer than any event takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open stream of events.
pub struct Events {
    pub status: u16,
    pub content_type: String,
    response: Response,
    read: String,
    /// As the standard's client keeps it: what it would send as `Last-Event-ID`.
    pub last_id: String,
    pub retry: Option<u64>,
    /// Comments seen so far.
    pub comments: usize,
}

/// One event with data.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub name: String,
    pub id: String,
    pub data: Value,
}

impl Ask {
    /// Opens a stream. What is not one is an answer like any other: see `status`.
    pub async fn listen(self) -> Events {
        let response = self.header("accept", "text/event-stream").open().await;
        let kind = response.headers().get("content-type");
        Events {
            status: response.status().as_u16(),
            content_type: kind.map_or(String::new(), |kind| kind.to_str().unwrap().to_owned()),
            response,
            read: String::new(),
            last_id: String::new(),
            retry: None,
            comments: 0,
        }
    }
}

impl Events {
    /// The next event; none when the stream is at its end.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.take() {
                return Some(event);
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// The next event, which must come.
    pub async fn expect(&mut self) -> Event {
        self.next().await.expect("an event, not the end of the stream")
    }

    /// Waits until the stream has told where it begins.
    pub async fn begun(mut self) -> Events {
        assert_eq!(self.status, 200);
        loop {
            assert!(self.take().is_none(), "an event before the beginning");
            if !self.last_id.is_empty() {
                return self;
            }
            assert!(self.more().await, "the stream ended");
        }
    }

    /// Waits for so many comments.
    pub async fn wait_for_comments(&mut self, number: usize) {
        while self.comments < number {
            assert!(self.take().is_none(), "an event, not a comment");
            if self.comments < number {
                assert!(self.more().await, "the stream ended");
            }
        }
    }

    async fn more(&mut self) -> bool {
        let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
        match chunk.unwrap_or_else(|_| panic!("nothing came for {PATIENCE:?}")) {
            Ok(Some(bytes)) => {
                self.read.push_str(std::str::from_utf8(&bytes).expect("UTF-8"));
                true
            }
            Ok(None) | Err(_) => false,
        }
    }

    /// Reads blocks that are complete, up to the first with data.
    fn take(&mut self) -> Option<Event> {
        while let Some((block, rest)) = self.read.split_once("\n\n") {
            let (block, rest) = (block.to_owned(), rest.to_owned());
            self.read = rest;
            let (mut name, mut data) = (String::new(), None);
            for line in block.lines() {
                match line.split_once(':').unwrap_or((line, "")) {
                    ("", _) => self.comments += 1,
                    ("event", value) => value.trim_start().clone_into(&mut name),
                    ("id", value) => value.trim_start().clone_into(&mut self.last_id),
                    ("retry", value) => self.retry = Some(value.trim().parse().expect("milliseconds")),
                    ("data", value) => data = Some(serde_json::from_str(value).expect("JSON")),
                    (field, _) => panic!("no field of an event: {field}"),
                }
            }
            if let Some(data) = data {
                let id = self.last_id.clone();
                return Some(Event { name, id, data });
            }
        }
        None
    }
}
