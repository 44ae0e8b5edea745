//! The formats of the trade, pure: stories in, text out. One file each.
//!
//! Cast: `piece` a story with all that it refers to, which is what every format is written from, and lists of such;
//! `atom`, `rss`, `json_feed`, `sitemap`, `opml` for readers and search engines; `xml` and `text` the hands that write.
//! Promises: what is written is valid in its medium whatever the story holds; the same story gives the same bytes; no
//! clock, no database, no request.

pub mod atom;
pub mod json_feed;
pub mod opml;
pub mod piece;
pub mod rss;
pub mod sitemap;
mod text;
mod xml;
