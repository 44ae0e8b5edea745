//! The steps of a story's life that change no text: withhold, restore, cancel, rename, and a correction's note alone.
//! Each is a new version, one wire entry, one transaction.

use super::channels::placed_in;
use super::draft::Note;
use super::edition::changed;
use super::embargo::pending_edition;
use super::feeds::implied;
use super::repeat::{Idempotency, Task};
use super::rules;
use super::{Desk, Expected, Outcome, Receipt};
use crate::error::{Error, Fault, Kind, Result};
use crate::news::extra::Extra;
use crate::news::lifecycle::{Move, State};
use crate::news::pending::Pending;
use crate::news::story::{ArticleKey, Correction, PubStatus, Story, Withdrawal};
use crate::news::submission::{Alias, CancelSubmission, CorrectionSubmission, RenameSubmission, WithholdSubmission};
use crate::news::viewer::Viewer;
use crate::news::wire::{Change, Edition, Reach, Step};
use crate::news::{ArticleId, TopicId, Version};
use crate::store::{Filed, RACE, Tx};
use jiff::Timestamp;
use std::collections::HashMap;

/// A step, checked by the rules, and the story it is for.
#[derive(Clone, Debug)]
pub(super) struct StepOrder {
    key: ArticleKey,
    expected: Option<Expected>,
    what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    /// A correction's text, the story as it is.
    Note(Note),
    Withhold {
        reason: Option<String>,
    },
    Restore,
    Cancel {
        reason: String,
        replacement: Option<String>,
        mandatory: bool,
    },
    Rename {
        uri: Option<String>,
        slug: Option<String>,
    },
}

/// What a story was called, and what waits under its names.
type Held = (Option<String>, HashMap<String, Pending>);

impl What {
    fn step(&self) -> Move {
        match self {
            What::Note(_) => Move::Correct,
            What::Withhold { .. } => Move::Withhold,
            What::Restore => Move::Restore,
            What::Cancel { .. } => Move::Cancel,
            What::Rename { .. } => Move::Rename,
        }
    }
}

impl Desk {
    /// Puts something right and says so. Where the correction brings the story as it is right, that is checked like any
    /// edition; its uri may be left out.
    pub async fn correct(
        &self,
        by: &Viewer,
        key: ArticleKey,
        correction: CorrectionSubmission,
        expected: Option<Expected>,
        repeat: Option<&Idempotency>,
    ) -> Result<Receipt> {
        Desk::allowed(by)?;
        let CorrectionSubmission { text, kind, article } = correction;
        let note = rules::check_note(text, kind);
        let Some(mut article) = article else {
            let what = What::Note(note?);
            return self
                .once(by, repeat, Task::Step(StepOrder { key, expected, what }))
                .await;
        };
        let uri = self.uri_of(&key).await?;
        if article.uri.as_ref().is_some_and(|said| *said != uri) {
            let message = "is another story's; leave it out, or send the correction to that story";
            return Err(Error::content(vec![Fault::new("article.uri", "conflict", message)]));
        }
        article.uri = Some(uri);
        // All faults at once, those of the story by their place in the request.
        let draft = self.draft(article).map_err(|error| inside("article", error));
        let (note, draft) = match (note, draft) {
            (Ok(note), Ok(draft)) => (note, draft),
            (Err(mut one), Err(two)) => {
                one.faults.extend(two.faults);
                return Err(one);
            }
            (Err(error), Ok(_)) | (Ok(_), Err(error)) => return Err(error),
        };
        if draft.embargoed_until.is_some_and(|until| until > self.clock.now()) {
            let message = "a correction is public at once; leave it out, or publish a new version under embargo";
            return Err(Error::content(vec![Fault::new(
                "article.embargoedUntil",
                "conflict",
                message,
            )]));
        }
        let draft = super::Draft {
            correction: Some(note),
            embargoed_until: None,
            ..draft
        };
        let order = super::Order::new(draft, expected);
        self.once(by, repeat, Task::Article(Box::new(order))).await
    }

    pub async fn withhold(
        &self,
        by: &Viewer,
        key: ArticleKey,
        withhold: WithholdSubmission,
        expected: Option<Expected>,
        repeat: Option<&Idempotency>,
    ) -> Result<Receipt> {
        Desk::allowed(by)?;
        let reason = rules::check_reason(withhold.reason)?;
        let what = What::Withhold { reason };
        self.once(by, repeat, Task::Step(StepOrder { key, expected, what }))
            .await
    }

    pub async fn restore(
        &self,
        by: &Viewer,
        key: ArticleKey,
        expected: Option<Expected>,
        repeat: Option<&Idempotency>,
    ) -> Result<Receipt> {
        let what = What::Restore;
        self.once(by, repeat, Task::Step(StepOrder { key, expected, what }))
            .await
    }

    /// Kills a story, with all its versions, for good.
    pub async fn cancel(
        &self,
        by: &Viewer,
        key: ArticleKey,
        cancel: CancelSubmission,
        expected: Option<Expected>,
        repeat: Option<&Idempotency>,
    ) -> Result<Receipt> {
        Desk::allowed(by)?;
        let (reason, replacement) = rules::check_cancel(cancel.reason, cancel.replacement)?;
        let what = What::Cancel {
            reason,
            replacement,
            mandatory: cancel.mandatory.unwrap_or(false),
        };
        self.once(by, repeat, Task::Step(StepOrder { key, expected, what }))
            .await
    }

    pub async fn rename(
        &self,
        by: &Viewer,
        key: ArticleKey,
        rename: RenameSubmission,
        expected: Option<Expected>,
        repeat: Option<&Idempotency>,
    ) -> Result<Receipt> {
        Desk::allowed(by)?;
        let RenameSubmission { uri, slug } = rules::check_rename(rename)?;
        let what = What::Rename { uri, slug };
        self.once(by, repeat, Task::Step(StepOrder { key, expected, what }))
            .await
    }

    /// The uri of the story with this name, whatever its state.
    async fn uri_of(&self, key: &ArticleKey) -> Result<String> {
        let tx = self.store.begin().await?;
        let found = tx.find_articles(std::slice::from_ref(key)).await?;
        let id = found.get(key).map(|l| l.id).ok_or_else(|| Error::not_found("story"))?;
        let story = tx.load_stories(&[id]).await?.pop();
        story.map(|s| s.uri).ok_or_else(|| Error::not_found("story"))
    }

    pub(super) async fn file_step(&self, tx: &Tx, order: &StepOrder) -> Result<(Receipt, Vec<Change>)> {
        let StepOrder { key, expected, what } = order;
        let now = self.clock.now();
        let found = tx.find_articles(std::slice::from_ref(key)).await?;
        let id = found.get(key).map(|l| l.id).ok_or_else(|| Error::not_found("story"))?;
        let (own, mut waiting) = self.hold_waiting(tx, id, what).await?;
        tx.share_topics().await?;
        let channels = tx.share_channels().await?;
        let current = tx.lock_stories(&[id]).await?.remove(&id);
        let old = tx.load_stories(&[id]).await?.pop();
        let (Some(current), Some(old)) = (current, old) else {
            return Err(Error::not_found("story"));
        };
        if let Some(expected) = expected {
            expected.check(Some(current.version.0))?;
        }
        may(State::of(old.pub_status, old.expires, now), what.step())?;
        if own.is_some_and(|own| own != old.uri) {
            // It was renamed meanwhile, and what was held is not what waits for it.
            return Err(Error::new(
                Kind::Conflict,
                RACE,
                "Somebody renamed it at the same time. Try again.",
            ));
        }
        let waits = waiting.remove(&old.uri);
        if let (What::Note(_), Some(pending)) = (what, &waits) {
            return Err(pending_edition(pending));
        }
        let above = tx.topic_ancestors(&old.topics).await?;
        let implied = implied(&old.topics, &above);
        let Some(new) = self.stepped(tx, &old, what, now).await? else {
            return Ok((Receipt::of(&old, Outcome::Unchanged), Vec::new()));
        };
        let feeds: Vec<TopicId> = old.topics.iter().chain(&implied).copied().collect();
        // What the wire has told so far: the tree may have changed since, and a chore not yet have come by.
        let standing = tx.feeds_of(&[id]).await?.remove(&id).unwrap_or_default();
        let stood: Vec<TopicId> = standing.0.into_iter().chain(standing.1).collect();
        let was = tx.channels_of(&[id]).await?.remove(&id).unwrap_or_default();
        // A canceled story has lost its text, and stays where that had put it: who had it finds its tombstone.
        let placed = if matches!(what, What::Cancel { .. }) {
            &old
        } else {
            &new
        };
        let is = placed_in(&channels, placed, &feeds);
        let reach = match what {
            What::Note(_) | What::Rename { .. } => Reach {
                before: was,
                after: is.clone(),
                only: None,
            },
            What::Withhold { .. } | What::Cancel { .. } => Reach {
                before: was,
                ..Reach::default()
            },
            What::Restore => Reach {
                after: is.clone(),
                ..Reach::default()
            },
        };
        let (step, outcome, before, after) = match what {
            What::Note(_) => (Step::Corrected, Outcome::Corrected, stood, feeds),
            What::Withhold { .. } => (Step::Withheld, Outcome::Withheld, stood, Vec::new()),
            What::Restore => (Step::Restored, Outcome::Restored, Vec::new(), feeds),
            What::Cancel { .. } => (Step::Canceled, Outcome::Canceled, stood, Vec::new()),
            What::Rename { .. } => (Step::Updated, Outcome::Renamed, stood, feeds),
        };
        let edition = Edition {
            id,
            version: new.version,
            step,
            changed: changed(&old, &new),
            before,
            after,
            reach,
        };
        let receipt = Receipt::of(&new, outcome);
        let filed = Filed {
            expiry_told: current.expiry_told,
            story: new,
            digest: current.digest,
            implied,
            channels: is,
        };
        tx.insert_editions(std::slice::from_ref(&old)).await?;
        tx.replace_stories(std::slice::from_ref(&filed)).await?;
        if let Some(pending) = waits {
            self.follow_step(tx, pending, what, &filed.story.uri).await?;
        }
        Ok((receipt, vec![Change::Article(edition)]))
    }

    /// What waits under embargo under the names that a step is about. It is held before the story is, as everywhere.
    async fn hold_waiting(&self, tx: &Tx, id: ArticleId, what: &What) -> Result<Held> {
        let new = match what {
            What::Rename { uri, .. } => uri.as_ref(),
            What::Note(_) | What::Cancel { .. } => None,
            // These leave what waits alone.
            What::Withhold { .. } | What::Restore => return Ok((None, HashMap::new())),
        };
        let own = tx.uri_of(id).await?.ok_or_else(|| Error::not_found("story"))?;
        let mut uris = vec![own.clone()];
        uris.extend(new.cloned());
        let waiting = tx.lock_pending(&uris).await?;
        if new.is_some_and(|new| *new != own && waiting.contains_key(new)) {
            let message = "belongs to a story that waits under embargo; choose another";
            return Err(Error {
                faults: vec![Fault::new("uri", "taken", message)],
                ..Error::new(
                    Kind::Conflict,
                    "name_taken",
                    "A name belongs to another story; see `errors`.",
                )
            });
        }
        Ok((Some(own), waiting))
    }

    /// What a step brings with it for the edition that waits.
    async fn follow_step(&self, tx: &Tx, pending: Pending, what: &What, uri: &str) -> Result<()> {
        match what {
            // It is final: nothing follows.
            What::Cancel { .. } => tx.delete_pending(&[pending.uri]).await,
            What::Rename { .. } if pending.uri != uri && pending.content.unreadable.is_none() => {
                tx.delete_pending(std::slice::from_ref(&pending.uri)).await?;
                let mut moved = Pending {
                    uri: uri.to_owned(),
                    revision: pending.revision.saturating_add(1),
                    ..pending
                };
                moved.content.article.uri = Some(uri.to_owned());
                tx.put_pending(&moved).await
            }
            What::Rename { .. } | What::Note(_) | What::Withhold { .. } | What::Restore => Ok(()),
        }
    }

    /// The next version; none when nothing changes.
    async fn stepped(&self, tx: &Tx, old: &Story, what: &What, now: Timestamp) -> Result<Option<Story>> {
        let next = Story {
            version: old.version.next(),
            version_created: now,
            ..old.clone()
        };
        Ok(Some(match what {
            What::Note(note) => Story {
                corrections: corrected(old, note, next.version, now),
                ..next
            },
            What::Withhold { reason } => Story {
                pub_status: PubStatus::Withheld,
                withdrawal: Some(Withdrawal {
                    reason: reason.clone(),
                    at: now,
                    replacement: None,
                    mandatory: false,
                }),
                ..next
            },
            What::Restore => Story {
                pub_status: PubStatus::Usable,
                withdrawal: None,
                ..next
            },
            What::Cancel {
                reason,
                replacement,
                mandatory,
            } => {
                if replacement.as_ref() == Some(&old.uri) {
                    let fault = Fault::new("replacement", "self_link", "must be another story");
                    return Err(Error::content(vec![fault]));
                }
                let withdrawal = Withdrawal {
                    reason: Some(reason.clone()),
                    at: now,
                    replacement: replacement.clone(),
                    mandatory: *mandatory,
                };
                buried(next, Some(withdrawal))
            }
            What::Rename { uri, slug } => return renamed(tx, old, next, uri.as_ref(), slug.as_ref()).await,
        }))
    }
}

/// Refuses a step that the state does not allow, and says which are.
pub(super) fn may(state: State, step: Move) -> Result<()> {
    if state.allows(step) {
        return Ok(());
    }
    let detail = match state {
        State::Absent => return Err(Error::not_found("story")),
        State::Canceled => {
            "The story is canceled, and that is final: no step is possible. A new story needs a new uri.".to_owned()
        }
        State::Public | State::Expired | State::Withheld => format!(
            "The story is {}; you cannot {} it. Possible are: {}.",
            state.as_str(),
            step.as_str(),
            state.possible().join(", ")
        ),
    };
    let code = if state == State::Canceled {
        "canceled"
    } else {
        "illegal_step"
    };
    Err(Error::new(Kind::Conflict, code, detail))
}

/// The corrections of a story with one more.
pub(super) fn corrected(old: &Story, note: &Note, version: Version, at: Timestamp) -> Vec<Correction> {
    let mut corrections = old.corrections.clone();
    corrections.push(Correction {
        kind: note.kind,
        text: note.text.clone(),
        at,
        version,
    });
    corrections
}

/// What the house keeps of a canceled story: its names, times and topics, and nothing to read. Its versions stay behind
/// the gate.
pub(super) fn buried(story: Story, withdrawal: Option<Withdrawal>) -> Story {
    Story {
        pub_status: PubStatus::Canceled,
        withdrawal,
        headline: String::new(),
        summary: None,
        body_html: String::new(),
        body_text: String::new(),
        word_count: 0,
        byline: None,
        dateline: None,
        slugline: None,
        ed_note: None,
        related_links: Vec::new(),
        renditions: Vec::new(),
        extra: Extra::default(),
        corrections: Vec::new(),
        ..story
    }
}

async fn renamed(
    tx: &Tx,
    old: &Story,
    next: Story,
    uri: Option<&String>,
    slug: Option<&String>,
) -> Result<Option<Story>> {
    let (uri, slug) = (uri.unwrap_or(&old.uri), slug.unwrap_or(&old.slug));
    let names = [
        ("uri", &old.uri, uri, ArticleKey::Uri(uri.clone())),
        ("slug", &old.slug, slug, ArticleKey::Slug(slug.clone())),
    ];
    let keys: Vec<ArticleKey> = names.iter().map(|(.., key)| key.clone()).collect();
    let owners = tx.find_articles(&keys).await?;
    let mut faults = Vec::new();
    for (field, was, is, key) in &names {
        if was != is && owners.get(key).is_some_and(|owner| owner.id != old.id) {
            faults.push(Fault::new(
                *field,
                "taken",
                "belongs to another story, now or formerly; choose another",
            ));
        }
    }
    if !faults.is_empty() {
        return Err(Error {
            faults,
            ..Error::new(
                Kind::Conflict,
                "name_taken",
                "A name belongs to another story; see `errors`.",
            )
        });
    }
    let mut changes = false;
    for (kind, was, is, _) in names {
        if was != is {
            changes = true;
            tx.delete_alias(kind, is).await?;
            let alias = Alias {
                kind: kind.to_owned(),
                name: was.clone(),
            };
            tx.insert_aliases(&[(old.id, alias)]).await?;
        }
    }
    Ok(changes.then(|| Story {
        uri: uri.clone(),
        slug: slug.clone(),
        ..next
    }))
}

/// Faults of a part, by their place in the whole.
fn inside(part: &str, error: Error) -> Error {
    let faults = error.faults.into_iter().map(|fault| Fault {
        field: format!("{part}.{}", fault.field),
        ..fault
    });
    Error {
        faults: faults.collect(),
        ..Error::new(error.kind, error.code, error.detail)
    }
}
