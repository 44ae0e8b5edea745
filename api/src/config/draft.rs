//! The layers on their way to a `Config`. A value enters only if its rule allows it; what does not enter is a fault and
//! leaves the value below standing, so that one fault hides no other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;
use toml::de::{DeTable, DeValue, ValueDeserializer};
use toml::{Spanned, Table, Value};

use super::Config;
use super::faults::{Fault, Faults};
use super::rules::{Rule, against_each_other, is_section};
use super::unknown::{Spelling, find, meant_by_variable};

/// Variables that are ours, then section and key in capitals with two underscores between: keys hold single ones.
pub(super) const PREFIX: &str = "DATELINE__";

#[derive(Default)]
pub(super) struct Draft {
    /// Only what the layers gave; serde fills in the defaults.
    values: Table,
    /// `section.key` → file and line, variable or option that gave it.
    places: BTreeMap<String, String>,
    faults: Vec<Fault>,
}

impl Draft {
    pub fn file(&mut self, path: &Path) {
        let name = path.display().to_string();
        match fs::read(path).map(String::from_utf8) {
            Ok(Ok(text)) => self.toml(&name, &text),
            Ok(Err(_)) => self.fault(name, "", "is not UTF-8 text: save it as UTF-8".to_owned()),
            Err(why) => {
                let message = format!("cannot be read ({why}): check the path and who may read it");
                self.fault(name, "", message);
            }
        }
    }

    /// Takes in a TOML text; `name` is empty where it has no file.
    pub fn toml(&mut self, name: &str, text: &str) {
        let line = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        let place = |line: usize| {
            if name.is_empty() {
                format!("line {line}")
            } else {
                format!("{name}:{line}")
            }
        };
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut broken = BTreeSet::new();
        for error in &errors {
            let at = line(error.span().map_or(0, |span| span.start));
            if broken.insert(at) {
                // Only the message: the error's own display repeats the line, and the line may hold a password.
                self.fault(place(at), "", format!("is not TOML: {}", error.message()));
            }
        }
        for leaf in leaves(table.into_inner()) {
            let at = line(leaf.at);
            // What the parser made of a broken line is a guess and would only be blamed a second time.
            if !broken.contains(&at) {
                let value = |_: &Rule| Value::deserialize(leaf.value).map_err(|why| format!("is {}", why.message()));
                self.leaf(place(at), Spelling::Dotted, (&leaf.section, &leaf.key), value);
            }
        }
    }

    /// Takes in variables and options, the weaker first where two mean the same setting.
    pub fn settings(&mut self, settings: impl Iterator<Item = (String, String)>) {
        let mut ranked: Vec<(u8, String, String, String)> = Vec::new();
        for (name, value) in settings {
            let (rank, path) = match name.as_str() {
                // Empty is how shells and compose files say "not set".
                "DATABASE_URL" | "DATABASE_READ_URL" if value.is_empty() => continue,
                "DATABASE_URL" => (0, "store__url".to_owned()),
                "DATABASE_READ_URL" => (0, "store__read_url".to_owned()),
                "--listen" => (2, "server__listen".to_owned()),
                "--data" => (2, "store__data_dir".to_owned()),
                variable => match (variable.strip_prefix(PREFIX), meant_by_variable(variable)) {
                    (Some(path), _) => (1, path.to_lowercase()),
                    (None, Some(why)) => {
                        self.fault(name, "", why);
                        continue;
                    }
                    (None, None) => continue,
                },
            };
            ranked.push((rank, name, path, value));
        }
        // The environment comes in no order; the faults should.
        ranked.sort();
        for (_, name, path, value) in ranked {
            let path = path.split_once("__").unwrap_or((&path, ""));
            self.leaf(name, Spelling::Variable, path, |rule| rule.shape.parse(&value));
        }
    }

    pub fn finish(mut self) -> Result<Config, Faults> {
        match Config::deserialize(std::mem::take(&mut self.values)) {
            Ok(config) => {
                for (path, other, message) in against_each_other(&config) {
                    let place = self.places.get(path).or_else(|| self.places.get(other)).cloned();
                    self.fault(place.unwrap_or_default(), path, message);
                }
                if self.faults.is_empty() {
                    Ok(config)
                } else {
                    Err(Faults(self.faults))
                }
            }
            // Not to be met while the rules are as strict as the types; then it is said rather than hidden.
            Err(why) => {
                let message = format!("fits the rules, not the types (Dateline's mistake): {}", why.message());
                self.fault("configuration".to_owned(), "", message);
                Err(Faults(self.faults))
            }
        }
    }

    /// One value for one setting, or one fault.
    fn leaf<F>(&mut self, place: String, spelling: Spelling, (section, key): (&str, &str), value: F)
    where
        F: FnOnce(&Rule) -> Result<Value, String>,
    {
        let rule = match find(section, key, spelling) {
            Ok(rule) => rule,
            Err(unknown) => return self.fault(place, &unknown.name, unknown.message),
        };
        match value(rule).and_then(|value| rule.shape.check(&value).map(|()| value)) {
            Err(why) => self.fault(place, &rule.path(), why),
            Ok(value) => {
                let section = self
                    .values
                    .entry(rule.section)
                    .or_insert_with(|| Value::Table(Table::new()));
                if let Some(section) = section.as_table_mut() {
                    section.insert(rule.key.to_owned(), value);
                }
                self.places.insert(rule.path(), place);
            }
        }
    }

    fn fault(&mut self, place: String, path: &str, message: String) {
        self.faults.push(Fault {
            place,
            path: path.to_owned(),
            message,
        });
    }
}

/// One value of a TOML text, where it begins, and its names. What stands at the top instead of a section, or under a
/// section nobody knows, is one leaf without a key: one fault for it is enough.
struct Leaf<'i> {
    at: usize,
    section: String,
    key: String,
    value: ValueDeserializer<'i>,
}

/// In the order of the text; the table itself is sorted by name.
fn leaves(table: DeTable<'_>) -> Vec<Leaf<'_>> {
    let mut leaves = Vec::new();
    for (section, value) in table {
        let (at, section) = (section.span().start, section.into_inner().into_owned());
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(keys) if is_section(&section) => leaves.extend(keys.into_iter().map(|(key, value)| Leaf {
                at: key.span().start,
                section: section.clone(),
                key: key.into_inner().into_owned(),
                value: value.into(),
            })),
            other => leaves.push(Leaf {
                at,
                section,
                key: String::new(),
                value: Spanned::new(span, other).into(),
            }),
        }
    }
    leaves.sort_by_key(|leaf| leaf.at);
    leaves
}
