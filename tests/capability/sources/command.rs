//! By the command line.

use serde_json::{Value, json};

use super::origin::{Origin, Reply};
use super::{headlines, story};
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "sources are added, listed, shown, changed, paused, resumed and removed on the command line",
            commanded,
        )
        .doors_closed(),
        test("a source is pulled on the command line, here and now", pulled),
    ]
}

async fn commanded(press: Press) {
    let origin = Origin::start().await;
    origin.stories("/feed", &[story("urn:x:a", "A")]);
    let url = origin.url("/feed");
    let added = press
        .command([
            "source",
            "add",
            &url,
            "--name",
            "Example",
            "--every",
            "5m",
            "--language",
            "en",
        ])
        .await;
    assert_eq!((added.code, added.stdout.as_str()), (Some(0), "example\n"), "{added}");
    let shown = async || -> Value {
        let shown = press.command(["source", "show", "example", "--json"]).await.ok();
        serde_json::from_str(&shown).unwrap()
    };
    let first = shown().await;
    assert_eq!(
        (&first["everySeconds"], &first["health"]["state"]),
        (&json!(300), &json!("new"))
    );
    press
        .command(["source", "change", "example", "--every", "1h"])
        .await
        .ok();
    press.command(["source", "pause", "example"]).await.ok();
    let paused = shown().await;
    assert_eq!(
        (&paused["everySeconds"], &paused["health"]["state"]),
        (&json!(3_600), &json!("paused"))
    );
    assert_eq!(
        (&paused["name"], &paused["language"]),
        (&json!("Example"), &json!("en"))
    );
    let list = press.command(["source", "list"]).await.ok();
    assert!(
        list.contains("example") && list.contains("paused") && list.contains(&url),
        "{list}"
    );
    press.command(["source", "resume", "example"]).await.ok();
    assert_eq!(shown().await["paused"], false);
    let list: Value = serde_json::from_str(&press.command(["source", "list", "--json"]).await.ok()).unwrap();
    assert_eq!(list, shown().await);
    let wrong = press
        .command(["source", "add", "http://10.0.0.1/", "--every", "sometimes"])
        .await;
    assert!(wrong.code == Some(1) && wrong.stderr.contains("--every"), "{wrong}");
    let wrong = press
        .command(["source", "add", "http://10.0.0.1:28181/", "--slug", "a"])
        .await;
    assert!(
        wrong.code == Some(1) && wrong.stderr.contains("url: not allowed: 10.0.0.1"),
        "{wrong}"
    );
    press.command(["source", "remove", "example"]).await.ok();
    let gone = press.command(["source", "show", "example"]).await;
    assert_eq!(gone.code, Some(1), "{gone}");
    assert_eq!(origin.asked_at_all(), 0);
}

async fn pulled(press: Press) {
    let origin = Origin::start().await;
    origin.stories("/feed", &[story("urn:x:a", "A"), story("urn:x:b", "B")]);
    let url = origin.url("/feed");
    let body = json!({ "url": url, "paused": true });
    press.put("/v1/sources/agency", &body).await.expect(201);
    let pull = async || press.command(["source", "pull", "agency", "--json"]).await;
    let told = |output: &crate::press::Output| -> Value { serde_json::from_str(&output.stdout).unwrap() };
    let first = pull().await;
    let wanted = json!({
        "source": "agency", "outcome": "read", "error": null, "new": 2, "changed": 0, "unchanged": 0, "refused": 0,
        "others": 0,
    });
    assert_eq!((first.code, told(&first)), (Some(0), wanted), "{first}");
    assert_eq!(headlines(&press).await.len(), 2);
    let mut long = story("urn:x:c", "C");
    long["body_text"] = json!("word ".repeat(300_000));
    origin.stories("/feed", &[long, story("urn:x:b", "Changed"), story("urn:x:a", "A")]);
    let second = pull().await;
    assert_eq!(second.code, Some(3), "{second}");
    let told_second = told(&second);
    let numbers = ["new", "changed", "unchanged", "refused"].map(|name| told_second[name].as_i64().unwrap());
    assert_eq!(numbers, [0, 1, 1, 1]);
    assert!(second.stderr.contains("urn:x:c: "), "{second}");
    origin.says("/feed", Reply::status(502));
    let third = pull().await;
    assert!(
        third.code == Some(1) && third.stderr.contains("it answered 502"),
        "{third}"
    );
    assert_eq!(told(&third)["outcome"], "failed");
}
