//! HTML cut into text, start tags and end tags by one linear walk: no tree, no copies, no look-back.
//!
//! A start tag ends exactly where the HTML Standard's tokenizer says it ends (quotes count only as the first character
//! of a value), so nobody can hide a second tag from [`super::tidy`] inside what looks like an attribute. Comments,
//! doctypes and processing instructions are no tokens. Of entities it knows nothing: text and attributes are raw.

use std::ops::ControlFlow;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// Never empty. A `<` that begins no tag is a text of its own.
    Text(&'a str),
    /// `attributes` is everything between the name and the `>`, with its leading space.
    Start {
        name: &'a str,
        attributes: &'a str,
    },
    End(&'a str),
}

pub(super) struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(html: &'a str) -> Self {
        Tokens { rest: html }
    }

    /// Skips to just after the end tag `name`. False, and nothing skipped, if there is none.
    pub(super) fn skip_past_end(&mut self, name: &str) -> bool {
        let mut rest = self.rest;
        while let Some((_, tail)) = rest.split_once("</") {
            rest = tail;
            let (found, tail) = split_name(tail);
            if found.eq_ignore_ascii_case(name) {
                let (_, after) = tail.split_once('>').unwrap_or(("", ""));
                self.rest = after;
                return true;
            }
        }
        false
    }

    /// Skips everything that is left.
    pub(super) fn skip_all(&mut self) {
        self.rest = "";
    }

    fn text(&mut self, length: usize) -> Token<'a> {
        let (text, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        Token::Text(text)
    }

    /// The tag whose name begins `inner`. `None` if it never ends: then the page ends with it, as in a browser.
    fn tag(&mut self, inner: &'a str) -> Option<(&'a str, &'a str)> {
        let (name, tail) = split_name(inner);
        let end = tag_end(tail).and_then(|end| tail.split_at_checked(end));
        let Some((attributes, rest)) = end else {
            self.rest = "";
            return None;
        };
        self.rest = rest.strip_prefix('>').unwrap_or(rest);
        Some((name, attributes))
    }

    fn markup(&mut self, inner: &'a str) -> ControlFlow<Option<Token<'a>>> {
        let mut following = inner.bytes();
        match (following.next(), following.next()) {
            (Some(b'a'..=b'z' | b'A'..=b'Z'), _) => {
                let tag = self.tag(inner);
                ControlFlow::Break(tag.map(|(name, attributes)| Token::Start { name, attributes }))
            }
            (Some(b'/'), Some(b'a'..=b'z' | b'A'..=b'Z')) => {
                let tag = self.tag(inner.trim_start_matches('/'));
                ControlFlow::Break(tag.map(|(name, _)| Token::End(name)))
            }
            (Some(b'!' | b'?' | b'/'), _) => {
                self.rest = after_comment(inner);
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Break(Some(self.text(1))),
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        while !self.rest.is_empty() {
            let Some(inner) = self.rest.strip_prefix('<') else {
                let length = self.rest.find('<').unwrap_or(self.rest.len());
                return Some(self.text(length));
            };
            if let ControlFlow::Break(token) = self.markup(inner) {
                return token;
            }
        }
        None
    }
}

fn split_name(inner: &str) -> (&str, &str) {
    let end = inner
        .find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))
        .unwrap_or(inner.len());
    inner.split_at_checked(end).unwrap_or((inner, ""))
}

/// What follows the comment (or doctype, instruction, stray end tag) that begins `inner`.
fn after_comment(inner: &str) -> &str {
    let Some(comment) = inner.strip_prefix("!--") else {
        return inner.split_once('>').map_or("", |(_, rest)| rest);
    };
    if let Some(rest) = comment.strip_prefix('>').or_else(|| comment.strip_prefix("->")) {
        return rest;
    }
    // Not two searches, for `-->` and for `--!>`: the one that fails would read to the end for every comment.
    let mut rest = comment;
    while let Some((_, tail)) = rest.split_once("--") {
        rest = tail.trim_start_matches('-');
        if let Some(after) = rest.strip_prefix('>').or_else(|| rest.strip_prefix("!>")) {
            return after;
        }
    }
    ""
}

/// The tokenizer's states between a tag's name and its `>` (HTML Standard 13.2.5.32 to 13.2.5.40). `=` means something
/// else before a name than after it, which is why there are three states for what is not a value.
#[derive(Clone, Copy)]
enum Inside {
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    Quoted(u8),
    Unquoted,
}

/// Where in `tail` the `>` stands that ends the tag.
fn tag_end(tail: &str) -> Option<usize> {
    let mut state = Inside::BeforeName;
    for (index, byte) in tail.bytes().enumerate() {
        let space = byte.is_ascii_whitespace();
        state = match (state, byte) {
            (Inside::Quoted(quote), _) if byte == quote => Inside::BeforeName,
            (Inside::Quoted(_), _) => state,
            (_, b'>') => return Some(index),
            (Inside::BeforeValue, b'"' | b'\'') => Inside::Quoted(byte),
            (Inside::BeforeValue, _) if space => state,
            (Inside::BeforeValue, _) => Inside::Unquoted,
            (Inside::Unquoted, _) if space => Inside::BeforeName,
            (Inside::Unquoted, _) => state,
            (Inside::Name | Inside::AfterName, b'=') => Inside::BeforeValue,
            (Inside::Name | Inside::AfterName, _) if space => Inside::AfterName,
            (Inside::BeforeName, _) if space => state,
            (_, b'/') => Inside::BeforeName,
            (Inside::BeforeName | Inside::Name | Inside::AfterName, _) => Inside::Name,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(html: &str) -> Vec<Token<'_>> {
        Tokens::new(html).collect()
    }

    #[test]
    fn a_tag_ends_where_a_browser_ends_it() {
        for (html, attributes) in [
            ("<a>", ""),
            ("<a title=\"x>y\">", " title=\"x>y\""),
            ("<a title='x>y'>", " title='x>y'"),
            ("<a title=x\"y>z\">", " title=x\"y"),
            ("<a =\"x>y\">", " =\"x"),
            ("<a b/=\"x>y\">", " b/=\"x"),
            ("<a b =\"x>y\">", " b =\"x>y\""),
            ("<a b=\n'x>y' c>", " b=\n'x>y' c"),
            ("<a b='x'c='>'>", " b='x'c='>'"),
            ("<a \"x>y\">", " \"x"),
            ("<a b=>y>", " b="),
            ("<a/b='>'>", "/b='>'"),
        ] {
            assert_eq!(
                tokens(html).first(),
                Some(&Token::Start { name: "a", attributes }),
                "{html}"
            );
        }
    }

    #[test]
    fn what_is_no_tag_is_text_or_nothing() {
        assert_eq!(
            tokens("1 < 2"),
            [Token::Text("1 "), Token::Text("<"), Token::Text(" 2")]
        );
        assert_eq!(tokens("a<!-- <b> --!>b-->c"), [Token::Text("a"), Token::Text("b-->c")]);
        assert_eq!(
            tokens("<!-->a<!--->b<?xml ?>c<!DOCTYPE html></>"),
            ["a", "b", "c"].map(Token::Text)
        );
        assert_eq!(tokens("a<b title='"), [Token::Text("a")]);
        assert_eq!(tokens("a<!-- b"), [Token::Text("a")]);
        assert_eq!(tokens("</B x='>'>"), [Token::End("B")]);
        assert_eq!(tokens("<"), [Token::Text("<")]);
        assert_eq!(tokens(""), []);
    }
}
