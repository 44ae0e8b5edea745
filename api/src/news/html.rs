//! A story's body: HTML made safe, and the plain words in it.
//!
//! Promises: what [`sanitise`] returns holds no script, no style, no event attribute and no address but http, https,
//! mailto and tel; sanitising it again changes nothing; neither its size nor its depth runs away, whatever goes in; XML
//! can hold it. It is the only HTML that the house stores, and the only HTML that the other functions here understand.

mod scan;
mod text;
mod tidy;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use htmd::element_handler::Handlers;
use htmd::{Element, HtmlToMarkdown};

pub use text::{from_text, paragraphs, plain, word_count};

use scan::{Token, Tokens};

/// A body as a publisher sent it, made safe and canonical.
///
/// What remains is prose: paragraphs, headings from `h2` (an `h1` becomes one), lists, quotations, tables, figures,
/// links and inline marks, each with few attributes; no `style`, `class` or `id`. Unknown elements lose their tags and
/// keep their text, those of pages (`section`, `article` …) become `div`; scripts, styles, frames, players and drawings
/// go whole. A syndicated story has no address of its own against which to read a relative one: those links lose their
/// `href`, such images go (`//host/…` is read as https). Every link gets `rel="noopener noreferrer"`.
pub fn sanitise(html: &str) -> String {
    let clean = POLICY.clean(&tidy::tidy(&legible(html))).to_string();
    let clean = polish(&clean);
    // Character references (`&#1;`) can bring back what was taken out. Of such there are none left in the second round.
    match legible(&clean) {
        Cow::Owned(text) => sanitise(&text),
        Cow::Borrowed(_) => clean.trim_ascii().to_owned(),
    }
}

static POLICY: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut policy = Builder::empty();
    policy
        .tags(HashSet::from(tidy::ELEMENTS))
        .generic_attributes(HashSet::from(["lang", "dir"]))
        // No `cite`: it holds an address, and ammonia does not look at its scheme.
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href", "title", "hreflang"])),
            ("abbr", HashSet::from(["title"])),
            ("del", HashSet::from(["datetime"])),
            ("img", HashSet::from(["src", "alt", "width", "height"])),
            ("ins", HashSet::from(["datetime"])),
            ("li", HashSet::from(["value"])),
            ("ol", HashSet::from(["start", "reversed"])),
            ("td", HashSet::from(["colspan", "rowspan"])),
            ("th", HashSet::from(["colspan", "rowspan", "scope"])),
            ("time", HashSet::from(["datetime"])),
        ]))
        .clean_content_tags(HashSet::from(["script", "style"]))
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .url_relative(UrlRelative::Custom(Box::new(absolute)))
        // Whatever `rel` the publisher wrote: what a page says of its own links is not ours to pass on.
        .link_rel(Some("noopener noreferrer"));
    policy
});

/// Of relative addresses only `//host/path` says where it leads.
fn absolute(address: &str) -> Option<Cow<'_, str>> {
    let absolute = format!("https:{address}");
    (address.starts_with("//") && url::Url::parse(&absolute).is_ok()).then_some(Cow::Owned(absolute))
}

/// Takes out images that show nothing, and the line feeds that begin a `<pre>`: a parser drops the first of them, the
/// writer does not put it back, and so each reading would lose one more.
fn polish(clean: &str) -> String {
    if !clean.contains("<img") && !clean.contains("<pre") {
        return clean.to_owned();
    }
    let mut out = String::with_capacity(clean.len());
    let mut begins_pre = false;
    for token in Tokens::new(clean) {
        match token {
            Token::Start {
                name: "img",
                attributes,
            } if !attributes.contains(" src=\"http") => continue,
            Token::Start { name, attributes } => out.extend(["<", name, attributes, ">"]),
            Token::End(name) => out.extend(["</", name, ">"]),
            Token::Text(text) if begins_pre => {
                let text = text.trim_start_matches('\n');
                out.push_str(text);
                if text.is_empty() {
                    continue;
                }
            }
            Token::Text(text) => out.push_str(text),
        }
        begins_pre = matches!(token, Token::Start { name: "pre", .. });
    }
    out
}

/// The text without the characters that HTML and XML cannot hold or that nobody can see: controls, U+FFFE, U+FFFF. Line
/// ends become line feeds; vertical tab, form feed and next line become spaces.
fn legible(text: &str) -> Cow<'_, str> {
    let is_fit = |c: char| !c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}') || matches!(c, '\n' | '\t');
    if text.chars().all(is_fit) {
        return Cow::Borrowed(text);
    }
    let lines = text
        .replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace(['\u{B}', '\u{C}', '\u{85}'], " ");
    Cow::Owned(lines.chars().filter(|c| is_fit(*c)).collect())
}

/// A **sanitised** body as Markdown (CommonMark with tables), for readers that want no HTML.
pub fn markdown(clean_html: &str) -> String {
    MARKDOWN
        .convert(clean_html)
        .unwrap_or_else(|_| plain(&paragraphs(clean_html)))
}

/// A **sanitised** body as XHTML: what an XML document can hold as it is.
pub fn xhtml(clean_html: &str) -> String {
    const VOID: [&str; 5] = ["br", "col", "hr", "img", "wbr"];
    // The only named entity that the sanitiser writes and XML does not know.
    let text = |text: &str| text.replace("&nbsp;", "&#160;");
    let mut out = String::with_capacity(clean_html.len() + 64);
    for token in Tokens::new(clean_html) {
        match token {
            Token::Text("<") => out.push_str("&lt;"),
            Token::Text(words) => out.push_str(&text(words)),
            Token::Start { name, attributes } => {
                out.extend(["<", name, &text(attributes).replace('<', "&lt;")]);
                out.push_str(if VOID.contains(&name) { "/>" } else { ">" });
            }
            Token::End(name) => out.extend(["</", name, ">"]),
        }
    }
    out
}

static MARKDOWN: LazyLock<HtmlToMarkdown> = LazyLock::new(|| {
    HtmlToMarkdown::builder()
        .add_handler(vec!["q"], |inside: &dyn Handlers, element: Element| {
            Some(format!("“{}”", inside.walk_children(element.node).content).into())
        })
        .build()
});

#[cfg(test)]
mod tests;
