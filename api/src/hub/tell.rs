//! What a subscriber is told (WebSub §7): the whole feed, as everybody gets it at the moment of telling.

use super::{BOUNDS, Content, Hub, after};
use crate::error::{Error, Result};
use crate::news::websub::Subscription;
use crate::outbound::{Ask, Failure, LONGEST_REST, PATIENCE, pause, retry_after, sign};
use http::header::{CONTENT_TYPE, LINK};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::time::Duration;

const SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature");

enum Outcome {
    Told,
    /// He does not want to be told any more.
    Gone,
    Failed {
        why: String,
        wait: Duration,
    },
}

impl Hub {
    pub async fn tell<C, F>(&self, to: Subscription, content: C) -> Result<()>
    where
        C: Fn(String) -> F + Sync,
        F: Future<Output = Result<Option<Content>>> + Send,
    {
        let Some(news) = content(to.topic.clone()).await? else {
            return self.deny(to).await;
        };
        let outcome = match news.etag == to.told {
            true => Outcome::Told,
            false => self.send(&to, &news).await?,
        };
        metrics::counter!("dateline_hub_deliveries_total", "outcome" => outcome.as_str()).increment(1);
        // What changed while he was told.
        let newest = content(to.topic.clone()).await?;
        let now = self.clock.now();
        let tx = self.store.begin().await?;
        match outcome {
            Outcome::Told => {
                let changed = newest.is_none_or(|newest| newest.etag != news.etag);
                tx.told(to.id, &news.etag, changed.then_some(now)).await?;
            }
            Outcome::Gone => tx.end_subscription(to.id).await?,
            Outcome::Failed { why, wait } => {
                let since = to.failing_since.unwrap_or(now);
                let given_up = now.duration_since(since).unsigned_abs() >= PATIENCE;
                tracing::debug!(
                    error.cause = why,
                    hub.callback = to.callback,
                    given_up,
                    "a subscriber could not be told"
                );
                match given_up {
                    true => tx.end_subscription(to.id).await?,
                    false => tx.not_told(to.id, now, after(now, wait)).await?,
                }
            }
        }
        tx.commit().await
    }

    async fn send(&self, to: &Subscription, news: &Content) -> Result<Outcome> {
        let tag = sign(&to.secret, &[&news.body])?;
        let tag: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
        let links = format!("<{}>; rel=\"hub\", <{}>; rel=\"self\"", self.address, to.topic);
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (CONTENT_TYPE, news.kind.clone()),
            (LINK, links),
            (SIGNATURE, format!("sha256={tag}")),
        ] {
            headers.insert(name, HeaderValue::from_str(&value).map_err(Error::internal)?);
        }
        let failures = u32::try_from(to.failures).unwrap_or(0).saturating_add(1);
        let address = match self.outbound.address(&to.callback) {
            Ok(address) => address,
            Err(failure) => return Ok(failed(&failure, failures)),
        };
        let answer = self.outbound.send(Ask {
            method: Method::POST,
            address,
            headers,
            body: news.body.clone(),
            redirects: 0,
            bounds: BOUNDS,
        });
        Ok(match answer.await {
            Ok(answer) if answer.status == StatusCode::GONE => Outcome::Gone,
            Ok(answer) if answer.status.is_success() => Outcome::Told,
            Ok(answer) => {
                let asked = retry_after(&answer.headers, self.clock.now(), LONGEST_REST).unwrap_or_default();
                Outcome::Failed {
                    why: format!("it answered {}", answer.status),
                    wait: pause(failures).max(asked),
                }
            }
            // He has it: what he says to it is of no use to anybody.
            Err(Failure::TooLarge(_)) => Outcome::Told,
            Err(failure) => failed(&failure, failures),
        })
    }

    /// The feed is not there any more, or not for everybody: he is told that he is not told (§5.2).
    async fn deny(&self, to: Subscription) -> Result<()> {
        let said = [
            ("hub.mode", "denied"),
            ("hub.topic", &to.topic),
            ("hub.reason", "There is no such feed any more."),
        ];
        if let Err(failure) = self.get(&to.callback, &said).await {
            tracing::debug!(error.cause = %failure, hub.callback = to.callback, "a subscriber was not told that it is over");
        }
        let tx = self.store.begin().await?;
        tx.end_subscription(to.id).await?;
        tx.commit().await
    }
}

fn failed(failure: &Failure, failures: u32) -> Outcome {
    Outcome::Failed {
        why: failure.to_string(),
        wait: pause(failures),
    }
}

impl Outcome {
    fn as_str(&self) -> &'static str {
        match self {
            Outcome::Told => "told",
            Outcome::Gone => "gone",
            Outcome::Failed { .. } => "failed",
        }
    }
}
