//! What goes out, in the formats of the trade, held against others' rules: schemas and readers that are not ours.

mod feeds;
mod nasty;
mod partners;
mod round_trip;
mod validators;

use crate::runner::Test;

pub fn all() -> Vec<Test> {
    [feeds::all(), partners::all(), round_trip::all()]
        .into_iter()
        .flatten()
        .collect()
}
