//! What a house can be told before its doors open: one struct per section, every field with its unit. A setting is read
//! in layers, the later one winning: the defaults here, a TOML file, the environment (`DATELINE__SECTION__KEY`, and
//! `DATABASE_URL` for `store.url`, `DATABASE_READ_URL` for `store.read_url`), the command line. All faults of all layers are found before anything starts, and
//! told at once.
//!
//! - `rules` which settings there are and what each may say
//! - `draft` the layers on their way to a `Config`
//! - `unknown` names nobody knows, and which was meant
//! - `faults` what was wrong, where, and what to do
//!
//! `api/dateline.toml` is the manual: the same settings, the same defaults, explained. A test keeps the three equal.
//! The environment is passed in and never fetched. What may hold a password (`store.url`, `store.read_url`, all of `purge`) is never printed: not by
//! `Debug`, not in a fault, and there is no `Serialize` outside tests.

mod draft;
mod faults;
mod rules;
mod unknown;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use draft::Draft;
pub use faults::Faults;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// The manual: every setting with its default, as `dateline print config` shows it.
pub const MANUAL: &str = include_str!("../dateline.toml");

/// Everything a house can be told. `Config::default()` serves an embedded database on this machine only.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub store: Store,
    pub wire: Wire,
    pub search: Search,
    pub site: Site,
    pub access: Access,
    pub graphql: Graphql,
    pub limits: Limits,
    pub usage: Usage,
    pub outbound: Outbound,
    pub purge: Purge,
    pub log: Log,
}

impl Config {
    /// Reads the layers over the defaults. `settings` are pairs of name and value: the environment's variables, of
    /// which only Dateline's own are looked at, and the command line's `--listen` and `--data`, which win over them.
    pub fn read(file: Option<&Path>, settings: impl Iterator<Item = (String, String)>) -> Result<Self, Faults> {
        let mut draft = Draft::default();
        if let Some(path) = file {
            draft.file(path);
        }
        draft.settings(settings);
        draft.finish()
    }

    /// The settings of one TOML text over the defaults, without environment or command line.
    pub fn from_toml(text: &str) -> Result<Self, Faults> {
        let mut draft = Draft::default();
        draft.toml("", text);
        draft.finish()
    }
}

/// `[server]`: the port and what one connection may ask of it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port to listen on. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// What links to this house begin with, when it stands behind a proxy. Empty: see [`Server::base`].
    pub public_url: String,
    /// Largest request body, in bytes.
    pub body_limit: usize,
    /// Time a client has to send its request headers, in seconds.
    pub header_seconds: u64,
    /// Time a client has to send its request body, in seconds.
    pub body_seconds: u64,
    /// Time a client may take nothing of what it is sent, in seconds.
    pub take_seconds: u64,
    /// Time running requests have to finish after the signal to stop, in seconds.
    pub stop_seconds: u64,
    /// Connections open at once; more wait in the system's queue.
    pub max_connections: usize,
    /// Origins whose pages may read from here with a browser (CORS): `*` for all, or none in an empty list.
    pub cors_origins: Vec<String>,
    /// Networks of the proxies that say truly whom they ask for (`X-Forwarded-For`, `Forwarded`).
    pub trusted_proxies: Vec<String>,
    /// Whether answers carry a `Surrogate-Key` header, for a CDN that is purged by it.
    pub surrogate_keys: bool,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: String::new(),
            body_limit: 2_097_152,
            header_seconds: 5,
            body_seconds: 15,
            take_seconds: 30,
            stop_seconds: 10,
            max_connections: 10_000,
            cors_origins: vec!["*".to_owned()],
            trusted_proxies: Vec::new(),
            surrogate_keys: false,
        }
    }
}

impl Server {
    /// What links begin with, without a slash at the end: `public_url`, else the address really bound, which alone
    /// knows the port when `listen` asked for a free one.
    pub fn base(&self, bound: SocketAddr) -> String {
        match self.public_url.trim_end_matches('/') {
            "" => format!("http://{bound}"),
            base => base.to_owned(),
        }
    }
}

/// `[store]`: the database and the memory in front of it.
#[derive(Clone, PartialEq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// `postgres://…` or `sqlite://…`; empty for the embedded file `dateline.db` in `data_dir`. May hold a password.
    pub url: String,
    /// `postgres://…` of one streaming replica of `url` that readings go to; empty for none. May hold a password.
    pub read_url: String,
    /// Whether readings go on from the replica when the primary does not answer. A withdrawal may then be missed.
    pub serve_without_primary: bool,
    /// Folder of the embedded database; a relative one starts at the working directory.
    pub data_dir: PathBuf,
    /// Connections that read, on both databases.
    pub read_connections: u32,
    /// Connections that write, on PostgreSQL; SQLite has exactly one.
    pub write_connections: u32,
    /// Longest wait for a free connection, in seconds.
    pub acquire_seconds: u64,
    /// Longest run of one statement, in seconds; PostgreSQL only.
    pub statement_seconds: u64,
    /// Memory for stories kept ready, in megabytes (1,048,576 bytes).
    pub story_cache_megabytes: u64,
    /// Memory for whole answers kept ready, in megabytes (1,048,576 bytes).
    pub answer_cache_megabytes: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            url: String::new(),
            read_url: String::new(),
            serve_without_primary: false,
            data_dir: PathBuf::from("dateline-data"),
            read_connections: 4,
            write_connections: 4,
            acquire_seconds: 5,
            statement_seconds: 10,
            story_cache_megabytes: 64,
            answer_cache_megabytes: 64,
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Taken apart by name, so that a new field asks whether it is a secret too.
        let Self {
            url,
            read_url,
            serve_without_primary,
            data_dir,
            read_connections,
            write_connections,
            acquire_seconds,
            statement_seconds,
            story_cache_megabytes,
            answer_cache_megabytes,
        } = self;
        let hidden = |url: &str| if url.is_empty() { "" } else { "(hidden)" };
        f.debug_struct("Store")
            .field("url", &hidden(url))
            .field("read_url", &hidden(read_url))
            .field("serve_without_primary", serve_without_primary)
            .field("data_dir", data_dir)
            .field("read_connections", read_connections)
            .field("write_connections", write_connections)
            .field("acquire_seconds", acquire_seconds)
            .field("statement_seconds", statement_seconds)
            .field("story_cache_megabytes", story_cache_megabytes)
            .field("answer_cache_megabytes", answer_cache_megabytes)
            .finish()
    }
}

/// `[wire]`: how changes are followed.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(default, deny_unknown_fields)]
pub struct Wire {
    /// How often the wire is looked at when nobody signals a change, in milliseconds.
    pub poll_ms: u64,
    /// Longest silence on a stream before a sign of life is sent, in seconds.
    pub heartbeat_seconds: u64,
    /// How long a stream lasts before it is ended, so that connections spread over nodes, in seconds; a tenth more or
    /// less.
    pub stream_seconds: u64,
    /// Streams open at once (server-sent events and WebSockets).
    pub max_streams: usize,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            poll_ms: 50,
            heartbeat_seconds: 15,
            stream_seconds: 3_600,
            max_streams: 20_000,
        }
    }
}

/// `[search]`: the index that readers search in.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    /// Its folder; a relative one starts at the working directory. Empty for `search` in `store.data_dir`.
    pub folder: PathBuf,
}

/// `[site]`: who publishes here.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(default, deny_unknown_fields)]
pub struct Site {
    /// The publisher's name.
    pub name: String,
    /// The zone local times are told in where the reader asks for none. Always has an IANA name.
    #[serde(with = "jiff::fmt::serde::tz::required")]
    pub time_zone: TimeZone,
    /// Languages published in, as normalised BCP 47 tags; never empty. The first is that of stories without one.
    pub languages: Vec<String>,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            name: "Dateline".to_owned(),
            time_zone: TimeZone::UTC,
            languages: vec!["en".to_owned()],
        }
    }
}

/// `[access]`: who may read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(default, deny_unknown_fields)]
pub struct Access {
    /// What may be read without any right.
    pub public: Public,
}

impl Default for Access {
    fn default() -> Self {
        Self { public: Public::All }
    }
}

/// What everybody may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum Public {
    /// Every story.
    All,
    /// Stories in channels that are marked public; partners those in theirs besides.
    Channels,
}

/// `[graphql]`: what one GraphQL request may cost. Each bound is checked before anything is executed, save the last two.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(default, deny_unknown_fields)]
pub struct Graphql {
    /// Whether GraphiQL is served at `/graphiql`.
    pub graphiql: bool,
    /// Whether the schema can be asked about itself.
    pub introspection: bool,
    /// Whether errors on unknown fields name similar ones.
    pub suggestions: bool,
    /// Which documents are run.
    pub documents: DocumentsRun,
    /// File with the registered ("trusted") documents, a manifest in JSON; a relative one starts at the working
    /// directory. Empty for none.
    pub trusted_documents: String,
    /// Largest document, in bytes.
    pub max_document_bytes: usize,
    /// Largest request body (document and variables) without a key that publishes, in bytes; with one,
    /// `server.body_limit` holds.
    pub max_body_bytes: usize,
    /// Lexical tokens in a document.
    pub max_tokens: usize,
    /// Levels of nested fields, introspection aside.
    pub max_depth: usize,
    /// Aliases in a document.
    pub max_aliases: usize,
    /// Fields at the root of an operation.
    pub max_root_fields: usize,
    /// Directives in a document.
    pub max_directives: usize,
    /// Fields after fragments are written out.
    pub max_nodes: usize,
    /// Fields times the list lengths asked for (`first`, `last`) above them.
    pub max_cost: usize,
    /// Time one request has, in milliseconds.
    pub deadline_ms: u64,
    /// Largest answer, in bytes.
    pub max_answer_bytes: usize,
}

impl Default for Graphql {
    fn default() -> Self {
        Self {
            graphiql: true,
            introspection: true,
            suggestions: true,
            documents: DocumentsRun::Any,
            trusted_documents: String::new(),
            max_document_bytes: 16_384,
            max_body_bytes: 65_536,
            max_tokens: 1_000,
            max_depth: 10,
            max_aliases: 30,
            max_root_fields: 20,
            max_directives: 20,
            max_nodes: 2_000,
            max_cost: 20_000,
            deadline_ms: 2_000,
            max_answer_bytes: 5_242_880,
        }
    }
}

/// Which GraphQL documents are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum DocumentsRun {
    /// All that are within the limits.
    Any,
    /// Registered ones only.
    Trusted,
}

/// `[limits]`: what may be asked for in a time. 0 is no limit.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Units a second for a key that has no limit of its own.
    pub per_second: i64,
    /// Units at once for such a key; 0 is as many as `per_second`.
    pub burst: i64,
    /// Units a day, from midnight to midnight UTC, for a key that has no limit of its own.
    pub per_day: i64,
    /// Requests a second of one address without a key, in each process.
    pub anonymous_per_second: i64,
    /// Such requests at once; 0 is as many as `anonymous_per_second`.
    pub anonymous_burst: i64,
}

/// `[usage]`: who read what.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(default, deny_unknown_fields)]
pub struct Usage {
    /// Days for which it is kept which key read which story; 0 notes nothing.
    pub keep_days: u32,
}

impl Default for Usage {
    fn default() -> Self {
        Self { keep_days: 90 }
    }
}

/// `[outbound]`: what this house may ask in the world.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(default, deny_unknown_fields)]
pub struct Outbound {
    /// Networks that may be reached although they are not the world's.
    pub allow: Vec<String>,
    /// Ports that may be asked.
    pub ports: Vec<u16>,
    /// Whether plain http is asked too.
    pub allow_http: bool,
    /// File with certificates of authorities that are trusted besides the world's, in PEM; a relative one starts at the
    /// working directory. Empty for none.
    pub ca_file: PathBuf,
}

impl Default for Outbound {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            ports: vec![80, 443],
            allow_http: false,
            ca_file: PathBuf::new(),
        }
    }
}

/// `[purge]`: the CDN that is told what to forget.
#[derive(Clone, PartialEq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(default, deny_unknown_fields)]
pub struct Purge {
    /// Where it is told. Empty: nobody is. May hold a password.
    pub url: String,
    pub method: String,
    /// `Name: value`. May hold passwords.
    pub headers: Vec<String>,
    pub body: String,
    /// What stands where the templates say `{secret}`.
    pub secret: String,
    /// Keys in one request.
    pub most_keys: usize,
    /// How long after the first time it is told once more, in seconds; 0 for never.
    pub again_seconds: u64,
}

impl Default for Purge {
    fn default() -> Self {
        Self {
            url: String::new(),
            method: "POST".to_owned(),
            headers: vec!["Surrogate-Key: {keys}".to_owned()],
            body: String::new(),
            secret: String::new(),
            most_keys: 30,
            again_seconds: 2,
        }
    }
}

impl fmt::Debug for Purge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Taken apart by name, so that a new field asks whether it is a secret too.
        let Self {
            url,
            method,
            headers,
            body: _,
            secret: _,
            most_keys,
            again_seconds,
        } = self;
        f.debug_struct("Purge")
            .field("url", &if url.is_empty() { "" } else { "(hidden)" })
            .field("method", method)
            .field("headers", &headers.len())
            .field("most_keys", most_keys)
            .field("again_seconds", again_seconds)
            .finish_non_exhaustive()
    }
}

/// `[log]`: what is told on standard error.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Levels per target, in the notation of `tracing-subscriber`'s `EnvFilter`: `info`, `warn,dateline=debug`.
    pub filter: String,
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
            format: LogFormat::Text,
        }
    }
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For eyes.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

#[cfg(test)]
mod tests;
