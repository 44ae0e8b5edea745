//! Addresses that only the house can reach: refused where they are put in, and not asked where they become one.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use super::receiver::{Receiver, Reply};
use super::{add, received};
use crate::moves::until_some;
use crate::press::Press;
use crate::runner::{Test, test};

/// With the house's own settings: https, and nothing that is not the world's.
pub fn strict() -> Vec<Test> {
    vec![test(
        "no spelling of an address that only the house can reach is taken, by any door",
        forbidden,
    )]
}

pub fn all() -> Vec<Test> {
    vec![
        test(
            "what is allowed by name is allowed as it is written, and in no other way",
            allowed,
        ),
        test(
            "an address that was taken is not asked any more when it is forbidden",
            forbidden_since,
        )
        .doors_closed(),
        test("where a receiver sends one on to is not asked, whatever it is", sent_on),
    ]
}

/// What `outbound`'s own tests are made with.
fn spellings() -> Vec<String> {
    let text = include_str!("../../../api/src/outbound/forbidden.json");
    let groups: BTreeMap<String, Vec<String>> = serde_json::from_str(text).unwrap();
    groups.into_values().flatten().collect()
}

const ADD: &str =
    "mutation($url: String!) { addWebhook(input: { url: $url }) { webhook { id } userErrors { field code } } }";

async fn forbidden(press: Press) {
    let spellings = spellings();
    assert!(spellings.len() >= 150, "{}", spellings.len());
    let body = json!({ "url": "https://news.example/hook" });
    let taken = press.post("/v1/webhooks", &body).await.expect(201).json();
    let path = format!("/v1/webhooks/{}", taken["id"].as_str().unwrap());
    press.post(&format!("{path}/pause"), &json!({})).await.expect(200);
    for url in &spellings {
        let said = json!({ "url": url });
        for ask in [
            press.post("/v1/webhooks", &said),
            press.ask(Method::PATCH, &path).admin().json(&said),
        ] {
            let answer = ask.await.expect(422).json();
            let fault = &answer["errors"][0];
            assert_eq!(
                (&fault["field"], &fault["code"]),
                (&json!("url"), &json!("invalid_url")),
                "{url}"
            );
            assert!(
                fault["message"].as_str().unwrap().len() > "not allowed: ".len(),
                "{url}"
            );
        }
        let data = press.graphql(ADD, said).admin().await.data();
        let refused = json!({ "webhook": null, "userErrors": [{ "field": "url", "code": "INVALID_URL" }] });
        assert_eq!(data["addWebhook"], refused, "{url}");
    }
    let all = press.get("/v1/webhooks").admin().await.expect(200).json();
    let urls: Vec<&Value> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hook| &hook["url"])
        .collect();
    assert_eq!(urls, ["https://news.example/hook"]);
}

async fn allowed(press: Press) {
    for url in [
        "http://127.0.0.1:28182/",
        "http://10.0.0.1:28182/",
        "http://[::1]:28182/",
        "http://localhost:28182/",
        "http://127.64.0.1/",
        "http://user@127.64.0.1:28182/",
        "ftp://127.64.0.1:28182/",
        "http://0x7f400001:28182/",
        "http://2134900737:28182/",
        "http://127.64.1:28182/",
        "http://127.64.0.1.:28182/",
        "http://[::ffff:127.64.0.1]:28182/",
        "http://[64:ff9b::127.64.0.1]:28182/",
        "http://[2002:7f40:1::]:28182/",
    ] {
        let answer = press.post("/v1/webhooks", &json!({ "url": url })).await;
        assert_eq!(answer.expect(422).json()["errors"][0]["field"], "url", "{url}");
    }
    let receiver = Receiver::start().await;
    add(&press, &receiver, json!({})).await;
}

async fn forbidden_since(press: Press) {
    let allowing = press.process().await;
    let receiver = Receiver::start().await;
    let hook = add(&allowing, &receiver, json!({})).await;
    let put = json!({ "headline": "One" });
    allowing.put("/v1/articles/urn%3Ax%3A1", &put).await.expect(201);
    let before = received(&receiver, 1).await.len();
    allowing.terminate().await;
    let careful = press
        .process_with(&[("DATELINE__OUTBOUND__ALLOW", "".to_owned())])
        .await;
    careful.put("/v1/articles/urn%3Ax%3A2", &put).await.expect(201);
    let now = until_some(async || {
        let now = hook.now(&careful).await;
        (now["health"]["failures"] == 1).then_some(now)
    })
    .await;
    let why = now["health"]["lastError"].as_str().unwrap();
    assert!(why.starts_with("not allowed:"), "{why}");
    assert_eq!((receiver.received().len(), receiver.connections()), (before, 1));
    careful.terminate().await;
}

async fn sent_on(press: Press) {
    let canary = Receiver::start().await;
    for (n, status) in [301, 302, 303, 307, 308].into_iter().enumerate() {
        for (m, to) in [
            canary.url(),
            "http://127.0.0.1:28182/".to_owned(),
            "//169.254.169.254/latest/meta-data/".to_owned(),
            "file:///etc/passwd".to_owned(),
        ]
        .into_iter()
        .enumerate()
        {
            let receiver = Receiver::that(move |_| Reply::With(status, "location", to.clone())).await;
            let hook = add(&press, &receiver, json!({})).await;
            press.story(&format!("urn:x:{n}-{m}")).await;
            let now = until_some(async || {
                let now = hook.now(&press).await;
                (now["health"]["failures"] == 1).then_some(now)
            })
            .await;
            assert_eq!(now["health"]["lastError"], format!("it answered {status}"));
            press.delete(&hook.path("")).await.expect(204);
        }
    }
    assert_eq!(canary.connections(), 0);
}
