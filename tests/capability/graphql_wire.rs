//! The wire by GraphQL: in pages, over a WebSocket, and as server-sent events.

pub mod client;
mod events;
mod pages;
mod protocol;
mod told;
mod trusted;

use std::time::Duration;

use serde_json::{Value, json};

use crate::press::Press;
use crate::runner::Test;

/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(30);

pub fn all() -> Vec<Test> {
    [
        pages::all(),
        told::all(),
        protocol::all(),
        events::all(),
        trusted::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A subscription to everything, with what most tests look at.
const WIRE: &str = "subscription($after: String, $topics: [String!]) { wire(after: $after, topics: $topics) { \
                    cursor kind action version uri changed article { headline version } } }";

/// A page of the wire.
async fn page(press: &Press, variables: Value) -> Value {
    const PAGE: &str = "query($after: String, $first: Int, $topics: [String!]) { \
                        wire(after: $after, first: $first, topics: $topics) { \
                        edges { cursor } nodes { cursor kind action uri version article { headline } } \
                        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
    press.graphql(PAGE, variables).await.expect(200).data()["wire"].take()
}

/// The newest place.
async fn newest(press: &Press) -> String {
    let site = press.graphql("{ site { newestCursor } }", json!({})).await.data();
    site["site"]["newestCursor"].as_str().unwrap().to_owned()
}

fn uris(nodes: &Value) -> Vec<&str> {
    let nodes = nodes.as_array().unwrap().iter();
    nodes.map(|node| node["uri"].as_str().unwrap_or("-")).collect()
}
