//! Dateline from outside: one file per capability, every test a sentence from the manual, on SQLite and on PostgreSQL.
//!
//! A test is `async fn name(press: Press)`, listed with its sentence in its file's `all()`; a panic is a failure.
//! A new file joins in two places below: `mod` and [`tests`].
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod exact;
mod press;
mod runner;

mod agency_in;
mod chains;
mod channels;
mod collections;
mod contracts;
mod embargo;
mod feeds_in;
mod formats_out;
mod gate;
mod graphql_http;
mod graphql_types;
mod graphql_wire;
mod history;
mod house;
mod import;
mod kept;
mod keys;
mod lifecycle;
mod limits;
mod lists;
mod merges;
mod moves;
mod operations;
mod pages;
mod partners;
mod purge;
mod rest_http;
mod rules;
mod search;
mod security;
mod seed_page;
mod site;
mod socket;
mod sources;
mod stories;
mod topics;
mod tree;
mod usage;
mod webhooks;
mod websub;
mod wire;
mod wire_nodes;

use std::process::ExitCode;

use runner::Test;

fn tests() -> Vec<Test> {
    [
        house::all(),
        import::all(),
        agency_in::all(),
        site::all(),
        sources::all(),
        webhooks::all(),
        lists::all(),
        pages::all(),
        seed_page::all(),
        stories::all(),
        rules::all(),
        topics::all(),
        moves::all(),
        merges::all(),
        tree::all(),
        history::all(),
        chains::all(),
        channels::all(),
        collections::all(),
        keys::all(),
        partners::all(),
        lifecycle::all(),
        embargo::all(),
        gate::all(),
        feeds_in::all(),
        formats_out::all(),
        limits::all(),
        usage::all(),
        websub::all(),
        purge::all(),
        search::all(),
        security::all(),
        kept::all(),
        rest_http::all(),
        graphql_http::all(),
        graphql_types::all(),
        graphql_wire::all(),
        contracts::all(),
        operations::all(),
        wire::all(),
        wire_nodes::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn main() -> ExitCode {
    let arguments = libtest_mimic::Arguments::from_args();
    let conclusion = libtest_mimic::run(&arguments, runner::trials(tests()));
    // Nothing drops a static, so what was made for all tests is put away by hand.
    press::finish();
    dateline_tests::finish();
    conclusion.exit_code()
}
