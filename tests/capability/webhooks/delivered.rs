//! What is told, to whom, and how.

use serde_json::{Value, json};

use super::receiver::Receiver;
use super::{add, cancel, received, taken};
use crate::moves::{until, until_some};
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "every change is posted once, signed, in order, as the wire has it",
            in_order,
        ),
        test("a webhook tells as much of a story as it is to tell", payloads),
        test(
            "a webhook follows its topics and kinds, and always hears what is taken away",
            filtered,
        ),
        test("a webhook can begin behind a cursor", from_a_cursor),
        test("a partner's webhook is told of what the partner may read", by_right).set("access.public", "\"channels\""),
        test(
            "two partners who are told of the same change are each told what it is to him",
            each_his_own,
        )
        .set("access.public", "\"channels\""),
        test(
            "a partner that is disabled is told nothing until he is enabled",
            disabled,
        ),
        test(
            "while a secret is followed by another, messages are signed with both",
            rotated,
        ),
        test("a server that is started again goes on where it was", started_again),
    ]
}

async fn in_order(press: Press) {
    let receiver = Receiver::start().await;
    let hook = add(&press, &receiver, json!({})).await;
    for n in 0..20 {
        press
            .story(&format!("urn:x:{n}"))
            .slug(&format!("s{n}"))
            .body("<p>Text.</p>")
            .await;
    }
    press.story("urn:x:0").headline("Another").await;
    let withhold = json!({ "reason": "Wait." });
    press.post("/v1/articles/s1/withhold", &withhold).await.expect(200);
    cancel(&press, "s2").await;
    press.topic("grain", "Grain", None).await;
    let received = received(&receiver, 24).await;
    assert_eq!(received.len(), 24);
    let wire = press.get("/v1/wire").await.expect(200).json();
    let entries = wire["entries"].as_array().unwrap();
    let cursors = |all: Vec<&Value>| -> Vec<String> { all.iter().map(|e| e["cursor"].to_string()).collect() };
    let bodies: Vec<Value> = received.iter().map(|r| r.json()).collect();
    // Of what was withheld and canceled meanwhile the wire tells nothing but that; of the rest the same was told.
    let told = cursors(bodies.iter().map(|b| &b["data"]).collect());
    let wired = cursors(entries.iter().collect());
    assert_eq!(
        told.iter().filter(|c| wired.contains(c)).cloned().collect::<Vec<_>>(),
        wired
    );
    assert_eq!(&bodies[23]["data"], entries.last().unwrap());
    let mut ids = std::collections::BTreeSet::new();
    for (received, body) in received.iter().zip(&bodies) {
        assert!(received.is_signed_with(&hook.secret));
        assert_eq!(received.path, "/hook");
        assert_eq!(received.headers["content-type"], "application/json");
        assert!(received.id().starts_with("msg_"));
        assert!(ids.insert(received.id().to_owned()), "{}", received.id());
        assert_eq!(body["type"], body["data"]["kind"]);
        assert_eq!(body["timestamp"], body["data"]["at"]);
    }
    assert_eq!(bodies[22]["data"]["tombstone"]["reason"], "It is wrong.");
    let now = hook.now(&press).await;
    assert_eq!(
        (&now["state"], &now["health"]["failures"]),
        (&json!("active"), &json!(0))
    );
    until((24, json!(0), json!(1.0)), async || {
        let now = hook.now(&press).await;
        let health = &now["health"];
        (
            hook.attempts(&press).await.len(),
            health["lag"].clone(),
            health["successRate"].clone(),
        )
    })
    .await;
    let newest = hook.attempts(&press).await.remove(0);
    assert_eq!(newest["message"], received[23].id());
    assert_eq!(
        (&newest["type"], &newest["status"]),
        (&json!("topic.changed"), &json!(204))
    );
    assert_eq!((&newest["delivered"], &newest["number"]), (&json!(true), &json!(1)));
}

async fn payloads(press: Press) {
    let mut receivers = Vec::new();
    for payload in ["full", "meta", "id", "ninjs"] {
        let receiver = Receiver::start().await;
        add(&press, &receiver, json!({ "payload": payload })).await;
        receivers.push((payload, receiver));
    }
    press.story("urn:x:a").body("<p>Text.</p>").await;
    for (payload, receiver) in receivers {
        let data = received(&receiver, 1).await[0].json()["data"].take();
        let path = format!("/v1/wire?payload={payload}");
        let wire = press.get(&path).await.expect(200).json();
        assert_eq!(data, wire["entries"][0], "{payload}");
    }
}

async fn filtered(press: Press) {
    press.topic("grain", "Grain", None).await;
    press.topic("war", "War", None).await;
    let (grain, kinds) = (Receiver::start().await, Receiver::start().await);
    add(&press, &grain, json!({ "topics": ["grain"] })).await;
    add(&press, &kinds, json!({ "kinds": ["article.corrected"] })).await;
    press.story("urn:x:a").slug("a").topics(["grain"]).await;
    press.story("urn:x:b").slug("b").topics(["war"]).await;
    press.story("urn:x:c").slug("c").topics(["war", "grain"]).await;
    press.story("urn:x:c").topics(["war"]).await;
    let correction = json!({ "text": "It was another.", "article": { "headline": "B" } });
    press.post("/v1/articles/b/correct", &correction).await.expect(200);
    cancel(&press, "a").await;
    let told = taken(&grain, 4).await;
    let wanted = [
        "article.published urn:x:a",
        "article.published urn:x:c",
        "article.updated urn:x:c",
        "article.canceled urn:x:a",
    ];
    assert_eq!(told, wanted);
    assert_eq!(grain.received()[2].json()["data"]["action"], "remove");
    assert_eq!(
        taken(&kinds, 2).await,
        ["article.corrected urn:x:b", "article.canceled urn:x:a"]
    );
}

async fn from_a_cursor(press: Press) {
    for n in 0..30 {
        press.story(&format!("urn:x:{n}")).await;
    }
    let wire = press.get("/v1/wire?limit=28").await.expect(200).json();
    let (behind, all) = (Receiver::start().await, Receiver::start().await);
    add(&press, &behind, json!({ "after": wire["next"] })).await;
    add(&press, &all, json!({ "after": "oldest" })).await;
    assert_eq!(
        taken(&behind, 2).await,
        ["article.published urn:x:28", "article.published urn:x:29"]
    );
    assert_eq!(taken(&all, 30).await.len(), 30);
    // What comes in a row goes over one connection as long as that lasts.
    assert!(all.connections() < 30, "{}", all.connections());
}

async fn by_right(press: Press) {
    press.topic("grain", "Grain", None).await;
    let channel = json!({ "name": "Grain", "selection": { "topics": ["grain"] } });
    press.put("/v1/channels/grain", &channel).await.expect(201);
    let partner = json!({ "name": "Example" });
    press.put("/v1/partners/example", &partner).await.expect(201);
    let given = "/v1/partners/example/channels/grain";
    press.put(given, &json!({})).await.expect(204);
    let key = press
        .post("/v1/partners/example/keys", &json!({ "name": "Site" }))
        .await;
    let key = key.expect(201).json()["secret"].as_str().unwrap().to_owned();
    let receiver = Receiver::start().await;
    let body = json!({ "url": receiver.url(), "channels": ["grain"] });
    press.post("/v1/webhooks", &body).key(&key).await.expect(201);
    press.story("urn:x:secret").topics([]).await;
    press.story("urn:x:a").slug("a").topics(["grain"]).await;
    assert_eq!(taken(&receiver, 1).await, ["article.published urn:x:a"]);
    press.delete(given).await.expect(204);
    let left = received(&receiver, 2).await[1].json();
    assert_eq!(
        (&left["type"], &left["data"]["action"]),
        (&json!("article.left"), &json!("remove"))
    );
    press.story("urn:x:a").headline("New").topics(["grain"]).await;
    press.put(given, &json!({})).await.expect(204);
    let entered = received(&receiver, 3).await[2].json();
    assert_eq!(
        (&entered["type"], &entered["data"]["article"]["headline"]),
        (&json!("article.entered"), &json!("New"))
    );
    assert_eq!(receiver.received().len(), 3);
}

async fn disabled(press: Press) {
    let partner = |disabled: bool| json!({ "name": "Example", "disabled": disabled });
    press.put("/v1/partners/example", &partner(false)).await.expect(201);
    let receiver = Receiver::start().await;
    let hook = add(&press, &receiver, json!({ "partner": "example" })).await;
    press.story("urn:x:a").await;
    taken(&receiver, 1).await;
    press.put("/v1/partners/example", &partner(true)).await.expect(200);
    press.story("urn:x:b").await;
    let other = Receiver::start().await;
    add(&press, &other, json!({ "after": "oldest" })).await;
    taken(&other, 2).await;
    assert_eq!(receiver.received().len(), 1);
    press.put("/v1/partners/example", &partner(false)).await.expect(200);
    assert_eq!(taken(&receiver, 2).await[1], "article.published urn:x:b");
    // With him goes what was his.
    press.delete("/v1/partners/example").await.expect(204);
    press.get(&hook.path("")).admin().await.expect(404);
}

async fn rotated(press: Press) {
    let receiver = Receiver::start().await;
    let hook = add(&press, &receiver, json!({})).await;
    let rotate = json!({ "overlapSeconds": 60 });
    let rotated = press
        .post(&hook.path("/rotate-secret"), &rotate)
        .await
        .expect(200)
        .json();
    let new = rotated["secret"].as_str().unwrap().to_owned();
    assert_ne!(new, hook.secret);
    press.story("urn:x:a").await;
    let both = received(&receiver, 1).await[0].clone();
    assert!(both.is_signed_with(&hook.secret) && both.is_signed_with(&new));
    press.clock.advance(jiff::SignedDuration::from_secs(61));
    press.story("urn:x:b").await;
    let one = received(&receiver, 2).await[1].clone();
    assert!(!one.is_signed_with(&hook.secret) && one.is_signed_with(&new));
    let wrong = press
        .post(&hook.path("/rotate-secret"), &json!({ "overlapSeconds": -1 }))
        .await;
    assert_eq!(wrong.expect(422).json()["errors"][0]["field"], "overlapSeconds");
}

async fn started_again(press: Press) {
    let receiver = Receiver::start().await;
    let hook = add(&press, &receiver, json!({})).await;
    press.story("urn:x:a").await;
    taken(&receiver, 1).await;
    press.close().await;
    press.open().await;
    press.story("urn:x:b").await;
    assert_eq!(
        taken(&receiver, 2).await,
        ["article.published urn:x:a", "article.published urn:x:b"]
    );
    until_some(async || (hook.attempts(&press).await.len() == 2).then_some(())).await;
    assert_eq!(receiver.received().len(), 2);
}

async fn each_his_own(press: Press) {
    use crate::channels::{channel, grant, partner};
    channel(&press, "news", json!({ "genres": ["News"] })).await;
    channel(&press, "features", json!({ "genres": ["Feature"] })).await;
    let mut told = Vec::new();
    for (slug, channels) in [("much", &["news", "features"][..]), ("little", &["news"])] {
        partner(&press, slug).await;
        for channel in channels {
            grant(&press, slug, channel).await;
        }
        let receiver = Receiver::start().await;
        add(&press, &receiver, json!({ "partner": slug })).await;
        told.push(receiver);
    }
    press.story("urn:x:a").with("genre", "News").await;
    let moved = press.story("urn:x:a").with("genre", "Feature");
    moved.headline("Hidden").await;
    let (much, little) = (received(&told[0], 2).await, received(&told[1], 2).await);
    let action = |r: &super::Received| r.json()["data"]["action"].take();
    assert_eq!(
        (action(&much[1]), action(&little[1])),
        (json!("update"), json!("remove"))
    );
    let shows = |r: &super::Received| String::from_utf8_lossy(&r.bytes).contains("Hidden");
    assert_eq!((shows(&much[1]), shows(&little[1])), (true, false));
}
