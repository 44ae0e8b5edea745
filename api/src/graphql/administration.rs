//! Partners and keys: what an administrator's key may see and change.

use super::input::{ChangeKeyInput, IssueKeyInput, PutPartnerInput, RepeatKey, RotateKeyInput};
use super::limits::list_cost;
use super::mutation::{Outcome, expected};
use super::refusal::{UserError, refuse, user_errors};
use super::scalar::{DateTime, Long};
use super::site::KeyScope;
use crate::access::{Access, Issued, Rotated};
use crate::error::{Error, Kind};
use crate::news::write::Idempotency;
use crate::news::{limits, partner, viewer};
use crate::page::MOST;
use crate::web::Caller;
use async_graphql::{Context, ID, Object, Result, SimpleObject};
use std::sync::Arc;

/// The reading half.
pub struct AdministrationQuery;

/// The writing half.
pub struct AdministrationMutation;

/// A partner: who reads by right, with one or several keys.
pub struct Partner(Arc<partner::Partner>);

#[Object]
impl Partner {
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// His name in addresses. It never changes.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether he may read what is still under embargo.
    async fn advance(&self) -> bool {
        self.0.advance
    }

    /// Whether all his keys are refused.
    async fn disabled(&self) -> bool {
        self.0.disabled
    }

    /// Counted from 1.
    async fn version(&self) -> i32 {
        self.0.version
    }

    async fn created(&self) -> DateTime {
        DateTime::new(self.0.created, None)
    }
}

/// A key, without its secret.
pub struct Key(viewer::Key);

#[Object]
impl Key {
    /// The public part: what stands between `dl_` and the second underscore.
    async fn id(&self) -> ID {
        ID(self.0.id.clone())
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn scope(&self) -> KeyScope {
        self.0.scope.into()
    }

    /// Whose it is; null for a key of the house itself.
    async fn partner(&self) -> Option<Partner> {
        self.0.partner.clone().map(Partner)
    }

    async fn created(&self) -> DateTime {
        DateTime::new(self.0.created, None)
    }

    /// From then on it is refused; null when it has no end.
    async fn expires(&self) -> Option<DateTime> {
        self.0.expires.map(|at| DateTime::new(at, None))
    }

    /// The only networks it is taken from; all when it is empty.
    async fn networks(&self) -> Vec<String> {
        self.0.networks.iter().map(ToString::to_string).collect()
    }

    /// The only sites whose pages may send it; empty when it is no browser's key.
    async fn origins(&self) -> &[String] {
        &self.0.origins
    }

    async fn disabled(&self) -> bool {
        self.0.disabled
    }

    /// To the minute; null as long as it was never used.
    async fn last_used(&self) -> Option<DateTime> {
        self.0.last_used.map(|at| DateTime::new(at, None))
    }

    /// What it may ask for.
    async fn limits(&self) -> KeyLimits {
        let limits::KeyLimits {
            per_second,
            burst,
            per_day,
        } = self.0.limits;
        KeyLimits {
            per_second,
            burst,
            per_day: per_day.map(Long),
        }
    }
}

/// A key's own limits; what is null is as the house has it, and 0 is no limit.
#[derive(SimpleObject)]
pub struct KeyLimits {
    /// Units a second in the long run.
    per_second: Option<i64>,
    /// Units at once; 0 is as many as a second gives.
    burst: Option<i64>,
    /// Units from midnight to midnight, UTC.
    per_day: Option<Long>,
}

#[derive(SimpleObject)]
pub struct PutPartnerPayload {
    /// Null when it was refused.
    partner: Option<Partner>,
    outcome: Option<Outcome>,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub struct DeletePartnerPayload {
    /// How many keys went with him; null when it was refused.
    keys: Option<i32>,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject, Default)]
pub struct IssueKeyPayload {
    /// Null when it was refused.
    key: Option<Key>,
    /// The whole key, as it is sent in `Authorization: Bearer`. It is shown once: null where a request is repeated with
    /// its `Idempotency-Key`.
    secret: Option<String>,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject, Default)]
pub struct RotateKeyPayload {
    /// The new key; null when it was refused.
    key: Option<Key>,
    /// The whole new key. It is shown once: null where a request is repeated with its `Idempotency-Key`.
    secret: Option<String>,
    /// The key that it follows, with the end that this has now.
    old: Option<Key>,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub struct ChangeKeyPayload {
    /// Null when it was refused.
    key: Option<Key>,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub struct RevokeKeyPayload {
    /// Whether it is revoked now.
    revoked: bool,
    user_errors: Vec<UserError>,
}

/// Who administers, and under which key of the request.
struct Administrator<'a> {
    access: &'a Access,
    viewer: &'a viewer::Viewer,
    repeat: Option<Idempotency>,
}

fn administrator<'a>(ctx: &Context<'a>) -> Result<Administrator<'a>> {
    let (access, caller) = (ctx.data::<Access>()?, ctx.data::<Caller>()?);
    caller.readings.personal();
    access.admit(&caller.viewer).map_err(|e| refuse(&e))?;
    let path = ctx.path_node.map(|path| path.to_string()).unwrap_or_default();
    Ok(Administrator {
        access,
        viewer: &caller.viewer,
        repeat: ctx.data::<RepeatKey>()?.at(&path),
    })
}

#[Object]
impl AdministrationQuery {
    /// All partners, by slug. Needs a key of scope ADMIN.
    #[graphql(complexity = "list_cost(MOST as usize, child_complexity)")]
    async fn partners(&self, ctx: &Context<'_>) -> Result<Vec<Partner>> {
        let Administrator { access, viewer, .. } = administrator(ctx)?;
        let partners = access.partners(viewer).await.map_err(|e| refuse(&e))?;
        Ok(partners.into_iter().map(|p| Partner(Arc::new(p))).collect())
    }

    /// A partner; null when there is none of this slug. Needs a key of scope ADMIN.
    async fn partner(&self, ctx: &Context<'_>, slug: String) -> Result<Option<Partner>> {
        let Administrator { access, viewer, .. } = administrator(ctx)?;
        found(access.partner(viewer, &slug).await.map(|p| Partner(Arc::new(p))))
    }

    /// All keys, the oldest first, or those of one partner. Needs a key of scope ADMIN.
    #[graphql(complexity = "list_cost(MOST as usize, child_complexity)")]
    async fn keys(&self, ctx: &Context<'_>, partner: Option<String>) -> Result<Vec<Key>> {
        let Administrator { access, viewer, .. } = administrator(ctx)?;
        let keys = access.keys(viewer, partner.as_deref()).await;
        Ok(keys.map_err(|e| refuse(&e))?.into_iter().map(Key).collect())
    }
}

/// What is not there is null.
pub(super) fn found<T>(outcome: crate::error::Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == Kind::NotFound => Ok(None),
        Err(error) => Err(refuse(&error)),
    }
}

#[Object]
impl AdministrationMutation {
    /// Puts a partner in, new or changed. Needs a key of scope ADMIN, as all that follows.
    async fn put_partner(&self, ctx: &Context<'_>, input: PutPartnerInput) -> Result<PutPartnerPayload> {
        let Administrator { access, viewer, repeat } = administrator(ctx)?;
        let expected = expected(input.if_version);
        let filed = async {
            let receipt = access
                .put_partner(viewer, input.submission(), expected, repeat.as_ref())
                .await?;
            Ok::<_, Error>((access.partner(viewer, &receipt.slug).await?, receipt.outcome))
        };
        Ok(match filed.await {
            Ok((partner, outcome)) => PutPartnerPayload {
                partner: Some(Partner(Arc::new(partner))),
                outcome: Some(outcome.into()),
                user_errors: Vec::new(),
            },
            Err(error) => PutPartnerPayload {
                partner: None,
                outcome: None,
                user_errors: user_errors(error)?,
            },
        })
    }

    /// Removes a partner with all his keys.
    async fn delete_partner(
        &self,
        ctx: &Context<'_>,
        slug: String,
        if_version: Option<i32>,
    ) -> Result<DeletePartnerPayload> {
        let Administrator { access, viewer, .. } = administrator(ctx)?;
        let removed = access.delete_partner(viewer, &slug, expected(if_version)).await;
        Ok(match removed {
            Ok(keys) => DeletePartnerPayload {
                keys: Some(i32::try_from(keys).unwrap_or(i32::MAX)),
                user_errors: Vec::new(),
            },
            Err(error) => DeletePartnerPayload {
                keys: None,
                user_errors: user_errors(error)?,
            },
        })
    }

    /// Makes a key. Its secret is shown once.
    async fn issue_key(&self, ctx: &Context<'_>, input: IssueKeyInput) -> Result<IssueKeyPayload> {
        let Administrator { access, viewer, repeat } = administrator(ctx)?;
        Ok(match access.issue(viewer, input.submission(), repeat.as_ref()).await {
            Ok(Issued { key, whole }) => IssueKeyPayload {
                key: Some(Key(key)),
                secret: whole,
                user_errors: Vec::new(),
            },
            Err(error) => IssueKeyPayload {
                user_errors: user_errors(error)?,
                ..IssueKeyPayload::default()
            },
        })
    }

    /// Makes a key that takes another's place. The old one is good for a while longer.
    async fn rotate_key(&self, ctx: &Context<'_>, input: RotateKeyInput) -> Result<RotateKeyPayload> {
        let Administrator { access, viewer, repeat } = administrator(ctx)?;
        let (id, rotation) = input.rotation();
        Ok(match access.rotate(viewer, &id, rotation, repeat.as_ref()).await {
            Ok(Rotated { issued, old }) => RotateKeyPayload {
                key: Some(Key(issued.key)),
                secret: issued.whole,
                old: old.map(Key),
                user_errors: Vec::new(),
            },
            Err(error) => RotateKeyPayload {
                user_errors: user_errors(error)?,
                ..RotateKeyPayload::default()
            },
        })
    }

    /// Disables, enables or renames a key, or changes what it is held to.
    async fn change_key(&self, ctx: &Context<'_>, input: ChangeKeyInput) -> Result<ChangeKeyPayload> {
        let Administrator { access, viewer, .. } = administrator(ctx)?;
        let (id, change) = input.change();
        Ok(match access.change_key(viewer, &id, change).await {
            Ok(key) => ChangeKeyPayload {
                key: Some(Key(key)),
                user_errors: Vec::new(),
            },
            Err(error) => ChangeKeyPayload {
                key: None,
                user_errors: user_errors(error)?,
            },
        })
    }

    /// Deletes a key: it is refused from the next request on.
    async fn revoke_key(&self, ctx: &Context<'_>, id: ID) -> Result<RevokeKeyPayload> {
        let Administrator { access, viewer, .. } = administrator(ctx)?;
        let user_errors = match access.revoke(viewer, &id).await {
            Ok(()) => Vec::new(),
            Err(error) => user_errors(error)?,
        };
        Ok(RevokeKeyPayload {
            revoked: user_errors.is_empty(),
            user_errors,
        })
    }
}
