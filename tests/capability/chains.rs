//! Stories that lead to one another: what takes whose place, and translations.

use serde_json::{Value, json};

use crate::exact::breaks_rules;
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a story leads to the newest one that takes its place, and back",
            replaced,
        ),
        test("a story cannot, over others, take its own place", rings),
        test("translations of a story lead to each other", translated),
        test("what a viewer may not see is in no chain and no translation", hidden),
    ]
}

const QUERY: &str = "query($uri: String) { article(by: {uri: $uri}) {
    replaces { uri } replacedBy { uri } translations { uri } } }";

/// What the story replaces, what replaces it, and its translations; the same by REST as by GraphQL.
async fn chain(press: &Press, uri: &str) -> (Value, Value, Vec<String>) {
    let path = format!(
        "/v1/articles/{}?include=replacedBy,translations",
        crate::press::segment(uri)
    );
    let rest = press.get(&path).await.expect(200).json();
    let graphql = press.graphql(QUERY, json!({ "uri": uri })).await.data()["article"].clone();
    let uris = |list: &Value| -> Vec<String> {
        let uris = list
            .as_array()
            .unwrap()
            .iter()
            .map(|s| s["uri"].as_str().unwrap().to_owned());
        uris.collect()
    };
    assert_eq!(rest["replacedBy"]["uri"], graphql["replacedBy"]["uri"], "{uri}");
    assert_eq!(uris(&rest["translations"]), uris(&graphql["translations"]), "{uri}");
    (
        graphql["replaces"]["uri"].clone(),
        graphql["replacedBy"]["uri"].clone(),
        uris(&graphql["translations"]),
    )
}

async fn replaced(press: Press) {
    press.story("urn:x:1").await;
    // Kept, and stale as soon as somebody takes its place.
    assert_eq!(chain(&press, "urn:x:1").await, (Value::Null, Value::Null, vec![]));
    press.story("urn:x:2").with("replaces", "urn:x:1").await;
    assert_eq!(chain(&press, "urn:x:1").await.1, "urn:x:2");
    assert_eq!(chain(&press, "urn:x:2").await, (json!("urn:x:1"), Value::Null, vec![]));
    press.clock.advance(jiff::SignedDuration::from_mins(1));
    press.story("urn:x:3").await;
    press.story("urn:x:3").with("replaces", "urn:x:1").await;
    assert_eq!(chain(&press, "urn:x:1").await.1, "urn:x:3");
    // Under a new name it is still the one that was replaced.
    press
        .post("/v1/articles/urn%3Ax%3A1/rename", &json!({ "uri": "urn:x:new" }))
        .await
        .expect(200);
    assert_eq!(chain(&press, "urn:x:new").await.1, "urn:x:3");
    assert_eq!(chain(&press, "urn:x:3").await.0, "urn:x:new");
    press
        .post("/v1/articles/urn%3Ax%3A3/withhold", &json!({}))
        .await
        .expect(200);
    assert_eq!(chain(&press, "urn:x:new").await.1, "urn:x:2");
}

async fn rings(press: Press) {
    press.story("urn:x:1").await;
    press.story("urn:x:2").with("replaces", "urn:x:1").await;
    press.story("urn:x:3").with("replaces", "urn:x:2").await;
    let message = "leads back to this story: it cannot take the place of one that takes its own";
    for uri in ["urn:x:2", "urn:x:3"] {
        let one = press.story("urn:x:1").with("replaces", uri);
        let answer = press.put(&one.path(), &one.json()).await;
        breaks_rules(&answer, &[("replaces", "ring", message)]);
    }
    // Again as it was is no ring, and one that is not here yet may be named.
    assert_eq!(
        press.story("urn:x:3").with("replaces", "urn:x:2").await.outcome,
        "unchanged"
    );
    press.story("urn:x:4").with("replaces", "urn:x:5").await;
    let five = press.story("urn:x:5").with("replaces", "urn:x:4");
    breaks_rules(
        &press.put(&five.path(), &five.json()).await,
        &[("replaces", "ring", message)],
    );
    // By a former name neither.
    press
        .post("/v1/articles/urn%3Ax%3A3/rename", &json!({ "uri": "urn:x:new" }))
        .await
        .expect(200);
    let one = press.story("urn:x:1").with("replaces", "urn:x:3");
    breaks_rules(
        &press.put(&one.path(), &one.json()).await,
        &[("replaces", "ring", message)],
    );
}

/// An original in English and translations of it.
async fn languages(press: &Press) {
    press.story("urn:x:en").language("en").await;
    for language in ["uk", "de"] {
        let uri = format!("urn:x:{language}");
        press
            .story(&uri)
            .language(language)
            .related("translation_of", "urn:x:en")
            .await;
    }
}

async fn translated(press: Press) {
    languages(&press).await;
    assert_eq!(chain(&press, "urn:x:en").await.2, ["urn:x:de", "urn:x:uk"]);
    assert_eq!(chain(&press, "urn:x:uk").await.2, ["urn:x:de", "urn:x:en"]);
    assert_eq!(chain(&press, "urn:x:de").await.2, ["urn:x:en", "urn:x:uk"]);
    press
        .story("urn:x:fr")
        .language("fr")
        .related("translation_of", "urn:x:en")
        .await;
    assert_eq!(chain(&press, "urn:x:de").await.2, ["urn:x:en", "urn:x:fr", "urn:x:uk"]);
    // Other links are none.
    press
        .story("urn:x:fr")
        .language("fr")
        .related("background", "urn:x:en")
        .await;
    assert_eq!(chain(&press, "urn:x:de").await.2, ["urn:x:en", "urn:x:uk"]);
    assert_eq!(chain(&press, "urn:x:fr").await.2, Vec::<String>::new());
    press
        .post("/v1/articles/urn%3Ax%3Aen/rename", &json!({ "uri": "urn:x:english" }))
        .await
        .expect(200);
    assert_eq!(chain(&press, "urn:x:uk").await.2, ["urn:x:de", "urn:x:english"]);
    assert_eq!(chain(&press, "urn:x:english").await.2, ["urn:x:de", "urn:x:uk"]);
}

async fn hidden(press: Press) {
    languages(&press).await;
    press.story("urn:x:2").with("replaces", "urn:x:de").await;
    press
        .post("/v1/articles/urn%3Ax%3Ade/withhold", &json!({}))
        .await
        .expect(200);
    assert_eq!(chain(&press, "urn:x:uk").await.2, ["urn:x:en"]);
    assert_eq!(chain(&press, "urn:x:2").await.0, Value::Null);
    // Nor do two stories know each other by a third that is hidden.
    press
        .post("/v1/articles/urn%3Ax%3Ade/restore", &json!({}))
        .await
        .expect(200);
    assert_eq!(chain(&press, "urn:x:uk").await.2, ["urn:x:de", "urn:x:en"]);
    press
        .post("/v1/articles/urn%3Ax%3Aen/cancel", &json!({ "reason": "Wrong." }))
        .await
        .expect(200);
    assert_eq!(chain(&press, "urn:x:uk").await.2, Vec::<String>::new());
}
