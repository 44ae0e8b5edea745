//! XML as the library writes it: what stands in it is text, whatever it looks like.

use super::text::legible;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};

pub type Attributes<'a> = &'a [(&'a str, &'a str)];

/// A document in the making.
pub struct Xml {
    writer: Writer<Vec<u8>>,
    depth: usize,
    /// The outermost elements: their names, and where they begin.
    outer: Vec<(String, usize)>,
}

impl Xml {
    pub fn new() -> Xml {
        let mut xml = Xml::fragment();
        xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        xml.line();
        xml
    }

    /// A piece of a document.
    pub fn fragment() -> Xml {
        Xml {
            writer: Writer::new(Vec::new()),
            depth: 0,
            outer: Vec::new(),
        }
    }

    /// The outermost elements, each with its name.
    pub fn parts(self) -> Vec<(String, String)> {
        let text = String::from_utf8(self.writer.into_inner()).unwrap_or_default();
        let ends = self.outer.iter().skip(1).map(|(_, at)| *at).chain([text.len()]);
        let parts = self.outer.iter().zip(ends);
        parts
            .map(|((name, from), to)| (name.clone(), text.get(*from..to).unwrap_or_default().to_owned()))
            .collect()
    }

    /// An element with others in it.
    pub fn element(&mut self, name: &str, attributes: Attributes<'_>, inside: impl FnOnce(&mut Xml)) {
        self.begins(name);
        self.event(Event::Start(start(name, attributes)));
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// An element with text in it.
    pub fn text(&mut self, name: &str, attributes: Attributes<'_>, text: &str) {
        self.element(name, attributes, |xml| xml.words(text));
    }

    /// The same where there is a text.
    pub fn maybe(&mut self, name: &str, attributes: Attributes<'_>, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, attributes, text);
        }
    }

    /// An element with nothing in it.
    pub fn empty(&mut self, name: &str, attributes: Attributes<'_>) {
        self.begins(name);
        self.event(Event::Empty(start(name, attributes)));
    }

    /// Text where it stands.
    pub fn words(&mut self, text: &str) {
        self.event(Event::Text(BytesText::new(&legible(text))));
    }

    /// Markup that is well-formed already.
    pub fn markup(&mut self, markup: &str) {
        self.event(Event::Text(BytesText::from_escaped(legible(markup))));
    }

    /// Begins a new line, for people who look at it.
    pub fn line(&mut self) {
        self.event(Event::Text(BytesText::new("\n")));
    }

    pub fn finish(self) -> Vec<u8> {
        self.writer.into_inner()
    }

    fn begins(&mut self, name: &str) {
        if self.depth == 0 {
            self.outer.push((name.to_owned(), self.writer.get_ref().len()));
        }
    }

    fn event(&mut self, event: Event<'_>) {
        // A vector takes everything.
        self.writer.write_event(event).unwrap_or_default();
    }
}

/// Whether a text is one element, well-formed, with no prefix and no entity that would have to be declared.
pub fn is_element(text: &str) -> bool {
    let mut reader = Reader::from_str(text);
    let (mut depth, mut roots) = (0_usize, 0);
    loop {
        let fits = match reader.read_event() {
            Ok(Event::Start(tag)) => {
                roots += usize::from(depth == 0);
                depth += 1;
                is_plain(&tag)
            }
            Ok(Event::Empty(tag)) => {
                roots += usize::from(depth == 0);
                is_plain(&tag)
            }
            Ok(Event::End(_)) => {
                depth = depth.saturating_sub(1);
                true
            }
            Ok(Event::Text(_)) => depth > 0,
            Ok(Event::GeneralRef(name)) => {
                depth > 0 && (name.is_char_ref() || ["amp", "lt", "gt", "quot", "apos"].contains(&&*name))
            }
            Ok(Event::Eof) => return depth == 0 && roots == 1,
            Ok(Event::CData(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) | Err(_) => {
                false
            }
        };
        if !fits {
            return false;
        }
    }
}

fn is_plain(tag: &BytesStart<'_>) -> bool {
    let has_prefix = |name: &str| name.contains(':') && !name.starts_with("xml:");
    let fits = |attribute: Result<Attribute<'_>, _>| {
        attribute.is_ok_and(|a: Attribute<'_>| !has_prefix(a.key.as_ref()) && !a.value.contains('<') && legal(&a.value))
    };
    !has_prefix(tag.name().as_ref()) && tag.attributes().all(fits)
}

/// Whether all that looks like an entity is one that XML knows.
fn legal(value: &str) -> bool {
    value.split('&').skip(1).all(|rest| {
        let name = rest.split_once(';').map(|(name, _)| name);
        name.is_some_and(|n| n.starts_with('#') || ["amp", "lt", "gt", "quot", "apos"].contains(&n))
    })
}

fn start<'a>(name: &'a str, attributes: Attributes<'_>) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        // A reader makes spaces of them anyway (XML 1.0 §3.3.3).
        let value = legible(value).replace(['\n', '\t'], " ");
        start.push_attribute((*name, value.as_str()));
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_markup_is_text() {
        let mut xml = Xml::new();
        xml.element("a", &[("b", "\"<&>'\n")], |xml| {
            xml.text("c", &[], "]]> <d/> & \u{FFFF}\0");
            xml.empty("e", &[]);
        });
        let text = String::from_utf8(xml.finish()).unwrap();
        assert_eq!(
            text,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a b=\"&quot;&lt;&amp;&gt;&apos; \">\
             <c>]]&gt; &lt;d/&gt; &amp; </c><e/></a>"
        );
    }
}
