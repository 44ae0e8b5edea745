//! Channels: saved selections that are feeds and wires of their own, and that partners are entitled to.

mod command;
mod many;
mod rights;
mod selected;
mod words;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::press::{Ask, Doors, Press, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    let tests = vec![
        test(
            "a channel holds the stories of its selection, those from before it too",
            selected::holds,
        ),
        test("what is wrong with a channel is said field by field", selected::wrong),
        test(
            "followers of a channel are told what a changed selection brings and takes, each once",
            selected::changed,
        ),
        test(
            "a channel that is changed again before it has settled ends as it was wished last",
            selected::changed_twice,
        ),
        test(
            "a channel that is removed takes its stories along, and may return",
            selected::removed,
        ),
        test(
            "a channel follows its topics when they move and merge",
            selected::follows_topics,
        ),
        test(
            "a channel is put in, read and removed by GraphQL too",
            selected::graphql,
        ),
        test(
            "a saved search is a channel, which stories enter and leave by what they say",
            words::follows,
        ),
        test("a saved search is put in by REST, GraphQL and command", words::put_in),
        test(
            "a channel is put in, listed and removed by command",
            command::administered,
        ),
        test(
            "where everybody reads everything, a right moves nothing, and the command says so",
            command::open_house,
        ),
        test(
            "stories published while a channel is made, changed and removed come in and leave once",
            many::meanwhile,
        )
        .patient(Duration::from_secs(1_800)),
    ];
    let by_right = vec![
        test(
            "where reading is by right, everybody sees what is public and a partner his channels besides",
            rights::seen,
        ),
        test("where reading is by right, words may give it", words::right),
        test(
            "who is not entitled to a story is answered as if there were none",
            rights::unknown,
        ),
        test(
            "a channel that is granted is there at once, and its stories come on that partner's wire alone",
            rights::granted,
        ),
        test(
            "a channel that is taken back is gone at once, and its stories leave on that partner's wire alone",
            rights::taken_back,
        ),
        test(
            "a story that stays through another channel neither leaves nor comes",
            rights::through_another,
        ),
        test("a granted channel leaves cursors as they are", rights::cursors),
        test(
            "of a cancellation the publisher waits for those alone who had the story",
            rights::receipts,
        ),
        test("an open stream obeys what is granted and taken back", rights::streams),
        test(
            "a canceled story leaves its tombstone to those who could read it",
            rights::tombstones,
        ),
        test(
            "a publisher is told why somebody sees a story, or not",
            rights::explained,
        ),
        test(
            "what a changed channel or right would bring and take is listed first, and then so it happens",
            command::foreseen,
        ),
        test(
            "keys of one partner share ETags; another partner's differ",
            rights::etags,
        ),
    ];
    let by_right = by_right.into_iter().map(|t| t.set("access.public", "\"channels\""));
    tests.into_iter().chain(by_right).collect()
}

/// Long enough for a busy machine; nobody waits this long for what is well.
const WITHIN: Duration = Duration::from_secs(600);

/// Puts a channel in and waits until its stories have followed.
pub async fn channel(press: &Press, slug: &str, selection: Value) {
    let body = json!({ "name": slug, "selection": selection });
    let put = press.put(&format!("/v1/channels/{slug}"), &body).await;
    assert!(matches!(put.status, 200 | 201), "{put}");
    settled(press, slug).await;
}

/// The same, and everybody may read it.
pub async fn public(press: &Press, slug: &str, selection: Value) {
    let body = json!({ "name": slug, "public": true, "selection": selection });
    let put = press.put(&format!("/v1/channels/{slug}"), &body).await;
    assert!(matches!(put.status, 200 | 201), "{put}");
    settled(press, slug).await;
}

async fn settled(press: &Press, slug: &str) {
    let path = format!("/v1/channels/{slug}");
    until(async || {
        let answer = press.get(&path).admin().await;
        answer.status == 404 || answer.json()["settled"] == json!(true)
    })
    .await;
}

/// Waits until it is so.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < WITHIN, "it does not come to be so");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A partner with a key.
pub async fn partner(press: &Press, slug: &str) -> String {
    let body = json!({ "name": slug });
    press.put(&format!("/v1/partners/{slug}"), &body).await.expect(201);
    key(press, slug, "one").await
}

/// One more key of a partner.
async fn key(press: &Press, partner: &str, name: &str) -> String {
    let path = format!("/v1/partners/{partner}/keys");
    let made = press.post(&path, &json!({ "name": name })).await.expect(201);
    made.json()["secret"].as_str().unwrap().to_owned()
}

pub async fn grant(press: &Press, partner: &str, channel: &str) {
    let path = format!("/v1/partners/{partner}/channels/{channel}");
    press.put(&path, &json!({})).await.expect(204);
}

pub async fn revoke(press: &Press, partner: &str, channel: &str) {
    let path = format!("/v1/partners/{partner}/channels/{channel}");
    press.delete(&path).await.expect(204);
}

/// With this key, or without any.
fn by(ask: Ask, key: Option<&str>) -> Ask {
    match key {
        Some(key) => ask.key(key),
        None => ask,
    }
}

/// The uris of a list, sorted.
pub async fn uris(doors: &Doors, path: &str, key: Option<&str>) -> Vec<String> {
    let list = by(doors.get(path), key).await.expect(200).json();
    let mut uris: Vec<String> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|story| story["uri"].as_str().unwrap().to_owned())
        .collect();
    uris.sort();
    uris
}

/// The cursor of now.
async fn cursor(doors: &Doors, key: Option<&str>) -> String {
    let answer = by(doors.get("/v1/wire?after=latest"), key).await.expect(200).json();
    answer["next"].as_str().unwrap().to_owned()
}

/// What somebody has been told of stories since: kind, action and uri, in order.
async fn told(doors: &Doors, cursor: &str, more: &str, key: Option<&str>) -> Vec<String> {
    let (mut after, mut told) = (cursor.to_owned(), Vec::new());
    loop {
        let path = format!("/v1/wire?after={}&limit=500&payload=id{more}", segment(&after));
        let page = by(doors.get(&path), key).await.expect(200).json();
        for entry in page["entries"].as_array().unwrap() {
            if let Some(uri) = entry["uri"].as_str() {
                let (kind, action) = (entry["kind"].as_str().unwrap(), entry["action"].as_str().unwrap());
                told.push(format!("{} {action} {uri}", kind.trim_start_matches("article.")));
            }
        }
        let next = page["next"].as_str().unwrap();
        if next == after || page["entries"].as_array().unwrap().is_empty() {
            return told;
        }
        next.clone_into(&mut after);
    }
}

/// Waits until somebody has been told exactly this, in any order.
async fn told_at_last(doors: &Doors, cursor: &str, more: &str, key: Option<&str>, wanted: &[&str]) {
    let began = Instant::now();
    loop {
        let mut now = told(doors, cursor, more, key).await;
        now.sort();
        let mut wanted: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
        wanted.sort();
        if now == wanted {
            return;
        }
        assert!(began.elapsed() < WITHIN, "told {now:?} instead of {wanted:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until nothing is left to be done behind everybody's back: what has waited longest has its turn first, so a channel
/// that is made a second later is settled only when those before it had theirs.
async fn quiet(press: &Press) {
    press.clock.advance(jiff::SignedDuration::from_secs(1));
    channel(press, "the-last", json!({ "genres": ["Nothing"] })).await;
    press.delete("/v1/channels/the-last").await.expect(204);
    until(async || press.get("/v1/channels/the-last").admin().await.status == 404).await;
}
