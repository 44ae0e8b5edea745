//! What followers and publishers say to a process that may be gone in the middle of it. `Err` is a line that broke, or a
//! server that asks to come again: neither is a fault here. Any other wrong answer is.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

use super::nodes::Nodes;
use crate::press::segment;

/// Longer than a poll waits.
const PATIENCE: Duration = Duration::from_secs(20);

/// Nothing came back, or nothing that says what happened.
#[derive(Debug)]
pub struct Broken;

/// One entry as a follower has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Seen {
    pub cursor: String,
    pub kind: String,
    pub id: String,
    pub version: Option<i64>,
}

/// What a publisher was told.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub id: String,
    pub version: i64,
}

#[derive(Clone)]
pub struct Line {
    pub nodes: Nodes,
    client: Client,
}

impl Line {
    pub fn new(nodes: &Nodes) -> Self {
        let client = Client::builder().no_proxy().build().expect("an HTTP client");
        Self {
            nodes: nodes.clone(),
            client,
        }
    }

    fn get(&self, node: usize, path: &str) -> RequestBuilder {
        self.client.get(self.nodes.url(node, path))
    }

    /// Puts a story in. Repeating it with the same key does nothing more.
    pub async fn put(&self, node: usize, uri: &str, headline: &str, key: &str) -> Result<Receipt, Broken> {
        let path = format!("/v1/articles/{}", segment(uri));
        let ask = self.client.put(self.nodes.url(node, &path));
        let ask = ask
            .bearer_auth(self.nodes.key())
            .header("idempotency-key", key)
            .json(&json!({ "headline": headline, "topics": [] }));
        let (status, answer) = whole(ask).await?;
        assert!(
            matches!(status, 200 | 201),
            "{status}: {answer}\n{}",
            self.nodes.log(node)
        );
        assert_ne!(answer["outcome"], "unchanged", "{answer}");
        Ok(Receipt {
            id: text(&answer["id"]),
            version: answer["version"].as_i64().expect("a version"),
        })
    }

    /// The story's version here; none where there is no such story.
    pub async fn version(&self, node: usize, uri: &str) -> Result<Option<i64>, Broken> {
        let story = self.story(node, uri).await?;
        Ok(story.map(|story| story["version"].as_i64().expect("a version")))
    }

    pub async fn story(&self, node: usize, uri: &str) -> Result<Option<Value>, Broken> {
        let (status, story) = whole(self.get(node, &format!("/v1/articles/{}", segment(uri)))).await?;
        match status {
            200 => Ok(Some(story)),
            404 => Ok(None),
            _ => panic!("{status}: {story}\n{}", self.nodes.log(node)),
        }
    }

    /// The newest stories here, by version and uri.
    pub async fn latest(&self, node: usize) -> Result<Vec<(String, i64)>, Broken> {
        let (status, list) = whole(self.get(node, "/v1/latest?limit=20")).await?;
        assert_eq!(status, 200, "{list}\n{}", self.nodes.log(node));
        let items = list["items"].as_array().expect("items").iter();
        let items = items.map(|story| (text(&story["uri"]), story["version"].as_i64().expect("a version")));
        Ok(items.collect())
    }

    /// One reading of the wire: the entries, and where to go on. `query` begins with `&`, or is nothing.
    pub async fn poll(&self, node: usize, after: Option<&str>, query: &str) -> Result<(Vec<Seen>, String), Broken> {
        let after = after.map(|after| format!("after={after}")).unwrap_or_default();
        let (status, answer) = whole(self.get(node, &format!("/v1/wire?{after}{query}"))).await?;
        assert_eq!(status, 200, "{answer}\n{}", self.nodes.log(node));
        let entries = answer["entries"].as_array().expect("entries");
        Ok((entries.iter().map(Seen::from).collect(), text(&answer["next"])))
    }

    /// Listens from a place on, or from now.
    pub async fn listen(&self, node: usize, after: Option<&str>) -> Result<Stream, Broken> {
        let mut ask = self.get(node, "/v1/wire/stream?payload=id");
        if let Some(after) = after {
            ask = ask.header("last-event-id", after);
        }
        let response = ask.send().await.map_err(|_| Broken)?;
        let status = response.status().as_u16();
        if status == 503 {
            return Err(Broken);
        }
        assert_eq!(status, 200, "{}", response.text().await.unwrap_or_default());
        Ok(Stream {
            response,
            unread: Vec::new(),
            events: VecDeque::new(),
        })
    }
}

/// The whole answer, unless it asks to come again.
async fn whole(ask: RequestBuilder) -> Result<(u16, Value), Broken> {
    let response = ask.timeout(PATIENCE).send().await.map_err(|_| Broken)?;
    let status = response.status().as_u16();
    let bytes = response.bytes().await.map_err(|_| Broken)?;
    if matches!(status, 429 | 503) {
        return Err(Broken);
    }
    let answer = serde_json::from_slice(&bytes);
    Ok((
        status,
        answer.unwrap_or_else(|error| panic!("{status}: {error}: {bytes:?}")),
    ))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

impl From<&Value> for Seen {
    fn from(entry: &Value) -> Self {
        let version = entry.get("version").and_then(Value::as_i64);
        // What is told of a story is never older than what the entry says.
        if let (Some(version), Some(now)) = (version, entry.pointer("/article/version").and_then(Value::as_i64)) {
            assert!(now >= version, "{entry}");
        }
        Self {
            cursor: text(&entry["cursor"]),
            kind: text(&entry["kind"]),
            id: text(&entry["id"]),
            version,
        }
    }
}

/// One event of a stream, as far as it was there to its empty line.
pub struct Event {
    pub id: Option<String>,
    pub entry: Option<Seen>,
}

pub struct Stream {
    response: Response,
    unread: Vec<u8>,
    events: VecDeque<Event>,
}

impl Stream {
    /// The next event; none at the end. May be given up at any time.
    pub async fn next(&mut self) -> Result<Option<Event>, Broken> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            match self.response.chunk().await {
                Ok(Some(chunk)) => self.take(&chunk),
                Ok(None) => return Ok(None),
                Err(_) => return Err(Broken),
            }
        }
    }

    fn take(&mut self, chunk: &[u8]) {
        self.unread.extend_from_slice(chunk);
        while let Some(end) = self.unread.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<u8> = self.unread.drain(..end + 2).collect();
            let event = String::from_utf8(event).expect("UTF-8");
            let field = |name| {
                let line = event.lines().find_map(|line| line.strip_prefix(name));
                line.map(|value| value.trim().to_owned())
            };
            let (id, data) = (field("id:"), field("data:"));
            let entry = data.filter(|data| !data.is_empty()).map(|data| {
                let entry: Value = serde_json::from_str(&data).unwrap_or_else(|error| panic!("{error}: {event}"));
                let seen = Seen::from(&entry);
                assert_eq!(id.as_ref(), Some(&seen.cursor), "{event}");
                assert_eq!(field("event:").as_ref(), Some(&seen.kind), "{event}");
                seen
            });
            self.events.push_back(Event { id, entry });
        }
    }
}
