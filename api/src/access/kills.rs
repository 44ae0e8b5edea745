//! Cancellations and those who must hear of them: who has been told, who has confirmed, who still has to.

use super::Access;
use crate::error::{Error, Result};
use crate::news::story::ArticleKey;
use crate::news::tags::Tag;
use crate::news::viewer::{Key, Viewer};
use crate::news::wire::Position;
use crate::news::{ArticleId, PartnerId};
use crate::store::{Concerned, KillReceipt};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Up to where this process knows each key to be.
#[derive(Clone, Default)]
pub(super) struct Told(Arc<Mutex<HashMap<String, Position>>>);

/// A cancellation, and how far everybody is with it.
pub struct Kill {
    pub article: ArticleId,
    pub at: Timestamp,
    pub receipts: Vec<KillReceipt>,
}

impl Access {
    /// Everything up to here has reached this viewer: he came back with a cursor behind it, or has taken what followed it.
    /// It is filed on the side, and only when there was something to cancel in what he has taken: most polls write nothing.
    pub fn told(&self, viewer: &Viewer, position: Position) {
        let Viewer::Key(key) = viewer else { return };
        {
            let mut told = self.told.0.lock().unwrap_or_else(PoisonError::into_inner);
            let before = told.insert(key.id.clone(), position);
            if before.is_some_and(|before| before >= position || self.wire.freshness().holds(&[Tag::Kills], before)) {
                return;
            }
        }
        let (store, id, now) = (self.store.clone(), key.id.clone(), self.clock.now());
        tokio::spawn(async move {
            if let Err(error) = store.told(&id, position, now).await {
                tracing::warn!(error.cause = %error, "could not note up to where a key was told");
            }
        });
    }

    /// A key confirms cancellations by name.
    pub async fn confirm_kills(&self, key: &Key, articles: &[ArticleId], at: Timestamp) -> Result<()> {
        self.store.confirm_kills(&key.id, articles, at).await
    }

    /// How far everybody is with the cancellation of this story.
    pub async fn kill(&self, key: &ArticleKey) -> Result<Kill> {
        let found = self.store.find_articles(std::slice::from_ref(key)).await?;
        let article = found.get(key).map(|l| l.id).ok_or_else(|| Error::not_found("story"))?;
        let Some((position, at)) = self.store.kill(article).await? else {
            return Err(Error::new(
                crate::error::Kind::NotFound,
                "not_canceled",
                "The story is not canceled: there is nothing to confirm.",
            ));
        };
        let mut all = self.store.kill_receipts(article, position).await?;
        all.extend(self.store.webhook_receipts(article).await?);
        let receipts = self.concerned(article, position, all).await?;
        Ok(Kill { article, at, receipts })
    }

    /// Where reading is by right: those who had the story in a channel when it was canceled, who were ever shown it, or
    /// who say that they know of it.
    async fn concerned(&self, story: ArticleId, at: Position, all: Vec<Concerned>) -> Result<Vec<KillReceipt>> {
        if !self.by_right {
            return Ok(all.into_iter().map(|one| one.receipt).collect());
        }
        let channels = self.store.channels_with(story).await?;
        let mut partners: Vec<PartnerId> = all.iter().filter_map(|one| one.partner).collect();
        partners.push(PartnerId::EVERYBODY);
        partners.sort();
        partners.dedup();
        let grants = self.store.grants_of(&partners).await?;
        let had: HashSet<PartnerId> = grants
            .iter()
            .filter(|grant| channels.contains(&grant.channel) && grant.held_at(at))
            .map(|grant| grant.partner)
            .collect();
        let everybody = had.contains(&PartnerId::EVERYBODY);
        let concerns = |one: &Concerned| {
            let had = everybody || one.partner.is_some_and(|partner| had.contains(&partner));
            had || one.knows
        };
        Ok(all.into_iter().filter(concerns).map(|one| one.receipt).collect())
    }
}
