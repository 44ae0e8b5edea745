//! A CDN is told what to forget: of every change, whatever dies or fails meanwhile.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::moves::{until, until_some};
use crate::press::{Doors, Press, Process};
use crate::runner::{Test, test};
use crate::webhooks::receiver::{Received, Receiver, Reply};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "what a change has moved is posted to a CDN twice, in words that answers carry",
            posted,
        ),
        test("a CDN is told as it wants it: Varnish, Fastly, Cloudflare", styles),
        test(
            "a CDN that fails is told again until it has taken everything, and nothing secret is logged",
            failing,
        ),
        test(
            "of two servers one tells the CDN, and the other when that one is gone",
            two_servers,
        ),
        test("when nobody knows what a CDN missed, it forgets everything", everything),
        test(
            "whatever is killed, the keys of every change are posted after it",
            killed,
        )
        .patient(Duration::from_secs(300)),
        test("a configuration that would purge nothing is refused", refused),
    ]
    .into_iter()
    .map(|test| test.doors_closed().set("server.surrogate_keys", true))
    .collect()
}

/// The words of a request, as the usual header has them.
fn words(received: &Received) -> BTreeSet<String> {
    let keys = received.headers.get("surrogate-key").map(String::as_str);
    keys.unwrap_or_default().split(' ').map(str::to_owned).collect()
}

fn environment(receiver: &Receiver, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all = vec![("DATELINE__PURGE__URL".to_owned(), receiver.url())];
    all.extend(
        more.iter()
            .map(|(name, value)| (format!("DATELINE__PURGE__{name}"), (*value).to_owned())),
    );
    all
}

async fn process(press: &Press, receiver: &Receiver, more: &[(&str, &str)]) -> Process {
    let all = environment(receiver, more);
    let all: Vec<(&str, String)> = all.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    press.process_with(&all).await
}

/// How often a word was taken.
fn taken(receiver: &Receiver, word: &str) -> usize {
    let received = receiver.received();
    received.iter().filter(|r| r.taken && words(r).contains(word)).count()
}

async fn put(doors: &Doors, name: &str, headline: &str) -> String {
    let path = format!("/v1/articles/urn%3Ax%3A{name}");
    let put = doors.put(&path, &json!({ "headline": headline, "slug": name })).await;
    let id = put.json()["id"].as_str().unwrap().to_owned();
    format!("article-{}", id.replace('-', ""))
}

async fn posted(press: Press) {
    let cdn = Receiver::start().await;
    let house = process(&press, &cdn, &[("AGAIN_SECONDS", "1")]).await;
    // What the CDN has from before is forgotten first.
    until(1, async || taken(&cdn, "all")).await;
    let key = put(&house, "a", "One").await;
    until(2, async || taken(&cdn, &key)).await;
    let (first, second) = {
        let of_it: Vec<Received> = cdn.received().into_iter().filter(|r| words(r).contains(&key)).collect();
        (of_it[0].clone(), of_it[1].clone())
    };
    assert!(
        second.at - first.at >= Duration::from_millis(950),
        "{:?}",
        second.at - first.at
    );
    assert_eq!((first.method.as_str(), first.bytes.len()), ("POST", 0));
    assert!(
        words(&first).is_superset(&["latest", "names", "any"].map(str::to_owned).into()),
        "{:?}",
        words(&first)
    );
    let answer = house.get("/v1/articles/a").await.expect(200);
    let carried: BTreeSet<String> = answer.header("surrogate-key").split(' ').map(str::to_owned).collect();
    assert!(carried.contains("all") && carried.contains(&key), "{carried:?}");
    // A correction moves the story's own word, and none of the lists' that only tell which stories there are.
    let again = put(&house, "a", "Two").await;
    assert_eq!(again, key);
    until(4, async || taken(&cdn, &key)).await;
    let last = cdn.received().into_iter().rfind(|r| words(r).contains(&key)).unwrap();
    assert!(!words(&last).contains("latest"), "{:?}", words(&last));
    let metrics = house.get("/metrics").await.expect(200).text().to_owned();
    for name in [
        "dateline_purge_requests_total{outcome=\"taken\"}",
        "dateline_purge_keys_total",
        "dateline_purge_lag_seconds 0",
    ] {
        assert!(metrics.contains(name), "{name}");
    }
    house.terminate().await;
}

async fn styles(press: Press) {
    let varnish = &[("METHOD", "PURGE"), ("AGAIN_SECONDS", "0")][..];
    let fastly = &[
        ("HEADERS", "[\"Surrogate-Key: {keys}\", \"Fastly-Key: {secret}\"]"),
        ("SECRET", "s3cr3t"),
        ("MOST_KEYS", "256"),
    ];
    let cloudflare = &[
        (
            "HEADERS",
            "[\"Authorization: Bearer {secret}\", \"Content-Type: application/json\"]",
        ),
        ("BODY", "{\"tags\": {json}}"),
        ("SECRET", "s3cr3t"),
        ("MOST_KEYS", "2"),
    ];
    for (n, style) in [varnish, fastly, cloudflare].into_iter().enumerate() {
        let cdn = Receiver::start().await;
        let house = process(&press, &cdn, style).await;
        let key = put(&house, &format!("story-{n}"), "One").await;
        let about = |r: &Received| {
            let body = String::from_utf8_lossy(&r.bytes).contains(&key);
            body || words(r).contains(&key)
        };
        let told = until_some(async || cdn.received().into_iter().find(about)).await;
        match n {
            0 => assert_eq!(told.method, "PURGE"),
            1 => assert_eq!(
                (told.method.as_str(), &told.headers["fastly-key"]),
                ("POST", &"s3cr3t".to_owned())
            ),
            _ => {
                assert_eq!(told.headers["authorization"], "Bearer s3cr3t");
                assert_eq!(told.headers["content-type"], "application/json");
                let tags = told.json()["tags"].as_array().unwrap().clone();
                assert!(tags.len() <= 2 && tags.contains(&json!(key)), "{tags:?}");
                assert!(!told.headers.contains_key("surrogate-key"));
            }
        }
        house.terminate().await;
    }
}

async fn failing(press: Press) {
    let cdn = Receiver::start().await;
    let more = &[
        (
            "HEADERS",
            "[\"Surrogate-Key: {keys}\", \"Authorization: Bearer {secret}\", \"X-Other: h1dden\"]",
        ),
        ("SECRET", "s3cr3t-token"),
        ("AGAIN_SECONDS", "0"),
    ];
    let mut environment = environment(&cdn, more);
    environment.push(("DATELINE__LOG__FILTER".to_owned(), "debug".to_owned()));
    let environment: Vec<(&str, String)> = environment
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    let house = press.process_with(&environment).await;
    until(1, async || taken(&cdn, "all")).await;
    let mut keys = Vec::new();
    for (n, reply) in [
        Reply::Status(500),
        Reply::Status(401),
        Reply::With(429, "retry-after", "1".to_owned()),
        Reply::CloseHalfWay,
        Reply::Break,
        Reply::Large(503),
    ]
    .into_iter()
    .enumerate()
    {
        let before = cdn.received().len();
        cdn.answers(move |_| reply.clone());
        keys.push(put(&house, &format!("a-{n}"), "One").await);
        until_some(async || Some(()).filter(|()| cdn.received().len() > before)).await;
        cdn.answers(|_| Reply::Status(200));
        until(1, async || taken(&cdn, &keys[n])).await;
    }
    let metrics = house.get("/metrics").await.expect(200).text().to_owned();
    assert!(
        metrics.contains("dateline_purge_requests_total{outcome=\"failed\"}"),
        "{metrics}"
    );
    let output = house.terminate().await;
    assert!(
        output.stderr.contains("the CDN is not told what to forget"),
        "{}",
        output.stderr
    );
    for secret in ["s3cr3t", "h1dden"] {
        assert!(!output.stderr.contains(secret), "{}", output.stderr);
    }
}

async fn two_servers(press: Press) {
    let cdn = Receiver::start().await;
    let more = &[("AGAIN_SECONDS", "0")];
    let first = process(&press, &cdn, more).await;
    until(1, async || taken(&cdn, "all")).await;
    let second = process(&press, &cdn, more).await;
    for n in 0..5 {
        let key = put(&second, &format!("a-{n}"), "One").await;
        until(1, async || taken(&cdn, &key)).await;
    }
    first.kill().await;
    let began = Instant::now();
    let key = put(&second, "b", "One").await;
    until_some(async || Some(()).filter(|()| taken(&cdn, &key) > 0)).await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    for n in 0..5 {
        let before: usize = cdn.received().iter().filter(|r| r.taken).count();
        let key = put(&second, &format!("c-{n}"), "One").await;
        until(1, async || taken(&cdn, &key)).await;
        assert_eq!(cdn.received().iter().filter(|r| r.taken).count(), before + 1);
    }
    second.terminate().await;
}

async fn everything(press: Press) {
    let cdn = Receiver::start().await;
    let more = &[("AGAIN_SECONDS", "0")];
    let house = process(&press, &cdn, more).await;
    until(1, async || taken(&cdn, "all")).await;
    house.terminate().await;
    // By the press's own clock, which is far behind the machine's.
    press.open().await;
    put(&press, "a", "Two").await;
    put(&press, "b", "Two").await;
    press.close().await;
    press.command(["wire", "trim", "--older-than", "1h"]).await.ok();
    let house = process(&press, &cdn, more).await;
    until(2, async || taken(&cdn, "all")).await;
    let key = put(&house, "c", "One").await;
    until(1, async || taken(&cdn, &key)).await;
    // A new epoch: what there was in the old one nobody knows.
    house.terminate().await;
    press.command(["wire", "epoch"]).await.ok();
    let house = process(&press, &cdn, more).await;
    until(3, async || taken(&cdn, "all")).await;
    house.terminate().await;
}

async fn killed(press: Press) {
    let cdn = Receiver::start().await;
    let more = &[("AGAIN_SECONDS", "1")];
    let mut house = process(&press, &cdn, more).await;
    let mut changed: Vec<(String, Instant)> = Vec::new();
    for round in 0..6 {
        // It fails now and then, and is killed with something to be told.
        match round % 3 {
            0 => cdn.answers(|_| Reply::Status(200)),
            1 => cdn.answers(|_| Reply::Status(503)),
            _ => cdn.answers(|_| Reply::Hang),
        }
        for n in 0..10 {
            // No later change moves the same word.
            let key = put(&house, &format!("s-{round}-{n}"), "One").await;
            changed.push((key, Instant::now()));
        }
        house.kill().await;
        house = process(&press, &cdn, more).await;
    }
    cdn.answers(|_| Reply::Status(200));
    let began = Instant::now();
    loop {
        let received = cdn.received();
        let forgotten = |(key, at): &(String, Instant)| {
            let late = received.iter().filter(|r| r.taken && r.at >= *at);
            late.into_iter().any(|r| words(r).contains(key))
        };
        let missing = changed.iter().filter(|change| !forgotten(change)).count();
        if missing == 0 {
            break;
        }
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "{missing} of {} are missing",
            changed.len()
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    house.terminate().await;
}

async fn refused(press: Press) {
    let faults = |settings: &[(&str, &str)]| {
        let mut text = String::from("[purge]\n");
        settings
            .iter()
            .for_each(|(key, value)| text.push_str(&format!("{key} = {value}\n")));
        let file = press.folder().join("purge.toml");
        std::fs::write(&file, text).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dateline-under-test"));
        let output = command
            .env_clear()
            .arg("serve")
            .arg("--config")
            .arg(&file)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let url = ("url", "\"https://cdn.example/s3cr3t\"");
    let (code, told) = faults(&[url, ("headers", "[\"X: y\"]"), ("secret", "\"s3cr3t\"")]);
    assert_ne!(code, Some(0), "{told}");
    for wanted in ["purge.headers", "{keys}", "purge.secret", "server.surrogate_keys"] {
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
    assert!(!told.contains("s3cr3t"), "{told}");
    let (code, told) = faults(&[
        ("url", "\"ftp://user:s3cr3t@cdn.example\""),
        ("headers", "[\"s3cr3t\"]"),
        ("most_keys", "0"),
    ]);
    assert_ne!(code, Some(0), "{told}");
    for wanted in ["purge.url", "purge.headers", "purge.most_keys"] {
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
    assert!(!told.contains("s3cr3t"), "{told}");
}
