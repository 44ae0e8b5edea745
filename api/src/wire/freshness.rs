//! Which answers are still good: for each tag, the newest position that moved it.
//!
//! An answer that began at position *p* is good as long as nothing it read has moved after *p*. The tail tells what
//! moved, in the order of the wire. When it has had no word from the database for a second, nothing is known to be
//! good.
//!
//! It stands in the engines and not in the archive, because the archive notes the tags and `web` keeps the answers, and
//! two rooms on one floor may not know each other.

use crate::news::tags::{Tag, moved_by};
use crate::news::wire::{Entry, Position};
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Longest silence of the database after which answers are still used.
const SILENCE: Duration = Duration::from_secs(1);

/// Tags that are remembered; beyond this the older half is forgotten, and answers from before then with it.
const MOST: usize = 200_000;

pub struct Freshness {
    began: Instant,
    /// Milliseconds after `began` when the database was last heard of; 0 for never.
    heard: AtomicU64,
    /// The same of the primary, where readings go to a replica and must not go on without it: only the primary knows what
    /// was taken away.
    primary: Option<AtomicU64>,
    position: AtomicI64,
    /// Up to where somebody was told that things changed, noted or not.
    owed: AtomicI64,
    /// Counts whenever something moves: as long as it stands, what was good is good.
    generation: AtomicU64,
    moved: RwLock<Moved>,
}

struct Moved {
    at: HashMap<Tag, Position, RandomState>,
    /// Nothing is known of answers that began before this.
    floor: Position,
}

impl Freshness {
    pub fn at(position: Position, needs_primary: bool) -> Freshness {
        Freshness {
            began: Instant::now(),
            heard: AtomicU64::new(0),
            primary: needs_primary.then(AtomicU64::default),
            position: AtomicI64::new(position.0),
            owed: AtomicI64::new(position.0),
            generation: AtomicU64::new(1),
            moved: RwLock::new(Moved {
                at: HashMap::default(),
                floor: position,
            }),
        }
    }

    /// Up to where everything has been noted.
    pub fn now(&self) -> Position {
        Position(self.position.load(Ordering::Acquire))
    }

    /// The position that an answer which begins now begins at: what is owed, no reading is older than.
    pub fn due(&self) -> Position {
        self.now().max(Position(self.owed.load(Ordering::Acquire)))
    }

    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Whether it is known at all what is good.
    pub fn sound(&self) -> bool {
        if self.due() > self.now() {
            return false;
        }
        let lately = |heard: &AtomicU64| {
            let heard = heard.load(Ordering::Acquire);
            heard != 0 && self.began.elapsed().saturating_sub(Duration::from_millis(heard)) < SILENCE
        };
        lately(&self.heard) && self.primary.as_ref().is_none_or(lately)
    }

    /// Whether none of these has moved since.
    pub fn holds(&self, tags: &[Tag], since: Position) -> bool {
        let moved = self.moved.read().unwrap_or_else(PoisonError::into_inner);
        since >= moved.floor && tags.iter().all(|tag| moved.at.get(tag).is_none_or(|at| *at <= since))
    }

    pub(super) fn owed(&self) -> Position {
        Position(self.owed.load(Ordering::Acquire))
    }

    /// What was owed when the primary was looked at is more than the primary has: a cursor from another life of the house
    /// is not owed for ever.
    pub(super) fn owe_at_most(&self, position: Position, owed: Position) {
        if owed > position {
            let (owed, position) = (owed.0, position.0);
            let _ = self
                .owed
                .compare_exchange(owed, position, Ordering::AcqRel, Ordering::Relaxed);
        }
    }

    /// The database was heard of.
    pub(super) fn heard(&self) {
        self.heard.store(self.moment(), Ordering::Release);
    }

    /// The primary was heard of.
    pub(super) fn heard_of_primary(&self) {
        if let Some(primary) = &self.primary {
            primary.store(self.moment(), Ordering::Release);
        }
    }

    fn moment(&self) -> u64 {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        now.max(1)
    }

    /// What these entries move has moved.
    pub(super) fn note(&self, entries: &[Entry]) {
        let mut moved = self.moved.write().unwrap_or_else(PoisonError::into_inner);
        for entry in entries {
            for tag in moved_by(entry) {
                let at = moved.at.entry(tag).or_insert(entry.position);
                *at = entry.position.max(*at);
            }
        }
        if moved.at.len() > MOST {
            let mut positions: Vec<Position> = moved.at.values().copied().collect();
            let half = positions.len() / 2;
            let (_, median, _) = positions.select_nth_unstable(half);
            let floor = *median;
            moved.floor = moved.floor.max(floor);
            moved.at.retain(|_, at| *at > floor);
        }
        drop(moved);
        if !entries.is_empty() {
            self.generation.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// What moved up to here cannot be told any more.
    pub(super) fn forget(&self, position: Position) {
        let mut moved = self.moved.write().unwrap_or_else(PoisonError::into_inner);
        moved.floor = moved.floor.max(position);
        moved.at.retain(|_, at| *at > position);
        drop(moved);
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Somebody was told of this position before what moved up to it is noted: until it is, nothing is known to be
    /// good. To be demanded of the compass before.
    pub(super) fn owe(&self, position: Position) {
        self.owed.fetch_max(position.0, Ordering::AcqRel);
    }

    /// Everything up to here has been noted.
    pub(super) fn reach(&self, position: Position) {
        self.position.fetch_max(position.0, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::news::wire::{Edition, Step, Subject};
    use crate::news::{ArticleId, TopicId, Version};
    use uuid::Uuid;

    fn update(position: i64, article: u128, changed: &[&str], before: &[u128], after: &[u128]) -> Entry {
        let topics = |ids: &[u128]| ids.iter().map(|id| TopicId(Uuid::from_u128(*id))).collect();
        Entry {
            epoch: 1,
            position: Position(position),
            at: jiff::Timestamp::UNIX_EPOCH,
            subject: Subject::Article(Edition {
                id: ArticleId(Uuid::from_u128(article)),
                version: Version(2),
                step: Step::Updated,
                changed: changed.iter().map(|c| (*c).to_owned()).collect(),
                before: topics(before),
                after: topics(after),
                reach: Default::default(),
            }),
        }
    }

    #[test]
    fn a_changed_headline_moves_the_story_and_no_list() {
        let freshness = Freshness::at(Position(10), false);
        freshness.note(&[update(11, 1, &["headline"], &[7], &[7])]);
        let article = |n| Tag::Article(ArticleId(Uuid::from_u128(n)));
        let feed = |n| Tag::Feed(TopicId(Uuid::from_u128(n)));
        assert!(!freshness.holds(&[article(1)], Position(10)));
        assert!(freshness.holds(&[article(1)], Position(11)));
        assert!(freshness.holds(&[article(2), feed(7), Tag::Latest, Tag::Names], Position(10)));
        assert!(!freshness.holds(&[article(2), Tag::Any], Position(10)));
    }

    #[test]
    fn another_topic_moves_the_feeds_that_gain_and_lose() {
        let freshness = Freshness::at(Position(10), false);
        freshness.note(&[update(11, 1, &["topics"], &[7, 8], &[8, 9])]);
        let feed = |n| Tag::Feed(TopicId(Uuid::from_u128(n)));
        assert!(!freshness.holds(&[feed(7)], Position(10)));
        assert!(freshness.holds(&[feed(8)], Position(10)));
        assert!(!freshness.holds(&[feed(9)], Position(10)));
    }

    #[test]
    fn what_was_forgotten_is_not_good() {
        let freshness = Freshness::at(Position(0), false);
        let entries: Vec<Entry> = (1..=i64::try_from(MOST).unwrap() + 10)
            .map(|n| update(n, u128::try_from(n).unwrap(), &["headline"], &[], &[]))
            .collect();
        freshness.note(&entries);
        let first = Tag::Article(ArticleId(Uuid::from_u128(1)));
        assert!(!freshness.holds(&[first], Position(5)));
        assert!(freshness.holds(&[first], Position(i64::try_from(MOST).unwrap())));
    }

    #[test]
    fn behind_a_gap_nothing_is_good() {
        let freshness = Freshness::at(Position(10), false);
        freshness.forget(Position(20));
        assert!(!freshness.holds(&[], Position(19)));
        assert!(freshness.holds(&[Tag::Latest], Position(20)));
    }

    #[test]
    fn with_a_replica_nothing_is_sound_without_the_primary() {
        let freshness = Freshness::at(Position(0), true);
        freshness.heard();
        assert!(!freshness.sound());
        freshness.heard_of_primary();
        assert!(freshness.sound());
    }

    #[test]
    fn nothing_is_sound_before_the_database_was_heard_of() {
        let freshness = Freshness::at(Position(0), false);
        assert!(!freshness.sound());
        freshness.heard();
        assert!(freshness.sound());
    }
}
