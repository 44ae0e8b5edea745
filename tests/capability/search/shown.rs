//! What a search shows.

use serde_json::{Value, json};

use super::{answers, asked, headlines, open_and_closed, settled};
use crate::channels::{grant, revoke};
use crate::press::{Press, segment};

async fn house(press: &Press) {
    press.topic("economy", "Economy", None).await;
    press.topic("budget", "State budget", Some("economy")).await;
    press.topic("sport", "Sport", None).await;
    for n in 0..12 {
        let topics = [["budget"], ["sport"]][n % 2];
        let headline = if n % 3 == 0 {
            format!("Ministers vote {n}")
        } else {
            format!("A vote {n}")
        };
        let story = press.story(&format!("urn:x:{n}")).headline(&headline).topics(topics);
        let story = story
            .with("genre", ["News", "Feature"][n % 2])
            .with("urgency", (n % 4 + 1) as i64);
        let story = story
            .source(["Wire agency", "Gazette"][n % 2])
            .body_text("The minister spoke in parliament.");
        let story = story.language(["en", "uk"][usize::from(n == 11)]);
        story.published_at(&format!("2026-01-{:02}T10:00:00Z", n % 6 + 1)).await;
    }
    settled(press).await;
}

pub async fn narrowed(press: Press) {
    house(&press).await;
    let count = async |query: &str| {
        let page = press
            .get(&format!("/v1/search?total=true&limit=100&{query}"))
            .await
            .expect(200)
            .json();
        let total = page["total"].as_u64().unwrap();
        assert_eq!(page["items"].as_array().unwrap().len() as u64, total, "{query}");
        total
    };
    for (query, total) in [
        ("", 12),
        ("q=vote", 12),
        ("q=minister", 12),
        ("q=headline:minister", 4),
        ("q=vote&topic=budget", 6),
        ("q=vote&topic=economy", 6),
        ("q=vote&topic=-sport", 6),
        ("q=vote&topic=sport|economy", 12),
        ("q=vote&topic=sport,economy", 0),
        ("q=vote topic:economy", 6),
        ("q=vote -topic:economy", 6),
        ("q=vote&source=gazette", 6),
        ("q=vote source:gazette", 6),
        ("q=vote&language=uk", 1),
        ("q=vote&genre=News&urgency=1", 3),
        ("q=vote urgency:1 genre:News", 3),
        ("q=vote&from=2026-01-02T00:00:00Z&to=2026-01-04T00:00:00Z", 4),
        ("q=vote&dateField=versionCreated&from=2030-01-01T00:00:00Z", 0),
    ] {
        assert_eq!(count(query).await, total, "{query}");
    }
    let facets = "/v1/search?q=vote&facets=topic,language,source,day&limit=1";
    let facets = press.get(facets).await.expect(200).json()["facets"].take();
    let topics: Vec<_> = facets["topic"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| (&t["topic"]["slug"], &t["count"]))
        .collect();
    assert_eq!(topics.len(), 3);
    assert!(topics.iter().all(|(_, count)| **count == 6), "{topics:?}");
    assert_eq!(
        facets["language"],
        json!([{ "language": "en", "count": 11 }, { "language": "uk", "count": 1 }])
    );
    assert_eq!(facets["source"][0]["count"], 6);
    assert_eq!(facets["day"][0], json!({ "day": "2026-01-06", "count": 2 }));
    assert_eq!(facets["day"].as_array().unwrap().len(), 6);
    for order in ["relevance", "newest", "oldest"] {
        let whole = headlines(&press, &format!("q=vote&order={order}&limit=100")).await;
        let mut paged = Vec::new();
        let mut path = format!("/v1/search?q=vote&order={order}&limit=5");
        loop {
            let page = press.get(&path).await.expect(200).json();
            let items = page["items"].as_array().unwrap();
            paged.extend(
                items
                    .iter()
                    .map(|i| i["article"]["headline"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/v1/search?q=vote&order={order}&limit=5&after={next}");
        }
        assert_eq!(paged, whole, "{order}");
    }
    let newest = headlines(&press, "q=vote&order=newest&limit=100").await;
    let mut oldest = headlines(&press, "q=vote&order=oldest&limit=100").await;
    oldest.reverse();
    assert_eq!(newest, oldest);
    // A headline weighs more than a text.
    let best = headlines(&press, "q=minister&language=en&limit=4").await;
    assert!(best.iter().all(|h| h.starts_with("Ministers")), "{best:?}");
    let cursor = press.get("/v1/search?q=vote&limit=1").await.json()["next"]
        .as_str()
        .unwrap()
        .to_owned();
    press
        .get(&format!("/v1/search?q=vote&order=newest&after={cursor}"))
        .await
        .expect(400);
}

pub async fn explained(press: Press) {
    house(&press).await;
    let page = press
        .get("/v1/search?q=minister%20parl*&language=en&limit=1")
        .await
        .expect(200)
        .json();
    let fragments = &page["items"][0]["fragments"];
    let expected = json!([
        { "field": "headline", "html": fragments[0]["html"] },
        { "field": "body", "html": "The <mark>minister</mark> spoke in <mark>parliament</mark>." },
    ]);
    assert_eq!(*fragments, expected);
    assert!(
        fragments[0]["html"]
            .as_str()
            .unwrap()
            .starts_with("<mark>Ministers</mark> vote")
    );
    assert_eq!(page["didYouMean"], Value::Null);
    let page = press.get("/v1/search?q=ministor%20vote").await.expect(200).json();
    assert_eq!(
        (&page["didYouMean"], page["items"].as_array().unwrap().len()),
        (&json!("minister vote"), 0)
    );
    let proposed = press.get("/v1/suggest?q=mini").await.expect(200).json();
    assert_eq!(proposed["articles"].as_array().unwrap().len(), 4, "{proposed}");
    assert!(
        proposed["articles"][0]["headline"]
            .as_str()
            .unwrap()
            .starts_with("Ministers vote")
    );
    let proposed = press.get("/v1/suggest?q=bud").await.expect(200).json();
    assert_eq!(proposed["topics"][0]["slug"], "budget", "{proposed}");
    assert_eq!(proposed["articles"], json!([]));
    press.topic("buddhism", "Buddhism", None).await;
    let proposed = press.get("/v1/suggest?q=bud").await.expect(200).json();
    assert_eq!(proposed["topics"].as_array().unwrap().len(), 2, "{proposed}");
}

pub async fn graphql(press: Press) {
    house(&press).await;
    let query = "query($after: String) { search(query: \"minister\", filter: { topics: { any: [\"economy\"] } }, orderBy: RELEVANCE,
            first: 4, after: $after) {
        totalCount didYouMean rebuilding pageInfo { hasNextPage endCursor }
        edges { cursor score node { headline } fragments { field html } } nodes { slug }
        facets { topics { topic { slug } count } languages { language count } sources { source { slug } count } days { day count } } }
        suggest(query: \"vot\", first: 2) { articles { headline } topics { slug } } }";
    let data = press.graphql(query, json!({})).await.data();
    let found = &data["search"];
    let rest = press
        .get("/v1/search?q=minister&topic=economy&limit=4&total=true")
        .await
        .expect(200)
        .json();
    let (edges, items) = (found["edges"].as_array().unwrap(), rest["items"].as_array().unwrap());
    assert_eq!(edges.len(), 4);
    for (edge, item) in edges.iter().zip(items) {
        assert_eq!(edge["node"]["headline"], item["article"]["headline"]);
        assert_eq!(
            (&edge["score"], &edge["fragments"]),
            (&item["score"], &item["fragments"])
        );
    }
    assert_eq!(
        (&found["totalCount"], &found["pageInfo"]["endCursor"]),
        (&rest["total"], &rest["next"])
    );
    assert_eq!(found["facets"]["topics"][0]["count"], 6);
    assert_eq!(data["suggest"]["articles"].as_array().unwrap().len(), 2);
    let more = press
        .graphql(query, json!({ "after": found["pageInfo"]["endCursor"] }))
        .await
        .data();
    assert_eq!(more["search"]["edges"].as_array().unwrap().len(), 2);
}

pub async fn taken_back(press: Press) {
    house(&press).await;
    let total = async |query: &str| {
        let page = press
            .get(&format!("/v1/search?q={query}&total=true&facets=topic"))
            .await
            .expect(200)
            .json();
        let items = page["items"].as_array().unwrap().len() as u64;
        assert_eq!(page["total"].as_u64().unwrap(), items);
        items
    };
    let path = |n: usize| format!("/v1/articles/{}", segment(&format!("urn:x:{n}")));
    // Nobody waits for the index: what the wire has taken away is gone.
    press
        .post(&format!("{}/cancel", path(0)), &json!({ "reason": "Untrue." }))
        .await
        .expect(200);
    assert_eq!(total("vote").await, 11);
    press
        .post(&format!("{}/withhold", path(3)), &json!({}))
        .await
        .expect(200);
    assert_eq!(total("vote").await, 10);
    assert_eq!(asked(&press, "headline:minister").await.len(), 2);
    settled(&press).await;
    assert_eq!(total("vote").await, 10);
    press
        .post(&format!("{}/restore", path(3)), &json!({}))
        .await
        .expect(200);
    settled(&press).await;
    assert_eq!(total("vote").await, 11);
    let expiring = press
        .story("urn:x:6")
        .headline("Ministers vote 6")
        .with("expires", "2026-01-12T21:00:00Z");
    expiring.await;
    settled(&press).await;
    let before = total("vote").await;
    press.clock.set("2026-01-12T21:00:00Z".parse().unwrap());
    assert_eq!(total("vote").await, before - 1);
    let proposed = press.get("/v1/suggest?q=minis&limit=20").await.expect(200).json();
    assert_eq!(proposed["articles"].as_array().unwrap().len(), 2);
}

pub async fn by_right(press: Press) {
    let key = open_and_closed(&press).await;
    for n in 0..3 {
        press
            .story(&format!("urn:x:open:{n}"))
            .headline("Fish market")
            .topics(["open"])
            .await;
    }
    settled(&press).await;
    let paths = [
        "/v1/search?q=fish&total=true&facets=topic,day,language,source",
        "/v1/search?q=market&limit=2",
        "/v1/search?q=secrat",
        "/v1/search?order=newest&total=true",
        "/v1/suggest?q=fi",
        "/v1/suggest?q=sec",
    ];
    let before = answers(&press, &paths).await;
    for n in 0..5 {
        let story = press
            .story(&format!("urn:x:closed:{n}"))
            .headline("Secret fish of the market")
            .topics(["closed"]);
        story.language(["en", "sv"][n % 2]).source("Hidden").await;
    }
    assert_eq!(answers(&press, &paths).await, before);
    settled(&press).await;
    assert_eq!(answers(&press, &paths).await, before);
    let of_partner = async || {
        let page = press
            .get("/v1/search?q=fish&total=true")
            .key(&key)
            .await
            .expect(200)
            .json();
        page["total"].as_u64().unwrap()
    };
    assert_eq!(of_partner().await, 3);
    grant(&press, "a", "paid").await;
    assert_eq!(of_partner().await, 8);
    let meant = press.get("/v1/search?q=secrat").key(&key).await.expect(200).json();
    assert_eq!(meant["didYouMean"], "secret");
    revoke(&press, "a", "paid").await;
    assert_eq!(of_partner().await, 3);
    // A story that leaves a channel leaves those who had it by that, at once.
    press
        .story("urn:x:open:0")
        .headline("Fish market")
        .topics(["closed"])
        .await;
    let page = press.get("/v1/search?q=fish&total=true").await.expect(200).json();
    assert_eq!(
        (&page["total"], page["items"].as_array().unwrap().len()),
        (&json!(2), 2)
    );
}
