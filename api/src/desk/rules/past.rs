//! The rules of what only an export says: which version a story has come to, and what it was before.

use super::check;
use crate::desk::draft::{Draft, Edition, History};
use crate::error::{Error, Fault, Result};
use crate::news::micros;
use crate::news::story::PubStatus;
use crate::news::submission::Provenance;
use jiff::Timestamp;

/// The rules of a story that comes from an export, with its past.
pub fn check_history(draft: Draft, provenance: Provenance, home_language: &str, now: Timestamp) -> Result<Draft> {
    let mut faults = Vec::new();
    let mut editions = Vec::new();
    if provenance.version < 1 {
        faults.push(Fault::new("version", "out_of_range", "must be 1 or more"));
    }
    let pub_status = PubStatus::parse(&provenance.pub_status);
    if pub_status.is_none() {
        let message = "must be usable, withheld or canceled";
        faults.push(Fault::new("pubStatus", "unknown_value", message));
    }
    let numbers = provenance
        .versions
        .iter()
        .map(|v| v.get("version").and_then(serde_json::Value::as_i64));
    let numbers: Vec<i64> = numbers.map(|n| n.unwrap_or(0)).collect();
    let ascending = numbers.is_sorted_by(|a, b| a < b);
    let inside = numbers.iter().all(|n| (1..i64::from(provenance.version)).contains(n));
    if !ascending || !inside {
        let message = "must be earlier versions, oldest first, each number once, all below `version`";
        faults.push(Fault::new("versions", "out_of_range", message));
    }
    for alias in &provenance.aliases {
        if alias.kind != "slug" && alias.kind != "uri" {
            faults.push(Fault::new(
                "aliases",
                "unknown_value",
                "an alias is a `slug` or a `uri`",
            ));
        }
    }
    for (i, value) in provenance.versions.into_iter().enumerate() {
        match edition(value, home_language, now) {
            Ok(edition) => editions.push(edition),
            Err(error) if error.faults.is_empty() => {
                faults.push(Fault::new(format!("versions[{i}]"), "unreadable", error.detail));
            }
            Err(error) => faults.extend(error.faults.into_iter().map(|f| Fault {
                field: format!("versions[{i}].{}", f.field),
                ..f
            })),
        }
    }
    if !faults.is_empty() {
        return Err(Error::content(faults));
    }
    let Provenance {
        id,
        version,
        version_created,
        pub_status: _,
        corrections,
        withdrawal,
        aliases,
        versions: _,
    } = provenance;
    let history = History {
        id,
        version,
        version_created: micros(version_created),
        pub_status: pub_status.unwrap_or(PubStatus::Usable),
        corrections,
        withdrawal,
        aliases,
        editions,
    };
    Ok(Draft {
        history: Some(history),
        ..draft
    })
}

fn edition(mut value: serde_json::Value, home_language: &str, now: Timestamp) -> Result<Edition> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Marks {
        version: i32,
        version_created: Timestamp,
    }
    let unreadable = |e: serde_json::Error| Error::request("unreadable", e.to_string());
    let marks: Marks = serde_json::from_value(value.clone()).map_err(unreadable)?;
    if let Some(fields) = value.as_object_mut() {
        for mark in ["version", "versionCreated", "pubStatus", "corrections", "withdrawal"] {
            fields.remove(mark);
        }
    }
    let submission = serde_json::from_value(value).map_err(unreadable)?;
    let draft = check(submission, home_language, now)?;
    Ok(Edition {
        draft,
        version: marks.version,
        version_created: micros(marks.version_created),
    })
}
