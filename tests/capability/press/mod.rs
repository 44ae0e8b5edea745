//! A press is one running Dateline for one test: a database of its own, copied from a migrated template in which an
//! admin key has been issued, and the server in this process, on a free port, with a clock that the test sets.
//!
//! `doors.rs` asks and answers over HTTP; `story.rs` puts stories and topics in; `program.rs` runs the real program,
//! for its command line, for signals and for being killed; `template.rs` makes the template.
#![allow(
    dead_code,
    unused_imports,
    reason = "a vocabulary for tests, larger than what they say today"
)]

mod doors;
mod events;
mod program;
mod story;
mod template;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dateline::{App, Clock, Config};
use dateline_tests::{Backend, Database, Replica};
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use tokio::sync::Mutex;

pub use doors::{Answer, Ask, Doors, segment};
pub use events::{Event, Events};
pub use program::{Output, Process, Running};
pub use story::{Put, Story};
pub use template::finish;

/// What the clock shows when a test begins, if the test does not say otherwise.
pub const NOW: &str = "2026-01-12T20:00:00Z";

const PATIENCE: Duration = Duration::from_secs(15);

/// How a press differs from the ordinary.
#[derive(Clone)]
pub struct Setup {
    /// `section.key` and its value in TOML.
    pub settings: BTreeMap<&'static str, String>,
    /// `None` is the machine's own clock.
    pub now: Option<Timestamp>,
    pub doors_open: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            settings: BTreeMap::new(),
            now: Some(NOW.parse().unwrap()),
            doors_open: true,
        }
    }
}

/// One Dateline for one test. Clones are the same press.
#[derive(Clone)]
pub struct Press {
    /// Set it or move it on; the server sees it at once.
    pub clock: Clock,
    doors: Doors,
    inner: Arc<Inner>,
}

struct Inner {
    // Dropped before the database it reads.
    app: Mutex<Option<App>>,
    settings: BTreeMap<&'static str, String>,
    database: Database,
}

impl Press {
    pub async fn start(backend: Backend, setup: Setup) -> Self {
        let Setup {
            settings,
            now,
            doors_open,
        } = setup;
        let template = template::of(backend);
        let database = template.database.copy();
        let doors = Doors::new(template.admin_key.clone());
        let clock = now.map_or_else(Clock::system, Clock::manual);
        let inner = Arc::new(Inner {
            app: Mutex::new(None),
            settings,
            database,
        });
        let press = Self { clock, doors, inner };
        if doors_open {
            press.open().await;
        }
        press
    }

    /// Starts the server in this process.
    pub async fn open(&self) {
        let config = Config::from_toml(&self.configuration()).unwrap_or_else(|error| panic!("{error}"));
        let app = App::start(config, self.clock.clone())
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        self.doors.lead_to(app.address());
        let before = self.inner.app.lock().await.replace(app);
        assert!(before.is_none(), "the doors are open already");
    }

    /// Stops it gracefully; the database stays. Nothing happens if it does not run.
    pub async fn close(&self) {
        if let Some(app) = self.inner.app.lock().await.take() {
            self.doors.shut();
            let stopped = tokio::time::timeout(PATIENCE, app.stop()).await;
            assert!(stopped.is_ok(), "the server did not stop within {PATIENCE:?}");
        }
    }

    /// A second server in this process, on the same database and with the same clock, with these settings in the place
    /// of the press's own. It runs until it is closed.
    pub async fn beside(&self, settings: &[(&'static str, &str)]) -> Beside {
        let mut all = self.inner.settings.clone();
        all.extend(settings.iter().map(|(key, value)| (*key, (*value).to_owned())));
        let text = configuration(&self.inner.database, &all);
        let config = Config::from_toml(&text).unwrap_or_else(|error| panic!("{error}"));
        let app = App::start(config, self.clock.clone()).await;
        let app = app.unwrap_or_else(|error| panic!("{error}"));
        let doors = Doors::new(self.admin_key().to_owned());
        doors.lead_to(app.address());
        Beside { app, doors }
    }

    /// Stops and starts it: what is only in memory is gone.
    pub async fn reopen(&self) {
        self.close().await;
        self.open().await;
    }

    pub fn backend(&self) -> Backend {
        self.inner.database.backend()
    }

    /// As `DATABASE_URL` wants it.
    pub fn database_url(&self) -> &str {
        self.inner.database.url()
    }

    /// A streaming replica of the server that this test's database is on.
    pub fn replica(&self) -> Replica {
        Replica::of(&self.inner.database)
    }

    /// This test's database as it is now. Nobody may be connected to it meanwhile.
    pub fn backup(&self) -> Database {
        self.inner.database.copy()
    }

    /// Puts an earlier state in its place.
    pub fn restore(&self, backup: &Database) {
        self.inner.database.restore(backup);
    }

    /// Changes the database behind the house's back, as only a mishap would.
    pub async fn by_hand(&self, statement: &str) {
        let statement = AssertSqlSafe(statement.to_owned());
        match self.backend() {
            Backend::Sqlite => {
                let mut connection = SqliteConnection::connect(self.database_url()).await.unwrap();
                connection.execute(statement).await.unwrap();
                connection.close().await.unwrap();
            }
            Backend::Postgres => {
                let mut connection = PgConnection::connect(self.database_url()).await.unwrap();
                connection.execute(statement).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }

    /// A folder that is deleted after the test.
    pub fn folder(&self) -> &Path {
        self.inner.database.folder()
    }

    /// The whole configuration file of this press.
    fn configuration(&self) -> String {
        configuration(&self.inner.database, &self.inner.settings)
    }
}

impl std::ops::Deref for Press {
    type Target = Doors;

    fn deref(&self) -> &Doors {
        &self.doors
    }
}

/// A second server beside the press's own. Ask it as a press is asked.
pub struct Beside {
    app: App,
    doors: Doors,
}

impl Beside {
    pub async fn close(self) {
        let stopped = tokio::time::timeout(PATIENCE, self.app.stop()).await;
        assert!(stopped.is_ok(), "the second server did not stop within {PATIENCE:?}");
    }
}

impl std::ops::Deref for Beside {
    type Target = Doors;

    fn deref(&self) -> &Doors {
        &self.doors
    }
}

/// Dotted keys, so that a test's setting simply takes the place of ours.
fn configuration(database: &Database, settings: &BTreeMap<&'static str, String>) -> String {
    let quoted = |text: &str| format!("{text:?}");
    let mut all = BTreeMap::from([
        ("server.listen", quoted("127.0.0.1:0")),
        ("server.public_url", quoted("https://news.example")),
        ("store.url", quoted(database.url())),
        (
            "store.data_dir",
            quoted(&database.folder().join("data").to_string_lossy()),
        ),
        ("site.name", quoted("Example News")),
        ("site.time_zone", quoted("Europe/Kyiv")),
        ("site.languages", r#"["en", "uk"]"#.to_owned()),
        // How long an operation may take is asked by tests of its own; a busy machine is no fault in the others.
        ("graphql.deadline_ms", "60_000".to_owned()),
    ]);
    all.extend(settings.iter().map(|(key, value)| (*key, value.clone())));
    all.iter().map(|(key, value)| format!("{key} = {value}\n")).collect()
}
