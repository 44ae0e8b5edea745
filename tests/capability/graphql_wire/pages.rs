//! The wire in pages.

use serde_json::{Value, json};

use super::{newest, page, uris};
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("the wire is read in pages, oldest first, to its end", whole),
        test("a page of the wire without entries repeats its cursor", empty),
        test(
            "a page of the wire passes over what does not concern the reader",
            passed_over,
        ),
        test("a page of the wire is never an old one", never_kept),
    ]
}

async fn whole(press: Press) {
    press.topic("sport", "Sport", None).await;
    for n in 0..7 {
        press.story(&format!("urn:x:{n}")).await;
    }
    press.story("urn:x:0").headline("Once more").await;
    let (mut after, mut told, mut pages) = (Value::Null, Vec::new(), 0);
    loop {
        let page = page(&press, json!({ "after": after, "first": 3 })).await;
        let cursors: Vec<&Value> = page["nodes"].as_array().unwrap().iter().map(|n| &n["cursor"]).collect();
        let edges: Vec<&Value> = page["edges"].as_array().unwrap().iter().map(|e| &e["cursor"]).collect();
        assert_eq!(cursors, edges);
        let info = &page["pageInfo"];
        assert_eq!(
            (&info["hasPreviousPage"], &info["startCursor"]),
            (&json!(false), cursors[0])
        );
        assert_eq!(info["endCursor"], *cursors[cursors.len() - 1]);
        told.extend(page["nodes"].as_array().unwrap().clone());
        (after, pages) = (info["endCursor"].clone(), pages + 1);
        if info["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!((told.len(), pages), (9, 3));
    assert_eq!(after, json!(newest(&press).await));
    let brief: Vec<Value> = told
        .iter()
        .map(|e| json!([e["kind"], e["uri"], e["version"], e["article"]["headline"]]))
        .collect();
    assert_eq!(brief[0], json!(["TOPIC_CHANGED", null, null, null]));
    // An old entry shows the story as it is now.
    assert_eq!(brief[1], json!(["ARTICLE_PUBLISHED", "urn:x:0", 1, "Once more"]));
    assert_eq!(brief[8], json!(["ARTICLE_UPDATED", "urn:x:0", 2, "Once more"]));
    let answer = press.graphql("{ wire(first: 101) { nodes { uri } } }", json!({})).await;
    assert_eq!(
        answer.json()["errors"][0]["extensions"]["code"],
        "INVALID_PARAMETER",
        "{answer}"
    );
}

async fn empty(press: Press) {
    let nothing = page(&press, json!({})).await;
    let cursor = nothing["pageInfo"]["endCursor"].clone();
    assert_eq!(cursor, json!(newest(&press).await));
    let info = json!({ "hasNextPage": false, "hasPreviousPage": false, "startCursor": null, "endCursor": cursor });
    assert_eq!(nothing, json!({ "edges": [], "nodes": [], "pageInfo": info }));
    press.story("urn:x:1").await;
    let latest = page(&press, json!({ "after": "latest" })).await;
    assert_eq!(latest["nodes"], json!([]));
    let end = latest["pageInfo"]["endCursor"].clone();
    assert_ne!(end, cursor);
    let again = page(&press, json!({ "after": end })).await;
    assert_eq!(again["pageInfo"]["endCursor"], end);
    assert_eq!(
        uris(&page(&press, json!({ "after": cursor })).await["nodes"]),
        ["urn:x:1"]
    );
}

async fn passed_over(press: Press) {
    for topic in ["sport", "culture"] {
        press.topic(topic, topic, None).await;
    }
    let begin = newest(&press).await;
    for n in 0..12 {
        let topic = if n % 5 == 0 { "sport" } else { "culture" };
        press.story(&format!("urn:x:{n}")).topics([topic]).await;
    }
    let ask = async |after: &str| page(&press, json!({ "after": after, "first": 2, "topics": ["sport"] })).await;
    let first = ask(&begin).await;
    assert_eq!(uris(&first["nodes"]), ["urn:x:0", "urn:x:5"]);
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let second = ask(first["pageInfo"]["endCursor"].as_str().unwrap()).await;
    assert_eq!(uris(&second["nodes"]), ["urn:x:10"]);
    // The end is behind what was passed over.
    let info = &second["pageInfo"];
    assert_eq!(
        (&info["hasNextPage"], &info["endCursor"]),
        (&json!(false), &json!(newest(&press).await))
    );
    let unknown = press
        .graphql("{ wire(topics: [\"chess\"]) { nodes { uri } } }", json!({}))
        .await;
    assert_eq!(
        unknown.json()["errors"][0]["extensions"]["code"],
        "INVALID_PARAMETER",
        "{unknown}"
    );
}

async fn never_kept(press: Press) {
    for n in 0..5 {
        press.story(&format!("urn:x:{n}")).await;
        let all = page(&press, json!({})).await;
        assert_eq!(all["nodes"].as_array().unwrap().len(), n + 1);
        let by_get = "/graphql?query=%7Bwire%7Bnodes%7Buri%7D%7Dsite%7BnewestCursor%7D%7D";
        let answer = press.get(by_get).await.expect(200).json();
        assert_eq!(answer["data"]["wire"]["nodes"].as_array().unwrap().len(), n + 1);
        assert_eq!(answer["data"]["site"]["newestCursor"], all["pageInfo"]["endCursor"]);
    }
}
