//! The types of GraphQL, all of their fields, and what a page of them costs.

mod cost;
mod fields;
mod whole;

pub use whole::furnish;

use crate::runner::Test;

pub fn all() -> Vec<Test> {
    [whole::all(), fields::all(), cost::all()]
        .into_iter()
        .flatten()
        .collect()
}
