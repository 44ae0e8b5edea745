//! The rules of what is said where a story's state changes: corrected, withheld, canceled, renamed, given another time.

use super::Rules;
use crate::desk::draft::Note;
use crate::error::{Error, Result};
use crate::news::story::CorrectionKind;
use crate::news::submission::RenameSubmission;
use crate::news::{slug, uri};
use jiff::Timestamp;

const LONGEST_NOTE: usize = 2_000;

/// The public text of a correction.
pub fn check_note(text: Option<String>, kind: Option<String>) -> Result<Note> {
    let mut rules = Rules::new(Timestamp::UNIX_EPOCH);
    let text = rules.required("text", text);
    let text = text.and_then(|t| rules.line("text", Some(t), LONGEST_NOTE));
    let kind = match kind.as_deref() {
        None => Some(CorrectionKind::Correction),
        Some(kind) => CorrectionKind::parse(kind),
    };
    if kind.is_none() {
        let known = CorrectionKind::ALL.map(CorrectionKind::as_str).join(", ");
        rules.fault("kind", "unknown_value", format!("must be one of {known}"));
    }
    match (text, kind) {
        (Some(text), Some(kind)) if rules.faults.is_empty() => Ok(Note { kind, text }),
        _ => Err(Error::content(rules.faults)),
    }
}

/// Why a story is withheld.
pub fn check_reason(reason: Option<String>) -> Result<Option<String>> {
    let mut rules = Rules::new(Timestamp::UNIX_EPOCH);
    let reason = rules.line("reason", reason, LONGEST_NOTE);
    rules.done(reason)
}

/// Why a story is canceled, and the uri of the one to take instead.
pub fn check_cancel(reason: Option<String>, replacement: Option<String>) -> Result<(String, Option<String>)> {
    let mut rules = Rules::new(Timestamp::UNIX_EPOCH);
    let reason = rules.required("reason", reason);
    let reason = rules.line("reason", reason, LONGEST_NOTE);
    let replacement = replacement.filter(|r| rules.said("replacement", "invalid_uri", uri::valid_uri(r)));
    rules.done((reason.unwrap_or_default(), replacement))
}

/// New names for a story.
pub fn check_rename(rename: RenameSubmission) -> Result<RenameSubmission> {
    let mut rules = Rules::new(Timestamp::UNIX_EPOCH);
    let RenameSubmission { uri, slug } = rename;
    if uri.is_none() && slug.is_none() {
        rules.fault("uri", "required", "say a new `uri`, a new `slug`, or both");
    }
    let uri = uri.filter(|u| rules.said("uri", "invalid_uri", uri::valid_uri(u)));
    let slug = slug.filter(|s| rules.said("slug", "invalid_slug", slug::valid_slug(s)));
    rules.done(RenameSubmission { uri, slug })
}

/// When something that waits is to be released instead.
pub fn check_until(text: Option<String>, now: Timestamp) -> Result<Timestamp> {
    let mut rules = Rules::new(now);
    let text = rules.required("embargoedUntil", text);
    let until = rules.until(text);
    if until.is_some_and(|until| until <= now) {
        let message = "lies in the past; to publish it now, release it";
        rules.fault("embargoedUntil", "in_the_past", message);
    }
    rules.done(until.unwrap_or(now))
}
