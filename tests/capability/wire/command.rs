//! `dateline wire`.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::press::Press;
use crate::runner::{Test, test};
use rustix::process::Signal;

pub fn all() -> Vec<Test> {
    vec![
        test("the wire is seen live in a terminal", tail),
        test("a tail with a bookmark goes on where it stopped", bookmark),
        test("the wire is not trimmed of what is young", young),
    ]
}

/// What a tail says, once it has said so many lines; then it is told to stop.
async fn lines(press: &Press, arguments: &[&str], number: usize) -> Vec<String> {
    let running = press.spawn(["wire", "tail"].iter().chain(arguments));
    let begun = Instant::now();
    while running.stdout().lines().count() < number {
        assert!(begun.elapsed() < Duration::from_secs(30), "{}", running.stderr());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.signal(Signal::TERM);
    let output = running.wait().await;
    assert_eq!(output.code, Some(0), "{output}");
    output.stdout.lines().map(str::to_owned).collect()
}

async fn tail(press: Press) {
    press.topic("war", "War", None).await;
    press.story("urn:x:1").headline("Rain at last").topics(["war"]).await;
    press.story("urn:x:1").headline("Rain, and more").topics(["war"]).await;
    let text = lines(&press, &["--after", "oldest"], 3).await;
    assert_eq!(
        text,
        [
            "2026-01-12 20:00:00Z  update   topic.changed      war",
            "2026-01-12 20:00:00Z  publish  article.published  urn:x:1 v1 Rain, and more",
            "2026-01-12 20:00:00Z  update   article.updated    urn:x:1 v2 Rain, and more (headline)",
        ]
    );
    let json = lines(&press, &["--after", "oldest", "--json"], 3).await;
    let json: Vec<Value> = json.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let page = press.get("/v1/wire").await.expect(200).json();
    assert_eq!(
        json.iter().map(|entry| &entry["cursor"]).collect::<Vec<_>>(),
        page["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| &entry["cursor"])
            .collect::<Vec<_>>()
    );
    let keys = lines(&press, &["--after", "oldest", "--keys"], 3).await;
    let id = press.get("/v1/articles/urn%3Ax%3A1").await.json()["id"]
        .as_str()
        .unwrap()
        .replace('-', "");
    assert!(
        keys[1].starts_with(&format!("article-{id} any latest feed-")),
        "{keys:?}"
    );
    assert_eq!(keys[2], format!("article-{id} any"));
}

async fn bookmark(press: Press) {
    for number in 0..3 {
        press.story(&format!("urn:x:{number}")).await;
    }
    let arguments = ["--bookmark", "purge", "--after", "oldest", "--json"];
    let uri = |line: &String| serde_json::from_str::<Value>(line).unwrap()["uri"].clone();
    let first = lines(&press, &arguments, 3).await;
    assert_eq!(
        first.iter().map(uri).collect::<Vec<_>>(),
        ["urn:x:0", "urn:x:1", "urn:x:2"]
    );
    press.story("urn:x:3").await;
    press.story("urn:x:4").await;
    let second = lines(&press, &arguments, 2).await;
    // At least once: when it was stopped between a line and its bookmark, that piece comes again.
    let second: Vec<Value> = second.iter().map(uri).collect();
    assert!(second.ends_with(&["urn:x:3".into(), "urn:x:4".into()]), "{second:?}");
    let refused = press.command(["wire", "tail", "--bookmark", "not a name"]).await;
    assert_eq!(refused.code, Some(1), "{refused}");
}

async fn young(press: Press) {
    for age in ["10m", "rubbish", "-3d"] {
        let refused = press.command(["wire", "trim", &format!("--older-than={age}")]).await;
        assert_eq!(refused.code, Some(1), "{refused}");
        assert!(refused.stderr.contains("--older-than"), "{refused}");
    }
}
