//! What a viewer may see, found out on the primary: everything where all is public, else his channels and everybody's.

use super::Access;
use crate::error::Result;
use crate::news::PartnerId;
use crate::news::channel::{Holdings, Sight};
use crate::news::tags::Tag;
use crate::news::viewer::Viewer;
use crate::news::wire::Position;
use std::sync::{Arc, Mutex, PoisonError};

/// What somebody may see, looked at again whenever the wire says that rights have changed. Clones are the same.
#[derive(Clone)]
pub struct Gaze {
    access: Access,
    viewer: Viewer,
    seen: Arc<Mutex<Seen>>,
}

/// A sight, and the position that it is of.
pub(super) type Seen = (Position, Sight);

impl Gaze {
    pub async fn of(access: &Access, viewer: Viewer) -> Result<Gaze> {
        let at = access.wire.freshness().now();
        let sight = access.sight(&viewer).await?;
        Ok(Gaze {
            access: access.clone(),
            viewer,
            seen: Arc::new(Mutex::new((at, sight))),
        })
    }

    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// What he may see at this moment, as far as this process has been told.
    pub async fn now(&self) -> Result<Sight> {
        if !self.access.by_right {
            return Ok(Sight::All);
        }
        let freshness = self.access.wire.freshness();
        let at = freshness.now();
        let (since, sight) = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if freshness.holds(&[Tag::Access], since) {
            return Ok(sight);
        }
        let sight = self.access.sight(&self.viewer).await?;
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = (at, sight.clone());
        Ok(sight)
    }
}

impl Access {
    /// What this viewer may see. Asks the primary for whoever has rights of his own; everybody's are remembered until
    /// they change.
    pub async fn sight(&self, viewer: &Viewer) -> Result<Sight> {
        if !self.by_right || viewer.may_publish() {
            return Ok(Sight::All);
        }
        match viewer.partner() {
            Some(partner) => self.sight_of(partner.id).await,
            None => self.everybodys_sight().await,
        }
    }

    /// What a partner may see, whatever the house's way is.
    pub async fn sight_of(&self, partner: PartnerId) -> Result<Sight> {
        let grants = self.store.grants_of(&[partner, PartnerId::EVERYBODY]).await?;
        Ok(Sight::Channels(Arc::new(Holdings::of(partner, grants))))
    }

    async fn everybodys_sight(&self) -> Result<Sight> {
        let freshness = self.wire.freshness();
        let at = freshness.now();
        let known = self.everybodys.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((since, sight)) = known
            && freshness.sound()
            && freshness.holds(&[Tag::Access], since)
        {
            return Ok(sight);
        }
        let sight = self.sight_of(PartnerId::EVERYBODY).await?;
        *self.everybodys.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, sight.clone()));
        Ok(sight)
    }
}
