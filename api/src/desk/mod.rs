//! The desk writes. It checks what a publisher sends, makes an edition of it, and files that with everything that
//! belongs to it and one wire entry in one transaction.
//!
//! Cast: `rules` all field rules in one place; `draft` a checked submission; `publish` the transaction, `sheet` what is looked up and written in it; `edition` how a
//! draft becomes a story; `steps` what changes a story's state; `embargo` what waits until its time, `times` what happens
//! because its time has come; `reception` does what others' documents say, `intake` with what sources bring;
//! `vocabulary` concepts as topics; `topics`, `collections`, `channels`, `sources` the same for theirs; `merge` how one
//! topic takes another in; `foresight` what a change of channels would move; `repeat` idempotency keys; `chores` what
//! follows from a change for many stories, in chunks, and
//! `feeds`, `channels` and `grants` kinds of them.
//! Promises: all faults are reported at once; the same content again changes nothing; a refused or interrupted request
//! leaves nothing behind; a repeated request with its key has one effect and one answer.

mod channels;
mod chores;
mod collections;
mod draft;
mod edition;
mod embargo;
mod feeds;
mod foresight;
mod grants;
mod intake;
mod merge;
mod publish;
mod reception;
mod repeat;
mod rules;
mod sheet;
mod sources;
mod steps;
mod times;
mod topics;
mod vocabulary;

pub use crate::news::write::{Expected, Idempotency, Outcome};
pub use draft::Draft;
pub use foresight::{Foreseen, Plan};
pub use publish::Order;
pub use reception::{Manner, OLDER, Received};

use crate::clock::Clock;
use crate::error::{Error, Kind, Result};
use crate::news::story::Story;
use crate::news::submission::{Provenance, Submission};
use crate::news::viewer::Viewer;
use crate::news::wire::Change;
use crate::store::{Store, Tx};
use crate::wire::Wire;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::Notify;
use uuid::Uuid;

#[derive(Clone)]
pub struct Desk {
    store: Store,
    wire: Wire,
    clock: Clock,
    /// For stories that say no language.
    home_language: String,
    /// Rung when a chore has been put.
    chores: Arc<Notify>,
    /// Rung when something has been given a time.
    times: Arc<Notify>,
}

/// What became of a request: the answer to it, and to its repetitions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub id: Uuid,
    /// Of stories only.
    pub uri: Option<String>,
    pub slug: String,
    pub version: i32,
    pub outcome: Outcome,
}

impl Receipt {
    fn of(story: &Story, outcome: Outcome) -> Receipt {
        Receipt {
            id: story.id.0,
            uri: Some(story.uri.clone()),
            slug: story.slug.clone(),
            version: story.version.0,
            outcome,
        }
    }
}

/// What became of something that waits under embargo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingReceipt {
    pub uri: String,
    pub embargoed_until: Timestamp,
    pub revision: i32,
    pub outcome: Outcome,
}

/// What became of a publication: it is in the house, or it waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Done {
    Filed(Receipt),
    Waits(PendingReceipt),
}

/// What only an export says of a topic or a collection: it comes back as it was.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    pub id: Uuid,
    pub version: i32,
}

/// Tries again this often when two writers meet at a new name.
const TRIES: usize = 5;

impl Desk {
    pub fn new(store: Store, wire: Wire, clock: Clock, home_language: String) -> Desk {
        Desk {
            store,
            wire,
            clock,
            home_language,
            chores: Arc::default(),
            times: Arc::default(),
        }
    }

    /// Checks a submission by all rules. Pure and slow (HTML is parsed): an import calls it on many threads.
    pub fn draft(&self, submission: Submission) -> Result<Draft> {
        rules::check(submission, &self.home_language, self.clock.now())
    }

    /// Adds the past that an export knows to a draft.
    pub fn with_history(&self, draft: Draft, provenance: Provenance) -> Result<Draft> {
        rules::check_history(draft, provenance, &self.home_language, self.clock.now())
    }

    /// Whether this one may write at all: asked before anything of the content is looked at.
    pub fn admit(&self, by: &Viewer) -> Result<()> {
        Desk::allowed(by)
    }

    /// Ends a transaction: the changes take their positions in the wire, last, and everybody is told.
    async fn conclude(&self, tx: Tx, changes: &[Change]) -> Result<()> {
        self.conclude_at(tx, changes, self.clock.now()).await
    }

    /// The same, at this time.
    async fn conclude_at(&self, tx: Tx, changes: &[Change], at: Timestamp) -> Result<()> {
        let position = tx.append(changes, at).await?;
        let (chores, times) = (tx.has_new_chores(), tx.has_new_times());
        tx.commit().await?;
        if times {
            self.times.notify_one();
        }
        if chores {
            self.chores.notify_one();
        }
        if let Some(position) = position {
            self.wire.committed(position).await;
        }
        Ok(())
    }

    fn allowed(by: &Viewer) -> Result<()> {
        if by.may_publish() {
            return Ok(());
        }
        Err(match by {
            Viewer::Public => Error::new(
                Kind::Unauthenticated,
                "key_required",
                "This needs a key: send `Authorization: Bearer <key>`. A publisher issues one with `dateline key issue`.",
            ),
            Viewer::Key(_) | Viewer::Operator => Error::new(
                Kind::Forbidden,
                "scope_required",
                "This needs a key of scope `publish` or `admin`.",
            ),
        })
    }
}
