//! The floors, the fences, and what breaks them.

use std::collections::BTreeSet;
use std::fmt;

use super::paths::{Named, closed_by, paths, without_tests};
use super::tokens::{Token, tokens};

/// Every room of the house, from the ground up. A room may name rooms on lower floors only.
const FLOORS: [&[&str]; 7] = [
    &["news", "page", "error", "clock", "config"],
    &["store", "format", "outbound"],
    &["wire", "search", "webhook", "source", "hub"],
    &["desk", "archive", "access", "web"],
    &["graphql", "rest", "feed", "site", "consumer"],
    &["app", "server", "worker"],
    &["main", "cli", "lib"],
];

/// Floors that are one room in several files: the words, the assembly and the entrance.
const OPEN_FLOORS: [usize; 3] = [0, 5, 6];

const DOORS: &[&str] = &["graphql", "rest", "feed", "site"];

/// Crates, and the only rooms that may name them.
const FENCES: &[(&[&str], &[&str])] = &[
    (&["sea_orm", "entity", "migration", "sqlx"], &["store"]),
    (&["async_graphql"], &["graphql"]),
    (&["axum"], &["web", "graphql", "rest", "feed", "site", "server"]),
    (&["tantivy", "frostem", "unicode_normalization"], &["search"]),
    // Requests into the world have one door.
    (&["rustls", "tokio_rustls", "webpki_roots"], &["outbound"]),
    (&["encoding_rs", "chardetng", "markup5ever"], &["format"]),
];

/// What lib.rs shows; inside the house these are asked for in their rooms.
const LIBRARY: &[&str] = &["App", "Clock", "Config", "main"];

/// One file of `api/src`.
pub struct Source {
    /// From `api/src`, with `/`.
    pub path: String,
    pub text: String,
}

/// One line that breaks a rule.
pub struct Fault {
    path: String,
    pub line: usize,
    text: String,
    pub rule: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "api/src/{}:{}: {}\n    {}",
            self.path, self.line, self.rule, self.text
        )
    }
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// `desk/rules/mod.rs` is the module `desk::rules`.
    fn module(&self) -> Vec<&str> {
        let mut module: Vec<&str> = self.path.trim_end_matches(".rs").split('/').collect();
        if module.len() > 1 && module.last() == Some(&"mod") {
            module.pop();
        }
        module
    }

    fn room(&self) -> &str {
        self.module()[0]
    }

    fn fault(&self, line: usize, rule: String) -> Fault {
        let text = self
            .text
            .lines()
            .nth(line.saturating_sub(1))
            .unwrap_or_default()
            .trim()
            .to_owned();
        Fault {
            path: self.path.clone(),
            line,
            text,
            rule,
        }
    }
}

/// Everything that breaks a rule; the same rule broken twice on a line is told once.
pub fn faults(sources: &[Source]) -> Vec<Fault> {
    let read: Vec<(&Source, Vec<Token>, Vec<&str>)> = sources
        .iter()
        .map(|source| {
            let (kept, test_files) = without_tests(&tokens(&source.text));
            (source, kept, test_files)
        })
        .collect();
    let test_modules: Vec<Vec<&str>> = read
        .iter()
        .flat_map(|(source, _, test_files)| {
            test_files
                .iter()
                .map(|&name| source.module().into_iter().chain([name]).collect())
        })
        .collect();
    let is_test = |source: &Source| test_modules.iter().any(|test| source.module().starts_with(test));

    let mut faults = Vec::new();
    for (source, kept, _) in read.iter().filter(|(source, ..)| !is_test(source)) {
        if floor(source.room()).is_none() {
            faults.push(source.fault(1, no_floor(source.room())));
            continue;
        }
        let broken = paths(kept)
            .into_iter()
            .filter_map(|named| Some((named.line, broken(source, &named)?)));
        let broken: BTreeSet<(usize, String)> = broken.collect();
        faults.extend(broken.into_iter().map(|(line, rule)| source.fault(line, rule)));
    }
    faults
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&room))
}

fn no_floor(room: &str) -> String {
    format!("{room} stands on no floor: put it on a floor")
}

/// The rule that this path breaks, if it breaks one.
fn broken(source: &Source, named: &Named) -> Option<String> {
    match named.segments[..] {
        _ if named.is_reach => None,
        ["crate", room, ..] => breaks_floors(source.room(), room),
        ["self" | "super", ..] => {
            let climbed = named.segments.iter().filter(|&&segment| segment == "super").count();
            (climbed >= source.module().len() + named.depth).then(|| "super:: climbs out of the room".to_owned())
        }
        [first, ..] if named.segments.len() > 1 || named.imported => breaks_fences(source.room(), first),
        _ => None,
    }
}

fn breaks_floors(room: &str, named: &str) -> Option<String> {
    if room == named {
        return None;
    }
    let own = floor(room)?;
    let Some(other) = floor(named) else {
        return Some(match named {
            "*" | "self" => format!("crate::{named} names every room at once"),
            _ if LIBRARY.contains(&named) => format!("{named} is a name of lib.rs: name the room it comes from"),
            _ => no_floor(named),
        });
    };
    if other < own || (other == own && OPEN_FLOORS.contains(&own)) {
        return None;
    }
    Some(match (room, named) {
        ("archive", "desk") => "the archive never names the desk".to_owned(),
        _ if DOORS.contains(&room) && DOORS.contains(&named) => {
            format!("doors never name each other: {room} names {named}")
        }
        _ => format!("{room} (floor {own}) may name lower floors only, not {named} (floor {other})"),
    })
}

fn breaks_fences(room: &str, name: &str) -> Option<String> {
    let (_, rooms) = FENCES.iter().find(|(crates, _)| crates.contains(&name))?;
    (!rooms.contains(&room)).then(|| format!("{name} lives only in {}", rooms.join(", ")))
}

/// The names that a library's root file makes public.
pub fn public_names(lib: &str) -> BTreeSet<String> {
    let (tokens, _) = without_tests(&tokens(lib));
    let mut names = BTreeSet::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let rest = &tokens[at + 1..];
        match token.text {
            "{" => at += closed_by(&tokens[at..]) - 1,
            "macro_export" => {
                let name = rest.iter().skip_while(|token| token.text != "!").nth(1);
                names.extend(name.map(|name| name.text.to_owned()));
            }
            "pub" if rest.first().is_some_and(|next| next.text == "use") => {
                let until = rest.iter().take_while(|token| token.text != ";").count();
                names.extend(exported(&rest[1..until]));
                at += until;
            }
            "pub" if rest.first().is_some_and(|next| next.text != "(") => {
                // Words before the name: `async fn`, `const fn`, `unsafe extern fn`, `const`, `static` …
                let keywords = [
                    "async", "const", "unsafe", "extern", "fn", "struct", "enum", "union", "trait",
                ];
                let keywords = [&keywords[..], &["type", "mod", "static", "mut"]].concat();
                let name = rest.iter().find(|token| !keywords.contains(&token.text));
                names.extend(name.map(|name| name.text.to_owned()));
            }
            _ => {}
        }
        at += 1;
    }
    names
}

/// The last words of a `use` tree: aliases where there are any.
fn exported<'a>(tree: &[Token<'a>]) -> Vec<String> {
    let ends = |at: usize| tree.get(at).is_none_or(|next| matches!(next.text, "," | "}"));
    let leaf = |at: usize, token: &Token<'a>| ends(at + 1) && (token.is_word || token.text == "*");
    tree.iter()
        .enumerate()
        .filter(|(at, token)| leaf(*at, token))
        .map(|(_, token)| token.text.to_owned())
        .collect()
}
