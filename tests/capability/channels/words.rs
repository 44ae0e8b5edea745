//! Saved searches as channels: which stories come in and go by what they say.

use serde_json::{Value, json};

use super::{channel, cursor, partner, public, settled, told_at_last, uris};
use crate::press::{Doors, Press};

async fn feed(doors: &Doors, slug: &str) -> Vec<String> {
    uris(doors, &format!("/v1/channels/{slug}/articles"), None).await
}

pub async fn follows(press: Press) {
    press.topic("sport", "Sport", None).await;
    let story = |name: &str, headline: &str| press.story(&format!("urn:x:{name}")).headline(headline).language("en");
    story("vote", "Ministers vote on the budget").await;
    story("match", "A match for ministers").topics(["sport"]).await;
    story("fish", "Fish is dear")
        .body_text("The minister of fishing agrees.")
        .await;
    press
        .story("urn:x:uk")
        .headline("Міністри голосують")
        .language("uk")
        .await;
    story("other", "Nothing of the kind").await;
    let from = cursor(&press, None).await;
    // Those that were there before it.
    channel(&press, "ministers", json!({ "query": "minister -match" })).await;
    assert_eq!(feed(&press, "ministers").await, ["urn:x:fish", "urn:x:vote"]);
    let came = ["entered publish urn:x:fish", "entered publish urn:x:vote"];
    told_at_last(&press, &from, "&channel=ministers", None, &came).await;
    channel(
        &press,
        "ukrainian",
        json!({ "query": "міністра OR \"does not exist\"" }),
    )
    .await;
    assert_eq!(feed(&press, "ukrainian").await, ["urn:x:uk"]);
    // With other conditions, all of which must hold.
    channel(
        &press,
        "games",
        json!({ "query": "headline:minister*", "topics": ["sport"] }),
    )
    .await;
    assert_eq!(feed(&press, "games").await, ["urn:x:match"]);

    // What comes in is there with its publication, and an edition that says something else moves it: nothing is waited for.
    story("late", "Late ministers").await;
    assert_eq!(
        feed(&press, "ministers").await,
        ["urn:x:fish", "urn:x:late", "urn:x:vote"]
    );
    let from = cursor(&press, None).await;
    story("vote", "The budget is adopted").await;
    story("other", "The ministers are back").await;
    assert_eq!(
        feed(&press, "ministers").await,
        ["urn:x:fish", "urn:x:late", "urn:x:other"]
    );
    let moved = ["updated publish urn:x:other", "updated remove urn:x:vote"];
    told_at_last(&press, &from, "&channel=ministers", None, &moved).await;

    // A topic that moves leaves what words decide as it is.
    press.topic("leisure", "Leisure", None).await;
    press.topic("sport", "Sport", Some("leisure")).await;
    channel(
        &press,
        "free-time",
        json!({ "query": "ministers", "topics": ["leisure"] }),
    )
    .await;
    assert_eq!(feed(&press, "free-time").await, ["urn:x:match"]);

    // A changed query is applied to all, and a removed one leaves the rest of the selection.
    channel(&press, "ministers", json!({ "query": "budget" })).await;
    assert_eq!(feed(&press, "ministers").await, ["urn:x:vote"]);
    channel(&press, "ministers", json!({ "languages": ["uk"] })).await;
    assert_eq!(feed(&press, "ministers").await, ["urn:x:uk"]);
}

pub async fn right(press: Press) {
    public(&press, "fishing", json!({ "query": "fish" })).await;
    let key = partner(&press, "a").await;
    press.story("urn:x:fish").headline("Fish is dear").await;
    press.story("urn:x:meat").headline("Meat is dear").await;
    press.get("/v1/articles/urn%3Ax%3Afish").await.expect(200);
    press.get("/v1/articles/urn%3Ax%3Ameat").await.expect(404);
    press.get("/v1/articles/urn%3Ax%3Ameat").key(&key).await.expect(404);
    press.story("urn:x:meat").headline("Meat, and fish").await;
    press.get("/v1/articles/urn%3Ax%3Ameat").await.expect(200);
    press.story("urn:x:meat").headline("Meat is dear").await;
    press.get("/v1/articles/urn%3Ax%3Ameat").await.expect(404);
    // Who had a canceled story finds its tombstone, although nothing of its text is left.
    press
        .post("/v1/articles/urn%3Ax%3Afish/cancel", &json!({ "reason": "Untrue." }))
        .await
        .expect(200);
    press.get("/v1/articles/urn%3Ax%3Afish").await.expect(410);
    press.topic("food", "Food", None).await;
    settled(&press, "fishing").await;
    press.get("/v1/articles/urn%3Ax%3Afish").await.expect(410);
}

pub async fn put_in(press: Press) {
    press.story("urn:x:fish").headline("Fish is dear").await;
    let wrong = [
        (json!("!!!"), "no word"),
        (json!(""), "no word"),
        (json!("topic:sport fish"), "`topics`"),
        (json!("fish -source:agency"), "`sources`"),
        (json!("a ".repeat(33)), "32 conditions"),
    ];
    for (query, why) in wrong {
        let body = json!({ "name": "C", "selection": { "query": query } });
        let problem = press.put("/v1/channels/c", &body).await.expect(422).json();
        assert_eq!(problem["errors"][0]["field"], "selection.query", "{problem}");
        assert!(
            problem["errors"][0]["message"].as_str().unwrap().contains(why),
            "{problem}"
        );
    }
    let created = [
        "channel",
        "create",
        "catch",
        "--name",
        "Catch",
        "--query",
        "fish OR \"sea food\"",
    ];
    let looked = [&created[..], &["--dry-run"]].concat();
    assert_eq!(press.command(looked).await.ok(), "+ urn:x:fish  Fish is dear\n");
    assert_eq!(press.command(created).await.ok(), "catch\n");
    press.clock.set("2999-01-01T00:00:00Z".parse().unwrap());
    settled(&press, "catch").await;
    assert_eq!(feed(&press, "catch").await, ["urn:x:fish"]);
    let list = press.command(["channel", "list", "--json"]).await.ok();
    let told: Value = serde_json::from_str(list.trim()).unwrap();
    assert_eq!(told["selection"]["query"], "fish OR \"sea food\"");
    let one = press.get("/v1/channels/catch").await.expect(200).json();
    assert_eq!(one["selection"]["query"], "fish OR \"sea food\"");
    let put = "mutation { putChannel(input: { slug: \"meat\", name: \"Meat\", selection: { query: \"meat\" } }) {
        channel { selection { query } } userErrors { field message } } }";
    let data = press.graphql(put, json!({})).admin().await.data();
    assert_eq!(data["putChannel"]["channel"]["selection"]["query"], "meat");
}
