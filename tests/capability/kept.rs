//! Answers that are kept: always what making them again would give, shared where they may be, and never where not.

mod asked;
mod found;
mod fuzz;
mod readings;
mod shared;
mod world;

use crate::press::Doors;
use crate::runner::Test;

pub fn all() -> Vec<Test> {
    [fuzz::all(), found::all(), shared::all(), asked::all()]
        .into_iter()
        .flatten()
        .collect()
}

/// One number of the metrics; 0 where there is none.
async fn value(doors: &Doors, name: &str) -> usize {
    let metrics = doors.get("/metrics").await.expect(200);
    let line = metrics
        .text()
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned));
    line.map_or(0, |number| number.parse().unwrap())
}

/// Answers with this outcome so far: `kept`, `made`, `joined`; or `all`. A process's own: ask one that a test has for
/// itself.
async fn count(doors: &Doors, outcome: &str) -> usize {
    let of = async |outcome: &str| value(doors, &format!("dateline_answers_total{{outcome=\"{outcome}\"}}")).await;
    match outcome {
        "all" => of("kept").await + of("made").await + of("joined").await,
        one => of(one).await,
    }
}
