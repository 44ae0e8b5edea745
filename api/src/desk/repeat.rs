//! Repeated requests: RFC draft-ietf-httpapi-idempotency-key-header, with the key claimed inside the transaction.

use super::channels::ChannelOrder;
use super::collections::CollectionOrder;
use super::embargo::PendingOrder;
use super::merge::MergeOrder;
use super::publish::Order;
use super::steps::StepOrder;
use super::topics::TopicOrder;
use super::{Desk, Done, Expected, Receipt, TRIES};
use crate::error::{Error, Result};
use crate::news::viewer::Viewer;
pub(super) use crate::news::write::Idempotency;
use crate::store::{Claim, RACE};

/// A change that is done whole, in one transaction, or not at all.
#[derive(Clone, Debug)]
pub(super) enum Task {
    Article(Box<Order>),
    Step(StepOrder),
    Pending(PendingOrder),
    Topic(TopicOrder),
    Merger(MergeOrder),
    Collection(CollectionOrder),
    Channel(ChannelOrder),
    DeleteChannel(String, Option<Expected>),
}

impl Desk {
    /// Carries out a task: once for a key, and again when another writer got in between.
    pub(super) async fn once(&self, by: &Viewer, repeat: Option<&Idempotency>, task: Task) -> Result<Receipt> {
        match self.carry_out(by, repeat, task).await? {
            Done::Filed(receipt) => Ok(receipt),
            Done::Waits(_) => Err(Error::internal("something waits that cannot")),
        }
    }

    /// The same of what may have to wait.
    pub(super) async fn carry_out(&self, by: &Viewer, repeat: Option<&Idempotency>, task: Task) -> Result<Done> {
        Desk::allowed(by)?;
        let mut tries = 0;
        loop {
            tries += 1;
            match Box::pin(self.attempt(by, repeat, &task)).await {
                Err(error) if error.code == RACE && tries < TRIES => {}
                done => return done,
            }
        }
    }

    async fn attempt(&self, by: &Viewer, repeat: Option<&Idempotency>, task: &Task) -> Result<Done> {
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
        let filed = |(receipt, changes)| (Done::Filed(receipt), changes);
        let (done, changes) = match task {
            Task::Article(order) => Box::pin(self.file_one(&tx, by, order)).await?,
            Task::Step(order) => filed(self.file_step(&tx, order).await?),
            Task::Pending(order) => Box::pin(self.file_pending(&tx, order)).await?,
            Task::Topic(order) => filed(self.file_topic(&tx, order).await?),
            Task::Merger(order) => filed(self.file_merger(&tx, order).await?),
            Task::Collection(order) => filed(self.file_collection(&tx, order).await?),
            Task::Channel(order) => filed(self.file_channel(&tx, order).await?),
            Task::DeleteChannel(slug, expected) => filed(self.remove_channel(&tx, slug, expected.as_ref()).await?),
        };
        if let Some(Idempotency { key, .. }) = repeat {
            let answer = serde_json::to_string(&done).map_err(Error::internal)?;
            tx.answered(by.owner(), key, &answer).await?;
        }
        self.conclude(tx, &changes).await?;
        Ok(done)
    }
}
