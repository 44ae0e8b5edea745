//! What is posted while the walk runs: to a webhook of each viewer who can have one, to one that is told everything from
//! the oldest change on, and, of feeds, to whoever asked the hub.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::picture::{Shot, without_cursors};
use crate::moves::until_some;
use crate::press::Press;
use crate::runner::Test;
use crate::sources::origin::{self, Origin, Reply};
use crate::webhooks::receiver::{self, Received, Receiver};

/// How a surface posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    /// To a webhook that is there all the time: what came since the last look.
    Live,
    /// To a webhook that is new, and begins with the oldest change.
    Anew,
    /// To a subscriber of the feed that everybody may read: what he has, and what came since the last look.
    Feed,
}

/// Test receivers may be told.
pub fn reaching(test: Test) -> Test {
    test.set(
        "outbound.allow",
        format!("[\"{}\", \"{}\"]", receiver::NETWORK, origin::NETWORK),
    )
    .set("outbound.ports", format!("[{}, {}]", receiver::PORT, origin::PORT))
    .set("outbound.allow_http", true)
}

/// Whoever can have a webhook, and what he was posted.
pub struct Pushed {
    hooks: BTreeMap<&'static str, Hook>,
    origin: Origin,
    /// The feed as it was when the subscriber asked.
    first: String,
    seen: AtomicUsize,
}

struct Hook {
    /// The partner's slug; none for the house's own.
    partner: Option<&'static str>,
    receiver: Receiver,
    id: String,
    seen: AtomicUsize,
}

const FEED: &str = "/feeds/latest.atom";

impl Pushed {
    /// `partners`: a viewer, and which partner he is. The administrator has a webhook of the house itself.
    pub async fn begin(press: &Press, partners: &[(&'static str, &'static str)]) -> Pushed {
        let mut hooks = BTreeMap::new();
        let whose = partners.iter().map(|(viewer, slug)| (*viewer, Some(*slug)));
        for (viewer, partner) in whose.chain([("admin", None)]) {
            let receiver = Receiver::start().await;
            let id = add(press, &receiver, partner, "latest").await;
            let seen = AtomicUsize::new(0);
            hooks.insert(
                viewer,
                Hook {
                    partner,
                    receiver,
                    id,
                    seen,
                },
            );
        }
        let origin = Origin::start().await;
        origin.says("/told", Reply::Echo);
        let pushed = Pushed {
            hooks,
            origin,
            first: press.get(FEED).await.expect(200).text().to_owned(),
            seen: AtomicUsize::new(0),
        };
        pushed.subscribe(press).await;
        pushed
    }

    async fn subscribe(&self, press: &Press) {
        let topic = format!("https://news.example{FEED}");
        let callback = self.origin.url("/told");
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("hub.mode", "subscribe"),
                ("hub.topic", &topic),
                ("hub.callback", &callback),
            ])
            .append_pair("hub.secret", "a secret of ours")
            .finish();
        let ask = press.ask(reqwest::Method::POST, "/websub");
        let ask = ask
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        ask.await.expect(202);
        until_some(async || Some(()).filter(|()| !self.origin.asked("/told").is_empty())).await;
    }

    /// None where this viewer has no such surface.
    pub async fn shot(&self, press: &Press, posted: Posted, viewer: &str) -> Option<Shot> {
        match posted {
            Posted::Live => {
                let hook = self.hooks.get(viewer)?;
                // A new one that has everything says how far everything is.
                let (_, head) = hook.anew(press).await;
                until_some(async || position(press, &hook.id).await.filter(|at| *at >= head)).await;
                let all = hook.receiver.received();
                let seen = hook.seen.swap(all.len(), Ordering::Relaxed);
                Some(told(&all[seen..]))
            }
            Posted::Anew => {
                let hook = self.hooks.get(viewer)?;
                Some(told(&hook.anew(press).await.0))
            }
            Posted::Feed if viewer == "anonymous" => Some(self.feed(press).await),
            Posted::Feed => None,
        }
    }

    /// What the subscriber has is in the end what everybody may read, to the byte.
    async fn feed(&self, press: &Press) -> Shot {
        let now = until_some(async || {
            let now = press.get(FEED).await.expect(200).text().to_owned();
            let posts = self.posts();
            let has = posts.last().unwrap_or(&self.first);
            (*has == now).then_some(now)
        })
        .await;
        let posts = self.posts();
        let seen = self.seen.swap(posts.len(), Ordering::Relaxed);
        let leaks = posts[seen..].iter().any(|post| post.contains(super::TEXT));
        shot(&json!({ "feed": now, "leaks": leaks && !now.contains(super::TEXT) }))
    }

    fn posts(&self) -> Vec<String> {
        let asked = self.origin.asked("/told").into_iter();
        asked
            .filter(|a| a[":method"] == "POST")
            .map(|a| a[":body"].clone())
            .collect()
    }
}

impl Hook {
    /// Everything that one is told that begins with the oldest change, and how far that is.
    async fn anew(&self, press: &Press) -> (Vec<Received>, f64) {
        let receiver = Receiver::start().await;
        let id = add(press, &receiver, self.partner, "oldest").await;
        let head = until_some(async || position(press, &id).await).await;
        press.delete(&format!("/v1/webhooks/{id}")).await.expect(204);
        (receiver.received(), head)
    }
}

async fn add(press: &Press, receiver: &Receiver, partner: Option<&str>, after: &str) -> String {
    let body = json!({ "url": receiver.url(), "partner": partner, "after": after });
    let new = press.post("/v1/webhooks", &body).await.expect(201).json();
    new["id"].as_str().unwrap().to_owned()
}

/// Up to where it has been told everything; none as long as it is at it.
async fn position(press: &Press, id: &str) -> Option<f64> {
    let metrics = press.get("/metrics").await.expect(200);
    let name = format!("dateline_webhook_position{{endpoint=\"{id}\"}} ");
    let line = metrics
        .text()
        .lines()
        .find_map(|line| line.strip_prefix(&name).map(str::to_owned));
    line.map(|value| value.trim().parse().unwrap())
}

fn told(received: &[Received]) -> Shot {
    let mut all: Vec<Value> = received.iter().map(|r| r.json()["data"].take()).collect();
    all.iter_mut().for_each(without_cursors);
    shot(&json!({ "entries": all }))
}

fn shot(body: &Value) -> Shot {
    Shot {
        status: 200,
        headers: BTreeMap::new(),
        body: body.to_string(),
    }
}
