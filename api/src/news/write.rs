//! What every write has in common: its precondition, its repetition, and what became of it.

use super::Version;
use crate::error::{Error, Kind, Result};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Created,
    Updated,
    Unchanged,
    Corrected,
    Withheld,
    Restored,
    Canceled,
    Renamed,
    /// It waits until its embargo is over.
    Embargoed,
    /// It waits until another moment.
    Rescheduled,
    /// It waits no more, and is not published.
    Dropped,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Created => "created",
            Outcome::Updated => "updated",
            Outcome::Unchanged => "unchanged",
            Outcome::Corrected => "corrected",
            Outcome::Withheld => "withheld",
            Outcome::Restored => "restored",
            Outcome::Canceled => "canceled",
            Outcome::Renamed => "renamed",
            Outcome::Embargoed => "embargoed",
            Outcome::Rescheduled => "rescheduled",
            Outcome::Dropped => "dropped",
        }
    }
}

/// The versions that `If-Match` allows; `None` inside stands for `*`, any version that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    AnyVersion,
    OneOf(Vec<Version>),
    /// One of these revisions of what waits under embargo, or one of these versions.
    Waiting {
        revisions: Vec<i32>,
        versions: Vec<Version>,
    },
    /// `If-None-Match: *`: it must not exist yet.
    Nothing,
}

impl Expected {
    /// Refuses when somebody was faster.
    pub fn check(&self, current: Option<i32>) -> Result<()> {
        self.check_both(current, None)
    }

    /// The same where something may wait under embargo: by the version that is public and the revision that waits.
    pub fn check_both(&self, current: Option<i32>, waiting: Option<i32>) -> Result<()> {
        let public = |versions: &[Version]| current.is_some_and(|c| versions.contains(&Version(c)));
        let met = match self {
            Expected::AnyVersion => current.is_some() || waiting.is_some(),
            Expected::OneOf(versions) => public(versions),
            Expected::Waiting { revisions, versions } => {
                public(versions) || waiting.is_some_and(|w| revisions.contains(&w))
            }
            Expected::Nothing => current.is_none() && waiting.is_none(),
        };
        if met {
            return Ok(());
        }
        let now = match (current, waiting) {
            (_, Some(revision)) => format!("what waits is at revision {revision} now; read it again and decide"),
            (Some(version), None) => format!("it is at version {version} now; read it again and decide"),
            (None, None) => "it does not exist yet; send the request without `If-Match`".to_owned(),
        };
        Err(Error::new(
            Kind::Stale,
            "stale_version",
            format!("Somebody was faster: {now}."),
        ))
    }
}

/// A key that the client chose for a request, and what makes that request the same one.
#[derive(Clone, Debug)]
pub struct Idempotency {
    pub key: String,
    /// SHA-256 of method, path and body.
    pub fingerprint: Vec<u8>,
}

impl Idempotency {
    /// The answer of an earlier request, if it was the same one.
    pub fn same(&self, earlier: &[u8], answer: String) -> Result<String> {
        if self.fingerprint == earlier {
            return Ok(answer);
        }
        Err(Error::new(
            Kind::Content,
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request; use a new one.",
        ))
    }
}
