//! Outbound: the only room that makes requests into the world. Whoever gives the house an address (a source, a redirect,
//! a partner's webhook) may not make it ask what only the house can reach.
//!
//! Cast: `Outbound` sends an `Ask` and reads the `Answer`; `Address` is an address that may be asked at all; `ranges` which
//! IP addresses are the world's; `names` the one resolution of a name; `connect` the connection, `body` the bounded reading;
//! `signature` what those who are told of something know us by, `patience` when they are told again; `Line` a
//! connection for several requests in a row, whose contents are made when it stands.
//! Promises: only https on listed ports, unless the configuration says otherwise. A name is resolved once for a request, each
//! of its addresses is checked, and what is connected to is one that was checked, not the name: so an answer of the name
//! service that changes in between changes nothing. Redirects are asked for by the caller, and every hop is a request of its
//! own with all of this. No proxy is taken from the environment. Time, bytes sent and bytes unpacked are bounded together,
//! while they arrive.

mod address;
mod body;
mod connect;
mod line;
mod names;
mod patience;
mod ranges;
mod signature;
#[cfg(test)]
mod tests;

pub use address::Address;
pub use line::Line;
pub use patience::{LONGEST_REST, PATIENCE, pause, retry_after};
pub use signature::{is_signed, sign};

use crate::config;
use address::Policy;
use bytes::Bytes;
use connect::{Connection, Connector};
use http::header::{ACCEPT_ENCODING, HOST, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use names::Names;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Clones share what is kept.
#[derive(Clone)]
pub struct Outbound {
    policy: Arc<Policy>,
    names: Names,
    connector: Connector,
    agent: HeaderValue,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Ask {
    pub method: Method,
    pub address: Address,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// How many redirects are followed; without any, a redirect is an answer like others. Only for GET.
    pub redirects: u8,
    pub bounds: Bounds,
}

/// What an answer may cost.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// From the resolution of the first name to the last byte of the last answer.
    pub time: Duration,
    /// Of the body as it comes, and again as it is unpacked.
    pub bytes: usize,
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Unpacked.
    pub body: Bytes,
    /// Who answered.
    pub address: Address,
    /// Where the asked one has moved to for good, if it has.
    pub moved: Option<Address>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It may not be asked. Nothing was sent.
    Refused(String),
    /// Its name leads nowhere at the moment.
    Nameless(String),
    /// Nobody answers there, or not in a way that can be understood.
    Unreachable(String),
    /// It does not prove who it is.
    Untrusted(String),
    TooLate,
    TooLarge(usize),
    /// It only ever sends one on.
    Astray(u8),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused(why) => write!(f, "not allowed: {why}"),
            Failure::Nameless(why) => write!(f, "its name could not be resolved: {why}"),
            Failure::Unreachable(why) => write!(f, "no answer: {why}"),
            Failure::Untrusted(why) => write!(f, "TLS: {why}"),
            Failure::TooLate => f.write_str("it took too long"),
            Failure::TooLarge(most) => write!(f, "the answer is larger than {most} bytes"),
            Failure::Astray(hops) => write!(f, "more than {hops} redirects"),
        }
    }
}

impl std::error::Error for Failure {}

impl Outbound {
    /// Says what is wrong with the configuration.
    pub fn new(config: &config::Outbound, agent: &str) -> Result<Outbound, String> {
        Ok(Outbound {
            policy: Arc::new(Policy::new(config)?),
            names: Names::System,
            connector: Connector::new(&config.ca_file)?,
            agent: HeaderValue::from_str(agent).map_err(|e| e.to_string())?,
        })
    }

    /// Reads an address that may be asked, as far as that can be said without resolving its name.
    pub fn address(&self, text: &str) -> Result<Address, Failure> {
        self.policy.address(text).map_err(Failure::Refused)
    }

    pub async fn send(&self, ask: Ask) -> Result<Answer, Failure> {
        let time = ask.bounds.time;
        match tokio::time::timeout(time, Box::pin(self.follow(ask))).await {
            Ok(done) => done,
            Err(_) => Err(Failure::TooLate),
        }
    }

    /// Goes where redirects lead.
    async fn follow(&self, ask: Ask) -> Result<Answer, Failure> {
        let mut at = ask.address.clone();
        let (mut moved, mut for_good) = (None, true);
        let mut hops = 0;
        loop {
            let answer = self.hop(&ask, &at).await?;
            let next = match ask.redirects {
                0 => None,
                _ if ask.method != Method::GET => None,
                _ => redirect(answer.status, &answer.headers),
            };
            let Some((next, permanent)) = next else {
                return Ok(Answer { moved, ..answer });
            };
            hops += 1;
            if hops > ask.redirects {
                return Err(Failure::Astray(ask.redirects));
            }
            at = self.policy.next(&at, &next).map_err(Failure::Refused)?;
            for_good = for_good && permanent;
            if for_good {
                moved = Some(at.clone());
            }
        }
    }

    /// One request to one address.
    async fn hop(&self, ask: &Ask, at: &Address) -> Result<Answer, Failure> {
        let mut connection = self.connect(at).await?;
        let request = self.request(&ask.method, &ask.headers, ask.body.clone(), at);
        let answer = connection.ask(request?).await?;
        let (head, incoming) = answer.into_parts();
        let body = body::read(incoming, &head.headers, ask.bounds.bytes).await?;
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body,
            address: at.clone(),
            moved: None,
        })
    }

    async fn connect(&self, at: &Address) -> Result<Connection, Failure> {
        let places = self.names.resolve(at).await?;
        // One wrong address among several is enough: it is not by chance that it stands there.
        for place in &places {
            self.policy.place(place.ip()).map_err(Failure::Refused)?;
        }
        self.connector.connect(at, &places).await
    }

    fn request(
        &self,
        method: &Method,
        wanted: &HeaderMap,
        body: Bytes,
        at: &Address,
    ) -> Result<Request<Full<Bytes>>, Failure> {
        let unsendable = |e: http::Error| Failure::Unreachable(e.to_string());
        let mut request = Request::builder()
            .method(method.clone())
            .uri(at.target())
            .body(Full::new(body))
            .map_err(unsendable)?;
        let host = HeaderValue::from_str(&at.authority()).map_err(|e| unsendable(e.into()))?;
        let headers = request.headers_mut();
        headers.clone_from(wanted);
        headers.insert(HOST, host);
        headers.insert(USER_AGENT, self.agent.clone());
        headers
            .entry(ACCEPT_ENCODING)
            .or_insert(HeaderValue::from_static(body::ENCODINGS));
        Ok(request)
    }
}

/// Where an answer sends one, and whether for good.
fn redirect(status: StatusCode, headers: &HeaderMap) -> Option<(String, bool)> {
    let permanent = match status {
        StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT => true,
        StatusCode::FOUND | StatusCode::SEE_OTHER | StatusCode::TEMPORARY_REDIRECT => false,
        _ => return None,
    };
    // Some send it in UTF-8, against the rules.
    let location = headers.get(LOCATION)?;
    Some((String::from_utf8_lossy(location.as_bytes()).into_owned(), permanent))
}
