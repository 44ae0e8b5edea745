//! Followers who poll and listen, with random limits and waits, at random processes, and break off at random moments.
//! All that one keeps is the entries, and the cursor of the last.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::speak::{Broken, Line, Seen};
use crate::lists::dice::Dice;

/// How long a follower may find nothing while there should be something.
const PATIENCE: Duration = Duration::from_secs(90);

/// The last story's id, once it has been published: whoever has its entry has all.
pub type End = Arc<OnceLock<String>>;

#[derive(Clone, Copy, Debug)]
pub enum Way {
    Polls,
    Listens,
    Both,
}

pub struct Follower {
    line: Line,
    way: Way,
    /// Always the same process, or any.
    home: Option<usize>,
    dice: Dice,
    have: Vec<Seen>,
    /// Where he goes on.
    at: Option<String>,
}

impl Follower {
    pub fn new(line: &Line, way: Way, home: Option<usize>, seed: u64) -> Self {
        Self {
            line: line.clone(),
            way,
            home,
            dice: Dice::new(2 * seed + 1),
            have: Vec::new(),
            at: None,
        }
    }

    /// Follows from the oldest entry to the last, and gives all that he has.
    pub async fn follow(mut self, end: End) -> Vec<Seen> {
        let (mut had, mut since) = (0, Instant::now());
        loop {
            if let (Some(end), Some(last)) = (end.get(), self.have.last())
                && last.id == *end
            {
                return self.have;
            }
            if self.have.len() > had {
                (had, since) = (self.have.len(), Instant::now());
            }
            assert!(since.elapsed() < PATIENCE, "{:?}: stuck at {had}", self.way);
            let node = self.home.unwrap_or_else(|| self.dice.roll(self.line.nodes.count()));
            // A stream begins now, so the first reading is always a poll.
            let polls = match self.way {
                Way::Polls => true,
                Way::Listens => self.at.is_none(),
                Way::Both => self.at.is_none() || self.dice.once_in(2),
            };
            let done = if polls {
                self.poll(node).await
            } else {
                self.listen(node).await
            };
            if done.is_err() {
                tokio::time::sleep(Duration::from_millis(5 + self.dice.roll(60) as u64)).await;
            }
        }
    }

    async fn poll(&mut self, node: usize) -> Result<(), Broken> {
        let most = *self.dice.one(&[500, 20]);
        let limit = 1 + self.dice.roll(most);
        let (wait, payload) = (self.dice.roll(3), *self.dice.one(&["id", "id", "meta", "full"]));
        let query = format!("&limit={limit}&wait={wait}&payload={payload}");
        let asked = self.line.poll(node, self.at.as_deref(), &query);
        // Now and then he does not wait for the answer.
        let patience = if self.dice.once_in(6) {
            Duration::from_millis(self.dice.roll(60) as u64)
        } else {
            Duration::from_secs(30)
        };
        let (entries, next) = tokio::time::timeout(patience, asked).await.map_err(|_| Broken)??;
        assert!(entries.len() <= limit);
        self.have.extend(entries);
        self.at = Some(next);
        Ok(())
    }

    async fn listen(&mut self, node: usize) -> Result<(), Broken> {
        let until = Instant::now() + Duration::from_millis(20 + self.dice.roll(1_500) as u64);
        let most = 1 + self.dice.roll(800);
        let mut stream = tokio::time::timeout_at(until.into(), self.line.listen(node, self.at.as_deref()))
            .await
            .map_err(|_| Broken)??;
        for _ in 0..most {
            let Ok(event) = tokio::time::timeout_at(until.into(), stream.next()).await else {
                return Ok(());
            };
            let Some(event) = event? else { return Ok(()) };
            // What counts is the place of the last event that was there whole.
            self.have.extend(event.entry);
            if event.id.is_some() {
                self.at = event.id;
            }
        }
        Ok(())
    }
}
