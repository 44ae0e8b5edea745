//! Grants: which partner may read which channel. A right holds from the moment that it is filed; the stories that it
//! brings or takes are told on his wire by and by (`desk/grants.rs`).

use super::Access;
use super::partners::unknown;
use super::repeat::{Done, Filed, Task};
use crate::error::{Error, Result};
use crate::news::PartnerId;
use crate::news::channel::{Channel, Grant, Sight};
use crate::news::chore::Work;
use crate::news::viewer::Viewer;
use crate::store::Tx;

impl Access {
    /// Gives a partner a channel. Whether he had it not.
    pub async fn grant(&self, by: &Viewer, partner: &str, channel: &str) -> Result<bool> {
        let task = Task::Grant(partner.to_owned(), channel.to_owned());
        Ok(self.once(by, None, task).await?.changed)
    }

    /// Takes a channel from a partner. Whether he had it.
    pub async fn revoke_grant(&self, by: &Viewer, partner: &str, channel: &str) -> Result<bool> {
        let task = Task::RevokeGrant(partner.to_owned(), channel.to_owned());
        Ok(self.once(by, None, task).await?.changed)
    }

    /// The channels that a partner has been given, by slug; those that everybody may read are not among them.
    pub async fn granted(&self, by: &Viewer, partner: &str) -> Result<Vec<Channel>> {
        let partner = self.partner(by, partner).await?;
        let grants = self.store.grants_of(&[partner.id]).await?;
        let has = |channel: &Channel| grants.iter().any(|g| g.channel == channel.id && g.until.is_none());
        let mut channels = self.store.list_channels().await?;
        channels.retain(has);
        Ok(channels)
    }

    /// What a partner may see, and whether his keys are refused.
    pub async fn sight_of_partner(&self, slug: &str) -> Result<(Sight, bool)> {
        let partner = self.store.find_partner(slug).await?.ok_or_else(unknown)?;
        let sight = match self.by_right {
            true => self.sight_of(partner.id).await?,
            false => Sight::All,
        };
        Ok((sight, partner.disabled))
    }

    pub(super) async fn file_grant(&self, tx: &Tx, partner: &str, channel: &str) -> Result<Done> {
        let (partner, channel, open) = found(tx, partner, channel).await?;
        if !open.is_empty() {
            return Ok(Done::of(Filed::Granted, false));
        }
        let grant = Grant {
            id: self.clock.new_id(),
            partner,
            channel: channel.id,
            since: tx.position().await?,
            until: None,
        };
        tx.insert_grant(&grant).await?;
        self.put_work(tx, &Work::Granted { grant: grant.id }).await?;
        Ok(Done::of(Filed::Granted, true))
    }

    pub(super) async fn end_grant(&self, tx: &Tx, partner: &str, channel: &str) -> Result<Done> {
        let (_, _, open) = found(tx, partner, channel).await?;
        let ids: Vec<_> = open.iter().map(|g| g.id).collect();
        tx.end_grants(&ids, tx.position().await?).await?;
        for grant in &ids {
            self.put_work(tx, &Work::Revoked { grant: *grant }).await?;
        }
        Ok(Done::of(Filed::Granted, !ids.is_empty()))
    }

    async fn put_work(&self, tx: &Tx, work: &Work) -> Result<()> {
        tx.put_chore(self.clock.new_id(), work, None, self.clock.now()).await
    }
}

/// The partner, the channel, and what he holds of it.
async fn found(tx: &Tx, partner: &str, channel: &str) -> Result<(PartnerId, Channel, Vec<Grant>)> {
    let partner = tx.lock_partner(partner).await?.ok_or_else(unknown)?.id;
    let channels = tx.lock_channels().await?.into_iter();
    let channel = channels
        .filter(|c| c.definition().is_some())
        .find(|c| c.slug == channel);
    let channel = channel.ok_or_else(|| Error::not_found("channel"))?;
    let mut grants = tx.grants_of(&[partner], Some(channel.id)).await?;
    grants.retain(|grant| grant.until.is_none());
    Ok((partner, channel, grants))
}
