//! What became of an import.

use crate::error::{Error, Result};
use crate::format::reading::Loss;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Refusals that are shown; all of them are in the report's file.
const SHOWN: usize = 20;

pub struct Report {
    started: Instant,
    took: Duration,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// They wait for the end of their embargo.
    pub embargoed: u64,
    pub refused: u64,
    pub topics: u64,
    /// Concepts of a vocabulary that are in use no more.
    pub retired: u64,
    pub sources: u64,
    pub collections: u64,
    /// Time in which the database wrote; reading and checking go on beside it.
    pub writing: Duration,
    refusals: Vec<Value>,
    /// What documents say and the house has no place for.
    losses: Vec<Value>,
    lost: u64,
    file: Option<BufWriter<File>>,
}

impl Report {
    pub fn new(refusals: Option<&Path>) -> Result<Report> {
        let cannot = |e: std::io::Error| Error::request("unwritable_report", format!("cannot write the report: {e}"));
        let file = refusals
            .map(File::create)
            .transpose()
            .map_err(cannot)?
            .map(BufWriter::new);
        Ok(Report {
            started: Instant::now(),
            took: Duration::ZERO,
            created: 0,
            updated: 0,
            unchanged: 0,
            embargoed: 0,
            refused: 0,
            topics: 0,
            retired: 0,
            sources: 0,
            collections: 0,
            writing: Duration::ZERO,
            refusals: Vec::new(),
            losses: Vec::new(),
            lost: 0,
            file,
        })
    }

    pub fn stories(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.embargoed
    }

    pub fn refuse(&mut self, file: &str, line: u64, error: &Error) -> Result<()> {
        self.refused += 1;
        let refusal = json!({
            "file": file,
            "line": line,
            "code": error.code,
            "detail": error.detail,
            "errors": error.faults,
        });
        if let Some(to) = &mut self.file {
            writeln!(to, "{refusal}").map_err(Error::internal)?;
        }
        if self.refusals.len() < SHOWN {
            self.refusals.push(refusal);
        }
        Ok(())
    }

    pub fn lose(&mut self, file: &str, uri: &str, lost: Vec<Loss>) {
        self.lost += lost.len() as u64;
        for Loss { what, why } in lost {
            if self.losses.len() < SHOWN * 10 {
                self.losses
                    .push(json!({ "file": file, "uri": uri, "what": what, "why": why }));
            }
        }
    }

    pub fn end(&mut self) {
        self.took = self.started.elapsed();
    }

    pub fn show(&self, as_json: bool) -> Result<()> {
        let seconds = self.took.as_secs_f64();
        #[allow(clippy::cast_precision_loss)]
        let rate = self.stories() as f64 / seconds.max(0.001);
        if as_json {
            let report = json!({
                "created": self.created,
                "updated": self.updated,
                "unchanged": self.unchanged,
                "embargoed": self.embargoed,
                "refused": self.refused,
                "topics": self.topics,
                "retired": self.retired,
                "sources": self.sources,
                "collections": self.collections,
                "seconds": (seconds * 1000.0).round() / 1000.0,
                "secondsWriting": (self.writing.as_secs_f64() * 1000.0).round() / 1000.0,
                "storiesPerSecond": rate.round(),
                "refusals": self.refusals,
                "lost": self.lost,
                "losses": self.losses,
            });
            println!("{report}");
        }
        for refusal in &self.refusals {
            let place = format!(
                "{}:{}",
                text(refusal, "file"),
                refusal.get("line").unwrap_or(&Value::Null)
            );
            eprintln!("refused {place}: {}", text(refusal, "detail"));
            for fault in refusal.get("errors").and_then(Value::as_array).into_iter().flatten() {
                eprintln!("    {}: {}", text(fault, "field"), text(fault, "message"));
            }
        }
        if self.refused > SHOWN as u64 {
            eprintln!(
                "… and {} more; --report FILE keeps them all",
                self.refused - SHOWN as u64
            );
        }
        if self.lost > 0 {
            eprintln!(
                "{} things that documents say have no place here; --json names them",
                self.lost
            );
        }
        if self.retired > 0 {
            eprintln!("{} concepts are retired and were left out", self.retired);
        }
        eprintln!(
            "{} created, {} updated, {} unchanged, {} embargoed, {} refused; lines for {} topics, {} sources, {} collections; {seconds:.1} s, {rate:.0} stories/s",
            self.created,
            self.updated,
            self.unchanged,
            self.embargoed,
            self.refused,
            self.topics,
            self.sources,
            self.collections,
        );
        Ok(())
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
