//! Controlled vocabularies: what codes are called as addresses.

use crate::news::site::Site;
use crate::news::topic::Topic;

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

/// What the topic is called everywhere: its address in its vocabulary, or its page in ours.
pub fn address(topic: &Topic, site: &Site) -> String {
    let known = qcode(topic).and_then(|code| {
        let (alias, rest) = code.split_once(':')?;
        let (_, base) = IPTC.iter().find(|(known, _)| *known == alias)?;
        Some(format!("{base}{rest}"))
    });
    known.unwrap_or_else(|| format!("{}/topics/{}", site.public_url, topic.slug))
}

/// What it is called within its vocabulary, or here.
pub fn literal(topic: &Topic) -> &str {
    topic.code.as_deref().unwrap_or(&topic.slug)
}
