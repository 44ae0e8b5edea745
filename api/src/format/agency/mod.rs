//! Readers of what agencies send.
//!
//! Cast: `modern` brings every ninjs to the members of 3.1, `ninjs` reads those; `tree` well-formed XML, `prose` text out
//! of its elements; `newsml_g2`, `newsml_1` and `nitf` read those.

mod modern;
pub mod newsml_1;
pub mod newsml_g2;
pub mod ninjs;
pub mod nitf;
mod prose;
pub mod tree;
