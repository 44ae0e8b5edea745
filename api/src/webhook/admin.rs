//! Endpoints put in, changed and removed. A partner's own key looks after his own, an administrator's after all; whose it is
//! not, it does not exist for him.

use super::{Webhooks, sign};
use crate::error::{Error, Fault, Kind, Result};
use crate::news::EndpointId;
use crate::news::channel::Sight;
use crate::news::partner::Partner;
use crate::news::viewer::Viewer;
use crate::news::webhook::{
    Attempt, Endpoint, EndpointChange, EndpointState, EndpointSubmission, Progress, Score, Secret, SecretRotation,
};
use crate::news::wire::Position;
use crate::news::write::{Expected, Idempotency};
use crate::store::{Claim, Tx, Whose};
use jiff::SignedDuration;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use uuid::Uuid;

/// Endpoints of one partner.
const MOST: i64 = 50;
/// Changes that may be asked for once more at a time.
const MOST_RESENDS: i64 = 100;
/// How long two secrets sign.
const OVERLAP: i64 = 24 * 3_600;
const OVERLAPS: RangeInclusive<i64> = 0..=30 * 24 * 3_600;
/// Of which time the score is.
const LATELY: SignedDuration = SignedDuration::from_hours(24);

/// An endpoint that was put in.
pub struct Added {
    pub endpoint: Endpoint,
    /// Shown once; none where a request is repeated.
    pub secret: Option<String>,
}

impl Webhooks {
    /// Whose endpoints this one looks after: asked before anything of the content is looked at.
    pub fn admit(&self, by: &Viewer) -> Result<Whose> {
        match by {
            by if by.may_administer() => Ok(Whose::Anybodys),
            Viewer::Public => Err(Error::new(
                Kind::Unauthenticated,
                "key_required",
                "This needs a key: send `Authorization: Bearer <key>`. A publisher issues one with `dateline key issue`.",
            )),
            Viewer::Key(key) => match &key.partner {
                // What stands in a page can be read by whoever looks at it.
                Some(partner) if key.origins.is_empty() => Ok(Whose::Partner(partner.id)),
                Some(_) | None => Err(refused()),
            },
            Viewer::Operator => Err(refused()),
        }
    }

    /// The oldest first, or those of one partner.
    pub async fn list(&self, by: &Viewer, partner: Option<&str>) -> Result<Vec<Endpoint>> {
        let whose = match (self.admit(by)?, partner) {
            (whose, None) => whose,
            (whose, Some(slug)) => match self.partner(whose, slug).await? {
                Some(partner) => Whose::Partner(partner.id),
                None => return Err(Error::not_found("partner")),
            },
        };
        self.0.store.list_endpoints(whose).await
    }

    pub async fn find(&self, by: &Viewer, id: EndpointId) -> Result<Endpoint> {
        let whose = self.admit(by)?;
        self.0.store.find_endpoint(id, whose).await?.ok_or_else(unknown)
    }

    /// How their requests of the last day went.
    pub async fn scores(&self, endpoints: &[Endpoint]) -> Result<HashMap<EndpointId, Score>> {
        let ids: Vec<EndpointId> = endpoints.iter().map(|e| e.id).collect();
        let since = self.0.clock.now().checked_sub(LATELY).unwrap_or_default();
        self.0.store.score_endpoints(&ids, since).await
    }

    /// Puts in a new one, which is told what comes behind `start`.
    pub async fn add(
        &self,
        by: &Viewer,
        sight: &Sight,
        said: EndpointSubmission,
        start: Position,
        repeat: Option<&Idempotency>,
    ) -> Result<Added> {
        let whose = self.admit(by)?;
        let (partner, change) = said.parts();
        let partner = match (whose, partner) {
            (Whose::Anybodys, None) => None,
            (Whose::Anybodys, Some(slug)) => Some(self.partner(whose, &slug).await?.ok_or_else(no_partner)?),
            (Whose::Partner(_), None) => by.partner().cloned(),
            (Whose::Partner(_), Some(slug)) => {
                let own = by.partner().filter(|own| own.slug == slug);
                Some(own.cloned().ok_or_else(no_partner)?)
            }
        };
        let settings = self.order(None, change, sight).await?;
        let secret = sign::secret()?;
        let endpoint = Endpoint {
            id: EndpointId(self.0.clock.new_id()),
            partner,
            settings,
            secrets: vec![secret.clone()],
            version: 1,
            created: self.0.clock.now(),
            turn: 0,
            progress: Progress::from(start),
        };
        let tx = self.0.store.begin().await?;
        if let Some(earlier) = claimed(&tx, by, repeat, &self.0.clock).await? {
            drop(tx);
            let endpoint = self.find(by, earlier).await?;
            return Ok(Added { endpoint, secret: None });
        }
        if let Some(partner) = &endpoint.partner {
            // Locked, so that two at once are counted one after the other, and none is put in for who is removed.
            tx.lock_partner(&partner.slug).await?.ok_or_else(no_partner)?;
            if tx.count_endpoints(partner.id).await? >= MOST {
                let detail = format!("A partner has at most {MOST} endpoints; remove one first.");
                return Err(Error::new(Kind::Conflict, "too_many_endpoints", detail));
            }
        }
        tx.file_endpoint(&endpoint).await?;
        if let Some(Idempotency { key, .. }) = repeat {
            let answer = serde_json::to_string(&endpoint.id).map_err(Error::internal)?;
            tx.answered(by.owner(), key, &answer).await?;
        }
        tx.commit().await?;
        self.0.changed.notify_one();
        let secret = Some(secret.text);
        Ok(Added { endpoint, secret })
    }

    pub async fn change(
        &self,
        by: &Viewer,
        sight: &Sight,
        id: EndpointId,
        said: EndpointChange,
        expected: Option<&Expected>,
    ) -> Result<Endpoint> {
        let old = self.find(by, id).await?;
        let settings = self.order(Some(old.settings), said, sight).await?;
        self.alter(by, id, async |_, endpoint| {
            if let Some(expected) = expected {
                expected.check(Some(endpoint.version))?;
            }
            endpoint.settings = settings;
            Ok(())
        })
        .await
    }

    pub async fn delete(&self, by: &Viewer, id: EndpointId, expected: Option<&Expected>) -> Result<()> {
        let whose = self.admit(by)?;
        let tx = self.0.store.begin().await?;
        let endpoint = tx.lock_endpoint(id, whose).await?.ok_or_else(unknown)?;
        if let Some(expected) = expected {
            expected.check(Some(endpoint.version))?;
        }
        tx.delete_endpoints(&[id]).await?;
        tx.commit().await?;
        self.0.changed.notify_one();
        Ok(())
    }

    /// Gives it a new secret; for a while messages are signed with both.
    pub async fn rotate(&self, by: &Viewer, id: EndpointId, rotation: SecretRotation) -> Result<(Endpoint, String)> {
        let SecretRotation { overlap_seconds } = rotation;
        let overlap = overlap_seconds.unwrap_or(OVERLAP);
        self.admit(by)?;
        if !OVERLAPS.contains(&overlap) {
            let message = format!("must be from 0 to {} (30 days)", OVERLAPS.end());
            return Err(Error::content(vec![Fault::new(
                "overlapSeconds",
                "out_of_range",
                message,
            )]));
        }
        let new = sign::secret()?;
        let now = self.0.clock.now();
        let end = now.checked_add(SignedDuration::from_secs(overlap)).unwrap_or(now);
        let endpoint = self
            .alter(by, id, async |_, endpoint| {
                endpoint
                    .secrets
                    .retain(|secret| secret.until.is_none_or(|until| until > now));
                for old in &mut endpoint.secrets {
                    old.until = Some(old.until.map_or(end, |until| until.min(end)));
                }
                let new: Secret = new.clone();
                endpoint.secrets.insert(0, new);
                Ok(())
            })
            .await?;
        Ok((endpoint, new.text))
    }

    /// Sends it nothing; where it was is kept.
    pub async fn pause(&self, by: &Viewer, id: EndpointId) -> Result<Endpoint> {
        self.alter(by, id, async |_, endpoint| {
            endpoint.turn = endpoint.turn.saturating_add(1);
            endpoint.progress.state = EndpointState::Paused;
            endpoint.progress.due = None;
            endpoint.progress.notice = None;
            Ok(())
        })
        .await
    }

    /// Goes on where it was, at once.
    pub async fn resume(&self, by: &Viewer, id: EndpointId) -> Result<Endpoint> {
        self.alter(by, id, async |_, endpoint| {
            endpoint.turn = endpoint.turn.saturating_add(1);
            endpoint.progress.resume();
            Ok(())
        })
        .await
    }

    /// Tells it everything behind there, again or at last.
    pub async fn rewind(&self, by: &Viewer, id: EndpointId, to: Position) -> Result<Endpoint> {
        self.alter(by, id, async |_, endpoint| {
            endpoint.turn = endpoint.turn.saturating_add(1);
            endpoint.progress.pass(to);
            endpoint.progress.ahead.clear();
            endpoint.progress.waiting = None;
            Ok(())
        })
        .await
    }

    /// Sends it one change once more.
    pub async fn resend(&self, by: &Viewer, id: EndpointId, position: Position) -> Result<Endpoint> {
        self.alter(by, id, async |tx, endpoint| {
            if endpoint.progress.state != EndpointState::Active {
                let detail = "Nothing is sent to this endpoint at the moment; resume it first.";
                return Err(Error::new(Kind::Conflict, "not_active", detail));
            }
            match tx.ask_resend(self.0.clock.new_id(), id, position, MOST_RESENDS).await? {
                true => Ok(()),
                false => {
                    let detail = format!("{MOST_RESENDS} are asked for already; give a cursor for more (`after`).");
                    Err(Error::new(Kind::Conflict, "too_many_resends", detail))
                }
            }
        })
        .await
    }

    /// The newest requests first, from before one of them on.
    pub async fn attempts(&self, by: &Viewer, id: EndpointId, before: Option<Uuid>, most: u32) -> Result<Vec<Attempt>> {
        self.find(by, id).await?;
        self.0.store.list_attempts(id, before, most).await
    }

    /// Changes what is said of one; whoever serves it looks at it again.
    async fn alter(
        &self,
        by: &Viewer,
        id: EndpointId,
        how: impl AsyncFnOnce(&Tx, &mut Endpoint) -> Result<()>,
    ) -> Result<Endpoint> {
        let whose = self.admit(by)?;
        let tx = self.0.store.begin().await?;
        let mut endpoint = tx.lock_endpoint(id, whose).await?.ok_or_else(unknown)?;
        how(&tx, &mut endpoint).await?;
        endpoint.version = endpoint.version.saturating_add(1);
        tx.file_endpoint(&endpoint).await?;
        tx.commit().await?;
        self.0.changed.notify_one();
        Ok(endpoint)
    }

    /// A partner by his slug, as far as he is somebody to this one.
    async fn partner(&self, whose: Whose, slug: &str) -> Result<Option<Arc<Partner>>> {
        let found = self.0.store.find_partner(slug).await?;
        let meant = found.filter(|partner| match whose {
            Whose::Anybodys => true,
            Whose::Partner(own) => own == partner.id,
        });
        Ok(meant.map(Arc::new))
    }
}

/// What a request with this key has made before.
async fn claimed(
    tx: &Tx,
    by: &Viewer,
    repeat: Option<&Idempotency>,
    clock: &crate::clock::Clock,
) -> Result<Option<EndpointId>> {
    let Some(same @ Idempotency { key, fingerprint }) = repeat else {
        return Ok(None);
    };
    match tx.claim(by.owner(), key, fingerprint, clock.now()).await? {
        Claim::New => Ok(None),
        Claim::Done {
            fingerprint: earlier,
            answer,
        } => serde_json::from_str(&same.same(&earlier, answer)?).map_err(Error::internal),
    }
}

fn unknown() -> Error {
    Error::not_found("webhook")
}

fn no_partner() -> Error {
    let fault = Fault::new("partner", "unknown_partner", "is no partner's slug");
    Error::content(vec![fault])
}

fn refused() -> Error {
    Error::new(
        Kind::Forbidden,
        "scope_required",
        "This needs a partner's own key that is no browser's, or a key of scope `admin`.",
    )
}
