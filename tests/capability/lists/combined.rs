//! Lists that no index of the database has are answered with the help of the search index, and nobody can tell: each page
//! is held, byte for byte, against that of a server beside which has no such index.

use std::cell::Cell;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::dice::Dice;
use super::model::Model;
use crate::channels::{channel, grant, partner, public};
use crate::moves::until_some;
use crate::press::{Beside, Doors, Press, segment};
use crate::search::settled;

/// Questions in each run, each walked there and back.
const QUESTIONS: usize = 40;
/// No walk has more pages.
const LONGEST: usize = 200;

/// A server that has no index to ask, and keeps no answers.
async fn without_index(press: &Press) -> Beside {
    press
        .beside(&[
            ("search.folder", "\"/dev/null/no-folder\""),
            ("store.answer_cache_megabytes", "0"),
        ])
        .await
}

pub async fn same(press: Press) {
    let mut dice = Dice::new(6);
    let model = Model::tell(&press, &mut dice).await;
    let other = without_index(&press).await;
    let mut walked = 0;
    for question in 0..QUESTIONS {
        // Now and then the index has time to know all; else it is always a little behind.
        if question % 4 == 0 {
            settled(&press).await;
        }
        let asked = model.some_together(&mut dice).rest(&mut dice);
        let path = format!("/v1/articles?total=true&limit={}{asked}", 1 + dice.roll(6));
        walked += walk(&press, &other, &path, None, &mut dice).await;
    }
    assert!(walked > 2 * QUESTIONS, "only {walked} pages: the model is too poor");
    // Stories follow their topics by and by.
    let moved = json!({ "kind": "subject", "names": { "en": "ukraine" }, "code": "place:ua", "parent": "sport" });
    press.put("/v1/topics/ukraine", &moved).await.expect(200);
    let feed = other
        .get("/v1/articles?topic=ukraine&total=true")
        .await
        .expect(200)
        .json();
    until_some(async || {
        let page = press
            .get("/v1/articles?topic=ukraine,sport&total=true")
            .await
            .expect(200)
            .json();
        (page["total"] == feed["total"]).then_some(())
    })
    .await;
    for question in 0..2 * QUESTIONS {
        if question == QUESTIONS {
            settled(&press).await;
        }
        let asked = model.some_together(&mut dice).rest(&mut dice);
        compare(&press, &other, &format!("/v1/articles?total=true{asked}"), None).await;
    }
    other.close().await;
}

/// Forward to the end and back again, while the house changes. Answers how many pages there were.
async fn walk(press: &Press, other: &Doors, path: &str, key: Option<&str>, dice: &mut Dice) -> usize {
    let mut pages = 0;
    let mut cursor = String::new();
    for (side, parameter) in [("next", "after"), ("previous", "before")] {
        loop {
            if dice.once_in(3) {
                change(press, dice).await;
            }
            let page = compare(press, other, &format!("{path}{cursor}"), key).await;
            pages += 1;
            if let (Some(next), Some(previous)) = (page["next"].as_str(), page["previous"].as_str()) {
                // Between two places, the right way round and the wrong one.
                let (after, before) = if dice.once_in(2) {
                    (previous, next)
                } else {
                    (next, previous)
                };
                compare(press, other, &format!("{path}&after={after}&before={before}"), key).await;
            }
            // At the end it is gone back from there.
            match page[side].as_str() {
                Some(on) if pages < LONGEST => cursor = format!("&{parameter}={on}"),
                _ => {
                    let back = page["previous"].as_str().unwrap_or_default();
                    cursor = format!("&before={back}");
                    break;
                }
            }
        }
        if cursor == "&before=" {
            break;
        }
    }
    pages
}

/// The same page from both, at this very moment.
async fn compare(press: &Press, other: &Doors, path: &str, key: Option<&str>) -> Value {
    let ask = async |doors: &Doors| {
        let ask = doors.get(path);
        match key {
            Some(key) => ask.key(key).await,
            None => ask.await,
        }
    };
    let (page, due) = (ask(press).await.expect(200), ask(other).await.expect(200));
    assert_eq!(page.text(), due.text(), "{path}");
    assert_eq!(page.etag(), due.etag(), "{path}");
    page.json()
}

/// One thing happens to one story, and the publisher has been told that it did.
async fn change(press: &Press, dice: &mut Dice) {
    let uri = format!("urn:list:{}", dice.roll(75));
    let path = format!("/v1/articles/{}", segment(&uri));
    match dice.roll(6) {
        // It may be in no state for that; then nothing happens.
        0 => _ = press.post(&format!("{path}/withhold"), &json!({})).await,
        1 => _ = press.post(&format!("{path}/restore"), &json!({})).await,
        2 if dice.once_in(3) => {
            let why = json!({ "reason": "wrong" });
            _ = press.post(&format!("{path}/cancel"), &why).await;
        }
        2 => press.clock.advance(SignedDuration::from_mins(1)),
        _ => {
            let topics = dice.some(&["ukraine", "norway", "asia", "football", "energy"], 2);
            let language = *dice.one(&["en", "uk", "de"]);
            let mut story = press
                .story(&uri)
                .headline(&format!("Told for the {}th time", dice.roll(1_000_000)))
                .topics(topics)
                .language(language)
                .with("urgency", 1 + dice.roll(9));
            if dice.once_in(4) {
                let expires = press.clock.now() + SignedDuration::from_secs(90);
                story = story.with("expires", expires.to_string());
            }
            if dice.once_in(2) {
                story = story.source("NTB").with("genre", "Analysis");
            }
            let put = press.put(&story.path(), &story.json()).await;
            // What is withheld or canceled may not be changed by that.
            assert!(matches!(put.status, 200 | 201 | 409), "{put}");
        }
    }
}

pub async fn by_right(press: Press) {
    let mut dice = Dice::new(8);
    let model = Model::tell(&press, &mut dice).await;
    public(&press, "abroad", json!({ "topics": ["asia|norway"] })).await;
    let paid = json!({ "topics": ["ukraine"], "languages": ["en", "uk"] });
    channel(&press, "paid", paid).await;
    let key = partner(&press, "a").await;
    grant(&press, "a", "paid").await;
    let other = without_index(&press).await;
    let mut walked = 0;
    for question in 0..QUESTIONS {
        let asked = model.some_together(&mut dice).rest(&mut dice);
        let path = format!("/v1/articles?total=true&limit={}{asked}", 1 + dice.roll(4));
        let key = (question % 2 == 0).then_some(key.as_str());
        walked += walk(&press, &other, &path, key, &mut dice).await;
    }
    assert!(walked > 2 * QUESTIONS, "only {walked} pages: the model is too poor");
    other.close().await;
}

const COMBINED: &str = "/v1/articles?language=uk&urgency=1&total=true&limit=100";

pub async fn fresh(press: Press) {
    let server = press.process().await;
    settled(&server).await;
    for number in 1..=30 {
        let urgent = |uri: String, language| server.story(&uri).language(language).with("urgency", 1);
        urgent(format!("urn:x:{number}"), "uk").await;
        urgent(format!("urn:y:{number}"), "en").await;
        let page = server.get(COMBINED).await.expect(200).json();
        let newest = json!(format!("urn:x:{number}"));
        assert_eq!((&page["total"], &page["items"][0]["uri"]), (&json!(number), &newest));
    }
    // It is gone with the answer to who takes it away.
    for left in (0..30).rev() {
        let path = format!("/v1/articles/urn%3Ax%3A{}/withhold", left + 1);
        server.post(&path, &json!({})).await.expect(200);
        let page = server.get(COMBINED).await.expect(200).json();
        let there = page["items"].as_array().unwrap().len();
        assert_eq!((&page["total"], there), (&json!(left), left));
    }
    let metrics = server.get("/metrics").await.expect(200);
    let of_index = metrics.text().lines().find_map(|line| {
        let count = line.strip_prefix("dateline_combined_lists_total{by=\"index\"} ")?;
        count.parse::<usize>().ok()
    });
    assert!(of_index.is_some_and(|count| count >= 50), "{of_index:?}\n{metrics}");
}

pub async fn made_anew(press: Press) {
    for number in 0..30 {
        let story = press.story(&format!("urn:x:{number}")).language("uk");
        story.with("urgency", number % 2 + 1).await;
    }
    settled(&press).await;
    let made = Cell::new(false);
    let whole = async |urgent: usize| {
        let page = press.get(COMBINED).await.expect(200).json();
        let there = page["items"].as_array().unwrap().len();
        assert_eq!((&page["total"], there), (&json!(urgent), urgent));
    };
    let rebuilt = async {
        press.command(["search", "rebuild"]).await.ok();
        made.set(true);
    };
    let published = async {
        let mut urgent = 15;
        while !made.get() {
            if urgent < 90 {
                urgent += 1;
                let story = press.story(&format!("urn:y:{urgent}")).language("uk");
                story.with("urgency", 1).await;
            }
            whole(urgent).await;
        }
        urgent
    };
    let ((), urgent) = tokio::join!(rebuilt, published);
    // Without any index at all.
    press.close().await;
    std::fs::remove_dir_all(press.folder().join("data/search")).unwrap();
    press.open().await;
    whole(urgent).await;
}
