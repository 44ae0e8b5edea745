//! `source`: add, list, show, change, pause, resume, remove, pull. Sources are looked at by the running servers; `pull` does
//! it here and now.

use super::{Common, End, block_on, configuration, logging, rooms};
use crate::app::Rooms;
use crate::clock::Clock;
use crate::error::{Error, Fault, Result};
use crate::news::source::{SourceFeed, SourceReport, SourceSettings, SourceSubmission};
use crate::news::viewer::Viewer;
use crate::rest::PulledSourceView;
use crate::source::{self, Pulled, SourceReceipt};
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

#[derive(Subcommand)]
pub enum Source {
    /// Put a source in; its slug is printed
    Add {
        /// The address of a feed, or of a document in any format that is read
        url: String,
        /// What it is called in commands and addresses [default: after its name, or its host]
        #[arg(long)]
        slug: Option<String>,
        #[command(flatten)]
        said: Said,
    },
    /// Show all sources and how they are
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Show one source and how it is
    Show {
        slug: String,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Change a source; what is not said stays
    Change {
        slug: String,
        /// Another address
        #[arg(long)]
        url: Option<String>,
        #[command(flatten)]
        said: Said,
    },
    /// Let a source rest
    Pause { slug: String },
    /// Ask a source again that rests, or that has said that it is over
    Resume { slug: String },
    /// Remove a source; its stories stay
    Remove { slug: String },
    /// Look at a source once, now
    Pull {
        slug: String,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
pub struct Said {
    /// Who its stories come from, where they do not say it themselves
    #[arg(long)]
    name: Option<String>,
    /// The time between two looks, such as 30s, 5m or 1h [default: 15m]
    #[arg(long, value_name = "TIME")]
    every: Option<String>,
    /// Slug or code of a topic for all of its stories; may be repeated
    #[arg(long)]
    topic: Vec<String>,
    /// Language of stories that say none, as a BCP 47 tag
    #[arg(long)]
    language: Option<String>,
    /// Take up topics that the house does not know
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    new_topics: Option<bool>,
}

const OPERATOR: &Viewer = &Viewer::Operator;

impl Source {
    pub fn run(self, common: &Common) -> Result<End> {
        let config = configuration(common, None, None)?;
        logging(&config);
        block_on(async {
            let clock = Clock::system();
            let rooms = rooms(&config, &clock).await?;
            Box::pin(self.carry_out(&rooms, clock.now())).await
        })
    }

    async fn carry_out(self, rooms: &Rooms, now: Timestamp) -> Result<End> {
        let sources = &rooms.sources;
        match self {
            Source::Add { url, slug, said } => {
                let new = SourceSubmission {
                    slug,
                    url: Some(url),
                    ..SourceSubmission::default()
                };
                let SourceReceipt { slug, .. } = sources.add(OPERATOR, said.over(new)?, None).await?;
                println!("{slug}");
                eprintln!(
                    "Source {slug} is looked at by the running servers; here and now: dateline source pull {slug}"
                );
            }
            Source::List { json } => {
                for report in sources.list().await? {
                    show(&report, now, json);
                }
            }
            Source::Show { slug, json } => {
                show(&sources.find(&slug).await?, now, json);
            }
            Source::Change { slug, url, said } => {
                let mut source = as_it_is(rooms, &slug).await?;
                source.url = url.or(source.url);
                put(rooms, said.over(source)?).await?;
            }
            Source::Pause { slug } => {
                let source = as_it_is(rooms, &slug).await?;
                let paused = Some(true);
                put(rooms, SourceSubmission { paused, ..source }).await?;
            }
            Source::Resume { slug } => {
                let source = as_it_is(rooms, &slug).await?;
                let paused = Some(false);
                put(rooms, SourceSubmission { paused, ..source }).await?;
                sources.wake(&slug).await?;
            }
            Source::Remove { slug } => {
                sources.delete(&slug, None).await?;
                eprintln!("Source {slug} is removed; its stories stay.");
            }
            Source::Pull { slug, json } => {
                let due = sources.claim_now(&slug).await?;
                let pulled = sources
                    .pull(due, |brought| rooms.desk.take_in(OPERATOR, brought))
                    .await?;
                return tell(&slug, &pulled, json);
            }
        }
        Ok(End::Done)
    }
}

impl Said {
    fn over(self, source: SourceSubmission) -> Result<SourceSubmission> {
        let Said {
            name,
            every,
            topic,
            language,
            new_topics,
        } = self;
        let every_seconds = every.as_deref().map(seconds).transpose()?;
        Ok(SourceSubmission {
            name: name.or(source.name),
            every_seconds: every_seconds.or(source.every_seconds),
            topics: Some(topic).filter(|t| !t.is_empty()).or(source.topics),
            language: language.or(source.language),
            new_topics: new_topics.or(source.new_topics),
            ..source
        })
    }
}

fn seconds(text: &str) -> Result<i64> {
    let wrong = |_| {
        let message = format!("`{text}` is no time: write 30s, 5m, 1h or 1d");
        Error::parameters(vec![Fault::new("--every", "invalid_value", message)])
    };
    // A day is a day here, whatever the clocks do.
    let hours = text
        .strip_suffix('d')
        .and_then(|days| days.parse::<u8>().ok())
        .map(|days| i64::from(days) * 24);
    match hours {
        Some(hours) => Ok(hours * 3_600),
        None => text.parse::<SignedDuration>().map(|time| time.as_secs()).map_err(wrong),
    }
}

async fn as_it_is(rooms: &Rooms, slug: &str) -> Result<SourceSubmission> {
    let SourceFeed { slug, settings, .. } = rooms.sources.find(slug).await?.feed;
    let SourceSettings {
        url,
        name,
        every_seconds,
        topics,
        language,
        new_topics,
        paused,
    } = settings;
    Ok(SourceSubmission {
        slug: Some(slug),
        url: Some(url),
        name,
        every_seconds: Some(every_seconds),
        topics: Some(topics),
        language,
        new_topics: Some(new_topics),
        paused: Some(paused),
    })
}

async fn put(rooms: &Rooms, source: SourceSubmission) -> Result<()> {
    let SourceReceipt { slug, outcome, .. } = rooms.sources.put(OPERATOR, source, None, None).await?;
    eprintln!("Source {slug} is {}.", outcome.as_str());
    Ok(())
}

fn show(report: &SourceReport, now: Timestamp, json: bool) {
    if json {
        println!("{}", json!(PulledSourceView::of(report, now)));
        return;
    }
    let SourceReport { feed, counts, hub } = report;
    let lag = feed.lag(now).map_or_else(
        || "never".to_owned(),
        |lag| format!("{:#} ago", SignedDuration::from_secs(lag.as_secs())),
    );
    let mut line = format!(
        "{:<24} {:<8} {:>6} stories  ok {lag}  {}",
        feed.slug,
        feed.state().as_str(),
        counts.stories,
        feed.settings.url
    );
    if counts.refused > 0 {
        line.push_str(&format!("  [{} refused]", counts.refused));
    }
    if let Some(error) = &feed.health.last_error {
        line.push_str(&format!("  [{} times: {error}]", feed.health.failures));
    }
    if let Some(hub) = hub {
        line.push_str(&format!("  [hub {}]", hub.state(now).as_str()));
    }
    println!("{line}");
}

fn tell(slug: &str, pulled: &Pulled, json: bool) -> Result<End> {
    let Pulled {
        end,
        new,
        changed,
        unchanged,
        refused,
        others,
    } = pulled;
    for (uri, why) in refused {
        eprintln!("{uri}: {why}");
    }
    let (word, why) = match end {
        source::End::Read => ("read", None),
        source::End::NotModified => ("not_modified", None),
        source::End::Gone => ("gone", Some("it answered 410 Gone: it is over, and not asked any more")),
        source::End::Failed(why) => ("failed", Some(why.as_str())),
    };
    if json {
        println!(
            "{}",
            json!({
                "source": slug, "outcome": word, "error": why, "new": new, "changed": changed, "unchanged": unchanged,
                "refused": refused.len(), "others": others,
            })
        );
    } else if why.is_none() {
        eprintln!(
            "{new} new, {changed} changed, {unchanged} as before, {} refused, {others} others' own.",
            refused.len()
        );
    }
    match why {
        Some(why) => Err(Error::request("pull_failed", format!("source {slug}: {why}"))),
        None if !refused.is_empty() => Ok(End::InPart),
        None => Ok(End::Done),
    }
}
