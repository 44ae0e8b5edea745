//! Keys: issued, followed by others, changed, revoked.

use super::repeat::{Done, Filed, Task};
use super::rules::{self, ChangeOrder, KeyOrder, RotationOrder};
use super::{Access, PREFIX, hash};
use crate::error::{Error, Fault, Kind, Result};
use crate::news::partner::{KeyChange, KeySubmission, Partner, Rotation};
use crate::news::viewer::{Key, Viewer};
use crate::news::write::Idempotency;
use crate::store::Tx;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::sync::Arc;

/// Keys of one name that are good at once: the one in use, and the one that follows it.
const LIVE_OF_A_NAME: usize = 2;

/// Keys of one partner that are good at once.
const LIVE_OF_A_PARTNER: usize = 50;

/// A key that was made, with all there will ever be of its secret.
pub struct Made {
    key: Key,
    whole: String,
}

/// A key as it was issued.
pub struct Issued {
    pub key: Key,
    /// The whole key. None where the request was repeated: it was shown once.
    pub whole: Option<String>,
}

/// A key that follows another.
pub struct Rotated {
    pub issued: Issued,
    /// The key that it follows, with its end; none where that is revoked already.
    pub old: Option<Key>,
}

impl Access {
    /// All keys, the oldest first, or those of one partner.
    pub async fn keys(&self, by: &Viewer, partner: Option<&str>) -> Result<Vec<Key>> {
        self.admit(by)?;
        let of = match partner {
            Some(slug) => Some(self.partner(by, slug).await?.id),
            None => None,
        };
        self.store.list_keys(of).await
    }

    pub async fn key(&self, by: &Viewer, id: &str) -> Result<Key> {
        self.admit(by)?;
        Ok(self.store.find_key(id).await?.ok_or_else(unknown)?.0)
    }

    /// Makes a key.
    pub async fn issue(&self, by: &Viewer, key: KeySubmission, repeat: Option<&Idempotency>) -> Result<Issued> {
        self.admit(by)?;
        let order = rules::key(key, self.clock.now())?;
        let done = self.once(by, repeat, Task::Issue(order)).await?;
        Ok(self.issued(by, done).await?.issued)
    }

    /// Makes a key that takes another's place. The old one is good for a while longer.
    pub async fn rotate(
        &self,
        by: &Viewer,
        id: &str,
        rotation: Rotation,
        repeat: Option<&Idempotency>,
    ) -> Result<Rotated> {
        self.admit(by)?;
        let order = rules::rotation(rotation, self.clock.now())?;
        let done = self.once(by, repeat, Task::Rotate(id.to_owned(), order)).await?;
        self.issued(by, done).await
    }

    /// Changes a key. What it is good for stays: its scope and its partner.
    pub async fn change_key(&self, by: &Viewer, id: &str, change: KeyChange) -> Result<Key> {
        self.once(by, None, Task::Change(id.to_owned(), change)).await?;
        self.key(by, id).await
    }

    /// Deletes a key.
    pub async fn revoke(&self, by: &Viewer, id: &str) -> Result<()> {
        self.once(by, None, Task::Revoke(id.to_owned())).await?;
        Ok(())
    }

    /// What is told of a key that was made, now or by the request that this one repeats.
    async fn issued(&self, by: &Viewer, done: Done) -> Result<Rotated> {
        let Filed::Key { id, follows } = done.filed else {
            return Err(Error::internal("no key was made"));
        };
        let old = match &follows {
            Some(old) => self.store.find_key(old).await?.map(|(key, _)| key),
            None => None,
        };
        let issued = match done.made {
            Some(Made { key, whole }) => Issued {
                key,
                whole: Some(whole),
            },
            None => Issued {
                key: self.key(by, &id).await?,
                whole: None,
            },
        };
        Ok(Rotated { issued, old })
    }

    pub(super) async fn file_key(&self, tx: &Tx, order: &KeyOrder) -> Result<Done> {
        let partner = match &order.partner {
            None => None,
            Some(slug) => Some(known(tx, slug).await?),
        };
        if let Some(partner) = &partner {
            let keys = tx.list_keys(Some(partner.id)).await?;
            self.has_room(&keys, &order.name)?;
        }
        self.make(tx, order, partner.map(Arc::new), None).await
    }

    pub(super) async fn follow_key(&self, tx: &Tx, id: &str, order: RotationOrder) -> Result<Done> {
        let now = self.clock.now();
        // His partner first, as wherever both are locked.
        let found = tx.find_key(id).await?.ok_or_else(unknown)?;
        if let Some(partner) = &found.partner {
            tx.lock_partner(&partner.slug).await?;
        }
        let mut old = tx.lock_key(id).await?.ok_or_else(unknown)?;
        if !old.is_live(now) {
            let detail = "This key is not good any more (it has expired, or it or its partner is disabled): nothing needs \
                          to follow it. Issue a new key.";
            return Err(Error::new(Kind::Conflict, "key_not_live", detail));
        }
        let keys = tx.list_keys(old.partner.as_ref().map(|p| p.id)).await?;
        let beside: Vec<Key> = keys.into_iter().filter(|key| key.partner == old.partner).collect();
        self.has_room(&beside, &old.name)?;
        let lives = |end| now.checked_add(old.created.duration_until(end)).unwrap_or(end);
        let following = KeyOrder {
            name: old.name.clone(),
            scope: old.scope,
            partner: None,
            expires: order.expires.or(old.expires.map(lives)),
            networks: old.networks.clone(),
            origins: old.origins.clone(),
            limits: old.limits,
        };
        let ends = now.checked_add(order.overlap).map_err(Error::internal)?;
        old.expires = Some(old.expires.map_or(ends, |earlier| earlier.min(ends)));
        tx.replace_key(&old).await?;
        self.make(tx, &following, old.partner.clone(), Some(old.id)).await
    }

    async fn make(
        &self,
        tx: &Tx,
        order: &KeyOrder,
        partner: Option<Arc<Partner>>,
        follows: Option<String>,
    ) -> Result<Done> {
        let KeyOrder {
            name,
            scope,
            partner: _,
            expires,
            networks,
            origins,
            limits,
        } = order.clone();
        let (id, secret) = random()?;
        let key = Key {
            partner,
            expires,
            networks,
            origins,
            limits,
            ..Key::plain(id.clone(), name, scope, self.clock.now())
        };
        tx.insert_key(&key, &hash(&secret), follows.as_deref()).await?;
        let whole = format!("{PREFIX}{id}_{secret}");
        Ok(Done {
            filed: Filed::Key { id, follows },
            changed: true,
            made: Some(Made { key, whole }),
        })
    }

    pub(super) async fn alter_key(&self, tx: &Tx, id: &str, change: &KeyChange) -> Result<Done> {
        let old = tx.lock_key(id).await?.ok_or_else(unknown)?;
        let ChangeOrder {
            name,
            disabled,
            expires,
            networks,
            origins,
            limits,
        } = rules::change(change.clone(), old.scope, self.clock.now())?;
        let key = Key {
            name: name.unwrap_or_else(|| old.name.clone()),
            disabled: disabled.unwrap_or(old.disabled),
            expires: expires.unwrap_or(old.expires),
            networks: networks.unwrap_or_else(|| old.networks.clone()),
            origins: origins.unwrap_or_else(|| old.origins.clone()),
            limits: limits.unwrap_or(old.limits),
            ..old.clone()
        };
        let changed = key != old;
        if changed {
            tx.replace_key(&key).await?;
        }
        let filed = Filed::Key {
            id: key.id,
            follows: None,
        };
        Ok(Done::of(filed, changed))
    }

    pub(super) async fn drop_key(tx: &Tx, id: &str) -> Result<Done> {
        if !tx.delete_key(id).await? {
            return Err(unknown());
        }
        Ok(Done::of(Filed::Revoked, true))
    }

    /// Whether one more key of this name may be made beside these.
    fn has_room(&self, keys: &[Key], name: &str) -> Result<()> {
        let now = self.clock.now();
        let live: Vec<&Key> = keys.iter().filter(|key| key.is_live(now)).collect();
        let namesakes: Vec<&str> = live.iter().filter(|k| k.name == name).map(|k| k.id.as_str()).collect();
        let detail = if namesakes.len() >= LIVE_OF_A_NAME {
            format!(
                "There are {} live keys of this name already ({}): revoke one that is not used any more, or give the new \
                 one another name.",
                namesakes.len(),
                namesakes.join(", ")
            )
        } else if live.iter().filter(|key| key.partner.is_some()).count() >= LIVE_OF_A_PARTNER {
            format!("This partner has {LIVE_OF_A_PARTNER} live keys, which is the most: revoke one first.")
        } else {
            return Ok(());
        };
        Err(Error::new(Kind::Conflict, "too_many_keys", detail))
    }
}

async fn known(tx: &Tx, slug: &str) -> Result<Partner> {
    tx.lock_partner(slug).await?.ok_or_else(|| {
        let fault = Fault::new("partner", "unknown_partner", "there is no partner of this slug");
        Error::content(vec![fault])
    })
}

/// Id and secret of a new key.
fn random() -> Result<(String, String)> {
    let mut random = [0u8; 41];
    getrandom::fill(&mut random).map_err(|e| Error::internal(format!("no randomness: {e}")))?;
    let (id, secret) = random.split_at(9);
    // The id must not hold the underscore that divides it from the secret.
    let id = URL_SAFE_NO_PAD.encode(id).replace(['_', '-'], "x");
    Ok((id, URL_SAFE_NO_PAD.encode(secret)))
}

fn unknown() -> Error {
    Error::not_found("key")
}
