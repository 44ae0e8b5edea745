//! The right to go on: what a stream, a socket or a long wait holds, and looks at again.

use super::{Access, Gaze};
use crate::error::Result;
use crate::news::tags::Tag;
use crate::news::viewer::{Sender, Viewer};
use crate::news::wire::Position;

/// The right to listen, for as long as the key is there, is good from where it came, and gives what it gave.
pub struct Pass {
    access: Access,
    viewer: Viewer,
    sender: Sender,
    gaze: Gaze,
    /// The position at which the key was last known to be good.
    checked: Position,
}

impl Pass {
    /// For a viewer who was recognised just now. The key is looked at once more, because it may have been taken away
    /// since; then there is none.
    pub async fn of(access: &Access, viewer: Viewer, sender: Sender) -> Result<Option<Pass>> {
        let checked = access.wire.freshness().now();
        let good = access.still(&viewer, &sender).await?;
        let gaze = Gaze::of(access, viewer.clone()).await?;
        Ok(good.then(|| Pass {
            access: access.clone(),
            viewer,
            sender,
            gaze,
            checked,
        }))
    }

    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// What may be seen with it.
    pub fn gaze(&self) -> &Gaze {
        &self.gaze
    }

    /// Whether it still holds. In doubt: not. As long as no entry of the wire says that keys have changed, nothing is
    /// read.
    pub async fn holds(&mut self) -> bool {
        let Viewer::Key(key) = &self.viewer else { return true };
        if !key.is_live(self.access.clock.now()) {
            return false;
        }
        let freshness = self.access.wire.freshness();
        let now = freshness.now();
        if freshness.holds(&[Tag::Access], self.checked) {
            self.checked = now;
            return true;
        }
        match self.access.still(&self.viewer, &self.sender).await {
            Ok(true) => {
                self.checked = now;
                true
            }
            Ok(false) => false,
            Err(error) => {
                tracing::debug!(error.cause = %error, "a listener's key could not be looked at");
                false
            }
        }
    }
}
