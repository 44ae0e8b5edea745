//! The house rules of the design, held against the sources: who stands on which floor and may name whom, which crate
//! lives in which room, what the library shows, what lies at the top, and that every room has a name plate.
//!
//! The rules are in `house/rules.rs`, reading Rust in `house/tokens.rs` and `house/paths.rs`; that the rules do
//! report what breaks them is tested on small wrong examples at the end of this file.

mod paths;
mod rules;
mod tokens;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use rules::{Source, faults, public_names};

use crate::runner::{Test, plain};

pub fn all() -> Vec<Test> {
    vec![
        plain("every name in the house points to a lower floor", names_point_down),
        plain("the library shows App, Clock, Config and main", public_names_are_four),
        plain("the top level holds only what belongs there", top_level_is_tidy),
        plain("every room opens with its purpose", rooms_open_with_their_purpose),
        plain(
            "a name on the own floor or above is reported",
            upward_names_are_reported,
        ),
        plain("a door that names a door is reported", doors_are_reported),
        plain(
            "an archive that names the desk is reported",
            the_desk_in_the_archive_is_reported,
        ),
        plain("a crate outside its room is reported", crates_outside_are_reported),
        plain("a path that climbs out of its room is reported", climbing_is_reported),
        plain("a room without a floor is reported", unknown_rooms_are_reported),
        plain(
            "what is said in comments, texts and tests is not reported",
            talk_is_not_reported,
        ),
        plain("a public name too many is seen", a_public_name_is_seen),
    ]
}

/// Outermost folders and files that belong to the project; dotfiles besides.
const TOP_LEVEL: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "api",
    "entity",
    "migration",
    "tests",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "rustfmt.toml",
];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All of `api/src`, in a settled order.
fn house() -> Vec<Source> {
    let root = workspace().join("api/src");
    let mut sources = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                sources.push(Source::new(path.strip_prefix(&root).unwrap().to_str().unwrap(), &text));
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

fn names_point_down() {
    let faults = faults(&house());
    let list: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(
        list.is_empty(),
        "{} against the house rules (DESIGN.md §1)\n\n{}\n",
        list.len(),
        list.join("\n\n")
    );
}

fn public_names_are_four() {
    let lib = std::fs::read_to_string(workspace().join("api/src/lib.rs")).unwrap();
    assert_eq!(
        public_names(&lib),
        BTreeSet::from(["App", "Clock", "Config", "main"].map(String::from))
    );
}

fn top_level_is_tidy() {
    let root = workspace();
    let listed = Command::new("git").arg("-C").arg(&root).arg("ls-files").output();
    let names: BTreeSet<String> = match listed {
        Ok(output) if output.status.success() => String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .filter_map(|path| path.trim_matches('"').split('/').next().map(str::to_owned))
            .collect(),
        // Without git, what lies there; what the build and the demo leave is not ours to judge.
        _ => std::fs::read_dir(&root)
            .unwrap()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name != "target" && name != "dateline-data")
            .collect(),
    };
    let belongs =
        |name: &&String| !(TOP_LEVEL.contains(&name.as_str()) || name.starts_with('.') || name.starts_with("LICENSE"));
    let strangers: Vec<&String> = names.iter().filter(belongs).collect();
    assert!(strangers.is_empty(), "does not belong at the top level: {strangers:?}");
}

fn rooms_open_with_their_purpose() {
    let sources = house();
    let rooms: BTreeSet<&str> = sources
        .iter()
        .filter_map(|source| Some(source.path.split_once('/')?.0))
        .collect();
    let nameless: Vec<&str> = rooms
        .into_iter()
        .filter(|room| {
            let doors = [format!("{room}/mod.rs"), format!("{room}.rs")];
            let door = sources.iter().find(|source| doors.contains(&source.path));
            let opening = door
                .map_or("", |door| &door.text)
                .lines()
                .take_while(|line| line.starts_with("//!"));
            opening.filter(|line| line.len() > "//!".len()).count() < 3
        })
        .collect();
    assert!(
        nameless.is_empty(),
        "does not open with its purpose, cast and promises (`//!`, three lines at least): {nameless:?}"
    );
}

/// What the rules say to one file.
fn said(path: &str, text: &str) -> Vec<String> {
    faults(&[Source::new(path, text)])
        .into_iter()
        .map(|fault| format!("{}: {}", fault.line, fault.rule))
        .collect()
}

#[track_caller]
fn reported(path: &str, text: &str, rules: &[&str]) {
    assert_eq!(said(path, text), rules, "{path}: {text}");
}

fn upward_names_are_reported() {
    reported(
        "store/topic.rs",
        "use crate::news::Topic;\nuse crate::desk::Desk;",
        &["2: store (floor 1) may name lower floors only, not desk (floor 3)"],
    );
    reported(
        "wire/mod.rs",
        "fn a() { crate :: search /* next door */ :: find() }",
        &["1: wire (floor 2) may name lower floors only, not search (floor 2)"],
    );
    reported(
        "wire/mod.rs",
        "use crate::{\n    news::{self, wire::Kind},\n    web::{a, b::c},\n};",
        &["3: wire (floor 2) may name lower floors only, not web (floor 3)"],
    );
    reported(
        "desk/mod.rs",
        "#[derive(Debug)] struct A<'a>(&'a crate::rest::B, crate::store::C);",
        &["1: desk (floor 3) may name lower floors only, not rest (floor 4)"],
    );
    reported(
        "cli/demo.rs",
        "use crate::app::App; use crate::desk::Desk; use crate::cli::key;",
        &[],
    );
    reported(
        "store/mod.rs",
        "use crate::App;",
        &["1: App is a name of lib.rs: name the room it comes from"],
    );
    reported(
        "store/mod.rs",
        "use crate::*;",
        &["1: crate::* names every room at once"],
    );
}

fn doors_are_reported() {
    for (path, door) in [
        ("graphql/mod.rs", "rest"),
        ("rest/a.rs", "graphql"),
        ("feed/a/b.rs", "site"),
    ] {
        let room = path.split('/').next().unwrap();
        let rule = format!("1: doors never name each other: {room} names {door}");
        reported(path, &format!("use crate::{door}::Page;"), &[&rule]);
    }
}

fn the_desk_in_the_archive_is_reported() {
    reported(
        "archive/a.rs",
        "pub(in crate::archive) fn a() -> crate::desk::Desk { todo!() }",
        &["1: the archive never names the desk"],
    );
}

fn crates_outside_are_reported() {
    let only_store = "lives only in store";
    reported(
        "archive/a.rs",
        "use sea_orm::{EntityTrait as _};",
        &[&format!("1: sea_orm {only_store}")],
    );
    reported(
        "archive/a.rs",
        "use ::sqlx as sql;",
        &[&format!("1: sqlx {only_store}")],
    );
    reported(
        "desk/a.rs",
        "fn a(b: entity::article::Model) {}",
        &[&format!("1: entity {only_store}")],
    );
    reported(
        "cli/a.rs",
        "use {std::fs, migration::Migrator};",
        &[&format!("1: migration {only_store}")],
    );
    reported(
        "rest/a.rs",
        "#[async_graphql::Object] impl A {}",
        &["1: async_graphql lives only in graphql"],
    );
    reported(
        "access/a.rs",
        "extern crate tantivy;",
        &["1: tantivy lives only in search"],
    );
    reported(
        "access/a.rs",
        "use axum::Router;",
        &["1: axum lives only in web, graphql, rest, feed, site, server"],
    );
    reported(
        "consumer/a.rs",
        "axum::serve()",
        &["1: axum lives only in web, graphql, rest, feed, site, server"],
    );
    for path in [
        "server.rs",
        "web/a.rs",
        "graphql/a.rs",
        "rest/a.rs",
        "feed/a.rs",
        "site/a.rs",
    ] {
        reported(path, "use axum::Router;", &[]);
    }
    reported(
        "store/a.rs",
        "use sea_orm::DbErr; use entity::article; use sqlx::query;",
        &[],
    );
    // A variable, a field and a function of that name are not the crate.
    reported(
        "desk/a.rs",
        "let entity = a.entity.clone(); self.migration::<u8>(); super::entity::b()",
        &[],
    );
}

fn climbing_is_reported() {
    let rule = "super:: climbs out of the room";
    reported("desk/mod.rs", "use super::store::Store;", &[&format!("1: {rule}")]);
    reported(
        "desk/a.rs",
        "use super::b;\nuse super::super::rest;",
        &[&format!("2: {rule}")],
    );
    reported("clock.rs", "use super::config;", &[&format!("1: {rule}")]);
    reported(
        "desk/a.rs",
        "mod b { use super::super::c; }\nfn d() { super::super::e() }",
        &[&format!("2: {rule}")],
    );
    reported("desk/mod.rs", "pub(super) fn a() {} pub(in super) fn b() {}", &[]);
}

fn unknown_rooms_are_reported() {
    reported("utils/mod.rs", "", &["1: utils stands on no floor: put it on a floor"]);
    reported(
        "desk/a.rs",
        "use crate::helpers::a;",
        &["1: helpers stands on no floor: put it on a floor"],
    );
}

fn talk_is_not_reported() {
    let innocent = r####"
        //! [`crate::rest`] and sea_orm::Select
        /* crate::rest /* crate::graphql */ crate::site */
        const A: &str = "crate::rest \" crate::site";
        const B: &str = r##"crate::rest "# crate::site"##;
        const C: [char; 3] = ['"', '\'', '\u{22}'];
        fn lifetime<'crate_>(a: &'crate_ str) -> &'crate_ str { a }
        const D: &[u8] = br"crate::rest\";
        #[cfg(test)]
        use crate::rest::Everything;
        #[cfg(all(test, unix))]
        #[allow(dead_code)]
        mod tests { use crate::rest; mod deeper { use super::super::super::site; use sqlx::query; } }
        #[cfg(test)]
        fn plans() { sqlx::query("") }
    "####;
    reported("store/a.rs", innocent, &[]);
    reported(
        "store/a.rs",
        &format!("{innocent}use crate::rest;"),
        &["16: store (floor 1) may name lower floors only, not rest (floor 4)"],
    );
    let tests = [
        Source::new("desk/mod.rs", "#[cfg(test)]\nmod tests;"),
        Source::new("desk/tests.rs", "use crate::rest;"),
        Source::new("desk/tests/more.rs", "use sqlx::query;"),
    ];
    assert!(faults(&tests).is_empty());
    assert_eq!(faults(&tests[1..]).len(), 2);
    reported(
        "desk/mod.rs",
        "#[cfg(not(test))] use crate::rest;",
        &["1: desk (floor 3) may name lower floors only, not rest (floor 4)"],
    );
}

fn a_public_name_is_seen() {
    let names = |text: &str| public_names(text).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(
        names("mod app; pub use app::App; pub use {clock::Clock, config::{Config}};"),
        "App Clock Config"
    );
    assert_eq!(
        names("pub fn main() { pub_fn() } pub(crate) fn b() {} fn c() {}"),
        "main"
    );
    assert_eq!(names("pub use store::*; pub use a::b as c; pub mod news;"), "* c news");
    assert_eq!(
        names("pub async fn a() {} pub const fn b() {} pub const C: u8 = 0;"),
        "C a b"
    );
    assert_eq!(names("mod a { pub fn hidden() {} }"), "");
    assert_eq!(names("#[macro_export] macro_rules! shout { () => {} }"), "shout");
}
