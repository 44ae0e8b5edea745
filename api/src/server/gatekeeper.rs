//! Who asks, and from where: found out once, before anything else happens.
//!
//! A key travels in `Authorization` only. What looks like one in an address is refused before anybody reads the address:
//! addresses stand in the logs of every proxy on the way.

use crate::access::Access;
use crate::clock::Clock;
use crate::config::Server;
use crate::error::Result;
use crate::news::partner::Network;
use crate::news::tags::Readings;
use crate::news::viewer::{Sender, Viewer};
use crate::web::{Caller, Problem};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;

/// The other end of the connection. Goes with each request.
#[derive(Clone, Copy)]
pub struct Peer(pub IpAddr);

#[derive(Clone)]
pub struct Gatekeeper {
    access: Access,
    clock: Clock,
    trusted: Arc<[Network]>,
    /// Sites whose pages may read here without a key of their own.
    sites: Arc<[String]>,
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

impl Gatekeeper {
    pub fn new(access: Access, clock: Clock, config: &Server) -> Gatekeeper {
        // What is no network was refused with the configuration.
        let trusted = config.trusted_proxies.iter().filter_map(|n| Network::parse(n).ok());
        Gatekeeper {
            access,
            clock,
            trusted: trusted.collect(),
            sites: config.cors_origins.clone().into(),
        }
    }

    /// Whether pages of this site may read whatever everybody may.
    pub fn admits(&self, origin: &HeaderValue) -> bool {
        self.sites
            .iter()
            .any(|site| site == "*" || site.as_bytes() == origin.as_bytes())
    }

    /// The same, or some key may be sent by them: what a browser wants to know before it sends one.
    pub async fn may_send(&self, origin: &HeaderValue) -> bool {
        if self.admits(origin) {
            return true;
        }
        let Ok(origin) = origin.to_str() else { return false };
        self.access.is_site(origin).await.unwrap_or_else(|error| {
            tracing::warn!(error.cause = %error, "could not look up which sites have a key");
            false
        })
    }

    fn sender(&self, request: &Request) -> Sender {
        let headers = request.headers();
        let peer = request.extensions().get::<Peer>().map(|Peer(address)| *address);
        let origin = headers.get(header::ORIGIN).and_then(|v| v.to_str().ok());
        Sender {
            address: peer.and_then(|peer| address(peer, headers, &self.trusted)),
            origin: origin.map(str::to_owned),
        }
    }

    async fn viewer(&self, headers: &HeaderMap, sender: &Sender) -> Result<Viewer> {
        let Some(value) = headers.get(header::AUTHORIZATION) else {
            return Ok(Viewer::Public);
        };
        let bearer = value.to_str().ok().and_then(|v| v.split_once(' '));
        let key = bearer
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map_or("", |(_, key)| key.trim());
        self.access.recognise(key, sender).await
    }

    /// A browser's key opens the answer to the site that it was sent from.
    fn open_to(&self, response: &mut Response, asked: Option<HeaderValue>) {
        if let Some(origin) = asked.filter(|origin| !self.admits(origin)) {
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
    }
}

pub async fn recognise(State(keeper): State<Gatekeeper>, mut request: Request, next: Next) -> Response {
    if holds_key(request.uri()) {
        let detail = "A key stands in this address, where proxies and browsers write it down. Send it as \
                      `Authorization: Bearer <key>`, and have this one revoked.";
        return Problem::new(StatusCode::BAD_REQUEST, "key_in_url", detail).into_response();
    }
    let sender = keeper.sender(&request);
    let viewer = match keeper.viewer(request.headers(), &sender).await {
        Ok(viewer) => viewer,
        Err(error) => return error.into_response(),
    };
    let sight = match keeper.access.sight(&viewer).await {
        Ok(sight) => sight,
        Err(error) => return error.into_response(),
    };
    let from_site = match &viewer {
        Viewer::Key(key) if !key.origins.is_empty() => request.headers().get(header::ORIGIN).cloned(),
        Viewer::Key(_) | Viewer::Public | Viewer::Operator => None,
    };
    request.extensions_mut().insert(Caller {
        viewer,
        sender,
        sight,
        now: keeper.clock.now(),
        readings: Readings::unnoted(),
    });
    let mut response = next.run(request).await;
    keeper.open_to(&mut response, from_site);
    response
}

/// The client's address: the connection's other end, or, where that is a proxy that is trusted, what it and the proxies
/// behind it say. Where these say nothing plain, or two headers say two things, nobody knows.
fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Option<IpAddr> {
    let is_proxy = |address: IpAddr| trusted.iter().any(|network| network.holds(address));
    let peer = peer.to_canonical();
    if !is_proxy(peer) {
        return Some(peer);
    }
    let (x_forwarded, forwarded) = (hops(headers, &X_FORWARDED_FOR), hops(headers, &header::FORWARDED));
    // A proxy that writes one header may pass on the other as the client has made it up.
    let said = [x_forwarded, forwarded]
        .into_iter()
        .flatten()
        .map(|hops| behind(peer, &hops, is_proxy));
    let mut said = said.collect::<Vec<_>>();
    said.dedup();
    match said.as_slice() {
        [] => Some(peer),
        [one] => *one,
        _ => None,
    }
}

/// The first from the right who is not trusted: whatever stands left of him, he may have made up.
fn behind(peer: IpAddr, hops: &[Option<IpAddr>], is_proxy: impl Fn(IpAddr) -> bool) -> Option<IpAddr> {
    let mut last = Some(peer);
    for hop in hops.iter().rev() {
        last = *hop;
        if !hop.is_some_and(&is_proxy) {
            break;
        }
    }
    last
}

/// The addresses that a header names, the client's first; none where there is no such header. What is no address, or is
/// hidden, is an empty place.
fn hops(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<Option<IpAddr>>> {
    let mut lines = headers.get_all(name).iter().peekable();
    lines.peek()?;
    let lines = lines.map(|line| line.to_str().unwrap_or("?"));
    let hops = lines.flat_map(|line| line.split(',')).map(|hop| {
        let hop = hop.trim();
        if *name == X_FORWARDED_FOR {
            return plain(hop);
        }
        // RFC 7239: `for=192.0.2.43;proto=http`, `for="[2001:db8::1]:4711"`.
        let mut pairs = hop.split(';').filter_map(|pair| pair.trim().split_once('='));
        let (_, node) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
        plain(node.trim_matches('"'))
    });
    Some(hops.collect())
}

/// An address, with a port or without.
fn plain(text: &str) -> Option<IpAddr> {
    let host = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None if text.matches(':').count() == 1 => text.split(':').next()?,
        None => text,
    };
    host.parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// Letters of an id and of a secret below which nothing is taken for a key.
const ID: usize = 8;
const SECRET: usize = 20;

/// Whether something in the address looks like a key, `dl_<id>_<secret>`, percent-encoded or not.
fn holds_key(uri: &Uri) -> bool {
    let text = uri.path_and_query().map_or("", |p| p.as_str());
    if !text.contains("dl_") && !text.contains('%') {
        return false;
    }
    let mut pieces = url::form_urlencoded::parse(text.as_bytes());
    pieces.any(|(name, value)| reads_as_key(&name) || reads_as_key(&value))
}

fn reads_as_key(text: &str) -> bool {
    let of_secret = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    text.split("dl_").skip(1).any(|rest| {
        let (id, rest) = rest.split_once('_').unwrap_or_default();
        let secret = rest.chars().take_while(|c| of_secret(*c)).count();
        id.len() >= ID && id.bytes().all(|b| b.is_ascii_alphanumeric()) && secret >= SECRET
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, headers: &[(&'static str, &str)], trusted: &[&str]) -> Option<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let trusted: Vec<Network> = trusted.iter().map(|n| Network::parse(n).unwrap()).collect();
        address(peer.parse().unwrap(), &map, &trusted).map(|a| a.to_string())
    }

    #[test]
    fn who_is_no_proxy_says_nothing_of_where_he_is() {
        let made_up = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.1")];
        assert_eq!(client("198.51.100.9", &made_up, &[]).as_deref(), Some("198.51.100.9"));
        let others = ["203.0.113.0/24"];
        assert_eq!(
            client("198.51.100.9", &made_up, &others).as_deref(),
            Some("198.51.100.9")
        );
        assert_eq!(client("::ffff:198.51.100.9", &[], &[]).as_deref(), Some("198.51.100.9"));
    }

    #[test]
    fn behind_proxies_the_first_from_the_right_who_is_none_is_the_client() {
        let trusted = ["10.0.0.0/8", "2001:db8:1::/48"];
        for (header, value, expected) in [
            ("x-forwarded-for", "192.0.2.1", Some("192.0.2.1")),
            ("x-forwarded-for", "203.0.113.5, 192.0.2.1", Some("192.0.2.1")),
            ("x-forwarded-for", "203.0.113.5, 192.0.2.1, 10.1.1.1", Some("192.0.2.1")),
            ("x-forwarded-for", "192.0.2.1:4711", Some("192.0.2.1")),
            ("x-forwarded-for", "[2001:db8::1]:4711, 10.1.1.1", Some("2001:db8::1")),
            ("x-forwarded-for", "10.2.2.2, 10.1.1.1", Some("10.2.2.2")),
            ("x-forwarded-for", "192.0.2.1, unknown", None),
            ("x-forwarded-for", "", None),
            ("forwarded", "for=192.0.2.1;proto=https;by=10.0.0.1", Some("192.0.2.1")),
            (
                "forwarded",
                "proto=https;For=\"[2001:db8::1]:4711\", for=10.1.1.1",
                Some("2001:db8::1"),
            ),
            ("forwarded", "for=192.0.2.1, for=_hidden", None),
            ("forwarded", "for=192.0.2.1, proto=https", None),
        ] {
            assert_eq!(
                client("10.0.0.1", &[(header, value)], &trusted).as_deref(),
                expected,
                "{header}: {value}"
            );
        }
        assert_eq!(client("10.0.0.1", &[], &trusted).as_deref(), Some("10.0.0.1"));
        let two = [("x-forwarded-for", "203.0.113.5"), ("x-forwarded-for", "192.0.2.1")];
        assert_eq!(client("10.0.0.1", &two, &trusted).as_deref(), Some("192.0.2.1"));
    }

    #[test]
    fn of_two_headers_that_differ_none_is_believed() {
        let same = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.1")];
        assert_eq!(client("10.0.0.1", &same, &["10.0.0.1"]).as_deref(), Some("192.0.2.1"));
        let differ = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=203.0.113.5")];
        assert_eq!(client("10.0.0.1", &differ, &["10.0.0.1"]), None);
    }

    #[test]
    fn what_looks_like_a_key_is_found_wherever_it_stands() {
        let key = "dl_2f7Qx0aZk3Lm_8Jr1w-_0aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456";
        for address in [
            format!("/v1/me?key={key}"),
            format!("/v1/articles/{key}"),
            format!("/{key}/feed"),
            format!("/x?a=1&b=x{key}"),
            format!("/x?k={}", key.replace('_', "%5F")),
            format!("/x?k={}", key.replace("dl", "%64l")),
        ] {
            assert!(holds_key(&address.parse().unwrap()), "{address}");
        }
        for address in [
            "/v1/articles/dl_report_2026",
            "/dl_",
            "/x?q=dl_short_x",
            "/v1/articles/middle_of_nowhere_and_so_on_and_on",
        ] {
            assert!(!holds_key(&address.parse().unwrap()), "{address}");
        }
    }
}
