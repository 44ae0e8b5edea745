//! Well-formed XML as a tree: for documents in which a damaged place is a reason to refuse, with its position. (Feeds are
//! mended instead, by `liberal`: what this tree keeps, letters as they are written and addresses of namespaces, that one
//! has no need of.)
//!
//! Nothing is opened, and no entity that a document declares is expanded: only XML's five, HTML's named characters and
//! numbers are known. Depth, number and size are bounded; it takes linear time.

use crate::format::reading::Unreadable;
use quick_xml::XmlVersion;
use quick_xml::escape::{resolve_html5_entity, resolve_predefined_entity};
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

const DEEPEST: usize = 128;
/// Elements, texts and attributes together.
const MOST: usize = 1_000_000;
const MOST_ATTRIBUTES: usize = 256;

#[derive(Clone, Debug, Default)]
pub struct Element {
    /// Without its prefix.
    pub name: String,
    /// Its namespace's address; empty where there is none.
    pub space: String,
    pub attributes: Vec<Attribute>,
    pub children: Vec<Node>,
}

#[derive(Clone, Debug)]
pub struct Attribute {
    /// Without its prefix, save `xml:`.
    pub name: String,
    pub space: String,
    pub value: String,
}

#[derive(Clone, Debug)]
pub enum Node {
    Element(Element),
    Text(String),
}

/// The outermost element of a text that is XML.
pub fn parse(text: &str) -> Result<Element, Unreadable> {
    let mut reader = NsReader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut number = 0;
    loop {
        number += 1;
        let before = usize::try_from(reader.buffer_position()).unwrap_or(0);
        let fail = |reason: String| Err(at(text, before, reason));
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                let place = usize::try_from(reader.error_position()).unwrap_or(before);
                return Err(at(text, place, format!("not well-formed XML: {error}")));
            }
        };
        let begins = matches!(event, Event::Start(_) | Event::Empty(_));
        if begins && root.is_some() && open.is_empty() {
            return fail("a second outermost element begins".to_owned());
        }
        match event {
            Event::Start(start) => {
                if open.len() >= DEEPEST {
                    return fail(format!("elements lie deeper than {DEEPEST} in each other"));
                }
                match element(&reader, &start, &mut number) {
                    Ok(element) => open.push(element),
                    Err(reason) => return fail(reason),
                }
            }
            Event::Empty(start) => match element(&reader, &start, &mut number) {
                Ok(element) => close(element, &mut open, &mut root),
                Err(reason) => return fail(reason),
            },
            Event::End(_) => {
                if let Some(element) = open.pop() {
                    close(element, &mut open, &mut root);
                }
            }
            Event::Text(text) => append(&mut open, &text.xml10_content()),
            Event::CData(text) => append(&mut open, &text.xml10_content()),
            Event::GeneralRef(reference) => {
                let name = reference.xml10_content();
                let character = reference.resolve_char_ref().ok().flatten().map(String::from);
                match character.or_else(|| known(&name).map(str::to_owned)) {
                    Some(text) => append(&mut open, &text),
                    None => return fail(format!("&{name}; is no character, and entities are not expanded")),
                }
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => break,
        }
        if number > MOST {
            return fail("more elements, texts and attributes than a document has".to_owned());
        }
    }
    match (root, open.last()) {
        (_, Some(element)) => Err(at(
            text,
            text.len(),
            format!("it breaks off: <{}> has no end", element.name),
        )),
        (Some(root), None) => Ok(root),
        (None, None) => Err(at(text, text.len(), "it holds no element".to_owned())),
    }
}

fn element(reader: &NsReader<&[u8]>, start: &BytesStart, number: &mut usize) -> Result<Element, String> {
    let (space, name) = reader.resolver().resolve_element(start.name());
    let mut element = Element {
        name: name.as_ref().to_owned(),
        space: address(&space)?,
        attributes: Vec::new(),
        children: Vec::new(),
    };
    // Without quick-xml's own check for repetitions, which takes quadratic time.
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|e| format!("not well-formed XML: {e}"))?;
        *number += 1;
        if element.attributes.len() >= MOST_ATTRIBUTES {
            return Err(format!("an element has more than {MOST_ATTRIBUTES} attributes"));
        }
        let written = attribute.key.as_ref();
        if written == "xmlns" || written.starts_with("xmlns:") {
            continue;
        }
        let value = attribute
            .normalized_value_with(XmlVersion::Explicit1_0, 1, known)
            .map_err(|e| format!("not well-formed XML: {e}"))?;
        let (space, name) = reader.resolver().resolve_attribute(attribute.key);
        element.attributes.push(Attribute {
            name: if written.starts_with("xml:") {
                written.to_owned()
            } else {
                name.as_ref().to_owned()
            },
            space: address(&space)?,
            value: value.into_owned(),
        });
    }
    Ok(element)
}

/// A prefix that nobody declared is a slip that readers forgive.
fn address(space: &ResolveResult) -> Result<String, String> {
    Ok(match space {
        ResolveResult::Bound(space) => space.as_ref().to_owned(),
        ResolveResult::Unbound | ResolveResult::Unknown(_) => String::new(),
    })
}

fn known(name: &str) -> Option<&'static str> {
    resolve_predefined_entity(name).or_else(|| resolve_html5_entity(name))
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(Node::Element(element)),
        None => *root = Some(element),
    }
}

fn append(open: &mut [Element], text: &str) {
    let Some(parent) = open.last_mut() else { return };
    match parent.children.last_mut() {
        Some(Node::Text(before)) => before.push_str(text),
        Some(Node::Element(_)) | None => parent.children.push(Node::Text(text.to_owned())),
    }
}

/// The place of a byte, for people: both from 1, the column in characters.
pub fn at(text: &str, byte: usize, reason: String) -> Unreadable {
    let before = text.get(..text.floor_char_boundary(byte)).unwrap_or(text);
    let line = before.bytes().filter(|b| *b == b'\n').count() as u64 + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u64 + 1;
    Unreadable {
        line: Some(line),
        column: Some(column),
        reason,
    }
}

impl Element {
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements().filter(move |e| e.name == name)
    }

    pub fn child(&self, name: &str) -> Option<&Element> {
        self.elements().find(|e| e.name == name)
    }

    /// Down this path.
    pub fn down(&self, path: &[&str]) -> Option<&Element> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The first of this name, however deep.
    pub fn find(&self, name: &str) -> Option<&Element> {
        self.elements()
            .find_map(|e| if e.name == name { Some(e) } else { e.find(name) })
    }

    /// All of this name, however deep, none within another.
    pub fn find_all<'a>(&'a self, name: &str, into: &mut Vec<&'a Element>) {
        for element in self.elements() {
            if element.name == name {
                into.push(element);
            } else {
                element.find_all(name, into);
            }
        }
    }

    /// An attribute that is not empty.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|a| a.name == name);
        found.map(|a| a.value.trim()).filter(|v| !v.is_empty())
    }

    /// All text in it, folded into one line; none where that is empty.
    pub fn line(&self) -> Option<String> {
        let mut text = String::new();
        self.write_text(&mut text);
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(line).filter(|l| !l.is_empty())
    }

    /// All text in it, as it is.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write_text(&mut text);
        text
    }

    fn write_text(&self, out: &mut String) {
        for node in &self.children {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Element(element) => {
                    // Where a line or a paragraph ends, words end.
                    let breaks = matches!(
                        element.name.as_str(),
                        "p" | "br" | "div" | "li" | "hl1" | "hl2" | "block" | "byttl"
                    );
                    out.push_str(if breaks { " " } else { "" });
                    element.write_text(out);
                    out.push_str(if breaks { " " } else { "" });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_tree_knows_namespaces_characters_and_sections() {
        let root = parse("<a xmlns='x' xmlns:y='z' k='1 &lt; &eacute;'><y:b/>t&amp;&#233;&eacute;<![CDATA[<c>]]></a>")
            .unwrap();
        assert_eq!(
            (root.name.as_str(), root.space.as_str(), root.attribute("k")),
            ("a", "x", Some("1 < é"))
        );
        assert_eq!(root.child("b").unwrap().space, "z");
        assert_eq!(root.text(), "t&éé<c>");
    }

    #[test]
    fn what_is_not_well_formed_is_refused_with_its_place() {
        for (text, place, reason) in [
            ("<a>\n<b></a>", (2, 4), "not well-formed"),
            ("<a><b>", (1, 7), "breaks off"),
            ("<a/><b/>", (1, 5), "second outermost"),
            ("<a></a>\n<b/>", (2, 1), "second outermost"),
            ("<!DOCTYPE a [<!ENTITY x \"y\">]><a>\n &x;</a>", (2, 2), "not expanded"),
            ("", (1, 1), "no element"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.reason.contains(reason), "{text}: {error}");
            assert_eq!(
                (error.line, error.column),
                (Some(place.0), Some(place.1)),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn bombs_are_refused_fast() {
        let laughs = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><l>&b;</l>";
        let deep = "<a>".repeat(1_000_000);
        let wide = format!("<a {}/>", (0..100_000).map(|n| format!("b{n}='' ")).collect::<String>());
        let many = format!("<r>{}</r>", "<a/>".repeat(2_000_000));
        let begun = std::time::Instant::now();
        for bomb in [laughs, &deep, &wide, &many] {
            parse(bomb).unwrap_err();
        }
        assert!(
            begun.elapsed() < std::time::Duration::from_secs(10),
            "{:?}",
            begun.elapsed()
        );
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,200}", like in "(</?[ab:]{1,3}( [ab:]{1,3}=['\"]?&?[a#;]{0,3}['\"]?)?/?>|<!\\[CDATA\\[|\\]\\]>|<!--|-->|&[a#x;0-9]{1,4}|t){0,30}") {
            _ = parse(&text);
            _ = parse(&like);
        }
    }
}
