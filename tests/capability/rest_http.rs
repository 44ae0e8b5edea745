//! REST over HTTP: what is refused and in which words, what may be kept and for how long, how answers are packed, and
//! whose pages may read them.

mod caching;
mod odd;
mod problems;
mod sharing;

pub use caching::vary;

use crate::runner::Test;

pub fn all() -> Vec<Test> {
    [problems::all(), caching::all(), sharing::all(), odd::all()]
        .into_iter()
        .flatten()
        .collect()
}
