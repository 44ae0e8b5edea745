//! The life of a story after it was published: corrected, withheld and restored, canceled, renamed.

mod canceled;
mod corrected;
mod model;
mod renamed;
mod withheld;

use crate::press::{Answer, Press, segment};
use crate::runner::Test;
use serde_json::Value;

pub fn all() -> Vec<Test> {
    [
        corrected::all(),
        withheld::all(),
        canceled::all(),
        renamed::all(),
        model::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A step by POST with the admin key.
async fn step(press: &Press, uri: &str, name: &str, body: &Value) -> Answer {
    press.post(&format!("/v1/articles/{}/{name}", segment(uri)), body).await
}

/// Every address at which one story is asked for by name.
fn names(names: &[&str]) -> Vec<String> {
    let rest = [
        "",
        "/related",
        "/versions",
        "?version=1",
        "?include=relatedLinks,moreAbout,latest",
    ];
    let of = |name: &str| rest.map(|rest| format!("/v1/articles/{}{rest}", segment(name)));
    names.iter().flat_map(|name| of(name)).collect()
}

/// That nothing of a story is said in any list.
async fn in_no_list(press: &Press, uri: &str) {
    for path in [
        "/v1/articles",
        "/v1/latest?total=true",
        "/v1/articles?topic=grain",
        "/v1/articles?language=en",
        "/v1/topics/grain/articles?total=true",
        "/v1/topics/world/articles",
        "/v1/collections/front",
        "/v1/articles/lasting/related",
        "/v1/articles/lasting?include=relatedLinks,moreAbout,latest",
        "/v1/snapshot",
        "/",
        "/topics/grain",
        "/articles/lasting",
    ] {
        let answer = press.get(path).await.expect(200);
        assert!(!answer.text().contains(uri), "{answer}");
        assert!(!answer.text().contains("Secret"), "{answer}");
    }
    let counted = press.get("/v1/latest?total=true").await.json();
    assert_eq!(counted["total"], 1, "{counted}");
}

/// The fields that a step was refused for.
fn fields(refused: &Value) -> Vec<Value> {
    let errors = refused["errors"].as_array().unwrap().iter();
    errors.map(|error| error["field"].clone()).collect()
}

/// A story in every list there is, beside one that stays.
async fn furnish(press: &Press, uri: &str) -> String {
    press.topic("world", "World", None).await;
    press.topic("grain", "Grain", Some("world")).await;
    let story = press.story(uri).headline("Secret").slug("first").topics(["grain"]);
    let id = story.clone().await.id.to_string();
    story.slug("second").body_text("Secret text.").await;
    press
        .story("urn:x:lasting")
        .headline("Lasting")
        .slug("lasting")
        .topics(["grain"])
        .related("background", uri)
        .await;
    let front = serde_json::json!({ "name": "Front", "items": [uri, "urn:x:lasting"] });
    press.put("/v1/collections/front", &front).await.expect(201);
    id
}
