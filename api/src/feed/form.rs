//! The forms of a feed, which the end of its address names.

use crate::error::{Error, Result};
use crate::format::piece::Feed;
use crate::format::{atom, json_feed, rss};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Atom,
    Rss,
    Json,
}

/// Their media types.
pub const KINDS: &[&str] = &[atom::MEDIA_TYPE, rss::MEDIA_TYPE, json_feed::MEDIA_TYPE];

impl Form {
    const ALL: [Form; 3] = [Form::Atom, Form::Rss, Form::Json];

    pub fn ending(self) -> &'static str {
        match self {
            Form::Atom => "atom",
            Form::Rss => "rss",
            Form::Json => "json",
        }
    }

    pub fn kind(self) -> &'static str {
        match self {
            Form::Atom => atom::MEDIA_TYPE,
            Form::Rss => rss::MEDIA_TYPE,
            Form::Json => json_feed::MEDIA_TYPE,
        }
    }

    pub fn render(self, feed: &Feed<'_>) -> Vec<u8> {
        match self {
            Form::Atom => atom::render(feed),
            Form::Rss => rss::render(feed),
            Form::Json => json_feed::render(feed),
        }
    }

    /// `economy.atom`: what it is a feed of, and in which form.
    pub fn split(file: &str) -> Result<(&str, Form)> {
        let named = file.rsplit_once('.').and_then(|(name, ending)| {
            let form = Form::ALL.into_iter().find(|form| form.ending() == ending)?;
            Some((name, form))
        });
        named.ok_or_else(|| Error::not_found("feed: its name ends in .atom, .rss or .json"))
    }
}
