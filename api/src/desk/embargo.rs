//! The vestibule: what is under embargo waits there, checked, and comes in at its time like any publication. Before that
//! nothing in the house has heard of it: no id, no slug, no topic or source of its own, no entry in the wire.
//!
//! Release is one transaction: it claims what is due by the clock that counts, files it, takes it out and appends the
//! ordinary entries. Any number of processes may try; what one holds the others leave out. What cannot be released says
//! why, is tried again after a rest, and holds up nothing else.

use super::draft::Draft;
use super::publish::Order;
use super::repeat::{Idempotency, Task};
use super::rules;
use super::sheet::{Sheet, moved, renamed, slug_taken, unknown_topic};
use super::steps::may;
use super::{Desk, Done, Expected, Outcome, PendingReceipt};
use crate::error::{Error, Fault, Kind, Result};
use crate::news::lifecycle::{Move, State};
use crate::news::pending::{Content, Pending};
use crate::news::story::RelatedLink;
use crate::news::submission::{LinkSubmission, RescheduleSubmission, Submission};
use crate::news::topic::TopicKey;
use crate::news::viewer::Viewer;
use crate::news::wire::Change;
use crate::store::{RACE, Tx};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::future::Future;

/// What becomes of something that waits.
#[derive(Clone, Debug)]
pub(super) struct PendingOrder {
    uri: String,
    expected: Option<Expected>,
    fate: Fate,
}

#[derive(Clone, Debug)]
enum Fate {
    Drop,
    Release,
    Move(Timestamp),
}

/// Released in one transaction, at most.
const TOGETHER: u32 = 100;
/// Within this of its time the clock that counts is asked whether something still waits.
const NEAR: SignedDuration = SignedDuration::from_secs(2);
/// How long what failed rests, at least and at most; in between, half as long as it is late already.
const SHORTEST: SignedDuration = SignedDuration::from_secs(5);
const LONGEST: SignedDuration = SignedDuration::from_secs(300);

/// What is due, and what the rules say to it now.
struct Ready {
    pending: Pending,
    draft: Result<Draft>,
}

impl Desk {
    /// Takes out what waits: it is not published.
    pub async fn drop_pending(
        &self,
        by: &Viewer,
        uri: String,
        expected: Option<Expected>,
        repeat: Option<&Idempotency>,
    ) -> Result<Done> {
        let fate = Fate::Drop;
        let order = PendingOrder { uri, expected, fate };
        self.carry_out(by, repeat, Task::Pending(order)).await
    }

    /// Publishes what waits now.
    pub async fn release_pending(
        &self,
        by: &Viewer,
        uri: String,
        expected: Option<Expected>,
        repeat: Option<&Idempotency>,
    ) -> Result<Done> {
        let fate = Fate::Release;
        let order = PendingOrder { uri, expected, fate };
        self.carry_out(by, repeat, Task::Pending(order)).await
    }

    /// Gives what waits another time.
    pub async fn reschedule_pending(
        &self,
        by: &Viewer,
        uri: String,
        when: RescheduleSubmission,
        expected: Option<Expected>,
        repeat: Option<&Idempotency>,
    ) -> Result<Done> {
        Desk::allowed(by)?;
        let RescheduleSubmission { embargoed_until } = when;
        let fate = Fate::Move(rules::check_until(embargoed_until, self.clock.now())?);
        let order = PendingOrder { uri, expected, fate };
        self.carry_out(by, repeat, Task::Pending(order)).await
    }

    /// Whether an embargo is over by the machine's clock.
    pub fn is_over(&self, until: Timestamp) -> bool {
        until <= self.clock.now()
    }

    /// Whether an order has to wait. Near its time the clock that counts decides: nothing is ever early by that one.
    pub(super) async fn waits(&self, tx: &Tx, order: &Order) -> Result<bool> {
        let Some(until) = order.draft.embargoed_until.filter(|_| order.released.is_none()) else {
            return Ok(false);
        };
        let now = self.clock.now();
        if until.duration_since(now).abs() > NEAR {
            return Ok(until > now);
        }
        Ok(until > tx.time(&self.clock).await?)
    }

    /// Puts an order into the vestibule. What is wrong with it is the inner outcome, what is wrong with the house the
    /// outer one.
    pub(super) async fn put_aside(
        &self,
        tx: &Tx,
        by: &Viewer,
        order: &Order,
        waiting: Option<&Pending>,
    ) -> Result<Result<Done>> {
        let draft = &order.draft;
        let Some(until) = draft.embargoed_until else {
            return Err(Error::internal("an order without an embargo was to wait"));
        };
        if let Err(error) = self.judge(tx, order, waiting).await? {
            return Ok(Err(error));
        }
        let (content, now) = (content(draft), self.clock.now());
        let pending = match waiting {
            Some(old) if old.content == content && old.embargoed_until == until => {
                return Ok(Ok(waits(old, Outcome::Unchanged)));
            }
            Some(old) => Pending {
                embargoed_until: until,
                revision: old.revision.saturating_add(1),
                content,
                owner: by.owner().to_owned(),
                changed: now,
                ..old.clone()
            },
            None => Pending {
                uri: draft.uri.clone(),
                id: self.clock.new_id(),
                embargoed_until: until,
                revision: 1,
                content,
                owner: by.owner().to_owned(),
                created: now,
                changed: now,
                failure: None,
                tried: None,
            },
        };
        tx.put_pending(&pending).await?;
        Ok(Ok(waits(&pending, Outcome::Embargoed)))
    }

    /// What an ordinary publication would be refused for is said now, and not when its time comes. Only what is public
    /// is looked at: what waits takes no name from anybody.
    async fn judge(&self, tx: &Tx, order: &Order, waiting: Option<&Pending>) -> Result<Result<()>> {
        let Order { draft, expected, .. } = order;
        let uri = std::slice::from_ref(&draft.uri);
        let topics = tx.find_topics(&draft.topics).await?;
        let current = tx.lock_articles(uri).await?.remove(&draft.uri);
        let former = tx.former_uris(uri).await?;
        let slugs: Vec<String> = draft.slug.iter().cloned().collect();
        let owners = tx.slugs_taken(&slugs).await?;
        let judge = || {
            if let Some(expected) = expected {
                expected.check_both(current.as_ref().map(|c| c.version.0), waiting.map(|p| p.revision))?;
            }
            let now = self.clock.now();
            let state = current
                .as_ref()
                .map_or(State::Absent, |c| State::of(c.pub_status, c.expires, now));
            may(state, Move::Publish)?;
            if current.is_none() && former.contains_key(&draft.uri) {
                return Err(renamed());
            }
            let mut faults = Vec::new();
            if draft.history.is_some() {
                let message = "does not go with `id` and `version`: what has these was public already";
                faults.push(Fault::new("embargoedUntil", "conflict", message));
            }
            let new =
                |key: &TopicKey| matches!(key, TopicKey::Slug(s) if draft.new_topics.iter().any(|t| t.slug == *s));
            let unknown = |key: &TopicKey| !topics.contains_key(key) && !new(key);
            let unknown = draft.topics.iter().enumerate().filter(|(_, key)| unknown(key));
            faults.extend(unknown.map(|(i, key)| unknown_topic(i, key)));
            faults.extend(current.as_ref().and_then(|current| moved(current, draft)));
            if !faults.is_empty() {
                return Err(Error::content(faults));
            }
            let own = current.as_ref().map(|c| c.id);
            if owners.values().any(|owner| Some(*owner) != own) {
                return Err(slug_taken());
            }
            Ok(())
        };
        Ok(judge())
    }

    pub(super) async fn file_pending(&self, tx: &Tx, order: &PendingOrder) -> Result<(Done, Vec<Change>)> {
        let PendingOrder { uri, expected, fate } = order;
        let uris = std::slice::from_ref(uri);
        let found = tx.lock_pending(uris).await?.remove(uri);
        let pending = found.ok_or_else(|| Error::not_found("story under embargo"))?;
        if let Some(expected) = expected {
            expected.check_both(None, Some(pending.revision))?;
        }
        let now = self.clock.now();
        match fate {
            Fate::Drop => {
                tx.delete_pending(uris).await?;
                Ok((waits(&pending, Outcome::Dropped), Vec::new()))
            }
            Fate::Move(until) if *until == pending.embargoed_until => {
                Ok((waits(&pending, Outcome::Unchanged), Vec::new()))
            }
            Fate::Move(until) => {
                // What it says of its own times must still go with it.
                drafted(&pending, Some(*until), &self.home_language, now)?;
                let pending = Pending {
                    embargoed_until: *until,
                    revision: pending.revision.saturating_add(1),
                    changed: now,
                    ..pending
                };
                tx.put_pending(&pending).await?;
                Ok((waits(&pending, Outcome::Rescheduled), Vec::new()))
            }
            Fate::Release => {
                let draft = drafted(&pending, None, &self.home_language, now)?;
                let order = Order {
                    draft,
                    expected: None,
                    released: Some(now),
                };
                let orders = std::slice::from_ref(&order);
                let mut sheet = Sheet::gather(self, tx, orders, HashMap::new()).await?;
                let receipt = sheet.take(&order)?;
                sheet.file(tx).await?;
                tx.delete_pending(uris).await?;
                Ok((Done::Filed(receipt), sheet.changes))
            }
        }
    }

    /// Releases what is due by this time, some of it. Returns how much was looked at and held: released, or noted to
    /// have failed.
    pub(super) async fn release_due(&self, now: Timestamp) -> Result<usize> {
        let due = self.store.due_pending(now, TOGETHER).await?;
        let (home, latest) = (self.home_language.clone(), self.clock.now().max(now));
        // The rules read HTML: that is done before anything is locked, and where it holds up nobody.
        let work = tokio::task::spawn_blocking(move || {
            let ready = |pending: Pending| Ready {
                draft: drafted(&pending, None, &home, latest),
                pending,
            };
            due.into_iter().map(ready).collect::<Vec<_>>()
        });
        let ready = work.await.map_err(Error::internal)?;
        match self.release(&ready, now).await {
            Err(error) if !passes(&error) => {}
            done => return done,
        }
        // Something in it breaks the whole: one by one, it breaks only itself.
        let mut done = 0;
        for one in &ready {
            match self.release(std::slice::from_ref(one), now).await {
                Err(error) if passes(&error) => return Err(error),
                Err(error) => {
                    let tx = self.store.begin().await?;
                    self.failed(&tx, &one.pending, &error, now).await?;
                    tx.commit().await?;
                    done += 1;
                }
                Ok(more) => done += more,
            }
        }
        Ok(done)
    }

    async fn release(&self, ready: &[Ready], now: Timestamp) -> Result<usize> {
        let tx = self.store.begin().await?;
        let uris: Vec<String> = ready.iter().map(|r| r.pending.uri.clone()).collect();
        let claimed = tx.claim_due(&uris, now).await?;
        // What was changed since it was drafted is drafted again the next time.
        let ours = |r: &&Ready| claimed.get(&r.pending.uri) == Some(&r.pending.revision);
        let ours: Vec<&Ready> = ready.iter().filter(ours).collect();
        let order = |r: &&Ready| {
            Some(Order {
                draft: r.draft.as_ref().ok()?.clone(),
                expected: None,
                released: Some(r.pending.embargoed_until),
            })
        };
        let orders: Vec<Order> = ours.iter().filter_map(order).collect();
        let mut sheet = Sheet::gather(self, &tx, &orders, HashMap::new()).await?;
        let mut taken = orders
            .iter()
            .map(|order| sheet.take(order))
            .collect::<Vec<_>>()
            .into_iter();
        let mut released = Vec::new();
        for Ready { pending, draft } in &ours {
            let refused = match draft {
                Err(error) => Err(error.to_string()),
                Ok(_) => taken.next().map_or(Ok(()), |t| t.map(drop).map_err(|e| e.to_string())),
            };
            match refused {
                Ok(()) => released.push(pending),
                Err(why) => {
                    self.failed(&tx, pending, &Error::request("unreleased", why), now)
                        .await?
                }
            }
        }
        sheet.file(&tx).await?;
        let uris: Vec<String> = released.iter().map(|p| p.uri.clone()).collect();
        tx.delete_pending(&uris).await?;
        self.conclude_at(tx, &sheet.changes, self.clock.now().max(now)).await?;
        for pending in released {
            let late = self.clock.now().duration_since(pending.embargoed_until);
            metrics::counter!("dateline_releases_total", "outcome" => "released").increment(1);
            metrics::histogram!("dateline_release_lateness_seconds").record(late.as_secs_f64().max(0.0));
            tracing::info!(article.uri = pending.uri, "a story's embargo is over; it is released");
        }
        Ok(ours.len())
    }

    async fn failed(&self, tx: &Tx, pending: &Pending, error: &Error, now: Timestamp) -> Result<()> {
        let late = now.duration_since(pending.embargoed_until);
        let rest = (late / 2).clamp(SHORTEST, LONGEST);
        let again = now.checked_add(rest).unwrap_or(now);
        tx.pending_failed(&pending.uri, &error.to_string(), now, again).await?;
        metrics::counter!("dateline_releases_total", "outcome" => "failed").increment(1);
        tracing::error!(
            article.uri = pending.uri,
            error.cause = %error,
            "a story could not be released though its embargo is over; it is tried again after a rest"
        );
        Ok(())
    }

    /// Ready as soon as this process has given something a time.
    pub fn time_set(&self) -> impl Future<Output = ()> + '_ {
        self.times.notified()
    }
}

/// It met somebody, or the house is not well: that passes, and is nobody's fault who waits.
fn passes(error: &Error) -> bool {
    error.kind == Kind::Busy || error.code == RACE
}

/// Refuses what would overtake the edition that waits.
pub(super) fn pending_edition(pending: &Pending) -> Error {
    let detail = format!(
        "A new version of this story waits under embargo until {}. Possible are: drop it (DELETE /v1/pending/{{uri}}), \
         release it now (POST /v1/pending/{{uri}}/release), or send `embargoedUntil` to put this one in its place.",
        pending.embargoed_until
    );
    Error::new(Kind::Conflict, "pending_edition", detail)
}

fn waits(pending: &Pending, outcome: Outcome) -> Done {
    Done::Waits(PendingReceipt {
        uri: pending.uri.clone(),
        embargoed_until: pending.embargoed_until,
        revision: pending.revision,
        outcome,
    })
}

/// What waits, by the rules of now; with the embargo that it is to have, if any.
fn drafted(pending: &Pending, until: Option<Timestamp>, home_language: &str, now: Timestamp) -> Result<Draft> {
    let Content {
        article,
        new_topics,
        unreadable,
    } = pending.content.clone();
    if let Some(why) = unreadable {
        let text = format!("what waits cannot be read: {why}; put it in again");
        return Err(Error::new(Kind::Conflict, "unreadable", text));
    }
    let article = Submission {
        embargoed_until: until.map(|until| until.to_string()),
        ..article
    };
    Ok(Draft {
        new_topics,
        ..rules::check(article, home_language, now)?
    })
}

/// A draft as a publisher would say it.
fn content(draft: &Draft) -> Content {
    // Taken apart by name, so that a new field asks to be kept.
    let Draft {
        uri,
        slug,
        text,
        first_published,
        published,
        embargoed_until: _,
        source,
        topics,
        new_topics,
        correction: _,
        history: _,
    } = draft.clone();
    let super::draft::Text {
        language,
        headline,
        summary,
        body_html,
        body_text: _,
        word_count: _,
        byline,
        dateline,
        slugline,
        urgency,
        genre,
        ed_note,
        expires,
        related_links,
        renditions,
        replaces,
        extra,
    } = text;
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
    let topic = |key: TopicKey| match key {
        TopicKey::Id(id) => id.to_string(),
        TopicKey::Slug(name) | TopicKey::Code(name) => name,
    };
    let link = |l: RelatedLink| LinkSubmission {
        kind: l.kind.as_str().to_owned(),
        uri: l.uri,
        url: l.url,
        title: l.title,
    };
    let article = Submission {
        uri: Some(uri),
        slug,
        language: Some(language),
        headline: Some(headline),
        summary,
        body: Some(body_html).filter(|b| !b.is_empty()),
        body_text: None,
        byline,
        dateline,
        slugline,
        urgency: urgency.map(i64::from),
        genre,
        ed_note,
        first_published: time(first_published),
        published: time(published),
        embargoed_until: None,
        expires: time(expires),
        source: source.map(|source| source.name),
        topics: Some(topics.into_iter().map(topic).collect()),
        related_links: Some(related_links.into_iter().map(link).collect()),
        renditions: Some(renditions),
        replaces,
        extra: Some(extra).filter(|e| !e.is_empty()),
    };
    Content {
        article,
        new_topics,
        unreadable: None,
    }
}
