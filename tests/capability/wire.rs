//! The wire as partners see it: polled, streamed, from a snapshot, confirmed, and on the command line.

mod command;
mod kills;
mod poll;
mod receipts;
mod snapshot;
mod stream;

use serde_json::{Value, json};

use crate::press::{Answer, Press};
use crate::runner::Test;

pub fn all() -> Vec<Test> {
    [
        poll::all(),
        stream::all(),
        snapshot::all(),
        receipts::all(),
        kills::all(),
        command::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Polls once, without waiting.
pub async fn poll(press: &Press, query: &str) -> Answer {
    press.get(&format!("/v1/wire{query}")).await.expect(200)
}

/// The cursor of now.
pub async fn now(press: &Press) -> String {
    let answer = poll(press, "?after=latest").await.json();
    assert_eq!(answer["entries"], json!([]));
    answer["next"].as_str().unwrap().to_owned()
}

/// What matters of each entry: kind, action, what it is about, version.
pub fn brief(page: &Value) -> Vec<(String, String, String, i64)> {
    let entries = page["entries"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    entries
        .map(|entry| {
            let about = [&entry["uri"], &entry["topic"]["slug"], &entry["collection"]["slug"]];
            let about = about.into_iter().find(|name| name.is_string()).unwrap();
            let version = entry["version"].as_i64().unwrap_or(0);
            (text(&entry["kind"]), text(&entry["action"]), text(about), version)
        })
        .collect()
}

pub fn entry(kind: &str, action: &str, about: &str, version: i64) -> (String, String, String, i64) {
    (kind.to_owned(), action.to_owned(), about.to_owned(), version)
}
