//! `graphql-transport-ws`: what may be said, and how it ends.

use std::time::Instant;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::client::{Client, PROTOCOL};
use super::{WIRE, newest};
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("a WebSocket answers queries and mutations too", answers),
        test("a WebSocket refuses what HTTP refuses, as fast", refused),
        test("a WebSocket has at most twenty operations", operations),
        test(
            "a WebSocket ends what does not keep to the protocol",
            against_the_protocol,
        ),
        test("a WebSocket without a first message is ended", silent),
        test(
            "a WebSocket is opened with a key in its first message or its header",
            keys,
        ),
        test("a key that is taken away ends its WebSocket", revoked),
        test("a server that stops says farewell to its listeners", stopped),
        test("a WebSocket ends after its time", aged).set("wire.stream_seconds", 1),
        test("there are no more streams than there may be", full).set("wire.max_streams", 2),
    ]
}

const PUBLISH: &str = "mutation($uri: String!) { publishArticle(input: {uri: $uri, headline: \"By wire\"}) { \
                       outcome article { uri } userErrors { code } } }";

async fn answers(press: Press) {
    let mut client = Client::with_key(&press, press.admin_key()).await;
    client.subscribe("w", WIRE, json!({})).await;
    client.subscribe("m", PUBLISH, json!({ "uri": "urn:x:1" })).await;
    let mut heard = [client.hear().await, client.hear().await, client.hear().await];
    heard.sort_by_key(|message| (message["id"].to_string(), message["type"] == "complete"));
    let payload = json!({ "outcome": "CREATED", "article": { "uri": "urn:x:1" }, "userErrors": [] });
    let data = json!({ "data": { "publishArticle": payload } });
    assert_eq!(heard[0], json!({ "type": "next", "id": "m", "payload": data }));
    assert_eq!(heard[1], json!({ "type": "complete", "id": "m" }));
    assert_eq!(heard[2]["payload"]["data"]["wire"]["uri"], "urn:x:1");
    let query = "query($uri: String!) { article(by: {uri: $uri}) { headline } viewer { name } }";
    client.subscribe("q", query, json!({ "uri": "urn:x:1" })).await;
    let expected = json!({ "article": { "headline": "By wire" }, "viewer": { "name": "test" } });
    assert_eq!(client.next("q").await, expected);
    assert_eq!(client.hear().await, json!({ "type": "complete", "id": "q" }));

    let mut stranger = Client::welcome(&press).await;
    stranger.subscribe("m", PUBLISH, json!({ "uri": "urn:x:2" })).await;
    assert_eq!(stranger.error("m").await, ("next".to_owned(), json!("KEY_REQUIRED")));
    press.get("/v1/articles/urn%3Ax%3A2").await.expect(404);
}

async fn refused(press: Press) {
    let mut client = Client::welcome(&press).await;
    let mut bomb = "subscription { wire { ...f0 } }".to_owned();
    for n in 0..24 {
        bomb.push_str(&format!(" fragment f{n} on WireEntry {{ ...f{0} ...f{0} }}", n + 1));
    }
    bomb.push_str(" fragment f24 on WireEntry { cursor }");
    let deep = format!(
        "subscription {{ wire {{ article {{ topics {}name{} }} }} }}",
        "{ children ".repeat(20) + "{ ",
        " }".repeat(21)
    );
    let costly = "subscription { wire { article { moreAbout(first: 100) { articles { moreAbout(first: 100) { articles { \
                  moreAbout(first: 100) { articles { id } } } } } } } } }";
    let begun = Instant::now();
    for (query, code) in [
        (bomb.as_str(), "TOO_MANY_FIELDS"),
        (deep.as_str(), "QUERY_TOO_DEEP"),
        (costly, "QUERY_TOO_COMPLEX"),
        ("subscription { wire { nonsense } }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "subscription { a: wire { uri } b: wire { uri } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "subscription { ...w } fragment w on Subscription { wire { uri } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("subscription { __typename }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { wire ", "GRAPHQL_PARSE_FAILED"),
        (
            "subscription($t: [String!]!) { wire(topics: $t) { uri } }",
            "BAD_USER_INPUT",
        ),
    ] {
        client.subscribe("r", query, json!({})).await;
        assert_eq!(client.error("r").await, ("error".to_owned(), json!(code)), "{query}");
    }
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    for (payload, code) in [
        (json!({}), "BAD_REQUEST"),
        (json!({ "query": 1 }), "BAD_REQUEST"),
        (json!([{ "query": "{ site { name } }" }]), "BATCHING_NOT_SUPPORTED"),
    ] {
        client
            .say(json!({ "type": "subscribe", "id": "p", "payload": payload }))
            .await;
        assert_eq!(client.error("p").await, ("error".to_owned(), json!(code)));
    }
    // Plain HTTP answers once.
    let answer = press.graphql(WIRE, json!({})).await.expect(400);
    assert_eq!(
        answer.json()["errors"][0]["extensions"]["code"],
        "SUBSCRIPTION_NOT_SUPPORTED"
    );
}

async fn operations(press: Press) {
    let mut client = Client::welcome(&press).await;
    for n in 0..20 {
        client.subscribe(&n.to_string(), WIRE, json!({})).await;
    }
    client.subscribe("20", WIRE, json!({})).await;
    assert_eq!(
        client.error("20").await,
        ("error".to_owned(), json!("TOO_MANY_OPERATIONS"))
    );
    // Those that are open go on, and where one ends there is room for another.
    client.say(json!({ "type": "complete", "id": "7" })).await;
    client.subscribe("20", WIRE, json!({})).await;
    press.story("urn:x:1").await;
    let mut told: Vec<u32> = Vec::new();
    for _ in 0..20 {
        let message = client.hear().await;
        assert_eq!(message["payload"]["data"]["wire"]["uri"], "urn:x:1", "{message}");
        told.push(message["id"].as_str().unwrap().parse().unwrap());
    }
    told.sort_unstable();
    assert_eq!(told, (0..=20).filter(|n| *n != 7).collect::<Vec<_>>());
}

async fn against_the_protocol(press: Press) {
    let init = json!({ "type": "connection_init" }).to_string();
    let subscribe = json!({ "type": "subscribe", "id": "1", "payload": { "query": WIRE } }).to_string();
    let long = json!({ "type": "ping", "payload": "x".repeat(70_000) }).to_string();
    let wrong_key = json!({ "type": "connection_init", "payload": { "Authorization": "Bearer dl_a_b" } }).to_string();
    let no_bearer = json!({ "type": "connection_init", "payload": { "authorization": "dl_a_b" } }).to_string();
    for (said, code) in [
        (vec![&*subscribe], 4401),
        (vec![&*init, &init], 4429),
        (vec![&*init, &subscribe, &subscribe], 4409),
        (vec!["nonsense"], 4400),
        (vec![&*init, "{\"type\":\"start\",\"id\":\"1\"}"], 4400),
        (vec![&*init, "{\"type\":\"subscribe\",\"id\":\"1\"}"], 4400),
        (vec!["{\"type\":\"connection_init\",\"payload\":7}"], 4400),
        (vec![&*wrong_key], 4403),
        (vec![&*no_bearer], 4403),
        (vec![&*init, &long], 1009),
    ] {
        let mut client = Client::open(&press).await;
        for text in &said {
            client.say_text(text).await;
        }
        let found = client.closed().await.0;
        // Who is still sending when it is ended may find the line cut before he has read why.
        let cut = code == 1009 && found == 0;
        assert!(found == code || cut, "{found}, not {code}: {said:?}");
    }
    let mut client = Client::welcome(&press).await;
    client.send(Message::binary("{}")).await;
    assert_eq!(client.closed().await.0, 4400);
    let mut client = Client::with_headers(&press, &[]).await.unwrap();
    assert_eq!(client.closed().await.0, 4406);
    // A client that speaks older protocols too is answered in this one.
    let both = format!("graphql-ws, {PROTOCOL}");
    let mut client = Client::with_headers(&press, &[("sec-websocket-protocol", &both)])
        .await
        .unwrap();
    client.say_text(&init).await;
    assert_eq!(client.hear().await, json!({ "type": "connection_ack" }));
}

async fn silent(press: Press) {
    let mut client = Client::open(&press).await;
    client.say(json!({ "type": "ping" })).await;
    assert_eq!(client.hear().await, json!({ "type": "pong" }));
    let begun = Instant::now();
    assert_eq!(
        client.closed().await,
        (4408, "Connection initialisation timeout".to_owned())
    );
    assert!(begun.elapsed().as_secs() < 8, "{:?}", begun.elapsed());
}

async fn keys(press: Press) {
    let viewer = "{ viewer { name } }";
    let bearer = format!("Bearer {}", press.admin_key());
    let headers = [("sec-websocket-protocol", PROTOCOL), ("authorization", bearer.as_str())];
    let mut client = Client::with_headers(&press, &headers).await.unwrap();
    client.say(json!({ "type": "connection_init", "payload": null })).await;
    assert_eq!(client.hear().await, json!({ "type": "connection_ack" }));
    client.subscribe("v", viewer, json!({})).await;
    assert_eq!(client.next("v").await["viewer"]["name"], "test");
    let mut client = Client::welcome(&press).await;
    client.subscribe("v", viewer, json!({})).await;
    assert_eq!(client.next("v").await["viewer"]["name"], Value::Null);
    let wrong = [("sec-websocket-protocol", PROTOCOL), ("authorization", "Bearer dl_a_b")];
    match Client::with_headers(&press, &wrong).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 401),
        _ => panic!("let in with a wrong key"),
    }
}

async fn revoked(press: Press) {
    let key = press
        .command(["key", "issue", "--scope", "read", "--name", "Partner"])
        .await
        .ok();
    let key = key.trim();
    let mut partner = Client::with_key(&press, key).await;
    partner.subscribe("w", WIRE, json!({})).await;
    let mut other = Client::with_key(&press, press.admin_key()).await;
    other.subscribe("w", WIRE, json!({})).await;
    press.story("urn:x:1").await;
    assert_eq!(partner.next("w").await["wire"]["uri"], "urn:x:1");
    let id = key.split('_').nth(1).unwrap();
    press.command(["key", "revoke", id]).await.ok();
    let begun = Instant::now();
    assert_eq!(partner.closed().await, (4401, "Unauthorized".to_owned()));
    assert!(begun.elapsed().as_secs() < 3, "{:?}", begun.elapsed());
    assert_eq!(other.next("w").await["wire"]["uri"], "urn:x:1");
    press.story("urn:x:2").await;
    assert_eq!(other.next("w").await["wire"]["uri"], "urn:x:2");
}

async fn stopped(press: Press) {
    let mut client = Client::welcome(&press).await;
    client.subscribe("w", WIRE, json!({})).await;
    press.story("urn:x:1").await;
    let after = client.next("w").await["wire"]["cursor"].take();
    let (begun, other) = (Instant::now(), press.clone());
    let stop = tokio::spawn(async move { other.close().await });
    let (code, _) = client.closed().await;
    assert_eq!(code, 1001);
    stop.await.unwrap();
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    press.open().await;
    assert_eq!(after, json!(newest(&press).await));
    let mut client = Client::welcome(&press).await;
    client.subscribe("w", WIRE, json!({ "after": after })).await;
    press.story("urn:x:2").await;
    assert_eq!(client.next("w").await["wire"]["uri"], "urn:x:2");
}

async fn aged(press: Press) {
    let mut client = Client::welcome(&press).await;
    client.subscribe("w", WIRE, json!({})).await;
    assert_eq!(client.closed().await.0, 1001);
}

async fn full(press: Press) {
    let _one = Client::welcome(&press).await;
    let two = Client::welcome(&press).await;
    match Client::with_headers(&press, &[("sec-websocket-protocol", PROTOCOL)]).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 503),
        _ => panic!("one stream more than there may be"),
    }
    drop(two);
    // A place is free as soon as the server has noticed.
    let begun = Instant::now();
    while Client::with_headers(&press, &[("sec-websocket-protocol", PROTOCOL)])
        .await
        .is_err()
    {
        assert!(begun.elapsed().as_secs() < 10, "no place was freed");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
