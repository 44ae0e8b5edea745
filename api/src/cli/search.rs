//! `search`: how the index is, making it anew, and asking it.

use super::{Common, End, block_on, configuration, logging, rooms};
use crate::app::Rooms;
use crate::archive::{IndexStatus, Results, Search as Asked};
use crate::clock::Clock;
use crate::consumer::Librarian;
use crate::error::{Error, Result};
use crate::news::filter::{Filter, TopicExpression};
use crate::news::viewer::Scope;
use crate::page::Page;
use crate::search::{Mark, Order};
use clap::{Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::time::Duration;

#[derive(Subcommand)]
pub enum Search {
    /// How the index is: its stories, its size, how far it has followed the wire
    Status {
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Make the index anew from the database; searching goes on with the old one meanwhile
    Rebuild,
    /// Look for something, as one who may see all
    Query {
        /// Words, "phrases", -not, OR, field:value, begin*
        #[arg(allow_hyphen_values = true)]
        text: String,
        /// Topics as in `?topic=`: `a|b` any of, `a,b` all of, `-a` not; may be repeated
        #[arg(long, allow_hyphen_values = true)]
        topic: Vec<String>,
        /// BCP 47 tags; one of these
        #[arg(long, value_delimiter = ',')]
        language: Vec<String>,
        #[arg(long, value_enum, default_value_t = By::Relevance)]
        order: By,
        /// Most stories, 1 to 100
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
        limit: u32,
        /// One JSON object a story
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum By {
    Relevance,
    Newest,
    Oldest,
}

/// How often it is looked how far another process is.
const LOOK: Duration = Duration::from_millis(200);

impl Search {
    pub fn run(self, common: &Common) -> Result<End> {
        let config = configuration(common, None, None)?;
        logging(&config);
        block_on(async {
            let clock = Clock::system();
            let rooms = rooms(&config, &clock).await?;
            match self {
                Search::Status { json } => status(&rooms, json)?,
                Search::Rebuild => Box::pin(rebuild(&rooms, clock)).await?,
                Search::Query {
                    text,
                    topic,
                    language,
                    order,
                    limit,
                    json,
                } => {
                    let filter = Filter {
                        topics: TopicExpression::read(topic.iter().map(String::as_str))
                            .map_err(|why| Error::request("invalid_topic", why))?,
                        languages: language,
                        ..Filter::default()
                    };
                    Box::pin(query(&rooms, &clock, (text, filter), (order, limit), json)).await?;
                }
            }
            Ok(End::Done)
        })
    }
}

fn status(rooms: &Rooms, as_json: bool) -> Result<()> {
    if let Some(generation) = rooms.index.open().unwrap_or(None) {
        rooms.index.show(&generation)?;
    }
    let IndexStatus {
        state,
        progress,
        stories,
        bytes,
        behind,
    } = rooms.archive.index_status();
    if as_json {
        let line =
            json!({ "state": state, "progress": progress, "stories": stories, "bytes": bytes, "behind": behind });
        println!("{line}");
        return Ok(());
    }
    let progress = progress.map_or_else(String::new, |p| format!(" ({:.0} %)", p * 100.0));
    println!("{state}{progress}: {stories} stories, {bytes} bytes, {behind} entries behind the wire");
    Ok(())
}

async fn rebuild(rooms: &Rooms, clock: Clock) -> Result<()> {
    let librarian = Librarian {
        store: rooms.store.clone(),
        wire: rooms.wire.clone(),
        index: rooms.index.clone(),
        clock,
    };
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} stories, {per_sec}, {eta}") {
        bar.set_style(style);
    }
    let told = |mark: &Mark| {
        bar.set_length(mark.of);
        bar.set_position(mark.built);
    };
    if let Some(built) = librarian.make_anew(told).await? {
        bar.finish_and_clear();
        eprintln!("The index is made of {built} stories.");
        return Ok(());
    }
    // A server writes in it: it is asked, and goes on serving.
    let before = rooms.index.current();
    rooms.index.ask_rebuild()?;
    eprintln!("A running server makes the index anew.");
    while rooms.index.current() == before {
        tokio::time::sleep(LOOK).await;
        if rooms.index.is_unclaimed() {
            return Err(Error::request("server_gone", "The server has ended; call this again."));
        }
    }
    eprintln!("The index was made anew.");
    Ok(())
}

async fn query(
    rooms: &Rooms,
    clock: &Clock,
    (text, filter): (String, Filter),
    (order, limit): (By, u32),
    as_json: bool,
) -> Result<()> {
    if let Some(generation) = rooms.index.open()? {
        rooms.index.show(&generation)?;
    }
    let scope = Scope::operator(clock.now());
    let asked = Asked {
        text,
        selection: rooms.archive.select(&scope, filter).await?,
        order: match order {
            By::Relevance => Order::Relevance,
            By::Newest => Order::Newest,
            By::Oldest => Order::Oldest,
        },
        page: Page::first(limit),
        total: true,
        facets: Vec::new(),
    };
    let Results {
        slice,
        total,
        spread: _,
        did_you_mean,
        rebuilding,
    } = rooms.archive.search(&scope, asked).await?;
    for edge in &slice.edges {
        let hit = &edge.node;
        let story = &hit.story;
        if as_json {
            let fragments: Vec<_> = hit
                .fragments
                .iter()
                .map(|f| json!({ "field": f.field, "html": f.html }))
                .collect();
            let line = json!({
                "id": story.id.0, "uri": story.uri, "headline": story.headline, "language": story.language,
                "firstPublished": story.first_published, "score": hit.score, "fragments": fragments,
            });
            println!("{line}");
        } else {
            println!("{}  {}  {}", story.first_published, story.language, story.headline);
        }
    }
    eprintln!("{} stories.", total.unwrap_or_default());
    if let Some(better) = did_you_mean {
        eprintln!("Did you mean: {better}");
    }
    if let Some(progress) = rebuilding {
        eprintln!(
            "The index is being made anew; {:.0} % of it is there.",
            progress * 100.0
        );
    }
    Ok(())
}
