//! By GraphQL: the same as by REST.

use serde_json::{Value, json};

use super::receiver::{Receiver, Reply};
use super::{Hook, received, taken};
use crate::moves::{until, until_some};
use crate::press::{Ask, Press};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "by GraphQL a webhook is put in, read, changed, paused, resumed, tested and removed",
            administered,
        ),
        test("by GraphQL a webhook's secret is followed by another", rotated),
        test("by GraphQL changes are sent once more", sent_again),
        test(
            "by GraphQL, too, a partner looks after his own webhooks and knows of no others",
            own,
        ),
        test("GraphQL refuses what REST refuses, with the same codes", refused),
        test(
            "by GraphQL, too, a webhook that is put in again with its Idempotency-Key is one",
            repeated,
        ),
    ]
}

const ADD: &str = "mutation($input: AddWebhookInput!) { addWebhook(input: $input) {
    webhook { id partner url about channels topics kinds payload state notice version } secret userErrors { field code } } }";
const CHANGE: &str = "mutation($input: ChangeWebhookInput!) { changeWebhook(input: $input) {
    webhook { topics about channels version } userErrors { field code } } }";
const HEALTH: &str = "query($id: ID!) { webhook(id: $id) { state lag lastOk lastTried failures failingSince lastError next
    successRate created attempts(first: 100) { id message at manner kind articleId number tookMs delivered status error answer } } }";

/// A mutation of one webhook by its id, and what is asked of its payload.
async fn change(ask: impl Fn(&str, Value) -> Ask, name: &str, arguments: &str, id: &str) -> Value {
    let document = format!(
        "mutation($id: ID!) {{ {name}(id: $id{arguments}) {{ webhook {{ state version }} userErrors {{ field code }} }} }}"
    );
    ask(&document, json!({ "id": id })).await.data()[name].take()
}

async fn add(press: &Press, receiver: &Receiver) -> Hook {
    let input = json!({ "input": { "url": receiver.url() } });
    let made = press.graphql(ADD, input).admin().await.data()["addWebhook"].take();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Hook {
        id: text(&made["webhook"]["id"]),
        secret: text(&made["secret"]),
    }
}

async fn administered(press: Press) {
    let ask = |document: &str, variables: Value| press.graphql(document, variables).admin();
    press.topic("grain", "Grain", None).await;
    crate::channels::channel(&press, "all", json!({})).await;
    press
        .put("/v1/partners/example", &json!({ "name": "Example" }))
        .await
        .expect(201);
    crate::channels::grant(&press, "example", "all").await;
    let receiver = Receiver::start().await;
    let said = json!({
        "partner": "example", "url": receiver.url(), "about": "The site", "channels": ["all"], "topics": ["grain"],
        "kinds": ["ARTICLE_PUBLISHED"], "payload": "META",
    });
    let made = ask(ADD, json!({ "input": said })).await.data()["addWebhook"].take();
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    let webhook = &made["webhook"];
    for (field, value) in said.as_object().unwrap() {
        assert_eq!(&webhook[field], value, "{field}");
    }
    assert_eq!((&webhook["state"], &webhook["version"]), (&json!("ACTIVE"), &json!(1)));
    let id = webhook["id"].as_str().unwrap();
    // REST says the same of it.
    let rest = press
        .get(&format!("/v1/webhooks/{id}"))
        .admin()
        .await
        .expect(200)
        .json();
    for field in ["partner", "url", "about", "channels", "topics", "version"] {
        assert_eq!(rest[field], webhook[field], "{field}");
    }
    assert_eq!(
        (&rest["kinds"], &rest["payload"]),
        (&json!(["article.published"]), &json!("meta"))
    );
    let list = "{ webhooks { id } of: webhooks(partner: \"example\") { id secretless: url } }";
    let list = ask(list, json!({})).await.data();
    assert_eq!(
        (&list["webhooks"][0]["id"], &list["of"][0]["id"]),
        (&json!(id), &json!(id))
    );

    let input = |version: i64| json!({ "input": { "id": id, "ifVersion": version, "topics": [], "about": "" } });
    let stale = ask(CHANGE, input(7)).await.data()["changeWebhook"].take();
    assert_eq!(stale["userErrors"][0]["code"], "STALE_VERSION");
    let changed = ask(CHANGE, input(1)).await.data()["changeWebhook"]["webhook"].take();
    let wanted = json!({ "topics": [], "about": null, "channels": ["all"], "version": 2 });
    assert_eq!(changed, wanted);

    let paused = change(ask, "pauseWebhook", "", id).await;
    assert_eq!(paused["webhook"], json!({ "state": "PAUSED", "version": 3 }));
    let again = change(ask, "resendWebhook", ", message: \"msg_nonsense\"", id).await;
    assert_eq!(again["userErrors"][0]["field"], "message");
    press.story("urn:x:a").await;
    let resumed = change(ask, "resumeWebhook", "", id).await;
    assert_eq!(resumed["webhook"], json!({ "state": "ACTIVE", "version": 4 }));
    taken(&receiver, 1).await;
    let health = until_some(async || {
        let now = ask(HEALTH, json!({ "id": id })).await.data()["webhook"].take();
        let known = now["attempts"].as_array().unwrap().len() == 1 && now["successRate"] == 1.0;
        known.then_some(now)
    })
    .await;
    assert_eq!(
        (
            &health["successRate"],
            &health["failures"],
            &health["lag"],
            &health["lastError"]
        ),
        (&json!(1.0), &json!(0), &json!(0), &Value::Null)
    );
    let sent = &health["attempts"][0];
    assert_eq!(sent["message"], received(&receiver, 1).await[0].id());
    assert_eq!(
        (&sent["kind"], &sent["manner"]),
        (&json!("article.published"), &json!("DELIVERY"))
    );

    receiver.answers(|_| Reply::With(418, "x-kind", "teapot".to_owned()));
    let test = "mutation($id: ID!) { testWebhook(id: $id) { attempt { kind status delivered error answer message } userErrors { code } } }";
    let tested = ask(test, json!({ "id": id })).await.data()["testWebhook"].take();
    let wanted = json!({
        "kind": "webhook.test", "status": 418, "delivered": false, "error": "it answered 418", "answer": "told", "message": null,
    });
    assert_eq!((&tested["attempt"], &tested["userErrors"]), (&wanted, &json!([])));

    let delete =
        "mutation($id: ID!, $v: Int) { deleteWebhook(id: $id, ifVersion: $v) { deleted userErrors { code } } }";
    let removed = async |version: Value| {
        let variables = json!({ "id": id, "v": version });
        ask(delete, variables).await.data()["deleteWebhook"].take()
    };
    assert_eq!(removed(json!(1)).await["userErrors"][0]["code"], "STALE_VERSION");
    assert_eq!(removed(Value::Null).await, json!({ "deleted": true, "userErrors": [] }));
    assert_eq!(removed(Value::Null).await["userErrors"][0]["code"], "NOT_FOUND");
    assert_eq!(ask(HEALTH, json!({ "id": id })).await.data()["webhook"], Value::Null);
}

async fn rotated(press: Press) {
    let receiver = Receiver::start().await;
    let hook = add(&press, &receiver).await;
    let rotate = "mutation($id: ID!, $s: Int) { rotateWebhookSecret(id: $id, overlapSeconds: $s) {
        webhook { version } secret userErrors { field code } } }";
    let ask = async |seconds: Value| {
        let variables = json!({ "id": hook.id, "s": seconds });
        press.graphql(rotate, variables).admin().await.data()["rotateWebhookSecret"].take()
    };
    let wrong = ask(json!(-1)).await;
    assert_eq!(
        wrong["userErrors"],
        json!([{ "field": "overlapSeconds", "code": "OUT_OF_RANGE" }])
    );
    let new = ask(json!(60)).await["secret"].as_str().unwrap().to_owned();
    press.story("urn:x:a").await;
    let both = received(&receiver, 1).await[0].clone();
    assert!(both.is_signed_with(&hook.secret) && both.is_signed_with(&new));
    press.clock.advance(jiff::SignedDuration::from_secs(61));
    press.story("urn:x:b").await;
    let one = received(&receiver, 2).await[1].clone();
    assert!(!one.is_signed_with(&hook.secret) && one.is_signed_with(&new));
}

async fn sent_again(press: Press) {
    let ask = |document: &str, variables: Value| press.graphql(document, variables).admin();
    let receiver = Receiver::start().await;
    let hook = add(&press, &receiver).await;
    for n in 0..3 {
        press.story(&format!("urn:x:{n}")).await;
    }
    let first = received(&receiver, 3).await;
    let message = format!(", message: \"{}\"", first[1].id());
    let done = change(ask, "resendWebhook", &message, &hook.id).await;
    assert_eq!(done["userErrors"], json!([]));
    assert_eq!(received(&receiver, 4).await[3].id(), first[1].id());
    until(4, async || hook.attempts(&press).await.len()).await;
    let after = format!(", after: {}", first[0].json()["data"]["cursor"]);
    let done = change(ask, "rewindWebhook", &after, &hook.id).await;
    assert_eq!(done["userErrors"], json!([]));
    let all = received(&receiver, 6).await;
    let ids: Vec<&str> = all.iter().skip(4).map(|r| r.id()).collect();
    assert_eq!(ids, [first[1].id(), first[2].id()]);
    // Attempts come in pages.
    let page =
        "query($id: ID!, $n: Int, $after: ID) { webhook(id: $id) { attempts(first: $n, after: $after) { id } } }";
    let ids = async |n: i64, after: Value| {
        let variables = json!({ "id": hook.id, "n": n, "after": after });
        ask(page, variables).await.data()["webhook"]["attempts"]
            .as_array()
            .unwrap()
            .clone()
    };
    until(6, async || ids(100, Value::Null).await.len()).await;
    let whole = ids(100, Value::Null).await;
    let rest = ids(4, whole[3]["id"].clone()).await;
    assert_eq!([ids(4, Value::Null).await, rest].concat(), whole);
    for (n, after, code) in [
        (101, Value::Null, "INVALID_PARAMETER"),
        (5, json!("nonsense"), "INVALID_PARAMETER"),
    ] {
        let answer = ask(page, json!({ "id": hook.id, "n": n, "after": after })).await.json();
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
    }
}

async fn own(press: Press) {
    let one = crate::channels::partner(&press, "one").await;
    let two = crate::channels::partner(&press, "two").await;
    let receiver = Receiver::start().await;
    let input = |more: Value| {
        let mut input = json!({ "url": receiver.url() });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "input": input })
    };
    let made = press.graphql(ADD, input(json!({}))).key(&one).await.data()["addWebhook"].take();
    assert_eq!(made["webhook"]["partner"], "one");
    let id = made["webhook"]["id"].as_str().unwrap();
    let list = async |key: &str| {
        let data = press.graphql("{ webhooks { id } }", json!({})).key(key).await.data();
        data["webhooks"].as_array().unwrap().len()
    };
    assert_eq!((list(&one).await, list(&two).await), (1, 0));
    let seen =
        async |key: &str| press.graphql(HEALTH, json!({ "id": id })).key(key).await.data()["webhook"].is_object();
    assert_eq!((seen(&one).await, seen(&two).await), (true, false));
    let stranger = |document: &str, variables: Value| press.graphql(document, variables).key(&two);
    for (name, arguments) in [
        ("pauseWebhook", ""),
        ("resumeWebhook", ""),
        ("rotateWebhookSecret", ""),
        ("rewindWebhook", ", after: \"oldest\""),
    ] {
        let told = change(stranger, name, arguments, id).await;
        assert_eq!(
            (&told["webhook"], &told["userErrors"][0]["code"]),
            (&Value::Null, &json!("NOT_FOUND")),
            "{name}"
        );
    }
    let told = stranger(CHANGE, json!({ "input": { "id": id, "about": "Mine" } }))
        .await
        .data()["changeWebhook"]
        .take();
    assert_eq!(told["userErrors"][0]["code"], "NOT_FOUND");
    let document = format!(
        "mutation {{ testWebhook(id: \"{id}\") {{ userErrors {{ code }} }} deleteWebhook(id: \"{id}\") {{ deleted }} }}"
    );
    let told = stranger(&document, json!({})).await.data();
    assert_eq!(told["testWebhook"]["userErrors"][0]["code"], "NOT_FOUND");
    assert_eq!(told["deleteWebhook"]["deleted"], false);
    let told = press
        .graphql(ADD, input(json!({ "partner": "one" })))
        .key(&two)
        .await
        .data()["addWebhook"]
        .take();
    assert_eq!(
        told["userErrors"],
        json!([{ "field": "partner", "code": "UNKNOWN_PARTNER" }])
    );
    let told = press
        .graphql("{ webhooks(partner: \"two\") { id } }", json!({}))
        .key(&one)
        .await
        .json();
    assert_eq!(told["errors"][0]["extensions"]["code"], "NOT_FOUND", "{told}");
    assert_eq!(received(&receiver, 0).await.len(), 0);
}

async fn refused(press: Press) {
    let body = json!({ "url": "nowhere", "about": "a\nb", "channels": ["none"], "topics": ["none"] });
    let rest = press.post("/v1/webhooks", &body).await.expect(422).json();
    let told = press.graphql(ADD, json!({ "input": body })).admin().await.data()["addWebhook"]["userErrors"].take();
    let same: Vec<Value> = rest["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| json!({ "field": fault["field"], "code": fault["code"].as_str().unwrap().to_uppercase() }))
        .collect();
    assert_eq!((told, same.len()), (json!(same), 4));
    // What is none of the words is no document of this schema.
    for (field, word) in [("kinds", "[ARTICLE_EXPLODED]"), ("payload", "SOME")] {
        let document = format!(
            "mutation {{ addWebhook(input: {{ url: \"https://a.example/\", {field}: {word} }}) {{ secret }} }}"
        );
        let told = press.graphql(&document, json!({})).admin().await.json();
        assert_eq!(
            told["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED",
            "{told}"
        );
    }
    let receiver = Receiver::start().await;
    let input = json!({ "input": { "url": receiver.url(), "after": "nonsense" } });
    let told = press.graphql(ADD, input).admin().await.data()["addWebhook"].take();
    assert_eq!(told["userErrors"][0]["field"], "after");

    // A browser's key stands in a page; a reader's key is nobody's; nobody has none.
    press
        .put("/v1/partners/one", &json!({ "name": "One" }))
        .await
        .expect(201);
    let site = json!({ "name": "Page", "origins": ["https://www.example.com"] });
    let page = press.post("/v1/partners/one/keys", &site).await.expect(201).json();
    let house = press
        .post("/v1/keys", &json!({ "name": "House", "scope": "publish" }))
        .await
        .expect(201)
        .json();
    let add = format!(
        "mutation {{ addWebhook(input: {{ url: \"{}\" }}) {{ secret }} }}",
        receiver.url()
    );
    for document in ["{ webhooks { id } }", "{ webhook(id: \"a\") { id } }", &add] {
        let ask = || press.graphql(document, json!({}));
        let browser = ask()
            .key(page["secret"].as_str().unwrap())
            .header("origin", "https://www.example.com");
        for (ask, code) in [
            (ask(), "KEY_REQUIRED"),
            (ask().key(house["secret"].as_str().unwrap()), "SCOPE_REQUIRED"),
            (browser, "SCOPE_REQUIRED"),
        ] {
            let told = ask.await.json();
            assert_eq!(told["errors"][0]["extensions"]["code"], code, "{document}: {told}");
        }
    }
}

async fn repeated(press: Press) {
    let receiver = Receiver::start().await;
    let ask = || {
        let input = json!({ "input": { "url": receiver.url() } });
        press.graphql(ADD, input).admin().header("idempotency-key", "\"one\"")
    };
    let first = ask().await.data()["addWebhook"].take();
    let second = ask().await.data()["addWebhook"].take();
    assert_eq!(
        (&second["webhook"]["id"], &second["secret"]),
        (&first["webhook"]["id"], &Value::Null)
    );
    let all = press.get("/v1/webhooks").admin().await.expect(200).json();
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
}
