//! Whether it was he who wished it (WebSub §5.3): his address is asked, and has to say back what nobody else knows.

use super::{BOUNDS, Hub, later};
use crate::error::{Error, Result};
use crate::news::websub::{Mode, Wish};
use crate::outbound::{Ask, Failure};
use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::SignedDuration;
use url::Url;

/// An address that cannot be reached is asked this often.
const TRIES: i32 = 3;
const PAUSE: SignedDuration = SignedDuration::from_secs(10);

enum Answer {
    Yes,
    No(String),
    /// Nobody could say.
    Unclear(String),
}

impl Hub {
    pub async fn verify(&self, wish: Wish) -> Result<()> {
        let answer = self.intent(&wish).await?;
        let now = self.clock.now();
        let tx = self.store.begin().await?;
        match answer {
            Answer::Unclear(why) if wish.tries + 1 < TRIES => {
                tracing::debug!(
                    error.cause = why,
                    hub.callback = wish.callback,
                    "a subscriber could not be asked yet"
                );
                tx.put_off_wish(wish.id, later(now, PAUSE)).await?;
            }
            Answer::Unclear(why) | Answer::No(why) => {
                tracing::info!(
                    error.cause = why,
                    hub.callback = wish.callback,
                    "a subscription was not confirmed"
                );
                tx.end_wish(wish.id).await?;
            }
            // What he has wished since is asked for itself.
            Answer::Yes if tx.end_wish(wish.id).await? => match wish.mode {
                Mode::Subscribe => {
                    let until = later(now, SignedDuration::from_secs(wish.seconds));
                    tx.subscribe(&wish, until).await?;
                }
                Mode::Unsubscribe => tx.unsubscribe(&wish.topic, &wish.callback).await?,
            },
            Answer::Yes => {}
        }
        tx.commit().await
    }

    async fn intent(&self, wish: &Wish) -> Result<Answer> {
        let mut random = [0; 24];
        getrandom::fill(&mut random).map_err(Error::internal)?;
        let challenge: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let seconds = wish.seconds.to_string();
        let mut said = vec![
            ("hub.mode", wish.mode.as_str()),
            ("hub.topic", &wish.topic),
            ("hub.challenge", &challenge),
        ];
        if wish.mode == Mode::Subscribe {
            said.push(("hub.lease_seconds", &seconds));
        }
        Ok(match self.get(&wish.callback, &said).await {
            Ok((true, body)) if body == challenge.as_bytes() => Answer::Yes,
            Ok((true, _)) => Answer::No("it did not say the challenge back".to_owned()),
            Ok((false, _)) => Answer::No("it does not want it".to_owned()),
            Err(why @ Failure::Refused(_)) => Answer::No(why.to_string()),
            Err(why) => Answer::Unclear(why.to_string()),
        })
    }

    /// Says something to a subscriber in his own address's query: whether he takes it, and what he says.
    pub(super) async fn get(&self, callback: &str, said: &[(&str, &str)]) -> Result<(bool, Bytes), Failure> {
        let unreadable = |error: url::ParseError| Failure::Refused(error.to_string());
        let mut address = Url::parse(callback).map_err(unreadable)?;
        address.query_pairs_mut().extend_pairs(said);
        let answer = self.outbound.send(Ask {
            method: Method::GET,
            address: self.outbound.address(address.as_str())?,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            redirects: 0,
            bounds: BOUNDS,
        });
        let answer = answer.await?;
        match answer.status {
            status if status.is_server_error() => Err(Failure::Unreachable(format!("it answered {status}"))),
            status => Ok((status.is_success(), answer.body)),
        }
    }
}
