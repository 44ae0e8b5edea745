//! Who read which story when.

use std::time::{Duration, Instant};

use dateline_tests::Backend;
use reqwest::Method;
use serde_json::{Value, json};

use crate::exact::refused;
use crate::graphql_wire::client::Client;
use crate::limits::key;
use crate::press::{Doors, Press, Put};
use crate::runner::{Test, test};
use jiff::SignedDuration;

pub fn all() -> Vec<Test> {
    vec![
        test("what an answer shows is noted of whose key it was", shown),
        test("what was only looked at is not noted", looked_at),
        test("a kept answer counts for everybody who gets it", kept),
        test(
            "GraphQL notes the stories that are in the answer, and no others",
            graphql,
        ),
        test("the wire, streams, subscriptions and snapshots are noted", followers),
        test(
            "who reads without a key is not noted, nor is what has not changed",
            nobody,
        ),
        test("an audit can be asked for days and for a story, in pages", audit),
        test("an audit comes as CSV too", csv),
        test("an audit is for administrators", admins),
        test("what was noted outlives the server, and the key", outlives),
        test("what two servers note is added up", two_servers)
            .only(Backend::Postgres)
            .doors_closed(),
        test("nothing is noted where it is not wished", switched_off).set("usage.keep_days", 0),
    ]
}

fn id(key: &str) -> &str {
    key.split('_').nth(1).unwrap()
}

async fn audit_of(press: &Doors, key: &str, query: &str) -> Value {
    let path = format!("/v1/keys/{}/usage{query}", id(key));
    press.get(&path).admin().await.expect(200).json()
}

/// Uri and how often it was read, by uri.
async fn reads(press: &Doors, key: &str) -> Vec<(String, i64)> {
    let page = audit_of(press, key, "?limit=1000").await;
    let mut reads: Vec<(String, i64)> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            (
                item["uri"].as_str().unwrap().to_owned(),
                item["reads"].as_i64().unwrap(),
            )
        })
        .collect();
    reads.sort();
    reads
}

fn times(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(uri, n)| ((*uri).to_owned(), *n)).collect()
}

async fn stories(press: &Press) -> Vec<Put> {
    press.topic("war", "War", None).await;
    let mut stories = Vec::new();
    for n in 1..=3 {
        let uri = format!("urn:x:{n}");
        let at = format!("2026-01-12T1{n}:00:00Z");
        stories.push(press.story(&uri).topics(["war"]).published_at(&at).await);
    }
    stories
}

async fn shown(press: Press) {
    let stories = stories(&press).await;
    let (key, other) = (key(&press, &[]).await, key(&press, &[]).await);
    press
        .get(&format!("/v1/articles/{}", stories[0].slug))
        .key(&key)
        .await
        .expect(200);
    press.clock.advance(SignedDuration::from_secs(60));
    press.get("/v1/articles/urn%3Ax%3A1").key(&key).await.expect(200);
    press.get("/v1/latest?limit=2").key(&key).await.expect(200);
    press.get("/v1/articles/urn%3Ax%3A2").key(&other).await.expect(200);
    let name = "A partner";
    let item = |n: usize, reads: i64, first: &str, last: &str| {
        json!({
            "day": "2026-01-12", "keyId": id(&key), "keyName": name, "articleId": stories[n].id,
            "uri": stories[n].uri, "advance": false, "reads": reads, "firstRead": first, "lastRead": last,
        })
    };
    let (early, late) = ("2026-01-12T20:00:00Z", "2026-01-12T20:01:00Z");
    let mut expected = vec![item(0, 2, early, late), item(1, 1, late, late), item(2, 1, late, late)];
    expected.sort_by_key(|item| item["articleId"].as_str().unwrap().to_owned());
    let page = audit_of(&press, &key, "").await;
    assert_eq!(page, json!({ "items": expected, "next": null }));
    assert_eq!(reads(&press, &other).await, times(&[("urn:x:2", 1)]));
}

async fn looked_at(press: Press) {
    stories(&press).await;
    press.story("urn:x:4").related("background", "urn:x:1").await;
    let key = key(&press, &[]).await;
    // The story's own text is not in this answer.
    press
        .get("/v1/articles/urn%3Ax%3A4/related")
        .key(&key)
        .await
        .expect(200);
    press.get("/v1/wire?payload=id").key(&key).await.expect(200);
    assert_eq!(reads(&press, &key).await, times(&[("urn:x:1", 1)]));
    press
        .get("/v1/articles/urn%3Ax%3A3?include=moreAbout,relatedLinks")
        .key(&key)
        .await
        .expect(200);
    assert_eq!(
        reads(&press, &key).await,
        times(&[("urn:x:1", 2), ("urn:x:2", 1), ("urn:x:3", 1)])
    );
}

async fn kept(press: Press) {
    stories(&press).await;
    let (one, two) = (key(&press, &[]).await, key(&press, &[]).await);
    press.get("/v1/latest?limit=1").await.expect(200);
    for _ in 0..3 {
        press.get("/v1/latest?limit=1").key(&one).await.expect(200);
    }
    press.get("/v1/latest?limit=1").key(&two).await.expect(200);
    assert_eq!(reads(&press, &one).await, times(&[("urn:x:3", 3)]));
    assert_eq!(reads(&press, &two).await, times(&[("urn:x:3", 1)]));
}

async fn graphql(press: Press) {
    let stories = stories(&press).await;
    let key = key(&press, &[]).await;
    let ask = |query: &str| press.graphql(query, json!({})).key(&key);
    for nothing in [
        "{ latest { edges { cursor } pageInfo { endCursor } totalCount } }",
        "{ wire { nodes { uri kind } } }",
        "{ topic(by: {slug: \"war\"}) { articles { edges { cursor } } } }",
        "{ article(by: {uri: \"urn:x:9\"}) { headline } }",
    ] {
        ask(nothing).await.data();
    }
    assert_eq!(reads(&press, &key).await, times(&[]));
    for _ in 0..2 {
        ask("{ latest(first: 1) { nodes { id } } }").await.data();
    }
    assert_eq!(reads(&press, &key).await, times(&[("urn:x:3", 2)]));
    let node = format!(
        "{{ node(id: \"{}\") {{ ... on Article {{ headline }} }} }}",
        stories[0].id
    );
    ask(&node).await.data();
    ask("{ article(by: {uri: \"urn:x:2\"}) { moreAbout(first: 1) { articles { slug } } } }")
        .await
        .data();
    // The one that is asked for is in the answer, and so is the one beside it.
    assert_eq!(
        reads(&press, &key).await,
        times(&[("urn:x:1", 1), ("urn:x:2", 1), ("urn:x:3", 3)])
    );
    let by_get = "/graphql?query=%7Blatest(first%3A1)%7Bnodes%7Bheadline%7D%7D%7D";
    press.ask(Method::GET, by_get).key(&key).await.expect(200);
    let mut client = Client::with_key(&press, &key).await;
    let payload = json!({ "query": "{ latest(first: 1) { nodes { id } } }" });
    client
        .say(json!({ "id": "1", "type": "subscribe", "payload": payload }))
        .await;
    assert_eq!(client.hear().await["type"], "next");
    assert_eq!(
        reads(&press, &key).await,
        times(&[("urn:x:1", 1), ("urn:x:2", 1), ("urn:x:3", 5)])
    );
}

async fn followers(press: Press) {
    stories(&press).await;
    let key = key(&press, &[]).await;
    press.get("/v1/wire").key(&key).await.expect(200);
    press.get("/v1/wire?payload=meta").key(&key).await.expect(200);
    press.get("/v1/snapshot").key(&key).await.expect(200);
    let all = |n| times(&[("urn:x:1", n), ("urn:x:2", n), ("urn:x:3", n)]);
    assert_eq!(reads(&press, &key).await, all(3));

    let mut events = press.get("/v1/wire/stream").key(&key).listen().await.begun().await;
    let mut client = Client::with_key(&press, &key).await;
    for (id, query) in [
        ("told", "subscription { wire { article { headline } } }"),
        ("untold", "subscription { wire { uri } }"),
    ] {
        client
            .say(json!({ "id": id, "type": "subscribe", "payload": { "query": query } }))
            .await;
    }
    // They listen from when this answer was given.
    client.say(json!({ "type": "ping" })).await;
    assert_eq!(client.hear().await["type"], "pong");
    press.story("urn:x:4").await;
    events.expect().await;
    for _ in 0..2 {
        assert_eq!(client.hear().await["type"], "next");
    }
    let mut expected = all(3);
    expected.extend(times(&[("urn:x:4", 2)]));
    assert_eq!(reads(&press, &key).await, expected);
}

async fn nobody(press: Press) {
    stories(&press).await;
    let key = key(&press, &[]).await;
    press.get("/v1/latest").await.expect(200);
    press.graphql("{ latest { nodes { id } } }", json!({})).await.data();
    press.get("/v1/snapshot").await.expect(200);
    let etag = press
        .get("/v1/latest?limit=1")
        .key(&key)
        .await
        .expect(200)
        .etag()
        .to_owned();
    for _ in 0..3 {
        let again = press.get("/v1/latest?limit=1").key(&key).header("if-none-match", &etag);
        again.await.expect(304);
    }
    press.get("/v1/articles/ghost").key(&key).await.expect(404);
    assert_eq!(reads(&press, &key).await, times(&[("urn:x:3", 1)]));
    let admin = press.admin_key().to_owned();
    assert_eq!(reads(&press, &admin).await, times(&[]));
}

async fn audit(press: Press) {
    let stories = stories(&press).await;
    let key = key(&press, &[]).await;
    for day in 12..15 {
        press.clock.set(format!("2026-01-{day}T20:00:00Z").parse().unwrap());
        press.get("/v1/latest").key(&key).await.expect(200);
    }
    let days = async |query: &str| {
        let page = audit_of(&press, &key, query).await;
        let items = page["items"].as_array().unwrap().clone();
        let days: Vec<String> = items
            .iter()
            .map(|i| i["day"].as_str().unwrap()[8..].to_owned())
            .collect();
        (days.join(" "), page["next"].as_str().map(str::to_owned))
    };
    assert_eq!(days("").await, ("14 14 14 13 13 13 12 12 12".to_owned(), None));
    assert_eq!(
        days("?from=2026-01-13&to=2026-01-13").await,
        ("13 13 13".to_owned(), None)
    );
    assert_eq!(days("?from=2026-01-14").await.0, "14 14 14");
    assert_eq!(days("?to=2026-01-12").await.0, "12 12 12");
    for name in [&stories[1].id, &stories[1].slug, "urn:x:2"] {
        assert_eq!(days(&format!("?article={name}")).await.0, "14 13 12");
    }
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let (days, next) = days(&format!("?limit=2{after}")).await;
        all.push(days);
        match next {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(all, ["14 14", "14 13", "13 13", "12 12", "12"]);

    let detail = "A parameter is wrong; see `errors`.";
    let ask = |query: &str| press.get(&format!("/v1/keys/{}/usage{query}", id(&key))).admin();
    for (query, fault) in [
        (
            "?from=2026-01-13T00:00:00Z",
            ("from", "invalid_value", "must be a day, such as 2026-01-12 (UTC)"),
        ),
        (
            "?from=2026-01-13&to=2026-01-12",
            ("to", "invalid_value", "must not be before `from`"),
        ),
        (
            "?after=x",
            ("after", "invalid_cursor", "must be the `next` of another page"),
        ),
        (
            "?article=ghost",
            (
                "article",
                "unknown_article",
                "there is no such story: give its id, uri or slug",
            ),
        ),
        ("?format=xml", ("format", "invalid_value", "must be one of json, csv")),
    ] {
        refused(&ask(query).await, 400, "invalid_parameter", detail, &[fault]);
    }
}

async fn csv(press: Press) {
    let story = press.story("urn:x:1,one").await;
    let key = key(&press, &[]).await;
    let path = format!("/v1/keys/{}/usage", id(&key));
    press.get("/v1/latest").key(&key).await.expect(200);
    let expected = format!(
        "day,key_id,key_name,article_id,uri,advance,reads,first_read,last_read\r\n\
         2026-01-12,{},A partner,{},\"urn:x:1,one\",false,1,2026-01-12T20:00:00Z,2026-01-12T20:00:00Z\r\n",
        id(&key),
        story.id
    );
    for ask in [
        press.get(&path).header("accept", "text/csv"),
        press.get(&format!("{path}?format=csv")),
        press
            .get(&format!("{path}?format=csv"))
            .header("accept", "application/json"),
    ] {
        let table = ask.admin().await.expect(200);
        assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(table.header("cache-control"), "no-store");
        assert_eq!(table.text(), expected);
    }
    for json in ["*/*", "application/json", "text/html, */*;q=0.1"] {
        let page = press.get(&path).header("accept", json).admin().await.expect(200);
        assert_eq!(page.header("content-type"), "application/json", "{json}");
    }
    press.get(&path).header("accept", "image/png").admin().await.expect(406);
}

async fn admins(press: Press) {
    let key = key(&press, &[]).await;
    let path = format!("/v1/keys/{}/usage", id(&key));
    let needs = "This needs a key of scope `admin`.";
    refused(&press.get(&path).key(&key).await, 403, "scope_required", needs, &[]);
    assert_eq!(press.get(&path).await.status, 401);
    // A key that is not there any more has read what it has read.
    let page = press.get("/v1/keys/nobody/usage").admin().await.expect(200).json();
    assert_eq!(page, json!({ "items": [], "next": null }));
    press.get("/v1/partners/nobody/usage").admin().await.expect(404);
    press.get("/v1/partners/nobody/usage").key(&key).await.expect(403);
}

async fn outlives(press: Press) {
    press.story("urn:x:1").await;
    press
        .command(["partner", "add", "daily", "--name", "The Daily"])
        .await
        .ok();
    let issue = [
        "key",
        "issue",
        "--scope",
        "read",
        "--name",
        "Feed",
        "--partner",
        "daily",
    ];
    let key = press.command(issue).await.ok().trim().to_owned();
    press.get("/v1/latest").key(&key).await.expect(200);
    press.reopen().await;
    press.get("/v1/latest").key(&key).await.expect(200);
    assert_eq!(reads(&press, &key).await, times(&[("urn:x:1", 2)]));
    press.command(["key", "revoke", &key]).await.ok();
    assert_eq!(reads(&press, &key).await, times(&[("urn:x:1", 2)]));
    let page = press.get("/v1/partners/daily/usage").admin().await.expect(200).json();
    assert_eq!(
        (&page["items"][0]["reads"], &page["items"][0]["keyName"]),
        (&json!(2), &Value::Null)
    );
}

async fn two_servers(press: Press) {
    let (one, two) = (press.process().await, press.process().await);
    one.story("urn:x:1").await;
    let key = key(&press, &[]).await;
    for _ in 0..3 {
        one.get("/v1/articles/urn%3Ax%3A1").key(&key).await.expect(200);
        two.get("/v1/articles/urn%3Ax%3A1").key(&key).await.expect(200);
    }
    // The other's are filed within a few seconds.
    let patience = Instant::now() + Duration::from_secs(60);
    while reads(&one, &key).await != times(&[("urn:x:1", 6)]) {
        assert!(Instant::now() < patience, "{:?}", reads(&one, &key).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    one.terminate().await.ok();
    two.terminate().await.ok();
}

async fn switched_off(press: Press) {
    press.story("urn:x:1").await;
    let key = key(&press, &[]).await;
    press.get("/v1/latest").key(&key).await.expect(200);
    press.get("/v1/snapshot").key(&key).await.expect(200);
    assert_eq!(reads(&press, &key).await, times(&[]));
}
