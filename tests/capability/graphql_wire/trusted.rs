//! Registered documents.

use std::fmt::Write;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::WIRE;
use super::client::Client;
use crate::press::{Press, Process, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("a server can be told to run registered documents only", only)
            .doors_closed()
            .set("graphql.documents", "\"trusted\"")
            .set("graphql.trusted_documents", "\"trusted.json\""),
        test("registered documents are run beside others", beside)
            .doors_closed()
            .set("graphql.trusted_documents", "\"trusted.json\""),
        test("a wrong manifest of registered documents stops the start", wrong)
            .doors_closed()
            .set("graphql.documents", "\"trusted\"")
            .set("graphql.trusted_documents", "\"trusted.json\""),
    ]
}

const QUERY: &str = "query Site { site { name } }";

fn hex(text: &str) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text) {
        write!(hex, "{byte:02x}").unwrap();
    }
    hex
}

fn register(press: &Press, manifest: &Value) {
    std::fs::write(press.folder().join("trusted.json"), manifest.to_string()).unwrap();
}

async fn asked(process: &Process, body: Value) -> Value {
    process.graphql("", json!({})).json(&body).await.json()
}

/// The code of its first error.
fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

async fn only(press: Press) {
    register(
        &press,
        &json!({ hex(QUERY): QUERY, format!("sha256:{}", hex(WIRE)): WIRE }),
    );
    let process = press.process().await;
    let name = json!({ "data": { "site": { "name": "Example News" } } });
    let persisted = json!({ "persistedQuery": { "version": 1, "sha256Hash": hex(QUERY) } });
    for body in [
        json!({ "query": QUERY }),
        json!({ "documentId": hex(QUERY) }),
        json!({ "documentId": format!("sha256:{}", hex(QUERY)) }),
        json!({ "extensions": persisted }),
        json!({ "query": QUERY, "extensions": persisted }),
    ] {
        assert_eq!(asked(&process, body.clone()).await, name, "{body}");
    }
    let path = format!("/graphql?documentId=sha256:{}", hex(QUERY));
    assert_eq!(process.get(&path).await.expect(200).json(), name);
    for body in [
        json!({ "query": "{ site { name } }" }),
        json!({ "query": format!("{QUERY} ") }),
        json!({ "query": "{ this is no document" }),
        json!({ "documentId": hex("{ site { name } }") }),
        json!({ "documentId": "Site" }),
    ] {
        let answer = asked(&process, body.clone()).await;
        assert_eq!(code(&answer), "DOCUMENT_NOT_TRUSTED", "{body}: {answer}");
        assert!(answer.get("data").is_none());
    }
    let answer = asked(&process, json!({ "query": QUERY, "documentId": hex(QUERY) })).await;
    assert_eq!(code(&answer), "BAD_REQUEST", "{answer}");
    // The same on every way in.
    let path = format!("/graphql?query={}", segment("{site{name}}"));
    let answer = process.get(&path).header("accept", "text/event-stream").await;
    assert!(answer.text().contains("DOCUMENT_NOT_TRUSTED"), "{answer}");
    let mut client = Client::welcome(&process).await;
    client.subscribe("a", "{ site { name } }", json!({})).await;
    assert_eq!(
        client.error("a").await,
        ("error".to_owned(), json!("DOCUMENT_NOT_TRUSTED"))
    );
    let payload = json!({ "documentId": hex(WIRE) });
    client
        .say(json!({ "type": "subscribe", "id": "w", "payload": payload }))
        .await;
    client.settle().await;
    process.story("urn:x:1").await;
    assert_eq!(client.next("w").await["wire"]["uri"], "urn:x:1");
    let stopping = tokio::spawn(process.terminate());
    assert_eq!(client.closed().await.0, 1001);
    assert_eq!(stopping.await.unwrap().code, Some(0));
}

async fn beside(press: Press) {
    let operations = json!([{ "id": "site", "name": "Site", "type": "query", "body": QUERY }]);
    let manifest = json!({ "format": "apollo-persisted-query-manifest", "version": 1, "operations": operations });
    register(&press, &manifest);
    let process = press.process().await;
    let name = json!({ "data": { "site": { "name": "Example News" } } });
    for body in [
        json!({ "documentId": "site" }),
        json!({ "query": QUERY }),
        json!({ "query": "{ site { name } }" }),
        // It was run, so it can be named.
        json!({ "documentId": hex("{ site { name } }") }),
    ] {
        assert_eq!(asked(&process, body.clone()).await, name, "{body}");
    }
    for unknown in [json!("other"), json!(hex("{ viewer { name } }"))] {
        let answer = asked(&process, json!({ "documentId": unknown })).await;
        assert_eq!(code(&answer), "PERSISTED_QUERY_NOT_FOUND", "{answer}");
    }
    assert_eq!(process.terminate().await.code, Some(0));
}

async fn wrong(press: Press) {
    let told = async || {
        let output = press.command(["serve", "--listen", "127.0.0.1:0"]).await;
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{output}");
        output.stderr
    };
    assert!(
        told()
            .await
            .contains("graphql.trusted_documents: trusted.json: cannot be read")
    );
    let unfit = "query Unfit { site { nonsense } }";
    for (manifest, entry, why) in [
        (
            json!({ hex(QUERY): unfit }),
            &hex(QUERY),
            "is not named by the SHA-256 of its text",
        ),
        (
            json!({ hex(unfit): unfit }),
            &hex(unfit),
            "does not fit the schema: Unknown field \"nonsense\"",
        ),
    ] {
        register(&press, &manifest);
        let told = told().await;
        assert!(told.contains(&format!("the entry `{entry}` {why}")), "{told}");
    }
}
