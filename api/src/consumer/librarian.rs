//! Who keeps the search index: follows the wire, and makes the index anew where there is none that can be used.
//!
//! One process writes in a folder, whoever holds its lock; others that share the folder show what it has committed. The
//! place in the wire is committed with what was followed, so there is no bookmark in the database that could differ.
//! Making it anew is reading all stories by their ids while following the wire all the time: what changes meanwhile is put
//! in twice and is the same the second time. Killed in between, it goes on where it was.

use super::chronicler::Chronicler;
use crate::clock::Clock;
use crate::error::{Error, Kind, Result};
use crate::news::ArticleId;
use crate::news::story::PubStatus;
use crate::news::wire::{Entry, Subject};
use crate::search::{Document, Generation, Index, Mark, Writer};
use crate::store::{Placement, Store};
use crate::wire::Wire;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Entries and stories that are taken at once.
const ENTRIES: usize = 500;
const STORIES: u32 = 500;
/// After the first change others are waited for so long: a commit costs the same for one and for hundreds.
const GATHER: Duration = Duration::from_millis(100);
/// While it is made, what was read is committed so often.
const COMMIT: Duration = Duration::from_secs(2);
/// How often it is looked whether something else is asked for.
const LOOK: Duration = Duration::from_millis(500);
/// An index of so many bytes is looked through before it is used; that takes no second.
const SMALL: u64 = 256 * 1024 * 1024;
/// After trouble.
const REST: Duration = Duration::from_secs(2);

#[derive(Clone)]
pub struct Librarian {
    pub store: Store,
    pub wire: Wire,
    pub index: Index,
    pub clock: Clock,
}

/// One index that is written in, and how far it is.
struct Work {
    writer: Writer,
    mark: Mark,
    /// There is something that is not committed.
    open: bool,
}

impl Work {
    /// A story that nobody sees does not come in. One that was visible until now may be so again, if a clock is set back.
    fn leave_out(&mut self, placement: &Placement, now: Timestamp) {
        if placement.story.pub_status == PubStatus::Usable {
            self.mark.leaves_out(now);
        }
    }

    fn has_followed(&mut self, entries: &[Arc<Entry>]) {
        // The epoch stays: what is of an older one has to be made anew, also after a stop in between.
        if let Some(last) = entries.last() {
            self.mark.position = last.position;
            self.open = true;
        }
    }
}

impl Librarian {
    /// Keeps the index until told to stop. Trouble is told once and tried again.
    pub async fn keep(self, stop: CancellationToken) {
        let mut troubled = false;
        while !stop.is_cancelled() {
            let kept = match self.index.claim() {
                Ok(Some(claim)) => {
                    let kept = self.write(&stop, &mut troubled).await;
                    drop(claim);
                    kept
                }
                Ok(None) => self.read(&stop).await,
                Err(error) => Err(error),
            };
            if let Err(error) = kept {
                match std::mem::replace(&mut troubled, true) {
                    true => tracing::debug!(error.cause = %error, "the search index cannot be kept yet"),
                    false => tracing::error!(
                        error.cause = %error,
                        "the search index cannot be kept; searching is behind or not possible. See to the folder search.folder"
                    ),
                }
                rest(&stop, REST).await;
            }
        }
    }

    /// Makes the index anew, once, and takes it into use. None where another process writes in the folder; else of how many
    /// stories. `told` is told how far it is.
    pub async fn make_anew(&self, mut told: impl FnMut(&Mark)) -> Result<Option<u64>> {
        let Some(_claim) = self.index.claim()? else {
            return Ok(None);
        };
        let mut work = self.begin().await?;
        while work.mark.scanned.is_some() {
            work = self.scan(work).await?;
            told(&work.mark);
        }
        let work = commit(work).await?;
        self.index.adopt(&work.writer.generation)?;
        let built = work.mark.built;
        at_rest(move || work.writer.close()).await?;
        Ok(Some(built))
    }

    /// Shows what another process writes, until that ends.
    async fn read(&self, stop: &CancellationToken) -> Result<()> {
        let mut shown: Option<Generation> = None;
        loop {
            let current = self.index.current();
            if shown.as_ref().map(Generation::name) != current.as_deref() {
                shown = self.index.open().unwrap_or(None);
            }
            if let Some(generation) = &shown {
                let mark = generation.mark()?;
                if self.index.view().map(|view| view.mark().clone()) != mark {
                    self.index.show(generation)?;
                }
            }
            rest(stop, GATHER).await;
            // The claim is tried again by whoever called.
            if stop.is_cancelled() || self.index.is_unclaimed() {
                return Ok(());
            }
        }
    }

    async fn write(&self, stop: &CancellationToken, troubled: &mut bool) -> Result<()> {
        let mut work = match self.usable().await {
            Some(work) => work,
            None => self.begin().await?,
        };
        self.index.adopt(&work.writer.generation)?;
        // What is large is looked through beside everything else.
        let large = self.index.size() > SMALL;
        let mut check = large.then(|| self.check(&work.writer.generation));
        let mut aside: Option<Work> = None;
        let mut committed = Instant::now();
        if std::mem::take(troubled) {
            tracing::info!("the search index is kept again");
        }
        while !stop.is_cancelled() {
            if let Some(done) = check.take_if(|check| check.is_finished())
                && !done.await.unwrap_or(false)
            {
                tracing::warn!("the search index is damaged; it is made anew");
                aside = None;
                work = self.begin().await?;
                self.index.adopt(&work.writer.generation)?;
            }
            if check.is_none() && self.index.is_suspect() {
                check = Some(self.check(&work.writer.generation));
            }
            if aside.is_none() && self.index.rebuild_asked() {
                self.index.rebuild_begun();
                aside = Some(self.begin().await?);
            }
            let busy = work.mark.scanned.is_some() || aside.is_some();
            let entries = match self.wire.read(work.mark.position, ENTRIES).await {
                Ok(entries) => entries,
                Err(error) if error.kind == Kind::Gone => {
                    tracing::info!("the wire does not reach back to the search index any more; it is made anew");
                    work = self.begin().await?;
                    self.index.adopt(&work.writer.generation)?;
                    aside = None;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let of_another = |work: &Work| entries.iter().any(|entry| entry.epoch != work.mark.epoch);
            if of_another(&work) && aside.as_ref().is_none_or(of_another) {
                // What a lost primary had told may stand in it.
                tracing::info!("a new epoch of the wire has begun; the search index is made anew");
                aside = Some(self.begin().await?);
            }
            let followed = !entries.is_empty();
            if followed {
                let placed = self.look_up(&entries).await?;
                work = self.put(work, Arc::clone(&placed)).await?;
                work = self.chronicle(work, &entries, &placed).await?;
                work.has_followed(&entries);
                if let Some(other) = aside {
                    let mut other = self.put(other, placed).await?;
                    other.has_followed(&entries);
                    aside = Some(other);
                }
            }
            if work.mark.scanned.is_some() {
                work = self.scan(work).await?;
            }
            if let Some(other) = aside {
                let other = self.scan(other).await?;
                aside = match other.mark.scanned {
                    Some(_) => Some(other),
                    None => {
                        work = commit(other).await?;
                        self.index.adopt(&work.writer.generation)?;
                        tracing::info!(search.stories = work.mark.built, "the search index was made anew");
                        None
                    }
                };
            }
            let due = followed || work.mark.scanned.is_none() || committed.elapsed() > COMMIT;
            if work.open && due {
                work = commit(work).await?;
                self.index.show(&work.writer.generation)?;
                committed = Instant::now();
            }
            if !busy {
                self.wait(&work, stop).await;
            }
        }
        Ok(())
    }

    /// Waits until there is something to do.
    async fn wait(&self, work: &Work, stop: &CancellationToken) {
        let mut follower = self.wire.follow(work.mark.position);
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
            // He comes back with entries, and they are read again: he is only asked whether there are any.
            _ = follower.next(1) => rest(stop, GATHER).await,
        }
    }

    /// The index in use, if the wire can go on from it.
    async fn usable(&self) -> Option<Work> {
        let opened = self.index.open();
        let generation = match opened {
            Ok(found) => Arc::new(found?),
            Err(error) => {
                tracing::warn!(error.cause = %error, "the search index cannot be read; it is made anew");
                return None;
            }
        };
        if self.index.size() <= SMALL && !self.check(&generation).await.unwrap_or(false) {
            tracing::warn!("the search index is damaged; it is made anew");
            return None;
        }
        let mark = generation.mark().ok()??;
        let head = self.wire.head();
        if mark.epoch != head.epoch || mark.position > head.position {
            tracing::info!("the search index is of another epoch of the wire; it is made anew");
            return None;
        }
        let writer = Writer::of(generation).ok()?;
        Some(Work {
            writer,
            mark,
            open: false,
        })
    }

    /// An index without anything in it.
    async fn begin(&self) -> Result<Work> {
        let head = self.wire.head();
        let of = self.store.count_articles().await?;
        let mark = self.index.first_mark(head.epoch, head.position, of);
        let writer = self.index.begin(&mark)?;
        Ok(Work {
            writer,
            mark,
            open: false,
        })
    }

    fn check(&self, generation: &Arc<Generation>) -> tokio::task::JoinHandle<bool> {
        let generation = Arc::clone(generation);
        tokio::task::spawn_blocking(move || generation.is_sound())
    }

    /// The stories that entries are about, as they stand now, or that they are not there any more.
    async fn look_up(&self, entries: &[Arc<Entry>]) -> Result<Arc<Vec<(ArticleId, Option<Placement>)>>> {
        let mut ids: Vec<ArticleId> = entries.iter().filter_map(|entry| about(entry)).collect();
        ids.sort();
        ids.dedup();
        let mut placed: Vec<(ArticleId, Option<Placement>)> = ids.iter().map(|id| (*id, None)).collect();
        for found in self.store.load_placed(&ids).await? {
            if let Ok(at) = ids.binary_search(&found.story.id)
                && let Some((_, place)) = placed.get_mut(at)
            {
                *place = Some(found);
            }
        }
        Ok(Arc::new(placed))
    }

    /// Has filed which of these are on one event with others. What fails is not tried again: a story that is alone is
    /// no reason to leave readers without it.
    ///
    /// Before that they are committed without the place in the wire. So they find each other, and the index does not say
    /// that it has come to them before their links are there; ended in between, they are looked at again.
    async fn chronicle(
        &self,
        work: Work,
        entries: &[Arc<Entry>],
        placed: &[(ArticleId, Option<Placement>)],
    ) -> Result<Work> {
        let chronicler = Chronicler {
            store: self.store.clone(),
            index: self.index.clone(),
            clock: self.clock.clone(),
        };
        let now = self.clock.now();
        let public = placed.iter().filter_map(|(_, placement)| placement.as_ref());
        let public = public.filter(|placement| is_public(placement, now));
        let news = chronicler.news(entries, public.map(|placement| &placement.story));
        if news.is_empty() || work.mark.scanned.is_some() {
            return Ok(work);
        }
        let work = commit(work).await?;
        self.index.show(&work.writer.generation)?;
        if let Err(error) = chronicler.file(news).await {
            tracing::warn!(error.cause = %error, "it was not filed which stories are on one event");
        }
        Ok(work)
    }

    /// Puts stories in as they stand now, or takes them out.
    async fn put(&self, mut work: Work, placed: Arc<Vec<(ArticleId, Option<Placement>)>>) -> Result<Work> {
        let now = self.clock.now();
        at_rest(move || {
            for (id, placement) in placed.iter() {
                match placement {
                    Some(placement) if is_public(placement, now) => work.writer.put(&document(placement))?,
                    Some(placement) => {
                        work.leave_out(placement, now);
                        work.writer.remove(*id);
                    }
                    None => work.writer.remove(*id),
                }
            }
            work.open = true;
            Ok(work)
        })
        .await
    }

    /// Reads the next stories of all.
    async fn scan(&self, mut work: Work) -> Result<Work> {
        let Some(after) = work.mark.scanned else {
            return Ok(work);
        };
        let ids = self.store.article_ids_after(after, STORIES).await?;
        let placed = self.store.load_placed(&ids).await?;
        let now = self.clock.now();
        work.mark.built += ids.len() as u64;
        work.mark.of = work.mark.of.max(work.mark.built);
        let more = ids.len() == STORIES as usize;
        work.mark.scanned = ids.last().map(|last| last.0).filter(|_| more);
        work.open = true;
        at_rest(move || {
            for placement in placed.iter() {
                match is_public(placement, now) {
                    true => work.writer.put(&document(placement))?,
                    false => work.leave_out(placement, now),
                }
            }
            Ok(work)
        })
        .await
    }
}

fn document(placement: &Placement) -> Document<'_> {
    let Placement {
        story,
        topics,
        channels,
    } = placement;
    Document {
        story,
        topics,
        channels,
    }
}

/// Only what anybody may see is in the index at all. Who may see which of it is asked when it is searched.
fn is_public(placement: &Placement, now: Timestamp) -> bool {
    let story = &placement.story;
    story.pub_status == PubStatus::Usable && story.expires.is_none_or(|at| at > now)
}

fn about(entry: &Entry) -> Option<ArticleId> {
    match &entry.subject {
        Subject::Article(edition) => Some(edition.id),
        Subject::Topic(_) | Subject::Collection(_) | Subject::Channel(_) => None,
        Subject::Source(_) | Subject::Access | Subject::Epoch => None,
    }
}

async fn commit(mut work: Work) -> Result<Work> {
    at_rest(move || {
        work.writer.commit(&work.mark)?;
        work.open = false;
        Ok(work)
    })
    .await
}

/// Does what takes its time on a thread of its own.
async fn at_rest<T: Send + 'static>(job: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(job).await.map_err(Error::internal)?
}

async fn rest(stop: &CancellationToken, time: Duration) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(time) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::news::wire::Position;

    #[test]
    fn an_index_that_has_followed_a_new_epoch_is_still_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::at(folder.path().join("search"), "house".to_owned());
        let _claim = index.claim().unwrap().unwrap();
        let mark = index.first_mark(1, Position(6), 0);
        let mut work = Work {
            writer: index.begin(&mark).unwrap(),
            mark,
            open: false,
        };
        let begun = Entry {
            epoch: 2,
            position: Position(7),
            at: "2026-01-12T20:00:00Z".parse().unwrap(),
            subject: Subject::Epoch,
        };
        work.has_followed(&[Arc::new(begun)]);
        // Stopped now, before there is another, it is made anew by whoever comes next.
        assert_eq!((work.mark.epoch, work.mark.position, work.open), (1, Position(7), true));
    }
}
