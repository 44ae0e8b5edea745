//! What kind of text stands in an element, and the plain words or the HTML of it.

use super::super::liberal::{Element, html};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A text as a feed gives it.
pub enum Wording {
    Plain(String),
    Html(String),
}

impl Wording {
    /// `is_atom`: there the kind of text is said, everywhere else it has to be seen.
    pub fn of(element: &Element, is_atom: bool) -> Wording {
        let kind = element.attribute("type").unwrap_or_default().to_ascii_lowercase();
        let mode = element.attribute("mode").unwrap_or_default();
        if element.children().next().is_some() {
            return Wording::Html(markup(element));
        }
        let text = element.text();
        let is_text = kind.is_empty() || kind == "text" || kind.starts_with("text/") || kind == "html";
        if mode == "base64" || (is_atom && !is_text && !kind.ends_with("xml") && kind.contains('/')) {
            return coded(&text).map_or(Wording::Plain(text), |text| seen(text, &kind));
        }
        match kind.as_str() {
            "html" | "text/html" => Wording::Html(text),
            "xhtml" | "application/xhtml+xml" => Wording::Html(element.markup()),
            _ if is_atom => Wording::Plain(text),
            _ => seen(text, ""),
        }
    }

    /// One line of plain text.
    pub fn line(&self) -> String {
        match self {
            Wording::Plain(text) => html::line(text),
            Wording::Html(text) => html::words(text),
        }
    }

    pub fn is_empty(&self) -> bool {
        let (Wording::Plain(text) | Wording::Html(text)) = self;
        text.trim().is_empty()
    }
}

/// Without the one `div` that Atom wraps around XHTML.
fn markup(element: &Element) -> String {
    let mut children = element.children();
    match (children.next(), children.next()) {
        (Some(only), None) if only.name == "div" => only.markup(),
        _ => element.markup(),
    }
}

fn seen(text: String, kind: &str) -> Wording {
    if kind.ends_with("html") || html::is_likely(&text) {
        Wording::Html(text)
    } else {
        Wording::Plain(text)
    }
}

fn coded(text: &str) -> Option<String> {
    let packed: String = text.split_whitespace().collect();
    String::from_utf8(STANDARD.decode(packed).ok()?).ok()
}
