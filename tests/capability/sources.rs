//! Sources that are pulled: what others put up comes in, once; what they change becomes versions; and whoever gives the
//! house an address cannot make it ask what only the house can reach.

mod administration;
mod command;
mod forbidden;
mod forms;
pub mod origin;
mod pulled;
mod trouble;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::moves::until_some;
use crate::press::{Doors, Press};
use crate::runner::Test;

pub fn all() -> Vec<Test> {
    [
        pulled::all(),
        trouble::all(),
        forbidden::all(),
        forms::all(),
        administration::all(),
        command::all(),
    ]
    .into_iter()
    .flatten()
    .map(reaching)
    .collect()
}

/// The test's own origins may be asked, and nothing else that is not the world's.
pub fn reaching(test: Test) -> Test {
    test.set("outbound.allow", format!("[\"{}\"]", origin::NETWORK))
        .set("outbound.ports", format!("[{}]", origin::PORT))
        .set("outbound.allow_http", true)
}

/// A story as an agency sends it.
fn story(uri: &str, headline: &str) -> Value {
    json!({
        "uri": uri, "type": "text", "pubstatus": "usable", "headline": headline, "body_text": "Something happened.",
        "versioncreated": "2026-01-12T18:00:00Z",
    })
}

fn list(stories: &[Value]) -> String {
    Value::from(stories.to_vec()).to_string()
}

/// Puts a source in; a server looks at it at once.
pub async fn add(press: &Doors, slug: &str, url: &str, more: Value) {
    let mut body = json!({ "url": url, "everySeconds": 300 });
    for (field, value) in more.as_object().into_iter().flatten() {
        body[field] = value.clone();
    }
    press.put(&format!("/v1/sources/{slug}"), &body).await.expect(201);
}

pub async fn source(press: &Doors, slug: &str) -> Value {
    press
        .get(&format!("/v1/sources/{slug}"))
        .admin()
        .await
        .expect(200)
        .json()
}

/// How it is, once its books say that it was looked at now.
pub async fn looked_at(press: &Press, slug: &str) -> Value {
    let now = press.clock.now();
    until_some(async || {
        let source = source(press, slug).await;
        let tried = source["health"]["lastTried"].as_str()?.parse::<Timestamp>().ok() == Some(now);
        tried.then_some(source)
    })
    .await
}

/// Moves the clock to its next look, and waits for that. A look that is due already is waited for first: the clock is
/// never put back, because who has leased something until then would hold it for ever.
pub async fn looked_at_again(press: &Press, slug: &str) -> Value {
    let next = until_some(async || {
        let source = source(press, slug).await;
        let next: Timestamp = source["health"]["next"].as_str()?.parse().ok()?;
        (next > press.clock.now()).then_some(next)
    })
    .await;
    press.clock.set(next);
    looked_at(press, slug).await
}

/// Headlines by uri.
pub async fn headlines(press: &Press) -> Vec<(String, String)> {
    let list = press.get("/v1/latest?limit=100").await.expect(200).json();
    let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
    let mut all: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (text(item, "uri"), text(item, "headline")))
        .collect();
    all.sort();
    all
}
