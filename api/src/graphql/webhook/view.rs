//! A webhook and what it was sent.

use super::{Manager, manager};
use crate::error::{Error, Fault, Result as HouseResult};
use crate::graphql::connection::page;
use crate::graphql::limits::page_cost;
use crate::graphql::refusal::refuse;
use crate::graphql::scalar::DateTime;
use crate::graphql::wire::WireKind;
use crate::news::webhook::{self, Endpoint, Score};
use crate::news::wire::{self, Position};
use crate::page::Order;
use crate::web::Caller;
use crate::webhook::Webhooks;
use crate::wire::{Place, Wire};
use async_graphql::{Context, Enum, ID, Object, Result};
use uuid::Uuid;

/// Whether a webhook is told of changes.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "webhook::EndpointState")]
pub enum WebhookState {
    Active,
    /// By somebody, or because it failed for three days.
    Paused,
    /// It answered 410.
    Off,
}

/// How much of a story a message brings.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "wire::Payload")]
pub enum MessagePayload {
    /// All of it.
    Full,
    /// Without its text.
    Meta,
    /// Its id, its uri and its version only.
    Id,
    /// All of it as ninjs 3.1, and what is to be taken down too.
    Ninjs,
}

/// Why a message was sent.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "webhook::Manner")]
pub enum DeliveryManner {
    /// A change came.
    Delivery,
    /// Somebody has asked for it once more.
    Resend,
    Test,
}

/// Where changes are posted, and how it goes.
pub struct Webhook {
    endpoint: Endpoint,
    score: Score,
}

impl Webhook {
    /// How they are is looked up for all at once.
    pub async fn all(webhooks: &Webhooks, endpoints: Vec<Endpoint>) -> HouseResult<Vec<Webhook>> {
        let scores = webhooks.scores(&endpoints).await?;
        let with = |endpoint: Endpoint| Webhook {
            score: scores.get(&endpoint.id).copied().unwrap_or_default(),
            endpoint,
        };
        Ok(endpoints.into_iter().map(with).collect())
    }
}

#[Object]
impl Webhook {
    async fn id(&self) -> ID {
        ID(self.endpoint.id.to_string())
    }

    /// The partner's slug; null for one of the house itself, which is told everything.
    async fn partner(&self) -> Option<&str> {
        self.endpoint.partner.as_ref().map(|partner| partner.slug.as_str())
    }

    async fn url(&self) -> &str {
        &self.endpoint.settings.url
    }

    async fn about(&self) -> Option<&str> {
        self.endpoint.settings.about.as_deref()
    }

    /// Only stories in these channels; all when it is empty.
    async fn channels(&self) -> Vec<&str> {
        self.endpoint
            .settings
            .channels
            .iter()
            .map(|c| c.name.as_str())
            .collect()
    }

    /// Only stories in the feeds of these topics; all when it is empty.
    async fn topics(&self) -> Vec<&str> {
        self.endpoint.settings.topics.iter().map(|t| t.name.as_str()).collect()
    }

    /// Only changes of these kinds, and what takes a story away; all when it is empty.
    async fn kinds(&self) -> Vec<WireKind> {
        let kinds = &self.endpoint.settings.kinds;
        kinds.iter().filter_map(|kind| WireKind::read(kind)).collect()
    }

    async fn payload(&self) -> MessagePayload {
        self.endpoint.settings.payload.into()
    }

    async fn state(&self) -> WebhookState {
        self.endpoint.progress.state.into()
    }

    /// Why it is not active, and what to do.
    async fn notice(&self) -> Option<&str> {
        self.endpoint.progress.notice.as_deref()
    }

    /// Counted from 1.
    async fn version(&self) -> i32 {
        self.endpoint.version
    }

    async fn created(&self) -> DateTime {
        DateTime::new(self.endpoint.created, None)
    }

    /// How many seconds ago the oldest change was made that it has not taken; 0 when it has all.
    async fn lag(&self, ctx: &Context<'_>) -> Result<i64> {
        Ok(self.endpoint.lag(ctx.data::<Caller>()?.now))
    }

    async fn last_ok(&self) -> Option<DateTime> {
        self.endpoint.progress.last_ok.map(|at| DateTime::new(at, None))
    }

    async fn last_tried(&self) -> Option<DateTime> {
        self.endpoint.progress.last_tried.map(|at| DateTime::new(at, None))
    }

    /// Of what is next, in a row.
    async fn failures(&self) -> i32 {
        self.endpoint.progress.tries
    }

    async fn failing_since(&self) -> Option<DateTime> {
        self.endpoint.progress.failing.map(|at| DateTime::new(at, None))
    }

    async fn last_error(&self) -> Option<&str> {
        self.endpoint.progress.last_error.as_deref()
    }

    /// When it is tried next, where something failed.
    async fn next(&self) -> Option<DateTime> {
        self.endpoint.progress.due.map(|at| DateTime::new(at, None))
    }

    /// Of the requests of the last 24 hours, from 0 to 1; null when there were none.
    async fn success_rate(&self) -> Option<f64> {
        self.score.rate()
    }

    /// What it was sent and what it answered, the newest first; `after` one of them, those that came before it in time.
    #[graphql(complexity = "page_cost(first, 20, child_complexity)")]
    async fn attempts(&self, ctx: &Context<'_>, first: Option<i32>, after: Option<ID>) -> Result<Vec<WebhookAttempt>> {
        let Manager { webhooks, wire, by, .. } = manager(ctx)?;
        let most = page(first, None, None, None, Order::Number)?.size();
        let wrong = |_| {
            let message = "must be the id of an attempt of the answer before";
            refuse(&Error::parameters(vec![Fault::new("after", "invalid_cursor", message)]))
        };
        let after = after.map(|id| id.parse::<Uuid>().map_err(wrong)).transpose()?;
        let attempts = webhooks.attempts(by, self.endpoint.id, after, most).await;
        let attempts = attempts.map_err(|e| refuse(&e))?.into_iter();
        Ok(attempts.map(|attempt| WebhookAttempt::of(attempt, wire)).collect())
    }
}

/// One request to a webhook, and what became of it.
pub struct WebhookAttempt {
    attempt: webhook::Attempt,
    message: Option<String>,
}

impl WebhookAttempt {
    pub fn of(attempt: webhook::Attempt, wire: &Wire) -> WebhookAttempt {
        let webhook::Attempt { position, epoch, .. } = attempt;
        let place = Place { epoch, position };
        let message = (position != Position(0)).then(|| wire.message_id(attempt.endpoint, place));
        WebhookAttempt { attempt, message }
    }
}

#[Object]
impl WebhookAttempt {
    async fn id(&self) -> ID {
        ID(self.attempt.id.to_string())
    }

    /// Its `webhook-id`; null of a test.
    async fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    async fn at(&self) -> DateTime {
        DateTime::new(self.attempt.at, None)
    }

    async fn manner(&self) -> DeliveryManner {
        self.attempt.manner.into()
    }

    /// Its `type`, such as `article.published`.
    async fn kind(&self) -> &str {
        &self.attempt.kind
    }

    /// The story that it was about.
    async fn article_id(&self) -> Option<ID> {
        self.attempt.article.map(|id| ID(id.to_string()))
    }

    /// The how-many-th try, counted from 1.
    async fn number(&self) -> i32 {
        self.attempt.number
    }

    async fn took_ms(&self) -> i64 {
        self.attempt.took_ms
    }

    async fn delivered(&self) -> bool {
        self.attempt.succeeded()
    }

    /// Null where nobody answered.
    async fn status(&self) -> Option<i32> {
        self.attempt.status
    }

    /// Why it counts as failed.
    async fn error(&self) -> Option<&str> {
        self.attempt.error.as_deref()
    }

    /// The first bytes of the answer.
    async fn answer(&self) -> Option<&str> {
        self.attempt.answer.as_deref()
    }
}
