//! What sources bring. What is new goes in by batches, one transaction each; what changes something that stands here goes
//! the way of every other document (`reception`).

use super::reception::{Manner, OLDER, new_topic};
use super::{Desk, Done, Draft, Outcome};
use crate::error::{Error, Result};
use crate::format::reading::{Item, Signal};
use crate::news::story::ArticleKey;
use crate::news::submission::TopicSubmission;
use crate::news::topic::TopicKey;
use crate::news::viewer::Viewer;
use crate::source::Brought;
use std::collections::HashSet;

/// As many as a story may have.
const MOST_TOPICS: usize = 50;

impl Desk {
    /// Takes in what a source brings, and says what became of each. What is wrong with one story does not hinder the
    /// others.
    pub async fn take_in(&self, by: &Viewer, mut brought: Vec<Brought>) -> Result<Vec<Result<Outcome>>> {
        Desk::allowed(by)?;
        self.keep_known_topics(&mut brought).await?;
        let keys: Vec<ArticleKey> = brought.iter().map(|b| ArticleKey::Uri(b.uri.clone())).collect();
        let here = self.store.find_articles(&keys).await?;
        let is_new = |b: &Brought, key| b.item.signal == Signal::Publish && !here.contains_key(key);
        let new: Vec<bool> = brought.iter().zip(&keys).map(|(b, key)| is_new(b, key)).collect();
        let mut fresh = Vec::new();
        let mut others = Vec::new();
        for (brought, new) in brought.into_iter().zip(&new) {
            if *new { &mut fresh } else { &mut others }.push(brought);
        }
        let mut fresh = self.take_in_new(by, fresh).await?.into_iter();
        let mut others = others.into_iter();
        let mut fates = Vec::with_capacity(new.len());
        for new in new {
            let fate = if new {
                fresh.next()
            } else {
                match others.next() {
                    Some(brought) => Some(self.take_in_one(by, brought).await),
                    None => None,
                }
            };
            fates.push(fate.unwrap_or_else(|| Err(Error::internal("a story without a fate"))));
        }
        Ok(fates)
    }

    async fn take_in_new(&self, by: &Viewer, brought: Vec<Brought>) -> Result<Vec<Result<Outcome>>> {
        let desk = self.clone();
        // Checking is slow: HTML is parsed.
        let checked = tokio::task::spawn_blocking(move || {
            let drafts = brought.into_iter().map(|brought| desk.first_draft(brought));
            drafts.collect::<Vec<Result<Draft>>>()
        });
        let checked = checked.await.map_err(Error::internal)?;
        let drafts: Vec<Draft> = checked.iter().filter_map(|c| c.as_ref().ok()).cloned().collect();
        let mut filed = self.publish_all(by, &drafts).await?.into_iter();
        let fates = checked.into_iter().map(|checked| {
            checked?;
            let filed = filed.next();
            let filed = filed.unwrap_or_else(|| Err(Error::internal("an order without a receipt")));
            filed.map(|done| outcome(&done))
        });
        Ok(fates.collect())
    }

    fn first_draft(&self, brought: Brought) -> Result<Draft> {
        let Brought {
            uri: _,
            item,
            new_topics,
        } = brought;
        let Item {
            mut submission,
            identity: _,
            subjects,
            signal: _,
            mut lost,
        } = item;
        self.settle(&mut submission, None, &mut lost);
        let new_topics = match new_topics {
            true => subjects.into_iter().filter_map(new_topic).collect(),
            false => Vec::new(),
        };
        let draft = self.draft(submission)?;
        Ok(Draft { new_topics, ..draft })
    }

    async fn take_in_one(&self, by: &Viewer, brought: Brought) -> Result<Outcome> {
        let manner = Manner {
            new_topics: brought.new_topics,
            expected: None,
            repeat: None,
        };
        match Box::pin(self.receive(by, brought.item, manner)).await {
            Ok(received) => Ok(outcome(&received.done)),
            // Sources go back to what they had; the house does not.
            Err(error) if error.code == OLDER => Ok(Outcome::Unchanged),
            Err(error) => Err(error),
        }
    }

    /// Leaves stories the topics that the house knows, and those that they tell it of where their source may bring some.
    async fn keep_known_topics(&self, brought: &mut [Brought]) -> Result<()> {
        let named = |b: &Brought| b.item.submission.topics.clone().unwrap_or_default();
        let keys: HashSet<TopicKey> = brought
            .iter()
            .flat_map(named)
            .map(|topic| TopicKey::read(topic.trim()))
            .collect();
        let keys: Vec<TopicKey> = keys.into_iter().collect();
        let known = self.store.find_topics(&keys).await?;
        for Brought { item, new_topics, .. } in brought {
            let told: HashSet<TopicKey> = match new_topics {
                true => item.subjects.iter().flat_map(keys_of).collect(),
                false => HashSet::new(),
            };
            let Some(topics) = &mut item.submission.topics else {
                continue;
            };
            let mut seen = HashSet::new();
            topics.retain(|topic| {
                let key = TopicKey::read(topic.trim());
                (known.contains_key(&key) || told.contains(&key)) && seen.insert(key)
            });
            topics.truncate(MOST_TOPICS);
        }
        Ok(())
    }
}

fn keys_of(subject: &TopicSubmission) -> Vec<TopicKey> {
    let slug = subject.slug.clone().map(TopicKey::Slug);
    let code = subject.code.clone().map(TopicKey::Code);
    [slug, code].into_iter().flatten().collect()
}

fn outcome(done: &Done) -> Outcome {
    match done {
        Done::Filed(receipt) => receipt.outcome,
        Done::Waits(receipt) => receipt.outcome,
    }
}
