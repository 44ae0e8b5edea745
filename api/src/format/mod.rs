//! The formats of the trade, pure: stories in, text out; a document in, submissions out. One file each.
//!
//! Cast of what is written: `piece` a story with all that it refers to, which is what every format is written from, and
//! lists of such; `ninjs`, `newsml` for agencies, `schema_org` for the web; `atom`, `rss`, `json_feed`, `sitemap`, `opml` for
//! readers and search engines; `codes` vocabularies; `xml` and `text` the hands that write.
//! Cast of what is read: `reading` what every reader gives, and how it is brought within the house's bounds (`fit`);
//! `read` tells which format a document has and asks its reader; `agency` readers of what agencies send, `feeds` of feeds
//! of all kinds, `pages` of what stands on the web; `concepts` what a story is about, in controlled vocabularies; `times`
//! times as others write them; `liberal` text and elements out of what is damaged; `vocabulary` concepts as topics.
//! Promises: what is written is valid in its medium whatever the story holds; the same story gives the same bytes; no
//! clock, no database, no request. A reader never panics, whatever goes in; what it cannot read it refuses with a reason
//! and, where there is one, a position; what it leaves out it names (`Loss`); it opens nothing and follows no link.

mod agency;
pub mod atom;
mod codes;
mod concepts;
pub mod feeds;
mod fit;
pub mod json_feed;
mod liberal;
pub mod newsml;
pub mod ninjs;
pub mod opml;
mod pages;
pub mod piece;
mod read;
pub mod reading;
pub mod rss;
pub mod schema_org;
pub mod sitemap;
#[cfg(test)]
mod tests;
mod text;
mod times;
pub mod vocabulary;
mod xml;

pub use read::{MEDIA_TYPES, is_document, read};
