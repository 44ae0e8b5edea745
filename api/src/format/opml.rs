//! OPML 2.0 (opml.org): all feeds in one file, to subscribe to at once.

use super::xml::Xml;
use crate::news::site::Site;

pub const MEDIA_TYPE: &str = "text/x-opml; charset=utf-8";

/// One feed.
pub struct Outline {
    pub title: String,
    /// The feed's address.
    pub feed: String,
    /// The page for people, where there is one.
    pub page: Option<String>,
}

/// Feeds in groups; one without a title stands on top.
pub struct Group {
    pub title: Option<&'static str>,
    pub outlines: Vec<Outline>,
}

pub fn render(site: &Site, groups: &[Group]) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.element("opml", &[("version", "2.0")], |xml| {
        xml.line();
        xml.element("head", &[], |xml| {
            xml.text("title", &[], &site.name);
            xml.text("ownerId", &[], &site.public_url);
        });
        xml.line();
        xml.element("body", &[], |xml| {
            for group in groups.iter().filter(|group| !group.outlines.is_empty()) {
                let outlines = |xml: &mut Xml| group.outlines.iter().for_each(|o| outline(xml, o, site));
                match group.title {
                    None => outlines(xml),
                    Some(title) => xml.element("outline", &[("text", title)], outlines),
                }
            }
            xml.line();
        });
        xml.line();
    });
    xml.finish()
}

fn outline(xml: &mut Xml, outline: &Outline, site: &Site) {
    let Outline { title, feed, page } = outline;
    let mut attributes = vec![
        ("text", title.as_str()),
        ("title", title),
        ("type", "rss"),
        ("xmlUrl", feed),
    ];
    attributes.extend(page.as_deref().map(|page| ("htmlUrl", page)));
    attributes.push(("language", site.home_language()));
    xml.line();
    xml.empty("outline", &attributes);
}
