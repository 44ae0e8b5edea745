//! How fast is searched in a large house: `STORIES=1000000 cargo bench -p dateline-tests --bench house -- search`.
//!
//! Told are how fast the index is made and what it takes up, how long queries of one to three words take, plain, within a
//! topic and with facets, how long it takes to find what is like a story, what the slowest of odd queries takes, and how
//! long after its publication a story is found. Answers are not kept here: each is made. The databases' own search is asked
//! the same words over the same stories, without a server in between.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::Connection;
use crate::cluster::{self, Cluster};
use crate::relevance::{escaped, get, settled};
use crate::rivals::{Fts5, Gin, Sought, Text};
use crate::settings::{Backend, Settings};
use crate::story::{self, Dice};
use crate::{Outcome, UNCACHED, house};

/// Queries of each kind.
const QUERIES: usize = 400;
/// Of these as many are asked of the databases' own search, which takes its time for common words.
const RIVALS: usize = 60;
/// Stories for which those most like them are looked for.
const LIKED: u64 = 100;
/// Stories that are published to see when they are found.
const FOUND: usize = 100;
const PATIENCE: Duration = Duration::from_secs(30);

pub fn run(scratch: &Path, settings: &Settings) -> Outcome<()> {
    let folder = settings.house.clone().unwrap_or_else(|| scratch.to_owned());
    std::fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    cluster::open_to_walk(&folder)?;
    for &stories in &settings.stories {
        measure(&folder, scratch, stories, settings)?;
    }
    Ok(())
}

fn measure(folder: &Path, scratch: &Path, stories: u64, settings: &Settings) -> Outcome<()> {
    let house = house::enter(folder, Backend::Sqlite, stories, settings)?;
    let key = house.site.key()?;
    // What an earlier run has left is made anew.
    let index = house.site.folder.join("search");
    if index.exists() {
        std::fs::remove_dir_all(&index)?;
    }
    let server = house.site.serve(UNCACHED)?;
    let began = Instant::now();
    let mut line = Connection::open(server.address)?;
    let indexed = settled(&mut line, &key)?;
    let took = began.elapsed();
    let (_, most) = server.memory()?;
    println!("\n## Search in {stories} stories\n");
    println!(
        "The index of {indexed} stories was made in {:.1} s ({:.0} a second) in at most {} MB.",
        took.as_secs_f64(),
        indexed as f64 / took.as_secs_f64().max(1e-9),
        most / 1_024
    );
    server.stop()?;
    let server = house.site.serve(UNCACHED)?;
    let mut line = Connection::open(server.address)?;
    settled(&mut line, &key)?;
    let manuscript = house::manuscript(folder, stories)?;
    let queries = queries(&manuscript, stories)?;
    // Reading takes its time, and the server closes a line on which nothing is said.
    let mut line = Connection::open(server.address)?;
    let (idle, _) = server.memory()?;
    println!("\n| asked | words | p50 ms | p99 ms |\n|---|---|---|---|");
    for (name, rest) in [
        ("Dateline", ""),
        ("Dateline, within a topic", "&topic=economy"),
        (
            "Dateline, with facets and total",
            "&facets=topic,language,source,day&total=true",
        ),
    ] {
        for (many, words) in (1..).zip(&queries) {
            let ask = |words: &Vec<String>| {
                let path = format!("/v1/search?limit=20&q={}{rest}", escaped(&words.join(" ")));
                get(&mut line, &path, None).map(|_| ())
            };
            told(name, many, words, ask)?;
        }
    }
    let liked: Vec<Vec<String>> = (0..LIKED)
        .map(|n| vec![story::uri(n * (stories / LIKED).max(1))])
        .collect();
    told("Dateline, similar to a story, five", 0, &liked, |uri| {
        let path = format!("/v1/articles/{}/similar?limit=5", escaped(&uri.concat()));
        get(&mut line, &path, None).map(|_| ())
    })?;
    let bytes = get(&mut line, "/v1/search/status", Some(&key))?;
    let bytes = bytes.get("bytes").and_then(Value::as_u64).unwrap_or_default();
    let (after, _) = server.memory()?;
    odd(&mut line)?;
    findable(&mut line, &key)?;
    server.stop()?;
    house.close()?;

    let mut fts5 = {
        let (fts5, took) = Fts5::fill(&scratch.join(format!("fts5-{stories}.db")), false, texts(&manuscript)?)?;
        println!("FTS5 was filled in {:.1} s.", took.as_secs_f64());
        fts5
    };
    let rivals = queries
        .each_ref()
        .map(|queries| queries.iter().take(RIVALS).cloned().collect::<Vec<_>>());
    for (many, words) in (1..).zip(&rivals) {
        told("FTS5", many, words, |words| fts5.find(&sought(words)).map(|_| ()))?;
    }
    let cluster = Cluster::start(&scratch.join("rival"))?;
    cluster.empty_house()?;
    let (mut gin, took) = Gin::fill(&cluster.url(), texts(&manuscript)?)?;
    println!("PostgreSQL was filled in {:.1} s.", took.as_secs_f64());
    for (many, words) in (1..).zip(&rivals) {
        told("GIN, ts_rank", many, words, |words| {
            gin.find(&sought(words)).map(|_| ())
        })?;
    }
    println!(
        "\nThe index takes up {} MB on disk, FTS5's table with its texts {} MB, PostgreSQL's vectors with GIN {} MB. The server \
         has {} MB before the queries and {} MB behind them.",
        bytes / 1_000_000,
        fts5.bytes()? / 1_000_000,
        gin.bytes()? / 1_000_000,
        idle / 1_024,
        after / 1_024
    );
    drop(gin);
    let _not_written_this_time = std::fs::remove_file(&manuscript);
    cluster.stop()
}

fn sought(words: &[String]) -> Sought<'_> {
    Sought {
        words,
        any: false,
        language: "en",
        most: 20,
    }
}

/// Asks all of these, and tells how long it took.
fn told(
    name: &str,
    many: usize,
    queries: &[Vec<String>],
    mut ask: impl FnMut(&Vec<String>) -> Outcome<()>,
) -> Outcome<()> {
    let mut micros = Vec::with_capacity(queries.len());
    for words in queries {
        let began = Instant::now();
        ask(words)?;
        micros.push(began.elapsed().as_micros());
    }
    let (p50, p99) = quantiles(micros);
    println!("| {name} | {many} | {p50:.2} | {p99:.2} |");
    Ok(())
}

/// In milliseconds.
pub fn quantiles(mut micros: Vec<u128>) -> (f64, f64) {
    micros.sort_unstable();
    let at = |share: f64| {
        let place = (micros.len() as f64 * share).ceil() as usize;
        micros.get(place.saturating_sub(1)).copied().unwrap_or_default() as f64 / 1_000.0
    };
    (at(0.5), at(0.99))
}

/// Queries of one, two and three words from headlines and texts of the house, of all its languages.
fn queries(manuscript: &Path, stories: u64) -> Outcome<[Vec<Vec<String>>; 3]> {
    let mut dice = Dice::new(3);
    let every = (stories / (QUERIES as u64 * 2)).max(1);
    let mut queries: [Vec<Vec<String>>; 3] = Default::default();
    for text in texts(manuscript)?.step_by(usize::try_from(every)?) {
        let both = format!("{} {}", text.headline, text.body);
        let words: Vec<&str> = both
            .split(|c: char| !c.is_alphabetic())
            .filter(|word| word.chars().count() >= 4)
            .collect();
        for (many, queries) in (1..).zip(&mut queries) {
            let words: Vec<String> = (0..many)
                .filter_map(|_| dice.pick(&words))
                .map(|w| (*w).to_owned())
                .collect();
            if words.len() == many && queries.len() < QUERIES {
                queries.push(words);
            }
        }
    }
    Ok(queries)
}

/// The stories of an import file.
fn texts(manuscript: &Path) -> Outcome<impl Iterator<Item = Text<'static>>> {
    let lines = BufReader::new(File::open(manuscript)?).lines().map_while(Result::ok);
    Ok(lines.filter_map(|line| {
        let story: Value = serde_json::from_str(&line).ok()?;
        let text = |field: &str| story.get(field).and_then(Value::as_str).map(str::to_owned);
        Some(Text {
            headline: text("headline")?.into(),
            body: text("body").or_else(|| text("bodyText")).unwrap_or_default().into(),
            language: text("language").unwrap_or_default().into(),
        })
    }))
}

/// Beginnings of many words, and words that nearly every story has.
const BEGINNINGS: [&str; 8] = ["co*", "re*", "in*", "st*", "pr*", "de*", "ma*", "ca*"];
const COMMON: [&str; 10] = ["of", "to", "and", "in", "said", "for", "on", "it", "is", "by"];

/// Queries that nobody means well: what the slowest takes.
fn odd(line: &mut Connection) -> Outcome<()> {
    let queries = [
        "\"open".to_owned(),
        "a* OR -b | (c) AND NOT \"d e\" field:x topic:nowhere *".to_owned(),
        "a* ".repeat(32),
        "co* ".repeat(32),
        "co* OR ".repeat(31),
        "the ".repeat(32),
        format!("\"{}\"", "of the ".repeat(31)),
        "-a ".repeat(32),
        BEGINNINGS.join(" OR "),
        format!("\"{}\"", COMMON.join(" ")),
        COMMON.map(|word| format!("\"the {word}\"")).join(" OR "),
        COMMON.join(" OR "),
        COMMON.join(" "),
        COMMON.map(|word| format!("-{word}")).join(" "),
        "\u{1}\u{2}\u{7F}".repeat(500),
        "x".repeat(4_000),
        "東".repeat(60),
        "word ".repeat(1_500),
    ];
    // Asked again, what it shows has been read from the disk before.
    for turn in ["asked for the first time", "asked again"] {
        let mut slowest = (Duration::ZERO, "");
        for query in &queries {
            let path = format!(
                "/v1/search?facets=topic,language,source,day&total=true&q={}",
                escaped(query)
            );
            let request = format!("GET {path} HTTP/1.1\r\nhost: house.example\r\n\r\n");
            let began = Instant::now();
            let status = line.ask(request.as_bytes())?.status;
            let took = began.elapsed();
            if !matches!(status, 200 | 400) {
                return Err(format!("{query:.40}: {status}").into());
            }
            slowest = slowest.max((took, query.as_str()));
        }
        let (took, query) = slowest;
        println!(
            "The slowest of {} odd queries, {turn}, took {:.1} ms: `{query:.40}`.",
            queries.len(),
            took.as_secs_f64() * 1e3
        );
    }
    Ok(())
}

/// How long after the answer to its publication a story is found.
fn findable(line: &mut Connection, key: &str) -> Outcome<()> {
    let mut micros = Vec::with_capacity(FOUND);
    let run = key
        .chars()
        .filter(char::is_ascii_alphabetic)
        .rev()
        .take(8)
        .collect::<String>()
        .to_lowercase();
    for number in 0..FOUND {
        // A word that nothing else has.
        let letter = |place: u32| char::from(b'a' + u8::try_from(number / 26_usize.pow(place) % 26).unwrap_or(0));
        let word = format!("zq{run}{}{}", letter(0), letter(1));
        let body = serde_json::json!({ "headline": format!("Found: {word}"), "language": "en" }).to_string();
        let request = format!(
            "PUT /v1/articles/urn%3Aexample%3Afound-{word} HTTP/1.1\r\nhost: house.example\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = line.ask(request.as_bytes())?;
        if answer.status != 201 {
            return Err(format!("a story was not taken: {} {}", answer.status, answer.excerpt()).into());
        }
        let told = Instant::now();
        let path = format!("/v1/search?q={word}");
        loop {
            let page = get(line, &path, None)?;
            if page
                .get("items")
                .and_then(Value::as_array)
                .is_some_and(|items| !items.is_empty())
            {
                break;
            }
            if told.elapsed() > PATIENCE {
                return Err("a story is not found".into());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        micros.push(told.elapsed().as_micros());
    }
    let (p50, p99) = quantiles(micros);
    println!("\nPublished to findable: p50 {p50:.0} ms, p99 {p99:.0} ms ({FOUND} stories).\n");
    Ok(())
}
