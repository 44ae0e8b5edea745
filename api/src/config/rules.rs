//! Which settings there are and what each may say. This table is the one list of known names; the structs give the
//! defaults and the types.

use std::net::SocketAddr;
use std::ops::RangeInclusive;

use http::HeaderName;
use jiff::tz::{self, TimeZone};
use oxilangtag::LanguageTag;
use toml::Value;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::faults::{nearest, shown};
use super::{Config, Purge};
use crate::news::partner::Network;

/// One setting: section, key, and what it may say.
pub(super) struct Rule {
    pub section: &'static str,
    pub key: &'static str,
    pub shape: Shape,
}

/// What a setting may say. The functions answer with what is wrong and what to do.
pub(super) enum Shape {
    Number(RangeInclusive<i64>),
    Flag,
    OneOf(&'static [&'static str]),
    Text(fn(&str) -> Result<(), String>),
    List(fn(&[&str]) -> Result<(), String>),
    /// At least one.
    Numbers(RangeInclusive<i64>),
}

use Shape::{Flag, List, Number, Numbers, OneOf, Text};

const MEGABYTE: i64 = 1_048_576;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    Rule { section: "server", key: "listen", shape: Text(address) },
    Rule { section: "server", key: "public_url", shape: Text(public_url) },
    Rule { section: "server", key: "body_limit", shape: Number(1_024..=100 * MEGABYTE) },
    Rule { section: "server", key: "header_seconds", shape: Number(1..=300) },
    Rule { section: "server", key: "body_seconds", shape: Number(1..=3_600) },
    Rule { section: "server", key: "take_seconds", shape: Number(1..=3_600) },
    Rule { section: "server", key: "stop_seconds", shape: Number(0..=3_600) },
    Rule { section: "server", key: "max_connections", shape: Number(1..=1_000_000) },
    Rule { section: "server", key: "cors_origins", shape: List(origins) },
    Rule { section: "server", key: "trusted_proxies", shape: List(networks) },
    Rule { section: "server", key: "surrogate_keys", shape: Flag },
    Rule { section: "store", key: "url", shape: Text(database) },
    Rule { section: "store", key: "read_url", shape: Text(replica) },
    Rule { section: "store", key: "serve_without_primary", shape: Flag },
    Rule { section: "store", key: "data_dir", shape: Text(folder) },
    Rule { section: "store", key: "read_connections", shape: Number(1..=1_000) },
    Rule { section: "store", key: "write_connections", shape: Number(1..=1_000) },
    Rule { section: "store", key: "acquire_seconds", shape: Number(1..=300) },
    Rule { section: "store", key: "statement_seconds", shape: Number(1..=3_600) },
    Rule { section: "store", key: "story_cache_megabytes", shape: Number(1..=65_536) },
    Rule { section: "store", key: "answer_cache_megabytes", shape: Number(0..=65_536) },
    Rule { section: "wire", key: "poll_ms", shape: Number(5..=10_000) },
    Rule { section: "wire", key: "heartbeat_seconds", shape: Number(1..=60) },
    Rule { section: "wire", key: "stream_seconds", shape: Number(1..=86_400) },
    Rule { section: "wire", key: "max_streams", shape: Number(0..=1_000_000) },
    Rule { section: "search", key: "folder", shape: Text(file) },
    Rule { section: "site", key: "name", shape: Text(name) },
    Rule { section: "site", key: "time_zone", shape: Text(time_zone) },
    Rule { section: "site", key: "languages", shape: List(languages) },
    Rule { section: "access", key: "public", shape: OneOf(&["all", "channels"]) },
    Rule { section: "graphql", key: "graphiql", shape: Flag },
    Rule { section: "graphql", key: "introspection", shape: Flag },
    Rule { section: "graphql", key: "suggestions", shape: Flag },
    Rule { section: "graphql", key: "documents", shape: OneOf(&["any", "trusted"]) },
    Rule { section: "graphql", key: "trusted_documents", shape: Text(file) },
    Rule { section: "graphql", key: "max_document_bytes", shape: Number(64..=MEGABYTE) },
    Rule { section: "graphql", key: "max_body_bytes", shape: Number(256..=100 * MEGABYTE) },
    Rule { section: "graphql", key: "max_tokens", shape: Number(10..=100_000) },
    // The stack bounds the depth, not the machine's memory.
    Rule { section: "graphql", key: "max_depth", shape: Number(1..=60) },
    Rule { section: "graphql", key: "max_aliases", shape: Number(0..=10_000) },
    Rule { section: "graphql", key: "max_root_fields", shape: Number(1..=1_000) },
    Rule { section: "graphql", key: "max_directives", shape: Number(0..=10_000) },
    Rule { section: "graphql", key: "max_nodes", shape: Number(1..=1_000_000) },
    Rule { section: "graphql", key: "max_cost", shape: Number(1..=1_000_000_000) },
    Rule { section: "graphql", key: "deadline_ms", shape: Number(10..=60_000) },
    Rule { section: "graphql", key: "max_answer_bytes", shape: Number(1_024..=1_024 * MEGABYTE) },
    Rule { section: "limits", key: "per_second", shape: Number(0..=1_000_000) },
    Rule { section: "limits", key: "burst", shape: Number(0..=1_000_000) },
    Rule { section: "limits", key: "per_day", shape: Number(0..=1_000_000_000_000) },
    Rule { section: "limits", key: "anonymous_per_second", shape: Number(0..=1_000_000) },
    Rule { section: "limits", key: "anonymous_burst", shape: Number(0..=1_000_000) },
    Rule { section: "usage", key: "keep_days", shape: Number(0..=36_500) },
    Rule { section: "outbound", key: "allow", shape: List(networks) },
    Rule { section: "outbound", key: "ports", shape: Numbers(1..=65_535) },
    Rule { section: "outbound", key: "allow_http", shape: Flag },
    Rule { section: "outbound", key: "ca_file", shape: Text(file) },
    Rule { section: "purge", key: "url", shape: Text(told) },
    Rule { section: "purge", key: "method", shape: OneOf(&["POST", "PUT", "PURGE", "BAN", "DELETE"]) },
    Rule { section: "purge", key: "headers", shape: List(headers) },
    Rule { section: "purge", key: "body", shape: Text(template) },
    Rule { section: "purge", key: "secret", shape: Text(secret) },
    Rule { section: "purge", key: "most_keys", shape: Number(1..=1_000) },
    Rule { section: "purge", key: "again_seconds", shape: Number(0..=60) },
    Rule { section: "log", key: "filter", shape: Text(filter) },
    Rule { section: "log", key: "format", shape: OneOf(&["text", "json"]) },
];

/// The sections, in the order of the table.
pub(super) fn sections() -> Vec<&'static str> {
    let mut sections: Vec<_> = RULES.iter().map(|rule| rule.section).collect();
    sections.dedup();
    sections
}

pub(super) fn is_section(name: &str) -> bool {
    RULES.iter().any(|rule| rule.section == name)
}

impl Rule {
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }
}

impl Shape {
    /// Whether a TOML value is one this setting may have.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        match (self, value) {
            (Number(range), Value::Integer(number)) if range.contains(number) => Ok(()),
            (Number(_), Value::Integer(number)) => Err(format!("is {number}: write {}", self.wanted())),
            (Flag, Value::Boolean(_)) => Ok(()),
            (Numbers(range), Value::Array(items)) => {
                let fits = |item: &Value| item.as_integer().is_some_and(|number| range.contains(&number));
                match items.iter().find(|item| !fits(item)) {
                    None if items.is_empty() => Err(format!("is empty: write {}", self.wanted())),
                    None => Ok(()),
                    Some(item) => Err(format!("has {item}: write {}", self.wanted())),
                }
            }
            (OneOf(words), Value::String(word)) if words.contains(&word.as_str()) => Ok(()),
            (OneOf(_), Value::String(word)) => Err(format!("is {}: write {}", shown(word), self.wanted())),
            (Text(check), Value::String(text)) => check(text),
            (List(check), Value::Array(items)) => match items.iter().map(Value::as_str).collect::<Option<Vec<_>>>() {
                Some(items) => check(&items),
                None => Err(format!("has an entry that is not text: write {}", self.wanted())),
            },
            (_, value) => Err(format!("is of type {}: write {}", value.type_str(), self.wanted())),
        }
    }

    /// A value from outside TOML, where all is text: lists are TOML arrays or words between commas.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        let unfit = || format!("is {}: write {}", shown(text), self.wanted());
        let value = match self {
            Text(_) | OneOf(_) => Some(Value::String(text.to_owned())),
            Number(_) => text.trim().replace('_', "").parse().ok().map(Value::Integer),
            Flag => text.trim().parse().ok().map(Value::Boolean),
            Numbers(_) | List(_) if text.trim_start().starts_with('[') => text.parse().ok(),
            Numbers(_) => {
                let items = text.split(',').map(|item| item.trim().parse().map(Value::Integer));
                items.collect::<Result<_, _>>().ok().map(Value::Array)
            }
            List(_) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Some(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
            }
        };
        value.ok_or_else(unfit)
    }

    fn wanted(&self) -> String {
        match self {
            Number(range) => format!("a whole number from {} to {}", range.start(), range.end()),
            Flag => "true or false".to_owned(),
            Numbers(range) => format!("a list of whole numbers from {} to {}", range.start(), range.end()),
            OneOf(words) => words.join(" or "),
            Text(_) => "text in quotation marks".to_owned(),
            List(_) => "a list of texts, such as [\"one\", \"two\"]".to_owned(),
        }
    }
}

/// Settings that fit each for itself and not together: the setting to blame, the one it runs against, and why.
pub(super) fn against_each_other(config: &Config) -> Vec<(&'static str, &'static str, String)> {
    let (document, body, limit) = (
        config.graphql.max_document_bytes,
        config.graphql.max_body_bytes,
        config.server.body_limit,
    );
    let mut found = Vec::new();
    for (small, small_bytes, large, large_bytes) in [
        ("graphql.max_document_bytes", document, "graphql.max_body_bytes", body),
        ("graphql.max_body_bytes", body, "server.body_limit", limit),
    ] {
        if small_bytes > large_bytes {
            let why = format!("is {small_bytes}, more than {large} ({large_bytes}) lets in: lower it or raise {large}");
            found.push((small, large, why));
        }
    }
    found.extend(purge_against_itself(config));
    found
}

/// What is told must say what is to be forgotten, and answers must carry it.
fn purge_against_itself(config: &Config) -> Vec<(&'static str, &'static str, String)> {
    let Purge {
        url,
        method: _,
        headers,
        body,
        secret,
        most_keys: _,
        again_seconds: _,
    } = &config.purge;
    let mut found = Vec::new();
    if url.is_empty() {
        return found;
    }
    let says = |word: &str| body.contains(word) || headers.iter().any(|header| header.contains(word));
    if !["{keys}", "{json}", "{commas}"].into_iter().any(says) {
        let why = "and purge.body say nowhere what is to be forgotten: write {keys}, {commas} or {json} in one of them";
        found.push(("purge.headers", "purge.body", why.to_owned()));
    }
    if says("{secret}") && secret.is_empty() {
        let why = "is empty, and purge.headers or purge.body has {secret}: set it, best as DATELINE__PURGE__SECRET";
        found.push(("purge.secret", "purge.headers", why.to_owned()));
    }
    if !says("{secret}") && !secret.is_empty() {
        let why = "is sent nowhere: write {secret} in purge.headers or purge.body";
        found.push(("purge.secret", "purge.headers", why.to_owned()));
    }
    if !config.server.surrogate_keys {
        let why = "needs server.surrogate_keys = true: without them nobody knows which answers are meant";
        found.push(("purge.url", "server.surrogate_keys", why.to_owned()));
    }
    found
}

/// Where somebody is told something: nothing of it is repeated, it may hold a password.
fn told(text: &str) -> Result<(), String> {
    let fits = |url: Url| {
        let plain = url.username().is_empty() && url.password().is_none() && url.has_host();
        matches!(url.scheme(), "http" | "https") && plain
    };
    match text.is_empty() || Url::parse(text).is_ok_and(fits) {
        true => Ok(()),
        false => Err(
            "is no address to post to (value not shown): write http:// or https:// and a host, without a user"
                .to_owned(),
        ),
    }
}

fn headers(items: &[&str]) -> Result<(), String> {
    let own = [
        "host",
        "content-length",
        "connection",
        "transfer-encoding",
        "user-agent",
    ];
    for (place, item) in items.iter().enumerate() {
        let name = item.split_once(':').map(|(name, value)| (name.trim(), value));
        let fits = name.is_some_and(|(name, value)| {
            let known = HeaderName::from_bytes(name.as_bytes()).is_ok_and(|name| !own.contains(&name.as_str()));
            known && !value.contains(char::is_control)
        });
        if !fits {
            let number = place + 1;
            return Err(format!(
                "has a wrong entry, the {number}. (value not shown): write \"Name: value\", none of {}",
                own.join(", ")
            ));
        }
    }
    Ok(())
}

fn template(text: &str) -> Result<(), String> {
    match text.len() <= 10_000 {
        true => Ok(()),
        false => Err("is longer than 10,000 bytes (value not shown): nothing to be told is".to_owned()),
    }
}

fn secret(text: &str) -> Result<(), String> {
    match text.contains(char::is_control) || text.len() > 4_000 {
        false => Ok(()),
        true => Err("holds a line's end or is very long (value not shown): write it as it is, in one line".to_owned()),
    }
}

fn address(text: &str) -> Result<(), String> {
    match text.parse::<SocketAddr>() {
        Ok(_) => Ok(()),
        Err(_) => Err(format!(
            "is {}: write IP:PORT, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080",
            shown(text)
        )),
    }
}

fn public_url(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let fits = Url::parse(text).is_ok_and(|url| {
        let plain = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && plain && url.query().is_none() && url.fragment().is_none()
    });
    let wrong = || {
        let shown = shown(text);
        format!("is {shown}: write what links begin with, such as https://news.example.com, without user, ? or #")
    };
    if fits { Ok(()) } else { Err(wrong()) }
}

fn origins(items: &[&str]) -> Result<(), String> {
    if items.contains(&"*") && items.len() > 1 {
        return Err("has \"*\" beside others: write [\"*\"] alone for all, or name each".to_owned());
    }
    let is_origin = |item: &str| {
        Url::parse(item)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == item)
    };
    match items.iter().find(|item| **item != "*" && !is_origin(item)) {
        None => Ok(()),
        Some(item) => Err(format!(
            "has {}: write each as browsers send it, such as https://www.example.com, in lower case, without a path or \
             a slash at the end",
            shown(item)
        )),
    }
}

fn networks(items: &[&str]) -> Result<(), String> {
    let wrong = items.iter().find_map(|item| Some((item, Network::parse(item).err()?)));
    match wrong {
        None => Ok(()),
        Some((item, why)) => Err(format!("has {}, which {why}", shown(item))),
    }
}

/// Nothing of this value is ever repeated: it may hold a password.
fn database(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    if !["postgres://", "postgresql://", "sqlite://"]
        .iter()
        .any(|scheme| text.starts_with(scheme))
    {
        return Err(
            "is of no known database (value not shown): write postgres://USER:PASSWORD@HOST/DATABASE or \
                    sqlite://FILE, or leave it empty for the embedded database"
                .to_owned(),
        );
    }
    // A file's path is not held to a URL's rules.
    match Url::parse(text) {
        _ if text.starts_with("sqlite:") => Ok(()),
        Ok(_) => Ok(()),
        Err(why) => Err(format!(
            "is not a URL ({why}; value not shown): in a password write # / ? @ as %23 %2F %3F %40"
        )),
    }
}

/// The same, for a setting that only PostgreSQL has.
fn replica(text: &str) -> Result<(), String> {
    if text.starts_with("sqlite:") {
        return Err("is no PostgreSQL database (value not shown): only PostgreSQL has replicas".to_owned());
    }
    database(text)
}

fn folder(text: &str) -> Result<(), String> {
    if text.trim().is_empty() || text.contains('\0') {
        return Err("is not a folder: write a path, such as dateline-data or /var/lib/dateline".to_owned());
    }
    Ok(())
}

/// A file that need not be named.
fn file(text: &str) -> Result<(), String> {
    if text.contains('\0') || (!text.is_empty() && text.trim().is_empty()) {
        return Err("is not a file: write a path, such as trusted-documents.json, or leave it empty".to_owned());
    }
    Ok(())
}

fn name(text: &str) -> Result<(), String> {
    if text.trim().is_empty() || text.chars().count() > 200 || text.contains(char::is_control) {
        return Err("is not a name: write 1 to 200 characters in one line".to_owned());
    }
    Ok(())
}

fn time_zone(text: &str) -> Result<(), String> {
    if TimeZone::get(text).is_ok_and(|zone| zone.iana_name().is_some()) {
        return Ok(());
    }
    let known: Vec<String> = tz::db().available().map(|name| name.to_string()).collect();
    let like = match nearest(text, known.iter().map(String::as_str)) {
        Some(name) => format!("did you mean {name}?"),
        None => "write an IANA name, such as UTC or Europe/Kyiv".to_owned(),
    };
    Err(format!("is {}, which is no time zone: {like}", shown(text)))
}

fn languages(items: &[&str]) -> Result<(), String> {
    if items.is_empty() {
        return Err("is empty: name at least the language of stories that name none".to_owned());
    }
    for (place, item) in items.iter().enumerate() {
        match LanguageTag::parse_and_normalize(item) {
            Err(_) => {
                return Err(format!(
                    "has {}: write BCP 47 tags, such as en, uk or pt-BR",
                    shown(item)
                ));
            }
            Ok(tag) if tag.as_str() != *item => return Err(format!("has {}: write {tag}", shown(item))),
            Ok(_) if items.iter().take(place).any(|earlier| earlier == item) => {
                return Err(format!("names {item} twice: name it once"));
            }
            Ok(_) => {}
        }
    }
    Ok(())
}

fn filter(text: &str) -> Result<(), String> {
    let example = "write a level (error, warn, info, debug, trace), or levels per target, such as warn,dateline=debug";
    if text.trim().is_empty() {
        return Err(format!("is empty: {example}; off for silence"));
    }
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("is {}, which is no log filter: {example}", shown(text))),
    }
}
