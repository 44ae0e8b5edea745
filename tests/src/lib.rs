//! The harness: databases for tests, made on the spot and gone afterwards.
//!
//! Every test gets a database of its own, on SQLite a file in a temporary folder, on PostgreSQL a database in one
//! throw-away cluster per test process (or in the server that `TEST_DATABASE_URL` names). Nothing has to be
//! installed as a service, configured or cleaned up; where PostgreSQL's programs are missing, [`Backend::missing`]
//! says so and it is the caller who decides whether that is a reason to skip or to fail.
//!
//! The functions here block; they are called from plain tests and from async ones alike. A harness that cannot go on
//! panics, because that is how a test fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, and so does what it stands on"
)]

mod backend;
mod cluster;
mod database;
mod replica;

use std::path::{Path, PathBuf};

pub use backend::{Backend, finish};
pub use cluster::Cluster;
pub use database::Database;
pub use replica::Replica;

/// The folder of real news beside the workspace (`../shared/corpus`), where there is one.
pub fn corpus() -> Option<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/corpus")
        .canonicalize()
        .ok()
}

/// Whether this runs in continuous integration, where nothing may be left out for want of a program.
pub fn in_ci() -> bool {
    env("CI").is_some_and(|value| value == "true")
}

/// A number from the environment, for tests that can be run larger than they are.
pub fn size(name: &str, otherwise: usize) -> usize {
    match env(name) {
        Some(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name}: {text} is not a number")),
        None => otherwise,
    }
}

/// An environment variable that says something.
#[expect(clippy::disallowed_methods, reason = "a test process has no Config to ask")]
fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
