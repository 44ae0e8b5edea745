//! Hubs of sources (WebSub): where a source has one, the house has itself told instead of asking so often.

use super::{Sources, plan};
use crate::error::Result;
use crate::news::SourceFeedId;
use crate::news::source::SourceFeed;
use crate::news::websub::SourceHub;
use crate::outbound::{Ask, Bounds, retry_after};
use crate::store::Tx;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use uuid::Uuid;

/// What a source says of its hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub hub: String,
    /// What the hub knows the source by.
    pub topic: String,
}

/// So long the house wishes to be told, in seconds.
const LEASE: i64 = 864_000;
/// A hub that has taken a wish asks back within this time; if not, it is asked again.
const ANSWER: SignedDuration = SignedDuration::from_mins(10);
/// Pauses after trouble begin with this, in seconds.
const TROUBLE: i64 = 600;
/// One that does not want to tell us is asked again.
const DENIED: SignedDuration = SignedDuration::from_hours(24);
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(15),
    bytes: 16 * 1024,
};

impl Sources {
    /// Notes what a source has said of its hub in the document just read: the same as before, another, or none any more.
    /// Whether there is one to be asked now.
    pub(super) async fn note_offer(&self, tx: &Tx, source: SourceFeedId, offer: Option<Offer>) -> Result<bool> {
        let known = tx.source_hub(source).await?;
        let Some(Offer { hub, topic }) = offer.filter(|_| self.callbacks.is_some()) else {
            if known.is_some() {
                tx.end_source_hub(source).await?;
            }
            return Ok(false);
        };
        if known.is_some_and(|known| known.hub == hub && known.topic == topic) {
            return Ok(false);
        }
        let fresh = SourceHub {
            source,
            hub,
            topic,
            callback: Uuid::new_v4().simple().to_string(),
            secret: format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()),
            denied: false,
            until: Timestamp::UNIX_EPOCH,
            failures: 0,
            last_error: None,
        };
        tx.file_source_hub(&fresh, self.clock.now()).await?;
        Ok(true)
    }

    /// Takes a hub that is to be asked, if there is one.
    pub async fn take_hub(&self) -> Result<Option<SourceHub>> {
        let now = self.clock.now();
        if self.callbacks.is_none() || !self.store.has_due_source_hub(now).await? {
            return Ok(None);
        }
        let tx = self.store.begin().await?;
        let hub = tx.take_source_hub(now, plan::later(now, ANSWER)).await?;
        tx.commit().await?;
        Ok(hub)
    }

    /// Asks a hub to tell us, or to go on telling us. It asks back before this returns, or later.
    pub async fn ask_hub(&self, hub: SourceHub) -> Result<()> {
        let Some(callbacks) = &self.callbacks else {
            return Ok(());
        };
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("hub.mode", "subscribe")
            .append_pair("hub.topic", &hub.topic)
            .append_pair("hub.callback", &format!("{callbacks}/{}", hub.callback))
            .append_pair("hub.secret", &hub.secret)
            .append_pair("hub.lease_seconds", &LEASE.to_string())
            .finish();
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        let asked = match self.outbound.address(&hub.hub) {
            Ok(address) => {
                let ask = Ask {
                    method: Method::POST,
                    address,
                    headers: HeaderMap::from_iter([(CONTENT_TYPE, form_type)]),
                    body: Bytes::from(form),
                    redirects: 0,
                    bounds: BOUNDS,
                };
                self.outbound.send(ask).await
            }
            Err(failure) => Err(failure),
        };
        let (why, wait) = match asked {
            // What becomes of it is told to the callback.
            Ok(answer) if answer.status.is_success() => return Ok(()),
            Ok(answer) => {
                let wait = retry_after(&answer.headers, self.clock.now(), plan::PATIENCE);
                (format!("it answered {}", answer.status), wait)
            }
            Err(failure) => (failure.to_string(), None),
        };
        tracing::info!(error.cause = why, hub.address = hub.hub, "a hub could not be asked");
        self.change(&hub.callback, |known, now| {
            known.failures = known.failures.saturating_add(1);
            known.last_error = Some(why);
            Some(plan::again(now, TROUBLE, known.failures, wait))
        })
        .await?;
        Ok(())
    }

    /// Whether it was we who wished this; if so, we are told from now on, for so many seconds.
    pub async fn intends(&self, callback: &str, mode: &str, topic: &str, lease: Option<i64>) -> Result<bool> {
        self.change(callback, |hub, now| {
            if mode != "subscribe" || hub.topic != topic {
                return None;
            }
            let seconds = lease.unwrap_or(LEASE).clamp(60, LEASE);
            hub.denied = false;
            hub.failures = 0;
            hub.last_error = None;
            hub.until = plan::later(now, SignedDuration::from_secs(seconds));
            // In time for the next one.
            Some(plan::later(now, SignedDuration::from_secs(seconds / 5 * 4)))
        })
        .await
    }

    /// The hub does not want to tell us, or not any more.
    pub async fn denied(&self, callback: &str, topic: &str, reason: &str) -> Result<()> {
        let reason: String = reason.chars().filter(|c| !c.is_control()).take(200).collect();
        self.change(callback, |hub, now| {
            if hub.topic != topic {
                return None;
            }
            hub.denied = true;
            hub.last_error = Some(format!("it does not want to tell us: {reason}"));
            Some(plan::later(now, DENIED))
        })
        .await?;
        Ok(())
    }

    /// Changes what is known of a hub, and when it is asked again; where that is none, nothing. Whether there was a change.
    async fn change(
        &self,
        callback: &str,
        change: impl FnOnce(&mut SourceHub, Timestamp) -> Option<Timestamp>,
    ) -> Result<bool> {
        let Some((known, slug)) = self.store.find_source_hub(callback).await? else {
            return Ok(false);
        };
        let tx = self.store.begin().await?;
        // Whoever changes a hub holds its source.
        let feed = tx.lock_source_feed(&slug).await?;
        let hub = match feed {
            Some(feed) if feed.id == known.source => tx.source_hub(feed.id).await?,
            Some(_) | None => None,
        };
        let Some(mut hub) = hub.filter(|hub| hub.callback == callback) else {
            return Ok(false);
        };
        let Some(due) = change(&mut hub, self.clock.now()) else {
            return Ok(false);
        };
        tx.file_source_hub(&hub, due).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// When a source is looked at again after a good look: less often while its hub tells us.
    pub(super) async fn next_look(&self, tx: &Tx, feed: &SourceFeed) -> Result<Timestamp> {
        let now = self.clock.now();
        let hub = tx.source_hub(feed.id).await?;
        let told = hub.is_some_and(|hub| hub.tells(now));
        Ok(plan::next(now, plan::pause(feed.settings.every_seconds, told)))
    }
}

/// What a document, or the answer that it came with, says of its hub; an answer counts for more (WebSub §4).
pub(super) fn offer(headers: &HeaderMap, hub: Option<String>, own: Option<String>, read_at: &str) -> Option<Offer> {
    let linked = |relation: &str| linked(headers, relation);
    let hub = linked("hub").or(hub)?;
    let topic = linked("self").or(own).unwrap_or_else(|| read_at.to_owned());
    let is_web = |address: &String| {
        address.len() <= 2_000 && url::Url::parse(address).is_ok_and(|u| u.scheme().starts_with("http"))
    };
    (is_web(&hub) && is_web(&topic)).then_some(Offer { hub, topic })
}

/// The first target of a relation among the `Link` headers (RFC 8288).
fn linked(headers: &HeaderMap, relation: &str) -> Option<String> {
    let lines = headers
        .get_all(http::header::LINK)
        .iter()
        .filter_map(|line| line.to_str().ok());
    // A comma may stand in an address, but hardly before its `<`.
    lines.flat_map(|line| line.split('<').skip(1)).find_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        let is_relation = |parameter: &str| {
            let (name, value) = parameter.split_once('=').unwrap_or_default();
            let value = value.trim().trim_end_matches(',').trim().trim_matches('"');
            name.trim().eq_ignore_ascii_case("rel")
                && value.split_whitespace().any(|r| r.eq_ignore_ascii_case(relation))
        };
        parameters.split(';').any(is_relation).then(|| target.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::LINK;

    #[test]
    fn a_hub_is_found_in_the_answer_or_in_the_document() {
        let with = |lines: &[&str]| {
            let lines = lines.iter().map(|line| (LINK, HeaderValue::from_str(line).unwrap()));
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(name, value);
            }
            headers
        };
        let found = |lines: &[&str], hub: Option<&str>, own: Option<&str>| {
            let offer = offer(
                &with(lines),
                hub.map(str::to_owned),
                own.map(str::to_owned),
                "https://a.example/read",
            );
            offer.map(|offer| (offer.hub, offer.topic))
        };
        let both = Some(("https://hub.example/".to_owned(), "https://a.example/self".to_owned()));
        assert_eq!(
            found(&[], Some("https://hub.example/"), Some("https://a.example/self")),
            both
        );
        let said = ["<https://hub.example/>; rel=\"hub\", <https://a.example/self>;rel=self"];
        assert_eq!(found(&said, Some("https://other.example/"), None), both);
        let said = [
            "<https://hub.example/>; REL=\"preload Hub\"",
            "</x>; rel=next",
            "<https://a.example/self>; title=\"a\"; rel=self",
        ];
        assert_eq!(found(&said, None, Some("https://other.example/")), both);
        let at = found(&[], Some("https://hub.example/"), None).unwrap().1;
        assert_eq!(at, "https://a.example/read");
        assert_eq!(found(&[], None, Some("https://a.example/self")), None);
        assert_eq!(found(&[], Some("mailto:hub@example"), None), None);
    }
}
