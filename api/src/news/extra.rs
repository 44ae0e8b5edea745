//! What documents say of a story and the house has no place for, kept by the name of their format: it comes out again in
//! that format and in no other.
//!
//! Values are JSON. Under `dateline` the house itself notes what it made up because a document had none (`made`), so
//! that formats leave it out again: so far the headline.
//! Promises: nothing in it can be run or followed as a script; it is small and shallow; XML can hold its texts.

use super::html;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Bytes as JSON.
pub const LARGEST: usize = 64 * 1024;
const DEEPEST: usize = 24;
const MOST_FORMATS: usize = 8;
/// The name under which the house notes things itself.
const OWN: &str = "dateline";

/// By format: `ninjs`, `newsml-g2` …; each an object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Extra(BTreeMap<String, Map<String, Value>>);

impl Extra {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is kept for this format.
    pub fn of(&self, format: &str) -> Option<&Map<String, Value>> {
        self.0.get(format)
    }

    /// Keeps a member for this format; further ones of the same name join it in a list.
    pub fn keep(&mut self, format: &str, member: &str, value: Value) {
        let members = self.0.entry(format.to_owned()).or_default();
        match (members.get_mut(member), value) {
            (Some(Value::Array(there)), Value::Array(more)) => there.extend(more),
            (Some(_), _) => {}
            (None, value) => _ = members.insert(member.to_owned(), value),
        }
    }

    /// Notes that the headline was made of other words.
    pub fn note_made_headline(&mut self) {
        self.keep(OWN, "made", json!(["headline"]));
    }

    pub fn headline_is_made(&self) -> bool {
        let made = self.of(OWN).and_then(|own| own.get("made")).and_then(Value::as_array);
        made.is_some_and(|names| names.iter().any(|name| name == "headline"))
    }

    /// Bytes as JSON, roughly.
    pub fn size(&self) -> usize {
        let members = self.0.values().flatten();
        members.map(|(name, value)| name.len() + size(value) + 4).sum()
    }

    /// Takes out the largest member until it is small enough; says which.
    pub fn shrink(&mut self) -> Vec<String> {
        let mut gone = Vec::new();
        while self.size() > LARGEST * 3 / 4 {
            let members = self
                .0
                .iter()
                .flat_map(|(f, ms)| ms.iter().map(move |(m, v)| (f, m, size(v))));
            let Some((format, member)) = members.max_by_key(|(.., s)| *s).map(|(f, m, _)| (f.clone(), m.clone()))
            else {
                break;
            };
            if let Some(members) = self.0.get_mut(&format) {
                members.remove(&member);
            }
            gone.push(format!("{format}.{member}"));
        }
        self.0.retain(|_, members| !members.is_empty());
        gone
    }

    /// Cleaned, or why it cannot be taken.
    pub fn checked(self) -> Result<Extra, String> {
        if self.0.len() > MOST_FORMATS {
            return Err(format!(
                "names {} formats; at most {MOST_FORMATS} are allowed",
                self.0.len()
            ));
        }
        let is_name = |n: &String| {
            (1..=40).contains(&n.len())
                && n.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if let Some(bad) = self.0.keys().find(|name| !is_name(name)) {
            let bad: String = bad.chars().take(40).collect();
            return Err(format!("`{bad}` is no format; write one such as ninjs or newsml-g2"));
        }
        if self.0.values().flatten().any(|(_, value)| depth(value) > DEEPEST) {
            return Err(format!("lies deeper than {DEEPEST} in itself"));
        }
        let size = self.size();
        if size > LARGEST {
            return Err(format!("has {size} bytes; at most {LARGEST} are allowed"));
        }
        let clean = self.0.into_iter().map(|(format, members)| {
            let is_xml = format.starts_with("newsml");
            let members = members.into_iter().map(|(name, value)| (name, clean(value, is_xml)));
            (format, members.collect::<Map<String, Value>>())
        });
        Ok(Extra(clean.filter(|(_, members)| !members.is_empty()).collect()))
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 12,
        Value::String(text) => text.len() + 2,
        Value::Array(list) => 2 + list.iter().map(|v| size(v) + 1).sum::<usize>(),
        Value::Object(members) => 2 + members.iter().map(|(n, v)| n.len() + size(v) + 4).sum::<usize>(),
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
        Value::Array(list) => 1 + list.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
    }
}

fn clean(value: Value, is_xml: bool) -> Value {
    match value {
        Value::String(text) => Value::String(clean_text(text, is_xml)),
        Value::Array(list) => Value::Array(list.into_iter().map(|v| clean(v, is_xml)).collect()),
        Value::Object(members) => {
            let members = members
                .into_iter()
                .map(|(name, v)| (clean_text(name, true), clean(v, is_xml)));
            Value::Object(members.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// Markup is sanitised as a body is; an address that is a script is none. XML is written anew by whoever writes it out.
fn clean_text(text: String, is_xml: bool) -> String {
    let is_unfit =
        |c: char| (c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t')) || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    let text = if text.contains(is_unfit) {
        text.replace(is_unfit, "")
    } else {
        text
    };
    let bare: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .take(12)
        .collect();
    let bare = bare.to_ascii_lowercase();
    if ["javascript:", "vbscript:", "data:text/"]
        .iter()
        .any(|s| bare.starts_with(s))
    {
        return String::new();
    }
    let is_markup = text
        .split('<')
        .skip(1)
        .any(|t| t.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')));
    if is_markup && !is_xml {
        html::sanitise(&text)
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn extra(value: Value) -> Extra {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn it_is_bounded_and_clean() {
        let dirty = json!({"ninjs": {"a": "<p onclick=x>t</p><script>y</script>", "b": ["java\nscript:x()"], "c": "1 < 2\u{1}"}});
        let clean = extra(dirty).checked().unwrap();
        assert_eq!(
            json!(clean),
            json!({"ninjs": {"a": "<p>t</p>", "b": [""], "c": "1 < 2"}})
        );
        for (value, reason) in [
            (json!({"a b": {"x": 1}}), "no format"),
            (json!({"ninjs": {"x": "y".repeat(LARGEST)}}), "bytes"),
            (
                json!({"ninjs": {"x": (0..40).fold(json!(1), |v, _| json!([v]))}}),
                "deeper",
            ),
        ] {
            let refused = extra(value).checked().unwrap_err();
            assert!(refused.contains(reason), "{refused}");
        }
    }

    #[test]
    fn what_is_too_much_goes_first_where_it_is_largest() {
        let mut kept = extra(json!({"ninjs": {"big": "y".repeat(LARGEST), "small": 1}}));
        assert_eq!(kept.shrink(), ["ninjs.big"]);
        assert_eq!(json!(kept), json!({"ninjs": {"small": 1}}));
    }

    proptest! {
        #[test]
        fn what_was_cleaned_stays_as_it_is(text in "\\PC{0,60}", tags in "[<>a-z/! \"=:]{0,60}") {
            let once = extra(json!({"ninjs": {"a": text, "b": [tags]}})).checked().unwrap();
            prop_assert_eq!(once.clone().checked().unwrap(), once);
        }
    }
}
