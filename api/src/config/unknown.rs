//! Names nobody knows, and the known one that was probably meant.

use super::draft::PREFIX;
use super::faults::nearest;
use super::rules::{RULES, Rule, is_section, sections};

/// How a setting is written where it was given, so that advice can be pasted.
#[derive(Clone, Copy)]
pub(super) enum Spelling {
    /// `server.listen`
    Dotted,
    /// `DATELINE__SERVER__LISTEN`
    Variable,
}

impl Spelling {
    fn of(self, rule: &Rule) -> String {
        match self {
            Self::Dotted => rule.path(),
            Self::Variable => format!("{PREFIX}{}__{}", rule.section, rule.key).to_uppercase(),
        }
    }
}

pub(super) struct Unknown {
    /// As given; empty for a variable, whose name is the place already.
    pub name: String,
    pub message: String,
}

/// The rule of a setting. `key` is empty where only one name was given.
pub(super) fn find(section: &str, key: &str, spelling: Spelling) -> Result<&'static Rule, Unknown> {
    if let Some(rule) = RULES.iter().find(|rule| rule.section == section && rule.key == key) {
        return Ok(rule);
    }
    let given = if key.is_empty() {
        section.to_owned()
    } else {
        format!("{section}.{key}")
    };
    let name = match spelling {
        Spelling::Variable => String::new(),
        // A URL put where a name belongs may hold a password.
        Spelling::Dotted if given.contains('@') => "(name not shown)".to_owned(),
        Spelling::Dotted => given,
    };
    Err(Unknown {
        name,
        message: advice(section, key, spelling),
    })
}

fn advice(section: &str, key: &str, spelling: Spelling) -> String {
    let listed = |names: Vec<&str>| names.join(", ");
    match (is_section(section), key.is_empty(), spelling) {
        (true, true, Spelling::Dotted) => {
            return format!("is a section: write [{section}] in a line of its own and its settings below it");
        }
        (true, true, Spelling::Variable) => {
            let example = RULES
                .iter()
                .find(|rule| rule.section == section)
                .map(|rule| spelling.of(rule));
            return format!(
                "names a section only: write a setting of it, such as {}",
                example.unwrap_or_default()
            );
        }
        (false, true, Spelling::Dotted) if !RULES.iter().any(|rule| rule.key == section) => {
            if let Some(name) = nearest(section, sections().into_iter()) {
                return format!("is no section: did you mean [{name}]?");
            }
        }
        (true, false, _) | (false, _, _) => {}
    }
    match meant(section, key) {
        Some(rule) => format!("is no setting: did you mean {}?", spelling.of(rule)),
        None if is_section(section) => {
            let keys = RULES
                .iter()
                .filter(|rule| rule.section == section)
                .map(|rule| rule.key)
                .collect();
            format!("is no setting: [{section}] has {}", listed(keys))
        }
        None => format!("is no section: there are {}", listed(sections())),
    }
}

/// First a slip in the key, then the right key in the wrong section or in none, then a slip there.
fn meant(section: &str, key: &str) -> Option<&'static Rule> {
    let alone = if key.is_empty() { section } else { key };
    let beside = RULES.iter().filter(|rule| rule.section == section).map(|rule| rule.key);
    if let Some(key) = nearest(key, beside) {
        return RULES.iter().find(|rule| rule.section == section && rule.key == key);
    }
    let key = nearest(alone, RULES.iter().map(|rule| rule.key))?;
    RULES.iter().find(|rule| rule.key == key)
}

/// `DATELINE_SERVER_LISTEN` with single underscores would be passed over in silence, the one slip nobody finds.
pub(super) fn meant_by_variable(name: &str) -> Option<String> {
    let rest = name.strip_prefix("DATELINE_")?.replace("__", "_").to_lowercase();
    let rule = RULES
        .iter()
        .find(|rule| format!("{}_{}", rule.section, rule.key) == rest)?;
    Some(format!("is no setting: did you mean {}?", Spelling::Variable.of(rule)))
}
