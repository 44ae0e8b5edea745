//! Sources put in, changed and removed, and what is told of them.

use super::Sources;
use crate::error::{Error, Fault, Kind, Result};
use crate::news::source::{Health, SourceFeed, SourceReport, SourceSettings, SourceSubmission};
use crate::news::topic::TopicKey;
use crate::news::viewer::Viewer;
use crate::news::write::{Expected, Idempotency, Outcome};
use crate::news::{SourceFeedId, language, slug};
use crate::store::{Claim, RACE, Tx};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use url::Host;

/// What became of a source: the answer to the request, and to its repetitions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceReceipt {
    pub id: SourceFeedId,
    pub slug: String,
    pub version: i32,
    pub outcome: Outcome,
}

/// A source that has passed the rules.
#[derive(Clone, Debug)]
struct Order {
    /// One is made where none is said.
    slug: Option<String>,
    settings: SourceSettings,
    expected: Option<Expected>,
}

const EVERY: i64 = 900;
const SECONDS: RangeInclusive<i64> = 10..=604_800;
const MOST_TOPICS: usize = 20;
const TRIES: usize = 5;

impl Sources {
    /// All of them, by slug, with what came from each.
    pub async fn list(&self) -> Result<Vec<SourceReport>> {
        let feeds = self.store.list_source_feeds().await?;
        self.reports(feeds).await
    }

    pub async fn find(&self, slug: &str) -> Result<SourceReport> {
        let feed = self.store.find_source_feed(slug).await?.ok_or_else(unknown)?;
        let report = self.reports(vec![feed]).await?.pop();
        report.ok_or_else(unknown)
    }

    async fn reports(&self, feeds: Vec<SourceFeed>) -> Result<Vec<SourceReport>> {
        let ids: Vec<SourceFeedId> = feeds.iter().map(|feed| feed.id).collect();
        let mut counts = self.store.count_source_items(&ids).await?;
        let mut hubs = self.store.source_hubs(&ids).await?;
        let with = |feed: SourceFeed| SourceReport {
            counts: counts.remove(&feed.id).unwrap_or_default(),
            hub: hubs.remove(&feed.id),
            feed,
        };
        Ok(feeds.into_iter().map(with).collect())
    }

    /// Puts in a new source. Without a slug it is called after its name, or after its host.
    pub async fn add(
        &self,
        by: &Viewer,
        source: SourceSubmission,
        repeat: Option<&Idempotency>,
    ) -> Result<SourceReceipt> {
        let order = self.order(source, Some(Expected::Nothing)).await?;
        self.once(by, order, repeat).await
    }

    /// Puts a source in, new or changed. The same again changes nothing.
    pub async fn put(
        &self,
        by: &Viewer,
        source: SourceSubmission,
        expected: Option<Expected>,
        repeat: Option<&Idempotency>,
    ) -> Result<SourceReceipt> {
        let order = self.order(source, expected).await?;
        self.once(by, order, repeat).await
    }

    /// Removes a source; its stories stay.
    pub async fn delete(&self, slug: &str, expected: Option<Expected>) -> Result<()> {
        let tx = self.store.begin().await?;
        let feed = tx.lock_source_feed(slug).await?.ok_or_else(unknown)?;
        if let Some(expected) = expected {
            expected.check(Some(feed.version))?;
        }
        tx.delete_source_feed(feed.id).await?;
        tx.commit().await
    }

    /// Makes a source due, even one that has said that it is over.
    pub async fn wake(&self, slug: &str) -> Result<()> {
        let tx = self.store.begin().await?;
        let mut feed = tx.lock_source_feed(slug).await?.ok_or_else(unknown)?;
        feed.health.gone = false;
        feed.health.due = self.clock.now();
        tx.file_source_feed(&feed).await?;
        tx.commit().await?;
        self.due.notify_one();
        Ok(())
    }

    /// How sources stand, for the metrics.
    pub async fn measure(&self) -> Result<()> {
        let now = self.clock.now();
        for feed in self.store.list_source_feeds().await? {
            let state = feed.state().as_str();
            let lag = feed.lag(now).map_or(f64::NAN, |lag| lag.as_secs_f64());
            metrics::gauge!("dateline_source_lag_seconds", "source" => feed.slug.clone()).set(lag);
            let failures = f64::from(feed.health.failures);
            metrics::gauge!("dateline_source_failures", "source" => feed.slug, "state" => state).set(failures);
        }
        Ok(())
    }

    async fn order(&self, source: SourceSubmission, expected: Option<Expected>) -> Result<Order> {
        let SourceSubmission {
            slug,
            url,
            name,
            every_seconds,
            topics,
            language,
            new_topics,
            paused,
        } = source;
        let mut faults = Vec::new();
        if let Some(Err(message)) = slug.as_deref().map(slug::valid_slug) {
            faults.push(Fault::new("slug", "invalid_slug", message));
        }
        let url = url.unwrap_or_default();
        let mut host = None;
        match self.outbound.address(&url) {
            Ok(address) => {
                host = match address.host() {
                    Host::Domain(name) => Some(name.clone()),
                    Host::Ipv4(_) | Host::Ipv6(_) => None,
                };
            }
            Err(failure) => faults.push(Fault::new("url", "invalid_url", failure.to_string())),
        }
        let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        if name
            .as_ref()
            .is_some_and(|n| n.chars().count() > 200 || n.contains(char::is_control))
        {
            faults.push(Fault::new(
                "name",
                "too_long",
                "must be one line of at most 200 characters",
            ));
        }
        let every_seconds = every_seconds.unwrap_or(EVERY);
        if !SECONDS.contains(&every_seconds) {
            let message = format!("must be {} to {} seconds", SECONDS.start(), SECONDS.end());
            faults.push(Fault::new("everySeconds", "out_of_range", message));
        }
        let language = match language
            .filter(|l| !l.is_empty())
            .map(|l| language::normalise(&l))
            .transpose()
        {
            Ok(language) => language,
            Err(message) => {
                faults.push(Fault::new("language", "invalid_language", message));
                None
            }
        };
        let topics = topics.unwrap_or_default();
        self.check_topics(&topics, &mut faults).await?;
        if !faults.is_empty() {
            return Err(Error::content(faults));
        }
        let slug = slug.or_else(|| slug::slugify(name.as_deref().or(host.as_deref())?, ""));
        Ok(Order {
            slug,
            settings: SourceSettings {
                url,
                name,
                every_seconds,
                topics,
                language,
                new_topics: new_topics.unwrap_or(false),
                paused: paused.unwrap_or(false),
            },
            expected,
        })
    }

    async fn check_topics(&self, topics: &[String], faults: &mut Vec<Fault>) -> Result<()> {
        if topics.len() > MOST_TOPICS {
            faults.push(Fault::new("topics", "too_many", format!("at most {MOST_TOPICS}")));
            return Ok(());
        }
        let keys: Vec<TopicKey> = topics.iter().map(|topic| TopicKey::read(topic)).collect();
        let found = self.store.find_topics(&keys).await?;
        for (i, key) in keys.iter().enumerate() {
            if !found.contains_key(key) {
                let message = "is no topic's slug or code; put the topic in first";
                faults.push(Fault::new(format!("topics[{i}]"), "unknown_topic", message));
            }
        }
        Ok(())
    }

    /// In one transaction, once for an `Idempotency-Key`, again when another writer got in between.
    async fn once(&self, by: &Viewer, order: Order, repeat: Option<&Idempotency>) -> Result<SourceReceipt> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.attempt(by, &order, repeat).await {
                Err(error) if error.code == RACE && tries < TRIES => {}
                done => {
                    self.due.notify_one();
                    return done;
                }
            }
        }
    }

    async fn attempt(&self, by: &Viewer, order: &Order, repeat: Option<&Idempotency>) -> Result<SourceReceipt> {
        let tx = self.store.begin().await?;
        if let Some(same @ Idempotency { key, fingerprint }) = repeat {
            match tx.claim(by.owner(), key, fingerprint, self.clock.now()).await? {
                Claim::New => {}
                Claim::Done {
                    fingerprint: earlier,
                    answer,
                } => return serde_json::from_str(&same.same(&earlier, answer)?).map_err(Error::internal),
            }
        }
        let receipt = self.file(&tx, order).await?;
        if let Some(Idempotency { key, .. }) = repeat {
            let answer = serde_json::to_string(&receipt).map_err(Error::internal)?;
            tx.answered(by.owner(), key, &answer).await?;
        }
        tx.commit().await?;
        Ok(receipt)
    }

    async fn file(&self, tx: &Tx, order: &Order) -> Result<SourceReceipt> {
        let Order {
            slug,
            settings,
            expected,
        } = order;
        let Some(slug) = slug.clone() else {
            let fault = Fault::new(
                "slug",
                "required",
                "is required, because no name is said that it could be called after",
            );
            return Err(Error::content(vec![fault]));
        };
        let old = tx.lock_source_feed(&slug).await?;
        match (expected, &old) {
            (Some(Expected::Nothing), Some(_)) => {
                let detail = format!(
                    "There is a source {slug} already: change it with PUT /v1/sources/{slug}, or give this one a slug."
                );
                return Err(Error::new(Kind::Conflict, "source_exists", detail));
            }
            (Some(expected), old) => expected.check(old.as_ref().map(|o| o.version))?,
            (None, _) => {}
        }
        let now = self.clock.now();
        let outcome = match &old {
            Some(old) if old.settings == *settings => Outcome::Unchanged,
            Some(_) => Outcome::Updated,
            None => Outcome::Created,
        };
        let fresh = Health {
            due: now,
            ..Health::default()
        };
        let feed = match old {
            Some(old) => {
                let elsewhere = old.settings.url != settings.url;
                let health = Health {
                    // All of it is read again: what is made of it may have changed.
                    etag: None,
                    last_modified: None,
                    due: now,
                    ..if elsewhere { fresh } else { old.health.clone() }
                };
                SourceFeed {
                    settings: settings.clone(),
                    version: old.version.saturating_add(1),
                    health,
                    ..old
                }
            }
            None => SourceFeed {
                id: SourceFeedId(self.clock.new_id()),
                slug,
                settings: settings.clone(),
                version: 1,
                created: now,
                health: fresh,
            },
        };
        if outcome == Outcome::Unchanged {
            return Ok(SourceReceipt {
                id: feed.id,
                version: feed.version.saturating_sub(1),
                slug: feed.slug,
                outcome,
            });
        }
        tx.file_source_feed(&feed).await?;
        Ok(SourceReceipt {
            id: feed.id,
            slug: feed.slug,
            version: feed.version,
            outcome,
        })
    }
}

fn unknown() -> Error {
    Error::not_found("source")
}
