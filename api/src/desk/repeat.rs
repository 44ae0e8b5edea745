//! Repeated requests: RFC draft-ietf-httpapi-idempotency-key-header, with the key claimed inside the transaction.

use super::collections::CollectionOrder;
use super::merge::MergeOrder;
use super::publish::Order;
use super::steps::StepOrder;
use super::topics::TopicOrder;
use super::{Desk, Receipt, TRIES};
use crate::error::{Error, Result};
use crate::news::viewer::Viewer;
pub(super) use crate::news::write::Idempotency;
use crate::store::{Claim, RACE};

/// A change that is done whole, in one transaction, or not at all.
#[derive(Clone, Debug)]
pub(super) enum Task {
    Article(Box<Order>),
    Step(StepOrder),
    Topic(TopicOrder),
    Merger(MergeOrder),
    Collection(CollectionOrder),
}

impl Desk {
    /// Carries out a task: once for a key, and again when another writer got in between.
    pub(super) async fn once(&self, by: &Viewer, repeat: Option<&Idempotency>, task: Task) -> Result<Receipt> {
        Desk::allowed(by)?;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.attempt(by, repeat, &task).await {
                Err(error) if error.code == RACE && tries < TRIES => {}
                done => return done,
            }
        }
    }

    async fn attempt(&self, by: &Viewer, repeat: Option<&Idempotency>, task: &Task) -> Result<Receipt> {
        let tx = self.store.begin().await?;
        if let Some(same @ Idempotency { key, fingerprint }) = repeat {
            match tx.claim(by.owner(), key, fingerprint, self.clock.now()).await? {
                Claim::New => {}
                Claim::Done {
                    fingerprint: earlier,
                    answer,
                } => return serde_json::from_str(&same.same(&earlier, answer)?).map_err(Error::internal),
            }
        }
        let (receipt, changes) = match task {
            Task::Article(order) => self.file_one(&tx, order).await?,
            Task::Step(order) => self.file_step(&tx, order).await?,
            Task::Topic(order) => self.file_topic(&tx, order).await?,
            Task::Merger(order) => self.file_merger(&tx, order).await?,
            Task::Collection(order) => self.file_collection(&tx, order).await?,
        };
        if let Some(Idempotency { key, .. }) = repeat {
            let answer = serde_json::to_string(&receipt).map_err(Error::internal)?;
            tx.answered(by.owner(), key, &answer).await?;
        }
        self.conclude(tx, &changes).await?;
        Ok(receipt)
    }
}
