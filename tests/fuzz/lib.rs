//! The readers of others' formats, for fuzzing: the house's own sources.
#![allow(dead_code, unused_imports, reason = "only the readers are wanted of these rooms")]

#[path = "../../api/src/error.rs"]
mod error;
#[path = "../../api/src/format/mod.rs"]
pub mod format;
#[path = "../../api/src/news/mod.rs"]
mod news;
