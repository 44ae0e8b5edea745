//! What a request costs its key, and how the key stands: `RateLimit-Policy` and `RateLimit`
//! (draft-ietf-httpapi-ratelimit-headers-10) on every answer to a key that has limits, 429 when they are used up.
//!
//! An ordinary request costs one unit before anything is done for it, so that many at once cannot get past the limit; what
//! turns out to hold nothing new gets most of that back. GraphQL's door charges by itself, because it knows the cost of
//! what is asked.

use crate::access::{Access, Standing, Wait};
use crate::news::limits::Cost;
use crate::web::{Caller, NothingNew, Problem, Shown};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, Ipv4Addr};

pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Who looks whether the server is well is never refused.
const OPERATIONS: [&str; 3] = ["/livez", "/readyz", "/metrics"];

/// Charges the request, notes which stories its answer shows, and says how the key stands. It stands inside of what
/// recognises the caller.
pub async fn charge(State(access): State<Access>, caller: Caller, mut request: Request, next: Next) -> Response {
    let Some(tab) = access.tab(&caller.viewer) else {
        if OPERATIONS.contains(&request.uri().path()) {
            return next.run(request).await;
        }
        // Whose address nobody knows, comes with all the others of his kind.
        let address = caller.sender.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        return match access.anonymous(address) {
            Ok(()) => next.run(request).await,
            Err(wait) => used_up(wait),
        };
    };
    let by_itself = request.uri().path() == "/graphql";
    let paid = if by_itself { Ok(()) } else { tab.charge(Cost::ONE).await };
    let mut response = match paid {
        Ok(()) => {
            request.extensions_mut().insert(tab.clone());
            next.run(request).await
        }
        Err(wait) => used_up(wait),
    };
    let extensions = response.extensions_mut();
    let shown = extensions.remove::<Shown>();
    let nothing_new = extensions.remove::<NothingNew>().is_some() || response.status() == StatusCode::NOT_MODIFIED;
    if nothing_new {
        tab.nothing_new();
    } else if let Some(Shown(articles)) = shown
        && response.status() == StatusCode::OK
    {
        access.read(&caller.viewer, &articles);
    }
    say(&tab.standing(), response.headers_mut());
    response
}

fn used_up(wait: Wait) -> Response {
    let mut response = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", wait.detail()).into_response();
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(wait.seconds));
    response
}

/// Structured fields (RFC 9651): lists of names with numbers. A key without limits has nothing to be told.
fn say(standing: &Standing, headers: &mut HeaderMap) {
    let Standing { limits, rate, day } = standing;
    let (mut policies, mut left) = (Vec::new(), Vec::new());
    if let Some(limit) = limits.rate {
        policies.push(format!("\"rate\";q={};w={}", limit.burst, limit.window_seconds()));
        left.push(format!("\"rate\";r={};t={}", rate.0, rate.1));
    }
    if let Some(per_day) = limits.per_day {
        policies.push(format!("\"day\";q={per_day};w=86400"));
        left.push(format!("\"day\";r={};t={}", day.0, day.1));
    }
    for (name, items) in [(RATE_LIMIT_POLICY, policies), (RATE_LIMIT, left)] {
        if let Ok(value) = HeaderValue::from_str(&items.join(", "))
            && !items.is_empty()
        {
            headers.insert(name, value);
        }
    }
}
