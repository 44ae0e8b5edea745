//! How fast lists of several filters are that no index of the database has: `STORIES=1000000 cargo bench -p dateline-tests
//! --bench house -- lists`.
//!
//! Two servers are asked the same: one with the search index, whose help such lists have, and one without, which walks
//! through the database. What is frequent and what is rare, first pages and deep ones, each anew, none kept. A list with an
//! index of its own stands beside them. Their answers must be the same to the byte.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::Connection;
use crate::relevance::{get, settled};
use crate::searching::quantiles;
use crate::settings::Settings;
use crate::story::Dice;
use crate::words::{REGIONS, SOURCES, SUBJECTS, TONGUES};
use crate::{Outcome, UNCACHED, house};

/// Questions of each kind, and how long a server is asked them.
const QUESTIONS: usize = 200;
const LONGEST: Duration = Duration::from_secs(12);

/// What is asked, by a throw of the dice.
type Kind = (&'static str, fn(&mut Dice) -> String);

const KINDS: [Kind; 9] = [
    ("a topic (an index of its own)", |dice| {
        format!("topic={}", subject(dice))
    }),
    ("a topic in a language", |dice| {
        format!("topic={}&language={}", subject(dice), language(dice))
    }),
    ("a topic, but not another", |dice| {
        format!("topic={},-{}", subject(dice), subject(dice))
    }),
    ("a source, some urgencies", |dice| {
        format!("source={}&urgency=3,4", source(dice))
    }),
    ("two topics in one", |dice| {
        format!("topic={},{}", subject(dice), subject(dice))
    }),
    ("two regions in one", |dice| {
        format!("topic={},{}", region(dice), region(dice))
    }),
    ("two regions, a source, a language, an urgency", |dice| {
        let (one, other) = (region(dice), region(dice));
        format!(
            "topic={one},{other}&source={}&language={}&urgency=7",
            source(dice),
            language(dice)
        )
    }),
    ("a topic, published again on a day", |dice| {
        let day = 1 + dice.below(28);
        let month = 1 + dice.below(12);
        let times = format!("from=2023-{month:02}-{day:02}T00:00:00Z&to=2023-{month:02}-{day:02}T23:00:00Z");
        format!("topic={}&dateField=published&{times}", subject(dice))
    }),
    ("a topic and an urgency that nothing has", |dice| {
        format!("topic={}&urgency=9", subject(dice))
    }),
];

fn subject(dice: &mut Dice) -> &'static str {
    dice.pick(SUBJECTS).map_or("economy", |[slug, ..]| slug)
}

fn region(dice: &mut Dice) -> String {
    let region = dice.pick(REGIONS).map_or("ukraine", |[slug, ..]| slug);
    format!("{}-{region}", subject(dice))
}

fn source(dice: &mut Dice) -> &'static str {
    dice.pick(SOURCES).map_or("meridian-wire", |[slug, _]| slug)
}

fn language(dice: &mut Dice) -> &'static str {
    dice.pick(TONGUES).map_or("en", |tongue| tongue.code)
}

pub fn run(scratch: &Path, settings: &Settings) -> Outcome<()> {
    let folder = settings.house.clone().unwrap_or_else(|| scratch.to_owned());
    std::fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    for &stories in &settings.stories {
        for &backend in &settings.backends {
            let house = house::enter(&folder, backend, stories, settings)?;
            println!("\n## Lists of several filters: {}, {stories} stories\n", backend.name());
            let measured = measure(&house);
            measured.map_err(|error| format!("{error}\n{}", house.site.log("serve.log")))?;
            house.close()?;
        }
    }
    Ok(())
}

fn measure(house: &house::House) -> Outcome<()> {
    let key = house.site.key()?;
    let server = house.site.serve(UNCACHED)?;
    settled(&mut Connection::open(server.address)?, &key)?;
    let mut without = UNCACHED.to_vec();
    without.push(("DATELINE__SEARCH__FOLDER", "/dev/null/no-folder"));
    let other = house.site.serve(&without)?;
    let mut line = Connection::open(server.address)?;
    // Somewhere in the middle of all.
    let middle = get(&mut line, "/v1/articles?limit=1&to=2023-07-01T00:00:00Z", None)?;
    let middle = middle
        .get("next")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    println!("| list | page | stories in it | with the index: p50 ms | p99 ms | without: p50 ms | p99 ms | asked |");
    println!("|---|---|---|---|---|---|---|---|");
    for (name, kind) in KINDS {
        for (page, cursor) in [("first", String::new()), ("deep", format!("&after={middle}"))] {
            let mut dice = Dice::new(6);
            let paths: Vec<String> = (0..QUESTIONS)
                .map(|_| format!("/v1/articles?{}{cursor}", kind(&mut dice)))
                .collect();
            let (with, answers) = ask(server.address, &paths)?;
            let (without, due) = ask(other.address, &paths)?;
            for ((path, answer), due) in paths.iter().zip(&answers).zip(&due) {
                if answer != due {
                    return Err(format!("{path}: {answer}, without the index {due}").into());
                }
            }
            let total = |path: &String| -> Outcome<u64> {
                let mut line = Connection::open(server.address)?;
                let page = get(&mut line, &format!("{path}&total=true"), None)?;
                Ok(page.get("total").and_then(Value::as_u64).unwrap_or_default())
            };
            let mut totals = paths.iter().take(20).map(total).collect::<Outcome<Vec<u64>>>()?;
            totals.sort_unstable();
            let median = totals.get(totals.len() / 2).copied().unwrap_or_default();
            let asked = without.len();
            let ((p50, p99), (walked, longest)) = (quantiles(with), quantiles(without));
            println!("| {name} | {page} | {median} | {p50:.2} | {p99:.2} | {walked:.2} | {longest:.2} | {asked} |");
        }
    }
    let (memory, _) = server.memory()?;
    println!("\nThe server has {} MB at the end.", memory / 1_024);
    server.stop()?;
    other.stop()
}

/// Asks one after the other, as long as there is time: how long each took, in microseconds, and what was answered.
fn ask(address: std::net::SocketAddr, paths: &[String]) -> Outcome<(Vec<u128>, Vec<Value>)> {
    let mut line = Connection::open(address)?;
    let begun = Instant::now();
    let (mut micros, mut answers) = (Vec::with_capacity(paths.len()), Vec::with_capacity(paths.len()));
    for path in paths {
        let began = Instant::now();
        answers.push(get(&mut line, path, None)?);
        micros.push(began.elapsed().as_micros());
        if begun.elapsed() > LONGEST {
            break;
        }
    }
    Ok((micros, answers))
}
