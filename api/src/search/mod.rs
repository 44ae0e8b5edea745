//! The index: what readers search in, made from the wire.
//!
//! Cast: `words`, `tongue`, `ukrainian` and `analysis` treat words as readers of a language do; `language` is that of
//! queries, `effort` what one costs; `schema` and `document` say what stands in the index; `index` is it on disk; `plan`,
//! `weigh`, `gather` and `spread` look for something; `find` is the index as it stands, to be asked; `spelling` proposes
//! other words; `fragments` shows where something stands; `lists` answers lists; `similar` finds more like a story, and
//! `sketch` knows copies; `said` holds one story against saved searches.
//! Promises: it holds what is public and nothing else, and can be deleted at any time: it is made anew. Nobody's answer
//! is changed by a story that he may not see: not its hits, counts, scores or order. Any text is a query.

mod analysis;
mod document;
mod effort;
mod find;
mod fragments;
mod gather;
mod index;
mod language;
mod lists;
mod plan;
mod said;
mod schema;
mod similar;
mod sketch;
mod spelling;
mod spread;
mod tongue;
mod ukrainian;
mod weigh;
mod words;

#[cfg(test)]
mod tests;

pub use analysis::folded;
pub use document::Document;
pub use find::{Facet, Looker, Order, View, Wanted};
pub use fragments::{Fragment, fragments};
pub use gather::{Gathered, Rank};
pub use index::{Generation, Index, Mark, Writer};
pub use language::{Asked, Field};
pub use lists::{Spot, Stretch};
pub use plan::Names;
pub use said::{Said, Texts};
pub use similar::{Alike, Like};
pub use sketch::Sketch;
pub use tantivy::TantivyError as Unreadable;
pub use tongue::Tongue;
