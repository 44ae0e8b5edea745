//! One endpoint's row, entry by entry.

use super::told::Listener;
use super::{Leash, Office};
use crate::access::Gaze;
use crate::error::{Kind, Result};
use crate::news::micros;
use crate::news::tags::Tag;
use crate::news::viewer::{Key, KeyScope, Viewer};
use crate::news::webhook::{Attempt, Endpoint, EndpointState, Manner};
use crate::news::wire::{self, Entry, Position, Subject, WireFilter, concerns};
use crate::outbound::Line;
use crate::store::Booking;
use crate::webhook::{Maker, Message, Sent, Verdict};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Entries that are read at a time.
const TOGETHER: usize = 200;
/// How often a clock is looked at that may be set by hand.
const TICK: Duration = Duration::from_millis(250);
/// When the house itself was not well.
const REST: Duration = Duration::from_millis(500);
/// How often it is filed that nothing was to be told.
const QUIET: Duration = Duration::from_secs(30);
/// Whoever takes longer than this to answer is slow.
const SLOW: i64 = 1_000;

pub struct Courier {
    office: Arc<Office>,
    leash: Arc<Leash>,
    endpoint: Endpoint,
    filter: WireFilter,
    gaze: Gaze,
    /// Of whom it is noted what he was sent.
    reader: Viewer,
    /// Up to where it is known that nobody's rights have changed.
    looked: Position,
    line: Option<Line>,
    slow: bool,
    /// What is to be sent once more.
    resends: VecDeque<(Uuid, Position)>,
    /// What was, and is not filed yet: whoever looks again finds it asked for still.
    resent: HashSet<Uuid>,
    /// Cancellations behind what fails, and up to where they were looked for.
    kills: VecDeque<Arc<Entry>>,
    sought: Position,
    /// The last one that was tried while what is next has to wait.
    tried: Position,
    booked: Instant,
    unbooked: bool,
}

/// What comes next.
enum Next {
    Again,
    /// At the latest then, and at once when something is said of the endpoint, or there is something new in the wire.
    Wait(Duration),
    End,
}

impl Courier {
    pub async fn walk(office: Arc<Office>, endpoint: Endpoint, leash: Arc<Leash>) {
        let id = endpoint.id;
        let mut courier = loop {
            match Courier::new(Arc::clone(&office), endpoint.clone(), Arc::clone(&leash)).await {
                Ok(courier) => break courier,
                Err(error) => {
                    tracing::debug!(error.cause = %error, webhook.id = %id, "a webhook could not be begun with");
                    tokio::time::sleep(REST).await;
                }
            }
        };
        loop {
            if office.stop.is_cancelled() {
                return;
            }
            let next = match Box::pin(courier.step()).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::debug!(error.cause = %error, webhook.id = %id, "a webhook could not be told; it is tried again");
                    Next::Wait(REST)
                }
            };
            match next {
                Next::Again => {}
                Next::Wait(time) => courier.wait(time).await,
                Next::End => return,
            }
        }
    }

    async fn new(office: Arc<Office>, endpoint: Endpoint, leash: Arc<Leash>) -> Result<Courier> {
        let gaze = Gaze::of(&office.access, viewer(&endpoint)).await?;
        let mut courier = Courier {
            filter: endpoint.filter(),
            gaze,
            reader: Viewer::Key(key(&endpoint)),
            looked: Position(0),
            line: None,
            slow: false,
            resends: VecDeque::new(),
            resent: HashSet::new(),
            kills: VecDeque::new(),
            sought: Position(0),
            tried: Position(0),
            booked: Instant::now(),
            unbooked: false,
            office,
            leash,
            endpoint,
        };
        courier.leash.stale.store(true, Ordering::Release);
        // So that the first look takes it as it is.
        courier.endpoint.turn = -1;
        Ok(courier)
    }

    async fn wait(&mut self, time: Duration) {
        let head = self.office.wire.head().position;
        let more = self.office.wire.reached(Position(head.0 + 1), time);
        tokio::select! {
            () = self.office.stop.cancelled() => {}
            () = self.leash.bell.notified() => {}
            _ = more => {}
        }
    }

    async fn step(&mut self) -> Result<Next> {
        if !self.is_current() && !self.look_again().await? {
            return Ok(Next::End);
        }
        if !self.office.leases_are_good() {
            return Ok(Next::Wait(REST));
        }
        if let Some((ask, position)) = self.resends.front().copied() {
            self.once_more(ask, position).await?;
            self.resends.pop_front();
            return Ok(Next::Again);
        }
        if self.endpoint.progress.tries == 0 {
            self.kills.clear();
            return self.next().await;
        }
        self.seek_kills().await?;
        let now = self.office.clock.now();
        let waits = match self.endpoint.progress.due {
            Some(due) if due > now => due.duration_since(now),
            _ => return self.try_again().await,
        };
        let tried = self.tried;
        if let Some(kill) = self.kills.iter().find(|kill| kill.position > tried).cloned() {
            self.tried = kill.position;
            self.overtake(&kill, false).await?;
            return Ok(Next::Again);
        }
        self.line = None;
        Ok(Next::Wait(Duration::try_from(waits).unwrap_or(TICK).min(TICK)))
    }

    /// Whether nothing was said of the endpoint, nor of anybody's rights, since it was looked at.
    fn is_current(&self) -> bool {
        !self.leash.stale.load(Ordering::Acquire) && self.office.wire.freshness().holds(&[Tag::Access], self.looked)
    }

    /// Looks at what is said of the endpoint now. False when it is not told any more.
    async fn look_again(&mut self) -> Result<bool> {
        self.leash.stale.store(false, Ordering::Release);
        self.looked = self.office.wire.freshness().now();
        let id = self.endpoint.id;
        let Some(endpoint) = self.office.webhooks.load(&[id]).await?.pop() else {
            return Ok(false);
        };
        if !endpoint.is_told() {
            return Ok(false);
        }
        if endpoint.partner != self.endpoint.partner {
            self.gaze = Gaze::of(&self.office.access, viewer(&endpoint)).await?;
            self.reader = Viewer::Key(key(&endpoint));
        }
        let progress = match endpoint.turn == self.endpoint.turn {
            // What is not filed yet is known here only; nobody has said that it goes on elsewhere.
            true => self.endpoint.progress.clone(),
            false => endpoint.progress.clone(),
        };
        if progress.position != self.endpoint.progress.position {
            self.kills.clear();
            (self.sought, self.tried) = (Position(0), Position(0));
        }
        self.filter = endpoint.filter();
        self.leash.version.store(endpoint.version, Ordering::Release);
        self.endpoint = Endpoint { progress, ..endpoint };
        let asked = self.office.webhooks.resends(id).await?;
        self.resent.retain(|done| asked.iter().any(|(ask, _)| ask == done));
        let new = asked.into_iter().filter(|(ask, _)| !self.resent.contains(ask));
        self.resends = new.collect();
        Ok(true)
    }

    /// What is next in the wire.
    async fn next(&mut self) -> Result<Next> {
        let at = self.endpoint.progress.position;
        let entries = match self.office.wire.read(at, TOGETHER).await {
            Ok(entries) => entries,
            Err(error) if error.kind == Kind::Gone => return Ok(self.left_behind().await),
            Err(error) => return Err(error),
        };
        if entries.is_empty() {
            return Ok(self.idle().await);
        }
        let sight = self.gaze.now().await?;
        for entry in entries {
            let ahead = self.endpoint.progress.ahead.contains(&entry.position);
            if ahead || !concerns(&entry, &self.filter, &sight) {
                self.endpoint.progress.pass(entry.position);
                self.unbooked = true;
                continue;
            }
            return match self.deliver(&entry, Manner::Delivery).await? {
                None => {
                    self.endpoint.progress.pass(entry.position);
                    self.unbooked = true;
                    Ok(Next::Again)
                }
                Some(sent) => Ok(self.sent(&entry, sent).await),
            };
        }
        Ok(Next::Again)
    }

    async fn sent(&mut self, entry: &Entry, sent: Sent) -> Next {
        let Sent {
            attempt,
            verdict,
            shown: _,
        } = sent;
        let now = self.office.clock.now();
        let progress = &mut self.endpoint.progress;
        progress.last_tried = Some(now);
        if verdict == Verdict::Well {
            progress.pass(entry.position);
            progress.last_ok = Some(now);
            let more = entry.position < self.office.wire.head().position;
            progress.waiting = more.then_some(entry.at);
        } else {
            progress.waiting = Some(entry.at);
            if progress.tries == 0 {
                self.kills.clear();
                (self.sought, self.tried) = (entry.position, Position(0));
            }
            verdict.bear_on(progress, now);
            self.line = None;
        }
        self.book(vec![attempt], Vec::new()).await;
        self.or_end().await
    }

    async fn or_end(&self) -> Next {
        let EndpointState::Active = self.endpoint.progress.state else {
            let why = self.endpoint.progress.notice.as_deref();
            tracing::warn!(webhook.id = %self.endpoint.id, webhook.notice = why, "a webhook is not told any more");
            // Else the next courier would not know.
            while let Err(error) = self.office.webhooks.file().await {
                tracing::debug!(error.cause = %error, "the end of a webhook could not be filed; it is tried again");
                tokio::time::sleep(REST).await;
            }
            return Next::End;
        };
        Next::Again
    }

    /// Its time has come: first the cancellations, then what is next.
    async fn try_again(&mut self) -> Result<Next> {
        self.tried = Position(0);
        while let Some(kill) = self.kills.front().cloned() {
            if !self.overtake(&kill, true).await? {
                return Ok(self.or_end().await);
            }
        }
        self.next().await
    }

    /// Sends a cancellation before its turn. False when it did not arrive; where it was `due`, that counts as a try of what
    /// is next.
    async fn overtake(&mut self, kill: &Arc<Entry>, due: bool) -> Result<bool> {
        let Sent {
            attempt,
            verdict,
            shown: _,
        } = match self.deliver(kill, Manner::Delivery).await? {
            Some(sent) => sent,
            None => {
                self.kills.retain(|other| other.position != kill.position);
                return Ok(true);
            }
        };
        let now = self.office.clock.now();
        let progress = &mut self.endpoint.progress;
        progress.last_tried = Some(now);
        let well = verdict == Verdict::Well;
        if well {
            progress.last_ok = Some(now);
            progress.ahead.push(kill.position);
            self.kills.retain(|other| other.position != kill.position);
        } else {
            match (&verdict, due) {
                (Verdict::Well | Verdict::Gone, _) | (Verdict::Trouble(..), true) => verdict.bear_on(progress, now),
                (Verdict::Trouble(why, rest), false) => {
                    progress.last_error = Some(why.clone());
                    let rested = rest.and_then(|rest| now.checked_add(rest).ok()).map(micros);
                    progress.due = progress.due.max(rested);
                }
            }
            self.line = None;
        }
        self.book(vec![attempt], Vec::new()).await;
        Ok(well)
    }

    /// Finds the cancellations behind what fails.
    async fn seek_kills(&mut self) -> Result<()> {
        let mut at = self.sought.max(self.endpoint.progress.position);
        let sight = self.gaze.now().await?;
        loop {
            let entries = match self.office.wire.read(at, TOGETHER).await {
                Ok(entries) => entries,
                // What is next finds that out, too.
                Err(error) if error.kind == Kind::Gone => return Ok(()),
                Err(error) => return Err(error),
            };
            let Some(last) = entries.last() else { return Ok(()) };
            at = last.position;
            for entry in entries {
                let known = self.endpoint.progress.ahead.contains(&entry.position);
                if entry.kind() == wire::Kind::Canceled && !known && concerns(&entry, &self.filter, &sight) {
                    self.kills.push_back(entry);
                }
            }
            self.sought = at;
        }
    }

    /// Sends a change that somebody has asked for once more: once, whatever becomes of it.
    async fn once_more(&mut self, ask: Uuid, position: Position) -> Result<()> {
        let before = Position(position.0.saturating_sub(1));
        let found = match self.office.wire.read(before, 1).await {
            Ok(entries) => entries.into_iter().next().filter(|e| e.position == position),
            Err(error) if error.kind == Kind::Gone => None,
            Err(error) => return Err(error),
        };
        let mut attempts = Vec::new();
        if let Some(entry) = found
            && let Some(Sent {
                attempt,
                verdict: _,
                shown: _,
            }) = self.deliver(&entry, Manner::Resend).await?
        {
            self.endpoint.progress.last_tried = Some(attempt.at);
            if attempt.succeeded() {
                self.endpoint.progress.last_ok = Some(attempt.at);
            }
            attempts.push(attempt);
        }
        self.resent.insert(ask);
        self.book(attempts, vec![ask]).await;
        Ok(())
    }

    /// Sends what is told of an entry; none where that is nothing to this endpoint.
    async fn deliver(&mut self, entry: &Arc<Entry>, manner: Manner) -> Result<Option<Sent>> {
        let office = Arc::clone(&self.office);
        let number = match manner {
            Manner::Delivery => self.endpoint.progress.tries.saturating_add(1),
            Manner::Resend | Manner::Test => 1,
        };
        let lane = match self.slow || self.endpoint.progress.tries > 0 {
            true => &office.patient,
            false => &office.quick,
        };
        let _place = lane.acquire().await.map_err(crate::error::Error::internal)?;
        let mut maker = Telling {
            office: &office,
            endpoint: &self.endpoint,
            filter: &self.filter,
            gaze: &self.gaze,
            entry,
        };
        let sent = office
            .webhooks
            .send(&self.endpoint, (manner, number), &mut self.line, &mut maker)
            .await?;
        if let Some(Sent { shown, .. }) = &sent {
            office.access.read(&self.reader, shown);
        }
        self.slow = sent.as_ref().map_or(self.slow, |sent| sent.attempt.took_ms > SLOW);
        Ok(sent)
    }

    /// There is nothing to be told.
    async fn idle(&mut self) -> Next {
        self.line = None;
        let Position(at) = self.endpoint.progress.position;
        metrics::gauge!("dateline_webhook_position", "endpoint" => self.endpoint.id.to_string()).set(at as f64);
        let waited = self.endpoint.progress.waiting.take().is_some();
        if waited || (self.unbooked && self.booked.elapsed() > QUIET) {
            self.book(Vec::new(), Vec::new()).await;
        }
        Next::Wait(if self.unbooked { QUIET } else { QUIET * 10 })
    }

    /// The wire does not reach back to it any more.
    async fn left_behind(&mut self) -> Next {
        let progress = &mut self.endpoint.progress;
        progress.state = EndpointState::Paused;
        progress.notice = Some(
            "The wire does not reach back to where it was. Take a snapshot (GET /v1/snapshot), then send it what came behind \
             the snapshot's cursor (resend, `after`), and resume it."
                .to_owned(),
        );
        self.book(Vec::new(), Vec::new()).await;
        self.or_end().await
    }

    async fn book(&mut self, attempts: Vec<Attempt>, resent: Vec<Uuid>) {
        let booking = Booking {
            turn: self.endpoint.turn,
            progress: self.endpoint.progress.clone(),
            attempts,
            resent,
        };
        self.office.webhooks.book(self.endpoint.id, booking).await;
        self.booked = Instant::now();
        self.unbooked = false;
    }
}

/// Makes the message of an entry, as it is at this moment.
struct Telling<'a> {
    office: &'a Office,
    endpoint: &'a Endpoint,
    filter: &'a WireFilter,
    gaze: &'a Gaze,
    entry: &'a Arc<Entry>,
}

impl Maker for Telling<'_> {
    async fn make(&mut self) -> Result<Option<Message>> {
        let Telling {
            office,
            endpoint,
            filter,
            gaze,
            entry,
        } = self;
        let sight = gaze.now().await?;
        let listener = Listener {
            viewer: gaze.viewer(),
            sight: &sight,
            filter,
            payload: endpoint.settings.payload,
        };
        let text = office.told.of(entry, listener).await?;
        // Whoever has a story hears that it is gone, whatever else he wants to hear of.
        let wanted = endpoint.wants(entry.kind()) || text.takes_away;
        let shown = text.shown.clone();
        let message = |body| Message {
            id: office.wire.message_id(endpoint.id, &***entry),
            kind: entry.kind().as_str().to_owned(),
            position: entry.position,
            epoch: entry.epoch,
            article: match &entry.subject {
                Subject::Article(edition) => Some(edition.id),
                Subject::Topic(_)
                | Subject::Collection(_)
                | Subject::Channel(_)
                | Subject::Source(_)
                | Subject::Access
                | Subject::Epoch => None,
            },
            shown,
            body,
        };
        Ok(text.body.clone().filter(|_| wanted).map(message))
    }
}

/// Whom an endpoint stands for: a key of its partner that reads; the house itself where it is nobody's.
fn viewer(endpoint: &Endpoint) -> Viewer {
    match &endpoint.partner {
        None => Viewer::Operator,
        Some(_) => Viewer::Key(key(endpoint)),
    }
}

/// The key that it is as good as.
fn key(endpoint: &Endpoint) -> Arc<Key> {
    let name = endpoint.settings.label();
    let key = Key::plain(endpoint.id.to_string(), name, KeyScope::Read, endpoint.created);
    Arc::new(Key {
        partner: endpoint.partner.clone(),
        ..key
    })
}
