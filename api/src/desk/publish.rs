//! Publishing: stories go in, one transaction for one story or for a whole batch of an import.

use super::draft::Draft;
use super::repeat::{Idempotency, Task};
use super::sheet::Sheet;
use super::{Desk, Done, Expected, TRIES};
use crate::error::{Error, Result};
use crate::news::viewer::Viewer;
use crate::news::wire::Change;
use crate::store::{RACE, Tx};
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::HashSet;

/// A story to publish, and what must be true of the one it replaces.
#[derive(Clone, Debug)]
pub struct Order {
    pub draft: Draft,
    pub expected: Option<Expected>,
    /// It has waited until then: what it does not say of its own times is said by this, and a name that was taken
    /// meanwhile is no fault of its own.
    pub(super) released: Option<Timestamp>,
}

impl Order {
    pub fn new(draft: Draft, expected: Option<Expected>) -> Order {
        Order {
            draft,
            expected,
            released: None,
        }
    }
}

impl Desk {
    /// Publishes a story, or a new edition of it; under an embargo that is not over it waits.
    pub async fn publish(&self, by: &Viewer, order: Order, repeat: Option<&Idempotency>) -> Result<Done> {
        self.carry_out(by, repeat, Task::Article(Box::new(order))).await
    }

    /// Publishes many stories in one transaction. What is wrong with one does not hinder the others.
    pub async fn publish_all(&self, by: &Viewer, drafts: &[Draft]) -> Result<Vec<Result<Done>>> {
        Desk::allowed(by)?;
        let orders: Vec<Order> = drafts.iter().map(|d| Order::new(d.clone(), None)).collect();
        let mut tries = 0;
        loop {
            tries += 1;
            match Box::pin(self.attempt_all(by, &orders)).await {
                Err(error) if error.code == RACE && tries < TRIES => {}
                done => return done,
            }
        }
    }

    async fn attempt_all(&self, by: &Viewer, orders: &[Order]) -> Result<Vec<Result<Done>>> {
        let tx = self.store.begin().await?;
        let (done, changes) = self.file(&tx, by, orders).await?;
        self.conclude(tx, &changes).await?;
        Ok(done)
    }

    pub(super) async fn file_one(&self, tx: &Tx, by: &Viewer, order: &Order) -> Result<(Done, Vec<Change>)> {
        let (mut done, changes) = self.file(tx, by, std::slice::from_ref(order)).await?;
        let done = done
            .pop()
            .ok_or_else(|| Error::internal("an order without a receipt"))??;
        Ok((done, changes))
    }

    async fn file(&self, tx: &Tx, by: &Viewer, orders: &[Order]) -> Result<(Vec<Result<Done>>, Vec<Change>)> {
        let mut done = Vec::with_capacity(orders.len());
        let mut changes = Vec::new();
        let mut rest = orders;
        while !rest.is_empty() {
            let (wave, later) = rest.split_at(distinct(rest));
            rest = later;
            let uris: Vec<String> = wave.iter().map(|o| o.draft.uri.clone()).collect();
            let waiting = tx.lock_pending(&uris).await?;
            let mut waits = Vec::with_capacity(wave.len());
            for order in wave {
                waits.push(self.waits(tx, order).await?);
            }
            // What waits is not looked up with the others: that would take up topics and sources for it.
            let now = match waits.contains(&true) {
                false => Cow::Borrowed(wave),
                true => {
                    let now = wave.iter().zip(&waits).filter(|(_, waits)| !**waits);
                    Cow::Owned(now.map(|(order, _)| order.clone()).collect())
                }
            };
            let mut sheet = Sheet::gather(self, tx, &now, waiting).await?;
            for (order, waits) in wave.iter().zip(waits) {
                done.push(if waits {
                    let before = sheet.waiting.get(&order.draft.uri);
                    self.put_aside(tx, by, order, before).await?
                } else {
                    sheet.take(order).map(Done::Filed)
                });
            }
            sheet.file(tx).await?;
            changes.append(&mut sheet.changes);
        }
        Ok((done, changes))
    }
}

/// How many orders from the front name different stories: what one look at the house can serve.
fn distinct(orders: &[Order]) -> usize {
    let mut seen = HashSet::new();
    orders.iter().take_while(|o| seen.insert(&o.draft.uri)).count()
}

/// All drafts of a batch, those of earlier editions too.
pub(super) fn drafts(orders: &[Order]) -> Vec<&Draft> {
    let mut drafts = Vec::with_capacity(orders.len());
    for Order { draft, .. } in orders {
        drafts.push(draft);
        if let Some(history) = &draft.history {
            drafts.extend(history.editions.iter().map(|e| &e.draft));
        }
    }
    drafts
}
