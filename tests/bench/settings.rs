//! What can be chosen, all by environment: `cargo bench` is how it is started, so there is no command line of its own.
//!
//! | variable | default | |
//! |---|---|---|
//! | `STORIES` | 100000 | size of the house; several sizes with commas are compared with each other |
//! | `BACKENDS` | sqlite,postgres | postgres only where its programs are found |
//! | `SECONDS` | 4 | how long each figure is measured, on each side |
//! | `CONNECTIONS` | 8 | keep-alive connections that ask at the same time |
//! | `VARIETY` | 4000 | how many different stories are asked for |
//! | `FOLLOW` | on | `0`: nothing about those who follow the wire |
//! | `DELIVERIES` | 300 | how many stories are published to see when followers have them |
//! | `LISTENERS` | 1000,10000 | how many listen to the wire at once |
//! | `ENDPOINTS` | 1,100,1000 | how many webhooks are told at once; `0` for nothing about them |
//! | `HOUSE` | a temporary folder | keeps the filled databases there, and uses them again |
//! | `OUT` | target/bench.json | one JSON line per figure |
//! | `PROFILE` | off | `1`: where the time of the import goes |

// The benchmark is a program of its own: its settings are read here and handed down.
#![allow(clippy::disallowed_methods)]

use std::path::PathBuf;
use std::time::Duration;

use crate::Outcome;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

pub struct Settings {
    pub stories: Vec<u64>,
    pub backends: Vec<Backend>,
    pub rounds: u32,
    pub slice: Duration,
    pub connections: usize,
    pub variety: u64,
    pub follow: bool,
    pub deliveries: usize,
    pub listeners: Vec<usize>,
    pub endpoints: Vec<usize>,
    pub house: Option<PathBuf>,
    pub out: PathBuf,
    pub profile: bool,
}

impl Settings {
    pub fn from_environment() -> Outcome<Self> {
        let seconds: f64 = number("SECONDS", 4.0)?;
        if !(0.05..=600.0).contains(&seconds) {
            return Err("SECONDS: from 0.05 to 600".into());
        }
        // Slices of about a second, the server's and the yardstick's in turn.
        let rounds = seconds.round().max(1.0);
        let stories = text("STORIES").unwrap_or_else(|| "100000".into());
        let stories = stories
            .split(',')
            .map(|size| match size.trim().replace('_', "").parse() {
                Ok(size @ 1_000..=10_000_000) => Ok(size),
                _ => Err(format!("STORIES: {size} is not a number from 1000 to 10000000")),
            });
        let listeners = text("LISTENERS").unwrap_or_else(|| "1000,10000".into());
        let listeners = listeners
            .split(',')
            .map(|many| match many.trim().replace('_', "").parse() {
                Ok(many @ 1..=20_000) => Ok(many),
                _ => Err(format!("LISTENERS: {many} is not a number from 1 to 20000")),
            });
        let endpoints = text("ENDPOINTS").unwrap_or_else(|| "1,100,1000".into());
        let endpoints = endpoints
            .split(',')
            .map(|many| match many.trim().replace('_', "").parse() {
                Ok(many @ 0..=10_000) => Ok(many),
                _ => Err(format!("ENDPOINTS: {many} is not a number from 0 to 10000")),
            });
        Ok(Self {
            stories: stories.collect::<Result<_, _>>()?,
            backends: backends()?,
            rounds: rounds as u32,
            slice: Duration::from_secs_f64(seconds / rounds),
            connections: number("CONNECTIONS", 8_usize)?.clamp(1, 256),
            variety: number("VARIETY", 4_000_u64)?.clamp(10, 100_000),
            follow: text("FOLLOW").is_none_or(|said| said != "0"),
            deliveries: number("DELIVERIES", 300_usize)?.clamp(1, 100_000),
            listeners: listeners.collect::<Result<_, _>>()?,
            endpoints: endpoints.collect::<Result<_, _>>()?,
            house: text("HOUSE").map(PathBuf::from),
            out: text("OUT").map_or_else(default_out, PathBuf::from),
            profile: text("PROFILE").is_some_and(|said| said != "0"),
        })
    }
}

fn backends() -> Outcome<Vec<Backend>> {
    let Some(named) = text("BACKENDS") else {
        if dateline_tests::Cluster::programs().is_some() {
            return Ok(vec![Backend::Sqlite, Backend::Postgres]);
        }
        eprintln!("PostgreSQL's programs are not found: SQLite only");
        return Ok(vec![Backend::Sqlite]);
    };
    let named = named.split(',').map(|name| match name.trim() {
        "sqlite" => Ok(Backend::Sqlite),
        "postgres" => Ok(Backend::Postgres),
        other => Err(format!("BACKENDS: {other} is neither sqlite nor postgres").into()),
    });
    named.collect()
}

/// Cargo's own folder for scratch files lies in the target folder, wherever that is.
fn default_out() -> PathBuf {
    let scratch = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    scratch.parent().unwrap_or(&scratch).join("bench.json")
}

fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn number<T: std::str::FromStr>(name: &str, otherwise: T) -> Outcome<T> {
    let Some(value) = text(name) else { return Ok(otherwise) };
    value
        .replace('_', "")
        .parse()
        .map_err(|_| format!("{name}: {value} is not a number").into())
}
