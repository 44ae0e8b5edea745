//! What a key may ask for in a time, what that costs, and how it is told.

mod nodes;

use reqwest::Method;
use serde_json::{Value, json};

use crate::exact::refused;
use crate::graphql_wire::client::Client;
use crate::press::{Answer, Doors, Press, segment};
use crate::runner::{Test, test};
use jiff::SignedDuration;

pub fn all() -> Vec<Test> {
    let tests = vec![
        test(
            "a key may ask as often as its rate says, and is told how it stands",
            rate,
        )
        .set("limits.per_second", 5)
        .set("limits.burst", 10),
        test("a key may ask so often in a day, and again from midnight on", day).set("limits.per_day", 30),
        test(
            "a key's limits are set, changed and taken away by whoever administers",
            administered,
        ),
        test("a key's own limits stand over the house's", own).set("limits.per_second", 2),
        test("who floods us is refused alone", alone),
        test(
            "without limits nothing is said of them, and who has no key has none",
            none,
        ),
        test("what has not changed costs a tenth", unchanged),
        test(
            "a poll of the wire costs once however long it waits, and a tenth where nothing comes",
            poll,
        ),
        test("a stream costs once", stream),
        test("a GraphQL operation costs by what it asks for", graphql),
        test("GraphQL refuses in its own way", graphql_refused),
        test("operations on a WebSocket are charged one by one", socket),
        test("limits are told to who asks for himself", me),
        test("limits that are none are refused", wrong),
        test(
            "what a server has taken for itself it gives back when it stops",
            given_back,
        ),
        test("a light key costs the database nothing", light).set("limits.per_second", 100),
    ];
    tests.into_iter().chain(nodes::all()).collect()
}

/// A key with limits of its own.
pub async fn key(press: &Press, limits: &[(&str, i64)]) -> String {
    let issued = press
        .command(["key", "issue", "--scope", "read", "--name", "A partner"])
        .await;
    let key = issued.ok().trim().to_owned();
    limit(press, &key, limits).await;
    key
}

async fn limit(press: &Press, key: &str, limits: &[(&str, i64)]) {
    if limits.is_empty() {
        return;
    }
    let mut command = vec!["key".to_owned(), "limit".to_owned(), key.to_owned()];
    for (name, number) in limits {
        command.extend([format!("--{name}"), number.to_string()]);
    }
    press.command(command).await.ok();
}

async fn latest(press: &Doors, key: &str) -> Answer {
    press.get("/v1/latest").key(key).await
}

/// The limit is used up, for so many seconds.
#[track_caller]
fn used_up(answer: &Answer, seconds: i64) {
    let detail = format!("The limit is used up; see the RateLimit header. Try again in {seconds} s.");
    refused(answer, 429, "rate_limited", &detail, &[]);
    assert_eq!(answer.header("retry-after"), seconds.to_string(), "{answer}");
}

/// Requests until one is refused.
async fn until_refused(press: &Doors, key: &str, most: usize) -> usize {
    for done in 0..most {
        if latest(press, key).await.status == 429 {
            return done;
        }
    }
    most
}

async fn used(press: &Doors, key: &str) -> i64 {
    let me = press.get("/v1/me").key(key).await.expect(200).json();
    me["limits"]["usedToday"].as_i64().unwrap()
}

async fn rate(press: Press) {
    let key = key(&press, &[]).await;
    for left in (0..10).rev() {
        let answer = latest(&press, &key).await.expect(200);
        assert_eq!(answer.header("ratelimit-policy"), "\"rate\";q=10;w=2");
        let said = answer.header("ratelimit").to_owned();
        assert!(said.starts_with(&format!("\"rate\";r={left};t=")), "{left}: {said}");
    }
    for _ in 0..3 {
        let answer = latest(&press, &key).await;
        used_up(&answer, 1);
        assert_eq!(answer.header("ratelimit"), "\"rate\";r=0;t=2");
        assert_eq!(answer.header("ratelimit-policy"), "\"rate\";q=10;w=2");
    }
    press.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(until_refused(&press, &key, 20).await, 5);
    press.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(until_refused(&press, &key, 20).await, 10);
    // A clock that is set back does not shut anybody out.
    press.clock.advance(SignedDuration::from_hours(-1));
    assert_eq!(until_refused(&press, &key, 20).await, 10);
}

async fn day(press: Press) {
    let key = key(&press, &[]).await;
    for left in (0..30).rev() {
        let answer = latest(&press, &key).await.expect(200);
        assert_eq!(answer.header("ratelimit-policy"), "\"day\";q=30;w=86400");
        assert_eq!(answer.header("ratelimit"), format!("\"day\";r={left};t=14400"));
    }
    let answer = latest(&press, &key).await;
    used_up(&answer, 14_400);
    assert_eq!(answer.header("ratelimit"), "\"day\";r=0;t=14400");
    press.clock.set("2026-01-12T23:59:59.5Z".parse().unwrap());
    used_up(&latest(&press, &key).await, 1);
    press.clock.set("2026-01-13T00:00:00Z".parse().unwrap());
    assert_eq!(until_refused(&press, &key, 50).await, 30);
}

async fn own(press: Press) {
    let both = "\"rate\";q=7;w=2, \"day\";q=1000;w=86400";
    let key = key(&press, &[("per-second", 4), ("burst", 7), ("per-day", 1_000)]).await;
    let answer = latest(&press, &key).await.expect(200);
    assert_eq!(answer.header("ratelimit-policy"), both);
    assert_eq!(answer.header("ratelimit"), "\"rate\";r=6;t=0, \"day\";r=999;t=14400");
    assert_eq!(until_refused(&press, &key, 20).await, 6);
    // Others are held to the house's.
    let other = self::key(&press, &[]).await;
    let answer = latest(&press, &other).await.expect(200);
    assert_eq!(answer.header("ratelimit-policy"), "\"rate\";q=2;w=1");
    // From the next request on.
    limit(&press, &key, &[("per-second", 0)]).await;
    for _ in 0..20 {
        assert_eq!(latest(&press, &key).await.expect(200).header("ratelimit-policy"), "");
    }
}

async fn alone(press: Press) {
    let flood = key(&press, &[("per-second", 3)]).await;
    let other = key(&press, &[("per-second", 3)]).await;
    assert_eq!(until_refused(&press, &flood, 20).await, 3);
    for _ in 0..50 {
        used_up(&latest(&press, &flood).await, 1);
    }
    assert_eq!(until_refused(&press, &other, 20).await, 3);
    let mut everybody = Vec::new();
    for _ in 0..20 {
        let (press, flood) = (press.clone(), flood.clone());
        everybody.push(tokio::spawn(async move { latest(&press, &flood).await.status }));
    }
    for one in everybody {
        assert_eq!(one.await.unwrap(), 429);
    }
}

async fn none(press: Press) {
    for _ in 0..30 {
        let answer = press.get("/v1/latest").admin().await.expect(200);
        assert_eq!(
            (answer.header("ratelimit"), answer.header("ratelimit-policy")),
            ("", "")
        );
        let answer = press.get("/v1/latest").await.expect(200);
        assert_eq!(
            (answer.header("ratelimit"), answer.header("ratelimit-policy")),
            ("", "")
        );
    }
    // What is used is counted all the same.
    let admin = press.admin_key().to_owned();
    assert_eq!(used(&press, &admin).await, 31);
}

async fn unchanged(press: Press) {
    press.story("urn:x:1").await;
    let key = key(&press, &[("per-day", 10)]).await;
    let etag = latest(&press, &key).await.expect(200).etag().to_owned();
    let again = |key: &str| press.get("/v1/latest").key(key).header("if-none-match", &etag);
    for _ in 0..80 {
        again(&key).await.expect(304);
    }
    // 1 + 8: one more is all there is, and a tenth of nothing is too much.
    latest(&press, &key).await.expect(200);
    used_up(&again(&key).await, 14_400);
}

async fn poll(press: Press) {
    let key = key(&press, &[("per-day", 1_000)]).await;
    let ask = |query: String| press.get(&format!("/v1/wire{query}")).key(&key);
    let page = ask("?after=latest".to_owned()).await.expect(200).json();
    let next = page["next"].as_str().unwrap().to_owned();
    for _ in 0..9 {
        ask(format!("?after={next}")).await.expect(200);
    }
    // Ten empty ones are one.
    assert_eq!(used(&press, &key).await, 2);
    let waiting = tokio::spawn({
        let ask = ask(format!("?after={next}&wait=20"));
        async move { ask.await.expect(200).json() }
    });
    // While it waits, it costs what any request costs.
    loop {
        let used = used(&press, &key).await;
        assert!(used < 500);
        if press.get("/metrics").await.text().contains("dateline_http") && used > 3 {
            break;
        }
    }
    press.story("urn:x:1").await;
    let page = waiting.await.unwrap();
    assert_eq!(page["entries"].as_array().unwrap().len(), 1);
}

async fn stream(press: Press) {
    let key = key(&press, &[("per-day", 100)]).await;
    let mut events = press.get("/v1/wire/stream").key(&key).listen().await.begun().await;
    for n in 0..5 {
        press.story(&format!("urn:x:{n}")).await;
        events.expect().await;
    }
    assert_eq!(used(&press, &key).await, 2);
}

async fn graphql(press: Press) {
    for n in 0..3 {
        press.story(&format!("urn:x:{n}")).await;
    }
    let key = key(&press, &[("per-day", 10_000)]).await;
    let left = |answer: &Answer| {
        let said = answer.header("ratelimit").to_owned();
        let left = said.split("r=").nth(1).unwrap().split(';').next().unwrap().to_owned();
        left.parse::<i64>().unwrap()
    };
    let ask = |query: &str| press.graphql(query, json!({})).key(&key);
    let before = left(&ask("{ site { name } }").await.expect(200));
    let small = left(&ask("{ site { name } }").await.expect(200));
    assert_eq!(before - small, 1);
    // 100 stories of four fields and 100 edges' worth of list: 401 points are 1 + 4 units.
    let list = "{ latest(first: 100) { nodes { id headline } } }";
    let mut costs = Vec::new();
    for _ in 0..3 {
        let here = left(&ask("{ site { name } }").await.expect(200));
        costs.push(here - left(&ask(list).await.expect(200)));
    }
    // A kept answer costs the same, and so does one by a variable.
    assert!(costs[0] > 2 && costs.iter().all(|cost| *cost == costs[0]), "{costs:?}");
    let here = left(&ask("{ site { name } }").await.expect(200));
    let by_variable = press
        .graphql(
            "query($n: Int!) { latest(first: $n) { nodes { id headline } } }",
            json!({ "n": 100 }),
        )
        .key(&key);
    assert_eq!(here - left(&by_variable.await.expect(200)), costs[0]);
}

async fn graphql_refused(press: Press) {
    let key = key(&press, &[("per-second", 2)]).await;
    let ask = || press.graphql("{ site { name } }", json!({})).key(&key);
    ask().await.expect(200);
    ask().await.expect(200);
    let expected = json!([{
        "message": "The limit is used up; see the RateLimit header. Try again in 1 s.",
        "extensions": { "code": "RATE_LIMITED" },
    }]);
    for (accept, media) in [
        ("application/graphql-response+json", "application/graphql-response+json"),
        ("application/json", "application/json"),
    ] {
        let answer = ask().header("accept", accept).await.expect(429);
        assert!(answer.header("content-type").starts_with(media), "{answer}");
        assert_eq!(answer.header("retry-after"), "1");
        assert_eq!(answer.header("ratelimit"), "\"rate\";r=0;t=1");
        assert_eq!(answer.header("cache-control"), "no-store");
        let said = answer.json();
        assert_eq!((&said["errors"], said.get("data")), (&expected, None), "{answer}");
    }
    // What is too dear for what is left is not run either.
    press.clock.advance(SignedDuration::from_secs(10));
    let dear = "{ latest(first: 100) { nodes { id headline summary uri slug } } }";
    press.graphql(dear, json!({})).key(&key).await.expect(429);
    press.ask(Method::GET, "/v1/latest").key(&key).await.expect(200);
}

async fn socket(press: Press) {
    let key = key(&press, &[("per-day", 4)]).await;
    let mut client = Client::with_key(&press, &key).await;
    let ask = |id: &str| json!({ "id": id, "type": "subscribe", "payload": { "query": "{ site { name } }" } });
    for id in ["a", "b", "c", "d"] {
        client.say(ask(id)).await;
        let heard = client.hear().await;
        assert_eq!(heard["type"], "next", "{heard}");
        assert_eq!(client.hear().await["type"], "complete");
    }
    client.say(ask("e")).await;
    let heard = client.hear().await;
    assert_eq!(heard["type"], "error", "{heard}");
    assert_eq!(heard["payload"][0]["extensions"]["code"], "RATE_LIMITED");
}

async fn me(press: Press) {
    let key = key(&press, &[("per-second", 50), ("burst", 60), ("per-day", 5_000)]).await;
    let expected = |used: i64| {
        json!({
            "perSecond": 50, "burst": 60, "perDay": 5_000,
            "usedToday": used, "resetsAt": "2026-01-13T00:00:00Z",
        })
    };
    let me = press.get("/v1/me").key(&key).await.expect(200);
    assert_eq!(me.json()["limits"], expected(1));
    let query = "{ viewer { limits { perSecond burst perDay usedToday resetsAt } } }";
    let viewer = press.graphql(query, json!({})).key(&key).await.data();
    assert_eq!(viewer["viewer"]["limits"], expected(2));
    assert_eq!(press.get("/v1/me").await.json()["limits"], Value::Null);
    assert_eq!(
        press.graphql(query, json!({})).await.data()["viewer"]["limits"],
        Value::Null
    );
    let admin = press.get("/v1/me").admin().await.json();
    let none = json!({
        "perSecond": null, "burst": null, "perDay": null,
        "usedToday": 1, "resetsAt": "2026-01-13T00:00:00Z",
    });
    assert_eq!(admin["limits"], none);
}

/// Set by REST, changed by GraphQL, taken away by REST: at the next request each time.
async fn administered(press: Press) {
    let body = json!({ "name": "n", "scope": "read", "limits": { "perDay": 3 } });
    let made = press.post("/v1/keys", &body).await.expect(201).json();
    let (id, key) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert_eq!(made["limits"], json!({ "perSecond": null, "burst": null, "perDay": 3 }));
    for _ in 0..3 {
        latest(&press, key).await.expect(200);
    }
    latest(&press, key).await.expect(429);
    let change = "mutation($id: ID!) { changeKey(input: { id: $id, limits: { perDay: 5 } }) {
        key { limits { perSecond burst perDay } } userErrors { message } } }";
    let changed = press.graphql(change, json!({ "id": id })).admin().await.data();
    let limits = json!({ "perSecond": null, "burst": null, "perDay": 5 });
    assert_eq!(changed["changeKey"]["key"]["limits"], limits, "{changed}");
    latest(&press, key).await.expect(200);
    // What is not named stays; null takes it away.
    let path = format!("/v1/keys/{id}");
    let patched = |body: serde_json::Value| press.ask(reqwest::Method::PATCH, &path).admin().json(&body);
    let renamed = patched(json!({ "name": "m" })).await.expect(200).json();
    assert_eq!(renamed["limits"], limits);
    let freed = patched(json!({ "limits": null })).await.expect(200).json();
    assert_eq!(freed["limits"]["perDay"], json!(null));
    for _ in 0..5 {
        latest(&press, key).await.expect(200);
    }
}

async fn wrong(press: Press) {
    let key = key(&press, &[]).await;
    for (name, number, field) in [
        ("--per-second", "-1", "perSecond"),
        ("--burst", "1000001", "burst"),
        ("--per-day", "9999999999999", "perDay"),
    ] {
        let refused = press.command(["key", "limit", &key, &format!("{name}={number}")]).await;
        assert_eq!(refused.code, Some(1), "{refused}");
        assert!(refused.stderr.contains(field), "{refused}");
    }
    // The same by REST and by GraphQL, where they are a part of the key.
    let body = json!({ "name": "n", "scope": "read", "limits": { "perSecond": -1, "perDay": 9_999_999_999_999_i64 } });
    let refused = press.post("/v1/keys", &body).await.expect(422).json();
    let fields: Vec<&str> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["limits.perSecond", "limits.perDay"]);
    let unknown = press.command(["key", "limit", "nobody", "--per-day=1"]).await;
    assert_eq!(unknown.stderr, "dateline: There is no such key.\n");
    assert_eq!(segment("a"), "a");
}

async fn given_back(press: Press) {
    let key = key(&press, &[("per-day", 1_000)]).await;
    for _ in 0..7 {
        latest(&press, &key).await.expect(200);
    }
    press.reopen().await;
    assert_eq!(used(&press, &key).await, 8);
    let answer = latest(&press, &key).await;
    assert_eq!(answer.header("ratelimit"), "\"day\";r=991;t=14400");
}

async fn light(press: Press) {
    let key = key(&press, &[]).await;
    let leases = async || {
        let metrics = press.get("/metrics").await.text().to_owned();
        let line = metrics
            .lines()
            .find(|line| line.starts_with("dateline_limit_leases_total{of=\"rate\"}"));
        line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse::<i64>().unwrap())
    };
    let before = leases().await;
    for _ in 0..40 {
        latest(&press, &key).await.expect(200);
        // A hundredth of the rate.
        press.clock.advance(SignedDuration::from_secs(1));
    }
    // Other tests of this process may have taken some meanwhile: what is counted is the process's.
    let after = leases().await;
    assert!(after - before < 400, "{before} to {after}");
}
