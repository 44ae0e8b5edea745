//! lib
pub fn main() {}
