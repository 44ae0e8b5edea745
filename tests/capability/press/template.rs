//! The database that every test's own is copied from: made once per backend by the program itself.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use dateline_tests::{Backend, Database};
use sqlx::Connection;

use super::{configuration, program};

/// Migrated, and one admin key issued.
pub struct Template {
    pub database: Database,
    pub admin_key: String,
}

/// What failed once is not tried again for each test.
type Made = Result<Arc<Template>, String>;

static SQLITE: Mutex<Option<Made>> = Mutex::new(None);
static POSTGRES: Mutex<Option<Made>> = Mutex::new(None);

pub fn of(backend: Backend) -> Arc<Template> {
    let place = match backend {
        Backend::Sqlite => &SQLITE,
        Backend::Postgres => &POSTGRES,
    };
    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
    match place.get_or_insert_with(|| make(backend)) {
        Ok(template) => template.clone(),
        Err(reason) => panic!("no template database: {reason}"),
    }
}

/// Drops the templates. To be called when all tests have run, before the PostgreSQL server stops.
pub fn finish() {
    for place in [&SQLITE, &POSTGRES] {
        drop(place.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

fn make(backend: Backend) -> Made {
    let database = Database::fresh(backend);
    let config = database.folder().join("dateline.toml");
    let text = configuration(&database, &BTreeMap::new());
    std::fs::write(&config, text).map_err(|error| format!("{}: {error}", config.display()))?;
    let run = |arguments: &[&str]| -> Result<String, String> {
        let mut command = Command::new(program::PATH);
        program::bare(&mut command)
            .arg("--config")
            .arg(&config)
            .args(arguments)
            .stdin(Stdio::null());
        let output = command
            .output()
            .map_err(|error| format!("{}: {error}", program::PATH))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("dateline {}: {}: {said}", arguments.join(" "), output.status));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    run(&["migrate"])?;
    let admin_key = run(&["key", "issue", "--scope", "admin", "--name", "test"])?;
    empty_wire(&database).map_err(|error| format!("the wire cannot be emptied: {error}"))?;
    Ok(Arc::new(Template { database, admin_key }))
}

/// The key's own entry is taken out again, so that a test's first change has position 1.
fn empty_wire(database: &Database) -> Result<(), sqlx::Error> {
    // A copy of it is no restored house either, whose wire would begin a new epoch.
    const EMPTY: [&str; 2] = [
        "DELETE FROM wire_entry",
        "UPDATE wire_head SET position = 0, life = NULL",
    ];
    let (backend, url) = (database.backend(), database.url().to_owned());
    let work = async move {
        match backend {
            Backend::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(&url).await?;
                for statement in EMPTY {
                    sqlx::query(statement).execute(&mut connection).await?;
                }
                connection.close().await
            }
            Backend::Postgres => {
                let mut connection = sqlx::PgConnection::connect(&url).await?;
                for statement in EMPTY {
                    sqlx::query(statement).execute(&mut connection).await?;
                }
                connection.close().await
            }
        }
    };
    // A runtime cannot wait within another: this is called from within a test's.
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(work)
    })
    .join()
    .expect("the thread that empties the wire")
}
