//! The corpus of feeds: every case ends, in little time and memory, and what is found in it is what Python's feedparser finds.
//!
//! A title counts as the same if it is, white space folded, what feedparser gives, or the plain text of that: it leaves (and
//! sanitises) HTML in titles, and a headline has none. Where it has no title, there has to be none here.

use super::read;
use crate::format::reading::{Document, Hints, Signal};
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// For one case, in a build that is not optimised. The largest has 280 kB.
const LONGEST: Duration = Duration::from_secs(10);
const MOST_MEMORY: u64 = 64 << 20;

struct Case {
    file: String,
    bytes: Vec<u8>,
    headers: Vec<(String, String)>,
}

fn cases(root: &Path) -> Vec<Case> {
    let index = std::fs::read_to_string(root.join("index.ndjson")).unwrap();
    let case = |line: &str| {
        let case: Value = serde_json::from_str(line).unwrap();
        let file = case["file"].as_str().unwrap().to_owned();
        let headers = case["headers"].as_array().into_iter().flatten().filter_map(|header| {
            let (name, value) = header.as_str()?.split_once(':')?;
            Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        });
        Case {
            bytes: std::fs::read(root.join(&file)).unwrap(),
            headers: headers.collect(),
            file,
        }
    };
    index.lines().map(case).collect()
}

impl Case {
    fn read(&self) -> Option<Document> {
        let header = |name: &str| {
            self.headers
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.as_str())
        };
        let hints = Hints {
            content_type: header("content-type"),
            address: header("content-location"),
            language: None,
        };
        read(&self.bytes, &hints).ok()
    }
}

fn root() -> Option<PathBuf> {
    let root = dateline_tests::corpus().map(|corpus| corpus.join("feeds"));
    if root.is_none() {
        eprintln!("ignored: no corpus here");
    }
    root
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_feeds_of_the_corpus_are_read_as_feedparser_reads_them() {
    let Some(root) = root() else { return };
    let Some(expected) = feedparser(&root) else {
        assert!(!dateline_tests::in_ci(), "python3-feedparser is not installed");
        return eprintln!("ignored: no feedparser here");
    };
    let (mut same_number, mut same_titles, mut others) = (0_usize, 0_usize, Vec::new());
    for case in cases(&root) {
        let Some(expected) = expected.get(&case.file) else {
            continue;
        };
        let items = case.read().map(|document| document.items).unwrap_or_default();
        let titles: Vec<String> = items
            .into_iter()
            .filter(|item| item.signal == Signal::Publish)
            .map(|item| item.submission.headline.unwrap_or_default())
            .collect();
        let is_same = |(ours, theirs): (&String, &[String; 2])| theirs.iter().any(|title| folded(title) == *ours);
        let number = titles.len() == expected.len();
        let all = number && titles.iter().zip(expected).all(is_same);
        same_number += usize::from(number);
        same_titles += usize::from(all);
        if !all {
            others.push(format!("{}: {titles:?} for {expected:?}", case.file));
        }
    }
    let of = expected.len();
    eprintln!("of {of} feeds with entries {same_number} have the same number of them, {same_titles} the same titles");
    let report = others.join("\n");
    assert!(of > 1_000, "feedparser found entries in {of} cases only");
    assert!(same_number * 100 >= of * 99, "{same_number} of {of}\n{report}");
    assert!(same_titles * 100 >= of * 98, "{same_titles} of {of}\n{report}");
}

/// By file: each entry's title, and the plain text of it.
fn feedparser(root: &Path) -> Option<HashMap<String, Vec<[String; 2]>>> {
    let script = include_str!("feedparser.py");
    // Where another Python is in front, Debian's package is only found by its own.
    let found = ["python3", "/usr/bin/python3"].into_iter().find_map(|python| {
        let output = Command::new(python)
            .arg("-c")
            .arg(script)
            .arg(root)
            .stderr(Stdio::null())
            .output()
            .ok()?;
        output.status.success().then_some(output.stdout)
    })?;
    let line = |line: &str| {
        let case: Value = serde_json::from_str(line).unwrap();
        let texts = |name: &str| -> Vec<String> { serde_json::from_value(case[name].clone()).unwrap() };
        let titles = texts("titles")
            .into_iter()
            .zip(texts("plain"))
            .map(|(title, plain)| [title, plain]);
        (case["file"].as_str().unwrap().to_owned(), titles.collect())
    };
    Some(std::str::from_utf8(&found).unwrap().lines().map(line).collect())
}

/// In a process of its own, whose memory is nobody else's and which can be ended.
#[test]
fn no_feed_of_the_corpus_crashes_hangs_or_takes_much_memory() {
    if root().is_none() {
        return;
    }
    let name = "format::feeds::tests::corpus::reads_all_of_the_corpus";
    let mut reader = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let status = loop {
        match reader.try_wait().unwrap() {
            Some(status) => break status,
            None if started.elapsed() > Duration::from_secs(300) => {
                reader.kill().unwrap();
                panic!("it hangs");
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    assert!(status.success(), "{status}");
}

#[test]
#[ignore = "runs in the process that the test above starts"]
fn reads_all_of_the_corpus() {
    let Some(root) = root() else { return };
    for case in cases(&root) {
        // The kernel starts to count anew here, where it lets us; where not, the bound is that of all cases together.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        let (before, started) = (memory("VmRSS:"), Instant::now());
        let document = case.read();
        let (took, peak) = (started.elapsed(), memory("VmHWM:"));
        drop(document);
        assert!(took < LONGEST, "{}: {took:?}", case.file);
        let more = peak.saturating_sub(before);
        assert!(more <= MOST_MEMORY, "{}: {more} bytes", case.file);
    }
}

/// Of this process, in bytes; 0 where the kernel does not tell.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
