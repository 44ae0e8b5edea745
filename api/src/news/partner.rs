//! Partners and what their keys are held to, as they are kept and as an administrator sends them.

use super::PartnerId;
use super::limits::KeyLimits;
use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use utoipa::ToSchema;

/// Who reads by right, with one or several keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partner {
    pub id: PartnerId,
    /// Given once; it never changes.
    pub slug: String,
    pub name: String,
    /// Whether he may read what is still under embargo.
    pub advance: bool,
    /// Whether all his keys are refused.
    pub disabled: bool,
    /// Counted from 1.
    pub version: i32,
    pub created: Timestamp,
}

/// Addresses that begin alike (RFC 4632): `192.0.2.0/24`, `2001:db8::/32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network(IpNet);

impl Network {
    /// Reads a network, or one address. Says what to do where it is neither.
    pub fn parse(text: &str) -> Result<Network, String> {
        let text = text.trim();
        let wanted = "must be a network such as 192.0.2.0/24 or 2001:db8::/32, or one address";
        let network = match (text.parse::<IpNet>(), text.parse::<IpAddr>()) {
            (Ok(network), _) => network,
            (Err(_), Ok(address)) => IpNet::from(address.to_canonical()),
            (Err(_), Err(_)) => return Err(wanted.to_owned()),
        };
        if network.trunc() != network {
            return Err(format!("{wanted}; did you mean {}?", network.trunc()));
        }
        Ok(Network(network))
    }

    /// Whether the address is one of these. An IPv4 address may come in IPv6's clothes.
    pub fn holds(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A partner as an administrator puts him in. What is left out is as for a new one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartnerSubmission {
    pub slug: Option<String>,
    pub name: Option<String>,
    /// Whether he may read what is still under embargo; `false` when it is left out.
    pub advance: Option<bool>,
    /// Whether all his keys are refused; `false` when it is left out.
    pub disabled: Option<bool>,
}

/// A key as an administrator wants it made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeySubmission {
    /// Who or what will use it.
    pub name: Option<String>,
    /// `read`, `publish` or `admin`. A partner's key is of scope `read`, and it need not be said.
    pub scope: Option<String>,
    /// The partner's slug; without one it is a key of the house itself.
    pub partner: Option<String>,
    /// From then on it is refused. RFC 3339 with offset.
    pub expires: Option<String>,
    /// The only networks it may come from, such as `192.0.2.0/24`; all when it is left out.
    pub networks: Option<Vec<String>>,
    /// Makes it a browser's key: it is taken only from pages of these origins, such as `https://www.example.com`.
    pub origins: Option<Vec<String>>,
    /// What it may ask for; the house's own limits when it is left out.
    pub limits: Option<KeyLimits>,
}

/// What is to be different with a key. What is left out stays; null takes it away.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// RFC 3339 with offset; null for no end.
    #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub expires: Option<Option<String>>,
    /// Null for all networks.
    #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub networks: Option<Option<Vec<String>>>,
    /// Null makes it no browser's key any more.
    #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub origins: Option<Option<Vec<String>>>,
    /// All three together, in the place of those before; null for the house's own.
    #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<KeyLimits>)]
    pub limits: Option<Option<KeyLimits>>,
}

/// Tells a null from what is left out.
fn said<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// How a key is to be followed by another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rotation {
    /// How long the old key is still good, in seconds, at most 30 days; 24 hours when it is left out, 0 for not at all.
    pub overlap_seconds: Option<i64>,
    /// When the new key expires. Left out, it lives as long as the old one was to live, from now on.
    pub expires: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(network: &str, address: &str) -> bool {
        Network::parse(network).unwrap().holds(address.parse().unwrap())
    }

    #[test]
    fn a_network_holds_the_addresses_that_begin_as_it_does() {
        assert!(holds("192.0.2.0/24", "192.0.2.255"));
        assert!(!holds("192.0.2.0/24", "192.0.3.0"));
        assert!(holds("192.0.2.0/24", "::ffff:192.0.2.1"));
        assert!(holds("192.0.2.7", "192.0.2.7"));
        assert!(holds("::ffff:192.0.2.7", "192.0.2.7"));
        assert!(!holds("192.0.2.7", "192.0.2.8"));
        assert!(holds("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(!holds("2001:db8::/32", "2001:db9::"));
        assert!(!holds("::/0", "192.0.2.1") && holds("0.0.0.0/0", "192.0.2.1"));
    }

    #[test]
    fn a_network_is_written_one_way_and_refused_with_advice() {
        assert_eq!(Network::parse(" 192.0.2.7 ").unwrap().to_string(), "192.0.2.7/32");
        for (wrong, hint) in [
            ("192.0.2.1/24", "192.0.2.0/24"),
            ("example.com", "192.0.2.0/24 or"),
            ("192.0.2.0/33", "one address"),
            ("", "one address"),
        ] {
            let told = Network::parse(wrong).unwrap_err();
            assert!(told.contains(hint), "{wrong}: {told}");
        }
    }
}
