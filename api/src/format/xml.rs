//! XML as the library writes it: what stands in it is text, whatever it looks like.

use super::text::legible;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

pub type Attributes<'a> = &'a [(&'a str, &'a str)];

/// A document in the making.
pub struct Xml(Writer<Vec<u8>>);

impl Xml {
    pub fn new() -> Xml {
        let mut xml = Xml(Writer::new(Vec::new()));
        xml.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        xml.line();
        xml
    }

    /// An element with others in it.
    pub fn element(&mut self, name: &str, attributes: Attributes<'_>, inside: impl FnOnce(&mut Xml)) {
        self.event(Event::Start(start(name, attributes)));
        inside(self);
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
        self.0.into_inner()
    }

    fn event(&mut self, event: Event<'_>) {
        // A vector takes everything.
        self.0.write_event(event).unwrap_or_default();
    }
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
