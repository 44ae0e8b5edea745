//! Things on their way into the house, in batches of one transaction each.

use super::report::Report;
use crate::desk::{Desk, Done, Draft, Manner, OLDER, Origin, Outcome, Received};
use crate::error::{Error, Kind, Result};
use crate::format::reading;
use crate::news::submission::{CollectionSubmission, MergeSubmission, TopicSubmission};
use crate::news::topic::Source;
use crate::news::viewer::Viewer;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a line brings, or why it cannot come in.
pub struct Item {
    pub file: Arc<str>,
    pub line: u64,
    /// Bytes of the line.
    pub size: usize,
    pub thing: Result<Thing>,
}

pub enum Thing {
    Article(Box<Draft>),
    /// A story of others' documents, and whether topics are taken up for it.
    Story(Box<reading::Item>, bool),
    Topic(TopicSubmission, Option<Origin>),
    /// A topic that was merged into another one.
    Merger(TopicSubmission, Option<Origin>, MergeSubmission),
    Source(Source),
    Collection(CollectionSubmission, Option<Origin>),
}

const STORIES: usize = 500;
const BYTES: usize = 16 * 1024 * 1024;
/// How often a batch is tried when the database is busy.
const TRIES: u32 = 6;

pub struct Intake {
    desk: Desk,
    places: Vec<(Arc<str>, u64)>,
    drafts: Vec<Draft>,
    bytes: usize,
    report: Report,
}

impl Intake {
    pub fn new(desk: Desk, report: Report) -> Intake {
        Intake {
            desk,
            places: Vec::new(),
            drafts: Vec::new(),
            bytes: 0,
            report,
        }
    }

    pub fn report(&self) -> &Report {
        &self.report
    }

    pub async fn take(&mut self, item: Item) -> Result<()> {
        let Item {
            file,
            line,
            size,
            thing,
        } = item;
        let outcome = match thing {
            Ok(Thing::Article(draft)) => {
                self.places.push((file, line));
                self.drafts.push(*draft);
                self.bytes += size;
                if self.drafts.len() >= STORIES || self.bytes >= BYTES {
                    self.file().await?;
                }
                return Ok(());
            }
            Err(error) => Err(error),
            Ok(Thing::Story(item, new_topics)) => {
                self.file().await?;
                self.receive(&file, *item, new_topics).await
            }
            // What is not a story may depend on stories before it, and stories behind it on it.
            Ok(thing) => {
                self.file().await?;
                self.other(thing).await
            }
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(error) => self.refuse(&file, line, &error),
        }
    }

    pub async fn finish(mut self) -> Result<Report> {
        self.file().await?;
        self.report.end();
        Ok(self.report)
    }

    async fn other(&mut self, thing: Thing) -> Result<()> {
        let by = &Viewer::Operator;
        match thing {
            Thing::Topic(topic, id) => {
                self.desk.put_topic(by, topic, id, None, None).await?;
                self.report.topics += 1;
            }
            Thing::Merger(topic, origin, merge) => {
                self.merger(topic, origin, merge).await?;
                self.report.topics += 1;
            }
            Thing::Source(source) => {
                self.desk.put_source(by, source).await?;
                self.report.sources += 1;
            }
            Thing::Collection(collection, id) => {
                self.desk.put_collection(by, collection, id, None, None).await?;
                self.report.collections += 1;
            }
            Thing::Article(_) | Thing::Story(..) => {}
        }
        Ok(())
    }

    /// Merges a topic again; where it is not there, it is put in first.
    async fn merger(&self, topic: TopicSubmission, origin: Option<Origin>, merge: MergeSubmission) -> Result<()> {
        let by = &Viewer::Operator;
        let slug = topic.slug.clone().unwrap_or_default();
        match self.desk.merge_topic(by, slug.clone(), merge.clone(), None, None).await {
            Err(error) if error.kind == Kind::NotFound => {}
            done => return done.map(|_| ()),
        }
        // Merging makes one more version of it.
        let origin = origin.map(|o| Origin {
            version: (o.version - 1).max(1),
            ..o
        });
        self.desk.put_topic(by, topic, origin, None, None).await?;
        self.desk.merge_topic(by, slug, merge, None, None).await?;
        Ok(())
    }

    async fn receive(&mut self, file: &str, item: reading::Item, new_topics: bool) -> Result<()> {
        let started = Instant::now();
        let uri = item.submission.uri.clone().unwrap_or_default();
        let mut tries = 0;
        let received = loop {
            tries += 1;
            let manner = Manner {
                new_topics,
                expected: None,
                repeat: None,
            };
            match self.desk.receive(&Viewer::Operator, item.clone(), manner).await {
                Err(error) if error.kind == Kind::Busy && tries < TRIES => {
                    tokio::time::sleep(Duration::from_millis(200) * 2u32.pow(tries)).await;
                }
                done => break done,
            }
        };
        self.report.writing += started.elapsed();
        match received {
            Ok(Received { done, lost }) => {
                self.count(&done);
                self.report.lose(file, &uri, lost);
                Ok(())
            }
            // What is here is newer: there is nothing to do.
            Err(error) if error.code == OLDER => {
                self.report.unchanged += 1;
                Ok(())
            }
            Err(error) => Err(Error {
                detail: format!("{uri}: {}", error.detail),
                ..error
            }),
        }
    }

    fn count(&mut self, done: &Done) {
        let outcome = match done {
            Done::Filed(receipt) => receipt.outcome,
            Done::Waits(receipt) => receipt.outcome,
        };
        match outcome {
            Outcome::Embargoed => self.report.embargoed += 1,
            Outcome::Created => self.report.created += 1,
            Outcome::Updated
            | Outcome::Corrected
            | Outcome::Withheld
            | Outcome::Restored
            | Outcome::Canceled
            | Outcome::Renamed
            | Outcome::Rescheduled
            | Outcome::Dropped => self.report.updated += 1,
            Outcome::Unchanged => self.report.unchanged += 1,
        }
    }

    async fn file(&mut self) -> Result<()> {
        if self.drafts.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        let drafts = std::mem::take(&mut self.drafts);
        let places = std::mem::take(&mut self.places);
        self.bytes = 0;
        let receipts = self.publish(&drafts).await?;
        self.report.writing += started.elapsed();
        for ((file, line), receipt) in places.into_iter().zip(receipts) {
            match receipt {
                Ok(done) => self.count(&done),
                Err(error) => self.refuse(&file, line, &error)?,
            }
        }
        Ok(())
    }

    async fn publish(&self, drafts: &[Draft]) -> Result<Vec<Result<Done>>> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.desk.publish_all(&Viewer::Operator, drafts).await {
                Err(error) if error.kind == Kind::Busy && tries < TRIES => {
                    tokio::time::sleep(Duration::from_millis(200) * 2u32.pow(tries)).await;
                }
                Err(error) => {
                    let detail =
                        format!("{error}\nWhat was written before is in; run the same command again to go on.");
                    return Err(Error {
                        detail,
                        cause: None,
                        ..error
                    });
                }
                done => return done,
            }
        }
    }

    /// What is wrong with a line is reported; what is wrong with the house ends the import.
    fn refuse(&mut self, file: &str, line: u64, error: &Error) -> Result<()> {
        if matches!(error.kind, Kind::Internal | Kind::Busy) {
            return Err(Error::new(error.kind, error.code, format!("{file}:{line}: {error}")));
        }
        self.report.refuse(file, line, error)
    }
}
