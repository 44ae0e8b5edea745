//! What another's document says is done by the desk's own steps: published, corrected, withheld, canceled, as if an
//! editor had done it.
//!
//! A document speaks of its own house: its times may contradict what stands here, it may come late, twice, or in an older
//! edition than the one before. So the times are settled first, and an older edition never takes a newer one's place.

use super::draft::{Draft, Note};
use super::repeat::Task;
use super::{Desk, Done, Expected, Idempotency, Order, Outcome, Receipt};
use crate::error::{Error, Fault, Kind, Result};
use crate::format::reading::{Item, Loss, Signal};
use crate::news::story::{ArticleKey, CorrectionKind, PubStatus, Story, Withdrawal};
use crate::news::submission::{CancelSubmission, Provenance, Submission, TopicSubmission, WithholdSubmission};
use crate::news::topic::{NewTopic, TopicKind};
use crate::news::viewer::Viewer;
use jiff::{SignedDuration, Timestamp};

/// How a document is taken in.
pub struct Manner<'a> {
    /// Topics that it names and that are not there are taken up.
    pub new_topics: bool,
    pub expected: Option<Expected>,
    pub repeat: Option<&'a Idempotency>,
}

/// What became of a document's story.
pub struct Received {
    pub done: Done,
    pub lost: Vec<Loss>,
}

/// Begins the reason of what a source withheld: its own word brings that back, and nothing that an editor withheld.
const BY_SOURCE: &str = "Withheld by its source.";
/// The code of the refusal of an edition that is older than the one that stands.
pub const OLDER: &str = "older_edition";
const SKEW: SignedDuration = SignedDuration::from_secs(60);

impl Desk {
    /// Takes in a story that was read of another's document.
    pub async fn receive(&self, by: &Viewer, item: Item, manner: Manner<'_>) -> Result<Received> {
        Desk::allowed(by)?;
        let Item {
            mut submission,
            identity: _,
            subjects,
            signal,
            mut lost,
        } = item;
        let standing = self.standing(submission.uri.as_deref()).await?;
        self.settle(&mut submission, standing.as_ref(), &mut lost);
        let new_topics = if manner.new_topics {
            subjects.into_iter().filter_map(new_topic).collect()
        } else {
            Vec::new()
        };
        let draft = Draft {
            new_topics,
            ..self.draft(submission)?
        };
        if let (Some(story), Some(published)) = (&standing, draft.published)
            && published < story.published
        {
            let is = story.published;
            let detail = format!("This edition is of {published}, and one of {is} is here already.");
            return Err(Error::new(Kind::Stale, OLDER, detail));
        }
        let done = self.follow_signal(by, draft, signal, standing, manner).await?;
        Ok(Received { done, lost })
    }

    async fn standing(&self, uri: Option<&str>) -> Result<Option<Story>> {
        let Some(uri) = uri else {
            let fault = Fault::new("uri", "required", "is required, and the document says none");
            return Err(Error::content(vec![fault]));
        };
        let tx = self.store.begin().await?;
        let key = ArticleKey::Uri(uri.to_owned());
        let found = tx.find_articles(std::slice::from_ref(&key)).await?;
        let Some(listed) = found.get(&key) else {
            return Ok(None);
        };
        Ok(tx.load_stories(&[listed.id]).await?.pop())
    }

    /// A document's times where they cannot be true here.
    pub(super) fn settle(&self, submission: &mut Submission, standing: Option<&Story>, lost: &mut Vec<Loss>) {
        let read = |text: &Option<String>| text.as_ref().and_then(|t| t.parse::<Timestamp>().ok());
        let now = self.clock.now();
        let latest = read(&submission.embargoed_until).map_or(now, |until| until.max(now)) + SKEW;
        for (name, time) in [
            ("published", &mut submission.published),
            ("firstPublished", &mut submission.first_published),
        ] {
            if read(time).is_some_and(|at| at > latest) {
                *time = None;
                lost.push(Loss::new(name, "lies in the future; the time it came in was taken"));
            }
        }
        let Some(story) = standing else { return };
        // A first publication happens once, and it was the first document that told of it.
        if read(&submission.first_published).is_some_and(|first| first != story.first_published) {
            lost.push(Loss::new(
                "firstPublished",
                format!("is {} for ever", story.first_published),
            ));
        }
        submission.first_published = None;
    }

    async fn follow_signal(
        &self,
        by: &Viewer,
        draft: Draft,
        signal: Signal,
        standing: Option<Story>,
        manner: Manner<'_>,
    ) -> Result<Done> {
        let Manner {
            new_topics: _,
            expected,
            repeat,
        } = manner;
        let Some(story) = standing else {
            let draft = self.first(draft, signal)?;
            return self.publish(by, Order::new(draft, expected), repeat).await;
        };
        let key = ArticleKey::Id(story.id);
        match (signal, story.pub_status) {
            (Signal::Cancel { .. }, PubStatus::Canceled) => Ok(Done::Filed(Receipt::of(&story, Outcome::Unchanged))),
            (Signal::Cancel { reason }, PubStatus::Usable | PubStatus::Withheld) => {
                let cancel = CancelSubmission {
                    reason: Some(cancel_reason(reason)),
                    ..CancelSubmission::default()
                };
                self.cancel(by, key, cancel, expected, repeat).await.map(Done::Filed)
            }
            // First it goes, then its new text may come.
            (Signal::Withhold { reason }, PubStatus::Usable) => {
                let reason = Some(withhold_reason(reason));
                let taken = self
                    .withhold(by, key, WithholdSubmission { reason }, expected, repeat)
                    .await?;
                match self.publish(by, Order::new(draft, None), None).await? {
                    Done::Filed(receipt) if receipt.outcome == Outcome::Unchanged => Ok(Done::Filed(taken)),
                    done => Ok(done),
                }
            }
            (Signal::Publish | Signal::Correct { .. }, PubStatus::Withheld) if by_source(&story) => {
                self.publish(by, Order::new(draft, expected), repeat).await?;
                self.restore(by, key, None, None).await.map(Done::Filed)
            }
            (Signal::Correct { text }, PubStatus::Usable | PubStatus::Withheld)
                if story.corrections.last().is_none_or(|last| last.text != text) =>
            {
                let order = Order::new(corrected(draft, text), expected);
                self.carry_out(by, repeat, Task::Article(Box::new(order))).await
            }
            (Signal::Publish | Signal::Correct { .. } | Signal::Withhold { .. }, _) => {
                self.publish(by, Order::new(draft, expected), repeat).await
            }
        }
    }

    /// A story that comes in for the first time may be withheld or canceled already: then it never was public here.
    fn first(&self, draft: Draft, signal: Signal) -> Result<Draft> {
        let now = self.clock.now();
        let (status, reason) = match signal {
            Signal::Publish | Signal::Correct { .. } => return Ok(draft),
            Signal::Withhold { reason } => (PubStatus::Withheld, withhold_reason(reason)),
            Signal::Cancel { reason } => (PubStatus::Canceled, cancel_reason(reason)),
        };
        let provenance = Provenance {
            id: self.clock.new_id(),
            version: 1,
            version_created: now,
            pub_status: status.as_str().to_owned(),
            corrections: Vec::new(),
            withdrawal: Some(Withdrawal {
                reason: Some(reason),
                at: now,
                replacement: None,
                mandatory: false,
            }),
            aliases: Vec::new(),
            versions: Vec::new(),
        };
        // What is never to be public waits for nothing.
        let draft = Draft {
            embargoed_until: None,
            ..draft
        };
        self.with_history(draft, provenance)
    }
}

fn corrected(draft: Draft, text: String) -> Draft {
    Draft {
        correction: Some(Note {
            kind: CorrectionKind::Correction,
            text,
        }),
        embargoed_until: None,
        ..draft
    }
}

fn by_source(story: &Story) -> bool {
    let reason = story.withdrawal.as_ref().and_then(|w| w.reason.as_deref());
    reason.is_some_and(|r| r.starts_with(BY_SOURCE))
}

fn withhold_reason(note: Option<String>) -> String {
    match note {
        Some(note) => format!("{BY_SOURCE} {}", brief(&note)),
        None => BY_SOURCE.to_owned(),
    }
}

fn cancel_reason(note: Option<String>) -> String {
    let note = note.map(|n| brief(&n)).filter(|n| !n.is_empty());
    note.unwrap_or_else(|| "Canceled by its source.".to_owned())
}

fn brief(note: &str) -> String {
    note.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(1_900)
        .collect()
}

pub(super) fn new_topic(topic: TopicSubmission) -> Option<NewTopic> {
    let TopicSubmission {
        slug,
        kind,
        code,
        parent: _,
        names,
    } = topic;
    let mut names = names?;
    let (language, name) = names.pop_first()?;
    Some(NewTopic {
        slug: slug?,
        name,
        language: Some(language),
        kind: kind.as_deref().and_then(TopicKind::parse).unwrap_or_default(),
        code,
        names,
    })
}
