//! `import --vocabulary`: concepts as topics, one by one, parents first.

use super::lines::{self, Portion};
use super::report::Report;
use crate::desk::{Desk, Outcome};
use crate::error::{Error, Kind, Result};
use crate::format::vocabulary::{self, Vocabulary};
use crate::news::viewer::Viewer;
use std::path::PathBuf;

pub async fn import(desk: &Desk, files: &[PathBuf], refusals: Option<&std::path::Path>) -> Result<Report> {
    let mut report = Report::new(refusals)?;
    let mut portions = lines::open(files)?.read(false);
    while let Some(portion) = portions.recv().await {
        let (file, bytes) = match portion? {
            Portion::Document { file, bytes } => (file, bytes),
            Portion::Lines(lines) if lines.is_empty() => continue,
            Portion::Lines(_) | Portion::TooLarge { .. } => {
                return Err(Error::request(
                    "no_vocabulary",
                    "a vocabulary is one JSON document of at most 32 MiB",
                ));
            }
        };
        let unreadable = |e| Error::request("no_vocabulary", format!("{file}: {e}"));
        let Vocabulary { entries, retired } = vocabulary::read(&bytes).map_err(unreadable)?;
        report.retired += retired;
        for entry in entries {
            let code = entry.code.clone();
            match desk.put_concept(&Viewer::Operator, entry).await {
                Ok(Outcome::Created) => {
                    report.topics += 1;
                    report.created += 1;
                }
                Ok(Outcome::Unchanged) => {
                    report.topics += 1;
                    report.unchanged += 1;
                }
                Ok(_) => {
                    report.topics += 1;
                    report.updated += 1;
                }
                Err(error) if matches!(error.kind, Kind::Internal | Kind::Busy) => return Err(error),
                Err(error) => {
                    let detail = format!("{code}: {}", error.detail);
                    report.refuse(&file, 1, &Error { detail, ..error })?;
                }
            }
        }
    }
    report.end();
    Ok(report)
}
