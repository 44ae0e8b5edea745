//! Webhooks: partners are told of changes where they want to be told, signed, in order, and again until they have it; and
//! whoever gives the house an address cannot make it ask what only the house can reach.

mod addresses;
mod administration;
mod command;
mod delivered;
mod graphql;
mod known;
pub mod receiver;
mod torture;
mod trouble;

use serde_json::{Value, json};

use crate::moves::until_some;
use crate::press::{Doors, Press};
use crate::runner::Test;
use receiver::{Received, Receiver};

pub fn all() -> Vec<Test> {
    let reached = [
        delivered::all(),
        trouble::all(),
        administration::all(),
        addresses::all(),
        graphql::all(),
        known::all(),
        command::all(),
        torture::all(),
    ]
    .into_iter()
    .flatten()
    .map(reaching);
    reached.chain(addresses::strict()).collect()
}

/// The test's own receivers may be told, and nothing else that is not the world's.
fn reaching(test: Test) -> Test {
    test.set("outbound.allow", format!("[\"{}\"]", receiver::NETWORK))
        .set("outbound.ports", format!("[{}]", receiver::PORT))
        .set("outbound.allow_http", true)
}

/// A webhook that was put in.
struct Hook {
    id: String,
    secret: String,
}

impl Hook {
    fn path(&self, rest: &str) -> String {
        format!("/v1/webhooks/{}{rest}", self.id)
    }

    async fn now(&self, press: &Doors) -> Value {
        press.get(&self.path("")).admin().await.expect(200).json()
    }

    /// The newest first.
    async fn attempts(&self, press: &Doors) -> Vec<Value> {
        let answer = press.get(&self.path("/attempts?limit=100")).admin().await;
        answer.expect(200).json()["items"].as_array().unwrap().clone()
    }
}

async fn add(press: &Doors, receiver: &Receiver, more: Value) -> Hook {
    add_at(press, &receiver.url(), more).await
}

async fn add_at(press: &Doors, url: &str, more: Value) -> Hook {
    let mut body = json!({ "url": url });
    for (field, value) in more.as_object().into_iter().flatten() {
        body[field] = value.clone();
    }
    let new = press.post("/v1/webhooks", &body).await.expect(201).json();
    let text = |name: &str| new[name].as_str().unwrap().to_owned();
    Hook {
        id: text("id"),
        secret: text("secret"),
    }
}

/// What it was sent, once there is so much of it.
async fn received(receiver: &Receiver, count: usize) -> Vec<Received> {
    until_some(async || Some(receiver.received()).filter(|all| all.len() >= count)).await
}

/// What it has taken, once there is so much of it.
async fn taken(receiver: &Receiver, count: usize) -> Vec<String> {
    until_some(async || Some(receiver.taken()).filter(|all| all.len() >= count)).await
}

async fn cancel(press: &Press, slug: &str) {
    let reason = json!({ "reason": "It is wrong." });
    let path = format!("/v1/articles/{slug}/cancel");
    press.post(&path, &reason).await.expect(200);
}
