//! RSS 2.0 (rssboard.org, 2.0.11) with the modules that newsrooms use: content, Dublin Core, Media RSS, Atom links.

use super::atom::{deleted, pictures};
use super::piece::{Feed, Piece, permanent};
use super::text::{html, uri};
use super::xml::Xml;
use crate::news::site::Site;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

pub const MEDIA_TYPE: &str = "application/rss+xml; charset=utf-8";

const NAMESPACES: [(&str, &str); 5] = [
    ("xmlns:atom", "http://www.w3.org/2005/Atom"),
    ("xmlns:at", "http://purl.org/atompub/tombstones/1.0"),
    ("xmlns:content", "http://purl.org/rss/1.0/modules/content/"),
    ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
    ("xmlns:media", "http://search.yahoo.com/mrss/"),
];

pub fn render(feed: &Feed<'_>) -> Vec<u8> {
    let mut xml = Xml::new();
    let [atom, at, content, dc, media] = NAMESPACES;
    xml.element("rss", &[("version", "2.0"), atom, at, content, dc, media], |xml| {
        xml.line();
        xml.element("channel", &[], |xml| channel(xml, feed));
        xml.line();
    });
    xml.finish()
}

fn channel(xml: &mut Xml, feed: &Feed<'_>) {
    xml.text("title", &[], &feed.title);
    xml.text("link", &[], &feed.home);
    // Required, and not to be empty.
    xml.text("description", &[], &feed.title);
    xml.text("language", &[], feed.language());
    xml.maybe("lastBuildDate", &[], date(feed.updated()).as_deref());
    xml.text("generator", &[], concat!("Dateline ", env!("CARGO_PKG_VERSION")));
    let kind = ("type", "application/rss+xml");
    let mut link = |relation: &str, href: &str| xml.empty("atom:link", &[("rel", relation), kind, ("href", href)]);
    link("self", &feed.address);
    link("first", &feed.first);
    if let Some(previous) = &feed.previous {
        link("previous", previous);
    }
    if let Some(next) = &feed.next {
        link("next", next);
    }
    if let Some(hub) = &feed.hub {
        xml.empty("atom:link", &[("rel", "hub"), ("href", hub)]);
    }
    for tombstone in &feed.gone {
        xml.line();
        deleted(xml, tombstone);
    }
    for piece in &feed.pieces {
        xml.line();
        item(xml, piece, feed.site);
    }
    xml.line();
}

fn item(xml: &mut Xml, piece: &Piece, site: &Site) {
    let story = &piece.story;
    xml.element("item", &[], |xml| {
        // An item needs a title or a description; a made headline says nothing that the text does not.
        let needed = story.summary.is_none().then_some(story.headline.as_str());
        xml.maybe("title", &[], story.said_headline().or(needed));
        xml.text("link", &[], &site.story_url(&story.slug));
        xml.text("guid", &[("isPermaLink", "false")], &permanent(story.id));
        xml.maybe("pubDate", &[], date(story.first_published).as_deref());
        xml.text("atom:updated", &[], &piece.updated().to_string());
        xml.text("dc:creator", &[], piece.author(site));
        xml.text("dc:language", &[], &story.language);
        xml.text("dc:identifier", &[], &story.uri);
        xml.maybe("dc:source", &[], piece.source.as_ref().map(|s| s.name.as_str()));
        xml.maybe("dc:type", &[], story.genre.as_deref());
        for topic in &piece.topics {
            let domain = format!("{}/topics/{}", site.public_url, topic.slug);
            xml.text("category", &[("domain", &domain)], piece.name(topic, site));
        }
        for link in &piece.links {
            if let Some(href) = link.url.as_deref().and_then(uri) {
                xml.empty(
                    "atom:link",
                    &[("rel", "related"), ("href", &href), ("title", &link.title)],
                );
            }
        }
        // Readers take it for HTML.
        xml.maybe("description", &[], story.summary.as_deref().map(html).as_deref());
        xml.text("content:encoded", &[], &story.body_html);
        enclosure(xml, piece);
        pictures(xml, &story.renditions);
    });
}

/// The first rendition of which length and type are known, which are required: most readers take one.
fn enclosure(xml: &mut Xml, piece: &Piece) {
    let whole = piece.story.renditions.iter().find_map(|r| {
        let (size, kind) = (r.size?.to_string(), r.media_type.as_deref()?);
        Some((uri(&r.href)?, size, kind))
    });
    if let Some((url, size, kind)) = whole {
        xml.empty("enclosure", &[("url", &url), ("length", &size), ("type", kind)]);
    }
}

/// RFC 822 with four digits of a year. None where it has none for the time.
fn date(at: Timestamp) -> Option<String> {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok()
}
