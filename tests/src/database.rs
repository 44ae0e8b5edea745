//! One database for one test, and copies of a prepared one.

use std::future::Future;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;

use crate::Backend;
use crate::backend::{postgres, postgres_office};

const SQLITE_FILE: &str = "dateline.db";

/// A copy of a template needs a template that nobody is connected to, so one is made after the other.
static CREATION: Mutex<()> = Mutex::new(());
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A database that is dropped with this value, and a private folder beside it.
pub struct Database {
    backend: Backend,
    folder: TempDir,
    /// The name on the PostgreSQL server.
    name: Option<String>,
    url: String,
}

impl Database {
    /// An empty database. Panics, naming the reason, where the backend is missing.
    pub fn fresh(backend: Backend) -> Self {
        Self::made(backend, None)
    }

    /// The same database once more, in its present state. Nobody may be connected to this one meanwhile.
    pub fn copy(&self) -> Self {
        Self::made(self.backend, Some(self))
    }

    /// Puts another one's present state in the place of this one's, as whoever restores a backup does. Whoever is
    /// connected to this one on PostgreSQL loses the connection.
    pub fn restore(&self, other: &Self) {
        match (&self.name, &other.name) {
            (Some(name), Some(other)) => {
                let _one_at_a_time = CREATION.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                office(format!(r#"DROP DATABASE "{name}" WITH (FORCE)"#)).expect("it is dropped");
                office(format!(r#"CREATE DATABASE "{name}" TEMPLATE "{other}""#)).expect("it is made again");
            }
            (None, None) => {
                for left in ["-wal", "-shm"] {
                    let _ = std::fs::remove_file(self.folder().join(format!("{SQLITE_FILE}{left}")));
                }
                copy_file(other.folder(), self.folder());
            }
            _ => panic!("a database cannot be restored from another backend's"),
        }
    }

    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// As `DATABASE_URL` wants it: `postgres://…` or `sqlite://…`; the SQLite file exists.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The name on the PostgreSQL server.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// A folder of this database's own, deleted with it: for an index, a configuration, what a test writes.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn made(backend: Backend, template: Option<&Self>) -> Self {
        let folder = tempfile::Builder::new().prefix("dateline-test-").tempdir();
        let folder = folder.expect("a temporary folder");
        match backend {
            Backend::Sqlite => {
                let file = folder.path().join(SQLITE_FILE);
                match template {
                    Some(template) => copy_file(template.folder(), folder.path()),
                    // SQLite takes an empty file for an empty database.
                    None => std::fs::write(&file, "").expect("an empty file"),
                }
                let url = format!("sqlite://{}", file.display());
                Self {
                    backend,
                    folder,
                    name: None,
                    url,
                }
            }
            Backend::Postgres => {
                let number = COUNT.fetch_add(1, Ordering::Relaxed);
                let name = format!("dateline_test_{}_{number}", std::process::id());
                let template = template
                    .and_then(|template| template.name.as_deref())
                    .unwrap_or("template1");
                let url = postgres(&name);
                let _one_at_a_time = CREATION.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                office(format!(r#"CREATE DATABASE "{name}" TEMPLATE "{template}""#)).expect("a new database");
                Self {
                    backend,
                    folder,
                    name: Some(name),
                    url,
                }
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            // The server may be gone already; then so is the database.
            let _ = office(format!(r#"DROP DATABASE IF EXISTS "{name}" WITH (FORCE)"#));
        }
    }
}

/// The file, and the write-ahead log if whoever prepared it left one.
fn copy_file(from: &Path, to: &Path) {
    std::fs::copy(from.join(SQLITE_FILE), to.join(SQLITE_FILE)).expect("a copy of the template");
    let wal = format!("{SQLITE_FILE}-wal");
    if from.join(&wal).is_file() {
        std::fs::copy(from.join(&wal), to.join(&wal)).expect("a copy of the template's log");
    }
}

/// Whether a PostgreSQL answers there.
pub(crate) fn reachable(url: &str) -> bool {
    let url = url.to_owned();
    elsewhere(async move { PgConnection::connect(&url).await?.close().await }).is_ok()
}

/// Says one sentence of SQL to the server.
pub(crate) fn office(sql: String) -> Result<(), sqlx::Error> {
    say(postgres_office(), sql)
}

/// Says one sentence of SQL to whom the address names.
pub(crate) fn say(url: String, sql: String) -> Result<(), sqlx::Error> {
    elsewhere(async move {
        let mut connection = PgConnection::connect(&url).await?;
        connection.execute(AssertSqlSafe(sql)).await?;
        connection.close().await
    })
}

/// Runs a future to its end on a thread of its own: the caller may be inside a runtime, where blocking on another is
/// not possible, or in a `drop`, where nothing can be awaited.
fn elsewhere<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let thread = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(future)
    });
    thread.join().expect("the thread ends well")
}
