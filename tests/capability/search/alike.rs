//! Stories that belong beside a story.

use serde_json::{Value, json};

use super::{answers, open_and_closed, settled};
use crate::channels::grant;
use crate::press::{Press, segment};

/// Stories on a strike of fishermen, on a budget, and on nothing of the kind.
const STORIES: &[(&str, &str, &str)] = &[
    (
        "strike",
        "Fishermen on strike in the northern harbours",
        "Fishermen of the northern harbours refused to sail on Monday. The union of the crews wants higher prices for cod \
         and herring. No trawler left Grimsby.",
    ),
    (
        "strike-day-two",
        "Trawlers stay in Grimsby as crews want higher prices",
        "For a second day the crews of the trawlers stayed ashore. Their union says that the prices for cod and herring do \
         not pay for the fuel.",
    ),
    (
        "strike-over",
        "Strike of the fishermen is over",
        "The union and the owners of the trawlers agreed on prices for cod. The crews sail from Grimsby in the morning.",
    ),
    (
        "budget",
        "Parliament adopts the budget",
        "After a debate of nine hours the deputies voted for the budget. Taxes on tobacco rise, pensions stay as they are.",
    ),
    (
        "pensions",
        "Pensions stay as they are, says the treasury",
        "The treasury sees no room for higher pensions. The deputies had voted for the budget with its taxes on tobacco.",
    ),
    (
        "chess",
        "A girl of nine wins the chess open",
        "She beat two masters with the black pieces.",
    ),
    (
        "bridge",
        "The old bridge is closed for repairs",
        "Engineers found cracks in two pillars.",
    ),
    (
        "opera",
        "The opera opens with a premiere",
        "The tenor was applauded for minutes.",
    ),
    (
        "storm",
        "A storm uproots trees along the coast",
        "Power was cut in four villages.",
    ),
    (
        "zoo",
        "The zoo shows its two young tigers",
        "They were born in the spring.",
    ),
];

async fn house(press: &Press) {
    for (name, headline, body) in STORIES {
        let story = press.story(&format!("urn:x:{name}")).headline(headline).body_text(body);
        story.language("en").await;
    }
}

fn uris(list: &Value, of: impl Fn(&Value) -> &Value) -> Vec<String> {
    let items = list.as_array().unwrap().iter();
    let uri = |item: &Value| {
        of(item)["uri"]
            .as_str()
            .unwrap()
            .trim_start_matches("urn:x:")
            .to_owned()
    };
    items.map(uri).collect()
}

async fn similar(press: &Press, name: &str) -> Vec<String> {
    let path = format!("/v1/articles/{}/similar?limit=3", segment(&format!("urn:x:{name}")));
    let items = press.get(&path).await.expect(200).json()["items"].take();
    uris(&items, |item| &item["article"])
}

pub async fn found(press: Press) {
    house(&press).await;
    settled(&press).await;
    let mut of_strike = similar(&press, "strike").await;
    of_strike.sort();
    assert_eq!(of_strike, ["strike-day-two", "strike-over"]);
    assert_eq!(similar(&press, "budget").await, ["pensions"]);
    assert_eq!(similar(&press, "chess").await, [""; 0]);
    let query = "query($uri: String!) { article(by: { uri: $uri }) { similar(first: 3) { score article { uri } } } }";
    let graphql = press.graphql(query, json!({ "uri": "urn:x:strike" })).await.data();
    let rest = press
        .get("/v1/articles/urn%3Ax%3Astrike/similar")
        .await
        .expect(200)
        .json();
    let (graphql, rest) = (&graphql["article"]["similar"], &rest["items"]);
    assert_eq!(
        uris(graphql, |item| &item["article"]),
        uris(rest, |item| &item["article"])
    );
    let scores: Vec<f64> = rest
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["score"].as_f64().unwrap())
        .collect();
    assert!(
        scores.is_sorted_by(|a, b| a >= b) && scores.iter().all(|score| (0.0..=1.0).contains(score)),
        "{scores:?}"
    );
    assert_eq!(graphql[0]["score"], rest[0]["score"]);
    for wrong in ["limit=0", "limit=101"] {
        let path = format!("/v1/articles/urn%3Ax%3Astrike/similar?{wrong}");
        let problem = press.get(&path).await.expect(400).json();
        assert_eq!(problem["errors"][0]["field"], "limit", "{problem}");
    }
    press.get("/v1/articles/urn%3Ax%3Anowhere/similar").await.expect(404);
}

pub async fn folded(press: Press) {
    house(&press).await;
    let (_, headline, body) = STORIES[1];
    // The same text from somebody else, with a word changed; and what another translated.
    let copy = press.story("urn:x:copy").headline(headline).language("en");
    copy.body_text(&body.replace("second", "further")).await;
    let own = press.story("urn:x:own-copy").headline(STORIES[0].1).language("en");
    own.body_text(STORIES[0].2).await;
    let translated = press
        .story("urn:x:translated")
        .headline("Strike of Grimsby fishermen, cod and herring, trawlers");
    let link = json!([{ "kind": "translation_of", "uri": "urn:x:strike" }]);
    translated
        .language("sv")
        .body_text("The union, the crews, the prices")
        .with("relatedLinks", link)
        .await;
    settled(&press).await;
    let mut alike = similar(&press, "strike").await;
    alike
        .iter_mut()
        .for_each(|name| *name = name.replace("copy", "strike-day-two"));
    alike.sort();
    assert_eq!(alike, ["strike-day-two", "strike-over"]);
}

pub async fn filled(press: Press) {
    press.topic("fishing", "Fishing", None).await;
    house(&press).await;
    for name in ["strike", "zoo"] {
        let (_, headline, body) = STORIES.iter().find(|(known, _, _)| *known == name).unwrap();
        let story = press.story(&format!("urn:x:{name}")).headline(headline).body_text(body);
        story.language("en").topics(["fishing"]).await;
    }
    settled(&press).await;
    let rest = press
        .get("/v1/articles/urn%3Ax%3Astrike/related")
        .await
        .expect(200)
        .json();
    let rest = &rest["moreAbout"];
    assert_eq!(rest["topic"]["slug"], "fishing");
    let articles = rest["articles"].as_array().unwrap();
    assert_eq!(articles[0]["uri"], "urn:x:zoo");
    assert_eq!(articles[0]["found"], json!({ "by": "topic", "score": null }));
    assert_eq!(articles[1]["found"]["by"], "similarity");
    assert!(articles[1]["found"]["score"].as_f64().unwrap() > 0.0);
    let query = "{ article(by: { uri: \"urn:x:strike\" }) {
        moreAbout { topic { slug } articles { uri } edges { source score node { uri } } }
        one: moreAbout(first: 1) { edges { source } } of: moreAbout(topic: \"fishing\") { edges { source } }
        without: moreAbout(excludeIds: [\"ID\"]) { articles { uri } } } }";
    let over = articles[1]["id"].as_str().unwrap();
    let data = press.graphql(&query.replace("ID", over), json!({})).await.data();
    let story = &data["article"];
    let edges = story["moreAbout"]["edges"].as_array().unwrap();
    assert_eq!(edges.len(), 3);
    assert_eq!(
        (&edges[0]["source"], &edges[0]["score"]),
        (&json!("TOPIC"), &Value::Null)
    );
    assert_eq!(edges[1]["source"], "SIMILARITY");
    assert_eq!(edges[1]["score"], articles[1]["found"]["score"]);
    assert_eq!(
        uris(&story["moreAbout"]["articles"], |a| a),
        uris(&rest["articles"], |a| a)
    );
    // What the topic has is enough, or it is what was asked for.
    assert_eq!(story["one"]["edges"], json!([{ "source": "TOPIC" }]));
    assert_eq!(story["of"]["edges"], json!([{ "source": "TOPIC" }]));
    assert_eq!(story["without"]["articles"].as_array().unwrap().len(), 2);
    // A list of stories asks for all of them at once.
    let query = "{ latest(first: 50) { nodes { uri moreAbout { articles { uri } } similar { article { uri } } } } }";
    let data = press.graphql(query, json!({})).await.data();
    let nodes = data["latest"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), STORIES.len());
    let strike = nodes.iter().find(|node| node["uri"] == "urn:x:strike").unwrap();
    assert_eq!(strike["moreAbout"]["articles"], story["moreAbout"]["articles"]);
    assert_eq!(strike["similar"].as_array().unwrap().len(), 2);
}

pub async fn by_right(press: Press) {
    let key = open_and_closed(&press).await;
    for (name, headline, body) in STORIES {
        let story = press.story(&format!("urn:x:{name}")).headline(headline).body_text(body);
        story.language("en").topics(["open"]).await;
    }
    settled(&press).await;
    let paths = [
        "/v1/articles/urn%3Ax%3Astrike/similar",
        "/v1/articles/urn%3Ax%3Abudget/similar?limit=1",
    ];
    let before = answers(&press, &paths).await;
    for n in 0..3 {
        let story = press.story(&format!("urn:x:closed:{n}"));
        let headline = format!("Secret strike of the herring fishermen of Grimsby, cod trawlers {n}");
        story.headline(&headline).language("en").topics(["closed"]).await;
    }
    assert_eq!(answers(&press, &paths).await, before);
    settled(&press).await;
    assert_eq!(answers(&press, &paths).await, before);
    grant(&press, "a", "paid").await;
    let seen = press.get(paths[0]).key(&key).await.expect(200).json();
    assert!(seen["items"].to_string().contains("Secret"), "{seen}");
    // What was taken back is gone at once.
    press
        .post("/v1/articles/urn%3Ax%3Astrike-over/withhold", &json!({}))
        .await
        .expect(200);
    let left = press.get(paths[0]).await.expect(200).json();
    assert_eq!(uris(&left["items"], |item| &item["article"]), ["strike-day-two"]);
}
