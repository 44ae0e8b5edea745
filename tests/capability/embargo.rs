//! Embargoes: what waits is as if nobody had ever put it in, and at its time it is there, once. And the ends of stories.

mod advance;
mod desk;
mod ends;
mod moves;
mod processes;
mod release;

use serde_json::{Value, json};

use crate::moves::until;
use crate::press::{Answer, Doors, Press, segment};
use crate::runner::Test;

pub fn all() -> Vec<Test> {
    [
        desk::all(),
        release::all(),
        advance::all(),
        ends::all(),
        moves::all(),
        processes::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// An hour after a test begins.
const UNTIL: &str = "2026-01-12T21:00:00Z";

fn path(uri: &str) -> String {
    format!("/v1/pending/{}", segment(uri))
}

fn public(uri: &str) -> String {
    format!("/v1/articles/{}", segment(uri))
}

/// Puts a story in under embargo.
async fn put(doors: &Doors, uri: &str, until: &str, rest: Value) -> Answer {
    let mut body = json!({ "headline": uri, "embargoedUntil": until });
    for (field, value) in rest.as_object().unwrap() {
        body[field] = value.clone();
    }
    doors.put(&public(uri), &body).await
}

/// The uris that wait, in their order.
async fn waiting(doors: &Doors) -> Vec<String> {
    let list = doors.get("/v1/pending?limit=100").admin().await.expect(200).json();
    let uris = list["items"].as_array().unwrap().iter();
    uris.map(|item| item["uri"].as_str().unwrap().to_owned()).collect()
}

/// Waits until only these are left to wait, and what came in is told.
async fn left(press: &Press, uris: &[&str]) {
    let mut uris: Vec<String> = uris.iter().map(|uri| (*uri).to_owned()).collect();
    uris.sort();
    until(uris, async || {
        let mut waiting = waiting(press).await;
        waiting.sort();
        waiting
    })
    .await;
    // Ready is who has told his followers all there is.
    press.get("/readyz").await.expect(200);
}

fn set(press: &Press, time: &str) {
    press.clock.set(time.parse().unwrap());
}
