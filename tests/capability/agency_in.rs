//! Stories from agencies' own formats: by PUT and by import.

mod imports;
mod ninjs;
mod others;

use crate::press::{Answer, Press, segment};
use crate::runner::{Test, test};
use reqwest::Method;
use serde_json::Value;
use std::path::PathBuf;

pub fn all() -> Vec<Test> {
    vec![
        test("a story in ninjs is put in by its media type, in every version's words", ninjs::ninjs_put),
        test("a document's subjects are topics with their codes, names and kinds", ninjs::subjects),
        test("what a source withholds goes, and comes back when it says so; what it cancels is gone", ninjs::signals),
        test("an older edition never takes a newer one's place", ninjs::older),
        test("a document of several stories, or none, is refused by PUT with a reason", ninjs::several),
        test("files in others' formats and lines of records are told apart by what they hold", imports::told_apart),
        test("what a document says and the house has no place for is kept, clean and bounded", ninjs::extra),
        test("a headline that a document does not have is made, and marked so", ninjs::made_headline),
        test("NewsML-G2, NewsML 1, NITF, JSON-LD and pages are put in by their media types", others::other_formats),
        test("a document is read in its own encoding", others::encodings),
        test("bombs are refused fast, and nothing of them comes in", imports::bombs),
        test("IPTC's Media Topics are the topic tree, from either file, and again nothing changes", imports::vocabulary).with_corpus(),
        test(
            "every NewsML-G2 story of the corpus that should pass comes in, other kinds are refused by name, and wires of \
             all agencies come in",
            imports::newsml_corpus,
        )
        .with_corpus(),
        test(
            "every ninjs story of the corpus that should pass comes in, other kinds are refused by name, and the rest is \
             refused or loses something that is named",
            imports::ninjs_corpus,
        )
        .with_corpus(),
    ]
}

async fn put(press: &Press, uri: &str, media_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    let ask = press
        .ask(Method::PUT, &format!("/v1/articles/{}", segment(uri)))
        .admin();
    ask.header("content-type", media_type).body(body.into()).await
}

async fn ninjs(press: &Press, document: Value) -> Answer {
    let uri = document["uri"].as_str().unwrap().to_owned();
    put(press, &uri, "application/ninjs+json", document.to_string()).await
}

async fn import(press: &Press, files: &[PathBuf]) -> (i32, Value) {
    let mut command = vec!["import".to_owned(), "--json".to_owned()];
    command.extend(files.iter().map(|f| f.display().to_string()));
    let output = press.command(command).await;
    let report = serde_json::from_str(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", output.stderr));
    (output.code.unwrap_or(-1), report)
}
