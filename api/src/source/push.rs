//! What a source's hub tells: the same as a look, save that nobody has asked.

use super::ask::{Found, What, read};
use super::hub::Offer;
use super::pull::{End, Pulled};
use super::{Brought, Sources};
use crate::error::{Kind, Result};
use crate::news::write::Outcome;
use crate::outbound::is_signed;
use bytes::Bytes;
use http::HeaderMap;

/// What became of what a hub has told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    Taken,
    /// Nobody wishes to be told anything there.
    Unknown,
    /// It is not the hub that has told it, or it says so in a way that is too weak.
    Unsigned,
    /// Somebody looks at the source at this moment; the hub is to come again.
    Busy,
}

impl Sources {
    /// Takes in what a hub has sent to this callback.
    pub async fn push<D, F>(&self, callback: &str, headers: &HeaderMap, body: Bytes, desk: D) -> Result<Pushed>
    where
        D: Fn(Vec<Brought>) -> F + Sync,
        F: Future<Output = Result<Vec<Result<Outcome>>>> + Send,
    {
        let Some((hub, slug)) = self.store.find_source_hub(callback).await? else {
            return Ok(Pushed::Unknown);
        };
        let Some(signature) = signature(headers) else {
            return Ok(Pushed::Unsigned);
        };
        if !is_signed(&hub.secret, &[&body], &signature)? {
            return Ok(Pushed::Unsigned);
        }
        let due = match self.claim_now(&slug).await {
            Ok(due) => due,
            Err(error) if error.kind == Kind::Conflict => return Ok(Pushed::Busy),
            Err(error) => return Err(error),
        };
        let (language, headers, topic) = (due.feed.settings.language.clone(), headers.clone(), hub.topic.clone());
        let reading = tokio::task::spawn_blocking(move || read(&body, &headers, &topic, language.as_deref()));
        let what = match (reading.await, due.feed.settings.paused) {
            // What it offers and when it changed is said by itself, not by its hub.
            (Ok(What::Document { document, read_at, .. }), false) => What::Document {
                document,
                read_at,
                etag: due.feed.health.etag.clone(),
                last_modified: due.feed.health.last_modified.clone(),
                offer: Some(Offer {
                    hub: hub.hub,
                    topic: hub.topic,
                }),
            },
            // The next look will tell what it is.
            (Ok(_) | Err(_), _) => What::Same,
        };
        let Pulled { end, .. } = self.settle(due, Found { what, moved: None }, desk).await?;
        match end {
            End::Read => metrics::counter!("dateline_source_pushes_total", "source" => slug).increment(1),
            End::NotModified | End::Gone | End::Failed(_) => {}
        }
        Ok(Pushed::Taken)
    }
}

/// `sha256=…`; others are not taken.
fn signature(headers: &HeaderMap) -> Option<Vec<u8>> {
    let said = headers.get("x-hub-signature")?.to_str().ok()?;
    let (method, hex) = said.split_once('=')?;
    let digits = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    let bytes = (0..hex.len()).step_by(2).map(digits).collect::<Option<Vec<u8>>>();
    bytes.filter(|_| method.eq_ignore_ascii_case("sha256"))
}
