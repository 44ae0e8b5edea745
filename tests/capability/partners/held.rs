//! What a key is held to, from outside: whatever is wrong, it is refused as an unknown key is.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::{NOT_VALID, issue, partner, public, refused, taken};
use crate::graphql_wire::client::{Client, PROTOCOL};
use crate::press::{Ask, Doors, Press};

const SITE: &str = "https://www.example.com";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Asks until the answer is as it should be.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let asked = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let patience = Duration::from_secs(20);
    assert!(tokio::time::timeout(patience, asked).await.is_ok(), "never: {what}");
}

pub async fn expired(press: Press) {
    partner(&press, "example").await;
    let (_, key) = issue(
        &press,
        "example",
        json!({ "name": "Site", "expires": "2026-01-12T21:00:00Z" }),
    )
    .await;
    press.clock.set(time("2026-01-12T20:59:59.999999Z"));
    taken(&press, &key).await;
    press.clock.set(time("2026-01-12T21:00:00Z"));
    refused(&press, &key).await;
}

pub async fn disabled_partner(press: Press) {
    partner(&press, "example").await;
    partner(&press, "other").await;
    let (_, key) = issue(&press, "example", json!({ "name": "Site" })).await;
    let (_, others) = issue(&press, "other", json!({ "name": "Site" })).await;
    let put = |disabled: bool| press.put("/v1/partners/example", &json!({ "name": "E", "disabled": disabled }));
    put(true).await.expect(200);
    refused(&press, &key).await;
    taken(&press, &others).await;
    put(false).await.expect(200);
    taken(&press, &key).await;
}

pub async fn removed_partner(press: Press) {
    partner(&press, "example").await;
    let (told, key) = issue(&press, "example", json!({ "name": "Site" })).await;
    press.get("/v1/wire").key(&key).await.expect(200);
    press.delete("/v1/partners/example").await.expect(204);
    refused(&press, &key).await;
    let id = told["id"].as_str().unwrap();
    press.get(&format!("/v1/keys/{id}")).admin().await.expect(404);
}

pub async fn networks(press: Press) {
    partner(&press, "example").await;
    let (_, here) = issue(
        &press,
        "example",
        json!({ "name": "Here", "networks": ["192.0.2.0/24", "127.0.0.1"] }),
    )
    .await;
    let (_, there) = issue(
        &press,
        "example",
        json!({ "name": "There", "networks": ["192.0.2.0/24"] }),
    )
    .await;
    taken(&press, &here).await;
    refused(&press, &there).await;
    // Nobody is believed who says of himself where he comes from.
    for (name, value) in [("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.7")] {
        let answer = press.get("/v1/me").key(&there).header(name, value).await;
        crate::exact::refused(&answer, 401, "invalid_key", NOT_VALID, &[]);
        press
            .get("/v1/me")
            .key(&here)
            .header(name, "203.0.113.1")
            .await
            .expect(200);
    }
}

pub async fn proxies(press: Press) {
    partner(&press, "example").await;
    let (_, key) = issue(
        &press,
        "example",
        json!({ "name": "Site", "networks": ["192.0.2.0/24"] }),
    )
    .await;
    for (header, value, status) in [
        ("x-forwarded-for", "192.0.2.7", 200),
        ("x-forwarded-for", "203.0.113.1, 192.0.2.7, 10.0.0.2", 200),
        ("x-forwarded-for", "192.0.2.7, 203.0.113.1", 401),
        ("x-forwarded-for", "192.0.2.7, unknown", 401),
        ("forwarded", "for=192.0.2.7;proto=https", 200),
        ("forwarded", "for=192.0.2.7, for=203.0.113.1", 401),
        ("via", "192.0.2.7", 401),
    ] {
        press.get("/v1/me").key(&key).header(header, value).await.expect(status);
    }
    let two = press.get("/v1/me").key(&key).header("x-forwarded-for", "192.0.2.7");
    two.header("forwarded", "for=203.0.113.1").await.expect(401);
}

pub async fn origins(press: Press) {
    partner(&press, "example").await;
    let (_, key) = issue(&press, "example", json!({ "name": "Widget", "origins": [SITE] })).await;
    refused(&press, &key).await;
    let from = |origin: &str| press.get("/v1/latest").key(&key).header("origin", origin);
    from(SITE).await.expect(200);
    for other in [
        "https://www.example.com.evil.example",
        "http://www.example.com",
        "null",
        "https://WWW.example.com",
    ] {
        let answer = from(other).await;
        crate::exact::refused(&answer, 401, "invalid_key", NOT_VALID, &[]);
    }
    let query = "{ viewer { name origins } }";
    let told = press
        .graphql(query, json!({}))
        .key(&key)
        .header("origin", SITE)
        .await
        .data();
    assert_eq!(told, json!({ "viewer": { "name": "Widget", "origins": [SITE] } }));
}

pub async fn socket(press: Press) {
    partner(&press, "example").await;
    let held = json!({ "name": "Widget", "origins": [SITE], "expires": "2026-01-12T20:10:00Z" });
    let (_, key) = issue(&press, "example", held).await;
    let from = async |origin: &str| {
        let headers = [("sec-websocket-protocol", PROTOCOL), ("origin", origin)];
        let mut client = Client::with_headers(&press, &headers).await.expect("a WebSocket");
        let payload = json!({ "Authorization": format!("Bearer {key}") });
        client
            .say(json!({ "type": "connection_init", "payload": payload }))
            .await;
        client
    };
    let mut stranger = from("https://other.example").await;
    assert_eq!(stranger.closed().await, (4403, "Forbidden".to_owned()));
    let mut client = from(SITE).await;
    assert_eq!(client.hear().await, json!({ "type": "connection_ack" }));
    client
        .subscribe("q", "{ viewer { partner { slug } } }", json!({}))
        .await;
    assert_eq!(
        client.next("q").await,
        json!({ "viewer": { "partner": { "slug": "example" } } })
    );
    press.clock.set(time("2026-01-12T20:10:00Z"));
    assert_eq!(client.closed().await, (4401, "Unauthorized".to_owned()));
}

pub async fn cors(press: Press) {
    const ALLOW: &str = "access-control-allow-origin";
    let preflight = |origin: &str| {
        let ask = press.ask(Method::OPTIONS, "/v1/latest").header("origin", origin);
        ask.header("access-control-request-method", "GET")
            .header("access-control-request-headers", "authorization")
    };
    assert_eq!(
        preflight("https://front.example").await.header(ALLOW),
        "https://front.example"
    );
    assert_eq!(preflight(SITE).await.header(ALLOW), "");
    partner(&press, "example").await;
    let (_, key) = issue(&press, "example", json!({ "name": "Widget", "origins": [SITE] })).await;
    let answer = preflight(SITE).await;
    assert_eq!(answer.header(ALLOW), SITE);
    assert!(answer.header("access-control-allow-headers").contains("authorization"));
    assert_eq!(preflight("https://other.example").await.header(ALLOW), "");

    let from = |origin: &str| press.get("/v1/latest").header("origin", origin);
    let answer = from(SITE).key(&key).await.expect(200);
    assert_eq!(answer.header(ALLOW), SITE);
    let vary: Vec<&str> = answer
        .headers
        .get_all("vary")
        .iter()
        .map(|v| v.to_str().unwrap())
        .collect();
    assert!(vary.join(",").contains("origin"), "{answer}");
    assert!(
        answer.header("access-control-expose-headers").contains("etag"),
        "{answer}"
    );
    // Without the key, with another's, and from elsewhere it is closed.
    assert_eq!(from(SITE).await.expect(200).header(ALLOW), "");
    assert_eq!(from(SITE).admin().await.expect(200).header(ALLOW), "");
    assert_eq!(
        from("https://other.example").key(&key).await.expect(401).header(ALLOW),
        ""
    );
    assert_eq!(
        from("https://front.example").await.expect(200).header(ALLOW),
        "https://front.example"
    );

    let disable = press.ask(Method::PATCH, &format!("/v1/keys/{}", public(&key)));
    disable.admin().json(&json!({ "disabled": true })).await.expect(200);
    assert_eq!(preflight(SITE).await.header(ALLOW), "");
    assert_eq!(from(SITE).key(&key).await.expect(401).header(ALLOW), "");
}

pub async fn last_used(press: Press) {
    partner(&press, "example").await;
    let (told, key) = issue(&press, "example", json!({ "name": "Site" })).await;
    let path = format!("/v1/keys/{}", told["id"].as_str().unwrap());
    let noted = async || press.get(&path).admin().await.expect(200).json()["lastUsed"].clone();
    assert_eq!(noted().await, Value::Null);
    taken(&press, &key).await;
    until("its first use is noted", async || {
        noted().await == "2026-01-12T20:00:00Z"
    })
    .await;
    // A use within the minute is none that is noted, and one that is refused neither.
    press.clock.set(time("2026-01-12T20:00:59Z"));
    taken(&press, &key).await;
    press.clock.set(time("2026-01-12T20:01:30Z"));
    press
        .get("/v1/me")
        .key(&key.replace(public(&key), "AAAAAAAAAAAA"))
        .await
        .expect(401);
    press.get("/v1/me").key(&format!("{key}x")).await.expect(401);
    assert_eq!(noted().await, "2026-01-12T20:00:00Z");
    press.clock.set(time("2026-01-12T20:02:00Z"));
    taken(&press, &key).await;
    until("its next use is noted", async || {
        noted().await == "2026-01-12T20:02:00Z"
    })
    .await;
}

async fn listens(press: &Doors, key: &str) -> [crate::press::Events; 2] {
    let rest = press.get("/v1/wire/stream").key(key).listen().await.begun().await;
    let query = json!({ "query": "subscription { wire { cursor } }" });
    let mut graphql = press.ask(Method::POST, "/graphql").key(key).json(&query).listen().await;
    graphql.wait_for_comments(1).await;
    [rest, graphql]
}

pub async fn stream_expires(press: Press) {
    partner(&press, "example").await;
    let (_, key) = issue(
        &press,
        "example",
        json!({ "name": "Site", "expires": "2026-01-12T20:10:00Z" }),
    )
    .await;
    let streams = listens(&press, &key).await;
    press.clock.set(time("2026-01-12T20:10:00Z"));
    for mut stream in streams {
        assert_eq!(stream.next().await, None);
    }
}

pub async fn stream_disabled(press: Press) {
    partner(&press, "example").await;
    let (told, key) = issue(&press, "example", json!({ "name": "Site" })).await;
    let patch = |disabled: bool| {
        let path = format!("/v1/keys/{}", told["id"].as_str().unwrap());
        press
            .ask(Method::PATCH, &path)
            .admin()
            .json(&json!({ "disabled": disabled }))
    };
    let put = |partner: Value| press.put("/v1/partners/example", &partner);
    let streams = listens(&press, &key).await;
    // What says nothing about this key ends nothing.
    super::partner(&press, "other").await;
    patch(true).await.expect(200);
    press.story("urn:x:1").await;
    for mut stream in streams {
        assert_eq!(stream.next().await, None);
    }
    patch(false).await.expect(200);
    for change in [
        json!({ "name": "E", "disabled": true }),
        json!({ "name": "E", "advance": true }),
    ] {
        put(json!({ "name": "E" })).await.expect(200);
        let streams = listens(&press, &key).await;
        put(change).await.expect(200);
        press.story("urn:x:2").await;
        for mut stream in streams {
            assert_eq!(stream.next().await, None);
        }
    }
}

pub async fn long_poll(press: Press) {
    partner(&press, "example").await;
    let (told, key) = issue(&press, "example", json!({ "name": "Site" })).await;
    let waiting = press.get("/v1/wire?after=latest&wait=30").key(&key);
    let waiting = tokio::spawn(waiting.into_future());
    let is_there = async || {
        let receipts = press.get("/v1/wire/receipts").admin().await.expect(200).json();
        let receipts = receipts["items"].as_array().unwrap().clone();
        receipts
            .iter()
            .any(|r| r["keyId"] == told["id"] && r["lastSeen"].is_string())
    };
    until("it is at the wire", is_there).await;
    press.delete("/v1/partners/example").await.expect(204);
    let answer = tokio::time::timeout(Duration::from_secs(20), waiting)
        .await
        .expect("an answer in time");
    crate::exact::refused(&answer.unwrap(), 401, "invalid_key", NOT_VALID, &[]);
}

pub async fn logged(press: Press) {
    partner(&press, "example").await;
    let (_, key) = issue(
        &press,
        "example",
        json!({ "name": "Site", "networks": ["192.0.2.0/24"] }),
    )
    .await;
    let process = press
        .process_with(&[("DATELINE__LOG__FILTER", "debug".to_owned())])
        .await;
    process.get("/v1/me").key(&key).await.expect(401);
    process.get(&format!("/v1/me?key={key}")).await.expect(400);
    let issued = json!({ "name": "Another" });
    let another = process
        .post("/v1/partners/example/keys", &issued)
        .await
        .expect(201)
        .json();
    let admin = press.admin_key().to_owned();
    let log = process.terminate().await.stderr;
    let line = log
        .lines()
        .find(|line| line.contains("a key was refused"))
        .expect("a line");
    for said in [public(&key), "it comes from another network", "127.0.0.1"] {
        assert!(line.contains(said), "{line}");
    }
    for key in [key.as_str(), another["secret"].as_str().unwrap(), &admin] {
        let secret = key.splitn(3, '_').nth(2).unwrap();
        assert!(!log.contains(secret), "a secret in the log");
    }
}

pub async fn nodes(press: Press) {
    partner(&press, "example").await;
    let (told, key) = issue(&press, "example", json!({ "name": "Site" })).await;
    let other = press.beside(&[]).await;
    let ask = |doors: &Doors| -> Ask { doors.get("/v1/me").key(&key) };
    let path = format!("/v1/keys/{}", told["id"].as_str().unwrap());
    let streams = listens(&other, &key).await;
    for disabled in [true, false, true] {
        let change = press
            .ask(Method::PATCH, &path)
            .admin()
            .json(&json!({ "disabled": disabled }));
        change.await.expect(200);
        let status = if disabled { 401 } else { 200 };
        ask(&other).await.expect(status);
        ask(&press).await.expect(status);
    }
    for mut stream in streams {
        assert_eq!(stream.next().await, None);
    }
    other.close().await;
}
