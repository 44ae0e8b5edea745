//! Feeds follow the tree: when topics move or merge, their stories take the places that the tree implies from then on.
//! A chore does it, a few stories at a time; each tells the wire itself what it left and where it came in, so what a
//! feed shows and what its followers have been told are the same at every moment.

use super::Desk;
use super::chores::{Next, Step};
use crate::error::Result;
use crate::news::chore::Chore;
use crate::news::story::PubStatus;
use crate::news::wire::{Change, Edition, Step as Told};
use crate::news::{ArticleId, TopicId};
use crate::store::{Standing, Tx};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};

impl Desk {
    /// One chunk of the stories in a topic's feed.
    pub(super) async fn refeed(&self, tx: &Tx, chore: &Chore, topic: TopicId) -> Result<Step> {
        let ids = tx.stories_in_feed(topic, chore.after, chore.most).await?;
        let Some(last) = ids.last().map(|id| id.0) else {
            return Ok(Step {
                changes: Vec::new(),
                next: Next::End,
            });
        };
        let standings = tx.lock_standings(&ids).await?;
        let topics: HashSet<TopicId> = standings.iter().flat_map(|s| s.topics.iter().copied()).collect();
        let ancestors = tx.topic_ancestors(&topics.into_iter().collect::<Vec<_>>()).await?;
        let now = self.clock.now();
        let mut moves = Moves::default();
        for standing in &standings {
            moves.note(standing, implied(&standing.topics, &ancestors), now);
        }
        let Moves { left, entered, changes } = moves;
        for (topic, ids) in left {
            tx.leave_feed(topic, &ids).await?;
        }
        for ((topic, rank), ids) in entered {
            tx.enter_feed(topic, rank, &ids).await?;
        }
        Ok(Step {
            changes,
            next: Next::Behind(last, ids.len()),
        })
    }
}

/// The feeds that these topics bring along: their ancestors', nearest first, that are not theirs.
pub(super) fn implied(topics: &[TopicId], ancestors: &HashMap<TopicId, Vec<TopicId>>) -> Vec<TopicId> {
    let mut implied: Vec<TopicId> = Vec::new();
    for ancestor in topics.iter().filter_map(|t| ancestors.get(t)).flatten() {
        if !topics.contains(ancestor) && !implied.contains(ancestor) {
            implied.push(*ancestor);
        }
    }
    implied
}

/// What a chunk changes, a statement for each feed rather than for each story.
#[derive(Default)]
struct Moves {
    left: BTreeMap<TopicId, Vec<ArticleId>>,
    entered: BTreeMap<(TopicId, i16), Vec<ArticleId>>,
    changes: Vec<Change>,
}

impl Moves {
    fn note(&mut self, standing: &Standing, implied: Vec<TopicId>, now: Timestamp) {
        let mut moved = false;
        for topic in standing.implied.iter().filter(|t| !implied.contains(t)) {
            self.left.entry(*topic).or_default().push(standing.id);
            moved = true;
        }
        for (topic, rank) in implied
            .iter()
            .zip(0i16..)
            .filter(|(t, _)| !standing.implied.contains(t))
        {
            let rank = rank.saturating_add(i16::try_from(standing.topics.len()).unwrap_or(i16::MAX));
            self.entered.entry((*topic, rank)).or_default().push(standing.id);
            moved = true;
        }
        // A story that stands in no list was told to have left its feeds when it went, and is told when it returns.
        let listed = standing.pub_status == PubStatus::Usable && standing.expires.is_none_or(|at| at > now);
        if moved && listed {
            self.changes.push(Change::Article(Edition {
                id: standing.id,
                version: standing.version,
                step: Told::Updated,
                changed: vec!["topics".to_owned()],
                before: standing.feeds(),
                after: standing.topics.iter().chain(&implied).copied().collect(),
            }));
        }
    }
}
