//! The two databases that Dateline runs on, as a test sees them.

use std::fmt;
use std::sync::OnceLock;

use crate::{Cluster, env};

/// What a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    pub const ALL: [Backend; 2] = [Backend::Sqlite, Backend::Postgres];

    /// Why tests cannot run on this one here; `None` when they can.
    pub fn missing(self) -> Option<&'static str> {
        let there = match self {
            Backend::Sqlite => true,
            Backend::Postgres => env("TEST_DATABASE_URL").is_some() || Cluster::programs().is_some(),
        };
        (!there).then_some("no PostgreSQL here")
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Backend::Sqlite => "sqlite",
            Backend::Postgres => "postgres",
        })
    }
}

/// The PostgreSQL server of this test process.
enum Server {
    Own(Cluster),
    Given(String),
}

static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();

/// Where a database of this process's server is reached; the first call starts the server.
pub(crate) fn postgres(database: &str) -> String {
    let server = SERVER.get_or_init(|| match env("TEST_DATABASE_URL") {
        Some(url) => Ok(Server::Given(url)),
        None => Cluster::start(Cluster::THROW_AWAY).map(Server::Own),
    });
    match server {
        Ok(Server::Own(cluster)) => cluster.url(database),
        Ok(Server::Given(given)) => {
            let mut url = url::Url::parse(given).expect("TEST_DATABASE_URL is a URL");
            url.set_path(database);
            url.into()
        }
        Err(reason) => panic!("{reason}"),
    }
}

/// The cluster that this process has started, where it has one of its own and has started it.
pub(crate) fn own_cluster() -> Option<&'static Cluster> {
    match SERVER.get() {
        Some(Ok(Server::Own(cluster))) => Some(cluster),
        _ => None,
    }
}

/// Where databases are created and dropped: `postgres`, or the one that `TEST_DATABASE_URL` names.
pub(crate) fn postgres_office() -> String {
    env("TEST_DATABASE_URL").unwrap_or_else(|| postgres("postgres"))
}

/// To be called at the end of a test process that has a `main` of its own: stops the PostgreSQL it started and waits
/// for its end. (Where the standard test runner has the `main`, the cluster's watchdog does it a moment later.)
pub fn finish() {
    if let Some(Ok(Server::Own(cluster))) = SERVER.get() {
        cluster.stop();
    }
}
