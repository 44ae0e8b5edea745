//! Elements out of tags. Namespaces are told by their addresses, by the usual prefix where none is declared; what is not
//! closed ends with what it stands in, and an end tag without a beginning is passed over.

use super::entity::{Declared, decode};
use super::lexer::{Lexer, Token, attributes};
use std::borrow::Cow;

/// Deeper than that, tags are passed over and their text stays.
const DEEPEST: usize = 200;
/// Elements, texts and attributes. About 100 bytes each.
const MOST: usize = 2_000_000;

/// The namespaces that mean something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// RSS in all its versions, Atom, CDF, and whatever has no prefix: feeds mix them.
    Feed,
    Rdf,
    Content,
    DublinCore,
    DublinCoreTerms,
    Media,
    Itunes,
    Xhtml,
    Xml,
    Deleted,
    Other,
}

#[derive(Debug)]
pub struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    attributes: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

#[derive(Debug)]
struct Node<'a> {
    parent: u32,
    first: u32,
    last: u32,
    next: u32,
    kind: Kind<'a>,
}

#[derive(Debug)]
enum Kind<'a> {
    Element {
        space: Space,
        name: Cow<'a, str>,
        attributes: (u32, u32),
        at: usize,
    },
    Text(Cow<'a, str>),
}

const NONE: u32 = u32::MAX;

/// Too much of it to be read.
#[derive(Debug)]
pub struct TooMuch {
    pub at: usize,
}

struct Open<'a> {
    node: u32,
    /// As it is written, for its end tag.
    written: &'a str,
    spaces: usize,
}

struct Builder<'a> {
    tree: Tree<'a>,
    open: Vec<Open<'a>>,
    /// Elements that are passed over because they lie too deep.
    passed: usize,
    spaces: Vec<(&'a str, Space)>,
    declared: Declared<'a>,
}

impl<'a> Tree<'a> {
    pub fn read(text: &'a str) -> Result<Tree<'a>, TooMuch> {
        let top = Node {
            parent: NONE,
            first: NONE,
            last: NONE,
            next: NONE,
            kind: Kind::Text(Cow::Borrowed("")),
        };
        let tree = Tree {
            nodes: vec![top],
            attributes: Vec::new(),
        };
        let mut builder = Builder {
            tree,
            open: Vec::new(),
            passed: 0,
            spaces: Vec::new(),
            declared: Declared::default(),
        };
        for (at, token) in Lexer::new(text) {
            if builder.tree.nodes.len() + builder.tree.attributes.len() > MOST {
                return Err(TooMuch { at });
            }
            match token {
                Token::Text(raw) => {
                    let text = decode(raw, &builder.declared);
                    builder.append(Kind::Text(text));
                }
                Token::Data(data) => {
                    builder.append(Kind::Text(Cow::Borrowed(data)));
                }
                Token::Start {
                    name,
                    attributes,
                    closed,
                } => builder.start(name, attributes, closed, at),
                Token::End(name) => builder.end(name),
                Token::Doctype(doctype) => builder.declared = Declared::read(doctype),
                Token::Nothing => {}
            }
        }
        Ok(builder.tree)
    }

    /// All elements in the order of the document.
    pub fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        (0..self.nodes.len()).filter_map(|node| Element::of(self, u32::try_from(node).ok()?))
    }

    fn node(&self, id: u32) -> Option<&Node<'a>> {
        self.nodes.get(usize::try_from(id).ok()?)
    }
}

impl<'a> Builder<'a> {
    fn append(&mut self, kind: Kind<'a>) -> Option<u32> {
        let parent = self.open.last().map_or(0, |open| open.node);
        let id = u32::try_from(self.tree.nodes.len()).ok()?;
        self.tree.nodes.push(Node {
            parent,
            first: NONE,
            last: NONE,
            next: NONE,
            kind,
        });
        let parent = self.tree.nodes.get_mut(parent as usize)?;
        let before = std::mem::replace(&mut parent.last, id);
        if before == NONE {
            parent.first = id;
        } else {
            self.tree.nodes.get_mut(before as usize)?.next = id;
        }
        Some(id)
    }

    fn start(&mut self, written: &'a str, raw: &'a str, closed: bool, at: usize) {
        let spaces = self.spaces.len();
        let begin = self.tree.attributes.len();
        for (name, value) in attributes(raw) {
            let value = decode(value, &self.declared);
            if let Some(prefix) = name.strip_prefix("xmlns") {
                self.spaces.push((
                    prefix.trim_start_matches(':'),
                    space_of(&value, prefix.trim_start_matches(':')),
                ));
                continue;
            }
            // Attributes of no other space are told apart by their prefixes here.
            let name = if name.starts_with("xml:") { name } else { local(name).1 };
            self.tree.attributes.push((lower(name), value));
        }
        let (prefix, name) = local(written);
        let space = self.space(prefix);
        let name = lower(name);
        self.close_before(space, &name);
        if self.open.len() >= DEEPEST {
            self.spaces.truncate(spaces);
            self.passed += usize::from(!closed);
            return;
        }
        let attributes = (index(begin), index(self.tree.attributes.len()));
        let closed = closed || (prefix.is_empty() && is_void(&name));
        let Some(node) = self.append(Kind::Element {
            space,
            name,
            attributes,
            at,
        }) else {
            return;
        };
        if closed {
            self.spaces.truncate(spaces);
        } else {
            self.open.push(Open { node, written, spaces });
        }
    }

    /// An item never holds an item, and a title no link: who begins the second has forgotten to end the first.
    fn close_before(&mut self, space: Space, name: &str) {
        if space != Space::Feed {
            return;
        }
        let is_open = |open: &Open, names: &[&str]| match self.tree.node(open.node).map(|n| &n.kind) {
            Some(Kind::Element {
                space: Space::Feed,
                name,
                ..
            }) => names.contains(&name.as_ref()),
            _ => false,
        };
        let keep = if matches!(name, "item" | "entry") {
            self.open.iter().rposition(|open| is_open(open, &["item", "entry"]))
        } else if PARTS.contains(&name) {
            self.open.len().checked_sub(1).filter(|last| {
                let leaf = LEAVES.iter().find(|leaf| **leaf != name);
                leaf.is_some()
                    && self
                        .open
                        .get(*last)
                        .is_some_and(|open| is_open(open, LEAVES) && !is_open(open, &[name]))
            })
        } else {
            None
        };
        if let Some(keep) = keep {
            self.close(keep);
        }
    }

    fn end(&mut self, written: &str) {
        if self.passed > 0 {
            self.passed -= 1;
            return;
        }
        if let Some(at) = self
            .open
            .iter()
            .rposition(|open| open.written.eq_ignore_ascii_case(written))
        {
            self.close(at);
        }
    }

    fn close(&mut self, from: usize) {
        if let Some(first) = self.open.get(from) {
            self.spaces.truncate(first.spaces);
        }
        self.open.truncate(from);
    }

    fn space(&self, prefix: &str) -> Space {
        let declared = self.spaces.iter().rev().find(|(known, _)| *known == prefix);
        declared.map_or_else(|| usual(prefix), |(_, space)| *space)
    }
}

/// What a feed's channel and items are made of.
const PARTS: &[&str] = &[
    "title",
    "link",
    "guid",
    "pubdate",
    "description",
    "category",
    "author",
    "item",
    "entry",
    "id",
    "updated",
    "published",
    "summary",
];
/// And those of them that hold nothing but text.
const LEAVES: &[&str] = &[
    "title",
    "link",
    "guid",
    "pubdate",
    "category",
    "id",
    "updated",
    "published",
];

/// HTML's elements without content that no feed has one of its own of.
fn is_void(name: &str) -> bool {
    matches!(name, "br" | "hr" | "img" | "wbr" | "input" | "embed" | "area" | "col")
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(NONE)
}

fn local(written: &str) -> (&str, &str) {
    written.split_once(':').unwrap_or(("", written))
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// The namespace of this address, however it is spelt.
fn space_of(address: &str, prefix: &str) -> Space {
    let address = address.trim().to_ascii_lowercase();
    let address = address
        .trim_end_matches(['/', '#'])
        .trim_start_matches("https://")
        .trim_start_matches("http://");
    match address {
        "www.w3.org/2005/atom"
        | "purl.org/atom/ns"
        | "purl.org/rss/1.0"
        | "purl.org/rss/1.1"
        | "purl.org/rss/1.0/modules/rss091"
        | "my.netscape.com/rdf/simple/0.9"
        | "channel.netscape.com/rdf/simple/0.9"
        | "backend.userland.com/rss"
        | "backend.userland.com/rss2"
        | "blogs.law.harvard.edu/tech/rss"
        | "cyber.law.harvard.edu/rss"
        | "example.com/newformat"
        | "example.com/necho"
        | "purl.org/echo"
        | "uri/of/echo/namespace"
        | "purl.org/pie" => Space::Feed,
        "www.w3.org/1999/02/22-rdf-syntax-ns" => Space::Rdf,
        "purl.org/rss/1.0/modules/content" => Space::Content,
        "purl.org/dc/elements/1.1" => Space::DublinCore,
        "purl.org/dc/terms" => Space::DublinCoreTerms,
        "search.yahoo.com/mrss" | "tools.search.yahoo.com/mrss" => Space::Media,
        "www.itunes.com/dtds/podcast-1.0.dtd"
        | "www.itunes.com/dtds/podcast-1.0"
        | "example.com/dtds/podcast-1.0.dtd" => Space::Itunes,
        "www.w3.org/1999/xhtml" => Space::Xhtml,
        "www.w3.org/xml/1998/namespace" => Space::Xml,
        "purl.org/atompub/tombstones/1.0" => Space::Deleted,
        // An address that nobody knows, without a prefix, is some kind of feed; with one the prefix may still be right.
        _ => usual(prefix),
    }
}

/// What a prefix stands for that nobody declares.
fn usual(prefix: &str) -> Space {
    match prefix.to_ascii_lowercase().as_str() {
        "" | "rss" | "atom" | "atom10" | "atom03" | "a10" => Space::Feed,
        "rdf" => Space::Rdf,
        "content" => Space::Content,
        "dc" => Space::DublinCore,
        "dcterms" => Space::DublinCoreTerms,
        "media" => Space::Media,
        "itunes" => Space::Itunes,
        "xhtml" | "html" => Space::Xhtml,
        "xml" => Space::Xml,
        "at" => Space::Deleted,
        _ => Space::Other,
    }
}

/// One element of a tree.
#[derive(Clone, Copy, Debug)]
pub struct Element<'t> {
    tree: &'t Tree<'t>,
    node: u32,
    pub space: Space,
    /// Without its prefix, in lower case.
    pub name: &'t str,
    /// Where its tag begins, in bytes.
    pub at: usize,
    attributes: (u32, u32),
}

impl<'t> Element<'t> {
    fn of(tree: &'t Tree<'_>, node: u32) -> Option<Element<'t>> {
        match &tree.node(node)?.kind {
            Kind::Element {
                space,
                name,
                attributes,
                at,
            } => Some(Element {
                tree,
                node,
                space: *space,
                name,
                at: *at,
                attributes: *attributes,
            }),
            Kind::Text(_) => None,
        }
    }

    pub fn is(&self, space: Space, name: &str) -> bool {
        self.space == space && self.name == name
    }

    /// By the name in lower case, without prefix save `xml:`.
    pub fn attribute(&self, name: &str) -> Option<&'t str> {
        let (begin, end) = self.attributes;
        let all = self.tree.attributes.get(begin as usize..end as usize)?;
        all.iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.trim())
    }

    pub fn children(&self) -> impl Iterator<Item = Element<'t>> + use<'t> {
        let tree = self.tree;
        nodes(tree, self.node).filter_map(move |node| Element::of(tree, node))
    }

    pub fn parent(&self) -> Option<Element<'t>> {
        Element::of(self.tree, self.tree.node(self.node)?.parent)
    }

    /// All text in it, whatever elements it stands in.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write_text(self.node, &mut text);
        text
    }

    fn write_text(&self, node: u32, out: &mut String) {
        for child in nodes(self.tree, node) {
            match self.tree.node(child).map(|n| &n.kind) {
                Some(Kind::Text(text)) => out.push_str(text),
                Some(Kind::Element { .. }) => self.write_text(child, out),
                None => {}
            }
        }
    }

    /// What is in it as HTML: elements of any space, as they are called there.
    pub fn markup(&self) -> String {
        let mut html = String::new();
        self.write_markup(self.node, &mut html);
        html
    }

    fn write_markup(&self, node: u32, out: &mut String) {
        for child in nodes(self.tree, node) {
            if let Some(Kind::Text(text)) = self.tree.node(child).map(|n| &n.kind) {
                escape(text, out);
            }
            let Some(element) = Element::of(self.tree, child) else {
                continue;
            };
            out.extend(["<", element.name]);
            let (begin, end) = element.attributes;
            for (name, value) in self
                .tree
                .attributes
                .get(begin as usize..end as usize)
                .unwrap_or_default()
            {
                out.extend([" ", name, "=\""]);
                escape(value, out);
                out.push('"');
            }
            out.push('>');
            if !is_void(element.name) {
                self.write_markup(child, out);
                out.extend(["</", element.name, ">"]);
            }
        }
    }
}

fn nodes<'t>(tree: &'t Tree<'_>, of: u32) -> impl Iterator<Item = u32> + use<'t> {
    let tree: &'t Tree<'_> = tree;
    let first = tree.node(of).map_or(NONE, |n| n.first);
    std::iter::successors(Some(first), move |node| Some(tree.node(*node)?.next)).take_while(|node| *node != NONE)
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}
