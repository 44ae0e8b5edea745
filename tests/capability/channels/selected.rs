//! What a channel holds, and what its followers are told when that changes.

use serde_json::json;

use super::{channel, cursor, quiet, settled, told, told_at_last, until, uris};
use crate::press::Press;

async fn furnish(press: &Press) {
    press.topic("sport", "Sport", None).await;
    press.topic("football", "Football", Some("sport")).await;
    press.topic("politics", "Politics", None).await;
    press.story("urn:x:sport").topics(["sport"]).await;
    press.story("urn:x:football").topics(["football"]).language("uk").await;
    press
        .story("urn:x:politics")
        .topics(["politics"])
        .with("urgency", 1)
        .await;
}

pub async fn holds(press: Press) {
    furnish(&press).await;
    channel(&press, "games", json!({ "topics": ["sport"] })).await;
    channel(&press, "rest", json!({ "topics": ["-sport"] })).await;
    channel(
        &press,
        "english",
        json!({ "topics": ["sport|politics"], "languages": ["en"] }),
    )
    .await;
    channel(&press, "urgent", json!({ "urgencies": [1, 2] })).await;
    channel(&press, "everything", json!({})).await;
    let feed = async |slug: &str| uris(&press, &format!("/v1/channels/{slug}/articles"), None).await;
    assert_eq!(feed("games").await, ["urn:x:football", "urn:x:sport"]);
    assert_eq!(feed("rest").await, ["urn:x:politics"]);
    assert_eq!(feed("english").await, ["urn:x:politics", "urn:x:sport"]);
    assert_eq!(feed("urgent").await, ["urn:x:politics"]);
    assert_eq!(feed("everything").await.len(), 3);

    // What comes later comes in at once, and what becomes of a story moves it.
    press.story("urn:x:new").topics(["football"]).await;
    press.story("urn:x:sport").topics(["politics"]).await;
    assert_eq!(feed("games").await, ["urn:x:football", "urn:x:new"]);
    assert_eq!(feed("rest").await, ["urn:x:politics", "urn:x:sport"]);
    assert_eq!(
        uris(&press, "/v1/articles?channel=games,urgent", None).await,
        ["urn:x:football", "urn:x:new", "urn:x:politics"]
    );
    assert_eq!(
        uris(&press, "/v1/articles?channel=games&language=en&topic=football", None).await,
        ["urn:x:new"]
    );
    let counted = press
        .get("/v1/channels/games/articles?total=true&limit=1")
        .await
        .expect(200);
    assert_eq!(counted.json()["total"], json!(2));
    // What is taken back stands in no feed, and is there again when it returns.
    let of = |step: &str| format!("/v1/articles/urn%3Ax%3Anew/{step}");
    press.post(&of("withhold"), &json!({})).await.expect(200);
    assert_eq!(feed("games").await, ["urn:x:football"]);
    press.post(&of("restore"), &json!({})).await.expect(200);
    assert_eq!(feed("games").await, ["urn:x:football", "urn:x:new"]);

    let list = press.get("/v1/channels").await.expect(200).json();
    let slugs: Vec<&str> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["slug"].as_str().unwrap())
        .collect();
    assert_eq!(slugs, ["english", "everything", "games", "rest", "urgent"]);
    let one = press.get("/v1/channels/english").await.expect(200).json();
    assert_eq!(one["selection"]["topics"], json!(["sport|politics"]));
    assert_eq!(one["selection"]["languages"], json!(["en"]));
    // A snapshot of one channel.
    let lines = press.get("/v1/snapshot?channel=games").await.expect(200);
    let stories = lines
        .text()
        .lines()
        .filter(|l| l.contains("\"type\":\"article\""))
        .count();
    assert_eq!(stories, 2);
}

pub async fn wrong(press: Press) {
    let put = async |body| press.put("/v1/channels/c", &body).await;
    let fields = |answer: crate::press::Answer| -> Vec<String> {
        let errors = answer.expect(422).json();
        let errors = errors["errors"].as_array().unwrap().clone();
        errors.iter().map(|e| e["field"].as_str().unwrap().to_owned()).collect()
    };
    let selection = json!({ "topics": ["a||b"], "languages": ["-"], "urgencies": [0] });
    assert_eq!(
        fields(put(json!({ "selection": selection })).await),
        ["name", "selection.topics", "selection.languages", "selection.urgencies"]
    );
    let selection = json!({ "topics": ["nothing", "-none"], "sources": ["nobody"] });
    assert_eq!(
        fields(put(json!({ "name": "C", "selection": selection })).await),
        ["selection.topics", "selection.topics", "selection.sources"]
    );
    press
        .put("/v1/channels/c", &json!({ "name": "C" }))
        .without("authorization")
        .await
        .expect(401);
    press.get("/v1/channels/c").await.expect(404);
    press.get("/v1/channels/c/articles").await.expect(404);
    press.delete("/v1/channels/c").await.expect(404);
    let unknown = press.get("/v1/articles?channel=c").await.expect(400).json();
    assert_eq!(unknown["errors"][0]["code"], "unknown_channel");
    press.get("/v1/wire?channel=c").await.expect(400);
    // The same again is nothing new; a condition that does not hold changes nothing.
    press.put("/v1/channels/c", &json!({ "name": "C" })).await.expect(201);
    let same = press
        .put("/v1/channels/c", &json!({ "name": "C" }))
        .await
        .expect(200)
        .json();
    assert_eq!((&same["version"], &same["outcome"]), (&json!(1), &json!("unchanged")));
    let late = press
        .put("/v1/channels/c", &json!({ "name": "D" }))
        .header("if-none-match", "*");
    late.await.expect(412);
}

pub async fn changed(press: Press) {
    furnish(&press).await;
    let all = cursor(&press, None).await;
    channel(&press, "games", json!({ "topics": ["sport"] })).await;
    let came = ["entered publish urn:x:football", "entered publish urn:x:sport"];
    told_at_last(&press, &all, "&channel=games", None, &came).await;
    let from = cursor(&press, None).await;
    channel(&press, "games", json!({ "topics": ["politics|football"] })).await;
    let moved = ["entered publish urn:x:politics", "left remove urn:x:sport"];
    told_at_last(&press, &from, "&channel=games", None, &moved).await;
    // Who follows something else is told nothing: no story is another than it was.
    assert_eq!(told(&press, &all, "", None).await, [""; 0]);
    assert_eq!(told(&press, &all, "&topic=sport", None).await, [""; 0]);
    let story = press.get("/v1/articles/urn%3Ax%3Asport").await.expect(200).json();
    assert_eq!(story["version"], json!(1));
    // A publish that moves a story says it with its own entry.
    let from = cursor(&press, None).await;
    press.story("urn:x:sport").topics(["politics"]).await;
    press.story("urn:x:politics").topics(["sport"]).await;
    let moved = ["updated publish urn:x:sport", "updated remove urn:x:politics"];
    told_at_last(&press, &from, "&channel=games", None, &moved).await;
    // The same selection again moves nothing.
    let from = cursor(&press, None).await;
    press
        .put(
            "/v1/channels/games",
            &json!({ "name": "games", "selection": { "topics": ["politics|football"] } }),
        )
        .await
        .expect(200);
    assert_eq!(cursor(&press, None).await, from);
}

pub async fn changed_twice(press: Press) {
    press.topic("sport", "Sport", None).await;
    press.topic("politics", "Politics", None).await;
    for n in 0..40 {
        let topic = if n % 2 == 0 { "sport" } else { "politics" };
        press.story(&format!("urn:x:{n:02}")).topics([topic]).await;
    }
    let from = cursor(&press, None).await;
    let put = async |topic: &str| {
        let body = json!({ "name": "c", "selection": { "topics": [topic] } });
        press.put("/v1/channels/c", &body).await
    };
    put("sport").await.expect(201);
    put("politics").await.expect(200);
    put("sport").await.expect(200);
    press.story("urn:x:new").topics(["sport"]).await;
    settled(&press, "c").await;
    quiet(&press).await;
    let feed = uris(&press, "/v1/channels/c/articles?limit=100", None).await;
    assert_eq!(feed.len(), 21);
    // Whoever does what he is told has what the feed shows.
    let mut has = std::collections::BTreeSet::new();
    for entry in told(&press, &from, "&channel=c", None).await {
        let (rest, uri) = entry.rsplit_once(' ').unwrap();
        match rest.rsplit_once(' ').unwrap().1 {
            "publish" => assert!(has.insert(uri.to_owned()), "{entry}: twice"),
            "remove" => assert!(has.remove(uri), "{entry}: it was not there"),
            other => panic!("{other}"),
        }
    }
    assert_eq!(has.into_iter().collect::<Vec<_>>(), feed);
}

pub async fn removed(press: Press) {
    furnish(&press).await;
    channel(&press, "games", json!({ "topics": ["sport"] })).await;
    let from = cursor(&press, None).await;
    press
        .delete("/v1/channels/games")
        .header("if-match", "\"v7\"")
        .await
        .expect(412);
    press.delete("/v1/channels/games").await.expect(204);
    press.get("/v1/channels/games").await.expect(404);
    press.get("/v1/channels/games/articles").await.expect(404);
    quiet(&press).await;
    channel(&press, "games", json!({ "topics": ["politics"] })).await;
    assert_eq!(
        uris(&press, "/v1/channels/games/articles", None).await,
        ["urn:x:politics"]
    );
    let moved = ["entered publish urn:x:politics"];
    told_at_last(&press, &from, "&channel=games", None, &moved).await;
}

pub async fn follows_topics(press: Press) {
    furnish(&press).await;
    channel(&press, "games", json!({ "topics": ["sport"] })).await;
    let from = cursor(&press, None).await;
    let body = json!({ "parent": "politics", "names": { "en": "Football" } });
    press.put("/v1/topics/football", &body).await.expect(200);
    let moved = ["updated remove urn:x:football"];
    told_at_last(&press, &from, "&channel=games", None, &moved).await;
    assert_eq!(uris(&press, "/v1/channels/games/articles", None).await, ["urn:x:sport"]);
    // Into politics, with the channel that names it.
    let merge = press.post("/v1/topics/sport/merge", &json!({ "into": "politics" }));
    merge.await.expect(200);
    until(async || uris(&press, "/v1/channels/games/articles", None).await.len() == 3).await;
    settled(&press, "games").await;
    let one = press.get("/v1/channels/games").await.expect(200).json();
    assert_eq!(one["selection"]["topics"], json!(["politics"]));
    let moved = [
        "updated remove urn:x:football",
        "updated update urn:x:sport",
        "entered publish urn:x:football",
        "entered publish urn:x:politics",
    ];
    told_at_last(&press, &from, "&channel=games", None, &moved).await;
}

pub async fn graphql(press: Press) {
    furnish(&press).await;
    let put = "mutation ($input: PutChannelInput!) { putChannel(input: $input) {
        channel { slug name version settled selection { topics } } outcome userErrors { field } } }";
    let input = json!({ "slug": "games", "name": "Games", "selection": { "topics": ["sport", "-politics"] } });
    let answer = press.graphql(put, json!({ "input": input })).admin().await.data();
    assert_eq!(answer["putChannel"]["outcome"], "CREATED");
    assert_eq!(
        answer["putChannel"]["channel"]["selection"]["topics"],
        json!(["sport", "-politics"])
    );
    settled(&press, "games").await;
    let read = "{ channels { slug } channel(slug: \"games\") { articles(first: 1) { totalCount nodes { uri } } }
        latest(filter: { channels: [\"games\"] }) { nodes { uri } } }";
    let answer = press.graphql(read, json!({})).await.data();
    assert_eq!(answer["channels"], json!([{ "slug": "games" }]));
    assert_eq!(answer["channel"]["articles"]["totalCount"], 2);
    assert_eq!(answer["latest"]["nodes"].as_array().unwrap().len(), 2);
    let wire = "{ wire(channel: \"games\", first: 50) { nodes { kind uri } } }";
    let answer = press.graphql(wire, json!({})).await.data();
    let entered = answer["wire"]["nodes"].as_array().unwrap().iter();
    assert_eq!(entered.filter(|n| n["kind"] == "ARTICLE_ENTERED").count(), 2);
    let wrong = json!({ "slug": "c", "name": "", "selection": { "topics": ["x"] } });
    let answer = press.graphql(put, json!({ "input": wrong })).admin().await.data();
    assert_eq!(answer["putChannel"]["userErrors"][0]["field"], "name");
    let delete = "mutation { deleteChannel(slug: \"games\") { deleted userErrors { field } } }";
    let answer = press.graphql(delete, json!({})).admin().await.data();
    assert_eq!(answer["deleteChannel"]["deleted"], true);
    let answer = press
        .graphql("{ channel(slug: \"games\") { slug } }", json!({}))
        .await
        .data();
    assert!(answer["channel"].is_null());
}
