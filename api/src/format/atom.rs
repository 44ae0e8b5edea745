//! Atom 1.0 (RFC 4287), in pages (RFC 5005 §3), with what was canceled as deleted entries (RFC 6721).

use super::codes::known;
use super::piece::{Feed, Piece, permanent};
use super::text::{medium, uri};
use super::xml::Xml;
use crate::news::site::Site;
use crate::news::story::{Rendition, Tombstone};

pub const MEDIA_TYPE: &str = "application/atom+xml; charset=utf-8";

const NAMESPACES: [(&str, &str); 4] = [
    ("xmlns", "http://www.w3.org/2005/Atom"),
    ("xmlns:at", "http://purl.org/atompub/tombstones/1.0"),
    ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
    ("xmlns:media", "http://search.yahoo.com/mrss/"),
];

pub fn render(feed: &Feed<'_>) -> Vec<u8> {
    let mut xml = Xml::new();
    let [atom, at, dc, media] = NAMESPACES;
    xml.element("feed", &[atom, at, dc, media, ("xml:lang", feed.language())], |xml| {
        xml.line();
        xml.text("id", &[], &feed.id);
        xml.text("title", &[], &feed.title);
        xml.text("updated", &[], &feed.updated().to_string());
        let author = |xml: &mut Xml| {
            xml.text("name", &[], &feed.site.name);
            xml.text("uri", &[], &feed.site.public_url);
        };
        xml.element("author", &[], author);
        xml.text("generator", &[("version", env!("CARGO_PKG_VERSION"))], "Dateline");
        xml.empty(
            "link",
            &[("rel", "alternate"), ("type", "text/html"), ("href", &feed.home)],
        );
        links(xml, feed);
        for tombstone in &feed.gone {
            xml.line();
            deleted(xml, tombstone);
        }
        for piece in &feed.pieces {
            xml.line();
            entry(xml, piece, feed.site);
        }
        xml.line();
    });
    xml.finish()
}

/// The page itself and those around it (RFC 5005).
fn links(xml: &mut Xml, feed: &Feed<'_>) {
    let kind = ("type", "application/atom+xml");
    let mut link = |relation: &str, href: &str| xml.empty("link", &[("rel", relation), kind, ("href", href)]);
    link("self", &feed.address);
    link("first", &feed.first);
    if let Some(previous) = &feed.previous {
        link("previous", previous);
    }
    if let Some(next) = &feed.next {
        link("next", next);
    }
    if let Some(hub) = &feed.hub {
        xml.empty("link", &[("rel", "hub"), ("href", hub)]);
    }
}

/// Whoever keeps the entry takes it down.
pub fn deleted(xml: &mut Xml, tombstone: &Tombstone) {
    let (id, when) = (permanent(tombstone.id), tombstone.at.to_string());
    xml.element("at:deleted-entry", &[("ref", &id), ("when", &when)], |xml| {
        xml.text("at:comment", &[], &tombstone.reason);
        // Whoever keeps it by its name, not by our id.
        xml.text("dc:identifier", &[], &tombstone.uri);
    });
}

fn entry(xml: &mut Xml, piece: &Piece, site: &Site) {
    let story = &piece.story;
    xml.element("entry", &[("xml:lang", &story.language)], |xml| {
        xml.text("id", &[], &permanent(story.id));
        xml.text("title", &[], &story.headline);
        xml.text("published", &[], &story.first_published.to_string());
        xml.text("updated", &[], &piece.updated().to_string());
        xml.element("author", &[], |xml| xml.text("name", &[], piece.author(site)));
        let page = site.story_url(&story.slug);
        let language = ("hreflang", story.language.as_str());
        xml.empty(
            "link",
            &[("rel", "alternate"), ("type", "text/html"), language, ("href", &page)],
        );
        for link in &piece.links {
            if let Some(href) = link.url.as_deref().and_then(uri) {
                xml.empty("link", &[("rel", "related"), ("href", &href), ("title", &link.title)]);
            }
        }
        for rendition in &story.renditions {
            enclosure(xml, rendition);
        }
        for topic in &piece.topics {
            let ours = format!("{}/topics/", site.public_url);
            let (scheme, term) = known(topic).unwrap_or((&ours, &topic.slug));
            let name = piece.name(topic, site);
            xml.empty("category", &[("term", term), ("scheme", scheme), ("label", name)]);
        }
        xml.text("dc:identifier", &[], &story.uri);
        xml.maybe("dc:source", &[], piece.source.as_ref().map(|s| s.name.as_str()));
        xml.maybe("dc:type", &[], story.genre.as_deref());
        xml.maybe("summary", &[], story.summary.as_deref());
        xml.text("content", &[("type", "html")], &story.body_html);
        pictures(xml, &story.renditions);
    });
}

fn enclosure(xml: &mut Xml, rendition: &Rendition) {
    let Some(href) = uri(&rendition.href) else { return };
    let size = rendition.size.map(|size| size.to_string());
    let mut attributes = vec![("rel", "enclosure"), ("href", &*href)];
    attributes.extend(rendition.media_type.as_deref().map(|kind| ("type", kind)));
    attributes.extend(size.as_deref().map(|size| ("length", size)));
    attributes.extend(rendition.caption.as_deref().map(|caption| ("title", caption)));
    xml.empty("link", &attributes);
}

/// Media RSS 1.5, which readers of Atom know too.
pub fn pictures(xml: &mut Xml, renditions: &[Rendition]) {
    for rendition in renditions {
        let Some(url) = uri(&rendition.href) else { continue };
        let number = |n: Option<i64>| n.map(|n| n.to_string());
        let (width, height) = (
            number(rendition.width.map(Into::into)),
            number(rendition.height.map(Into::into)),
        );
        let size = number(rendition.size);
        let all = [
            ("url", Some(&*url)),
            ("type", rendition.media_type.as_deref()),
            ("medium", medium(rendition)),
            ("width", width.as_deref()),
            ("height", height.as_deref()),
            ("fileSize", size.as_deref()),
        ];
        let attributes: Vec<(&str, &str)> = all
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        let about = rendition.caption.as_deref().or(rendition.alt.as_deref());
        xml.element("media:content", &attributes, |xml| {
            xml.maybe("media:description", &[("type", "plain")], about);
            xml.maybe("media:credit", &[], rendition.credit.as_deref());
        });
    }
}
