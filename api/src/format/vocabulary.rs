//! Controlled vocabularies as topics: IPTC's own JSON (SKOS, as the NewsCodes server gives it), and lists of concepts with
//! `qcode`, `parent` and `name`.

use super::reading::Unreadable;
use crate::news::language;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A concept that is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub code: String,
    /// Its parent's code; a parent comes before its children.
    pub parent: Option<String>,
    /// By language tag; a language without its region has a name wherever one with a region has.
    pub names: BTreeMap<String, String>,
}

pub struct Vocabulary {
    pub entries: Vec<Entry>,
    /// How many concepts are retired, and were left out.
    pub retired: u64,
}

#[derive(Deserialize)]
struct Document {
    #[serde(alias = "conceptSet")]
    concepts: Vec<Concept>,
}

#[derive(Deserialize)]
struct Concept {
    qcode: String,
    #[serde(default)]
    uri: Option<String>,
    #[serde(alias = "prefLabel")]
    name: BTreeMap<String, String>,
    #[serde(default, alias = "broader")]
    parent: Vec<String>,
    #[serde(default)]
    retired: Option<String>,
}

/// IPTC wrote countries for two languages.
const MISTAKEN: [(&str, &str); 2] = [("se", "sv"), ("dk", "da")];

pub fn read(bytes: &[u8]) -> Result<Vocabulary, Unreadable> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let Document { concepts } = serde_json::from_slice(bytes).map_err(|error| Unreadable {
        line: u64::try_from(error.line()).ok(),
        column: u64::try_from(error.column()).ok(),
        reason: format!("no vocabulary: {error}"),
    })?;
    let (retired, used): (Vec<Concept>, Vec<Concept>) = concepts.into_iter().partition(|c| c.retired.is_some());
    let by_address: HashMap<String, String> = used
        .iter()
        .filter_map(|c| Some((c.uri.clone()?, c.qcode.clone())))
        .collect();
    let known: HashSet<String> = used.iter().map(|c| c.qcode.clone()).collect();
    let mut waiting: Vec<Entry> = used
        .into_iter()
        .map(|concept| {
            let Concept {
                qcode,
                uri: _,
                name,
                parent,
                retired: _,
            } = concept;
            let parents = parent.into_iter().map(|p| by_address.get(&p).cloned().unwrap_or(p));
            Entry {
                parent: parents.into_iter().find(|p| known.contains(p) && *p != qcode),
                code: qcode,
                names: named(name),
            }
        })
        .collect();
    let mut entries = Vec::with_capacity(waiting.len());
    let mut placed: HashSet<String> = HashSet::new();
    // As often as the tree is deep; what stands in a ring is left behind.
    while !waiting.is_empty() {
        let before = waiting.len();
        let (ready, later): (Vec<Entry>, Vec<Entry>) = waiting
            .into_iter()
            .partition(|e| e.parent.as_ref().is_none_or(|p| placed.contains(p)));
        placed.extend(ready.iter().map(|e| e.code.clone()));
        entries.extend(ready);
        if later.len() == before {
            let ring: Vec<&str> = later.iter().map(|e| e.code.as_str()).take(5).collect();
            return Err(Unreadable::new(format!(
                "these concepts stand above themselves: {}",
                ring.join(", ")
            )));
        }
        waiting = later;
    }
    Ok(Vocabulary {
        entries,
        retired: retired.len() as u64,
    })
}

fn named(said: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (tag, name) in said {
        let tag = MISTAKEN
            .iter()
            .find(|(wrong, _)| *wrong == tag)
            .map_or(tag.as_str(), |(_, right)| right);
        if let Ok(tag) = language::normalise(tag) {
            names.insert(tag, name);
        }
    }
    let bases: Vec<(String, String)> = names
        .iter()
        .filter_map(|(tag, name)| Some((tag.split_once('-')?.0.to_owned(), name.clone())))
        .collect();
    for (base, name) in bases {
        names.entry(base).or_insert(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_are_one_tree_parents_first() {
        let ours = r#"{"concepts": [{"qcode": "m:2", "parent": ["m:1"], "name": {"en-GB": "Two"}},
            {"qcode": "m:1", "parent": [], "name": {"en-GB": "One", "sv": "Ett"}},
            {"qcode": "m:3", "parent": [], "name": {"en-GB": "Three"}, "retired": "2016-04-05T12:00:00+00:00"}]}"#;
        let iptc = r#"{"conceptSet": [{"qcode": "m:2", "uri": "http://x/2", "broader": ["http://x/1"], "prefLabel": {"en-GB": "Two"}},
            {"qcode": "m:1", "uri": "http://x/1", "prefLabel": {"en-GB": "One", "se": "Ett"}},
            {"qcode": "m:3", "uri": "http://x/3", "prefLabel": {"en-GB": "Three"}, "retired": "2016-04-05T12:00:00+00:00"}]}"#;
        let (ours, iptc) = (read(ours.as_bytes()).unwrap(), read(iptc.as_bytes()).unwrap());
        assert_eq!(ours.entries, iptc.entries);
        assert_eq!((ours.retired, iptc.retired), (1, 1));
        let first = &ours.entries[0];
        assert_eq!(
            (first.code.as_str(), first.names.get("en").map(String::as_str)),
            ("m:1", Some("One"))
        );
        assert_eq!(ours.entries[1].parent.as_deref(), Some("m:1"));
    }

    #[test]
    fn a_ring_is_refused() {
        let ring = r#"{"concepts": [{"qcode": "m:2", "parent": ["m:1"], "name": {"en": "Two"}}, {"qcode": "m:1", "parent": ["m:2"], "name": {"en": "One"}}]}"#;
        assert!(read(ring.as_bytes()).is_err());
    }
}
