//! Merging: one topic takes another one in, with its names, its children and its stories.

use super::repeat::{Idempotency, Task};
use super::topics::merged;
use super::{Desk, Expected, Outcome, Receipt};
use crate::error::{Error, Fault, Result};
use crate::news::submission::MergeSubmission;
use crate::news::topic::{Topic, TopicKey};
use crate::news::viewer::Viewer;
use crate::news::wire::Change;
use crate::store::{DEEPEST, Tx};

/// Which topic is to be merged into which.
#[derive(Clone, Debug)]
pub(super) struct MergeOrder {
    from: String,
    into: TopicKey,
    expected: Option<Expected>,
}

impl Desk {
    /// Merges a topic, named by slug, code or id, into another one. From then on its slug and code are names of that
    /// one, for ever; its stories follow by and by.
    pub async fn merge_topic(
        &self,
        by: &Viewer,
        from: String,
        merge: MergeSubmission,
        expected: Option<Expected>,
        repeat: Option<&Idempotency>,
    ) -> Result<Receipt> {
        Desk::allowed(by)?;
        let into = merge.into.map(|into| into.trim().to_owned()).unwrap_or_default();
        if into.is_empty() {
            return Err(refused(
                "required",
                "is required: the slug of the topic that takes it in",
            ));
        }
        let order = MergeOrder {
            from,
            into: TopicKey::read(&into),
            expected,
        };
        self.once(by, repeat, Task::Merger(order)).await
    }

    pub(super) async fn file_merger(&self, tx: &Tx, order: &MergeOrder) -> Result<(Receipt, Vec<Change>)> {
        tx.lock_topics().await?;
        let key = TopicKey::read(&order.from);
        let found = tx.find_topics(&[key.clone(), order.into.clone()]).await?;
        let from = found.get(&key).ok_or_else(|| Error::not_found("topic"))?;
        let into = found
            .get(&order.into)
            .ok_or_else(|| refused("unknown_topic", "there is no topic with this name"))?;
        let done = Receipt {
            id: into.id.0,
            uri: None,
            slug: into.slug.clone(),
            version: into.version,
            outcome: Outcome::Unchanged,
        };
        if !key.is_own_name_of(from) {
            // It was merged before. Into the same topic is what was wished.
            return if from.id == into.id {
                Ok((done, Vec::new()))
            } else {
                Err(merged(&order.from, from))
            };
        }
        if let Some(expected) = &order.expected {
            expected.check(Some(from.version))?;
        }
        if !order.into.is_own_name_of(into) {
            let message = format!("was merged into `{}` itself; name that one", into.slug);
            return Err(refused("merged", message));
        }
        check_shape(tx, from, into).await?;
        let children = tx.merge_topic(from.id, into.id).await?;
        self.follow(tx, from.id).await?;
        let channels = self.join_topics(tx, from.id, into.id).await?;
        let topics = [from.id, into.id].into_iter().chain(children).map(Change::Topic);
        let changes = topics.chain(channels);
        let receipt = Receipt {
            outcome: Outcome::Updated,
            ..done
        };
        Ok((receipt, changes.collect()))
    }
}

/// What hangs on the one must be able to hang on the other.
async fn check_shape(tx: &Tx, from: &Topic, into: &Topic) -> Result<()> {
    if from.id == into.id {
        return Err(refused("same", "is the topic itself"));
    }
    let above = tx
        .topic_ancestors(&[into.id])
        .await?
        .remove(&into.id)
        .unwrap_or_default();
    if above.contains(&from.id) {
        return Err(refused(
            "ring",
            "stands below the topic that it would take in; move it first",
        ));
    }
    let depth = above.len() + tx.topic_height(from.id).await?;
    if i32::try_from(depth).is_ok_and(|depth| depth < DEEPEST) {
        return Ok(());
    }
    Err(refused(
        "too_deep",
        format!("would make the tree deeper than {DEEPEST} levels"),
    ))
}

fn refused(code: &'static str, message: impl Into<String>) -> Error {
    Error::content(vec![Fault::new("into", code, message)])
}
