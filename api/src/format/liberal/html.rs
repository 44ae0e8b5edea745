//! The plain words of a piece of HTML, and whether something is one.

use super::entity::{Declared, decode, is_known};
use super::lexer::{Lexer, Token, attributes};
use std::borrow::Cow;

/// One line of plain text: white space folded, without the characters that XML cannot hold.
pub fn line(text: &str) -> String {
    let clean = text.chars().filter(|c| !is_unfit(*c)).collect::<String>();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What XML 1.0 cannot hold.
pub fn is_unfit(c: char) -> bool {
    (c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t')) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

/// The words of a piece of HTML, in one line. Scripts and styles are none.
pub fn words(html: &str) -> String {
    let none = Declared::default();
    let (mut words, mut hidden) = (String::with_capacity(html.len()), None::<&str>);
    for (_, token) in Lexer::new(html) {
        match token {
            Token::Start {
                name, closed: false, ..
            } if hidden.is_none() && is_hidden(name) => hidden = Some(name),
            Token::End(name) if hidden.is_some_and(|hidden| hidden.eq_ignore_ascii_case(name)) => hidden = None,
            _ if hidden.is_some() => {}
            Token::Text(text) => words.push_str(&decode(text, &none)),
            Token::Data(text) => words.push_str(text),
            Token::Start { name, .. } | Token::End(name) if is_block(name) => words.push(' '),
            Token::Start { .. } | Token::End(_) | Token::Doctype(_) | Token::Nothing => {}
        }
    }
    line(&words)
}

/// Whether plain text is HTML in truth, as most of what stands in RSS is: it has an end tag or a reference, and no tag and no
/// reference that HTML has not.
pub fn is_likely(text: &str) -> bool {
    if !text.contains(['<', '&']) {
        return false;
    }
    let mut evidence = false;
    for (_, token) in Lexer::new(text) {
        match token {
            Token::Start { name, .. } if !is_element(name) => return false,
            Token::End(name) if !is_element(name) => return false,
            Token::End(_) => evidence = true,
            Token::Text(text) => match references(text) {
                Some(any) => evidence |= any,
                None => return false,
            },
            Token::Start { .. } | Token::Data(_) | Token::Doctype(_) | Token::Nothing => {}
        }
    }
    evidence
}

/// Whether it holds more than inline marks: paragraphs, pictures, lists.
pub fn has_blocks(html: &str) -> bool {
    Lexer::new(html).any(|(_, token)| match token {
        Token::Start { name, .. } => is_block(name) || name.eq_ignore_ascii_case("img"),
        Token::Text(_) | Token::Data(_) | Token::End(_) | Token::Doctype(_) | Token::Nothing => false,
    })
}

/// Whether there is a reference in the text; `None` if there is one that HTML does not know.
fn references(text: &str) -> Option<bool> {
    let mut any = false;
    for behind in text.split('&').skip(1) {
        let length = behind
            .bytes()
            .take(40)
            .take_while(|b| b.is_ascii_alphanumeric() || *b == b'#')
            .count();
        let Some(name) = behind
            .get(..length)
            .filter(|n| !n.is_empty() && behind.as_bytes().get(length) == Some(&b';'))
        else {
            continue;
        };
        if !name.starts_with('#') && !is_known(name) {
            return None;
        }
        any = true;
    }
    Some(any)
}

/// The HTML with its addresses made absolute by `base`.
pub fn absolute<'a>(html: &'a str, base: Option<&url::Url>) -> Cow<'a, str> {
    let Some(base) = base.filter(|_| html.contains('<')) else {
        return Cow::Borrowed(html);
    };
    let none = Declared::default();
    let (mut out, mut copied) = (String::new(), 0);
    for (_, token) in Lexer::new(html) {
        let Token::Start { attributes: raw, .. } = token else {
            continue;
        };
        for (name, value) in attributes(raw) {
            let is_address = ["href", "src", "poster"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name));
            let said = decode(value, &none);
            let said = said.trim();
            if !is_address || value.is_empty() || url::Url::parse(said).is_ok() {
                continue;
            }
            // `value` is a part of `html`, so this is where it begins there.
            let begins = (value.as_ptr() as usize).wrapping_sub(html.as_ptr() as usize);
            let (Ok(address), Some(before)) = (base.join(said), html.get(copied..begins)) else {
                continue;
            };
            out.push_str(before);
            out.push_str(
                &address
                    .as_str()
                    .replace('&', "&amp;")
                    .replace('"', "%22")
                    .replace('\'', "%27"),
            );
            copied = begins + value.len();
        }
    }
    if copied == 0 {
        return Cow::Borrowed(html);
    }
    out.push_str(html.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

fn is_hidden(name: &str) -> bool {
    ["script", "style"].iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn is_block(name: &str) -> bool {
    BLOCKS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn is_element(name: &str) -> bool {
    is_block(name) || INLINE.iter().any(|known| known.eq_ignore_ascii_case(name))
}

const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
];

const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "area", "audio", "b", "bdi", "bdo", "big", "button", "canvas", "cite", "code", "col",
    "colgroup", "command", "data", "datalist", "del", "dfn", "dialog", "em", "embed", "font", "form", "i", "iframe",
    "img", "input", "ins", "kbd", "keygen", "label", "legend", "map", "mark", "meter", "noscript", "object",
    "optgroup", "option", "output", "param", "picture", "progress", "q", "rp", "rt", "ruby", "s", "samp", "script",
    "select", "small", "source", "span", "strike", "strong", "style", "sub", "sup", "svg", "textarea", "time", "track",
    "tt", "u", "var", "video", "wbr",
];
