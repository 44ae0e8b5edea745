//! What the metrics count: requests by route and status, and how long each took.

use axum::extract::{MatchedPath, Request};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;

pub async fn measure(request: Request, next: Next) -> Response {
    let started = Instant::now();
    // The route's pattern, never the address itself: labels must be few.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |p| p.as_str().to_owned());
    let method = match request.method().as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "OPTIONS") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let response = next.run(request).await;
    requests(&method, &route, response.status()).increment(1);
    request_seconds(&route).record(started.elapsed().as_secs_f64());
    response
}

pub fn requests(method: &str, route: &str, status: StatusCode) -> metrics::Counter {
    let (method, route, status) = (method.to_owned(), route.to_owned(), status.as_str().to_owned());
    metrics::counter!("dateline_http_requests_total", "method" => method, "route" => route, "status" => status)
}

pub fn request_seconds(route: &str) -> metrics::Histogram {
    metrics::histogram!("dateline_http_request_seconds", "route" => route.to_owned())
}
