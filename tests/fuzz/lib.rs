//! The readers of others' formats, for fuzzing: the house's own sources.
#![allow(dead_code, unused_imports, reason = "only the readers are wanted of these rooms")]

#[path = "../../api/src/error.rs"]
mod error;
#[path = "../../api/src/format/mod.rs"]
pub mod format;
#[path = "../../api/src/news/mod.rs"]
mod news;

use format::reading::{Hints, Loss};
use news::submission::Submission;

/// Whatever comes is read or refused, and what is read is within the desk's bounds.
pub fn judge(bytes: &[u8], content_type: Option<&str>) {
    let hints = Hints {
        content_type,
        address: Some("https://a.example/document"),
        ..Hints::default()
    };
    let Ok(document) = format::read(bytes, &hints) else {
        return;
    };
    for item in document.items {
        let Submission {
            headline,
            summary,
            urgency,
            related_links,
            renditions,
            topics,
            ..
        } = item.submission;
        let headline = headline.expect("every story has a headline");
        assert_eq!(headline, headline.split_whitespace().collect::<Vec<_>>().join(" "), "one line");
        assert!(!headline.is_empty() && headline.chars().count() <= 500);
        assert!(summary.is_none_or(|summary| summary.chars().count() <= 5_000));
        assert!(urgency.is_none_or(|urgency| (1..=9).contains(&urgency)));
        let few = |count: usize| assert!(count <= 50, "{count}");
        few(related_links.map_or(0, |links| links.len()));
        few(renditions.map_or(0, |renditions| renditions.len()));
        few(topics.map_or(0, |topics| topics.len()));
        assert!(item.lost.iter().all(|Loss { what, why }| !what.is_empty() && !why.is_empty()));
    }
}
