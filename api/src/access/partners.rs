//! Partners: put in, changed, removed with their keys.

use super::Access;
use super::repeat::{Done, Filed, Task};
use super::rules::{self, PartnerOrder};
use crate::error::{Error, Kind, Result};
use crate::news::PartnerId;
use crate::news::partner::{Partner, PartnerSubmission};
use crate::news::viewer::Viewer;
use crate::news::write::{Expected, Idempotency, Outcome};
use crate::store::Tx;
use serde::{Deserialize, Serialize};

/// What became of a partner: the answer to the request, and to its repetitions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerReceipt {
    pub id: PartnerId,
    pub slug: String,
    pub version: i32,
    pub outcome: Outcome,
}

impl Access {
    /// All partners, by slug.
    pub async fn partners(&self, by: &Viewer) -> Result<Vec<Partner>> {
        self.admit(by)?;
        self.store.list_partners().await
    }

    pub async fn partner(&self, by: &Viewer, slug: &str) -> Result<Partner> {
        self.admit(by)?;
        self.store.find_partner(slug).await?.ok_or_else(unknown)
    }

    /// Puts a partner in, new or changed. The same again changes nothing.
    pub async fn put_partner(
        &self,
        by: &Viewer,
        partner: PartnerSubmission,
        expected: Option<Expected>,
        repeat: Option<&Idempotency>,
    ) -> Result<PartnerReceipt> {
        self.admit(by)?;
        let task = Task::PutPartner(rules::partner(partner)?, expected);
        receipt(self.once(by, repeat, task).await?)
    }

    /// Puts in a partner that must not be there yet.
    pub async fn new_partner(
        &self,
        by: &Viewer,
        partner: PartnerSubmission,
        repeat: Option<&Idempotency>,
    ) -> Result<PartnerReceipt> {
        self.admit(by)?;
        let task = Task::AddPartner(rules::partner(partner)?);
        receipt(self.once(by, repeat, task).await?)
    }

    /// Removes a partner with all his keys. Returns how many these were.
    pub async fn delete_partner(&self, by: &Viewer, slug: &str, expected: Option<Expected>) -> Result<u64> {
        match self
            .once(by, None, Task::DeletePartner(slug.to_owned(), expected))
            .await?
            .filed
        {
            Filed::PartnerDeleted(keys) => Ok(keys),
            Filed::Partner(_) | Filed::Key { .. } | Filed::Revoked | Filed::Granted => {
                Err(Error::internal("a partner was not removed"))
            }
        }
    }

    pub(super) async fn file_partner(
        &self,
        tx: &Tx,
        order: &PartnerOrder,
        expected: Option<&Expected>,
    ) -> Result<Done> {
        let old = tx.lock_partner(&order.slug).await?;
        if let Some(expected) = expected {
            expected.check(old.as_ref().map(|p| p.version))?;
        }
        self.file(tx, order, old).await
    }

    pub(super) async fn add_partner(&self, tx: &Tx, order: &PartnerOrder) -> Result<Done> {
        if tx.lock_partner(&order.slug).await?.is_some() {
            let detail = "There is a partner of this slug already; change him with PUT /v1/partners/{slug}.";
            return Err(Error::new(Kind::Conflict, "partner_exists", detail));
        }
        self.file(tx, order, None).await
    }

    async fn file(&self, tx: &Tx, order: &PartnerOrder, old: Option<Partner>) -> Result<Done> {
        let PartnerOrder {
            slug,
            name,
            advance,
            disabled,
        } = order;
        let (id, version, created) = match &old {
            Some(old) => (old.id, old.version, old.created),
            None => (PartnerId(self.clock.new_id()), 0, self.clock.now()),
        };
        let mut partner = Partner {
            id,
            slug: slug.clone(),
            name: name.clone(),
            advance: *advance,
            disabled: *disabled,
            version,
            created,
        };
        let outcome = match &old {
            Some(old) if *old == partner => Outcome::Unchanged,
            Some(_) => Outcome::Updated,
            None => Outcome::Created,
        };
        if outcome != Outcome::Unchanged {
            partner.version = version.saturating_add(1);
            tx.file_partner(&partner).await?;
        }
        let receipt = PartnerReceipt {
            id,
            slug: partner.slug,
            version: partner.version,
            outcome,
        };
        Ok(Done::of(Filed::Partner(receipt), outcome != Outcome::Unchanged))
    }

    pub(super) async fn drop_partner(tx: &Tx, slug: &str, expected: Option<&Expected>) -> Result<Done> {
        let partner = tx.lock_partner(slug).await?.ok_or_else(unknown)?;
        if let Some(expected) = expected {
            expected.check(Some(partner.version))?;
        }
        let keys = tx.delete_partner(partner.id).await?;
        Ok(Done::of(Filed::PartnerDeleted(keys), true))
    }
}

fn receipt(done: Done) -> Result<PartnerReceipt> {
    match done.filed {
        Filed::Partner(receipt) => Ok(receipt),
        Filed::PartnerDeleted(_) | Filed::Key { .. } | Filed::Revoked | Filed::Granted => {
            Err(Error::internal("a partner was not filed"))
        }
    }
}

pub(super) fn unknown() -> Error {
    Error::not_found("partner")
}
