//! Reading what is damaged: text out of bytes of whatever encoding, and a tree out of whatever looks like XML.
//!
//! Cast: `encoding` bytes to text, `lexer` text to tags and text, `entity` character references, `tree` elements with
//! their namespaces, `html` the plain words of a small piece of HTML.
//! Promises: linear time; no file and no address is ever opened for an entity; what an entity stands for is never looked
//! into again, and all of them together add at most a mebibyte; depth and number of elements are bounded.
//!
//! Why not a crate: quick-xml stops at markup that is cut off or has no end, where a reader of feeds goes on, and going
//! on behind its back costs another look at the rest each time; xml5ever goes on, but knows no positions.

pub mod encoding;
mod entity;
pub mod html;
mod lexer;
mod tree;

pub use lexer::first_name;
pub use tree::{Element, Space, Tree};
