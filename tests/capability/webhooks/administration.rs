//! By REST.

use reqwest::Method;
use serde_json::{Value, json};

use super::receiver::{Receiver, Reply};
use super::{add, received, taken};
use crate::moves::until_some;
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a webhook is put in, read, changed, paused, resumed and removed",
            administered,
        ),
        test("what is wrong with a webhook is said field by field", wrong),
        test(
            "a webhook that is put in again with its Idempotency-Key is one webhook",
            repeated,
        ),
        test(
            "a partner's key looks after his own webhooks and knows of no others",
            own,
        ),
        test("a partner has fifty webhooks and no more", fifty),
        test("a partner's webhook follows no channel that he may not see", unseen).set("access.public", "\"channels\""),
        test("a test message is posted at once, and its answer shown", tested),
        test(
            "one change can be sent once more, and everything behind a cursor",
            sent_again,
        ),
    ]
}

async fn administered(press: Press) {
    press.topic("grain", "Grain", None).await;
    let channel = json!({ "name": "All", "public": true });
    press.put("/v1/channels/all", &channel).await.expect(201);
    let partner = json!({ "name": "Example" });
    press.put("/v1/partners/example", &partner).await.expect(201);
    let receiver = Receiver::start().await;
    let all = json!({
        "partner": "example", "url": receiver.url(), "about": "The site", "channels": ["all"], "topics": ["grain"],
        "kinds": ["article.published"], "payload": "meta",
    });
    let made = press.post("/v1/webhooks", &all).await.expect(201);
    let new = made.json();
    let path = format!("/v1/webhooks/{}", new["id"].as_str().unwrap());
    assert_eq!((made.header("location"), made.etag()), (path.as_str(), "\"v1\""));
    assert!(new["secret"].as_str().unwrap().starts_with("whsec_"));
    let now = press.get(&path).admin().await.expect(200).json();
    for (field, value) in all.as_object().unwrap() {
        assert_eq!(&now[field], value, "{field}");
    }
    assert_eq!((&now["state"], &now["notice"]), (&json!("active"), &Value::Null));
    assert!(now.get("secret").is_none());
    assert_eq!(
        press
            .get("/v1/webhooks?partner=example")
            .admin()
            .await
            .expect(200)
            .json(),
        json!({ "items": [now] })
    );
    let change = json!({ "topics": [], "about": "", "payload": "full" });
    let changed = press.ask(Method::PATCH, &path).admin().json(&change);
    changed.header("if-match", "\"v7\"").await.expect(412);
    let changed = press.ask(Method::PATCH, &path).admin().json(&change);
    let changed = changed.header("if-match", "\"v1\"").await.expect(200).json();
    assert_eq!(
        (
            &changed["topics"],
            &changed["about"],
            &changed["channels"],
            &changed["version"]
        ),
        (&json!([]), &Value::Null, &json!(["all"]), &json!(2))
    );
    let paused = press
        .post(&format!("{path}/pause"), &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(paused["state"], "paused");
    press.story("urn:x:a").await;
    let resumed = press
        .post(&format!("{path}/resume"), &json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(resumed["state"], "active");
    taken(&receiver, 1).await;
    press.delete(&path).header("if-match", "\"v1\"").await.expect(412);
    press.delete(&path).await.expect(204);
    press.delete(&path).await.expect(404);
    press.get(&path).admin().await.expect(404);
    press.get("/v1/webhooks/nonsense").admin().await.expect(404);
    press.get("/v1/webhooks?partner=nobody").admin().await.expect(404);
}

async fn wrong(press: Press) {
    let body = json!({
        "url": "nowhere", "about": "a\nb", "channels": ["none"], "topics": ["none"], "kinds": ["article.exploded"],
        "payload": "some",
    });
    let answer = press.post("/v1/webhooks", &body).await.expect(422).json();
    let told: Vec<(&str, &str)> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| (fault["field"].as_str().unwrap(), fault["code"].as_str().unwrap()))
        .collect();
    let wanted = [
        ("url", "invalid_url"),
        ("about", "too_long"),
        ("channels[0]", "unknown_channel"),
        ("topics[0]", "unknown_topic"),
        ("kinds[0]", "invalid_value"),
        ("payload", "invalid_value"),
    ];
    assert_eq!(told, wanted);
    let receiver = Receiver::start().await;
    let body = json!({ "url": receiver.url(), "partner": "nobody" });
    let answer = press.post("/v1/webhooks", &body).await.expect(422).json();
    assert_eq!(answer["errors"][0]["field"], "partner");
    let body = json!({ "url": receiver.url(), "after": "nonsense" });
    press.post("/v1/webhooks", &body).await.expect(400);
}

async fn repeated(press: Press) {
    let receiver = Receiver::start().await;
    let body = json!({ "url": receiver.url() });
    let ask = || press.post("/v1/webhooks", &body).header("idempotency-key", "\"one\"");
    let first = ask().await.expect(201).json();
    let second = ask().await.expect(201).json();
    assert_eq!((&second["id"], &second["secret"]), (&first["id"], &Value::Null));
    let all = press.get("/v1/webhooks").admin().await.expect(200).json();
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
}

async fn own(press: Press) {
    let mut keys = Vec::new();
    for slug in ["one", "two"] {
        let partner = json!({ "name": slug });
        press.put(&format!("/v1/partners/{slug}"), &partner).await.expect(201);
        let path = format!("/v1/partners/{slug}/keys");
        let key = press.post(&path, &json!({ "name": "Site" })).await.expect(201).json();
        keys.push(key["secret"].as_str().unwrap().to_owned());
    }
    let receiver = Receiver::start().await;
    let body = json!({ "url": receiver.url() });
    let new = press.post("/v1/webhooks", &body).key(&keys[0]).await.expect(201).json();
    assert_eq!(new["partner"], "one");
    let path = format!("/v1/webhooks/{}", new["id"].as_str().unwrap());
    let items = async |key: &str| {
        let list = press.get("/v1/webhooks").key(key).await.expect(200).json();
        list["items"].as_array().unwrap().len()
    };
    assert_eq!((items(&keys[0]).await, items(&keys[1]).await), (1, 0));
    press.get(&path).key(&keys[0]).await.expect(200);
    press.get(&path).key(&keys[1]).await.expect(404);
    press.get("/v1/webhooks?partner=two").key(&keys[0]).await.expect(404);
    for rest in ["/test", "/pause", "/resume", "/rotate-secret"] {
        let ask = press.post(&format!("{path}{rest}"), &json!({}));
        ask.key(&keys[1]).await.expect(404);
    }
    press.delete(&path).key(&keys[1]).await.expect(404);
    let body = json!({ "url": receiver.url(), "partner": "one" });
    press.post("/v1/webhooks", &body).key(&keys[1]).await.expect(422);
    // A browser's key stands in a page, a reader's key is nobody's.
    let site = json!({ "name": "Page", "origins": ["https://www.example.com"] });
    let page = press.post("/v1/partners/one/keys", &site).await.expect(201).json();
    let page = page["secret"].as_str().unwrap();
    let ask = press.get("/v1/webhooks").key(page);
    ask.header("origin", "https://www.example.com").await.expect(403);
    let key = json!({ "name": "House", "scope": "publish" });
    let house = press.post("/v1/keys", &key).await.expect(201).json();
    press
        .get("/v1/webhooks")
        .key(house["secret"].as_str().unwrap())
        .await
        .expect(403);
    press.get("/v1/webhooks").await.expect(401);
}

async fn fifty(press: Press) {
    let key = crate::channels::partner(&press, "one").await;
    let receiver = Receiver::start().await;
    let body = json!({ "url": receiver.url() });
    for _ in 0..50 {
        press.post("/v1/webhooks", &body).key(&key).await.expect(201);
    }
    let answer = press.post("/v1/webhooks", &body).key(&key).await.expect(409);
    assert_eq!(answer.json()["code"], "too_many_endpoints");
    // The house's own are not counted.
    press.post("/v1/webhooks", &body).await.expect(201);
}

async fn unseen(press: Press) {
    use crate::channels::{channel, grant, partner};
    let key = partner(&press, "one").await;
    channel(&press, "his", json!({ "genres": ["News"] })).await;
    channel(&press, "others", json!({ "genres": ["Feature"] })).await;
    grant(&press, "one", "his").await;
    let receiver = Receiver::start().await;
    let ask = async |channel: &str| {
        let body = json!({ "url": receiver.url(), "channels": [channel] });
        press.post("/v1/webhooks", &body).key(&key).await
    };
    ask("his").await.expect(201);
    let (others, none) = (
        ask("others").await.expect(422).json(),
        ask("none").await.expect(422).json(),
    );
    assert_eq!(others["errors"][0]["code"], "unknown_channel");
    assert_eq!(others, none);
}

async fn tested(press: Press) {
    let receiver = Receiver::that(|_| Reply::With(418, "x-kind", "teapot".to_owned())).await;
    let hook = add(&press, &receiver, json!({})).await;
    press.post(&hook.path("/pause"), &json!({})).await.expect(200);
    let tried = press.post(&hook.path("/test"), &json!({})).await.expect(200).json();
    for (field, value) in [
        ("manner", json!("test")),
        ("type", json!("webhook.test")),
        ("status", json!(418)),
        ("delivered", json!(false)),
        ("error", json!("it answered 418")),
        ("answer", json!("told")),
        ("message", Value::Null),
    ] {
        assert_eq!(tried[field], value, "{field}");
    }
    let sent = received(&receiver, 1).await[0].clone();
    assert!(sent.is_signed_with(&hook.secret));
    assert_eq!(sent.json()["type"], "webhook.test");
    assert_eq!(hook.attempts(&press).await[0], tried);
}

async fn sent_again(press: Press) {
    let receiver = Receiver::start().await;
    let hook = add(&press, &receiver, json!({})).await;
    for n in 0..3 {
        press.story(&format!("urn:x:{n}")).await;
    }
    let first = received(&receiver, 3).await;
    let resend = async |body: Value| press.post(&hook.path("/resend"), &body).await;
    resend(json!({ "message": first[1].id() })).await.expect(200);
    let again = received(&receiver, 4).await[3].clone();
    assert_eq!((again.id(), again.brief()), (first[1].id(), first[1].brief()));
    let attempts = until_some(async || Some(hook.attempts(&press).await).filter(|a| a.len() == 4)).await;
    assert_eq!(
        (&attempts[0]["manner"], &attempts[0]["message"]),
        (&json!("resend"), &json!(again.id()))
    );
    let cursor = first[0].json()["data"]["cursor"].clone();
    resend(json!({ "after": cursor })).await.expect(200);
    let all = received(&receiver, 6).await;
    let ids: Vec<&str> = all.iter().skip(4).map(|r| r.id()).collect();
    assert_eq!(ids, [first[1].id(), first[2].id()]);
    resend(json!({ "message": "msg_nonsense" })).await.expect(422);
    resend(json!({})).await.expect(422);
    resend(json!({ "message": first[0].id(), "after": "oldest" }))
        .await
        .expect(422);
    // Attempts come in pages.
    until_some(async || Some(hook.attempts(&press).await).filter(|a| a.len() == 6)).await;
    let page = press
        .get(&hook.path("/attempts?limit=4"))
        .admin()
        .await
        .expect(200)
        .json();
    let next = page["next"].as_str().unwrap();
    let rest = press
        .get(&hook.path(&format!("/attempts?limit=4&before={next}")))
        .admin();
    let rest = rest.await.expect(200).json();
    assert_eq!(
        (rest["items"].as_array().unwrap().len(), &rest["next"]),
        (2, &Value::Null)
    );
    press.post(&hook.path("/pause"), &json!({})).await.expect(200);
    resend(json!({ "message": first[0].id() })).await.expect(409);
}
