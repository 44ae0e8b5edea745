//! Access: who may come in. Keys are `dl_<id>_<secret>`; of the secret only its SHA-256 is kept.
//!
//! Cast: `Access` over partners and their keys in the store, and what keys have confirmed of the wire; `rules` what may be
//! said of a partner and a key; `partners`, `keys` and `grants` how they are changed, by whatever door; `repeat` the
//! transaction around that; `pass` the right to go on listening; `sight` what may be seen; `kills` who knows of a
//! cancellation; `limits` what each may ask for, `account` one key's means in this process, `audit` who read which story.
//! Promises: a key is shown once, when it is made, and not even to who repeats the request; a wrong secret and an unknown
//! id take the same time and give the same answer, and so does a key that has expired, is disabled or comes from a
//! network or a site that it may not come from: why, only the log says. What is changed holds at the next request on
//! every node, because keys are read from the primary at every request, and ends open streams. Limits hold for all
//! processes together, and a request costs no statement for them.

mod account;
mod audit;
mod grants;
mod keys;
mod kills;
mod limits;
mod partners;
mod pass;
mod repeat;
mod rules;
mod sight;

pub use crate::store::KillReceipt;
pub use account::Standing;
pub use keys::{Issued, Rotated};
pub use limits::{Tab, UseToday, Wait};
pub use partners::PartnerReceipt;
pub use pass::Pass;
pub use sight::Gaze;

use crate::clock::Clock;
use crate::config::{Config, Public};
use crate::error::{Error, Kind, Result};
use crate::news::tags::Tag;
use crate::news::viewer::{Key, Sender, Viewer};
use crate::news::wire::Position;
use crate::store::{Receipt, Store};
use crate::wire::Wire;
use jiff::{SignedDuration, Timestamp};
use limits::Limiter;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use subtle::ConstantTimeEq;

#[derive(Clone)]
pub struct Access {
    store: Store,
    wire: Wire,
    clock: Clock,
    /// When each key was last noted to be at the wire.
    noted: Noted,
    /// Up to where each key is known to have everything.
    told: kills::Told,
    /// When each key was last noted to be used.
    used: Noted,
    /// The sites whose pages may send a key, and the position that this is of.
    sites: Arc<Mutex<Option<Sites>>>,
    limiter: Limiter,
    /// Whether readers see only what they have a right to.
    by_right: bool,
    /// What everybody may see, where that is so.
    everybodys: Arc<Mutex<Option<sight::Seen>>>,
}

/// Browsers' keys, as they were at a position.
type Sites = (Position, Arc<[Key]>);

/// How exactly it is noted when a key was used, and at the wire.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

const PREFIX: &str = "dl_";

impl Access {
    pub fn new(store: Store, wire: Wire, clock: Clock, config: &Config) -> Access {
        let limiter = Limiter::new(store.clone(), clock.clone(), &config.limits, &config.usage);
        Access {
            limiter,
            store,
            wire,
            clock,
            noted: Noted::default(),
            told: kills::Told::default(),
            used: Noted::default(),
            sites: Arc::default(),
            by_right: config.access.public == Public::Channels,
            everybodys: Arc::default(),
        }
    }

    /// Who sends this key from there.
    pub async fn recognise(&self, key: &str, sender: &Sender) -> Result<Viewer> {
        let (id, secret) = key
            .strip_prefix(PREFIX)
            .and_then(|k| k.split_once('_'))
            .unwrap_or(("", ""));
        let found = self.store.find_key(id).await?;
        let expected = found
            .as_ref()
            .map_or_else(|| hash("nobody's"), |(_, secret_hash)| secret_hash.clone());
        let same = bool::from(hash(secret).ct_eq(&expected));
        match found {
            Some((key, _)) if same => self.admitted(key, sender),
            _ => Err(invalid_key()),
        }
    }

    /// The secret is right: whether the rest is too.
    fn admitted(&self, key: Key, sender: &Sender) -> Result<Viewer> {
        let now = self.clock.now();
        if let Some(why) = key.refused(sender, now) {
            let from = sender.address.map(|a| a.to_string()).unwrap_or_default();
            tracing::info!(key.id, client.address = from, refused.why = why, "a key was refused");
            return Err(invalid_key());
        }
        self.note_used(&key, now);
        Ok(Viewer::Key(Arc::new(key)))
    }

    /// Whether this viewer, recognised some time ago, may still come in as what he was.
    async fn still(&self, viewer: &Viewer, sender: &Sender) -> Result<bool> {
        let Viewer::Key(then) = viewer else { return Ok(true) };
        let found = self.store.find_key(&then.id).await?;
        let now = self.clock.now();
        Ok(found.is_some_and(|(key, _)| key.refused(sender, now).is_none() && key.same_rights(then)))
    }

    /// Whether some key may be sent by pages of this site: what a browser asks before it sends one.
    pub async fn is_site(&self, origin: &str) -> Result<bool> {
        let now = self.clock.now();
        let has = |keys: &[Key]| {
            let mut live = keys.iter().filter(|key| key.is_live(now));
            live.any(|key| key.origins.iter().any(|o| o == origin))
        };
        let at = self.wire.freshness().now();
        let known = self.sites.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((since, keys)) = known
            && self.wire.freshness().sound()
            && self.wire.freshness().holds(&[Tag::Access], since)
        {
            return Ok(has(&keys));
        }
        let keys: Arc<[Key]> = self.store.browser_keys().await?.into();
        *self.sites.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, Arc::clone(&keys)));
        Ok(has(&keys))
    }

    /// Notes that a key was at the wire, once a minute, on the side: nobody waits for it.
    pub fn seen(&self, viewer: &Viewer) {
        let Viewer::Key(key) = viewer else { return };
        let now = self.clock.now();
        if !self.noted.is_due(&key.id, None, now) {
            return;
        }
        let (store, id) = (self.store.clone(), key.id.clone());
        tokio::spawn(async move {
            if let Err(error) = store.seen(&id, now).await {
                tracing::debug!(error.cause = %error, "could not note that a key was seen");
            }
        });
    }

    /// The same for its use at all.
    fn note_used(&self, key: &Key, now: Timestamp) {
        if !self.used.is_due(&key.id, key.last_used, now) {
            return;
        }
        let (store, id) = (self.store.clone(), key.id.clone());
        tokio::spawn(async move {
            if let Err(error) = store.used(&id, now).await {
                tracing::debug!(error.cause = %error, "could not note that a key was used");
            }
        });
    }

    /// A key confirms that it has everything up to here. Returns the furthest that it has confirmed.
    pub async fn confirm(&self, key: &Key, position: Position, at: Timestamp) -> Result<Position> {
        self.store.confirm(&key.id, position, at).await
    }

    /// What every key has confirmed.
    pub async fn receipts(&self) -> Result<Vec<Receipt>> {
        self.store.receipts().await
    }

    /// Whether this one may administer at all: asked before anything of the content is looked at.
    pub fn admit(&self, by: &Viewer) -> Result<()> {
        match by {
            by if by.may_administer() => Ok(()),
            Viewer::Public => Err(Error::new(
                Kind::Unauthenticated,
                "key_required",
                "This needs a key: send `Authorization: Bearer <key>`. A publisher issues one with `dateline key issue`.",
            )),
            Viewer::Key(_) | Viewer::Operator => Err(Error::new(
                Kind::Forbidden,
                "scope_required",
                "This needs a key of scope `admin`.",
            )),
        }
    }
}

/// The one answer to every key that is refused.
pub fn invalid_key() -> Error {
    Error::new(
        Kind::Unauthenticated,
        "invalid_key",
        "The key in `Authorization` is not valid.",
    )
}

fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// When something was last noted of each key, to the minute.
#[derive(Clone, Default)]
struct Noted(Arc<Mutex<HashMap<String, Timestamp>>>);

impl Noted {
    /// Whether it is time to note it again; whoever is told so does it. `stored` is what another node has noted.
    fn is_due(&self, id: &str, stored: Option<Timestamp>, now: Timestamp) -> bool {
        let lately = |last: Timestamp| now.duration_since(last) < NOTED_EVERY;
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if stored.is_some_and(lately) || noted.get(id).copied().is_some_and(lately) {
            return false;
        }
        noted.insert(id.to_owned(), now);
        true
    }
}
