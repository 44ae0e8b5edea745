//! Feeds as they are in the wild: RSS 0.9x to 2.0, RSS 1.0 and 0.90 (RDF), Atom 0.3 and 1.0, CDF and JSON Feed.
//!
//! Cast: `xml` finds what is a feed and its items, `fields` reads one item, `wording` what kind of text stands in an
//! element, `dates` times, `json` JSON Feed, `story` what they all have in common.
//! Promises: whatever comes in, it ends, in time that grows with its length; nothing is fetched; what cannot be read is
//! refused with its place and the reason, and what is only damaged is read as far as a reader would.

mod dates;
mod fields;
pub mod json;
mod story;
mod wording;
mod xml;

use super::liberal::html;
use super::reading::{Document, Hints, Unreadable};
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::io::Read;

/// In bytes, unpacked.
const LARGEST: usize = 32 * 1024 * 1024;

/// A feed, whatever it comes in.
#[cfg(test)]
pub fn read(bytes: &[u8], hints: &Hints) -> Result<Document, Unreadable> {
    let bytes = unpacked(bytes)?;
    read_text(&super::liberal::encoding::decode(&bytes, hints.content_type), hints)
}

/// Whether the first element is one that feeds, or single items, begin with; whatever stands before it.
pub fn is_feed(text: &str) -> bool {
    xml::begins_feed(text)
}

pub fn read_text(text: &str, hints: &Hints) -> Result<Document, Unreadable> {
    let begin = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{FEFF}');
    match begin.chars().next() {
        None => Err(Unreadable::new("it is empty")),
        Some('{') => json::read(text, hints),
        Some(_) => xml::read(text, hints),
    }
}

/// Some servers send gzip and do not say so.
pub fn unpacked(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Unreadable> {
    if !bytes.starts_with(&[0x1F, 0x8B, 8]) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut unpacked = Vec::new();
    let most = LARGEST as u64 + 1;
    let done = MultiGzDecoder::new(bytes).take(most).read_to_end(&mut unpacked);
    match done {
        // A broken end takes nothing from what was read before it.
        Err(error) if unpacked.is_empty() => Err(Unreadable {
            line: None,
            column: None,
            reason: format!("it begins as gzip and is none: {error}"),
        }),
        Ok(_) | Err(_) if unpacked.len() > LARGEST => Err(too_large()),
        Ok(_) | Err(_) => Ok(Cow::Owned(unpacked)),
    }
}

fn too_large() -> Unreadable {
    let reason = format!("it is larger than {} MiB", LARGEST >> 20);
    Unreadable {
        line: None,
        column: None,
        reason,
    }
}

/// The place of a byte, for people: both from 1, the column in characters.
fn unreadable(text: &str, at: usize, reason: impl Into<String>) -> Unreadable {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() as u64 + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u64 + 1;
    Unreadable {
        line: Some(line),
        column: Some(column),
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests;
