//! What a listener is told.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::client::Client;
use super::{WIRE, newest, page, uris};
use crate::press::{Press, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("a GraphQL listener is told what changes, as it is then", live),
        test(
            "a GraphQL listener resumes with nothing missing and nothing twice",
            resumed,
        ),
        test("a GraphQL listener can follow topics alone", topics),
        test("a GraphQL listener can follow one story", one_story),
        test("a GraphQL listener is not shown what was taken away since", taken_away),
        test("what one event shows is not what an earlier one has loaded", fresh),
        test("a cursor that is none, or gone, ends the subscription at once", cursors),
    ]
}

async fn live(press: Press) {
    press.topic("sport", "Sport", None).await;
    press.topic("football", "Football", Some("sport")).await;
    let before = press.story("urn:x:before").topics(["football"]).await;
    let mut client = Client::welcome(&press).await;
    let query = "subscription { wire { cursor kind at(timeZone: \"Europe/Kyiv\") action reason version changed articleId \
                 uri article { headline topics { name } moreAbout { articles { uri } } } topicsGained { slug } \
                 topicsLost { slug } topic { slug } collection { slug } } }";
    client.subscribe("a", query, json!({})).await;
    let story = press.story("urn:x:1").headline("One").topics(["football"]).await;
    let told = client.next("a").await["wire"].take();
    let cursor = told["cursor"].as_str().unwrap().to_owned();
    assert_eq!(cursor, newest(&press).await);
    let article = json!({
        "headline": "One",
        "topics": [{ "name": "Football" }],
        "moreAbout": { "articles": [{ "uri": before.uri }] },
    });
    let mut expected = json!({
        "cursor": cursor,
        "kind": "ARTICLE_PUBLISHED",
        "at": "2026-01-12T22:00:00+02:00",
        "action": "PUBLISH",
        "reason": "It is published.",
        "version": 1,
        "changed": [],
        "articleId": story.id,
        "uri": "urn:x:1",
        "article": article,
        "topicsGained": [{ "slug": "football" }, { "slug": "sport" }],
        "topicsLost": [],
        "topic": null,
        "collection": null,
    });
    let sorted = |mut told: Value| {
        for field in ["topicsGained", "topicsLost", "changed"] {
            let list = told[field].as_array_mut().unwrap();
            list.sort_by_key(ToString::to_string);
        }
        told
    };
    assert_eq!(sorted(told), expected);

    press.story("urn:x:1").headline("Two").topics(["sport"]).await;
    let told = sorted(client.next("a").await["wire"].take());
    expected["cursor"] = told["cursor"].clone();
    expected["kind"] = json!("ARTICLE_UPDATED");
    expected["action"] = json!("UPDATE");
    expected["reason"] = json!("A new version takes the place of the one you have.");
    expected["version"] = json!(2);
    expected["changed"] = json!(["headline", "topics"]);
    expected["article"]["headline"] = json!("Two");
    expected["article"]["topics"] = json!([{ "name": "Sport" }]);
    expected["topicsGained"] = json!([]);
    expected["topicsLost"] = json!([{ "slug": "football" }]);
    assert_eq!(told, expected);

    press.topic("sport", "Sports", None).await;
    let told = client.next("a").await["wire"].take();
    assert_eq!(
        (
            &told["kind"],
            &told["topic"]["slug"],
            &told["article"],
            &told["version"]
        ),
        (&json!("TOPIC_CHANGED"), &json!("sport"), &Value::Null, &Value::Null)
    );
    press
        .put(
            "/v1/collections/front",
            &json!({ "name": "Front", "items": ["urn:x:1"] }),
        )
        .await
        .expect(201);
    let told = client.next("a").await["wire"].take();
    assert_eq!(
        (&told["kind"], &told["collection"]["slug"]),
        (&json!("COLLECTION_CHANGED"), &json!("front"))
    );
    // One that has ended its operation is told nothing more of it.
    client.say(json!({ "type": "complete", "id": "a" })).await;
    client.settle().await;
    press.story("urn:x:3").await;
    client.subscribe("a", "{ site { name } }", json!({})).await;
    assert_eq!(client.next("a").await, json!({ "site": { "name": "Example News" } }));
    assert_eq!(client.hear().await, json!({ "type": "complete", "id": "a" }));
}

const STORIES: usize = 60;

async fn resumed(press: Press) {
    let begin = newest(&press).await;
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let press = press.clone();
            tokio::spawn(async move {
                for n in 0..STORIES / 4 {
                    press.story(&format!("urn:x:{writer}-{n}")).await;
                }
            })
        })
        .collect();
    let (mut after, mut told) = (begin.clone(), Vec::new());
    let mut pieces = [1, 7, 2, 13, 5].into_iter().cycle();
    while told.len() < STORIES {
        let mut client = Client::welcome(&press).await;
        client.subscribe("w", WIRE, json!({ "after": after })).await;
        for _ in 0..pieces.next().unwrap().min(STORIES - told.len()) {
            let entry = client.next("w").await["wire"].take();
            after = entry["cursor"].as_str().unwrap().to_owned();
            told.push(entry["uri"].as_str().unwrap().to_owned());
        }
        // Gone without a farewell, with more on the way perhaps.
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(
        told.iter().collect::<BTreeSet<_>>().len(),
        STORIES,
        "something came twice"
    );
    let all = page(&press, json!({ "after": begin, "first": 100 })).await;
    assert_eq!(told, uris(&all["nodes"]), "not in the order of the wire");
    assert_eq!(all["pageInfo"]["endCursor"], json!(after));
}

async fn topics(press: Press) {
    for topic in ["sport", "culture"] {
        press.topic(topic, topic, None).await;
    }
    let mut client = Client::welcome(&press).await;
    client.subscribe("t", WIRE, json!({ "topics": ["sport"] })).await;
    press.story("urn:x:1").topics(["culture"]).await;
    press.story("urn:x:2").topics(["sport"]).await;
    press.story("urn:x:1").topics(["culture", "sport"]).await;
    press.story("urn:x:2").topics(["culture"]).await;
    press.story("urn:x:2").headline("Two").topics(["culture"]).await;
    press.topic("culture", "Culture!", None).await;
    press.topic("sport", "Sport!", None).await;
    let mut told = Vec::new();
    for _ in 0..4 {
        let entry = client.next("t").await["wire"].take();
        told.push(json!([entry["uri"], entry["action"], entry["article"]["headline"]]));
    }
    let expected = [
        json!(["urn:x:2", "PUBLISH", "Two"]),
        json!(["urn:x:1", "PUBLISH", "urn:x:1"]),
        json!(["urn:x:2", "REMOVE", null]),
        json!([null, "UPDATE", null]),
    ];
    // What is told of the first one depends on when it was looked up.
    assert_eq!((&told[0][0], &told[1..]), (&expected[0][0], &expected[1..]), "{told:?}");

    client
        .subscribe("u", WIRE, json!({ "topics": ["sport", "chess"] }))
        .await;
    assert_eq!(client.error("u").await, ("next".to_owned(), json!("INVALID_PARAMETER")));
    assert_eq!(client.hear().await, json!({ "type": "complete", "id": "u" }));
}

async fn one_story(press: Press) {
    let story = press.story("urn:x:1").await;
    let mut client = Client::welcome(&press).await;
    let query = "subscription($id: ID!) { articleChanged(id: $id) { kind action uri article { headline } } }";
    client.subscribe("s", query, json!({ "id": story.id })).await;
    // An id that nobody has says nothing, whether there will be such a story or not.
    let nobody = "00000000-0000-7000-8000-000000000000";
    client.subscribe("n", query, json!({ "id": nobody })).await;
    press.story("urn:x:2").await;
    press.story("urn:x:1").headline("Once more").await;
    let mut expected = json!({
        "kind": "ARTICLE_UPDATED",
        "action": "UPDATE",
        "uri": "urn:x:1",
        "article": { "headline": "Once more" },
    });
    assert_eq!(client.next("s").await["articleChanged"], expected);
    press.story("urn:x:1").with("expires", "2026-01-12T20:00:00Z").await;
    // Its time is over already: the entry that says so is told.
    (expected["kind"], expected["action"]) = (json!("ARTICLE_EXPIRED"), json!("REMOVE"));
    expected["article"] = Value::Null;
    assert_eq!(client.next("s").await["articleChanged"], expected);
    client.subscribe("w", query, json!({ "id": "7" })).await;
    assert_eq!(client.error("w").await, ("next".to_owned(), json!("INVALID_PARAMETER")));
}

async fn taken_away(press: Press) {
    let begin = newest(&press).await;
    for uri in ["urn:x:withheld", "urn:x:canceled", "urn:x:stays"] {
        press.story(uri).await;
    }
    press
        .story("urn:x:expires")
        .with("expires", "2026-01-12T21:00:00Z")
        .await;
    for (uri, step) in [("urn:x:withheld", "withhold"), ("urn:x:canceled", "cancel")] {
        let body = if step == "cancel" {
            json!({ "reason": "Untrue." })
        } else {
            json!({})
        };
        press
            .post(&format!("/v1/articles/{}/{step}", segment(uri)), &body)
            .await
            .expect(200);
    }
    let mut client = Client::welcome(&press).await;
    let actions = async |client: &mut Client| {
        let mut told = Vec::new();
        for _ in 0..4 {
            let entry = client.next("w").await["wire"].take();
            let shown = entry["article"]["headline"].clone();
            told.push(json!([entry["uri"], entry["action"], shown]));
        }
        client.say(json!({ "type": "complete", "id": "w" })).await;
        told
    };
    let mut expected = [
        json!(["urn:x:stays", "PUBLISH", "urn:x:stays"]),
        json!(["urn:x:expires", "PUBLISH", "urn:x:expires"]),
        json!(["urn:x:withheld", "HOLD", null]),
        json!(["urn:x:canceled", "REMOVE", null]),
    ];
    client.subscribe("w", WIRE, json!({ "after": begin })).await;
    assert_eq!(actions(&mut client).await, expected);
    press.clock.advance(jiff::SignedDuration::from_hours(1));
    expected[1..].rotate_left(1);
    expected[3] = json!(["urn:x:expires", "REMOVE", null]);
    client.subscribe("w", WIRE, json!({ "after": begin })).await;
    assert_eq!(actions(&mut client).await, expected);
}

async fn fresh(press: Press) {
    press.topic("sport", "Sport", None).await;
    let mut client = Client::welcome(&press).await;
    let query = "subscription { wire { uri article { topics { name } moreAbout { articles { headline } } } } }";
    client.subscribe("f", query, json!({})).await;
    press.story("urn:x:1").headline("One").topics(["sport"]).await;
    let first = client.next("f").await["wire"]["article"].take();
    let expected = json!({ "topics": [{ "name": "Sport" }], "moreAbout": { "articles": [] } });
    assert_eq!(first, expected);
    press.topic("sport", "Games", None).await;
    assert_eq!(client.next("f").await["wire"]["uri"], Value::Null);
    press.story("urn:x:2").topics(["sport"]).await;
    let second = client.next("f").await["wire"]["article"].take();
    let expected = json!({ "topics": [{ "name": "Games" }], "moreAbout": { "articles": [{ "headline": "One" }] } });
    assert_eq!(second, expected);
}

async fn cursors(press: Press) {
    let oldest = newest(&press).await;
    for n in 0..5 {
        press.story(&format!("urn:x:{n}")).await;
    }
    let mut client = Client::welcome(&press).await;
    for wrong in ["", "x", "AAAAAAAAAAAAAAAAAAAAAA", "MTp1cm46eDox"] {
        client.subscribe("c", WIRE, json!({ "after": wrong })).await;
        assert_eq!(
            client.error("c").await,
            ("next".to_owned(), json!("INVALID_PARAMETER")),
            "{wrong}"
        );
        assert_eq!(client.hear().await, json!({ "type": "complete", "id": "c" }));
    }
    press.close().await;
    // All but the newest two.
    press
        .by_hand("DELETE FROM wire_entry WHERE position <= (SELECT position FROM wire_head) - 2")
        .await;
    press.open().await;
    let mut client = Client::welcome(&press).await;
    client.subscribe("c", WIRE, json!({ "after": oldest })).await;
    assert_eq!(client.error("c").await, ("next".to_owned(), json!("CURSOR_GONE")));
    assert_eq!(client.hear().await, json!({ "type": "complete", "id": "c" }));
    let answer = press
        .graphql(
            "query($c: String) { wire(after: $c) { nodes { uri } } }",
            json!({ "c": oldest }),
        )
        .await;
    assert_eq!(
        answer.json()["errors"][0]["extensions"]["code"],
        "CURSOR_GONE",
        "{answer}"
    );
    // From the oldest that is kept it goes on.
    let kept = page(&press, json!({})).await;
    assert_eq!(uris(&kept["nodes"]), ["urn:x:3", "urn:x:4"]);
    tokio::time::timeout(Duration::from_secs(30), client.settle())
        .await
        .unwrap();
}
