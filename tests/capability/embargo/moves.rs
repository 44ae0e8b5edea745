//! By the command line, and from house to house.

use super::{path, public, put, waiting};
use crate::press::{Press, Setup};
use crate::runner::{Test, test};
use serde_json::{Value, json};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "an import keeps what is under embargo waiting, with its new topics",
            imported,
        ),
        test(
            "an export takes along what waits, and another house keeps it waiting",
            exported,
        ),
        test(
            "the command line lists, moves, releases and drops what waits",
            commanded,
        ),
    ]
}

/// Far from over by the machine's clock too, which commands go by.
const FAR: &str = "2099-01-01T00:00:00Z";

async fn import(press: &Press, lines: &[Value]) -> Value {
    let input: Vec<String> = lines.iter().map(ToString::to_string).collect();
    let output = press
        .command_with_input(["import", "--json", "-"], input.join("\n").as_bytes())
        .await;
    serde_json::from_str(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output}"))
}

async fn imported(press: Press) {
    let story = json!({ "uri": "urn:x:1", "headline": "Merger", "topics": ["Old Ships"], "embargoedUntil": FAR });
    let over = json!({ "uri": "urn:x:2", "headline": "Known", "embargoedUntil": "2020-01-01T00:00:00Z" });
    let wrong = json!({ "uri": "urn:x:3", "headline": "Wrong", "embargoedUntil": "2099-01-01T00:00:00" });
    let report = import(&press, &[story.clone(), over.clone(), wrong]).await;
    assert_eq!(
        (&report["embargoed"], &report["created"], &report["refused"]),
        (&json!(1), &json!(1), &json!(1)),
        "{report}"
    );
    assert_eq!(waiting(&press).await, ["urn:x:1"]);
    // A topic's name may tell the news.
    press.get("/v1/topics/old-ships").await.expect(404);
    let again = import(&press, &[story, over]).await;
    assert_eq!(
        (&again["unchanged"], &again["embargoed"]),
        (&json!(2), &json!(0)),
        "{again}"
    );
    press
        .post(&format!("{}/release", path("urn:x:1")), &json!({}))
        .await
        .expect(201);
    let topic = press.get("/v1/topics/old-ships").await.expect(200).json();
    assert_eq!(topic["name"], "Old Ships");
}

async fn exported(press: Press) {
    press.topic("grain", "Grain", None).await;
    press.story("urn:x:public").headline("One").await;
    let whole = json!({
        "headline": "Two", "body": "<p>Text</p>", "topics": ["grain"], "source": "Wire agency", "slug": "two", "urgency": 2,
        "relatedLinks": [{ "kind": "background", "uri": "urn:x:1" }], "expires": "2100-01-01T00:00:00Z",
    });
    put(&press, "urn:x:public", FAR, whole).await.expect(202);
    put(&press, "urn:x:1", "2098-12-31T23:59:59.000001Z", json!({}))
        .await
        .expect(202);
    import(
        &press,
        &[json!({ "uri": "urn:x:2", "headline": "Ships", "topics": ["Old Ships"], "embargoedUntil": FAR })],
    )
    .await;
    let exported = press.command(["export"]).await.ok();
    let lines = exported.lines().filter(|line| line.contains("\"type\":\"pending\""));
    assert_eq!(lines.count(), 3, "{exported}");

    let other = Press::start(press.backend(), Setup::default()).await;
    let lines: Vec<Value> = exported
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let report = import(&other, &lines).await;
    assert_eq!(
        (&report["embargoed"], &report["refused"]),
        (&json!(3), &json!(0)),
        "{report}"
    );
    assert_eq!(other.command(["export"]).await.ok(), exported);
    assert_eq!(waiting(&other).await, waiting(&press).await);
    other.get("/v1/topics/old-ships").await.expect(404);
    assert_eq!(
        other.get(&public("urn:x:public")).await.expect(200).json()["headline"],
        "One"
    );
    let released = other
        .post(&format!("{}/release", path("urn:x:public")), &json!({}))
        .await;
    assert_eq!(released.expect(200).json()["version"], 2);
    other.close().await;
}

async fn commanded(press: Press) {
    for uri in ["urn:x:1", "urn:x:2"] {
        put(&press, uri, FAR, json!({ "headline": "Merger" })).await.expect(202);
    }
    let list = press.command(["embargo", "list"]).await.ok();
    assert_eq!(list.lines().count(), 2);
    assert!(
        list.contains(FAR) && list.contains("urn:x:1") && list.contains("Merger"),
        "{list}"
    );
    let later = "2099-06-01T00:00:00+02:00";
    press.command(["embargo", "move", "urn:x:1", later]).await.ok();
    let list = press.command(["embargo", "list", "--json"]).await.ok();
    let lines: Vec<Value> = list.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&lines[1]["uri"], &lines[1]["embargoedUntil"], &lines[1]["revision"]),
        (&json!("urn:x:1"), &json!("2099-05-31T22:00:00Z"), &json!(2))
    );
    press.command(["embargo", "drop", "urn:x:2"]).await.ok();
    press.command(["embargo", "release", "urn:x:1"]).await.ok();
    press.get(&public("urn:x:1")).await.expect(200);
    press.get(&public("urn:x:2")).await.expect(404);
    assert!(waiting(&press).await.is_empty());
    let refused = press.command(["embargo", "drop", "urn:x:2"]).await;
    assert_eq!(refused.code, Some(1), "{refused}");
}
