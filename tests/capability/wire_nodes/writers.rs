//! Sixteen publishers who do not let go: what breaks is said again with the same key, to whichever process answers.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::speak::{Line, Receipt};
use crate::lists::dice::Dice;

pub const WRITERS: usize = 16;

/// Stories per change: each is changed several times, by several writers.
const CHANGES_OF_EACH: usize = 5;

/// Longer than it takes to start a process again, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A change that was acknowledged.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    pub uri: String,
    pub id: String,
    pub version: i64,
    /// When it was said for the first time, and when it was answered.
    pub sent: Instant,
    pub answered: Instant,
}

/// What the publishers remember.
#[derive(Default)]
pub struct Ledger {
    pub acknowledged: Vec<Acknowledged>,
    /// Changes of which nobody knows whether they exist.
    pub given_up: usize,
    /// Times a change had to be said again.
    pub repeated: usize,
    /// From the acknowledgement of one process to the first reading of another that shows it.
    pub seen_elsewhere: Vec<Duration>,
}

pub async fn publish(line: &Line, changes: usize, seed: u64) -> Ledger {
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let count = changes / WRITERS + usize::from(writer < changes % WRITERS);
        let writer = Writer {
            name: format!("{seed}-{writer}"),
            line: line.clone(),
            ledger: Arc::clone(&ledger),
            dice: Dice::new(seed * 1_000 + 2 * writer as u64),
        };
        writers.spawn(writer.write(count, changes.div_ceil(CHANGES_OF_EACH)));
    }
    while let Some(done) = writers.join_next().await {
        done.expect("a writer fails");
    }
    std::mem::take(&mut ledger.lock().unwrap_or_else(PoisonError::into_inner))
}

struct Writer {
    name: String,
    line: Line,
    ledger: Arc<Mutex<Ledger>>,
    dice: Dice,
}

impl Writer {
    async fn write(mut self, count: usize, stories: usize) {
        for number in 0..count {
            let uri = format!("urn:wire:{}", self.dice.roll(stories));
            let sent = Instant::now();
            match self.say(&uri, number).await {
                Some((node, receipt)) => {
                    let answered = Instant::now();
                    self.note(|ledger| {
                        ledger.acknowledged.push(Acknowledged {
                            uri: uri.clone(),
                            id: receipt.id.clone(),
                            version: receipt.version,
                            sent,
                            answered,
                        });
                    });
                    self.look(&uri, receipt.version, node).await;
                }
                None => self.note(|ledger| ledger.given_up += 1),
            }
        }
    }

    /// One change, said until it is answered. One in eight that break off is given up at once.
    async fn say(&mut self, uri: &str, number: usize) -> Option<(usize, Receipt)> {
        let (headline, key) = (
            format!("Writer {}, change {number}", self.name),
            format!("{}-{number}", self.name),
        );
        let (begun, lets_go) = (Instant::now(), self.dice.once_in(8));
        loop {
            let node = self.dice.roll(self.line.nodes.count());
            if let Ok(receipt) = self.line.put(node, uri, &headline, &key).await {
                return Some((node, receipt));
            }
            assert!(begun.elapsed() < PATIENCE, "nobody takes {key}");
            if lets_go {
                return None;
            }
            self.note(|ledger| ledger.repeated += 1);
            tokio::time::sleep(Duration::from_millis(20 + self.dice.roll(80) as u64)).await;
        }
    }

    /// What a process has acknowledged, it shows; now and then the writer asks the others, too.
    async fn look(&mut self, uri: &str, version: i64, node: usize) {
        if self.dice.once_in(8)
            && let Ok(shown) = self.line.version(node, uri).await
        {
            assert!(
                shown >= Some(version),
                "{uri}: version {version} was acknowledged, {shown:?} is shown"
            );
        }
        if self.line.nodes.count() < 2 || !self.dice.once_in(12) {
            return;
        }
        let other = (node + 1 + self.dice.roll(self.line.nodes.count() - 1)) % self.line.nodes.count();
        let begun = Instant::now();
        while let Ok(shown) = self.line.version(other, uri).await {
            if shown >= Some(version) {
                return self.note(|ledger| ledger.seen_elsewhere.push(begun.elapsed()));
            }
            assert!(begun.elapsed() < PATIENCE, "{uri}: version {version} does not come");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn note(&self, what: impl FnOnce(&mut Ledger)) {
        what(&mut self.ledger.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
