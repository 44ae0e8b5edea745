//! IPTC's examples, in and out again. Who compares them is not ours either: a program that knows nothing of the house.

use std::path::Path;

use dateline_tests::corpus;
use serde_json::Value;

use super::partners::{NINJS_SCHEMA, NINJS_SHAPES, XML_SCHEMA};
use super::validators::{missing, python, schema, xml_schemas};
use crate::press::{Press, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "every story of the corpus in ninjs comes out valid, with headline, text, times, subjects, status and language",
            ninjs,
        )
        .needing(missing())
        .with_corpus(),
        test(
            "every story of the corpus in NewsML-G2 comes out valid, with headline, text, times, subjects, status and language",
            newsml,
        )
        .needing(missing())
        .with_corpus(),
    ]
}

const PROGRAM: &str = include_str!("round_trip.py");

#[track_caller]
fn program(arguments: &[&str]) -> String {
    let (success, said) = python(PROGRAM, arguments);
    assert!(success, "{said}");
    said
}

/// Takes all of a part in, each under a name of its own, and writes what comes out beside it. Returns how many were
/// compared.
async fn through(press: &Press, part: &str, folder: &Path) -> usize {
    let place = folder.to_str().unwrap();
    program(&["prepare", part, corpus().unwrap().to_str().unwrap(), place]);
    let asked: Vec<Value> = serde_json::from_slice(&std::fs::read(folder.join("asked.json")).unwrap()).unwrap();
    let mut files: Vec<&str> = asked.iter().map(|story| story["name"].as_str().unwrap()).collect();
    files.dedup();
    let mut command = vec!["import".to_owned(), "--json".to_owned()];
    command.extend(files.iter().map(|file| format!("{place}/in/{file}")));
    let report = press.command(command).await;
    let report: Value =
        serde_json::from_str(&report.stdout).unwrap_or_else(|error| panic!("{error}: {}", report.stderr));
    for refusal in report["refusals"].as_array().unwrap() {
        // One message holds an item that has no name, and so cannot be asked for.
        assert!(
            refusal["detail"].as_str().unwrap().contains("has no guid"),
            "{refusal:#}"
        );
    }
    let mut compared = 0;
    for (i, story) in asked.iter().enumerate() {
        let path = format!("/v1/articles/{}?format={part}", segment(story["uri"].as_str().unwrap()));
        let answer = press.get(&path).await;
        match (story["status"].as_str().unwrap(), answer.status) {
            ("usable", 200) => compared += 1,
            // What is not to be read is not: its text is not compared, and nobody is told of it.
            ("canceled", 410) | ("withheld" | "draft", 404) => continue,
            (status, _) => panic!("{} is {status}: {answer}", story["file"]),
        }
        std::fs::write(folder.join("out").join(i.to_string()), &answer.bytes).unwrap();
    }
    compared
}

async fn ninjs(press: Press) {
    let folder = press.folder().join("ninjs");
    let compared = through(&press, "ninjs", &folder).await;
    let place = folder.to_str().unwrap();
    let schemas = [NINJS_SCHEMA, NINJS_SHAPES].map(schema);
    let [of, shapes] = schemas.each_ref().map(|path| path.to_str().unwrap());
    let said = [
        program(&["valid", place, of, shapes]),
        program(&["compare", "ninjs", place]),
    ]
    .concat();
    assert!(said.is_empty(), "{said}");
    println!("{compared} stories");
    assert!(compared > 200);
}

async fn newsml(press: Press) {
    let folder = press.folder().join("newsml");
    let compared = through(&press, "newsml-g2", &folder).await;
    let files: Vec<_> = std::fs::read_dir(folder.join("out"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    let said = [
        xml_schemas(&files, &schema(XML_SCHEMA)),
        program(&["compare", "newsml-g2", folder.to_str().unwrap()]),
    ];
    let said = said.concat();
    assert!(said.is_empty(), "{said}");
    println!("{compared} stories");
    assert!(compared > 160);
}
