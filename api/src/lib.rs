//! Dateline, a news syndication server: the desk writes, the wire remembers, the archive answers.
//!
//! The program is `main`; tests and other programs can also start an `App` of a `Config` and a `Clock`. Everything else
//! is private, so that the compiler tells what nobody uses. The house and its floors are described in
//! `api/docs/ARCHITECTURE.md`.

mod access;
mod app;
mod archive;
mod cli;
mod clock;
mod config;
mod consumer;
mod desk;
mod error;
mod feed;
mod format;
mod graphql;
mod hub;
mod news;
mod outbound;
mod page;
mod rest;
mod search;
mod server;
mod site;
mod source;
mod store;
mod web;
mod webhook;
mod wire;
mod worker;

pub use app::App;
pub use clock::Clock;
pub use config::Config;

/// GraphQL execution is mostly allocation: with this allocator the same answers take less time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The program: reads the command line, does what it says, and tells how it ended. 0 done, 1 failed, 2 misused,
/// 3 done in part (an import that refused stories).
pub fn main() -> std::process::ExitCode {
    small_pages();
    cli::run()
}

/// The allocator asks Linux for pages of 2 MB, and every thread that touches a few bytes of one then costs all of it: an
/// idle server takes 20 MB more. Where Linux cannot be told so, it only takes more.
fn small_pages() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
