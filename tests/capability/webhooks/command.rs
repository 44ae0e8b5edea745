//! By the command line.

use serde_json::{Value, json};

use super::receiver::Receiver;
use super::taken;
use crate::moves::until_some;
use crate::press::{Press, Running};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "webhooks are added, listed, tested, paused, resumed, sent again and removed on the command line",
            commanded,
        ),
        test(
            "a receiver on the command line checks signatures and prints what arrives",
            listening,
        )
        .set("outbound.allow", "[\"127.0.0.1/32\"]")
        .only(dateline_tests::Backend::Sqlite),
    ]
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn commanded(press: Press) {
    let receiver = Receiver::start().await;
    let url = receiver.url();
    let added = press
        .command(["webhook", "add", &url, "--kind", "article.published"])
        .await
        .ok();
    let (id, secret) = added.trim().split_once(' ').unwrap();
    assert!(secret.starts_with("whsec_"));
    let list = async || lines(&press.command(["webhook", "list", "--json"]).await.ok()).remove(0);
    let now = list().await;
    assert_eq!((&now["id"], &now["kinds"]), (&json!(id), &json!(["article.published"])));
    press.story("urn:x:a").await;
    taken(&receiver, 1).await;
    press.command(["webhook", "test", id]).await.ok();
    assert!(receiver.received().iter().all(|r| r.is_signed_with(secret)));
    press.command(["webhook", "pause", id]).await.ok();
    assert_eq!(list().await["state"], "paused");
    press.command(["webhook", "resume", id]).await.ok();
    press.command(["webhook", "resend", id, "--after", "oldest"]).await.ok();
    until_some(async || (receiver.received().len() == 3).then_some(())).await;
    let attempts = until_some(async || {
        let all = lines(&press.command(["webhook", "attempts", id, "--json"]).await.ok());
        (all.len() == 3).then_some(all)
    })
    .await;
    let message = attempts.iter().find_map(|attempt| attempt["message"].as_str()).unwrap();
    press
        .command(["webhook", "resend", id, "--message", message])
        .await
        .ok();
    until_some(async || (receiver.received().len() == 4).then_some(())).await;
    let new = press.command(["webhook", "rotate", id, "--overlap", "0"]).await.ok();
    press.command(["webhook", "test", id]).await.ok();
    assert!(receiver.received().last().unwrap().is_signed_with(new.trim()));
    press.command(["webhook", "remove", id]).await.ok();
    assert_eq!(press.command(["webhook", "list"]).await.ok(), "");
    assert_eq!(press.command(["webhook", "test", id]).await.code, Some(1));
}

/// A line that it prints, once it has.
async fn line(listener: &Running, number: usize) -> String {
    until_some(async || listener.stdout().lines().nth(number).map(str::to_owned)).await
}

async fn listening(press: Press) {
    // Whatever port is free is the one that may be asked.
    let listener = press.spawn(["webhook", "listen", "--listen", "127.79.255.1:28182", "--json"]);
    let url = line(&listener, 0).await;
    let new = press
        .post("/v1/webhooks", &json!({ "url": url }))
        .await
        .expect(201)
        .json();
    let test = format!("/v1/webhooks/{}/test", new["id"].as_str().unwrap());
    press.post(&test, &json!({})).await.expect(200);
    let heard: Value = serde_json::from_str(&line(&listener, 1).await).unwrap();
    assert_eq!(
        (&heard["signature"], &heard["message"]["type"]),
        (&json!("unchecked"), &json!("webhook.test"))
    );
    listener.kill().await;
    // The clock of a press stands still in the past, and the receiver's does not.
    let secret = new["secret"].as_str().unwrap();
    let listener = press.spawn([
        "webhook",
        "listen",
        "--listen",
        "127.79.255.1:28182",
        "--secret",
        secret,
    ]);
    line(&listener, 0).await;
    let tried = press.post(&test, &json!({})).await.expect(200).json();
    assert_eq!(tried["status"], 401);
    assert!(line(&listener, 1).await.starts_with("too old"));
    press.close().await;
    let process = press.process().await;
    let tried = process.post(&test, &json!({})).await.expect(200).json();
    assert_eq!(tried["status"], 204, "{tried}");
    assert!(line(&listener, 2).await.starts_with("signed"));
}
