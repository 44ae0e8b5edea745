//! The page made balanced and shallow before the real sanitiser sees it.
//!
//! ammonia alone is safe but not cheap: it builds the tree that the HTML Standard prescribes, and that tree can be far
//! bigger than the page. Measured: 35 kB of `<i title=1><i title=2>…<p>x<p>x…` became 78 MB in five seconds (each
//! paragraph re-opens all formatting), 500 kB of `<div>` took 27 seconds, and whoever walks the result by recursion (a
//! Markdown writer, a partner's program) falls over its depth. So this pass writes every start tag with its end tag,
//! in an order in which the Standard's parser has nothing to repair, and at most [`DEPTH`] deep; deeper elements lose
//! their tags and keep their text. It decides nothing about safety: attributes are passed on as they are, and
//! ammonia comes after. Because ammonia then builds the tree that is written here, a second round changes nothing.

use super::scan::{Token, Tokens};

/// How deep elements may nest. Rows and row groups, which only stand in tables, are not counted: the parser adds them
/// where they are missing, and the count must be the same after that. Real articles stay under twenty.
pub(super) const DEPTH: usize = 64;

/// Every element that may stand in a body; sorted.
#[rustfmt::skip]
pub(super) const ELEMENTS: [&str; 44] = [
    "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "dd", "del", "div", "dl", "dt", "em", "figcaption",
    "figure", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "li", "ol", "p", "pre", "q", "s", "span", "strong",
    "sub", "sup", "table", "tbody", "td", "th", "thead", "time", "tr", "u", "ul",
];

/// In bytes, of one tag. The parser compares every attribute with all before it: 900 kB of them took it four seconds.
const LONGEST_ATTRIBUTES: usize = 16 * 1024;
/// In bytes. The writer looks for the next `<` from every `&` and every £, « or © again, as far as the text goes: 1 MB of
/// `&` took it eight seconds. So longer texts are cut by empty comments, which ammonia takes out without joining them.
const LONGEST_TEXT: usize = 1024;

const HEADINGS: [&str; 5] = ["h2", "h3", "h4", "h5", "h6"];
/// Where only parts of a table may stand.
const IN_TABLE: [&str; 4] = ["table", "tbody", "thead", "tr"];

pub(super) fn tidy(html: &str) -> String {
    let mut tokens = Tokens::new(html);
    let mut page = Page {
        out: String::with_capacity(html.len() + 64),
        open: Vec::new(),
        depth: 0,
        text: 0,
    };
    let mut never_ended = Vec::new();
    while let Some(token) = tokens.next() {
        match token {
            Token::Text("<") => page.text("&lt;"),
            Token::Text(text) => page.text(text),
            Token::Start { name, attributes } => match meaning(&name.to_ascii_lowercase()) {
                Meaning::Element(element) => page.start(element, attributes),
                Meaning::TagOnly => (),
                Meaning::Program(element) => {
                    if !tokens.skip_past_end(element) {
                        tokens.skip_all();
                    }
                }
                // A search that failed once is not made again: a page of `<svg><svg><svg>…` would take for ever.
                Meaning::Foreign(element) if never_ended.contains(&element) => (),
                Meaning::Foreign(element) => {
                    if !tokens.skip_past_end(element) {
                        never_ended.push(element);
                    }
                }
            },
            Token::End(name) => {
                if let Meaning::Element(element) = meaning(&name.to_ascii_lowercase()) {
                    page.end(element);
                }
            }
        }
    }
    page.close_to(0);
    page.out
}

enum Meaning {
    Element(&'static str),
    /// Unknown: the tag goes, what it holds stays.
    TagOnly,
    /// What it holds is not for readers, and if it never ends, the page ends in it.
    Program(&'static str),
    /// What it holds is not prose; if it never ends, only the tag goes (people write `<video … />`).
    Foreign(&'static str),
}

/// Blocks that a syndicated body has no use for become the nearest one it has: dropping the tag alone would glue two
/// paragraphs together. The story's headline is the page's `h1`, so headings inside begin at `h2`.
fn meaning(name: &str) -> Meaning {
    let known = |name| ELEMENTS.binary_search(&name).ok().and_then(|index| ELEMENTS.get(index));
    match name {
        "h1" => Meaning::Element("h2"),
        "address" | "article" | "aside" | "center" | "details" | "fieldset" | "footer" | "form" | "header"
        | "hgroup" | "main" | "nav" | "section" | "summary" => Meaning::Element("div"),
        "tfoot" => Meaning::Element("tbody"),
        "strike" => Meaning::Element("s"),
        "dir" | "menu" => Meaning::Element("ul"),
        "script" => Meaning::Program("script"),
        "style" => Meaning::Program("style"),
        "title" => Meaning::Program("title"),
        "textarea" => Meaning::Program("textarea"),
        "iframe" => Meaning::Program("iframe"),
        "noembed" => Meaning::Program("noembed"),
        "noframes" => Meaning::Program("noframes"),
        "xmp" => Meaning::Program("xmp"),
        "svg" => Meaning::Foreign("svg"),
        "math" => Meaning::Foreign("math"),
        "template" => Meaning::Foreign("template"),
        "object" => Meaning::Foreign("object"),
        "audio" => Meaning::Foreign("audio"),
        "video" => Meaning::Foreign("video"),
        "canvas" => Meaning::Foreign("canvas"),
        "select" => Meaning::Foreign("select"),
        _ => known(name).map_or(Meaning::TagOnly, |element| Meaning::Element(element)),
    }
}

/// The page being written, and what is open in it.
struct Page {
    out: String,
    open: Vec<&'static str>,
    depth: usize,
    /// How long the text is that is being written.
    text: usize,
}

impl Page {
    /// In a table but in no cell, words get a cell. (The Standard's parser would move them out, before the table.)
    fn text(&mut self, text: &str) {
        if self.is_between_cells() && !text.trim_ascii().is_empty() {
            self.start("td", "");
        }
        let mut rest = text;
        while self.text + rest.len() > LONGEST_TEXT
            && let Some((head, tail)) = cut(rest, LONGEST_TEXT.saturating_sub(self.text))
        {
            self.out.push_str(head);
            self.out.push_str("<!---->");
            self.text = 0;
            rest = tail;
        }
        self.out.push_str(rest);
        self.text += rest.len();
    }

    fn start(&mut self, element: &'static str, attributes: &str) {
        if !self.make_way(element) {
            return;
        }
        let counted = is_counted(element);
        // A table is not begun where its cells could not stand.
        let needed = usize::from(counted) + usize::from(element == "table");
        if self.depth + needed > DEPTH {
            return;
        }
        let attributes = if attributes.len() > LONGEST_ATTRIBUTES {
            ""
        } else {
            attributes
        };
        self.write_tag(element, attributes);
        if !matches!(element, "br" | "hr" | "img") {
            self.open.push(element);
            self.depth += usize::from(counted);
        }
    }

    /// Closes what the Standard's parser would close before `element` (13.2.6.4.7 "in body" and the table modes), and
    /// opens the row and row group it would imply. False if `element` may not stand here.
    fn make_way(&mut self, element: &'static str) -> bool {
        match element {
            "caption" | "tbody" | "thead" => return self.close_back_to(&["table"]),
            "tr" => {
                let in_table = self.close_back_to(&["table", "tbody", "thead"]);
                self.imply_group();
                return in_table;
            }
            "td" | "th" => {
                let in_table = self.close_back_to(&IN_TABLE);
                self.imply_group();
                self.imply_row();
                return in_table;
            }
            // Old pages have forms around their rows, and that is not meant to be a row.
            _ if self.is_between_cells() => return false,
            "li" => self.close_nearest(&["li"], is_list_fence),
            "dd" | "dt" => self.close_nearest(&["dd", "dt"], is_list_fence),
            "a" => self.close_nearest(&["a"], is_wall),
            _ => (),
        }
        if is_block(element) {
            self.close_nearest(&["p"], is_wall);
        }
        if HEADINGS.contains(&element) && self.open.last().is_some_and(|last| HEADINGS.contains(last)) {
            self.close_to(self.open.len().saturating_sub(1));
        }
        true
    }

    fn end(&mut self, element: &'static str) {
        match element {
            "br" => self.start("br", ""),
            "table" => self.close_nearest(&["table"], |_| false),
            "caption" | "tbody" | "thead" | "tr" | "td" | "th" => {
                self.close_nearest(&[element], |open| open == "table")
            }
            // `<h2>…</h3>` is a slip of the pen, not an open heading.
            _ if HEADINGS.contains(&element) => self.close_nearest(&HEADINGS, is_wall),
            _ => self.close_nearest(&[element], is_wall),
        }
    }

    fn is_between_cells(&self) -> bool {
        self.open.last().is_some_and(|last| IN_TABLE.contains(last))
    }

    /// Closes the innermost open element among `names`, with all that is open in it, unless a fence stands before it.
    fn close_nearest(&mut self, names: &[&str], is_fence: fn(&str) -> bool) {
        let stop = self
            .open
            .iter()
            .rposition(|open| names.contains(open) || is_fence(open));
        if let Some(index) = stop.filter(|index| self.open.get(*index).is_some_and(|open| names.contains(open))) {
            self.close_to(index);
        }
    }

    /// Closes everything inside the innermost open element among `names`, but not that. False if none is open.
    fn close_back_to(&mut self, names: &[&str]) -> bool {
        let Some(index) = self.open.iter().rposition(|open| names.contains(open)) else {
            return false;
        };
        self.close_to(index.saturating_add(1));
        true
    }

    fn imply_group(&mut self) {
        if self.open.last() == Some(&"table") {
            self.write_tag("tbody", "");
            self.open.push("tbody");
        }
    }

    fn imply_row(&mut self) {
        if matches!(self.open.last(), Some(&("tbody" | "thead"))) {
            self.write_tag("tr", "");
            self.open.push("tr");
        }
    }

    fn close_to(&mut self, length: usize) {
        while self.open.len() > length
            && let Some(element) = self.open.pop()
        {
            self.text = 0;
            self.out.push_str("</");
            self.out.push_str(element);
            self.out.push('>');
            self.depth = self.depth.saturating_sub(usize::from(is_counted(element)));
        }
    }

    fn write_tag(&mut self, element: &str, attributes: &str) {
        self.text = 0;
        self.out.push('<');
        self.out.push_str(element);
        self.out.push_str(attributes);
        self.out.push('>');
    }
}

/// The text before and after a place at or after `index` that is not inside a character reference.
fn cut(text: &str, index: usize) -> Option<(&str, &str)> {
    let is_in_reference = |c: char| c.is_ascii_alphanumeric() || matches!(c, '#' | ';');
    let mut places = text.char_indices().skip_while(|(place, _)| *place < index);
    let (place, _) = places.find(|(_, c)| !is_in_reference(*c))?;
    text.split_at_checked(place)
}

fn is_counted(element: &str) -> bool {
    !matches!(element, "thead" | "tbody" | "tr")
}

/// What stands in such an element closes nothing outside it (the Standard's "scope").
fn is_wall(element: &str) -> bool {
    matches!(element, "caption" | "table" | "td" | "th")
}

/// A new item closes the one before it through these and no others.
fn is_list_fence(element: &str) -> bool {
    !(is_inline(element) || matches!(element, "div" | "p"))
}

/// Elements that begin and end a paragraph's text; the rest run along in it.
pub(super) fn is_block(element: &str) -> bool {
    !(is_inline(element) || matches!(element, "br" | "img"))
}

#[rustfmt::skip]
fn is_inline(element: &str) -> bool {
    matches!(
        element,
        "a" | "abbr" | "b" | "cite" | "code" | "del" | "em" | "i" | "ins" | "q" | "s" | "span" | "strong" | "sub" | "sup"
            | "time" | "u"
    )
}
