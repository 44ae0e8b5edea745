//! Addresses as people and redirects give them, and which of them may be asked.

use super::ranges::{disguised, special};
use crate::config;
use crate::news::partner::Network;
use std::fmt;
use std::net::IpAddr;
use url::{Host, Url};

/// An address that may be asked: http or https, a host, a listed port, nobody's name and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    url: Url,
    host: Host,
    port: u16,
}

impl Address {
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    pub fn host(&self) -> &Host {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn is_tls(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// As a request line names it.
    pub(super) fn target(&self) -> String {
        match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        }
    }

    /// As the `Host` header names it.
    pub(super) fn authority(&self) -> String {
        match self.url.port() {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.to_string(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the configuration allows.
pub(super) struct Policy {
    allow: Vec<Network>,
    ports: Vec<u16>,
    allow_http: bool,
}

/// Longer ones are no feed's and no partner's.
const LONGEST: usize = 2_000;

impl Policy {
    pub fn new(config: &config::Outbound) -> Result<Policy, String> {
        let config::Outbound {
            allow,
            ports,
            allow_http,
            ca_file: _,
        } = config;
        Ok(Policy {
            allow: allow.iter().map(|n| Network::parse(n)).collect::<Result<_, _>>()?,
            ports: ports.clone(),
            allow_http: *allow_http,
        })
    }

    pub fn address(&self, text: &str) -> Result<Address, String> {
        plain(text)?;
        let url = Url::parse(text).map_err(|e| format!("`{text}` is no address of the web ({e})"))?;
        spelled(&url, text)?;
        self.checked(url)
    }

    /// Where a redirect from there leads.
    pub fn next(&self, from: &Address, to: &str) -> Result<Address, String> {
        plain(to)?;
        let url = from
            .url
            .join(to)
            .map_err(|e| format!("the redirect leads to no address of the web ({e})"))?;
        let next = spelled(&url, to).and_then(|()| self.checked(url));
        let next = next.map_err(|why| format!("the redirect to {to}: {why}"))?;
        if from.is_tls() && !next.is_tls() {
            return Err(format!("the redirect to {to} leaves https"));
        }
        Ok(next)
    }

    fn checked(&self, mut url: Url) -> Result<Address, String> {
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            "http" => return Err("only https is asked; outbound.allow_http allows http too".to_owned()),
            other => return Err(format!("only https is asked, not {other}")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a name or a password in an address is not sent".to_owned());
        }
        let Some(host) = url.host().map(|h| h.to_owned()) else {
            return Err("it names no host".to_owned());
        };
        let port = url.port_or_known_default().unwrap_or(0);
        if !self.ports.contains(&port) {
            return Err(format!("port {port} is not among outbound.ports"));
        }
        match &host {
            Host::Domain(name) => named(name)?,
            Host::Ipv4(ip) => self.place(IpAddr::V4(*ip))?,
            Host::Ipv6(ip) => self.place(IpAddr::V6(*ip))?,
        }
        url.set_fragment(None);
        Ok(Address { url, host, port })
    }

    /// Whether this one may be connected to.
    pub fn place(&self, ip: IpAddr) -> Result<(), String> {
        if let Some(what) = disguised(ip) {
            return Err(format!("{ip} is {what}"));
        }
        match special(ip) {
            Some(what) if !self.allow.iter().any(|network| network.holds(ip)) => Err(format!(
                "{ip} is {what}; outbound.allow names what is allowed all the same"
            )),
            Some(_) | None => Ok(()),
        }
    }
}

/// What parsers read in different ways is not read at all.
fn plain(text: &str) -> Result<(), String> {
    if text.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
    if text.contains(odd) {
        return Err("it holds a space, a backslash or a control character".to_owned());
    }
    Ok(())
}

/// Names that never are the world's, whatever they resolve to.
fn named(name: &str) -> Result<(), String> {
    if name.is_empty() || name.ends_with('.') {
        return Err("the host's name ends in a dot".to_owned());
    }
    if name == "localhost" || name.ends_with(".localhost") {
        return Err(format!("{name} is this machine"));
    }
    Ok(())
}

/// Octal, hexadecimal, short and foreign numerals are how one hides an address, never how one tells it.
fn spelled(url: &Url, text: &str) -> Result<(), String> {
    let (Some(Host::Ipv4(ip)), Some((_, rest))) = (url.host(), text.split_once("//")) else {
        return Ok(());
    };
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    if host == ip.to_string() {
        return Ok(());
    }
    Err(format!("write the address as {ip}"))
}
