//! `key`: issue, list, change, rotate, revoke.

use super::{Common, End, block_on, configuration, logging, rooms};
use crate::access::Access;
use crate::clock::Clock;
use crate::error::{Error, Fault, Result};
use crate::news::limits::KeyLimits;
use crate::news::partner::{KeyChange, KeySubmission, Rotation};
use crate::news::viewer::{self, KeyScope, Viewer};
use clap::{Subcommand, ValueEnum};
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Timestamp};
use serde_json::{Value, json};

#[derive(Subcommand)]
pub enum Key {
    /// Make a key; it is printed once and never again
    Issue {
        /// What it may do; each includes the ones before it. A partner's key may read
        #[arg(long, value_enum, required_unless_present = "partner")]
        scope: Option<Scope>,
        /// Who or what will use it
        #[arg(long)]
        name: String,
        /// For this partner
        #[arg(long, value_name = "SLUG")]
        partner: Option<String>,
        #[command(flatten)]
        held: Held,
        /// Print one JSON object, the key and all about it
        #[arg(long)]
        json: bool,
    },
    /// Make a key that takes another's place; the old one is good for a while longer
    Rotate {
        /// The part between `dl_` and the second underscore
        id: String,
        /// How long the old key is still good, such as 24h, 7d or 0s
        #[arg(long, value_name = "SPAN", default_value = "24h")]
        overlap: String,
        /// When the new key expires; else it lives as long as the old one was to live
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
        /// Print one JSON object, the key and all about it
        #[arg(long)]
        json: bool,
    },
    /// Show all keys, without their secrets
    List {
        /// Only this partner's
        #[arg(long, value_name = "SLUG")]
        partner: Option<String>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Change a key's name, or what it is held to
    Change {
        id: String,
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        held: Held,
        /// Take its end away
        #[arg(long, conflicts_with = "expires")]
        never_expires: bool,
        /// Take it from every network
        #[arg(long, conflicts_with = "network")]
        any_network: bool,
        /// No browser's key any more
        #[arg(long, conflicts_with = "origin")]
        no_origin: bool,
    },
    /// Refuse a key from the next request on, until it is enabled
    Disable { id: String },
    /// Take a disabled key again
    Enable { id: String },
    /// Give a key limits of its own; what is left out is as [limits] has it
    Limit {
        /// The part between `dl_` and the second underscore
        id: String,
        /// Units a second in the long run; 0: no limit
        #[arg(long)]
        per_second: Option<i64>,
        /// Units at once; 0: as many as a second gives
        #[arg(long)]
        burst: Option<i64>,
        /// Units a day; 0: no limit
        #[arg(long)]
        per_day: Option<i64>,
    },
    /// Delete a key: it is refused from the next request on
    Revoke {
        /// The part between `dl_` and the second underscore
        id: String,
    },
}

/// What a key may be held to.
#[derive(clap::Args)]
pub struct Held {
    /// When it expires: a time such as 2027-01-31T00:00:00Z, or a span from now on such as 90d
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
    /// Take it from this network only, such as 192.0.2.0/24; may be repeated
    #[arg(long, value_name = "CIDR")]
    network: Vec<String>,
    /// A browser's key: take it only from pages of this origin, such as https://www.example.com; may be repeated
    #[arg(long, value_name = "ORIGIN")]
    origin: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Scope {
    Read,
    Publish,
    Admin,
}

impl Scope {
    fn meant(self) -> KeyScope {
        match self {
            Scope::Read => KeyScope::Read,
            Scope::Publish => KeyScope::Publish,
            Scope::Admin => KeyScope::Admin,
        }
    }
}

const OPERATOR: &Viewer = &Viewer::Operator;

impl Key {
    pub fn run(self, common: &Common) -> Result<End> {
        let config = configuration(common, None, None)?;
        logging(&config);
        block_on(async {
            let clock = Clock::system();
            let access = rooms(&config, &clock).await?.access;
            self.carry_out(&access, clock.now()).await?;
            Ok(End::Done)
        })
    }

    async fn carry_out(self, access: &Access, now: Timestamp) -> Result<()> {
        match self {
            Key::Issue {
                scope,
                name,
                partner,
                held,
                json,
            } => {
                let key = KeySubmission {
                    name: Some(name),
                    scope: scope.map(|scope| scope.meant().as_str().to_owned()),
                    partner,
                    expires: held.end(now)?,
                    networks: some(held.network),
                    origins: some(held.origin),
                    limits: None,
                };
                let issued = access.issue(OPERATOR, key, None).await?;
                show(&issued.key, issued.whole.as_deref(), json);
                Ok(())
            }
            Key::Rotate {
                id,
                overlap,
                expires,
                json,
            } => {
                let rotation = Rotation {
                    overlap_seconds: Some(seconds("--overlap", &overlap, now)?),
                    expires: expires.map(|text| end(&text, now)).transpose()?,
                };
                let rotated = access.rotate(OPERATOR, public(&id), rotation, None).await?;
                show(&rotated.issued.key, rotated.issued.whole.as_deref(), json);
                if let Some((old, ends)) = rotated.old.and_then(|old| Some((old.id, old.expires?))) {
                    eprintln!("Key {old} is good until {ends}.");
                }
                Ok(())
            }
            Key::List { partner, json } => {
                for key in access.keys(OPERATOR, partner.as_deref()).await? {
                    println!("{}", if json { told(&key).to_string() } else { line(&key, now) });
                }
                Ok(())
            }
            Key::Change {
                id,
                name,
                held,
                never_expires,
                any_network,
                no_origin,
            } => {
                let change = KeyChange {
                    name,
                    disabled: None,
                    expires: said(held.end(now)?, never_expires),
                    networks: said(some(held.network), any_network),
                    origins: said(some(held.origin), no_origin),
                    limits: None,
                };
                change_key(access, &id, change, "is changed").await
            }
            Key::Disable { id } => change_key(access, &id, disabled(true), "is disabled").await,
            Key::Enable { id } => change_key(access, &id, disabled(false), "is enabled").await,
            Key::Limit {
                id,
                per_second,
                burst,
                per_day,
            } => {
                let limits = KeyLimits {
                    per_second,
                    burst,
                    per_day,
                };
                let change = KeyChange {
                    limits: Some(Some(limits)),
                    ..KeyChange::default()
                };
                change_key(access, &id, change, "has its limits").await
            }
            Key::Revoke { id } => {
                let id = public(&id);
                access.revoke(OPERATOR, id).await?;
                eprintln!("Key {id} is revoked.");
                Ok(())
            }
        }
    }
}

impl Held {
    fn end(&self, now: Timestamp) -> Result<Option<String>> {
        self.expires.as_deref().map(|text| end(text, now)).transpose()
    }
}

fn disabled(disabled: bool) -> KeyChange {
    KeyChange {
        disabled: Some(disabled),
        ..KeyChange::default()
    }
}

async fn change_key(access: &Access, id: &str, change: KeyChange, done: &str) -> Result<()> {
    let key = access.change_key(OPERATOR, public(id), change).await?;
    eprintln!("Key {} {done}.", key.id);
    Ok(())
}

fn some(list: Vec<String>) -> Option<Vec<String>> {
    (!list.is_empty()).then_some(list)
}

fn said<T>(value: Option<T>, none: bool) -> Option<Option<T>> {
    if none { Some(None) } else { value.map(Some) }
}

/// The whole key serves as well as its public part.
fn public(id: &str) -> &str {
    id.strip_prefix("dl_").and_then(|k| k.split('_').next()).unwrap_or(id)
}

/// An end, said as a time or as a span from now on.
fn end(text: &str, now: Timestamp) -> Result<String> {
    if text.parse::<Timestamp>().is_ok() {
        return Ok(text.to_owned());
    }
    let span = seconds("--expires", text, now)?;
    let end = now.as_second().checked_add(span).map(Timestamp::from_second);
    match end {
        Some(Ok(end)) => Ok(end.to_string()),
        Some(Err(_)) | None => Err(wrong("--expires")),
    }
}

fn seconds(option: &str, text: &str, now: Timestamp) -> Result<i64> {
    let span: Span = text.parse().map_err(|_| wrong(option))?;
    let from = now.to_zoned(TimeZone::UTC);
    let length = span.to_duration(SpanRelativeTo::from(&from));
    Ok(length.map_err(|_| wrong(option))?.as_secs())
}

fn wrong(option: &str) -> Error {
    let message = "must be a time such as 2027-01-31T00:00:00Z, or a span such as 24h, 90d or \"1 year\"";
    Error::parameters(vec![Fault::new(option, "invalid_value", message)])
}

/// A key that was just made: the whole of it alone on standard output, unless JSON is wanted.
fn show(key: &viewer::Key, whole: Option<&str>, as_json: bool) {
    let whole = whole.unwrap_or_default();
    if as_json {
        let mut told = told(key);
        if let Some(fields) = told.as_object_mut() {
            fields.insert("secret".to_owned(), json!(whole));
        }
        println!("{told}");
    } else {
        println!("{whole}");
    }
    let of = key
        .partner
        .as_ref()
        .map_or_else(String::new, |p| format!(" of {}", p.slug));
    let ends = key.expires.map_or_else(String::new, |end| format!(", until {end}"));
    eprintln!(
        "Key {} for {}{of} ({}{ends}). Keep it: it is not shown again.",
        key.id,
        key.name,
        key.scope.as_str()
    );
}

fn told(key: &viewer::Key) -> Value {
    let viewer::Key {
        id,
        name,
        scope,
        partner,
        created,
        expires,
        networks,
        origins,
        disabled,
        last_used,
        limits: KeyLimits {
            per_second,
            burst,
            per_day,
        },
    } = key;
    let networks: Vec<String> = networks.iter().map(ToString::to_string).collect();
    json!({
        "id": id,
        "name": name,
        "scope": scope.as_str(),
        "partner": partner.as_ref().map(|p| &p.slug),
        "created": created,
        "expires": expires,
        "networks": networks,
        "origins": origins,
        "disabled": disabled,
        "lastUsed": last_used,
        "limits": { "perSecond": per_second, "burst": burst, "perDay": per_day },
    })
}

fn line(key: &viewer::Key, now: Timestamp) -> String {
    let (scope, created) = (key.scope.as_str(), key.created);
    let mut line = format!("{}  {scope:<8} {created}  {}", key.id, key.name);
    if let Some(partner) = &key.partner {
        line.push_str(&format!("  [{}]", partner.slug));
    }
    match key.expires {
        _ if !key.is_live(now) => line.push_str("  refused"),
        Some(end) => line.push_str(&format!("  until {end}")),
        None => {}
    }
    line
}
