//! Controlled vocabularies: what codes are called as addresses.

use super::text::uri;
use crate::news::topic::Topic;
use std::borrow::Cow;

/// IPTC's NewsCodes that stories are told by, by the alias in its catalog.
const IPTC: [(&str, &str); 3] = [
    ("medtop", "http://cv.iptc.org/newscodes/mediatopic/"),
    ("subj", "http://cv.iptc.org/newscodes/subjectcode/"),
    ("genre", "http://cv.iptc.org/newscodes/genre/"),
];

/// A code that every reader of IPTC's catalog understands.
pub fn qcode(topic: &Topic) -> Option<&str> {
    let code = topic.code.as_deref()?;
    let (alias, rest) = code.split_once(':')?;
    let plain = !rest.is_empty()
        && rest
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    (plain && IPTC.iter().any(|(known, _)| *known == alias)).then_some(code)
}

/// What the topic is called everywhere: its address in its vocabulary, which its code may be itself. None where only we
/// know it.
pub fn address(topic: &Topic) -> Option<String> {
    let code = topic.code.as_deref()?;
    if code.starts_with("http://") || code.starts_with("https://") {
        return uri(code).map(Cow::into_owned);
    }
    known(topic).map(|(vocabulary, code)| format!("{vocabulary}{code}"))
}

/// The vocabulary's address, and the code in it, of those that everybody knows.
pub fn known(topic: &Topic) -> Option<(&'static str, &str)> {
    let (alias, code) = qcode(topic)?.split_once(':')?;
    let (_, vocabulary) = IPTC.iter().find(|(known, _)| *known == alias)?;
    Some((vocabulary, code))
}

/// What it is called within its vocabulary, or here; none where its address is all that it has.
pub fn literal(topic: &Topic) -> Option<&str> {
    match topic.code.as_deref() {
        Some(code) => Some(code).filter(|code| !code.contains("://")),
        None => Some(&topic.slug),
    }
}
