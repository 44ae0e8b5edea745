//! Files: what they are is told by what they hold.

use super::import;
use crate::press::Press;
use dateline_tests::corpus;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub async fn told_apart(press: Press) {
    let write = |name: &str, bytes: &[u8]| {
        let path = press.folder().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let pretty = json!({"uri": "urn:n:1", "headline": "x", "versioncreated": "2026-01-10T10:00:00Z"});
    let compact = json!({"uri": "n-2", "headline": "x", "versioncreated": "2026-01-10T10:00:00Z"}).to_string();
    let lines = "{\"uri\": \"urn:l:1\",\n{\"uri\": \"urn:l:2\", \"headline\": \"x\"}\n{\"uri\": \"urn:l:3\", \"headline\": \"x\"}\n";
    let files = [
        write("pretty.json", format!("\u{feff}{pretty:#}").as_bytes()),
        write("compact.json", compact.as_bytes()),
        write("lines.ndjson", lines.as_bytes()),
        write("packed.gz", &gzip(compact.replace("n-2", "n-3").as_bytes())),
        write("strange.txt", b"<<<"),
    ];
    let (code, report) = import(&press, &files).await;
    let counts = ["created", "refused"].map(|name| report[name].as_u64().unwrap());
    assert_eq!((code, counts), (3, [5, 2]), "{report:#}");
    let (_, again) = import(&press, &files).await;
    assert_eq!((&again["created"], &again["unchanged"]), (&json!(0), &json!(5)));
}

pub async fn bombs(press: Press) {
    let laughs =
        "<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><nitf><body>&b;</body></nitf>".to_owned();
    let files: Vec<PathBuf> = [
        ("laughs.xml", laughs.into_bytes()),
        ("deep.xml", "<a>".repeat(2_000_000).into_bytes()),
        ("deep.json", "[".repeat(1_000_000).into_bytes()),
        ("wide.xml", format!("<a b='{}'/>", "x".repeat(100_000_000)).into_bytes()),
        (
            "packed.xml.gz",
            gzip(format!("<a b='{}'/>", "x".repeat(300_000_000)).as_bytes()),
        ),
        (
            "page.html",
            format!("<!doctype html>{}", "<p a='".repeat(2_000_000)).into_bytes(),
        ),
    ]
    .into_iter()
    .map(|(name, bytes)| {
        let path = press.folder().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    })
    .collect();
    let begun = std::time::Instant::now();
    let (code, report) = import(&press, &files).await;
    assert_eq!(
        (code, &report["refused"], &report["created"]),
        (3, &json!(6), &json!(0)),
        "{report:#}"
    );
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

pub async fn vocabulary(press: Press) {
    press.topic("environment", "Environment", None).await.expect(201);
    let corpus = corpus().unwrap();
    let load = async |name: &str| {
        let path = corpus.join(name).display().to_string();
        let output = press.command(["import", "--json", "--vocabulary", &path]).await;
        serde_json::from_str::<Value>(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", output.stderr))
    };
    let first = load("mediatopics.json.gz").await;
    let counts =
        |report: &Value| ["created", "updated", "unchanged", "retired", "refused"].map(|n| report[n].as_u64().unwrap());
    assert_eq!(counts(&first), [1132, 1, 0, 153, 0]);
    assert_eq!(
        counts(&load("mediatopics-iptc-original.json.gz").await),
        [0, 0, 1133, 153, 0]
    );
    // The publisher's own topic of that name is that one now.
    let topic = press.get("/v1/topics/environment").await.expect(200).json();
    assert_eq!(
        (&topic["code"], &topic["name"]),
        (&json!("medtop:06000000"), &json!("environment"))
    );
    let deep = press.get("/v1/topics/medtop%3A20000737").await.expect(200).json();
    assert_eq!(deep["name"], "medical research");
    assert!(!deep["ancestors"].as_array().unwrap().is_empty());
}

pub async fn newsml_corpus(press: Press) {
    let (mut stories, mut others, mut wires) = (0, 0, 0);
    for (path, entry) in listed("newsml-g2").into_iter().filter(|(_, e)| e["kind"] != "schema") {
        let file = &entry["file"];
        let (_, report) = import(&press, std::slice::from_ref(&path)).await;
        let refusal = report["refusals"][0]["detail"].as_str().unwrap_or_default().to_owned();
        let came = report["created"].as_u64().unwrap()
            + report["updated"].as_u64().unwrap()
            + report["unchanged"].as_u64().unwrap()
            + report["embargoed"].as_u64().unwrap();
        let is_story = matches!(entry["root"].as_str(), Some("newsItem" | "packageItem" | "newsMessage"));
        // A listing of the guidelines that shows the frame only.
        let is_frame = file.as_str().unwrap().contains("LISTING_24_");
        match (entry["kind"].as_str().unwrap(), is_story) {
            ("wire", _) if !matches!(entry["format"].as_str(), Some("rss" | "other-xml")) => {
                assert!(came > 0, "{file}: {refusal}");
                wires += 1;
            }
            ("wire", _) => {}
            (_, false) => {
                assert!(refusal.contains("is no story"), "{file}: {refusal}");
                others += 1;
            }
            _ if is_frame => assert_eq!(came, 0),
            _ if entry["expect"] == "invalid" => assert!(came == 0 || report["lost"] != 0, "{file}"),
            _ => {
                assert!(came > 0, "{file}: {refusal}");
                stories += 1;
            }
        }
    }
    println!("{stories} stories, {others} other kinds, {wires} wires");
    assert!(stories > 100 && others > 30 && wires > 70);
}

pub async fn ninjs_corpus(press: Press) {
    let files = listed("ninjs").into_iter().filter(|(_, e)| e["kind"] != "schema");
    let (mut stories, mut refused, mut lossy) = (0, 0, 0);
    for (path, entry) in files {
        let (_, report) = import(&press, std::slice::from_ref(&path)).await;
        let refusals = by_file(&report, "refusals");
        let text = std::fs::read_to_string(&path).unwrap();
        let kind = serde_json::from_str::<Value>(&text)
            .ok()
            .and_then(|v| v["type"].as_str().map(str::to_owned));
        let is_story = !matches!(kind.as_deref(), Some("event" | "planning"));
        let came = report["refused"] == 0;
        let file = &entry["file"];
        if !is_story {
            let said = refusals[path.as_path()][0]["detail"].as_str().unwrap();
            assert!(said.contains("event") || said.contains("planning"), "{file}: {said}");
            refused += 1;
        } else if entry["expect"] == "valid" {
            assert!(came, "{file}: {refusals:?}");
            stories += 1;
        } else if entry["expect"] == "invalid" {
            assert!(!came || report["lost"] != 0, "{file} came in as if nothing were wrong");
            lossy += 1;
        } else {
            println!("{file}: {} {}", report["created"], report["refusals"]);
        }
    }
    println!("{stories} stories, {refused} other kinds, {lossy} that should fail");
    assert!(stories > 100 && refused > 10 && lossy > 30);
}

/// Files of a part of the corpus, with what its index says of them.
fn listed(part: &str) -> Vec<(PathBuf, Value)> {
    let folder = corpus().unwrap().join(part);
    let index = std::fs::read_to_string(folder.join("index.ndjson")).unwrap();
    let entries = index.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    entries.map(|e| (folder.join(e["file"].as_str().unwrap()), e)).collect()
}

/// What an import says of each file: refusals and losses.
fn by_file<'a>(report: &'a Value, list: &str) -> BTreeMap<&'a Path, Vec<&'a Value>> {
    let mut files: BTreeMap<&Path, Vec<&Value>> = BTreeMap::new();
    for entry in report[list].as_array().unwrap() {
        files
            .entry(Path::new(entry["file"].as_str().unwrap()))
            .or_default()
            .push(entry);
    }
    files
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}
