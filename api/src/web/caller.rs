//! Who asks, as the assembly's layer found out before any handler ran.

use crate::news::PartnerId;
use crate::news::channel::{Holdings, Sight};
use crate::news::tags::Readings;
use crate::news::viewer::{Scope, Sender, Viewer};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use std::convert::Infallible;
use std::sync::Arc;

/// Who asks and when: what a `Scope` is made of.
#[derive(Clone, Debug)]
pub struct Caller {
    pub viewer: Viewer,
    /// From where.
    pub sender: Sender,
    /// What he may see.
    pub sight: Sight,
    pub now: Timestamp,
    /// Where it is noted what this request reads.
    pub readings: Readings,
}

impl Caller {
    pub fn scope(&self) -> Scope {
        Scope {
            viewer: self.viewer.clone(),
            sight: self.sight.clone(),
            now: self.now,
            readings: self.readings.clone(),
        }
    }

    /// Whether the answer was made for everybody.
    pub fn is_public(&self) -> bool {
        self.viewer == Viewer::Public
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, Infallible> {
        // Where the layer is missing, nobody has a key and, since nothing is public in the year 1970, sees nothing.
        let nobody = || Caller {
            viewer: Viewer::Public,
            sender: Sender::default(),
            sight: Sight::Channels(Arc::new(Holdings::of(PartnerId::EVERYBODY, Vec::new()))),
            now: Timestamp::UNIX_EPOCH,
            readings: Readings::unnoted(),
        };
        Ok(parts.extensions.get::<Caller>().cloned().unwrap_or_else(nobody))
    }
}
