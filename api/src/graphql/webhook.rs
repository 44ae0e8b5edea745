//! Webhooks: what a partner's own key, and an administrator's, may see and change; the same as by REST.

mod input;
mod view;

use super::administration::found;
use super::input::RepeatKey;
use super::limits::list_cost;
use super::mutation::expected;
use super::refusal::{UserError, refuse, user_errors};
use crate::error::{Error, Result as HouseResult};
use crate::news::EndpointId;
use crate::news::viewer::Viewer;
use crate::news::webhook::{Endpoint, SecretRotation};
use crate::page::MOST;
use crate::web::Caller;
use crate::webhook::{Added, Webhooks};
use crate::wire::Wire;
use async_graphql::{Context, ID, Object, Result, SimpleObject};
use input::{AddWebhookInput, ChangeWebhookInput};
use uuid::Uuid;
use view::{Webhook, WebhookAttempt};

/// The reading half.
pub struct WebhookQuery;

/// The writing half.
pub struct WebhookMutation;

#[derive(SimpleObject, Default)]
pub struct WebhookPayload {
    /// Null when it was refused.
    webhook: Option<Webhook>,
    /// What messages are signed with, where it is new. It is shown once.
    secret: Option<String>,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject, Default)]
pub struct DeleteWebhookPayload {
    /// Whether it is gone now.
    deleted: bool,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject, Default)]
pub struct TestWebhookPayload {
    /// What became of it; null when it was refused.
    attempt: Option<WebhookAttempt>,
    user_errors: Vec<UserError>,
}

/// Who looks after webhooks, and what with.
struct Manager<'a> {
    webhooks: &'a Webhooks,
    wire: &'a Wire,
    caller: &'a Caller,
    by: &'a Viewer,
}

fn manager<'a>(ctx: &Context<'a>) -> Result<Manager<'a>> {
    let (webhooks, caller) = (ctx.data::<Webhooks>()?, ctx.data::<Caller>()?);
    caller.readings.personal();
    webhooks.admit(&caller.viewer).map_err(|e| refuse(&e))?;
    Ok(Manager {
        webhooks,
        wire: ctx.data::<Wire>()?,
        caller,
        by: &caller.viewer,
    })
}

fn known(id: &ID) -> HouseResult<EndpointId> {
    let id = id.parse::<Uuid>().map(EndpointId);
    id.map_err(|_| Error::not_found("webhook"))
}

/// What became of it, and a secret that is new.
async fn told(
    webhooks: &Webhooks,
    done: impl Future<Output = HouseResult<(Endpoint, Option<String>)>>,
) -> Result<WebhookPayload> {
    let seen = async {
        let (endpoint, secret) = done.await?;
        Ok((Webhook::all(webhooks, vec![endpoint]).await?.pop(), secret))
    };
    Ok(match seen.await {
        Ok((webhook, secret)) => WebhookPayload {
            webhook,
            secret,
            user_errors: Vec::new(),
        },
        Err(error) => WebhookPayload {
            user_errors: user_errors(error)?,
            ..WebhookPayload::default()
        },
    })
}

#[Object]
impl WebhookQuery {
    /// Webhooks and how they are, the oldest first, or those of one partner. Needs a partner's own key, for his, or one of
    /// scope ADMIN.
    #[graphql(complexity = "list_cost(MOST as usize, child_complexity)")]
    async fn webhooks(&self, ctx: &Context<'_>, partner: Option<String>) -> Result<Vec<Webhook>> {
        let Manager { webhooks, by, .. } = manager(ctx)?;
        let found = async { Webhook::all(webhooks, webhooks.list(by, partner.as_deref()).await?).await };
        found.await.map_err(|e| refuse(&e))
    }

    /// A webhook; null when there is none of this id that is the asker's.
    async fn webhook(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Webhook>> {
        let Manager { webhooks, by, .. } = manager(ctx)?;
        let one = async { Webhook::all(webhooks, vec![webhooks.find(by, known(&id)?).await?]).await };
        Ok(found(one.await)?.and_then(|mut one| one.pop()))
    }
}

#[Object]
impl WebhookMutation {
    /// Has changes posted to an address. Its secret is shown once.
    async fn add_webhook(&self, ctx: &Context<'_>, input: AddWebhookInput) -> Result<WebhookPayload> {
        let Manager {
            webhooks,
            wire,
            caller,
            by,
        } = manager(ctx)?;
        let path = ctx.path_node.map(|path| path.to_string()).unwrap_or_default();
        let repeat = ctx.data::<RepeatKey>()?.at(&path);
        let said = input.submission();
        let added = async {
            let start = wire
                .start(&caller.sight.owner(), "after", said.after.as_deref())
                .await?;
            let Added { endpoint, secret } = webhooks.add(by, &caller.sight, said, start, repeat.as_ref()).await?;
            Ok((endpoint, secret))
        };
        told(webhooks, added).await
    }

    /// Changes a webhook; what is left out stays.
    async fn change_webhook(&self, ctx: &Context<'_>, input: ChangeWebhookInput) -> Result<WebhookPayload> {
        let Manager {
            webhooks, caller, by, ..
        } = manager(ctx)?;
        let (id, if_version, change) = input.change();
        let expected = expected(if_version);
        let changed = async {
            let changed = webhooks.change(by, &caller.sight, known(&id)?, change, expected.as_ref());
            Ok((changed.await?, None))
        };
        told(webhooks, changed).await
    }

    /// Removes a webhook with all that is known of what it was sent.
    async fn delete_webhook(&self, ctx: &Context<'_>, id: ID, if_version: Option<i32>) -> Result<DeleteWebhookPayload> {
        let Manager { webhooks, by, .. } = manager(ctx)?;
        let expected = expected(if_version);
        let deleted = async { webhooks.delete(by, known(&id)?, expected.as_ref()).await };
        let user_errors = match deleted.await {
            Ok(()) => Vec::new(),
            Err(error) => user_errors(error)?,
        };
        Ok(DeleteWebhookPayload {
            deleted: user_errors.is_empty(),
            user_errors,
        })
    }

    /// Posts a test message now, whatever its state.
    async fn test_webhook(&self, ctx: &Context<'_>, id: ID) -> Result<TestWebhookPayload> {
        let Manager { webhooks, wire, by, .. } = manager(ctx)?;
        let tested = async { webhooks.test(by, known(&id)?).await };
        Ok(match tested.await {
            Ok(attempt) => TestWebhookPayload {
                attempt: Some(WebhookAttempt::of(attempt, wire)),
                user_errors: Vec::new(),
            },
            Err(error) => TestWebhookPayload {
                user_errors: user_errors(error)?,
                ..TestWebhookPayload::default()
            },
        })
    }

    /// Gives it a new secret; for a while, 24 hours when it is not said, messages are signed with both.
    async fn rotate_webhook_secret(
        &self,
        ctx: &Context<'_>,
        id: ID,
        overlap_seconds: Option<i32>,
    ) -> Result<WebhookPayload> {
        let Manager { webhooks, by, .. } = manager(ctx)?;
        let rotated = async {
            let rotation = SecretRotation {
                overlap_seconds: overlap_seconds.map(i64::from),
            };
            let (endpoint, secret) = webhooks.rotate(by, known(&id)?, rotation).await?;
            Ok((endpoint, Some(secret)))
        };
        told(webhooks, rotated).await
    }

    /// Sends it one change once more, by the `webhook-id` of its message.
    async fn resend_webhook(&self, ctx: &Context<'_>, id: ID, message: String) -> Result<WebhookPayload> {
        let Manager { webhooks, wire, by, .. } = manager(ctx)?;
        let asked = async {
            let id = known(&id)?;
            let place = wire.message_place(id, "message", &message)?;
            Ok((webhooks.resend(by, id, place.position).await?, None))
        };
        told(webhooks, asked).await
    }

    /// Tells it everything behind a cursor of the wire, `oldest` for all that is kept, `latest` for nothing of what was
    /// missed.
    async fn rewind_webhook(&self, ctx: &Context<'_>, id: ID, after: String) -> Result<WebhookPayload> {
        let Manager {
            webhooks,
            wire,
            caller,
            by,
        } = manager(ctx)?;
        let asked = async {
            let start = wire.start(&caller.sight.owner(), "after", Some(&after)).await?;
            Ok((webhooks.rewind(by, known(&id)?, start).await?, None))
        };
        told(webhooks, asked).await
    }

    /// Sends it nothing; where it was is kept.
    async fn pause_webhook(&self, ctx: &Context<'_>, id: ID) -> Result<WebhookPayload> {
        let Manager { webhooks, by, .. } = manager(ctx)?;
        let asked = async { Ok((webhooks.pause(by, known(&id)?).await?, None)) };
        told(webhooks, asked).await
    }

    /// Goes on where it was, at once.
    async fn resume_webhook(&self, ctx: &Context<'_>, id: ID) -> Result<WebhookPayload> {
        let Manager { webhooks, by, .. } = manager(ctx)?;
        let asked = async { Ok((webhooks.resume(by, known(&id)?).await?, None)) };
        told(webhooks, asked).await
    }
}
