//! `import`: stories from NDJSON, in batches, resumable; and from documents in others' formats, one by one.
//!
//! Each batch is one transaction, and what is there already with the same content is skipped by its digest: so an
//! import that was broken off is resumed by running it again, and a second run changes nothing. (A file that says two
//! different things of one uri makes new versions of it at each run: each is news after the other.)

mod documents;
mod intake;
mod lines;
mod record;
mod report;
mod vocabulary;

pub use intake::Intake;
pub use lines::Line;
pub use record::Reading;
pub use report::Report;

use super::{Common, End, block_on, configuration, logging, rooms};
use crate::clock::Clock;
use crate::desk::Desk;
use crate::error::{Error, Result};
use clap::Args;
use futures::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use intake::Item;
use lines::Portion;
use record::Mapping;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Args)]
pub struct Import {
    /// NDJSON files, or documents in others' formats (ninjs, NewsML, NITF, JSON-LD, HTML), told by what they hold; also .gz and .zst; `-` reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Others' field names: ours=theirs, divided by commas. Fields that neither side knows are then left out
    #[arg(long, value_name = "OURS=THEIRS,…", value_delimiter = ',')]
    map: Vec<String>,
    /// Makes a story's uri from its `id`: this prefix and the id
    #[arg(long, value_name = "PREFIX")]
    uri_prefix: Option<String>,
    /// The language of stories that say none [default: the site's first]
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Refuse stories with unknown topics instead of taking the topics up
    #[arg(long)]
    no_new_topics: bool,
    /// Files are controlled vocabularies, such as IPTC's Media Topics in JSON: their concepts become topics with codes,
    /// parents and names; retired ones are left out
    #[arg(long)]
    vocabulary: bool,
    /// Write all refusals to this file, one JSON object a line
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print the report as JSON on standard output
    #[arg(long)]
    json: bool,
}

impl Import {
    pub fn run(self, common: &Common) -> Result<End> {
        let config = configuration(common, None, None)?;
        logging(&config);
        let mapping = Mapping::read(&self.map)?;
        let reading = Reading {
            mapping,
            uri_prefix: self.uri_prefix.clone(),
            language: self.language.clone(),
            new_topics: !self.no_new_topics,
        };
        block_on(async {
            let desk = rooms(&config, &Clock::system()).await?.desk;
            if self.vocabulary {
                let report = vocabulary::import(&desk, &self.files, self.report.as_deref()).await?;
                report.show(self.json)?;
                return Ok(if report.refused == 0 { End::Done } else { End::InPart });
            }
            let report = import(desk, &self.files, Arc::new(reading), self.report.as_deref()).await?;
            report.show(self.json)?;
            Ok(if report.refused == 0 { End::Done } else { End::InPart })
        })
    }
}

async fn import(
    desk: Desk,
    files: &[PathBuf],
    reading: Arc<Reading>,
    refusals: Option<&std::path::Path>,
) -> Result<Report> {
    let opened = lines::open(files)?;
    let bar = bar(opened.total);
    let position = Arc::clone(&opened.position);
    // Reading, checking and writing go on at the same time: one thread reads, as many as there are cores check, and
    // the database writes.
    let batches = opened.read(reading.only_lines());
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let checked = stream::unfold(batches, async |mut batches| Some((batches.recv().await?, batches)))
        .map(|batch| check(desk.clone(), Arc::clone(&reading), batch))
        .buffered(cores);
    let mut checked = std::pin::pin!(checked);
    let mut intake = Intake::new(desk.clone(), Report::new(refusals)?);
    while let Some(items) = checked.next().await {
        let items = match items {
            Ok(items) => items,
            // What came before the break is in, as the message says.
            Err(error) => {
                intake.finish().await?.show(false)?;
                return Err(error);
            }
        };
        for item in items {
            intake.take(item).await?;
        }
        bar.set_position(position.load(Ordering::Relaxed));
        bar.set_message(format!("{} stories", intake.report().stories()));
    }
    let report = intake.finish().await?;
    bar.finish_and_clear();
    Ok(report)
}

async fn check(desk: Desk, reading: Arc<Reading>, read: Result<Portion>) -> Result<Vec<Item>> {
    let read = read?;
    let work = tokio::task::spawn_blocking(move || match read {
        Portion::Lines(lines) => lines.into_iter().filter_map(|line| reading.item(&desk, line)).collect(),
        Portion::Document { file, bytes } => reading.document(&file, &bytes),
        Portion::TooLarge { file } => vec![documents::too_large(&file)],
    });
    work.await.map_err(Error::internal)
}

fn bar(total: Option<u64>) -> ProgressBar {
    let bar = match total {
        Some(total) => ProgressBar::new(total),
        None => ProgressBar::no_length(),
    };
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(4));
    let style = "{bar:30} {bytes}/{total_bytes} {msg} {elapsed} (left: {eta})";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar
}

/// Bytes read so far, of the files as they are on disk.
type Position = Arc<AtomicU64>;
