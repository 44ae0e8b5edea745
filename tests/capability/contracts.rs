//! The contracts beside the code that speaks them: the files, what the program prints and what the server does are one.

mod files;
mod openapi;
mod shape;

use crate::runner::Test;

pub fn all() -> Vec<Test> {
    [files::all(), openapi::all()].into_iter().flatten().collect()
}
