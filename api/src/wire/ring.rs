//! The newest entries in memory: followers who are live read here, and cost the database nothing.

use crate::news::wire::{Entry, Position};
use std::collections::VecDeque;
use std::sync::Arc;

/// Entries that are kept.
const MOST: usize = 10_000;

pub struct Ring {
    /// Everything after this is here.
    after: Position,
    entries: VecDeque<Arc<Entry>>,
}

impl Ring {
    pub fn after(position: Position) -> Ring {
        Ring {
            after: position,
            entries: VecDeque::new(),
        }
    }

    /// Entries come in order, each once.
    pub fn push(&mut self, entry: Arc<Entry>) {
        self.entries.push_back(entry);
        while self.entries.len() > MOST {
            if let Some(oldest) = self.entries.pop_front() {
                self.after = oldest.position;
            }
        }
    }

    /// Entries after one position and up to another; none where the ring does not reach back so far.
    pub fn read(&self, after: Position, upto: Position, most: usize) -> Option<Vec<Arc<Entry>>> {
        if after < self.after {
            return None;
        }
        let from = self.entries.partition_point(|e| e.position <= after);
        let entries = self.entries.range(from..).take_while(|e| e.position <= upto);
        Some(entries.take(most).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::news::wire::Subject;

    fn ring(entries: i64) -> Ring {
        let mut ring = Ring::after(Position(0));
        for position in 1..=entries {
            ring.push(Arc::new(Entry {
                epoch: 1,
                position: Position(position),
                at: jiff::Timestamp::UNIX_EPOCH,
                subject: Subject::Access,
            }));
        }
        ring
    }

    fn positions(read: Option<Vec<Arc<Entry>>>) -> Option<Vec<i64>> {
        read.map(|entries| entries.iter().map(|e| e.position.0).collect())
    }

    #[test]
    fn it_gives_what_comes_after() {
        let ring = ring(5);
        assert_eq!(positions(ring.read(Position(2), Position(9), 10)), Some(vec![3, 4, 5]));
        assert_eq!(positions(ring.read(Position(0), Position(4), 2)), Some(vec![1, 2]));
        assert_eq!(positions(ring.read(Position(3), Position(4), 10)), Some(vec![4]));
        assert_eq!(positions(ring.read(Position(5), Position(5), 10)), Some(vec![]));
        assert_eq!(positions(ring.read(Position(8), Position(9), 10)), Some(vec![]));
    }

    #[test]
    fn it_says_when_it_does_not_reach_back() {
        let kept = i64::try_from(MOST).unwrap();
        let ring = ring(kept + 3);
        assert_eq!(positions(ring.read(Position(2), Position(9), 10)), None);
        assert_eq!(positions(ring.read(Position(3), Position(5), 10)), Some(vec![4, 5]));
    }
}
