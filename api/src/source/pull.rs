//! One look at one source, from the lease to the books.

use super::Sources;
use super::ask::{Found, Trouble, What};
use super::hub::Offer;
use super::items::{Brought, Piece, pieces};
use super::plan;
use crate::error::{Error, Kind, Result};
use crate::news::source::SourceFeed;
use crate::news::write::Outcome;
use crate::outbound::Address;
use crate::store::{Lease, Noted, SourceItem};
use jiff::SignedDuration;
use std::time::Duration;
use uuid::Uuid;

/// A source that is due, and the right to look at it.
pub struct Due {
    pub feed: SourceFeed,
    lease: Lease,
}

/// What became of a look.
#[derive(Debug, Default)]
pub struct Pulled {
    pub end: End,
    pub new: usize,
    pub changed: usize,
    pub unchanged: usize,
    /// What the desk does not take, and why.
    pub refused: Vec<(String, String)>,
    /// Stories that a publisher or another source has put in.
    pub others: usize,
}

#[derive(Debug, Default)]
pub enum End {
    #[default]
    Read,
    /// Nothing new since the last time, as it says itself.
    NotModified,
    Gone,
    Failed(String),
}

/// So long others wait for somebody who may be dead. Who lives renews it in time, however long his look takes.
const LEASE: SignedDuration = SignedDuration::from_secs(15);
const RENEWED: Duration = Duration::from_secs(4);
/// Stories that go to the desk together, in one transaction.
const BATCH: usize = 100;
/// When the house itself was not well.
const SOON: SignedDuration = SignedDuration::from_secs(30);

impl Sources {
    /// Takes the source that has waited longest, if there is one that is due and that nobody is at.
    pub async fn claim(&self) -> Result<Option<Due>> {
        let now = self.clock.now();
        if !self.store.has_due_source_feed(now).await? {
            return Ok(None);
        }
        let tx = self.store.begin().await?;
        let Some(feed) = tx.lock_due_source_feed(now).await? else {
            return Ok(None);
        };
        let lease = lease(&feed);
        if !tx.lease_source_feed(lease, now, plan::later(now, LEASE)).await? {
            return Ok(None);
        }
        tx.commit().await?;
        Ok(Some(Due { feed, lease }))
    }

    /// Takes this one, whether it is due or not.
    pub async fn claim_now(&self, slug: &str) -> Result<Due> {
        let now = self.clock.now();
        let tx = self.store.begin().await?;
        let feed = tx
            .lock_source_feed(slug)
            .await?
            .ok_or_else(|| Error::not_found("source"))?;
        let lease = lease(&feed);
        if !tx.lease_source_feed(lease, now, plan::later(now, LEASE)).await? {
            let detail = "Somebody is looking at this source at this moment; look at it again when that is done.";
            return Err(Error::new(Kind::Conflict, "source_busy", detail));
        }
        tx.commit().await?;
        Ok(Due { feed, lease })
    }

    /// Looks at a source and gives what is new to `desk`: a batch of stories goes in, what became of each comes back.
    pub async fn pull<D, F>(&self, due: Due, desk: D) -> Result<Pulled>
    where
        D: Fn(Vec<Brought>) -> F + Sync,
        F: Future<Output = Result<Vec<Result<Outcome>>>> + Send,
    {
        let lease = due.lease;
        let look = async {
            let found = self.look(&due.feed).await;
            self.settle(due, found, desk).await
        };
        tokio::select! {
            // Who is done has let go of it himself.
            biased;
            pulled = look => pulled,
            lost = self.hold(lease) => Err(lost),
        }
    }

    /// Holds on to the right to look; ends when somebody else has it.
    async fn hold(&self, lease: Lease) -> Error {
        loop {
            tokio::time::sleep(RENEWED).await;
            let renewed = async {
                let tx = self.store.begin().await?;
                let held = tx
                    .renew_source_lease(lease, plan::later(self.clock.now(), LEASE))
                    .await?;
                tx.commit().await.map(|()| held)
            };
            match renewed.await {
                Ok(true) => {}
                Ok(false) => return lost(),
                // The database will be asked again; until then nobody else has the right either.
                Err(error) => tracing::debug!(error.cause = %error, "a look could not be held on to"),
            }
        }
    }

    /// What becomes of what was found.
    pub(super) async fn settle<D, F>(&self, due: Due, found: Found, desk: D) -> Result<Pulled>
    where
        D: Fn(Vec<Brought>) -> F + Sync,
        F: Future<Output = Result<Vec<Result<Outcome>>>> + Send,
    {
        let Due { feed, lease } = due;
        let mut pulled = Pulled::default();
        let (mut etag, mut last_modified) = (feed.health.etag.clone(), feed.health.last_modified.clone());
        let (mut not_before, mut offered) = (None, None);
        match found.what {
            What::Same => pulled.end = End::NotModified,
            What::Gone => pulled.end = End::Gone,
            What::Trouble(Trouble { why, not_before: said }) => {
                not_before = said;
                pulled.end = End::Failed(why);
            }
            What::Document {
                document,
                read_at,
                etag: new_etag,
                last_modified: new_last_modified,
                offer,
            } => {
                offered = Some(offer);
                let pieces = pieces(&feed, *document, &read_at);
                if let Err(error) = self.take_in(lease, pieces, &desk, &mut pulled).await {
                    self.put_off(lease, &feed.slug).await;
                    return Err(error);
                }
                (etag, last_modified) = (new_etag, new_last_modified);
            }
        }
        let after = After {
            moved: found.moved,
            etag,
            last_modified,
            not_before,
            offered,
        };
        self.book(&feed, lease, &pulled, after).await?;
        tell(&feed.slug, &pulled);
        Ok(pulled)
    }

    async fn take_in<D, F>(&self, lease: Lease, pieces: Vec<Piece>, desk: &D, pulled: &mut Pulled) -> Result<()>
    where
        D: Fn(Vec<Brought>) -> F + Sync,
        F: Future<Output = Result<Vec<Result<Outcome>>>> + Send,
    {
        let mut rest = pieces.into_iter();
        loop {
            let batch: Vec<Piece> = rest.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                return Ok(());
            }
            let batch = self.new_of(lease, batch, pulled).await?;
            if batch.is_empty() {
                continue;
            }
            let brought = batch.iter().map(|piece| piece.brought.clone()).collect();
            let fates = desk(brought).await?;
            self.note(batch, fates, pulled).await?;
        }
    }

    /// What of it says something new, after its names are taken for this source.
    async fn new_of(&self, lease: Lease, batch: Vec<Piece>, pulled: &mut Pulled) -> Result<Vec<Piece>> {
        let now = self.clock.now();
        let uris: Vec<String> = batch.iter().map(|piece| piece.brought.uri.clone()).collect();
        let tx = self.store.begin().await?;
        if !tx.renew_source_lease(lease, plan::later(now, LEASE)).await? {
            return Err(lost());
        }
        let mut own = tx.claim_source_items(lease.feed, &uris, now).await?;
        tx.commit().await?;
        let mut new = Vec::new();
        for piece in batch {
            match own.remove(&piece.brought.uri) {
                None => pulled.others += 1,
                Some(SourceItem { digest }) if digest.as_ref() == Some(&piece.digest) => pulled.unchanged += 1,
                Some(_) => new.push(piece),
            }
        }
        Ok(new)
    }

    async fn note(&self, batch: Vec<Piece>, fates: Vec<Result<Outcome>>, pulled: &mut Pulled) -> Result<()> {
        let mut noted = Vec::with_capacity(batch.len());
        let mut house = None;
        for (piece, fate) in batch.into_iter().zip(fates) {
            let uri = piece.brought.uri;
            let failure = match fate {
                Ok(Outcome::Created | Outcome::Embargoed) => {
                    pulled.new += 1;
                    None
                }
                Ok(Outcome::Unchanged) => {
                    pulled.unchanged += 1;
                    None
                }
                Ok(
                    Outcome::Updated
                    | Outcome::Corrected
                    | Outcome::Withheld
                    | Outcome::Restored
                    | Outcome::Canceled
                    | Outcome::Renamed
                    | Outcome::Rescheduled
                    | Outcome::Dropped,
                ) => {
                    pulled.changed += 1;
                    None
                }
                // That is not the story's fault: it is read again.
                Err(error) if matches!(error.kind, Kind::Busy | Kind::Internal) => {
                    house = Some(error);
                    continue;
                }
                Err(error) => {
                    let why = error.to_string();
                    pulled.refused.push((uri.clone(), why.clone()));
                    Some(why)
                }
            };
            let item = SourceItem {
                digest: Some(piece.digest),
            };
            noted.push(Noted { uri, item, failure });
        }
        let tx = self.store.begin().await?;
        tx.note_source_items(&noted, self.clock.now()).await?;
        tx.commit().await?;
        match house {
            None => Ok(()),
            Some(error) => Err(error),
        }
    }

    /// Files how it went, unless somebody else is at the source by now.
    async fn book(&self, then: &SourceFeed, lease: Lease, pulled: &Pulled, after: After) -> Result<()> {
        let now = self.clock.now();
        let tx = self.store.begin().await?;
        let Some(mut feed) = tx.lock_source_feed(&then.slug).await? else {
            return Ok(());
        };
        if feed.id != then.id || !tx.renew_source_lease(lease, now).await? {
            return Ok(());
        }
        let After {
            moved,
            etag,
            last_modified,
            not_before,
            offered,
        } = after;
        let news_of_hub = match offered {
            Some(offer) => self.note_offer(&tx, feed.id, offer).await?,
            None => false,
        };
        let next = self.next_look(&tx, then).await?;
        let health = &mut feed.health;
        let every = then.settings.every_seconds;
        health.last_tried = Some(now);
        if pulled.new + pulled.changed > 0 {
            health.last_new = Some(now);
        }
        match &pulled.end {
            End::Read | End::NotModified => {
                health.last_ok = Some(now);
                health.failures = 0;
                health.last_error = None;
            }
            End::Gone => {
                health.gone = true;
                health.failures = health.failures.saturating_add(1);
                health.last_error = Some("it answered 410 Gone: it is over, and not asked any more".to_owned());
            }
            End::Failed(why) => {
                health.failures = health.failures.saturating_add(1);
                health.last_error = Some(why.clone());
            }
        }
        // What was said of the source meanwhile is done at once, and not by what the old address said.
        if feed.version == then.version {
            (health.etag, health.last_modified) = (etag, last_modified);
            health.due = match &pulled.end {
                End::Failed(_) => plan::again(now, every, health.failures, not_before),
                End::Read | End::NotModified | End::Gone => next,
            };
            if let Some(moved) = moved {
                tracing::info!(source.slug = feed.slug, source.url = %moved, "a source has moved for good");
                feed.settings.url = moved.to_string();
                feed.version = feed.version.saturating_add(1);
            }
        }
        tx.file_source_feed(&feed).await?;
        tx.end_source_lease(lease).await?;
        tx.commit().await?;
        if news_of_hub {
            self.hub_due.notify_one();
        }
        Ok(())
    }

    /// The house was not well: the source is not blamed, and looked at again soon.
    async fn put_off(&self, lease: Lease, slug: &str) {
        let put_off = async {
            let tx = self.store.begin().await?;
            let Some(mut feed) = tx.lock_source_feed(slug).await? else {
                return Ok(());
            };
            let now = self.clock.now();
            if !tx.renew_source_lease(lease, now).await? {
                return Ok(());
            }
            feed.health.due = plan::later(now, SOON);
            tx.file_source_feed(&feed).await?;
            tx.end_source_lease(lease).await?;
            tx.commit().await
        };
        if let Err(error) = put_off.await {
            // Then its lease runs out.
            tracing::debug!(error.cause = %error, source.slug = slug, "a source could not be put off");
        }
    }
}

/// What an answer says for the next time.
struct After {
    moved: Option<Address>,
    etag: Option<String>,
    last_modified: Option<String>,
    not_before: Option<Duration>,
    /// None where nothing was read that could say it.
    offered: Option<Option<Offer>>,
}

fn lease(feed: &SourceFeed) -> Lease {
    Lease {
        feed: feed.id,
        token: Uuid::new_v4(),
    }
}

fn lost() -> Error {
    let detail = "Somebody else is looking at this source by now, or it was removed.";
    Error::new(Kind::Conflict, "lease_lost", detail)
}

/// For the log and the metrics.
fn tell(slug: &str, pulled: &Pulled) {
    let Pulled {
        end,
        new,
        changed,
        unchanged: _,
        refused,
        others,
    } = pulled;
    let outcome = match end {
        End::Read => "read",
        End::NotModified => "not_modified",
        End::Gone => "gone",
        End::Failed(_) => "failed",
    };
    let source = || slug.to_owned();
    metrics::counter!("dateline_source_pulls_total", "source" => source(), "outcome" => outcome).increment(1);
    for (what, count) in [
        ("new", *new),
        ("changed", *changed),
        ("refused", refused.len()),
        ("others", *others),
    ] {
        if count > 0 {
            let counter = metrics::counter!("dateline_source_stories_total", "source" => source(), "outcome" => what);
            counter.increment(u64::try_from(count).unwrap_or(u64::MAX));
        }
    }
    match end {
        End::Gone => tracing::warn!(
            source.slug = slug,
            "a source is over (410 Gone) and is not asked any more"
        ),
        End::Failed(why) => tracing::info!(source.slug = slug, error.cause = why, "a source could not be read"),
        End::Read | End::NotModified => {
            tracing::debug!(
                source.slug = slug,
                new,
                changed,
                refused = refused.len(),
                others,
                "a source was read"
            );
        }
    }
}
