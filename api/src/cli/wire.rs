//! `wire`: see it live, cut off what is old, begin a new epoch.

use super::{Common, End, block_on, configuration, logging, rooms};
use crate::app::Rooms;
use crate::archive::{Notice, Subject};
use crate::clock::Clock;
use crate::consumer::Consumer;
use crate::error::{Error, Fault, Result};
use crate::news::channel::Sight;
use crate::news::story::ArticleKey;
use crate::news::tags::moved_by;
use crate::news::topic::TopicKey;
use crate::news::viewer::Scope;
use crate::news::wire::{Entry, Payload, Position, WireFilter};
use crate::rest::entry_views;
use clap::Subcommand;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use serde_json::json;
use std::io::Write;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[derive(Subcommand)]
pub enum Wire {
    /// Show changes as they come, until interrupted
    Tail {
        /// One JSON object a line, as GET /v1/wire has them
        #[arg(long, conflicts_with = "keys")]
        json: bool,
        /// One line a change with the surrogate keys that it moved: for a CDN's purge
        #[arg(long)]
        keys: bool,
        /// Begin behind this cursor, at the `oldest` entry that is kept, or with the `latest`
        #[arg(long, default_value = "latest")]
        after: String,
        /// Keep the place under this name in the database, and go on from there the next time
        #[arg(long, value_name = "NAME")]
        bookmark: Option<String>,
        /// Only what concerns the feeds of these topics
        #[arg(long, value_name = "SLUG")]
        topic: Vec<String>,
    },
    /// Show what every key has confirmed, or who knows that a story was canceled
    Receipts {
        /// A canceled story, by id, uri or slug
        #[arg(long)]
        article: Option<String>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Begin a new epoch: after an older copy of the database was put in its place, before it is served
    Epoch,
    /// Delete old entries; who is further behind than that must take a snapshot
    Trim {
        /// Age, such as 30d, 12h or "2 weeks"
        #[arg(long, value_name = "AGE")]
        older_than: String,
    },
}

impl Wire {
    pub fn run(self, common: &Common) -> Result<End> {
        let config = configuration(common, None, None)?;
        logging(&config);
        block_on(async {
            let clock = Clock::system();
            let rooms = rooms(&config, &clock).await?;
            match self {
                Wire::Receipts { article, json } => receipts(&rooms, article.as_deref(), json).await,
                Wire::Epoch => {
                    let head = rooms.wire.begin_epoch().await?;
                    eprintln!(
                        "Epoch {} begins. Who was told more than this copy holds is sent to the snapshot.",
                        head.epoch
                    );
                    Ok(End::Done)
                }
                Wire::Trim { older_than } => trim(&rooms, &clock, &older_than).await,
                Wire::Tail {
                    json,
                    keys,
                    after,
                    bookmark,
                    topic,
                } => {
                    let how = match (json, keys) {
                        (_, true) => How::Keys,
                        (true, false) => How::Json,
                        (false, false) => How::Text,
                    };
                    let filter = filter(&rooms, &clock, &topic).await?;
                    let teller = Teller {
                        rooms,
                        clock,
                        filter,
                        how,
                    };
                    teller.tail(&after, bookmark.as_deref()).await
                }
            }
        })
    }
}

async fn receipts(rooms: &Rooms, article: Option<&str>, as_json: bool) -> Result<End> {
    let shown = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    if let Some(article) = article {
        let kill = rooms.access.kill(&ArticleKey::read(article)).await?;
        for receipt in &kill.receipts {
            let partner = receipt.partner.as_deref();
            if as_json {
                let line = json!({
                    "keyId": receipt.key_id, "name": receipt.key_name, "partner": partner,
                    "toldAt": receipt.told, "confirmedAt": receipt.confirmed,
                });
                println!("{line}");
            } else {
                let (told, confirmed) = (shown(receipt.told), shown(receipt.confirmed));
                println!(
                    "{}  told {told:<28} confirmed {confirmed:<28} {} {}",
                    receipt.key_id,
                    receipt.key_name,
                    partner.unwrap_or_default()
                );
            }
        }
        let waiting = kill.receipts.iter().filter(|r| r.told.is_none()).count();
        eprintln!(
            "Canceled {}; {waiting} of {} have not been told yet.",
            kill.at,
            kill.receipts.len()
        );
        return Ok(End::Done);
    }
    let head = rooms.wire.head().position.0;
    for receipt in rooms.access.receipts().await? {
        let lag = receipt.confirmed.map(|(position, _)| (head - position.0).max(0));
        let confirmed = receipt.confirmed.map(|(_, at)| at);
        if as_json {
            let line = json!({
                "keyId": receipt.key_id, "name": receipt.key_name, "confirmedAt": confirmed, "lag": lag,
                "lastSeen": receipt.last_seen,
            });
            println!("{line}");
        } else {
            let lag = lag.map_or_else(|| "-".to_owned(), |lag| lag.to_string());
            let (confirmed, seen) = (shown(confirmed), shown(receipt.last_seen));
            println!(
                "{}  lag {lag:<8} confirmed {confirmed:<28} seen {seen:<28} {}",
                receipt.key_id, receipt.key_name
            );
        }
    }
    Ok(End::Done)
}

async fn trim(rooms: &Rooms, clock: &Clock, older_than: &str) -> Result<End> {
    let wrong = |_| {
        let message = "must be an age, such as 30d, 12h or \"2 weeks\"";
        Error::parameters(vec![Fault::new("--older-than", "invalid_value", message)])
    };
    let age: Span = older_than.parse().map_err(wrong)?;
    let now = clock.now();
    let before = now.to_zoned(TimeZone::UTC).checked_sub(age).map_err(wrong)?.timestamp();
    if before > now - SignedDuration::from_hours(1) {
        let message = "must be an hour or more: followers need time to catch up";
        return Err(Error::parameters(vec![Fault::new(
            "--older-than",
            "too_young",
            message,
        )]));
    }
    let trimmed = rooms.wire.trim(before).await?;
    println!("{trimmed}");
    eprintln!("Entries before {before} are deleted.");
    Ok(End::Done)
}

async fn filter(rooms: &Rooms, clock: &Clock, topics: &[String]) -> Result<WireFilter> {
    let scope = Scope::operator(clock.now());
    let keys: Vec<TopicKey> = topics.iter().map(|t| TopicKey::read(t)).collect();
    let found = rooms.archive.find_topics(&scope, &keys).await?;
    let mut ids = Vec::new();
    for (key, name) in keys.iter().zip(topics) {
        let Some(topic) = found.get(key) else {
            let message = format!("there is no topic `{name}`");
            return Err(Error::parameters(vec![Fault::new("--topic", "unknown_topic", message)]));
        };
        ids.push(topic.id);
    }
    Ok(WireFilter {
        topics: ids,
        ..WireFilter::default()
    })
}

#[derive(Clone, Copy)]
enum How {
    Text,
    Json,
    Keys,
}

struct Teller {
    rooms: Rooms,
    clock: Clock,
    filter: WireFilter,
    how: How,
}

impl Teller {
    async fn tail(&self, after: &str, bookmark: Option<&str>) -> Result<End> {
        let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
        let stop = CancellationToken::new();
        let wire = &self.rooms.wire;
        let loops = [
            tokio::spawn(wire.clone().tail(stop.clone())),
            tokio::spawn(wire.clone().listen(stop.clone())),
        ];
        let start = match after {
            "latest" => wire.head().position,
            "oldest" => wire.beginning().await?,
            cursor => wire.place(&Sight::All.owner(), "--after", cursor)?.position,
        };
        let told = tokio::select! {
            told = self.follow(start, bookmark) => told,
            _ = terminate.recv() => Ok(()),
            _ = interrupt.recv() => Ok(()),
        };
        stop.cancel();
        for task in loops {
            let _ = task.await;
        }
        told.map(|()| End::Done)
    }

    async fn follow(&self, start: Position, bookmark: Option<&str>) -> Result<()> {
        let wire = &self.rooms.wire;
        match bookmark {
            None => {
                let mut follower = wire.follow(start);
                loop {
                    let entries = follower.next(100).await?;
                    self.tell(&entries).await?;
                }
            }
            Some(name) => {
                let store = self.rooms.store.clone();
                let mut consumer = Consumer::open(store, wire, self.clock.clone(), name, start).await?;
                loop {
                    consumer.next(async |entries| self.tell(entries).await).await?;
                }
            }
        }
    }

    async fn tell(&self, entries: &[Arc<Entry>]) -> Result<()> {
        let lines = match self.how {
            How::Keys => entries.iter().map(|entry| keys(entry)).collect(),
            How::Json | How::Text => self.lines(entries).await?,
        };
        let mut out = std::io::stdout().lock();
        for line in lines {
            writeln!(out, "{line}").map_err(unwritable)?;
        }
        out.flush().map_err(unwritable)
    }

    async fn lines(&self, entries: &[Arc<Entry>]) -> Result<Vec<String>> {
        let (archive, wire) = (&self.rooms.archive, &self.rooms.wire);
        let scope = Scope::operator(self.clock.now());
        let notices = archive.notices(&scope, entries, &self.filter).await?;
        if let How::Text = self.how {
            return Ok(notices.iter().map(text).collect());
        }
        let views = entry_views(archive, wire, &scope, notices, Payload::Full).await?;
        views
            .iter()
            .map(|view| serde_json::to_string(view).map_err(Error::internal))
            .collect()
    }
}

fn keys(entry: &Entry) -> String {
    let keys: Vec<String> = moved_by(entry).into_iter().map(|tag| tag.surrogate_key()).collect();
    keys.join(" ")
}

fn text(notice: &Notice) -> String {
    let Notice {
        entry,
        action,
        reason,
        subject,
    } = notice;
    let at = entry.at.strftime("%Y-%m-%d %H:%M:%S");
    let what = match subject {
        Subject::Article {
            edition,
            story: Some(story),
            ..
        } => {
            let changed = if edition.changed.is_empty() {
                String::new()
            } else {
                format!(" ({})", edition.changed.join(", "))
            };
            format!("{} v{} {}{changed}", story.uri, edition.version.0, story.headline)
        }
        Subject::Article { edition, uri, .. } => {
            format!("{} {reason}", uri.clone().unwrap_or_else(|| edition.id.to_string()))
        }
        Subject::Topic(topic) => topic.slug.clone(),
        Subject::Collection(collection) => collection.slug.clone(),
        Subject::Channel(channel) => channel.slug.clone(),
    };
    format!("{at}Z  {:8} {:18} {what}", action.as_str(), entry.kind().as_str())
}

fn unwritable(error: std::io::Error) -> Error {
    Error::request("unwritable_output", format!("cannot write: {error}"))
}
