//! A story's text out of the elements of NITF and XHTML, as the HTML that the desk sanitises; and the elements that are
//! kept as they are.

use super::tree::{Element, Node};
use quick_xml::escape::escape;

/// HTML of what is in an element. NITF's own elements become those that mean the same; what is no prose stays out.
pub fn html(element: &Element) -> String {
    let mut out = String::new();
    inside(element, &mut out);
    out
}

fn inside(element: &Element, out: &mut String) {
    for node in &element.children {
        match node {
            Node::Text(text) => out.push_str(&escape(text.as_str())),
            Node::Element(child) => outside(child, out),
        }
    }
}

fn outside(element: &Element, out: &mut String) {
    let name = element.name.to_ascii_lowercase();
    let name =
        match name.as_str() {
            // Media are renditions; the rest is said elsewhere or to machines.
            "media" | "body.head" | "head" | "script" | "style" | "nitf-table" | "custom-table" | "notes"
            | "docdata" => return,
            "hl1" | "hl2" => "h2",
            "hedline" | "block" | "body.content" | "body" | "body.end" | "bibliography" => "div",
            "bq" => "blockquote",
            "lang" | "person" | "org" | "location" | "chron" | "copyrite" | "event" | "function" | "money" | "num"
            | "object.title" | "postaddr" | "virtloc" | "pronounce" | "alt-code" | "frac" | "classifier"
            | "a.content" => "",
            "em" if element
                .attribute("class")
                .is_some_and(|c| c.eq_ignore_ascii_case("bold")) =>
            {
                "strong"
            }
            "tagline" | "byline" | "abstract" | "datasource" => "p",
            other => other,
        };
    if matches!(name, "br" | "hr") {
        out.extend(["<", name, ">"]);
        return;
    }
    if name == "img" {
        let said = ["src", "alt", "width", "height"].into_iter();
        let said = said.filter_map(|a| Some(format!(" {a}=\"{}\"", escape(element.attribute(a)?))));
        out.push_str("<img");
        out.extend(said);
        out.push('>');
        return;
    }
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric());
    if name.is_empty() || !plain {
        return inside(element, out);
    }
    out.extend(["<", name]);
    for attribute in ["href", "title", "colspan", "rowspan", "lang", "dir"] {
        if let Some(value) = element.attribute(attribute) {
            out.push_str(&format!(" {attribute}=\"{}\"", escape(value)));
        }
    }
    out.push('>');
    inside(element, out);
    out.extend(["</", name, ">"]);
}

/// Whether a text is HTML.
pub fn looks_marked_up(text: &str) -> bool {
    text.contains("</") || text.contains("/>") || text.contains("<p>") || text.contains("<br>")
}

/// An element as XML that stands by itself: with its namespace where that is not `home`.
pub fn xml(element: &Element, home: &str) -> String {
    let mut out = String::new();
    write(element, home, &mut out);
    out
}

fn write(element: &Element, around: &str, out: &mut String) {
    out.extend(["<", element.name.as_str()]);
    if element.space != around {
        out.push_str(&format!(" xmlns=\"{}\"", escape(element.space.as_str())));
    }
    // The one attribute of IPTC's whose value has a prefix, which stands for the types of XML Schema.
    if let Some((prefix, _)) = element.attribute("valuedatatype").and_then(|kind| kind.split_once(':'))
        && prefix.bytes().all(|b| b.is_ascii_alphabetic())
    {
        out.push_str(&format!(" xmlns:{prefix}=\"http://www.w3.org/2001/XMLSchema\""));
    }
    // An attribute of another namespace would need a prefix, and says nothing that IPTC has defined.
    let own = element
        .attributes
        .iter()
        .filter(|a| a.space.is_empty() || a.name.starts_with("xml:"));
    for attribute in own.filter(|a| !is_script(&a.value)) {
        out.push_str(&format!(" {}=\"{}\"", attribute.name, escape(attribute.value.as_str())));
    }
    if element.children.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    // What is a line is one, however it was indented: the schema says so.
    let is_line = element.elements().next().is_none() && !BLOCKS.contains(&element.name.as_str());
    for node in &element.children {
        match node {
            Node::Text(text) if is_line => {
                let words: Vec<&str> = text.split_whitespace().collect();
                out.push_str(&escape(words.join(" ")));
            }
            Node::Text(text) => out.push_str(&escape(text.as_str())),
            Node::Element(child) => write(child, &element.space, out),
        }
    }
    out.extend(["</", element.name.as_str(), ">"]);
}

/// Elements that hold texts of several lines.
const BLOCKS: [&str; 7] = [
    "description",
    "definition",
    "note",
    "edNote",
    "usageTerms",
    "copyrightNotice",
    "rightsExpressionData",
];

/// Whether an address would make a browser do something.
fn is_script(value: &str) -> bool {
    let bare: String = value
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .take(12)
        .collect();
    let bare = bare.to_ascii_lowercase();
    ["javascript:", "vbscript:", "data:"]
        .iter()
        .any(|scheme| bare.starts_with(scheme))
}
