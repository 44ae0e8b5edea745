//! A correction is an update that says what was wrong.

use super::{fields, step};
use crate::press::Press;
use crate::runner::{Test, test};
use crate::wire::poll;
use serde_json::json;

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a correction says what was put right, on the story and on the wire",
            said,
        ),
        test("a correction may leave the story as it is and only say something", note),
        test("what was corrected stays said when the story is updated", stays),
        test("a correction is made by a mutation too", mutation),
        test("what is wrong with a correction is said all at once", faults),
        test("what is not there cannot be corrected", absent),
    ]
}

async fn said(press: Press) {
    press.story("urn:x:1").body_text("Two ships.").slug("ships").await;
    let body =
        json!({ "text": "There were three ships.", "article": { "headline": "urn:x:1", "bodyText": "Three ships." } });
    let done = step(&press, "urn:x:1", "correct", &body).await.expect(200).json();
    assert_eq!((&done["version"], &done["outcome"]), (&json!(2), &json!("corrected")));
    let story = press.get("/v1/articles/ships").await.expect(200).json();
    let at = story["versionCreated"].clone();
    let expected = json!([{ "kind": "correction", "text": "There were three ships.", "at": at, "version": 2 }]);
    assert_eq!(story["corrections"], expected);
    assert_eq!(story["paragraphs"], json!(["Three ships."]));
    let wire = poll(&press, "").await.json();
    let entry = wire["entries"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&entry["kind"], &entry["action"]),
        (&json!("article.corrected"), &json!("update"))
    );
    assert_eq!(entry["changed"], json!(["body", "corrections"]));
    assert_eq!(entry["article"]["corrections"], expected);
    let page = press.get("/articles/ships").await.expect(200);
    assert!(page.text().contains("There were three ships."), "{page}");
    let asked =
        "{ article(by: { slug: \"ships\" }) { correction { kind text version } versions { nodes { version } } } }";
    let data = press.graphql(asked, json!({})).await.data();
    let correction = json!({ "kind": "CORRECTION", "text": "There were three ships.", "version": 2 });
    assert_eq!(data["article"]["correction"], correction);
    // The version before says what it said.
    let first = press.get("/v1/articles/ships?version=1").await.expect(200).json();
    assert_eq!(
        (&first["paragraphs"], &first["corrections"]),
        (&json!(["Two ships."]), &json!([]))
    );
}

async fn note(press: Press) {
    press.story("urn:x:1").body_text("Two ships.").await;
    let body = json!({ "kind": "clarification", "text": "The ships are boats." });
    step(&press, "urn:x:1", "correct", &body).await.expect(200);
    let story = press.get("/v1/articles/urn%3Ax%3A1").await.expect(200).json();
    assert_eq!(
        (&story["version"], &story["paragraphs"]),
        (&json!(2), &json!(["Two ships."]))
    );
    assert_eq!(story["corrections"][0]["kind"], "clarification");
    // The same content again is still the same content.
    let again = press.story("urn:x:1").body_text("Two ships.").await;
    assert_eq!(again.outcome, "unchanged");
}

async fn stays(press: Press) {
    press.story("urn:x:1").await;
    step(&press, "urn:x:1", "correct", &json!({ "text": "One." }))
        .await
        .expect(200);
    step(&press, "urn:x:1", "correct", &json!({ "text": "Two." }))
        .await
        .expect(200);
    press.story("urn:x:1").body_text("More.").await;
    let story = press.get("/v1/articles/urn%3Ax%3A1").await.json();
    let texts: Vec<_> = story["corrections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["text"].clone())
        .collect();
    assert_eq!(texts, [json!("Two."), json!("One.")]);
}

async fn mutation(press: Press) {
    press.story("urn:x:1").await;
    let asked = "mutation($input: CorrectArticleInput!) { correctArticle(input: $input) {
        outcome version article { headline correction { text } } userErrors { field code } } }";
    let article = json!({ "uri": "urn:x:1", "headline": "Right" });
    let input = json!({ "by": { "uri": "urn:x:1" }, "text": "It is right now.", "article": article });
    let data = press.graphql(asked, json!({ "input": input })).admin().await.data();
    let done = &data["correctArticle"];
    assert_eq!((&done["outcome"], &done["version"]), (&json!("CORRECTED"), &json!(2)));
    assert_eq!(
        done["article"],
        json!({ "headline": "Right", "correction": { "text": "It is right now." } })
    );
    let input = json!({ "by": { "uri": "urn:x:1" }, "text": " " });
    let data = press.graphql(asked, json!({ "input": input })).admin().await.data();
    assert_eq!(
        data["correctArticle"]["userErrors"],
        json!([{ "field": "text", "code": "REQUIRED" }])
    );
}

async fn faults(press: Press) {
    press.story("urn:x:1").await;
    let body = json!({ "kind": "erratum", "article": { "urgency": 11 } });
    let refused = step(&press, "urn:x:1", "correct", &body).await.expect(422).json();
    let fields = fields(&refused);
    assert_eq!(
        fields,
        [
            json!("text"),
            json!("kind"),
            json!("article.headline"),
            json!("article.urgency")
        ]
    );
    let body = json!({ "text": "x", "article": { "uri": "urn:x:2", "headline": "x" } });
    let refused = step(&press, "urn:x:1", "correct", &body).await.expect(422).json();
    assert_eq!(refused["errors"][0]["field"], "article.uri");
}

async fn absent(press: Press) {
    step(&press, "urn:x:1", "correct", &json!({ "text": "x" }))
        .await
        .expect(404);
    let body = json!({ "text": "x", "article": { "headline": "x" } });
    step(&press, "urn:x:1", "correct", &body).await.expect(404);
}
