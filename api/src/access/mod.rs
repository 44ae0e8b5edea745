//! Access: who may come in. Keys are `dl_<id>_<secret>`; of the secret only its SHA-256 is kept.
//!
//! Cast: one type, `Access`, over the keys in the store and what they have confirmed of the wire.
//! Promises: a key is shown once, when it is made; a wrong secret and an unknown id take the same time and give the same
//! answer; a key that is deleted is refused at the next request on every node.

use crate::clock::Clock;
use crate::error::{Error, Fault, Kind, Result};
use crate::news::viewer::{Key, KeyScope, Viewer};
use crate::news::wire::Position;
use crate::store::{Receipt, Store};
use crate::wire::Wire;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
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
    noted: Arc<Mutex<HashMap<String, Timestamp>>>,
}

/// How exactly it is noted when a key was at the wire.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

const PREFIX: &str = "dl_";

impl Access {
    pub fn new(store: Store, wire: Wire, clock: Clock) -> Access {
        Access {
            store,
            wire,
            clock,
            noted: Arc::default(),
        }
    }

    /// Makes a key. What is returned is all there will ever be of its secret.
    pub async fn issue(&self, name: &str, scope: KeyScope) -> Result<(Key, String)> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            let fault = Fault::new(
                "name",
                "required",
                "must be one line of 1 to 100 characters: who will use the key?",
            );
            return Err(Error::content(vec![fault]));
        }
        let mut random = [0u8; 41];
        getrandom::fill(&mut random).map_err(|e| Error::internal(format!("no randomness: {e}")))?;
        let (id, secret) = random.split_at(9);
        // The id must not hold the underscore that divides it from the secret.
        let id = URL_SAFE_NO_PAD.encode(id).replace(['_', '-'], "x");
        let secret = URL_SAFE_NO_PAD.encode(secret);
        let key = Key {
            id,
            name: name.to_owned(),
            scope,
            created: self.clock.now(),
        };
        let filed = self.store.insert_key(&key, &hash(&secret), self.clock.now()).await?;
        if let Some(position) = filed {
            self.wire.committed(position).await;
        }
        let shown = format!("{PREFIX}{}_{secret}", key.id);
        Ok((key, shown))
    }

    pub async fn list(&self) -> Result<Vec<Key>> {
        self.store.list_keys().await
    }

    pub async fn revoke(&self, id: &str) -> Result<bool> {
        let Some(position) = self.store.delete_key(id, self.clock.now()).await? else {
            return Ok(false);
        };
        self.wire.committed(position).await;
        Ok(true)
    }

    /// Whether this viewer, recognised some time ago, may still come in: what an open stream asks when keys have
    /// changed.
    pub async fn still(&self, viewer: &Viewer) -> Result<bool> {
        match viewer {
            Viewer::Public | Viewer::Operator => Ok(true),
            Viewer::Key(key) => Ok(self.store.find_key(&key.id).await?.is_some()),
        }
    }

    /// Notes that a key was at the wire, once a minute, on the side: nobody waits for it.
    pub fn seen(&self, viewer: &Viewer) {
        let Viewer::Key(key) = viewer else { return };
        let now = self.clock.now();
        {
            let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            let last = noted.get(&key.id);
            if last.is_some_and(|last| now.duration_since(*last) < NOTED_EVERY) {
                return;
            }
            noted.insert(key.id.clone(), now);
        }
        let (store, id) = (self.store.clone(), key.id.clone());
        tokio::spawn(async move {
            if let Err(error) = store.seen(&id, now).await {
                tracing::debug!(error.cause = %error, "could not note that a key was seen");
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

    /// Who sends this key.
    pub async fn recognise(&self, key: &str) -> Result<Viewer> {
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
            Some((key, _)) if same => Ok(Viewer::Key(Arc::new(key))),
            _ => Err(Error::new(
                Kind::Unauthenticated,
                "invalid_key",
                "The key in `Authorization` is not valid.",
            )),
        }
    }
}

fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}
