//! Concepts of controlled vocabularies: the addresses by which documents name them, and the codes by which topics do.

use super::reading::Item;
use crate::news::submission::TopicSubmission;
use crate::news::topic::TopicKind;
use crate::news::{slug, uri};
use std::collections::BTreeMap;

/// Vocabularies whose addresses are written as codes. Only IPTC's own, whose aliases are fixed: of all others the address
/// itself is the code, so nothing is lost.
const SCHEMES: [(&str, &str); 2] = [
    ("medtop", "cv.iptc.org/newscodes/mediatopic/"),
    ("subj", "cv.iptc.org/newscodes/subjectcode/"),
];
const LONGEST_CODE: usize = 200;

/// A thing that a document names as what a story is about.
#[derive(Default)]
pub struct Concept {
    pub kind: Option<TopicKind>,
    /// Address of the concept.
    pub uri: Option<String>,
    /// `scheme:code`.
    pub qcode: Option<String>,
    /// By language; empty where the document does not say which.
    pub names: Vec<(String, String)>,
}

/// The code for an address of a concept.
pub fn code_of(address: &str) -> Option<String> {
    let bare = address
        .strip_prefix("http://")
        .or_else(|| address.strip_prefix("https://"));
    for (alias, place) in SCHEMES {
        if let Some(code) = bare.and_then(|b| b.strip_prefix(place)).filter(|c| !c.is_empty()) {
            return Some(format!("{alias}:{}", code.trim_end_matches('/'))).filter(|c| is_code(c));
        }
    }
    Some(address.to_owned()).filter(|a| is_code(a) && uri::valid_uri(a).is_ok())
}

/// What the desk takes as a topic's code.
pub fn is_code(code: &str) -> bool {
    let graphic = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_graphic() && c != ',' && c != '|');
    code.len() <= LONGEST_CODE
        && code
            .split_once(':')
            .is_some_and(|(scheme, rest)| graphic(scheme) && graphic(rest))
}

impl Item {
    /// Takes a concept up as a topic. One that neither has a code nor a name is lost.
    pub fn about(&mut self, place: &str, concept: Concept, language: &str) {
        let Concept {
            kind,
            uri,
            qcode,
            names,
        } = concept;
        let code = qcode
            .filter(|q| is_code(q))
            .or_else(|| uri.as_deref().and_then(code_of));
        let mut by_language = BTreeMap::new();
        for (tag, name) in names {
            let name: String = name
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .chars()
                .take(200)
                .collect();
            let tag = Some(tag)
                .filter(|t| !t.is_empty())
                .unwrap_or_else(|| language.to_owned());
            if let (Ok(tag), false) = (crate::news::language::normalise(&tag), name.is_empty()) {
                by_language.entry(tag).or_insert(name);
            }
        }
        if by_language.is_empty() {
            let name = code.clone().or(uri).map(|n| n.chars().take(200).collect());
            match name {
                Some(name) => by_language.insert(language.to_owned(), name),
                None => return self.lose(place, "has neither a code nor a name"),
            };
        }
        let own = by_language
            .get_key_value(language)
            .or_else(|| by_language.iter().next());
        let made = own.and_then(|(tag, name)| slug::slugify(name, tag)).or_else(|| {
            code.as_deref()
                .and_then(|c| slug::slugify(&c.replace([':', '/'], " "), ""))
        });
        let Some(made) = made else {
            return self.lose(place, "has no letter or digit that a name can be made of");
        };
        let key = code.clone().unwrap_or_else(|| made.clone());
        let topics = self.submission.topics.get_or_insert_default();
        if topics.contains(&key) {
            return;
        }
        topics.push(key);
        self.subjects.push(TopicSubmission {
            slug: Some(made),
            kind: kind.map(|k| k.as_str().to_owned()),
            code,
            parent: None,
            names: Some(by_language),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_media_topics_are_codes() {
        for (address, code) in [
            (
                "http://cv.iptc.org/newscodes/mediatopic/20000737",
                Some("medtop:20000737"),
            ),
            (
                "https://cv.iptc.org/newscodes/mediatopic/20000737/",
                Some("medtop:20000737"),
            ),
            (
                "http://www.wikidata.org/entity/Q84",
                Some("http://www.wikidata.org/entity/Q84"),
            ),
            ("Susan Smith", None),
            ("http://a b", None),
        ] {
            assert_eq!(code_of(address).as_deref(), code, "{address}");
        }
    }
}
