//! Whether the replica will do for a reading, or only the primary.
//!
//! A reading must never be older than what this process has told anybody: a change that it acknowledged, a cursor that
//! it was shown, a withdrawal that it has seen on the primary. Each of these *demands* a position; as long as the replica
//! has not come that far, readings go to the primary. And a withdrawal can only be seen by who sees the primary: when
//! that was last heard of more than a moment ago, the replica will not do either, unless the operator would rather
//! serve what may be out of date.

use crate::news::wire::Position;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long the primary may be silent.
const LEASE: Duration = Duration::from_millis(800);

#[derive(Debug)]
pub struct Compass {
    began: Instant,
    replica_at: AtomicI64,
    demanded: AtomicI64,
    /// Milliseconds after `began` when the primary was last heard of.
    heard: AtomicU64,
    serve_without_primary: bool,
}

impl Compass {
    pub fn new(serve_without_primary: bool) -> Compass {
        Compass {
            began: Instant::now(),
            replica_at: AtomicI64::new(0),
            demanded: AtomicI64::new(i64::MAX),
            heard: AtomicU64::new(0),
            serve_without_primary,
        }
    }

    /// Whether readings go on when nothing is heard of the primary.
    pub fn serves_without_primary(&self) -> bool {
        self.serve_without_primary
    }

    /// The first position that is known of the primary: from here on demands count.
    pub fn begin(&self, position: Position) {
        self.demanded.store(position.0, Ordering::Release);
    }

    /// What is read from now on must be at least this new.
    pub fn demand(&self, position: Position) {
        self.demanded.fetch_max(position.0, Ordering::AcqRel);
    }

    pub fn demanded(&self) -> Position {
        Position(self.demanded.load(Ordering::Acquire))
    }

    /// What was demanded when the primary was looked at is more than the primary has: that will not be waited for.
    pub fn demand_at_most(&self, position: Position, demanded: Position) {
        if demanded > position {
            let (demanded, position) = (demanded.0, position.0);
            let _ = self
                .demanded
                .compare_exchange(demanded, position, Ordering::AcqRel, Ordering::Relaxed);
        }
    }

    pub fn replica_has(&self, position: Position) {
        self.replica_at.fetch_max(position.0, Ordering::AcqRel);
    }

    pub fn heard_of_primary(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.heard.fetch_max(now, Ordering::AcqRel);
    }

    pub fn replica_will_do(&self) -> bool {
        let silent = self
            .began
            .elapsed()
            .saturating_sub(Duration::from_millis(self.heard.load(Ordering::Acquire)));
        let far_enough = self.replica_at.load(Ordering::Acquire) >= self.demanded.load(Ordering::Acquire);
        far_enough && (silent < LEASE || self.serve_without_primary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_that_is_behind_what_was_told_will_not_do() {
        let compass = Compass::new(true);
        assert!(!compass.replica_will_do(), "nothing is known yet");
        compass.begin(Position(7));
        compass.replica_has(Position(6));
        assert!(!compass.replica_will_do());
        compass.replica_has(Position(7));
        assert!(compass.replica_will_do());
        compass.demand(Position(9));
        compass.demand(Position(8));
        assert!(!compass.replica_will_do());
        compass.replica_has(Position(9));
        assert!(compass.replica_will_do());
    }

    #[test]
    fn without_word_of_the_primary_it_will_do_only_when_the_operator_says_so() {
        let strict = Compass::new(false);
        strict.begin(Position(0));
        strict.heard_of_primary();
        assert!(strict.replica_will_do());
        std::thread::sleep(LEASE + Duration::from_millis(50));
        assert!(!strict.replica_will_do());
        strict.heard_of_primary();
        assert!(strict.replica_will_do());
    }
}
