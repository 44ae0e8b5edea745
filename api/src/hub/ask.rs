//! What somebody wishes (WebSub §5.1).

use super::Hub;
use crate::error::{Error, Fault, Kind, Result};
use crate::news::websub::{Mode, Wish};
use std::ops::RangeInclusive;

/// What was asked for, read from a form. What else stands in it is not looked at: the standard says so.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    mode: Option<String>,
    pub topic: Option<String>,
    callback: Option<String>,
    secret: Option<String>,
    lease: Option<String>,
    repeated: Vec<&'static str>,
}

/// Seconds that one is told: ten days at most, and when nothing is said.
const LEASE: RangeInclusive<i64> = 60..=864_000;
/// Bytes: WebSub says less than 200, and short ones can be guessed.
const SECRET: RangeInclusive<usize> = 8..=199;
/// Wishes that wait for an answer, and readers that are told.
const MOST_WISHES: i64 = 1_000;
const MOST: i64 = 20_000;

impl Asked {
    pub fn read(form: &[u8]) -> Asked {
        let mut asked = Asked::default();
        for (name, value) in url::form_urlencoded::parse(form) {
            let (name, slot) = match &*name {
                "hub.mode" => ("hub.mode", &mut asked.mode),
                "hub.topic" => ("hub.topic", &mut asked.topic),
                "hub.callback" => ("hub.callback", &mut asked.callback),
                "hub.secret" => ("hub.secret", &mut asked.secret),
                "hub.lease_seconds" => ("hub.lease_seconds", &mut asked.lease),
                _ => continue,
            };
            if slot.replace(value.into_owned()).is_some() {
                asked.repeated.push(name);
            }
        }
        asked
    }
}

impl Hub {
    /// Takes a wish up, to find out whether it is his who is to be told. `etag`: of the feed as everybody gets it now; none
    /// where there is no such feed.
    pub async fn ask(&self, asked: Asked, etag: Option<String>) -> Result<()> {
        let wish = self.wish(asked, etag)?;
        let (wishes, told) = self.store.count_hub().await?;
        if wishes >= MOST_WISHES || told >= MOST {
            let detail = "The hub has as many subscriptions as it can serve; try again later, or poll the feed.";
            return Err(Error::new(Kind::Busy, "hub_full", detail));
        }
        let tx = self.store.begin().await?;
        tx.put_wish(&wish, self.clock.now()).await?;
        tx.commit().await?;
        self.work.notify_one();
        Ok(())
    }

    fn wish(&self, asked: Asked, etag: Option<String>) -> Result<Wish> {
        let Asked {
            mode,
            topic,
            callback,
            secret,
            lease,
            repeated,
        } = asked;
        let said_twice = |name| Fault::new(name, "repeated", "may be said once only");
        let mut faults: Vec<Fault> = repeated.into_iter().map(said_twice).collect();
        let mut wrong = |field: &str, code, message: String| faults.push(Fault::new(field, code, message));
        let mode = mode.unwrap_or_default();
        let wanted = Mode::parse(&mode);
        if wanted.is_none() {
            let message = match mode.as_str() {
                "publish" => "this hub tells of its own house's feeds only, and knows when they change",
                _ => "must be subscribe or unsubscribe",
            };
            wrong("hub.mode", "invalid_mode", message.to_owned());
        }
        if etag.is_none() {
            let message = "is no feed of this house that everybody may read; take the address that the feed itself names \
                           with rel=self";
            wrong("hub.topic", "unknown_topic", message.to_owned());
        }
        let callback = callback.unwrap_or_default();
        if let Err(failure) = self.outbound.address(&callback) {
            wrong("hub.callback", "invalid_callback", failure.to_string());
        }
        let secret = secret.unwrap_or_default();
        if wanted == Some(Mode::Subscribe) && !SECRET.contains(&secret.len()) {
            let (least, most) = (SECRET.start(), SECRET.end());
            let message =
                format!("is required, {least} to {most} bytes: what is told is signed with it (HMAC, SHA-256)");
            wrong("hub.secret", "invalid_secret", message);
        }
        let seconds = lease.as_deref().map_or(Ok(*LEASE.end()), str::parse::<i64>);
        if seconds.is_err() {
            wrong(
                "hub.lease_seconds",
                "invalid_number",
                "must be a number of seconds".to_owned(),
            );
        }
        let (Some(mode), Some(topic), Ok(seconds), true) = (wanted, topic, seconds, faults.is_empty()) else {
            return Err(Error::parameters(faults));
        };
        Ok(Wish {
            id: self.clock.new_id(),
            topic,
            callback,
            mode,
            secret,
            // How long is the hub's to say (§5.3).
            seconds: seconds.clamp(*LEASE.start(), *LEASE.end()),
            told: etag.unwrap_or_default(),
            tries: 0,
        })
    }
}
