//! Where reading is by right.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    by, channel, cursor, grant, key, partner, public, quiet, revoke, settled, told, told_at_last, until, uris,
};
use crate::press::{Press, segment};

const NOTHING: [&str; 0] = [];

/// Public: general; games for who has it, finance for who has it; secret in none of them.
async fn furnish(press: &Press) {
    for topic in ["general", "games", "finance", "secret"] {
        press.topic(topic, topic, None).await;
        press.story(&format!("urn:x:{topic}")).slug(topic).topics([topic]).await;
    }
    press.story("urn:x:both").topics(["games", "finance"]).await;
    public(press, "general", json!({ "topics": ["general"] })).await;
    channel(press, "games", json!({ "topics": ["games"] })).await;
    channel(press, "finance", json!({ "topics": ["finance"] })).await;
}

pub async fn seen(press: Press) {
    furnish(&press).await;
    let (a, b) = (partner(&press, "a").await, partner(&press, "b").await);
    grant(&press, "a", "games").await;
    grant(&press, "a", "finance").await;
    let admin = press.admin_key().to_owned();
    let of_a = ["urn:x:both", "urn:x:finance", "urn:x:games", "urn:x:general"];
    for (viewer, sees) in [
        (None, &of_a[3..]),
        (Some(a.as_str()), &of_a[..]),
        (Some(b.as_str()), &of_a[3..]),
    ] {
        assert_eq!(uris(&press, "/v1/articles", viewer).await, sees);
        assert_eq!(uris(&press, "/v1/latest", viewer).await, sees);
        let counted = by(press.get("/v1/articles?total=true&limit=1"), viewer)
            .await
            .expect(200);
        assert_eq!(counted.json()["total"], json!(sees.len()));
        let games: Vec<&str> = sees
            .iter()
            .copied()
            .filter(|s| matches!(*s, "urn:x:both" | "urn:x:games"))
            .collect();
        assert_eq!(uris(&press, "/v1/topics/games/articles", viewer).await, games);
        assert_eq!(
            uris(&press, "/v1/articles?topic=games|finance|secret&language=en", viewer)
                .await
                .len(),
            sees.len() - 1
        );
        assert_eq!(uris(&press, "/v1/articles?language=en", viewer).await, sees);
        let lines = by(press.get("/v1/snapshot"), viewer).await.expect(200);
        let stories = lines
            .text()
            .lines()
            .filter(|l| l.contains("\"type\":\"article\""))
            .count();
        assert_eq!(stories, sees.len());
        let query = "{ latest { totalCount nodes { uri } } }";
        let answer = by(press.graphql(query, json!({})), viewer).await.data();
        assert_eq!(answer["latest"]["totalCount"], json!(sees.len()));
    }
    assert_eq!(uris(&press, "/v1/articles", Some(&admin)).await.len(), 5);
    // The pages that readers see show no more; nor does what was made for an admin.
    let front = press.get("/").await.expect(200);
    assert!(front.text().contains("urn:x:general") && !front.text().contains("urn:x:secret"));
    for path in ["/games", "/finance"] {
        let page = press.get(path).await;
        assert!(
            !page.text().contains("urn:x:games") && !page.text().contains("urn:x:finance"),
            "{page}"
        );
    }
    let channels = async |viewer: Option<&str>| -> Vec<String> {
        let list = by(press.get("/v1/channels"), viewer).await.expect(200).json();
        let items = list["items"].as_array().unwrap().clone();
        items.iter().map(|c| c["slug"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(channels(None).await, ["general"]);
    assert_eq!(channels(Some(&a)).await, ["finance", "games", "general"]);
    assert_eq!(channels(Some(&b)).await, ["general"]);
    let me = press.get("/v1/me").key(&a).await.expect(200).json();
    assert_eq!(me["channels"], json!(["finance", "games", "general"]));
    let me = press.get("/v1/me").admin().await.expect(200).json();
    assert_eq!(me["channels"], Value::Null);
}

pub async fn unknown(press: Press) {
    furnish(&press).await;
    press
        .story("urn:x:general")
        .slug("general")
        .topics(["general"])
        .related("background", "urn:x:games")
        .await;
    let b = partner(&press, "b").await;
    let id = press.get("/v1/articles/urn%3Ax%3Agames").admin().await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let nobody = "019b0000-0000-7000-8000-000000000000";
    for viewer in [None, Some(b.as_str())] {
        let one = |path: String| by(press.get(&path), viewer);
        for (hidden, absent) in [
            (id.as_str(), nobody),
            ("games", "absent"),
            ("urn%3Ax%3Agames", "urn%3Ax%3Aabsent"),
        ] {
            for rest in ["", "/related", "/versions", "?version=1", "?include=moreAbout"] {
                let theirs = one(format!("/v1/articles/{hidden}{rest}")).await;
                let none = one(format!("/v1/articles/{absent}{rest}")).await;
                assert_eq!(theirs.status, 404, "{theirs}");
                assert_eq!((theirs.status, &theirs.bytes), (none.status, &none.bytes));
                let names = |answer: &crate::press::Answer| -> Vec<String> {
                    answer.headers.keys().map(|name| name.to_string()).collect()
                };
                assert_eq!(names(&theirs), names(&none));
            }
        }
        let theirs = one("/v1/channels/games".to_owned()).await;
        let none = one("/v1/channels/absent".to_owned()).await;
        assert_eq!((theirs.status, &theirs.bytes), (none.status, &none.bytes));
        let theirs = one("/v1/wire?channel=games".to_owned()).await.expect(400);
        assert!(theirs.text().contains("there is no channel `games`"), "{theirs}");
        let query = "query ($id: ID!) { node(id: $id) { id } article(by: { id: $id }) { uri }
            channel(slug: \"games\") { slug } linked: article(by: { uri: \"urn:x:general\" }) { relatedLinks { title } } }";
        let answer = by(press.graphql(query, json!({ "id": id })), viewer).await.data();
        assert_eq!(
            answer,
            json!({ "node": null, "article": null, "channel": null, "linked": { "relatedLinks": [] } })
        );
        let linked = one("/v1/articles/general?include=relatedLinks".to_owned())
            .await
            .expect(200);
        assert_eq!(linked.json()["relatedLinks"], json!([]));
    }
    // Nothing of what only others see moves: no cursor, no answer.
    let (before, list) = (cursor(&press, None).await, press.get("/v1/articles").await.expect(200));
    press
        .story("urn:x:games")
        .slug("games")
        .headline("Another")
        .topics(["games"])
        .await;
    press.story("urn:x:more").topics(["games"]).await;
    let poll = press
        .get(&format!("/v1/wire?after={}", segment(&before)))
        .await
        .expect(200);
    assert_eq!(poll.json(), json!({ "entries": [], "next": before }));
    press
        .get("/v1/articles")
        .header("if-none-match", list.etag())
        .await
        .expect(304);
}

pub async fn granted(press: Press) {
    furnish(&press).await;
    let (a, b) = (partner(&press, "a").await, partner(&press, "b").await);
    quiet(&press).await;
    let (from_a, from_b, from_all) = (
        cursor(&press, Some(&a)).await,
        cursor(&press, Some(&b)).await,
        cursor(&press, None).await,
    );
    press.get("/v1/articles/games").key(&a).await.expect(404);
    grant(&press, "a", "games").await;
    press.get("/v1/articles/games").key(&a).await.expect(200);
    assert_eq!(uris(&press, "/v1/channels/games/articles", Some(&a)).await.len(), 2);
    // A story that comes now, and one that changes, are told by their own entries and by no other.
    press.story("urn:x:new").topics(["games"]).await;
    let wanted = [
        "entered publish urn:x:both",
        "entered publish urn:x:games",
        "published publish urn:x:new",
    ];
    told_at_last(&press, &from_a, "", Some(&a), &wanted).await;
    quiet(&press).await;
    told_at_last(&press, &from_a, "", Some(&a), &wanted).await;
    told_at_last(&press, &from_a, "&channel=games", Some(&a), &wanted).await;
    assert_eq!(told(&press, &from_b, "", Some(&b)).await, NOTHING);
    assert_eq!(told(&press, &from_all, "", None).await, NOTHING);
    // The same again is nothing new.
    let from = cursor(&press, Some(&a)).await;
    grant(&press, "a", "games").await;
    quiet(&press).await;
    assert_eq!(told(&press, &from, "", Some(&a)).await, NOTHING);
    let list = press.get("/v1/partners/a/channels").admin().await.expect(200).json();
    assert_eq!(list["items"][0]["slug"], "games");
    let nobody = press.put("/v1/partners/nobody/channels/games", &json!({})).await;
    nobody.expect(404);
    press
        .put("/v1/partners/a/channels/nothing", &json!({}))
        .await
        .expect(404);
    press
        .ask(reqwest::Method::PUT, "/v1/partners/a/channels/finance")
        .key(&a)
        .await
        .expect(403);
    // What becomes public comes to everybody who had it not.
    let body = json!({ "name": "games", "public": true, "selection": { "topics": ["games"] } });
    press.put("/v1/channels/games", &body).await.expect(200);
    let came = [
        "entered publish urn:x:both",
        "entered publish urn:x:games",
        "entered publish urn:x:new",
    ];
    told_at_last(&press, &from_all, "", None, &came).await;
    told_at_last(&press, &from_b, "", Some(&b), &came).await;
    assert_eq!(told(&press, &from, "", Some(&a)).await, NOTHING);
    let body = json!({ "name": "games", "selection": { "topics": ["games"] } });
    let from_b = cursor(&press, Some(&b)).await;
    press.put("/v1/channels/games", &body).await.expect(200);
    press.get("/v1/articles/games").key(&b).await.expect(404);
    let went = [
        "left remove urn:x:both",
        "left remove urn:x:games",
        "left remove urn:x:new",
    ];
    told_at_last(&press, &from_b, "", Some(&b), &went).await;
    assert_eq!(told(&press, &from, "", Some(&a)).await, NOTHING);
}

pub async fn taken_back(press: Press) {
    furnish(&press).await;
    let (a, b) = (partner(&press, "a").await, partner(&press, "b").await);
    for partner in ["a", "b"] {
        grant(&press, partner, "games").await;
    }
    quiet(&press).await;
    let (from_a, from_b) = (cursor(&press, Some(&a)).await, cursor(&press, Some(&b)).await);
    revoke(&press, "a", "games").await;
    press.get("/v1/articles/games").key(&a).await.expect(404);
    assert_eq!(uris(&press, "/v1/articles", Some(&a)).await, ["urn:x:general"]);
    // What is canceled meanwhile is taken down by this, and by nothing else.
    press
        .post("/v1/articles/urn%3Ax%3Agames/cancel", &json!({ "reason": "wrong" }))
        .await
        .expect(200);
    press.story("urn:x:new").topics(["games"]).await;
    let wanted = ["left remove urn:x:both", "left remove urn:x:games"];
    until(async || {
        let told = told(&press, &from_a, "", Some(&a)).await;
        wanted.iter().all(|w| told.contains(&(*w).to_owned()))
    })
    .await;
    quiet(&press).await;
    let of_b = ["canceled remove urn:x:games", "published publish urn:x:new"];
    told_at_last(&press, &from_b, "", Some(&b), &of_b).await;
    revoke(&press, "a", "games").await;
    press.delete("/v1/partners/a/channels/nothing").await.expect(404);
    // A channel that is removed leaves all who had it.
    let from_b = cursor(&press, Some(&b)).await;
    press.delete("/v1/channels/games").await.expect(204);
    let went = ["left remove urn:x:both", "left remove urn:x:new"];
    told_at_last(&press, &from_b, "", Some(&b), &went).await;
    assert_eq!(uris(&press, "/v1/articles", Some(&b)).await, ["urn:x:general"]);
    // Whoever comes later, and from before, hears the same.
    quiet(&press).await;
    told_at_last(&press, &from_b, "", Some(&b), &went).await;
}

pub async fn through_another(press: Press) {
    furnish(&press).await;
    let a = partner(&press, "a").await;
    grant(&press, "a", "finance").await;
    quiet(&press).await;
    let from = cursor(&press, Some(&a)).await;
    grant(&press, "a", "games").await;
    told_at_last(&press, &from, "", Some(&a), &["entered publish urn:x:games"]).await;
    let from = cursor(&press, Some(&a)).await;
    revoke(&press, "a", "finance").await;
    told_at_last(&press, &from, "", Some(&a), &["left remove urn:x:finance"]).await;
    quiet(&press).await;
    told_at_last(&press, &from, "", Some(&a), &["left remove urn:x:finance"]).await;
    // A channel that changes, for who has the story through another one.
    grant(&press, "a", "finance").await;
    quiet(&press).await;
    let from = cursor(&press, Some(&a)).await;
    channel(&press, "games", json!({ "topics": ["secret"] })).await;
    let moved = ["entered publish urn:x:secret", "left remove urn:x:games"];
    told_at_last(&press, &from, "", Some(&a), &moved).await;
    // So does a story that changes its topics.
    press.topic("elsewhere", "Elsewhere", None).await;
    let from = cursor(&press, Some(&a)).await;
    press
        .story("urn:x:secret")
        .slug("secret")
        .topics(["secret", "finance"])
        .await;
    press.story("urn:x:secret").slug("secret").topics(["finance"]).await;
    press.story("urn:x:secret").slug("secret").topics(["elsewhere"]).await;
    // The entry that takes it away is told; those before it would name it to who has it not any more.
    let moved = ["updated remove urn:x:secret"];
    told_at_last(&press, &from, "", Some(&a), &moved).await;
    press.get("/v1/articles/secret").key(&a).await.expect(404);
}

pub async fn cursors(press: Press) {
    furnish(&press).await;
    let (a, b) = (partner(&press, "a").await, partner(&press, "b").await);
    let (from_a, anybodys) = (cursor(&press, Some(&a)).await, cursor(&press, None).await);
    grant(&press, "a", "games").await;
    revoke(&press, "a", "games").await;
    let poll = |cursor: &str, key: &str| press.get(&format!("/v1/wire?after={}", segment(cursor))).key(key);
    poll(&from_a, &a).await.expect(200);
    // Another key of the same partner goes on where the first has stood; another partner does not.
    let other = key(&press, "a", "two").await;
    poll(&from_a, &other).await.expect(200);
    poll(&from_a, &b).await.expect(400);
    press
        .get(&format!("/v1/wire?after={}", segment(&from_a)))
        .await
        .expect(400);
    // Who followed without a key goes on with one.
    poll(&anybodys, &a).await.expect(200);
}

pub async fn streams(press: Press) {
    furnish(&press).await;
    let a = partner(&press, "a").await;
    quiet(&press).await;
    let mut events = press.get("/v1/wire/stream").key(&a).listen().await.begun().await;
    grant(&press, "a", "games").await;
    let mut came = vec![uri(&entry(&mut events).await), uri(&entry(&mut events).await)];
    came.sort();
    assert_eq!(came, ["urn:x:both", "urn:x:games"]);
    press
        .story("urn:x:secret")
        .slug("secret")
        .headline("Hidden")
        .topics(["secret"])
        .await;
    press.story("urn:x:new").topics(["games"]).await;
    assert_eq!(uri(&entry(&mut events).await), "urn:x:new");
    revoke(&press, "a", "games").await;
    press.story("urn:x:after").topics(["games"]).await;
    press
        .story("urn:x:general")
        .slug("general")
        .headline("Seen")
        .topics(["general"])
        .await;
    let mut went = Vec::new();
    loop {
        let entry = entry(&mut events).await;
        match (entry["kind"].as_str().unwrap(), uri(&entry)) {
            ("article.left", uri) => went.push(uri),
            ("article.updated", uri) => assert_eq!(uri, "urn:x:general"),
            (kind, uri) => panic!("{kind} {uri}"),
        }
        if ["urn:x:both", "urn:x:games", "urn:x:new"]
            .iter()
            .all(|w| went.iter().any(|u| u == w))
        {
            break;
        }
    }
}

async fn entry(events: &mut crate::press::Events) -> Value {
    events.expect().await.data
}

fn uri(entry: &Value) -> String {
    entry["uri"].as_str().unwrap().to_owned()
}

pub async fn tombstones(press: Press) {
    furnish(&press).await;
    let (a, b) = (partner(&press, "a").await, partner(&press, "b").await);
    grant(&press, "a", "games").await;
    let from = cursor(&press, Some(&b)).await;
    press
        .post("/v1/articles/urn%3Ax%3Agames/cancel", &json!({ "reason": "wrong" }))
        .await
        .expect(200);
    for path in ["/v1/articles/games", "/v1/articles/urn%3Ax%3Agames"] {
        press.get(path).key(&a).await.expect(410);
        press.get(path).key(&b).await.expect(404);
        press.get(path).await.expect(404);
        press.get(path).admin().await.expect(410);
    }
    assert_eq!(told(&press, &from, "", Some(&b)).await, NOTHING);
    // It stays theirs whatever the channel becomes.
    channel(&press, "games", json!({ "topics": ["secret"] })).await;
    press.get("/v1/articles/games").key(&a).await.expect(410);
    settled(&press, "games").await;
}

pub async fn etags(press: Press) {
    furnish(&press).await;
    let (one, b) = (partner(&press, "a").await, partner(&press, "b").await);
    let two = key(&press, "a", "two").await;
    grant(&press, "a", "games").await;
    let list = press.get("/v1/articles").key(&one).await.expect(200);
    press
        .get("/v1/articles")
        .key(&two)
        .header("if-none-match", list.etag())
        .await
        .expect(304);
    press
        .get("/v1/articles")
        .key(&b)
        .header("if-none-match", list.etag())
        .await
        .expect(200);
    press
        .get("/v1/articles")
        .header("if-none-match", list.etag())
        .await
        .expect(200);
    // B has the same rights at last, and with them the same answers.
    grant(&press, "b", "games").await;
    press
        .get("/v1/articles")
        .key(&b)
        .header("if-none-match", list.etag())
        .await
        .expect(304);
    revoke(&press, "a", "games").await;
    press
        .get("/v1/articles")
        .key(&one)
        .header("if-none-match", list.etag())
        .await
        .expect(200);
    tokio::time::timeout(Duration::from_secs(60), settled(&press, "games"))
        .await
        .unwrap();
}

pub async fn explained(press: Press) {
    furnish(&press).await;
    let a = partner(&press, "a").await;
    grant(&press, "a", "games").await;
    let why = async |article: &str, partner: &str| {
        let path = format!("/v1/explain?article={}{partner}", segment(article));
        let told = press.get(&path).admin().await.expect(200).json();
        (told["visible"].clone(), told["rule"].clone(), told["through"].clone())
    };
    let games = (json!(true), json!("channel"), json!(["games"]));
    assert_eq!(why("urn:x:games", "&partner=a").await, games);
    assert_eq!(why("games", "").await, (json!(false), json!("no_channel"), json!([])));
    assert_eq!(
        why("secret", "&partner=a").await,
        (json!(false), json!("no_channel"), json!([]))
    );
    assert_eq!(
        why("general", "").await,
        (json!(true), json!("channel"), json!(["general"]))
    );
    press.post("/v1/articles/games/withhold", &json!({})).await.expect(200);
    assert_eq!(why("games", "&partner=a").await.1, json!("withheld"));
    let waits = json!({ "headline": "Waits", "embargoedUntil": "2999-01-01T00:00:00Z" });
    press.put("/v1/articles/urn:x:waits", &waits).await.expect(202);
    assert_eq!(
        why("urn:x:waits", "").await,
        (json!(false), json!("embargoed"), json!([]))
    );
    press.get("/v1/explain?article=games").key(&a).await.expect(403);
    press.get("/v1/explain?article=games").await.expect(401);
    press.get("/v1/explain?article=absent").admin().await.expect(404);
    press
        .get("/v1/explain?article=games&partner=nobody")
        .admin()
        .await
        .expect(404);
    press.get("/v1/explain").admin().await.expect(400);
}

pub async fn receipts(press: Press) {
    furnish(&press).await;
    for slug in ["a", "b"] {
        partner(&press, slug).await;
    }
    let former = partner(&press, "c").await;
    for slug in ["a", "c"] {
        grant(&press, slug, "games").await;
    }
    press.get("/v1/articles/games").key(&former).await.expect(200);
    revoke(&press, "c", "games").await;
    for slug in ["games", "general"] {
        let path = format!("/v1/articles/{slug}/cancel");
        press.post(&path, &json!({ "reason": "Untrue." })).await.expect(200);
    }
    let waited_for = async |slug: &str| -> Vec<String> {
        let path = format!("/v1/articles/{slug}/receipts");
        let receipts = press.get(&path).admin().await.expect(200).json();
        let items = receipts["items"].as_array().unwrap().clone();
        let mut partners: Vec<String> = items
            .iter()
            .map(|r| r["partner"].as_str().unwrap().to_owned())
            .collect();
        partners.sort();
        partners
    };
    // Who was shown it once has it, whatever became of his right.
    until(async || waited_for("games").await == ["a", "c"]).await;
    assert_eq!(waited_for("general").await, ["a", "b", "c"]);
}
