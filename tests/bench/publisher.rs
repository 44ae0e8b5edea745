//! Somebody at the desk while others read: new stories, one after the other, over HTTP.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Outcome;
use crate::client::Connection;
use crate::story;

pub struct Publisher {
    line: Connection,
    key: String,
    /// No other run's stories have these names.
    names: String,
    next: u64,
}

/// A story that was taken.
pub struct Told {
    pub id: String,
    pub sent: Instant,
    pub answered: Instant,
}

impl Publisher {
    /// `first` is the number of the first story, which nobody else has.
    pub fn new(address: SocketAddr, key: &str, first: u64) -> Outcome<Self> {
        let names = key.chars().filter(char::is_ascii_alphanumeric).rev().take(12).collect();
        Ok(Self {
            line: Connection::open(address)?,
            key: key.to_owned(),
            names,
            next: first,
        })
    }

    /// After a while of silence, at whose end the server has closed the line.
    pub fn back(&mut self, address: SocketAddr) -> Outcome<&mut Self> {
        self.line = Connection::open(address)?;
        Ok(self)
    }

    pub fn publish(&mut self) -> Outcome<Told> {
        let body = story::news(self.next)?.to_string();
        let request = format!(
            "PUT /v1/articles/urn%3Aexample%3Abench-{}-{} HTTP/1.1\r\nhost: house.example\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.names,
            self.next,
            self.key,
            body.len()
        );
        self.next += 1;
        let sent = Instant::now();
        let answer = self.line.ask(request.as_bytes())?;
        let answered = Instant::now();
        if answer.status != 201 {
            return Err(format!("a story was not taken: {} {}", answer.status, answer.excerpt()).into());
        }
        let receipt: Value = serde_json::from_slice(&answer.body)?;
        let id = receipt
            .get("id")
            .and_then(Value::as_str)
            .ok_or("a receipt without an id")?;
        Ok(Told {
            id: id.to_owned(),
            sent,
            answered,
        })
    }

    /// So many a second until told to stop. Gives the times of the answers, in microseconds.
    pub fn publish_until(&mut self, over: &AtomicBool, per_second: u32) -> Outcome<Vec<u32>> {
        let (pace, begun) = (Duration::from_secs(1) / per_second, Instant::now());
        let mut micros = Vec::new();
        while !over.load(Ordering::Relaxed) {
            let told = self.publish()?;
            micros.push(u32::try_from((told.answered - told.sent).as_micros()).unwrap_or(u32::MAX));
            // Behind its time it does not wait, so that the rate is what it says.
            let due = begun + pace * u32::try_from(micros.len()).unwrap_or(u32::MAX);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        Ok(micros)
    }
}
