//! `demo`: a server full of believable stories, with nothing to configure.

use super::import::{Intake, Line, Reading, Report};
use super::serve::serve;
use super::{Common, End, block_on, configuration, logging, rooms};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use rust_embed::Embed;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Args)]
pub struct Demo {
    /// Address and port; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
}

#[derive(Embed)]
#[folder = "assets/demo"]
#[include = "*.ndjson"]
struct Stories;

/// Where the demo keeps its house, apart from yours.
const FOLDER: &str = "dateline-demo";

impl Demo {
    pub fn run(self, common: &Common) -> Result<End> {
        let mut config = configuration(common, self.listen, Some(FOLDER))?;
        // A demo never touches a database that somebody configured for real.
        config.store.url.clear();
        if common.config.is_none() {
            "warn".clone_into(&mut config.log.filter);
        }
        logging(&config);
        block_on(async {
            Box::pin(fill(config.clone(), &Clock::system())).await?;
            let folder = config.store.data_dir.display().to_string();
            serve(config, async |address| {
                welcome(address, &folder);
                Ok(())
            })
            .await
        })
    }
}

/// Puts the stories in, once; their times count back from that moment. They go into a folder beside the house, which
/// takes the house's name when all are in: a demo that is stopped half-way begins anew.
async fn fill(mut config: Config, clock: &Clock) -> Result<()> {
    let house = config.store.data_dir.clone();
    if house.join("dateline.db").exists() {
        return Ok(());
    }
    let filling = house.with_extension("filling");
    let cannot =
        |e: std::io::Error| Error::request("unusable_data_dir", format!("cannot use {}: {e}", house.display()));
    if filling.exists() {
        std::fs::remove_dir_all(&filling).map_err(cannot)?;
    }
    config.store.data_dir.clone_from(&filling);
    let rooms = rooms(&config, clock).await?;
    let now = clock.now();
    let reading = Reading {
        new_topics: false,
        ..Reading::default()
    };
    let mut intake = Intake::new(rooms.desk.clone(), Report::new(None)?);
    for name in order() {
        let file: Arc<str> = name.as_str().into();
        let text = Stories::get(&name).ok_or_else(|| Error::internal(format!("{name} is not in the program")))?;
        for (line, number) in text.data.split(|b| *b == b'\n').zip(1..) {
            if line.is_empty() {
                continue;
            }
            let line = Line {
                file: Arc::clone(&file),
                number,
                bytes: dated(line, now)?,
            };
            if let Some(item) = reading.item(&rooms.desk, line) {
                intake.take(item).await?;
            }
        }
    }
    let report = intake.finish().await?;
    if report.refused > 0 {
        report.show(false)?;
        return Err(Error::internal("the demo's own stories were refused"));
    }
    rooms.store.close().await?;
    std::fs::rename(&filling, &house).map_err(cannot)
}

/// What others refer to comes first.
fn order() -> Vec<String> {
    let mut names: Vec<String> = Stories::iter().map(|n| n.to_string()).collect();
    let rank = |name: &str| match name {
        "topics.ndjson" => 0,
        "sources.ndjson" => 1,
        "collections.ndjson" => 3,
        _ => 2,
    };
    names.sort_by(|a, b| (rank(a), a).cmp(&(rank(b), b)));
    names
}

/// Makes a time of `minutesAgo`.
fn dated(line: &[u8], now: Timestamp) -> Result<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(line).map_err(Error::internal)?;
    if let Some(record) = value.as_object_mut()
        && let Some(minutes) = record.remove("minutesAgo").and_then(|m| m.as_i64())
    {
        let first_published = now
            .checked_sub(SignedDuration::from_mins(minutes))
            .map_err(Error::internal)?;
        // To the minute, as desks write it.
        let first_published = first_published
            .round(jiff::Unit::Minute)
            .unwrap_or(first_published)
            .min(now);
        record.insert("firstPublished".to_owned(), json!(first_published));
    }
    serde_json::to_vec(&value).map_err(Error::internal)
}

fn welcome(address: &str, folder: &str) {
    eprintln!(
        "
Dateline's demo is open. Its house is in the folder {folder}; delete that for fresh stories.

  the reader's page   {address}/
  GraphiQL            {address}/graphiql
  REST reference      {address}/docs
  feeds               {address}/feeds/latest.atom   {address}/feeds.opml

  curl '{address}/v1/search?q=flood&limit=3'

  curl '{address}/v1/latest?limit=5&timeZone=Europe/Kyiv'

  curl {address}/graphql -H 'Content-Type: application/json' \\
    -d '{{\"query\":\"{{ latest(first: 5) {{ nodes {{ headline firstPublished topics {{ name }} }} }} }}\"}}'

  a GraphQL query to paste into GraphiQL, the whole news page in one request:

  {{
    latest(first: 5) {{ nodes {{ slug headline firstPublished(timeZone: \"Europe/Kyiv\") }} }}
    topic(by: {{ slug: \"prut-flood\" }}) {{
      name
      articles(first: 1) {{ nodes {{
        headline dateline byline paragraphs
        moreAbout(first: 5) {{ topic {{ name }} articles {{ slug headline firstPublished }} }}
      }} }}
    }}
  }}

To write, make a key:  dateline --data {folder} key issue --scope publish --name me
Stop with Ctrl-C."
    );
}
