//! What a document may ask for. What is too much is refused at once, with a code, and before the database is asked.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::protocol::refused;
use super::{ASKING, statements};
use crate::exact::refused as is_problem;
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("what asks too much is refused at once and costs no statement", too_much),
        test("what stays within the limits is answered", just_enough),
        test("a body too large is refused, and a publisher's may be larger", bodies).set("server.body_limit", 200_000),
        test("an answer too long is refused", answers).set("graphql.max_answer_bytes", 2_000),
    ]
}

/// A document, and how it is refused.
fn cases() -> Vec<(Value, &'static str, &'static str)> {
    let text = |query: String| json!({ "query": query });
    let bomb: String = (0..27)
        .map(|n| format!("fragment F{n} on Site {{ ...F{0} ...F{0} }} ", n + 1))
        .collect();
    let deep = "moreAbout { articles { ".repeat(6);
    vec![
        (
            text(format!("{{ latest {{ nodes {{ {deep} id {} }} }} }}", "} } ".repeat(6))),
            "QUERY_TOO_DEEP",
            "The query is nested 15 deep; the limit is 10.",
        ),
        (
            text("{ a: latest(first: 100) { nodes { moreAbout(first: 100) { articles { topics { articles(first: 100) { nodes { id } } } } } } } }".to_owned()),
            "QUERY_TOO_COMPLEX",
            "The document costs more than the limit of 20000; ask for shorter lists (`first`) or for fewer lists within lists.",
        ),
        (
            text(format!("{{ site {{ {} }} }}", (0..31).map(|n| format!("a{n}: name ")).collect::<String>())),
            "TOO_MANY_ALIASES",
            "The query has 31 aliases; the limit is 30.",
        ),
        (
            text(format!("{{ {} }}", "site { name } ".repeat(21))),
            "TOO_MANY_ROOT_FIELDS",
            "The query has 21 fields at its root; the limit is 20.",
        ),
        (
            text(format!("{{ site {{ name {} }} }}", "@include(if: true) ".repeat(21))),
            "TOO_MANY_DIRECTIVES",
            "The query has 21 directives; the limit is 20.",
        ),
        (
            text(format!("{{ {} }}", "a ".repeat(999))),
            "TOO_MANY_TOKENS",
            "The document has 1001 tokens; the limit is 1000.",
        ),
        (
            text(format!("{{ site {{ ...F0 }} }} {bomb} fragment F27 on Site {{ name }}")),
            "TOO_MANY_FIELDS",
            "With its fragments written out the document has 402653184 fields; the limit is 2000.",
        ),
        (
            text("{ site { ...A } } fragment A on Site { ...B } fragment B on Site { ...A }".to_owned()),
            "GRAPHQL_VALIDATION_FAILED",
            "The fragment `A` spreads itself.",
        ),
        (
            text(format!("{{ site {{ name }} }} #{}", "x".repeat(16_385 - 19))),
            "DOCUMENT_TOO_LARGE",
            "The document is 16385 bytes long; the limit is 16384.",
        ),
        (
            text(format!("{{ a(b: {}1{}) }}", "[".repeat(63), "]".repeat(63))),
            "QUERY_TOO_DEEP",
            "The document's brackets are nested 65 deep; the limit is 64.",
        ),
        (
            json!({ "query": "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", "variables": { "ids": vec!["x"; 1000] } }),
            "VARIABLES_TOO_LARGE",
            "The variables hold 1001 values; the limit is 1000.",
        ),
        (
            text(format!(
                "{{ __schema {{ types {{ {} name {} }} }} }}",
                "fields { type { ".repeat(5),
                "} } ".repeat(5)
            )),
            "QUERY_TOO_COMPLEX",
            "",
        ),
    ]
}

async fn too_much(press: Press) {
    let process = press.process().await;
    let before = statements(&process).await;
    for (body, code, message) in cases() {
        for (accept, status) in [("application/graphql-response+json", 400), ("application/json", 200)] {
            let begun = Instant::now();
            let answer = process
                .ask(Method::POST, "/graphql")
                .header("accept", accept)
                .json(&body)
                .await;
            assert!(
                begun.elapsed() < Duration::from_secs(1),
                "{:?} for {answer}",
                begun.elapsed()
            );
            if message.is_empty() {
                let error = &answer.json()["errors"][0];
                let said = error["message"].as_str().unwrap();
                assert!(said.starts_with("The introspection would list about "), "{answer}");
                refused(&answer, status, code, said);
            } else {
                refused(&answer, status, code, message);
            }
        }
    }
    // Nor does anything else that is refused.
    process.get("/graphql?query=mutation{a}").await.expect(405);
    process.graphql("{ nothing }", json!({})).await.expect(400);
    process.graphql("{", json!({})).await.expect(400);
    process.ask(Method::POST, "/graphql").json(&json!([])).await.expect(400);
    assert_eq!(statements(&process).await - before, ASKING);
    assert_eq!(process.terminate().await.code, Some(0));
}

async fn just_enough(press: Press) {
    press.topic("war", "War", None).await;
    press.story("urn:x:1").slug("one").topics(["war"]).await;
    let chain: String = (0..20)
        .map(|n| format!("fragment F{n} on Site {{ ...F{} }} ", n + 1))
        .collect();
    for query in [
        format!("{{ site {{ {} }} }}", (0..30).map(|n| format!("a{n}: name ")).collect::<String>()),
        format!("{{ {} }}", "site { name } ".repeat(20)),
        format!("{{ {} }}", "...@include(if: true){ site { name } } ".repeat(20)),
        "{ latest { nodes { moreAbout { articles { moreAbout { articles { moreAbout { articles { topics { slug } } } } } } } } } }".to_owned(),
        format!("{{ site {{ ...F0 }} }} {chain} fragment F20 on Site {{ name }}"),
        format!("{{ site {{ name }} }} #{}", "x".repeat(16_384 - 19)),
        "{ latest(first: 100) { nodes { moreAbout(first: 50) { articles { id } } } } }".to_owned(),
    ] {
        press.graphql(&query, json!({})).await.expect(200).data();
    }
    let ids = vec!["0198c0de-0000-7000-8000-000000000000"; 100];
    let answer = press
        .graphql("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": ids }))
        .await;
    assert_eq!(answer.data()["nodes"], json!(vec![Value::Null; 100]));
}

async fn bodies(press: Press) {
    let publish = |length: usize| {
        json!({
            "query": "mutation($i: PublishArticleInput!) { publishArticle(input: $i) { outcome userErrors { code } } }",
            "variables": { "i": { "uri": "urn:x:1", "headline": "A", "bodyText": "a ".repeat(length / 2) } },
        })
    };
    let anonymous = press.ask(Method::POST, "/graphql").json(&publish(70_000)).await;
    let detail = "The body is larger than 65536 bytes, which is what a request without a publisher's key may have.";
    is_problem(&anonymous, 413, "too_large", detail, &[]);
    let published = press.ask(Method::POST, "/graphql").admin().json(&publish(70_000)).await;
    assert_eq!(published.data()["publishArticle"]["outcome"], "CREATED");
    let too_large = press
        .ask(Method::POST, "/graphql")
        .admin()
        .json(&publish(200_000))
        .await;
    let detail = "The body is larger than this server takes (server.body_limit).";
    is_problem(&too_large, 413, "too_large", detail, &[]);
}

async fn answers(press: Press) {
    press.story("urn:x:1").slug("one").body_text(&"word ".repeat(500)).await;
    let answer = press
        .graphql("{ article(by: {slug: \"one\"}) { paragraphs } }", json!({}))
        .await;
    refused(
        &answer,
        400,
        "ANSWER_TOO_LARGE",
        "The answer is longer than the limit of 2000 bytes; ask for less at once.",
    );
    press
        .graphql("{ article(by: {slug: \"one\"}) { headline } }", json!({}))
        .await
        .expect(200);
}
