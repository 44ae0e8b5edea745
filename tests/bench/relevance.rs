//! How good what is found is, measured: `cargo bench -p dateline-tests --bench house -- relevance`.
//!
//! - *Known items*: a query is made of a headline (up to four words that follow each other) or of a body (four words from
//!   anywhere in it); how far in front is the story that it was made of? The mean of 1/rank, 0 behind the tenth (MRR@10).
//! - *Similar*: of the five stories most like one, how many have a topic in common with it, by Reuters' own editors (P@5).
//!
//! Everything is asked over HTTP of the release server with its default settings, and of SQLite's FTS5 and PostgreSQL's
//! `ts_rank` in the same words (`rivals.rs`). Stories are in one of two halves by their names: what is tuned is tuned on the
//! first, and the figures to believe are those of the second.
//!
//! Behind `relevance` may stand what is to be measured alone: `reuters`, and languages (`-- relevance th uk`).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::Outcome;
use crate::client::Connection;
use crate::cluster::{self, Cluster};
use crate::rivals::{Fts5, Gin, Sought, Text};
use crate::server::{Server, Site};
use crate::settings::Settings;
use crate::story::Dice;

/// Known items of each kind, in each half; stories whose likes are judged, in each half.
const ITEMS: usize = 1_000;
const ITEMS_PER_LANGUAGE: usize = 200;
const JUDGED: usize = 500;
/// Ranks that count.
const DEPTH: usize = 10;
const LIKE: usize = 5;
const REUTERS: &str = "reuters";

/// The multilingual files, and how many of each are taken.
const MANY_TONGUES: &[(&str, usize)] = &[
    ("bsnlp-slavic", usize::MAX),
    ("jawikinews", usize::MAX),
    ("inews-zh", usize::MAX),
    ("kurdistan-universities", usize::MAX),
    ("itn-multilingual", usize::MAX),
    ("nepal", usize::MAX),
    ("headlines-2026", 20_000),
];

struct Doc {
    title: String,
    body: String,
    language: String,
    topics: HashSet<String>,
    held_out: bool,
}

/// A query, and the story that it was made of.
struct Item {
    words: Vec<String>,
    of: usize,
}

/// A measure for each who was asked: Dateline, FTS5, PostgreSQL.
#[derive(Clone, Copy, Default)]
struct Measure {
    sums: [f64; 3],
    asked: usize,
}

impl Measure {
    fn add(&mut self, values: [f64; 3]) {
        for (sum, value) in self.sums.iter_mut().zip(values) {
            *sum += value;
        }
        self.asked += 1;
    }

    fn line(&self, name: &str) -> String {
        let [ours, fts5, gin] = self.sums.map(|sum| sum / self.asked.max(1) as f64);
        format!("| {name} | {} | {ours:.3} | {fts5:.3} | {gin:.3} |", self.asked)
    }
}

/// What is measured: `reuters` and languages, or all.
struct Chosen(Vec<String>);

impl Chosen {
    fn has(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|chosen| chosen == name)
    }

    fn has_languages(&self) -> bool {
        self.0.is_empty() || self.0.iter().any(|chosen| chosen != REUTERS)
    }
}

pub fn run(scratch: &Path, _: &Settings) -> Outcome<()> {
    let corpus = dateline_tests::corpus().ok_or("there is no corpus beside the workspace")?;
    cluster::open_to_walk(scratch)?;
    let cluster = Cluster::start(&scratch.join("cluster"))?;
    let said = std::env::args().skip(1);
    let chosen = Chosen(
        said.filter(|word| !word.starts_with('-') && word != "relevance")
            .collect(),
    );
    println!("| what | queries | Dateline | FTS5 | ts_rank |\n|---|---|---|---|---|");
    if chosen.has(REUTERS) {
        let reuters = read(&corpus, "reuters21578", usize::MAX)?;
        english(&reuters, &scratch.join(REUTERS), &cluster)?;
    }
    if chosen.has_languages() {
        let mut all = Vec::new();
        for (name, most) in MANY_TONGUES {
            all.extend(read(&corpus, name, *most)?);
        }
        many_tongues(&all, &chosen, &scratch.join("tongues"), &cluster)?;
    }
    cluster.stop()
}

/// The stories of a file.
fn read(corpus: &Path, name: &str, most: usize) -> Outcome<Vec<Doc>> {
    let file = std::fs::File::open(corpus.join(format!("{name}.ndjson.gz")))?;
    let mut docs = Vec::new();
    for line in BufReader::new(GzDecoder::new(file)).lines() {
        let story: Value = serde_json::from_str(&line?)?;
        let text = |field: &str| {
            let text = story.get(field).and_then(Value::as_str).unwrap_or_default();
            text.replace(|c: char| c.is_control() && c != '\n', " ")
        };
        let title = text("title").split_whitespace().collect::<Vec<_>>().join(" ");
        let title: String = title.chars().take(400).collect();
        // The wire's own file has HTML where there is a summary of it.
        let summary = text("summary");
        let body = if summary.is_empty() { text("body") } else { summary };
        // Some languages have no tag of their own in the file.
        let language = text("lang");
        let tagged = language.split('-').all(|part| (2..=8).contains(&part.len()));
        if title.is_empty() || docs.len() == most || !tagged {
            continue;
        }
        let topics = story.get("topics").and_then(Value::as_array);
        let topics = topics
            .into_iter()
            .flatten()
            .filter_map(|t| t.as_str().map(str::to_owned));
        docs.push(Doc {
            title,
            body,
            language,
            topics: topics.collect(),
            // By its number in the file: a half is the same in every run.
            held_out: Dice::new(docs.len() as u64).one_in(2),
        });
    }
    Ok(docs)
}

/// A house with these stories, the index made.
struct House {
    server: Server,
    line: Connection,
    fts5: Fts5,
    /// For scripts without spaces.
    trigrams: Fts5,
    gin: Gin,
}

impl House {
    fn fill(docs: &[Doc], folder: &Path, cluster: &Cluster) -> Outcome<Self> {
        std::fs::create_dir_all(folder)?;
        let site = Site {
            folder: folder.to_owned(),
            database_url: None,
        };
        site.migrate()?;
        let file = folder.join("stories.ndjson");
        let mut out = BufWriter::new(std::fs::File::create(&file)?);
        for (number, doc) in docs.iter().enumerate() {
            let story = json!({
                "type": "article", "uri": uri(number), "headline": doc.title, "bodyText": doc.body, "language": doc.language,
                "firstPublished": "2026-01-12T10:00:00Z",
            });
            writeln!(out, "{story}")?;
        }
        out.flush()?;
        let imported = site.import(&file, Duration::from_secs(600), false, None)?;
        let key = site.key()?;
        let server = site.serve(&[])?;
        let mut line = Connection::open(server.address)?;
        let stories = settled(&mut line, &key)?;
        if stories != docs.len() as u64 {
            return Err(format!(
                "{stories} of {} stories are in the index: {}",
                docs.len(),
                imported.report
            )
            .into());
        }
        let texts = || {
            docs.iter().map(|doc| Text {
                headline: (&doc.title).into(),
                body: (&doc.body).into(),
                language: (&doc.language).into(),
            })
        };
        let (fts5, _) = Fts5::fill(&folder.join("fts5.db"), false, texts())?;
        let (trigrams, _) = Fts5::fill(&folder.join("trigrams.db"), true, texts())?;
        cluster.empty_house()?;
        let (gin, _) = Gin::fill(&cluster.url(), texts())?;
        // The server has closed the first one, on which nothing was said for so long.
        let line = Connection::open(server.address)?;
        Ok(Self {
            server,
            line,
            fts5,
            trigrams,
            gin,
        })
    }

    /// What each puts first for a query.
    fn find(&mut self, item: &Item, language: &str) -> Outcome<[Vec<usize>; 3]> {
        let sought = Sought {
            words: &item.words,
            any: false,
            language,
            most: DEPTH,
        };
        let path = format!("/v1/search?limit={DEPTH}&q={}", escaped(&item.words.join(" ")));
        let fts5 = match is_dense(language) {
            true => &mut self.trigrams,
            false => &mut self.fts5,
        };
        Ok([
            numbers(&mut self.line, &path)?,
            fts5.find(&sought)?,
            self.gin.find(&sought)?,
        ])
    }

    /// The mean of 1/rank over these.
    fn known(&mut self, items: &[Item], docs: &[Doc]) -> Outcome<Measure> {
        let mut measure = Measure::default();
        for item in items {
            let Some(doc) = docs.get(item.of) else { continue };
            let found = self.find(item, &doc.language)?;
            let rank = |found: Vec<usize>| found.iter().position(|number| *number == item.of);
            measure.add(found.map(|found| rank(found).map_or(0.0, |rank| 1.0 / (rank + 1) as f64)));
        }
        Ok(measure)
    }

    fn stop(self) -> Outcome<()> {
        self.server.stop()
    }
}

fn english(docs: &[Doc], folder: &Path, cluster: &Cluster) -> Outcome<()> {
    // First, because the server closes a connection on which nothing is said meanwhile.
    let rare = Rarity::of(docs);
    let mut house = House::fill(docs, folder, cluster)?;
    for held_out in [false, true] {
        let half = if held_out { "held out" } else { "tuning" };
        for (kind, from_body) in [("headlines", false), ("bodies", true)] {
            let items = items(docs, ITEMS, |doc| doc.held_out == held_out, from_body);
            println!(
                "{}",
                house
                    .known(&items, docs)?
                    .line(&format!("Reuters, from {kind}, MRR@10, {half}"))
            );
        }
    }
    for held_out in [false, true] {
        let half = if held_out { "held out" } else { "tuning" };
        let mut measure = Measure::default();
        let mut dice = Dice::new(7 + u64::from(held_out));
        while measure.asked < JUDGED {
            let number = usize::try_from(dice.below(docs.len() as u64))?;
            let Some(doc) = docs
                .get(number)
                .filter(|doc| doc.held_out == held_out && !doc.topics.is_empty())
            else {
                continue;
            };
            let words = rare.words(doc);
            let sought = Sought {
                words: &words,
                any: true,
                language: "en",
                most: LIKE + 1,
            };
            let path = format!("/v1/articles/{}/similar?limit={LIKE}", escaped(&uri(number)));
            let found = [
                numbers(&mut house.line, &path)?,
                house.fts5.find(&sought)?,
                house.gin.find(&sought)?,
            ];
            measure.add(found.map(|found| {
                let others = found.iter().filter(|other| **other != number).take(LIKE);
                let alike = others
                    .filter_map(|other| docs.get(*other))
                    .filter(|o| !o.topics.is_disjoint(&doc.topics));
                alike.count() as f64 / LIKE as f64
            }));
        }
        println!("{}", measure.line(&format!("Reuters, similar, P@5, {half}")));
    }
    house.stop()
}

fn many_tongues(docs: &[Doc], chosen: &Chosen, folder: &Path, cluster: &Cluster) -> Outcome<()> {
    let mut house = House::fill(docs, folder, cluster)?;
    let mut languages: BTreeMap<&str, usize> = BTreeMap::new();
    for doc in docs {
        *languages.entry(&doc.language).or_default() += 1;
    }
    let mut whole = Measure::default();
    languages.retain(|language, count| *count >= 100 && chosen.has(language));
    for (language, count) in languages {
        for (kind, from_body) in [("headlines", false), ("bodies", true)] {
            let fits = |doc: &Doc| doc.held_out && doc.language == language;
            let items = items(docs, ITEMS_PER_LANGUAGE, fits, from_body);
            if items.len() < 10 {
                continue;
            }
            let measure = house.known(&items, docs)?;
            println!(
                "{}",
                measure.line(&format!("{language} ({count} stories), from {kind}, MRR@10, held out"))
            );
            for (sum, own) in whole.sums.iter_mut().zip(measure.sums) {
                *sum += own;
            }
            whole.asked += measure.asked;
        }
    }
    println!("{}", whole.line("all these languages, MRR@10, held out"));
    house.stop()
}

/// Queries of stories that fit, each story once.
fn items(docs: &[Doc], most: usize, fits: impl Fn(&Doc) -> bool, from_body: bool) -> Vec<Item> {
    let mut fitting: Vec<(usize, &Doc)> = docs.iter().enumerate().filter(|(_, doc)| fits(doc)).collect();
    let mut dice = Dice::new(if from_body { 2 } else { 1 });
    let mut items = Vec::new();
    while items.len() < most && !fitting.is_empty() {
        let place = usize::try_from(dice.below(fitting.len() as u64)).unwrap_or(0);
        let (of, doc) = fitting.swap_remove(place);
        let words = match (from_body, is_dense(&doc.language)) {
            (false, false) => following(&doc.title, &mut dice),
            (true, false) => scattered(&doc.body, &mut dice),
            (false, true) => pieces(&doc.title, 1, 5, &mut dice),
            (true, true) => pieces(&doc.body, 2, 4, &mut dice),
        };
        items.extend(words.map(|words| Item { words, of }));
    }
    items
}

/// Up to four words that follow each other.
fn following(text: &str, dice: &mut Dice) -> Option<Vec<String>> {
    let words = words(text, 3);
    let size = words.len().min(4);
    if size < 2 {
        return None;
    }
    let from = usize::try_from(dice.below((words.len() - size + 1) as u64)).ok()?;
    words.get(from..from + size).map(<[String]>::to_vec)
}

/// Four words from anywhere.
fn scattered(text: &str, dice: &mut Dice) -> Option<Vec<String>> {
    let mut words = words(text, 5);
    words.sort();
    words.dedup();
    let mut chosen = Vec::new();
    while chosen.len() < 4 && !words.is_empty() {
        let place = usize::try_from(dice.below(words.len() as u64)).ok()?;
        chosen.push(words.swap_remove(place));
    }
    (chosen.len() == 4).then_some(chosen)
}

/// Pieces of a text without spaces: whole letters with what hangs on them, as a reader takes them from it. Where words end
/// only a dictionary would know, and a query made with one favours who has the same.
fn pieces(text: &str, many: usize, length: usize, dice: &mut Dice) -> Option<Vec<String>> {
    let mut runs: Vec<Vec<String>> = vec![Vec::new()];
    for c in text.chars() {
        let Some(run) = runs.last_mut() else { continue };
        match run.last_mut() {
            Some(letter) if hangs(c) => letter.push(c),
            _ if c.is_alphanumeric() && !c.is_ascii() => run.push(c.to_string()),
            _ => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| run.len() >= length);
    let mut chosen = Vec::new();
    for _ in 0..many {
        let run = dice.pick(&runs)?;
        let from = usize::try_from(dice.below((run.len() - length + 1) as u64)).ok()?;
        chosen.push(run.get(from..from + length)?.concat());
    }
    Some(chosen)
}

/// Vowels and tones that Thai writes over, under and right behind a letter, and the voicing marks of Japanese.
fn hangs(c: char) -> bool {
    matches!(c, '\u{E31}' | '\u{E33}'..='\u{E3A}' | '\u{E47}'..='\u{E4E}' | '\u{3099}' | '\u{309A}')
}

fn words(text: &str, shortest: usize) -> Vec<String> {
    let words = text.split(|c: char| !is_of_word(c));
    words
        .filter(|word| word.chars().count() >= shortest)
        .map(str::to_owned)
        .collect()
}

/// Letters, and the signs of the scripts of India that make one sound of two of them: no letters by themselves.
fn is_of_word(c: char) -> bool {
    let sign = matches!(c, '\u{900}'..='\u{DFF}') && !c.is_numeric() && !matches!(c, '\u{964}' | '\u{965}');
    c.is_alphabetic() || sign
}

fn is_dense(language: &str) -> bool {
    matches!(language.split('-').next(), Some("ja" | "zh" | "th"))
}

/// How rare words are: what the rivals are given to look for is chosen by that, as anybody would who built this on them.
struct Rarity {
    having: HashMap<String, usize>,
    all: f64,
}

impl Rarity {
    fn of(docs: &[Doc]) -> Self {
        let mut having: HashMap<String, usize> = HashMap::new();
        for doc in docs {
            let own: HashSet<String> = Self::all(doc).into_iter().map(|word| word.to_lowercase()).collect();
            for word in own {
                *having.entry(word).or_default() += 1;
            }
        }
        let all = docs.len() as f64;
        Self { having, all }
    }

    fn all(doc: &Doc) -> Vec<String> {
        [words(&doc.title, 2), words(&doc.body, 2)].concat()
    }

    /// The 25 words of a story with the highest tf·idf, the headline's thrice.
    fn words(&self, doc: &Doc) -> Vec<String> {
        let mut counts: HashMap<String, f64> = HashMap::new();
        for word in Self::all(doc) {
            *counts.entry(word.to_lowercase()).or_default() += 1.0;
        }
        for word in words(&doc.title, 2) {
            *counts.entry(word.to_lowercase()).or_default() += 2.0;
        }
        let weight = |(word, count): (String, f64)| {
            let having = self.having.get(&word).copied().unwrap_or(1) as f64;
            ((1.0 + count.ln()) * (self.all / having).ln(), word)
        };
        let mut weighed: Vec<(f64, String)> = counts.into_iter().map(weight).collect();
        weighed.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        weighed.into_iter().take(25).map(|(_, word)| word).collect()
    }
}

fn uri(number: usize) -> String {
    format!("urn:example:relevance:{number}")
}

/// The numbers of the stories in an answer, in its order.
fn numbers(line: &mut Connection, path: &str) -> Outcome<Vec<usize>> {
    let page = get(line, path, None)?;
    let items = page.get("items").and_then(Value::as_array).ok_or("a list")?;
    let number = |item: &Value| {
        let uri = item.pointer("/article/uri")?.as_str()?;
        uri.rsplit(':').next()?.parse().ok()
    };
    Ok(items.iter().filter_map(number).collect())
}

/// Waits until the index knows everything; how many stories it holds.
pub fn settled(line: &mut Connection, key: &str) -> Outcome<u64> {
    let began = Instant::now();
    loop {
        let status = get(line, "/v1/search/status", Some(key))?;
        if status.get("state") == Some(&json!("ready")) && status.get("behind") == Some(&json!(0)) {
            return Ok(status.get("stories").and_then(Value::as_u64).unwrap_or_default());
        }
        if began.elapsed() > Duration::from_secs(3_600) {
            return Err(format!("the index does not come to rest: {status}").into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub fn get(line: &mut Connection, path: &str, key: Option<&str>) -> Outcome<Value> {
    let key = key.map_or_else(String::new, |key| format!("authorization: Bearer {key}\r\n"));
    let request = format!("GET {path} HTTP/1.1\r\nhost: house.example\r\n{key}\r\n");
    let answer = line.ask(request.as_bytes())?;
    if answer.status != 200 {
        return Err(format!("{path}: {} {}", answer.status, answer.excerpt()).into());
    }
    Ok(serde_json::from_slice(&answer.body)?)
}

/// Percent-encoded.
pub fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| match plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}
