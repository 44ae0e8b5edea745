//! What may be said of a partner and of a key: all faults at once.

use crate::error::{Error, Fault, Result};
use crate::news::limits::KeyLimits;
use crate::news::partner::{KeyChange, KeySubmission, Network, PartnerSubmission, Rotation};
use crate::news::viewer::KeyScope;
use crate::news::{micros, slug};
use jiff::{SignedDuration, Timestamp};
use url::Url;

const MOST_NETWORKS: usize = 50;
const MOST_ORIGINS: usize = 20;

const OVERLAP: SignedDuration = SignedDuration::from_hours(24);
const LONGEST_OVERLAP: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A partner that has passed the rules.
#[derive(Clone, Debug)]
pub struct PartnerOrder {
    pub slug: String,
    pub name: String,
    pub advance: bool,
    pub disabled: bool,
}

/// A key that has passed the rules, before its partner is looked up.
#[derive(Clone, Debug)]
pub struct KeyOrder {
    pub name: String,
    pub scope: KeyScope,
    pub partner: Option<String>,
    pub expires: Option<Timestamp>,
    pub networks: Vec<Network>,
    pub origins: Vec<String>,
    pub limits: KeyLimits,
}

/// What is to be different with a key. The inner `None` takes away.
#[derive(Clone, Debug)]
pub struct ChangeOrder {
    pub name: Option<String>,
    pub disabled: Option<bool>,
    pub expires: Option<Option<Timestamp>>,
    pub networks: Option<Vec<Network>>,
    pub origins: Option<Vec<String>>,
    pub limits: Option<KeyLimits>,
}

#[derive(Clone, Copy, Debug)]
pub struct RotationOrder {
    pub overlap: SignedDuration,
    pub expires: Option<Timestamp>,
}

pub fn partner(partner: PartnerSubmission) -> Result<PartnerOrder> {
    let PartnerSubmission {
        slug,
        name,
        advance,
        disabled,
    } = partner;
    let mut faults = Vec::new();
    let slug = slug.unwrap_or_default();
    if let Err(message) = slug::valid_slug(&slug) {
        let message = if slug.is_empty() {
            "is required, such as example-news"
        } else {
            message
        };
        faults.push(Fault::new("slug", "invalid_slug", message));
    }
    let name = line(&mut faults, name.as_deref(), 200, "who is it?");
    finish(faults, || PartnerOrder {
        slug,
        name,
        advance: advance.unwrap_or(false),
        disabled: disabled.unwrap_or(false),
    })
}

pub fn key(key: KeySubmission, now: Timestamp) -> Result<KeyOrder> {
    let KeySubmission {
        name,
        scope,
        partner,
        expires,
        networks,
        origins,
        limits,
    } = key;
    let mut faults = Vec::new();
    let name = line(&mut faults, name.as_deref(), 100, "who will use the key?");
    let scope = match (scope.as_deref().map(KeyScope::parse), &partner) {
        (None, Some(_)) => KeyScope::Read,
        (Some(Some(scope)), None) => scope,
        (Some(Some(KeyScope::Read)), Some(_)) => KeyScope::Read,
        (Some(Some(KeyScope::Publish | KeyScope::Admin)), Some(_)) => {
            let message = "a partner's key is of scope `read`; a key that writes is the house's own, without a partner";
            faults.push(Fault::new("scope", "not_for_partners", message));
            KeyScope::Read
        }
        (None | Some(None), _) => {
            faults.push(Fault::new(
                "scope",
                "invalid_scope",
                "must be `read`, `publish` or `admin`",
            ));
            KeyScope::Read
        }
    };
    let expires = expires.and_then(|text| time(&mut faults, &text, now));
    let networks = networks_of(&mut faults, networks.unwrap_or_default());
    let origins = origins_of(&mut faults, origins.unwrap_or_default());
    only_readers(&mut faults, scope, &origins);
    let limits = limits_of(&mut faults, limits.unwrap_or_default());
    finish(faults, || KeyOrder {
        name,
        scope,
        partner,
        expires,
        networks,
        origins,
        limits,
    })
}

/// `scope` is what the key has.
pub fn change(change: KeyChange, scope: KeyScope, now: Timestamp) -> Result<ChangeOrder> {
    let KeyChange {
        name,
        disabled,
        expires,
        networks,
        origins,
        limits,
    } = change;
    let mut faults = Vec::new();
    let name = name.map(|name| line(&mut faults, Some(&name), 100, "who will use the key?"));
    let expires = expires.map(|text| text.and_then(|text| time(&mut faults, &text, now)));
    let networks = networks.map(|list| networks_of(&mut faults, list.unwrap_or_default()));
    let origins = origins.map(|list| origins_of(&mut faults, list.unwrap_or_default()));
    only_readers(&mut faults, scope, origins.as_deref().unwrap_or_default());
    let limits = limits.map(|limits| limits_of(&mut faults, limits.unwrap_or_default()));
    finish(faults, || ChangeOrder {
        name,
        disabled,
        expires,
        networks,
        origins,
        limits,
    })
}

pub fn rotation(rotation: Rotation, now: Timestamp) -> Result<RotationOrder> {
    let Rotation {
        overlap_seconds,
        expires,
    } = rotation;
    let mut faults = Vec::new();
    let overlap = overlap_seconds.map_or(OVERLAP, SignedDuration::from_secs);
    if overlap.is_negative() || overlap > LONGEST_OVERLAP {
        let message = format!("must be from 0 to {} (30 days)", LONGEST_OVERLAP.as_secs());
        faults.push(Fault::new("overlapSeconds", "out_of_range", message));
    }
    let expires = expires.and_then(|text| time(&mut faults, &text, now));
    finish(faults, || RotationOrder { overlap, expires })
}

fn finish<T>(faults: Vec<Fault>, order: impl FnOnce() -> T) -> Result<T> {
    if faults.is_empty() {
        Ok(order())
    } else {
        Err(Error::content(faults))
    }
}

fn line(faults: &mut Vec<Fault>, said: Option<&str>, most: usize, question: &str) -> String {
    let text = said.unwrap_or_default().trim();
    if text.is_empty() || text.chars().count() > most || text.chars().any(char::is_control) {
        let message = format!("must be one line of 1 to {most} characters: {question}");
        faults.push(Fault::new("name", "required", message));
    }
    text.to_owned()
}

fn time(faults: &mut Vec<Fault>, text: &str, now: Timestamp) -> Option<Timestamp> {
    match text.parse::<Timestamp>().map(micros) {
        Ok(time) if time > now => Some(time),
        Ok(_) => {
            let message = "lies in the past: a key that is not to be used any more is disabled or revoked";
            faults.push(Fault::new("expires", "in_the_past", message));
            None
        }
        Err(_) => {
            let message = "must be a time with its offset (RFC 3339), such as 2027-01-31T00:00:00Z";
            faults.push(Fault::new("expires", "invalid_time", message));
            None
        }
    }
}

fn limits_of(faults: &mut Vec<Fault>, limits: KeyLimits) -> KeyLimits {
    let KeyLimits {
        per_second,
        burst,
        per_day,
    } = limits;
    for (field, given, most) in [
        ("limits.perSecond", per_second, 1_000_000),
        ("limits.burst", burst, 1_000_000),
        ("limits.perDay", per_day, 1_000_000_000_000),
    ] {
        if given.is_some_and(|given| !(0..=most).contains(&given)) {
            let message = format!("must be from 0 (no limit) to {most}; leave it out for the house's own");
            faults.push(Fault::new(field, "invalid_value", message));
        }
    }
    limits
}

fn networks_of(faults: &mut Vec<Fault>, list: Vec<String>) -> Vec<Network> {
    too_many(faults, "networks", list.len(), MOST_NETWORKS);
    let mut networks = Vec::new();
    for (i, text) in list.iter().enumerate() {
        match Network::parse(text) {
            Ok(network) if networks.contains(&network) => {}
            Ok(network) => networks.push(network),
            Err(message) => faults.push(Fault::new(format!("networks[{i}]"), "invalid_network", message)),
        }
    }
    networks
}

fn origins_of(faults: &mut Vec<Fault>, list: Vec<String>) -> Vec<String> {
    too_many(faults, "origins", list.len(), MOST_ORIGINS);
    let mut origins = Vec::new();
    for (i, text) in list.into_iter().enumerate() {
        if !is_origin(&text) {
            let message = "must be an origin as browsers send it, such as https://www.example.com: in lower case, without a \
                           path or a slash at the end";
            faults.push(Fault::new(format!("origins[{i}]"), "invalid_origin", message));
        } else if !origins.contains(&text) {
            origins.push(text);
        }
    }
    origins
}

fn is_origin(text: &str) -> bool {
    let web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text;
    Url::parse(text).is_ok_and(|url| web(&url))
}

fn too_many(faults: &mut Vec<Fault>, field: &str, count: usize, most: usize) {
    if count > most {
        faults.push(Fault::new(field, "too_many", format!("at most {most}, not {count}")));
    }
}

/// A browser's key can be read by whoever opens the page.
fn only_readers(faults: &mut Vec<Fault>, scope: KeyScope, origins: &[String]) {
    if scope > KeyScope::Read && !origins.is_empty() {
        let message = "a browser's key can be read by whoever opens the page: only a key of scope `read` can be one";
        faults.push(Fault::new("origins", "not_for_writers", message));
    }
}
