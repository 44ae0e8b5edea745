//! `If-Match` and `If-None-Match`: nobody overwrites what he has not seen.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{PUBLISH, input};
use crate::exact::{refused, stale};
use crate::press::{Press, Story};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("If-Match takes the version from any ETag of the story", any_tag),
        test("If-Match for a story that is not there is refused", not_there),
        test("If-None-Match: * only makes new stories", only_new),
        test(
            "ifVersion of a mutation refuses whom someone was faster than",
            if_version,
        ),
        test(
            "of sixteen editors with If-Match one wins each round and no edit is lost",
            editors,
        ),
    ]
}

const URI: &str = "urn:x:1";

async fn matched(press: &Press, story: &Story, tag: &str) -> crate::press::Answer {
    press.put(&story.path(), &story.json()).header("if-match", tag).await
}

async fn any_tag(press: Press) {
    let story = press.story(URI);
    let put = story.clone().await;
    let mut version = 1;
    let path = format!("/v1/articles/{}", put.id);
    let shown = press.get(&path).await.etag().to_owned();
    let page = press
        .get(&format!("{path}?include=latest&timeZone=Europe/Kyiv"))
        .await
        .etag()
        .to_owned();
    assert!(shown.starts_with("W/\"v1-") && page.starts_with("W/\"v1-") && shown != page);

    for tag in [
        put.etag.as_str(),
        &shown,
        &page,
        "\"v1\"",
        "*",
        "\"foreign\", \"v1\"",
        "W/\"v7-0a\" , W/\"v1-0a\"",
    ] {
        // The tags of version 1 stand for the present one.
        let tag = tag.replace("v1", &format!("v{version}"));
        let answer = matched(&press, &story.clone().headline(&tag), &tag).await.expect(200);
        version += 1;
        assert_eq!(
            (answer.json()["version"].as_i64(), answer.etag()),
            (Some(version), &*format!("\"v{version}\""))
        );
    }
    for tag in [
        shown.as_str(),
        "\"v1\"",
        "\"v9\"",
        "\"v1\", \"v2\"",
        "\"foreign\"",
        "\"8\"",
        "v",
        "\"*\"",
        "",
    ] {
        stale(
            &matched(&press, &story.clone().headline("Too late"), tag).await,
            version,
        );
        // Also with what says nothing new.
        let same = story
            .clone()
            .headline(&format!("W/\"v7-0a\" , W/\"v{}-0a\"", version - 1));
        stale(&matched(&press, &same, tag).await, version);
    }
    let now = press.get(&path).await.json();
    assert_eq!(now["version"].as_i64(), Some(version));
}

async fn not_there(press: Press) {
    for tag in ["*", "\"v1\""] {
        let answer = matched(&press, &press.story(URI), tag).await;
        let detail = "Somebody was faster: it does not exist yet; send the request without `If-Match`.";
        refused(&answer, 412, "stale_version", detail, &[]);
    }
    press.get("/v1/articles/urn%3Ax%3A1").await.expect(404);
}

async fn only_new(press: Press) {
    let story = press.story(URI);
    let ask = |value: &'static str| press.put(&story.path(), &story.json()).header("if-none-match", value);
    // Eight at once: one makes it.
    let answers = futures::future::join_all((0..8).map(|_| ask("*").into_future())).await;
    let (made, late): (Vec<_>, Vec<_>) = answers.into_iter().partition(|a| a.status == 201);
    assert_eq!(made.len(), 1);
    for answer in late {
        stale(&answer, 1);
    }
    stale(&ask("*").await, 1);
    let detail = "On a write, `If-None-Match` can only be `*`.";
    refused(&ask("\"v1\"").await, 400, "unsupported_condition", detail, &[]);
}

async fn if_version(press: Press) {
    let ask = |headline: &str, version: i64| {
        let mut variables = input(&press.story(URI).headline(headline), URI);
        variables["input"]["ifVersion"] = json!(version);
        press.graphql(PUBLISH, variables).admin()
    };
    let refusal = |message: &str| {
        let error = json!({ "field": null, "code": "STALE_VERSION", "message": message });
        json!({ "publishArticle": { "article": null, "outcome": null, "userErrors": [error] } })
    };
    let missing = "Somebody was faster: it does not exist yet; send the request without `If-Match`.";
    assert_eq!(ask("One", 1).await.data(), refusal(missing));
    press.story(URI).headline("One").await;
    let answer = ask("Two", 1).await.data();
    assert_eq!(answer["publishArticle"]["article"]["version"], 2);
    let late = "Somebody was faster: it is at version 2 now; read it again and decide.";
    assert_eq!(ask("Three", 1).await.data(), refusal(late));
}

async fn editors(press: Press) {
    let put = press.story(URI).headline("First").await;
    let path = format!("/v1/articles/{}", put.id);

    // All have read the same version.
    for round in 0..5 {
        let seen = press.get(&path).await.etag().to_owned();
        let edits = (0..16).map(|editor| {
            let story = press.story(URI).headline(&format!("Round {round}, editor {editor}"));
            press
                .put(&story.path(), &story.json())
                .header("if-match", &seen)
                .into_future()
        });
        let answers = futures::future::join_all(edits).await;
        let (won, late): (Vec<_>, Vec<_>) = answers.into_iter().partition(|a| a.status == 200);
        assert_eq!(won.len(), 1, "round {round}");
        assert_eq!(won[0].json()["version"], round + 2);
        for answer in late {
            stale(&answer, round + 2);
        }
    }

    // Whoever was late reads again and adds to what he finds.
    let edits = (0..16).map(|editor| {
        let (press, path) = (press.clone(), path.clone());
        async move {
            loop {
                let seen = press.get(&path).await.expect(200);
                let note = seen.json()["edNote"].as_str().unwrap_or_default().to_owned();
                let story = press.story(URI).with("edNote", format!("{note} {editor}"));
                let answer = matched(&press, &story, seen.etag()).await;
                match answer.status {
                    200 => return,
                    412 => {}
                    _ => panic!("{answer}"),
                }
            }
        }
    });
    futures::future::join_all(edits).await;
    let now = press.get(&path).await.json();
    assert_eq!(now["version"], 1 + 5 + 16);
    let notes: Vec<&str> = now["edNote"].as_str().unwrap().split_whitespace().collect();
    let each: BTreeSet<usize> = notes.iter().map(|note| note.parse().unwrap()).collect();
    assert_eq!((notes.len(), each), (16, (0..16).collect()));
    let versions = press.get(&format!("{path}/versions?limit=100")).await.json();
    let numbers: Vec<&Value> = versions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| &v["version"])
        .collect();
    assert_eq!(numbers, (1..=22).rev().collect::<Vec<_>>());
}
