//! What was wrong with the settings, all of it, in words for the person who wrote them.

use std::error::Error;
use std::fmt;

/// Every fault of one reading, in the order of the layers: of a file first what is not TOML, then line by line. Never
/// empty, and never shows a secret.
#[derive(Debug, PartialEq)]
pub struct Faults(pub(super) Vec<Fault>);

/// One thing to mend. `message` says what is wrong and what to do.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    /// File and line, variable, or command line option.
    pub place: String,
    /// `section.key`, where the fault is with one.
    pub path: String,
    pub message: String,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(f, "the configuration has a fault:")?,
            many => write!(f, "the configuration has {many} faults:")?,
        }
        for Fault { place, path, message } in &self.0 {
            let gap = if path.is_empty() { "" } else { " " };
            write!(f, "\n  {place}: {path}{gap}{message}")?;
        }
        Ok(())
    }
}

impl Error for Faults {}

/// A value as a fault may repeat it: quoted, and only what is short and cannot be a URL with a password put in the wrong
/// place.
pub(super) fn shown(value: &str) -> String {
    if value.chars().count() > 60 || value.contains('@') {
        "the value (not shown)".to_owned()
    } else {
        format!("{value:?}")
    }
}

/// The known name most like the given one, if any is like it at all.
pub(super) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (strsim::jaro_winkler(&given.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, name)| name)
}
