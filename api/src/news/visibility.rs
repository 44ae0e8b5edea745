//! The gate: whether this viewer may see this story now. Nothing else in the house decides it.
//!
//! A list cannot ask story by story, so the same rule stands here twice, once for a story in hand and once as the
//! conditions that a walk over an index must keep; the test below holds them together.

use super::story::{PubStatus, Story};
use super::viewer::{Scope, Viewer};
use jiff::Timestamp;

/// In doubt: not visible.
pub fn visible(story: &Story, scope: &Scope) -> bool {
    let terms = terms(scope);
    terms.status == story.pub_status && story.expires.is_none_or(|at| at > terms.expires_after)
}

/// What a walk over an index must keep.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// The only status that stands in lists. Indexes are made for it.
    pub status: PubStatus,
    /// A story that expires must expire after this.
    pub expires_after: Timestamp,
}

pub fn terms(scope: &Scope) -> Terms {
    let Scope { viewer, now } = scope;
    match viewer {
        // Reading is public so far: whoever asks sees the same. A new kind of viewer must be given its terms here.
        Viewer::Public | Viewer::Key(_) | Viewer::Operator => Terms {
            status: PubStatus::Usable,
            expires_after: *now,
        },
    }
}
