//! Feeds as everybody gets them, for those who are told of them.

use crate::access::Access;
use crate::archive::Archive;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::hub::Content;
use crate::news::tags::Readings;
use crate::news::viewer::{Sender, Viewer};
use crate::web::{Caller, Kept};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{HeaderName, Request, Response, StatusCode};
use tower::ServiceExt;

#[derive(Clone)]
pub struct Publisher {
    feeds: Router,
    access: Access,
    clock: Clock,
    /// What the addresses of all feeds begin with.
    begins: String,
}

impl Publisher {
    pub fn new(archive: &Archive, kept: Kept, access: Access, clock: Clock) -> Publisher {
        Publisher {
            feeds: super::feeds(archive.clone(), kept),
            access,
            clock,
            begins: archive.site().public_url.clone(),
        }
    }

    /// The feed at this address, as somebody without a key would get it now. The answer is one with his: it is made once.
    pub async fn content(&self, topic: &str) -> Result<Option<Content>> {
        let Some(path) = topic.strip_prefix(&self.begins).filter(|path| is_subscribed_to(path)) else {
            return Ok(None);
        };
        let Ok(mut request) = Request::get(path).body(Body::empty()) else {
            return Ok(None);
        };
        request.extensions_mut().insert(Caller {
            viewer: Viewer::Public,
            sender: Sender::default(),
            sight: self.access.sight(&Viewer::Public).await?,
            now: self.clock.now(),
            readings: Readings::unnoted(),
        });
        let response = self.feeds.clone().oneshot(request).await.map_err(Error::internal)?;
        match response.status() {
            StatusCode::OK => {}
            status if status.is_server_error() => {
                return Err(Error::internal(format!("a feed could not be made: {status}")));
            }
            _ => return Ok(None),
        }
        let said = |response: &Response<Body>, name: HeaderName| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        Ok(Some(Content {
            kind: said(&response, CONTENT_TYPE),
            etag: said(&response, ETAG),
            body: to_bytes(response.into_body(), usize::MAX)
                .await
                .map_err(Error::internal)?,
        }))
    }
}

/// The page of a feed that readers subscribe to, not one that it leads on to.
fn is_subscribed_to(path: &str) -> bool {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    path.starts_with("/feeds/") && (query.is_empty() || query.starts_with("limit=")) && !query.contains('&')
}
