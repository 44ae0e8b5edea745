//! The request, and what its answer means.

use super::Sources;
use super::hub::{Offer, offer};
use super::plan::PATIENCE;
use crate::format::reading::{Document, Hints};
use crate::news::source::SourceFeed;
use crate::outbound::{Address, Answer, Ask, Bounds, retry_after};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::time::Duration;

/// What one look has found.
pub struct Found {
    pub what: What,
    /// Where it has moved to for good.
    pub moved: Option<Address>,
}

pub enum What {
    /// Nothing since the last time.
    Same,
    Document {
        document: Box<Document>,
        /// Where it was in the end.
        read_at: String,
        etag: Option<String>,
        last_modified: Option<String>,
        /// The hub that tells when there is more.
        offer: Option<Offer>,
    },
    /// It is over, and says so.
    Gone,
    Trouble(Trouble),
}

/// Why nothing was found, and how long it wants to be left alone.
pub struct Trouble {
    pub why: String,
    pub not_before: Option<Duration>,
}

const REDIRECTS: u8 = 5;
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(60),
    bytes: 16 * 1024 * 1024,
};

const WANTED: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, \
                      text/xml;q=0.9, application/json;q=0.9, */*;q=0.5";

impl Sources {
    pub(super) async fn look(&self, feed: &SourceFeed) -> Found {
        // Checked again each time: what may be asked may have changed since it was put in.
        let answer = match self.outbound.address(&feed.settings.url) {
            Ok(address) => self.outbound.send(request(feed, address)).await,
            Err(failure) => Err(failure),
        };
        match answer {
            Ok(answer) => self.understand(feed, answer).await,
            Err(failure) => Found {
                what: What::trouble(failure.to_string(), None),
                moved: None,
            },
        }
    }

    async fn understand(&self, feed: &SourceFeed, answer: Answer) -> Found {
        let Answer {
            status,
            headers,
            body,
            address,
            moved,
        } = answer;
        let what = match status {
            StatusCode::NOT_MODIFIED => What::Same,
            StatusCode::GONE => What::Gone,
            status if status.is_success() => {
                let language = feed.settings.language.clone();
                let at = address.to_string();
                let read = tokio::task::spawn_blocking(move || read(&body, &headers, &at, language.as_deref()));
                match read.await {
                    Ok(what) => what,
                    Err(_) => What::trouble("reading it failed".to_owned(), None),
                }
            }
            status => What::trouble(
                format!("it answered {status}"),
                retry_after(&headers, self.clock.now(), PATIENCE),
            ),
        };
        // An address that answers with trouble is no new address.
        let moved = moved.filter(|_| !matches!(what, What::Trouble(_) | What::Gone));
        Found { what, moved }
    }
}

impl What {
    fn trouble(why: String, not_before: Option<Duration>) -> What {
        What::Trouble(Trouble { why, not_before })
    }
}

fn request(feed: &SourceFeed, address: Address) -> Ask {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static(WANTED));
    for (name, said) in [
        (IF_NONE_MATCH, &feed.health.etag),
        (IF_MODIFIED_SINCE, &feed.health.last_modified),
    ] {
        if let Some(value) = said.as_deref().and_then(|said| HeaderValue::from_str(said).ok()) {
            headers.insert(name, value);
        }
    }
    Ask {
        method: Method::GET,
        address,
        headers,
        body: Bytes::new(),
        redirects: REDIRECTS,
        bounds: BOUNDS,
    }
}

pub(super) fn read(body: &[u8], headers: &HeaderMap, address: &str, language: Option<&str>) -> What {
    let hints = Hints {
        content_type: headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()),
        address: Some(address),
        language,
    };
    match crate::format::read(body, &hints) {
        Ok(mut document) => What::Document {
            offer: offer(
                headers,
                document.about.hub.take(),
                document.about.own_address.take(),
                address,
            ),
            document: Box::new(document),
            read_at: address.to_owned(),
            etag: text(headers, ETAG),
            last_modified: text(headers, LAST_MODIFIED),
        },
        Err(unreadable) => What::trouble(format!("it cannot be read: {unreadable}"), None),
    }
}

/// What is sent back as it came; nobody needs it longer than this.
const LONGEST: usize = 1_000;

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let said = headers.get(name)?.to_str().ok()?;
    (said.len() <= LONGEST).then(|| said.to_owned())
}
