//! The transaction around every change of partners and keys: once for an `Idempotency-Key`, again when another writer got
//! in between, and last the entry in the wire.

use super::Access;
use super::keys::Made;
use super::partners::PartnerReceipt;
use super::rules::{KeyOrder, PartnerOrder, RotationOrder};
use crate::error::{Error, Result};
use crate::news::partner::KeyChange;
use crate::news::viewer::Viewer;
use crate::news::wire::Change;
use crate::news::write::{Expected, Idempotency};
use crate::store::{Claim, RACE, Tx};
use serde::{Deserialize, Serialize};

/// A change that is done whole, in one transaction, or not at all.
#[derive(Clone, Debug)]
pub enum Task {
    PutPartner(PartnerOrder, Option<Expected>),
    /// The same, where there must not be one.
    AddPartner(PartnerOrder),
    DeletePartner(String, Option<Expected>),
    Issue(KeyOrder),
    Rotate(String, RotationOrder),
    Change(String, KeyChange),
    Revoke(String),
    /// A partner's slug, and a channel's.
    Grant(String, String),
    RevokeGrant(String, String),
}

/// What became of it: kept under the `Idempotency-Key`, and never with a secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Filed {
    Partner(PartnerReceipt),
    /// A partner's end, and how many keys he had.
    PartnerDeleted(u64),
    /// The key that was made or changed, and the one that it follows.
    Key {
        id: String,
        follows: Option<String>,
    },
    Revoked,
    /// A channel was granted or taken back.
    Granted,
}

/// What a task has done, whether the wire is to say so, and the secret of a key that was made.
pub struct Done {
    pub filed: Filed,
    pub changed: bool,
    pub made: Option<Made>,
}

impl Done {
    pub fn of(filed: Filed, changed: bool) -> Done {
        Done {
            filed,
            changed,
            made: None,
        }
    }
}

/// Tries again this often when two writers meet at a new name.
const TRIES: usize = 5;

impl Access {
    pub(super) async fn once(&self, by: &Viewer, repeat: Option<&Idempotency>, task: Task) -> Result<Done> {
        self.admit(by)?;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.attempt(by, repeat, &task).await {
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
                } => {
                    let filed = serde_json::from_str(&same.same(&earlier, answer)?);
                    return Ok(Done::of(filed.map_err(Error::internal)?, false));
                }
            }
        }
        let done = match task {
            Task::PutPartner(order, expected) => self.file_partner(&tx, order, expected.as_ref()).await?,
            Task::AddPartner(order) => self.add_partner(&tx, order).await?,
            Task::DeletePartner(slug, expected) => Access::drop_partner(&tx, slug, expected.as_ref()).await?,
            Task::Issue(order) => self.file_key(&tx, order).await?,
            Task::Rotate(id, order) => self.follow_key(&tx, id, *order).await?,
            Task::Change(id, change) => self.alter_key(&tx, id, change).await?,
            Task::Revoke(id) => Access::drop_key(&tx, id).await?,
            Task::Grant(partner, channel) => self.file_grant(&tx, partner, channel).await?,
            Task::RevokeGrant(partner, channel) => self.end_grant(&tx, partner, channel).await?,
        };
        if let Some(Idempotency { key, .. }) = repeat {
            let answer = serde_json::to_string(&done.filed).map_err(Error::internal)?;
            tx.answered(by.owner(), key, &answer).await?;
        }
        self.conclude(tx, done.changed).await?;
        Ok(done)
    }

    async fn conclude(&self, tx: Tx, changed: bool) -> Result<()> {
        let changes: &[Change] = if changed { &[Change::Access] } else { &[] };
        let position = tx.append(changes, self.clock.now()).await?;
        tx.commit().await?;
        if let Some(position) = position {
            self.wire.committed(position).await;
        }
        Ok(())
    }
}
