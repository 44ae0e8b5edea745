//! Webhooks: what a partner's own key, and an administrator's, may see and change. No answer here is kept or shared.

use super::Door;
use super::asked::{Asked, Right};
use super::routes::{Route, Shape};
use super::writes::{at, nothing, unkept};
use crate::error::{Error, Fault, Result};
use crate::news::webhook::{
    Attempt, Endpoint, EndpointChange, EndpointSettings, EndpointSubmission, Progress, ResendSubmission, Score,
    SecretRotation,
};
use crate::news::wire::Position;
use crate::news::{EndpointId, webhook};
use crate::web::{Param, ParamKind, Segment};
use crate::webhook::Added;
use crate::wire::{Place, Wire};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where changes are posted, and how it goes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookView {
    pub id: Uuid,
    /// The partner's slug; null for one of the house itself, which is told everything.
    pub partner: Option<String>,
    pub url: String,
    pub about: Option<String>,
    /// Only stories in these channels; all when it is empty. As they were called when they were named.
    pub channels: Vec<String>,
    /// Only stories in the feeds of these topics; all when it is empty.
    pub topics: Vec<String>,
    /// Only changes of these kinds, and what takes a story away; all when it is empty.
    pub kinds: Vec<String>,
    /// `full`, `meta`, `id`, `ninjs`.
    pub payload: &'static str,
    /// `active`; `paused`, by somebody or because it failed for three days; `off`, because it answered 410.
    pub state: &'static str,
    /// Why it is not active, and what to do.
    pub notice: Option<String>,
    pub version: i32,
    pub created: Timestamp,
    pub health: WebhookHealth,
}

/// How the house stands with an endpoint.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookHealth {
    /// How many seconds ago the oldest change was made that it has not taken; 0 when it has all.
    pub lag: i64,
    pub last_ok: Option<Timestamp>,
    pub last_tried: Option<Timestamp>,
    /// Of what is next, in a row.
    pub failures: i32,
    pub failing_since: Option<Timestamp>,
    pub last_error: Option<String>,
    /// When it is tried next, where something failed.
    pub next: Option<Timestamp>,
    /// Of the requests of the last 24 hours, from 0 to 1; null when there were none.
    pub success_rate: Option<f64>,
}

/// Webhooks, the oldest first.
#[derive(Serialize, ToSchema)]
pub struct Webhooks {
    pub items: Vec<WebhookView>,
}

/// A webhook with its secret.
#[derive(Serialize, ToSchema)]
pub struct NewWebhook {
    #[serde(flatten)]
    pub about: WebhookView,
    /// What messages are signed with (Standard Webhooks). It is shown once: null where a request is repeated with its
    /// `Idempotency-Key`.
    pub secret: Option<String>,
}

/// One request to an endpoint, and what became of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookAttempt {
    pub id: Uuid,
    /// Its `webhook-id`; null of a test.
    pub message: Option<String>,
    pub at: Timestamp,
    /// `delivery`, `resend`, `test`.
    pub manner: &'static str,
    /// Its `type`, such as `article.published`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The story that it was about, by id.
    pub article: Option<Uuid>,
    /// The how-many-th try, counted from 1.
    pub number: i32,
    pub took_ms: i64,
    pub delivered: bool,
    /// Null where nobody answered.
    pub status: Option<i32>,
    /// Why it counts as failed.
    pub error: Option<String>,
    /// The first bytes of the answer.
    pub answer: Option<String>,
}

/// Requests to an endpoint, the newest first.
#[derive(Serialize, ToSchema)]
pub struct WebhookAttempts {
    pub items: Vec<WebhookAttempt>,
    /// The `before` of the next page; null where this is the last.
    pub next: Option<Uuid>,
}

impl WebhookView {
    pub fn of(endpoint: &Endpoint, score: Score, now: Timestamp) -> WebhookView {
        let lag = endpoint.lag(now);
        let Endpoint {
            id,
            partner,
            settings:
                EndpointSettings {
                    url,
                    about,
                    channels,
                    topics,
                    kinds,
                    payload,
                },
            secrets: _,
            version,
            created,
            turn: _,
            progress:
                Progress {
                    state,
                    notice,
                    position: _,
                    ahead: _,
                    waiting: _,
                    tries,
                    failing,
                    due,
                    last_tried,
                    last_ok,
                    last_error,
                },
        } = endpoint.clone();
        WebhookView {
            id: id.0,
            partner: partner.map(|p| p.slug.clone()),
            url,
            about,
            channels: names(channels),
            topics: names(topics),
            kinds,
            payload: payload.as_str(),
            state: state.as_str(),
            notice,
            version,
            created,
            health: WebhookHealth {
                lag,
                last_ok,
                last_tried,
                failures: tries,
                failing_since: failing,
                last_error,
                next: due,
                success_rate: score.rate(),
            },
        }
    }
}

fn names<I>(named: Vec<webhook::Named<I>>) -> Vec<String> {
    named.into_iter().map(|named| named.name).collect()
}

impl WebhookAttempt {
    pub fn of(attempt: Attempt, wire: &Wire) -> WebhookAttempt {
        let delivered = attempt.succeeded();
        let (endpoint, epoch, position) = (attempt.endpoint, attempt.epoch, attempt.position);
        let message = (position != Position(0)).then(|| wire.message_id(endpoint, Place { epoch, position }));
        WebhookAttempt {
            id: attempt.id,
            message,
            at: attempt.at,
            manner: attempt.manner.as_str(),
            kind: attempt.kind,
            article: attempt.article.map(|a| a.0),
            number: attempt.number,
            took_ms: attempt.took_ms,
            delivered,
            status: attempt.status,
            error: attempt.error,
            answer: attempt.answer,
        }
    }
}

const LIST: &[Param] = &[Param {
    name: "partner",
    about: "Only the webhooks of this partner, by his slug.",
    kind: ParamKind::Text,
}];

const ATTEMPTS: &[Param] = &[
    Param {
        name: "limit",
        about: "How many, 1 to 100; 20 when it is left out.",
        kind: ParamKind::Integer(1, 100),
    },
    Param {
        name: "before",
        about: "The page behind this one: `next` of the answer before.",
        kind: ParamKind::Text,
    },
];

/// The routes of this page.
pub fn table() -> Vec<Route> {
    let route = Route::keyed;
    let (all, one, of) = ("/v1/webhooks", "/v1/webhooks/{id}", Shape::One);
    let (view, made) = (of("WebhookView"), Shape::Made("NewWebhook"));
    let (new, change, again) = ("EndpointSubmission", "EndpointChange", "ResendSubmission");
    #[rustfmt::skip]
    let routes = vec![
        Route {
            params: LIST,
            ..route("get", all, "listWebhooks", "Webhooks and how they are, the oldest first", None, of("Webhooks"), get(list))
        },
        route("post", all, "addWebhook", "Have changes posted to an address; its secret is shown once", Some(new), made, post(add)),
        route("get", one, "webhook", "One webhook, and how it is", None, view, get(one_webhook)),
        route("patch", one, "changeWebhook", "Change a webhook; what is left out stays", Some(change), view, patch(change_webhook)),
        route("delete", one, "deleteWebhook", "Remove a webhook with all that is known of what it was sent", None, Shape::Removed { guarded: true }, delete(delete_webhook)),
        route("post", "/v1/webhooks/{id}/test", "testWebhook", "Post a test message now, whatever its state, and see what it answers", None, of("WebhookAttempt"), post(test)),
        route("post", "/v1/webhooks/{id}/rotate-secret", "rotateWebhookSecret", "Give it a new secret; for a while messages are signed with both", Some("SecretRotation"), of("NewWebhook"), post(rotate)),
        Route {
            params: ATTEMPTS,
            ..route("get", "/v1/webhooks/{id}/attempts", "webhookAttempts", "What it was sent and what it answered, the newest first", None, of("WebhookAttempts"), get(attempts))
        },
        route("post", "/v1/webhooks/{id}/resend", "resendWebhook", "Send it one change once more, or everything behind a cursor", Some(again), view, post(resend)),
        route("post", "/v1/webhooks/{id}/pause", "pauseWebhook", "Send it nothing; where it was is kept", None, view, post(pause)),
        route("post", "/v1/webhooks/{id}/resume", "resumeWebhook", "Go on where it was, at once", None, view, post(resume)),
    ];
    routes
}

/// Whose they are is found out by the room itself.
const RIGHT: Right = Right::Webhooks;

async fn list(asked: Asked) -> Result<Response> {
    let mut params = asked.params(LIST);
    let partner = params.text("partner");
    params.finish()?;
    let Asked { door, caller, .. } = &asked;
    let found = door.webhooks.list(&caller.viewer, partner.as_deref()).await?;
    let scores = door.webhooks.scores(&found).await?;
    let now = door.clock.now();
    let view = |endpoint: &Endpoint| {
        let score = scores.get(&endpoint.id).copied().unwrap_or_default();
        WebhookView::of(endpoint, score, now)
    };
    let items = found.iter().map(view).collect();
    asked.answer(None, &Webhooks { items })
}

async fn view(door: &Door, endpoint: &Endpoint) -> Result<WebhookView> {
    let scores = door.webhooks.scores(std::slice::from_ref(endpoint)).await?;
    let score = scores.get(&endpoint.id).copied().unwrap_or_default();
    Ok(WebhookView::of(endpoint, score, door.clock.now()))
}

async fn one_webhook(Segment(id): Segment, asked: Asked) -> Result<Response> {
    asked.admitted(RIGHT)?;
    let Asked { door, caller, .. } = &asked;
    let endpoint = door.webhooks.find(&caller.viewer, read_id(&id)?).await?;
    // Its version is that of what is said of it; how it is changes by itself.
    asked.answer(None, &view(door, &endpoint).await?)
}

async fn add(mut asked: Asked) -> Result<Response, Response> {
    let said = asked.said::<EndpointSubmission>(RIGHT)?;
    let Asked { door, caller, .. } = asked;
    let done = async {
        let (sight, owner) = (&caller.sight, caller.sight.owner());
        let after = said.content.after.clone();
        let start = door.wire.start(&owner, "after", after.as_deref()).await?;
        let added = door
            .webhooks
            .add(&caller.viewer, sight, said.content, start, said.repeat.as_ref());
        let Added { endpoint, secret } = added.await?;
        let location = format!("/v1/webhooks/{}", endpoint.id);
        let etag = HeaderValue::from_str(&format!("\"v{}\"", endpoint.version));
        let about = view(&door, &endpoint).await?;
        let mut response = at(&location, unkept(StatusCode::CREATED, &NewWebhook { about, secret }));
        if let Ok(etag) = etag {
            response.headers_mut().insert(header::ETAG, etag);
        }
        Ok::<_, Error>(response)
    };
    done.await.map_err(IntoResponse::into_response)
}

async fn change_webhook(Segment(id): Segment, mut asked: Asked) -> Result<Response, Response> {
    let said = asked.said::<EndpointChange>(RIGHT)?;
    let Asked { door, caller, .. } = asked;
    let done = async {
        let (by, sight) = (&caller.viewer, &caller.sight);
        let changed = door
            .webhooks
            .change(by, sight, read_id(&id)?, said.content, said.expected.as_ref());
        told(&door, &changed.await?).await
    };
    done.await.map_err(IntoResponse::into_response)
}

async fn delete_webhook(Segment(id): Segment, asked: Asked) -> Result<Response> {
    asked.admitted(RIGHT)?;
    let (by, expected) = (&asked.caller.viewer, asked.expected()?);
    asked.door.webhooks.delete(by, read_id(&id)?, expected.as_ref()).await?;
    Ok(nothing())
}

async fn test(Segment(id): Segment, asked: Asked) -> Result<Response> {
    asked.admitted(RIGHT)?;
    let Asked { door, caller, .. } = asked;
    let attempt = door.webhooks.test(&caller.viewer, read_id(&id)?).await?;
    Ok(unkept(StatusCode::OK, &WebhookAttempt::of(attempt, &door.wire)))
}

async fn rotate(Segment(id): Segment, mut asked: Asked) -> Result<Response, Response> {
    let said = asked.said::<SecretRotation>(RIGHT)?;
    let Asked { door, caller, .. } = asked;
    let done = async {
        let rotated = door.webhooks.rotate(&caller.viewer, read_id(&id)?, said.content);
        let (endpoint, secret) = rotated.await?;
        let about = view(&door, &endpoint).await?;
        let secret = Some(secret);
        Ok::<_, Error>(unkept(StatusCode::OK, &NewWebhook { about, secret }))
    };
    done.await.map_err(IntoResponse::into_response)
}

async fn attempts(Segment(id): Segment, asked: Asked) -> Result<Response> {
    let mut params = asked.params(ATTEMPTS);
    let limit = params.ranged("limit").and_then(|n| u32::try_from(n).ok()).unwrap_or(20);
    let before = params.text("before");
    params.finish()?;
    let Asked { door, caller, .. } = &asked;
    door.webhooks.admit(&caller.viewer)?;
    let wrong = |_| {
        let message = "must be `next` of the answer before";
        Error::parameters(vec![Fault::new("before", "invalid_cursor", message)])
    };
    let before = before.map(|text| text.parse::<Uuid>().map_err(wrong)).transpose()?;
    let found = door
        .webhooks
        .attempts(&caller.viewer, read_id(&id)?, before, limit)
        .await?;
    let next = found
        .last()
        .filter(|_| found.len() == limit as usize)
        .map(|last| last.id);
    let items = found.into_iter().map(|a| WebhookAttempt::of(a, &door.wire)).collect();
    asked.answer(None, &WebhookAttempts { items, next })
}

async fn resend(Segment(id): Segment, mut asked: Asked) -> Result<Response, Response> {
    let said = asked.said::<ResendSubmission>(RIGHT)?;
    let Asked { door, caller, .. } = asked;
    let done = async {
        let (by, id) = (&caller.viewer, read_id(&id)?);
        let ResendSubmission { message, after } = said.content;
        let endpoint = match (message, after) {
            (Some(message), None) => {
                let place = door.wire.message_place(id, "message", &message)?;
                door.webhooks.resend(by, id, place.position).await?
            }
            (None, Some(after)) => {
                let start = door.wire.start(&caller.sight.owner(), "after", Some(&after)).await?;
                door.webhooks.rewind(by, id, start).await?
            }
            (None, None) | (Some(_), Some(_)) => {
                let what = "say either `message`, for one change, or `after`, for everything behind a cursor";
                return Err(Error::content(vec![Fault::new("message", "one_of_two", what)]));
            }
        };
        told(&door, &endpoint).await
    };
    done.await.map_err(IntoResponse::into_response)
}

async fn pause(Segment(id): Segment, asked: Asked) -> Result<Response> {
    asked.admitted(RIGHT)?;
    let Asked { door, caller, .. } = asked;
    told(&door, &door.webhooks.pause(&caller.viewer, read_id(&id)?).await?).await
}

async fn resume(Segment(id): Segment, asked: Asked) -> Result<Response> {
    asked.admitted(RIGHT)?;
    let Asked { door, caller, .. } = asked;
    told(&door, &door.webhooks.resume(&caller.viewer, read_id(&id)?).await?).await
}

async fn told(door: &Door, endpoint: &Endpoint) -> Result<Response> {
    Ok(unkept(StatusCode::OK, &view(door, endpoint).await?))
}

fn read_id(text: &str) -> Result<EndpointId> {
    let id = text.parse::<Uuid>().map(EndpointId);
    id.map_err(|_| Error::not_found("webhook"))
}
