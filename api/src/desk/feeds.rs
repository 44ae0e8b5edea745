//! Feeds follow the tree: when topics move or merge, their stories take the places that the tree implies from then on.
//! A chore does it, a few stories at a time; each tells the wire itself what it left and where it came in, so what a
//! feed shows and what its followers have been told are the same at every moment.

use super::Desk;
use super::channels::{self, Wordings, facts, placed_in};
use super::chores::{Next, Step};
use super::edition::{Resolved, said};
use crate::error::Result;
use crate::news::channel::{Channel, channels_of};
use crate::news::chore::Chore;
use crate::news::story::{PubStatus, Story};
use crate::news::wire::{Change, Edition, Reach, Step as Told};
use crate::news::{ArticleId, TopicId};
use crate::store::{Filed, Placed, Standing, Tx};
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
        let channels = tx.share_channels().await?;
        let standings = tx.lock_standings(&ids).await?;
        let tree = Tree::around(tx, &standings).await?;
        let (renamed, others): (Vec<&Standing>, Vec<&Standing>) = standings
            .iter()
            .partition(|s| s.pub_status != PubStatus::Canceled && tree.renames(s));
        let found = match channels.is_empty() {
            true => Vec::new(),
            false => tx.place_these(&ids).await?,
        };
        let texts = Wordings::of(tx, channels.iter().any(Channel::goes_by_words), &found).await?;
        let placed: HashMap<ArticleId, Placed> = found.into_iter().map(|p| (p.id, p)).collect();
        let now = self.clock.now();
        let mut changes = self.retell(tx, &tree, &renamed, (&channels, &placed)).await?;
        let mut moves = Moves::default();
        for standing in others {
            let implied = implied(&standing.topics, &tree.ancestors);
            if let Some(story) = placed.get(&standing.id) {
                let feeds: Vec<TopicId> = standing.topics.iter().chain(&implied).copied().collect();
                let said = texts.said(story);
                let answers = |query: &str| said.answers(query);
                let becomes = channels_of(&channels, story.id.0, facts(story, &feeds, &answers));
                moves.channels.note(story, becomes, now);
            }
            moves.note(standing, implied, now);
        }
        moves.channels.file(tx).await?;
        for (topic, ids) in moves.left {
            tx.leave_feed(topic, &ids).await?;
        }
        for ((topic, rank), ids) in moves.entered {
            tx.enter_feed(topic, rank, &ids).await?;
        }
        changes.append(&mut moves.changes);
        Ok(Step {
            changes,
            next: Next::Behind(last, ids.len()),
        })
    }

    /// Stories that name a topic which was merged get a new edition that names its target. Old ones keep what they say;
    /// a canceled story has no new ones.
    async fn retell(
        &self,
        tx: &Tx,
        tree: &Tree,
        standings: &[&Standing],
        (channels, placed): (&[Channel], &HashMap<ArticleId, Placed>),
    ) -> Result<Vec<Change>> {
        if standings.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.clock.now();
        let by_id: HashMap<ArticleId, &Standing> = standings.iter().map(|s| (s.id, *s)).collect();
        let old = tx
            .load_stories(&standings.iter().map(|s| s.id).collect::<Vec<_>>())
            .await?;
        let mut new = Vec::with_capacity(old.len());
        let mut changes = Vec::with_capacity(old.len());
        for story in &old {
            let topics = tree.meant(&story.topics);
            let resolved = Resolved {
                text: said(story),
                source: story.source,
                implied: implied(&topics, &tree.ancestors),
                topics,
            };
            let mut filed = Filed {
                digest: resolved.digest()?,
                story: Story {
                    version: story.version.next(),
                    version_created: now,
                    topics: resolved.topics,
                    ..story.clone()
                },
                implied: resolved.implied,
                channels: Vec::new(),
                expiry_told: by_id.get(&story.id).is_some_and(|s| s.expiry_told),
            };
            let feeds: Vec<TopicId> = filed.story.topics.iter().chain(&filed.implied).copied().collect();
            filed.channels = placed_in(channels, &filed.story, &feeds);
            let (before, after, reach) = match by_id.get(&story.id) {
                Some(standing) if is_listed(standing, now) => {
                    let reach = Reach {
                        before: placed.get(&story.id).map(|p| p.channels.clone()).unwrap_or_default(),
                        after: filed.channels.clone(),
                        only: None,
                    };
                    (standing.feeds(), feeds, reach)
                }
                _ => (Vec::new(), Vec::new(), Reach::default()),
            };
            changes.push(Change::Article(Edition {
                id: story.id,
                version: filed.story.version,
                step: Told::Updated,
                changed: vec!["topics".to_owned()],
                before,
                after,
                reach,
            }));
            new.push(filed);
        }
        tx.insert_editions(&old).await?;
        tx.replace_stories(&new).await?;
        Ok(changes)
    }
}

/// What the tree of topics says today of the topics of some stories.
struct Tree {
    mergers: HashMap<TopicId, TopicId>,
    ancestors: HashMap<TopicId, Vec<TopicId>>,
}

impl Tree {
    async fn around(tx: &Tx, standings: &[Standing]) -> Result<Tree> {
        let named: HashSet<TopicId> = standings.iter().flat_map(|s| s.topics.iter().copied()).collect();
        let mut topics: Vec<TopicId> = named.into_iter().collect();
        let mergers = tx.mergers(&topics).await?;
        topics.extend(mergers.values());
        let ancestors = tx.topic_ancestors(&topics).await?;
        Ok(Tree { mergers, ancestors })
    }

    fn renames(&self, standing: &Standing) -> bool {
        standing.topics.iter().any(|topic| self.mergers.contains_key(topic))
    }

    /// These topics, each that was merged replaced by its target.
    fn meant(&self, topics: &[TopicId]) -> Vec<TopicId> {
        let mut meant = Vec::with_capacity(topics.len());
        for topic in topics {
            let topic = self.mergers.get(topic).unwrap_or(topic);
            if !meant.contains(topic) {
                meant.push(*topic);
            }
        }
        meant
    }
}

/// A story that stands in no list was told to have left its feeds when it went, and is told when it returns.
fn is_listed(standing: &Standing, now: Timestamp) -> bool {
    // Until the wire has told of its end, its followers have it.
    let is_over = standing.expiry_told && standing.expires.is_some_and(|at| at <= now);
    standing.pub_status == PubStatus::Usable && !is_over
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
    channels: channels::Moves,
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
        if moved && is_listed(standing, now) {
            self.changes.push(Change::Article(Edition {
                id: standing.id,
                version: standing.version,
                step: Told::Updated,
                changed: vec!["topics".to_owned()],
                before: standing.feeds(),
                after: standing.topics.iter().chain(&implied).copied().collect(),
                reach: self.channels.reach(standing.id),
            }));
        }
    }
}
