//! Readers of what agencies send.
//!
//! Cast: `modern` brings every ninjs to the members of 3.1, `ninjs` reads those.

mod modern;
pub mod ninjs;
