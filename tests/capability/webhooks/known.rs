//! What was posted is known: to the auditor, and to the publisher who cancels it.

use serde_json::{Value, json};

use super::receiver::{Receiver, Reply};
use super::{add, cancel, received};
use crate::channels;
use crate::moves::{until, until_some};
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "what is posted to a webhook stands in the audit, as JSON and as CSV",
            audited,
        ),
        test(
            "what never left the house, or shows no text, is not in the audit",
            not_audited,
        ),
        test(
            "the publisher sees which webhooks were told of a cancellation, and which still have to be",
            receipts,
        ),
        test(
            "where reading is by right, a partner who was posted the story is named, also when he has lost the right",
            by_right,
        )
        .set("access.public", "\"channels\""),
        test("what a killed server posted last is known after all", killed).doors_closed(),
    ]
}

async fn usage(press: &Press, path: &str) -> Vec<Value> {
    let page = press.get(path).admin().await.expect(200).json();
    page["items"].as_array().unwrap().clone()
}

async fn audited(press: Press) {
    channels::partner(&press, "times").await;
    // Who answers 500 has it all the same.
    let receiver = Receiver::that(|_| Reply::Status(500)).await;
    let hook = add(&press, &receiver, json!({ "partner": "times" })).await;
    let own = Receiver::start().await;
    let house = add(&press, &own, json!({})).await;
    let put = press.story("urn:x:a").await;
    received(&receiver, 1).await;
    received(&own, 1).await;
    let path = "/v1/partners/times/usage";
    let items = until_some(async || Some(usage(&press, path).await).filter(|items| !items.is_empty())).await;
    let host = receiver.url().replace("http://", "").replace("/hook", "");
    let wanted = json!({
        "keyId": hook.id, "keyName": format!("webhook {host}"), "articleId": put.id, "uri": "urn:x:a", "advance": false,
        "reads": 1,
    });
    assert_eq!(items.len(), 1);
    for (field, value) in wanted.as_object().unwrap() {
        assert_eq!(&items[0][field], value, "{field}");
    }
    let csv = press.get(path).admin().header("accept", "text/csv").await.expect(200);
    let line = csv.text().lines().nth(1).unwrap().to_owned();
    assert!(
        line.contains(&format!(",{},webhook {host},{},urn:x:a,", hook.id, put.id)),
        "{line}"
    );
    // The house's own is nobody's, and is asked for by its id.
    let path = format!("/v1/keys/{}/usage", house.id);
    until(1, async || usage(&press, &path).await.len()).await;
    // It outlives the webhook.
    press.delete(&hook.path("")).await.expect(204);
    let items = usage(&press, "/v1/partners/times/usage").await;
    assert_eq!(
        (&items[0]["keyId"], &items[0]["keyName"]),
        (&json!(hook.id), &Value::Null)
    );
}

async fn not_audited(press: Press) {
    channels::partner(&press, "times").await;
    let receiver = Receiver::start().await;
    add(&press, &receiver, json!({ "partner": "times", "payload": "id" })).await;
    let gone = Receiver::start().await;
    let nobody = add(&press, &gone, json!({ "partner": "times" })).await;
    drop(gone);
    press.story("urn:x:a").await;
    received(&receiver, 1).await;
    until(json!(1), async || nobody.now(&press).await["health"]["failures"].take()).await;
    assert_eq!(usage(&press, "/v1/partners/times/usage").await, Vec::<Value>::new());
}

/// The state of each webhook's receipt, by its id.
async fn states(press: &crate::press::Doors, slug: &str) -> Vec<(String, String)> {
    let path = format!("/v1/articles/{slug}/receipts");
    let receipts = press.get(&path).admin().await.expect(200).json();
    let items = receipts["items"].as_array().unwrap().iter();
    let webhooks = items.filter(|item| item["name"].as_str().unwrap().starts_with("webhook "));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    webhooks
        .map(|item| (text(&item["keyId"]), text(&item["state"])))
        .collect()
}

async fn receipts(press: Press) {
    channels::partner(&press, "times").await;
    let well = Receiver::start().await;
    let told = add(&press, &well, json!({ "partner": "times" })).await;
    let busy = Receiver::start().await;
    let waiting = add(&press, &busy, json!({})).await;
    press.story("urn:x:a").slug("a").await;
    received(&well, 1).await;
    received(&busy, 1).await;
    busy.answers(|_| Reply::Status(503));
    cancel(&press, "a").await;
    received(&busy, 2).await;
    let state = |id: &str, state: &str| (id.to_owned(), state.to_owned());
    until(
        vec![state(&told.id, "told"), state(&waiting.id, "waiting")],
        async || states(&press, "a").await,
    )
    .await;
    busy.answers(|_| Reply::Status(200));
    let next = waiting.now(&press).await["health"]["next"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    press.clock.set(next);
    until(vec![state(&told.id, "told"), state(&waiting.id, "told")], async || {
        states(&press, "a").await
    })
    .await;
    let output = press.command(["wire", "receipts", "--article", "a"]).await.ok();
    assert!(output.contains("webhook "), "{output}");
}

async fn by_right(press: Press) {
    channels::channel(&press, "all", json!({})).await;
    let mut hooks = Vec::new();
    for slug in ["had", "never"] {
        channels::partner(&press, slug).await;
        let receiver = Receiver::start().await;
        let hook = add(&press, &receiver, json!({ "partner": slug })).await;
        hooks.push((hook, receiver));
    }
    channels::grant(&press, "had", "all").await;
    press.story("urn:x:a").slug("a").await;
    let (had, receiver) = &hooks[0];
    received(receiver, 1).await;
    until(1, async || had.attempts(&press).await.len()).await;
    channels::revoke(&press, "had", "all").await;
    cancel(&press, "a").await;
    let named = until_some(async || Some(states(&press, "a").await).filter(|s| !s.is_empty())).await;
    let ids: Vec<&str> = named.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, [had.id.as_str()]);
}

async fn killed(press: Press) {
    let first = press.process().await;
    let receiver = Receiver::start().await;
    let hook = add(&first, &receiver, json!({})).await;
    first
        .put("/v1/articles/urn%3Ax%3Aa", &json!({ "headline": "A", "slug": "a" }))
        .await
        .expect(201);
    received(&receiver, 1).await;
    first.kill().await;
    let second = press.process().await;
    let cancel = json!({ "reason": "It is wrong." });
    second.post("/v1/articles/a/cancel", &cancel).await.expect(200);
    until(vec![(hook.id.clone(), "told".to_owned())], async || {
        states(&second, "a").await
    })
    .await;
    second.terminate().await;
}
