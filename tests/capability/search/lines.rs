//! Storylines.

use serde_json::{Value, json};

use super::{open_and_closed, settled};
use crate::channels::grant;
use crate::press::Press;

/// What has nothing to do with it.
const OTHERS: &[(&str, &str)] = &[
    (
        "A girl of nine wins the chess open",
        "She beat two masters with the black pieces.",
    ),
    (
        "The old bridge is closed for repairs",
        "Engineers found cracks in two pillars.",
    ),
    (
        "The opera opens with a premiere",
        "The tenor was applauded for minutes.",
    ),
    (
        "A storm uproots trees along the coast",
        "Power was cut in four villages.",
    ),
    ("The zoo shows its two young tigers", "They were born in the spring."),
    (
        "Parliament adopts the budget",
        "Taxes on tobacco rise, pensions stay as they are.",
    ),
];

async fn furnish(press: &Press, topics: &[&str]) {
    for (number, (headline, body)) in OTHERS.iter().enumerate() {
        let story = press
            .story(&format!("urn:x:other:{number}"))
            .headline(headline)
            .language("en");
        story.body_text(body).topics(topics.iter().copied()).await;
    }
    settled(press).await;
}

async fn line(press: &Press, name: &str, key: Option<&str>) -> Option<(String, Vec<String>)> {
    let path = format!("/v1/articles/urn%3Ax%3A{name}?include=storyline");
    let ask = press.get(&path);
    let story = match key {
        Some(key) => ask.key(key).await,
        None => ask.await,
    };
    let line = story.expect(200).json()["storyline"].take();
    let uri = |article: &Value| article["uri"].as_str().unwrap().trim_start_matches("urn:x:").to_owned();
    let uris = line["articles"].as_array()?.iter().map(uri).collect();
    Some((line["id"].as_str().unwrap().to_owned(), uris))
}

/// Of one event: the hour, name, headline and text.
const STRIKE: [(u8, &str, &str, &str); 3] = [
    (
        10,
        "strike",
        "Fishermen on strike in the northern harbours",
        "The union of the crews wants higher prices for cod and herring. No trawler left Grimsby.",
    ),
    (
        12,
        "day-two",
        "Trawlers stay in Grimsby as crews want higher prices",
        "Their union says that the prices for cod and herring do not pay for the fuel.",
    ),
    (
        14,
        "over",
        "Strike of the fishermen is over",
        "The union and the owners of the trawlers agreed on prices for cod. The crews sail from Grimsby.",
    ),
];

pub async fn found(press: Press) {
    furnish(&press, &[]).await;
    for (hour, name, headline, body) in STRIKE {
        let story = press
            .story(&format!("urn:x:{name}"))
            .headline(headline)
            .language("en")
            .body_text(body);
        story.published_at(&format!("2026-01-12T{hour}:00:00Z")).await;
        settled(&press).await;
    }
    let (id, uris) = line(&press, "strike", None).await.unwrap();
    assert_eq!(uris, ["over", "day-two", "strike"]);
    for name in ["day-two", "over"] {
        assert_eq!(line(&press, name, None).await, Some((id.clone(), uris.clone())));
    }
    assert_eq!(line(&press, "other:0", None).await, None);
    let query = "{ latest(first: 50) { nodes { uri storyline { id articles(first: 2) { uri } } } } }";
    let data = press.graphql(query, json!({})).await.data();
    let nodes = data["latest"]["nodes"].as_array().unwrap();
    let on_it: Vec<&Value> = nodes
        .iter()
        .map(|node| &node["storyline"])
        .filter(|line| !line.is_null())
        .collect();
    let expected = json!({ "id": id, "articles": [{ "uri": "urn:x:over" }, { "uri": "urn:x:day-two" }] });
    assert_eq!(on_it, [&expected; 3]);
    // It is the same when the index is made anew, and what is taken back is gone from it at once.
    press.command(["search", "rebuild"]).await.ok();
    settled(&press).await;
    assert_eq!(line(&press, "over", None).await, Some((id.clone(), uris)));
    press
        .post("/v1/articles/urn%3Ax%3Aday-two/withhold", &json!({}))
        .await
        .expect(200);
    let left = line(&press, "over", None).await;
    assert_eq!(left, Some((id, vec!["over".to_owned(), "strike".to_owned()])));
}

pub async fn burst(press: Press) {
    furnish(&press, &[]).await;
    // Many that have nothing to do with each other, and among them those that have: all at once.
    let mut lines = String::new();
    let mut write = |uri: &str, hour: u8, headline: &str, body: &str| {
        let published = format!("2026-01-12T{hour}:00:00Z");
        let story = json!({ "type": "article", "uri": uri, "headline": headline, "bodyText": body, "language": "en",
            "firstPublished": published });
        lines.push_str(&format!("{story}\n"));
    };
    for number in 0..80 {
        let word = |salt: u32| format!("w{:x}", (number * 7 + salt).wrapping_mul(2_654_435_761) >> 8);
        write(
            &format!("urn:x:many:{number}"),
            11,
            &format!("{} {}", word(1), word(2)),
            &word(3),
        );
        if let Some((hour, name, headline, body)) = STRIKE.get(number as usize / 20).filter(|_| number % 20 == 5) {
            write(&format!("urn:x:{name}"), *hour, headline, body);
        }
    }
    let imported = press.command_with_input(["import", "-"], lines.as_bytes()).await;
    imported.ok();
    settled(&press).await;
    let (id, uris) = line_of(&press, "strike").await;
    assert_eq!(uris, ["over", "day-two", "strike"]);
    for name in ["day-two", "over"] {
        assert_eq!(line_of(&press, name).await, (id.clone(), uris.clone()));
    }
    assert_eq!(line(&press, "many:0", None).await, None);
    // Canceled, the first is gone from it, and it is the same storyline all the same.
    let cancel = json!({ "reason": "It was no strike." });
    press
        .post("/v1/articles/urn%3Ax%3Astrike/cancel", &cancel)
        .await
        .expect(200);
    let left = (id, vec!["over".to_owned(), "day-two".to_owned()]);
    assert_eq!(line_of(&press, "over").await, left);
}

async fn line_of(press: &Press, name: &str) -> (String, Vec<String>) {
    line(press, name, None).await.unwrap()
}

pub async fn by_right(press: Press) {
    let key = open_and_closed(&press).await;
    furnish(&press, &["open"]).await;
    // The second has to do with the first and the third, and these have nothing to do with each other.
    for (name, topic, headline) in [
        ("first", "open", "Fishermen in Grimsby: cod, herring, trawlers"),
        (
            "second",
            "closed",
            "Fishermen in Grimsby: cod, herring, trawlers. Climbers in Chamonix: glacier, avalanche, rescue",
        ),
        ("third", "open", "Climbers in Chamonix: glacier, avalanche, rescue"),
    ] {
        press
            .story(&format!("urn:x:{name}"))
            .headline(headline)
            .language("en")
            .topics([topic])
            .await;
        settled(&press).await;
    }
    assert_eq!(line(&press, "first", None).await, None);
    assert_eq!(line(&press, "third", None).await, None);
    grant(&press, "a", "paid").await;
    let (id, uris) = line(&press, "third", Some(&key)).await.unwrap();
    assert_eq!(uris, ["third", "second", "first"]);
    assert_eq!(line(&press, "first", Some(&key)).await, Some((id, uris)));
    assert_eq!(line(&press, "first", None).await, None);
}
