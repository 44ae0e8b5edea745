//! Reading what is damaged: text out of bytes of whatever encoding.

pub mod encoding;
