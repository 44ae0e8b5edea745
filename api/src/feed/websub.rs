//! WebSub's door: the house's own hub, and the addresses at which the hubs of sources tell the house.

use super::publish::Publisher;
use crate::desk::Desk;
use crate::error::{Error, Fault, Result};
use crate::hub::{Asked, Hub};
use crate::news::viewer::Viewer;
use crate::source::{Pushed, Sources};
use crate::web::{Field, Params, Policy, Segment, media_type, unsupported_form};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// Where the hub is asked.
pub const HUB: &str = "/websub";

/// What it is asked (WebSub §5.1).
pub const WISH: &[Field] = &[
    Field {
        name: "hub.mode",
        about: "`subscribe` or `unsubscribe`.",
        required: true,
    },
    Field {
        name: "hub.topic",
        about: "The feed's address, as it names itself with rel=self.",
        required: true,
    },
    Field {
        name: "hub.callback",
        about: "Where you are told: asked first whether it is you, then posted the feed whenever it has changed.",
        required: true,
    },
    Field {
        name: "hub.secret",
        about: "8 to 199 bytes, required to subscribe: what is posted is signed with it, `X-Hub-Signature: sha256=…`.",
        required: false,
    },
    Field {
        name: "hub.lease_seconds",
        about: "How long you are told: 60 to 864000, which is also what is meant when it is left out.",
        required: false,
    },
];

#[derive(Clone)]
pub struct WebSub {
    pub publisher: Publisher,
    pub hub: Hub,
    pub sources: Sources,
    pub desk: Desk,
}

/// Somebody wants to be told of a feed, or not any more.
pub async fn ask(
    State(door): State<WebSub>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    let nothing_more = Params::read(query.as_deref(), &[]).finish();
    nothing_more.map_err(IntoResponse::into_response)?;
    if media_type(&headers) != "application/x-www-form-urlencoded" {
        return Err(unsupported_form());
    }
    let wish = async {
        let asked = Asked::read(&body);
        let feed = match &asked.topic {
            Some(topic) => door.publisher.content(topic).await?,
            None => None,
        };
        door.hub.ask(asked, feed.map(|feed| feed.etag)).await
    };
    match wish.await {
        // Whether it is he is found out now.
        Ok(()) => Ok(said(StatusCode::ACCEPTED, String::new())),
        Err(error) => Err(error.into_response()),
    }
}

/// A source's hub asks whether it was we who wished to be told (WebSub §5.3), or says that it will not tell us (§5.2).
pub async fn intent(
    State(door): State<WebSub>,
    Segment(callback): Segment,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let query = query.unwrap_or_default();
    let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
    let one = |name: &str| {
        let found = pairs.iter().find(|(n, _)| n == name);
        found
            .map(|(_, value)| &**value)
            .ok_or_else(|| Fault::new(name, "required", "is required"))
    };
    let (mode, topic) = match (one("hub.mode"), one("hub.topic")) {
        (Ok(mode), Ok(topic)) => (mode, topic),
        (mode, topic) => {
            let faults = [mode.err(), topic.err()].into_iter().flatten().collect();
            return Err(Error::parameters(faults));
        }
    };
    if mode == "denied" {
        door.sources
            .denied(&callback, topic, one("hub.reason").unwrap_or_default())
            .await?;
        return Ok(said(StatusCode::OK, String::new()));
    }
    let challenge = one("hub.challenge").map_err(|fault| Error::parameters(vec![fault]))?;
    let lease = one("hub.lease_seconds").ok().and_then(|seconds| seconds.parse().ok());
    match door.sources.intends(&callback, mode, topic, lease).await? {
        true => Ok(said(StatusCode::OK, challenge.to_owned())),
        false => Err(Error::not_found("subscription")),
    }
}

/// A source's hub tells what has changed (WebSub §7).
pub async fn told(
    State(door): State<WebSub>,
    Segment(callback): Segment,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response> {
    let desk = &door.desk;
    let pushed = door.sources.push(&callback, &headers, body, |brought| {
        let desk = desk.clone();
        async move { desk.take_in(&Viewer::Operator, brought).await }
    });
    Ok(match pushed.await? {
        // What is not signed as it should be is not looked at, and who sent it learns nothing (§7.1).
        Pushed::Taken | Pushed::Unsigned => said(StatusCode::ACCEPTED, String::new()),
        Pushed::Unknown => said(StatusCode::GONE, String::new()),
        Pushed::Busy => {
            let mut response = said(StatusCode::SERVICE_UNAVAILABLE, String::new());
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from_static("5"));
            response
        }
    })
}

/// Plain text that nobody keeps.
fn said(status: StatusCode, text: String) -> Response {
    let mut response = (status, text).into_response();
    Policy::Never.write(response.headers_mut());
    response
}
