//! Sitemaps (sitemaps.org 0.9): the news of the last days for search engines (Google's news extension), and the index.

use super::piece::Piece;
use super::xml::Xml;
use crate::news::site::Site;
use crate::news::story::Story;

pub const MEDIA_TYPE: &str = "application/xml; charset=utf-8";

/// Stories in one news sitemap, at most.
pub const MOST: u32 = 1_000;

const SITEMAP: (&str, &str) = ("xmlns", "http://www.sitemaps.org/schemas/sitemap/0.9");
const NEWS: (&str, &str) = ("xmlns:news", "http://www.google.com/schemas/sitemap-news/0.9");

pub fn news(pieces: &[Piece], site: &Site) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.element("urlset", &[SITEMAP, NEWS], |xml| {
        if pieces.is_empty() {
            // The schema asks for one address at least; the front is always there.
            xml.element("url", &[], |xml| xml.text("loc", &[], &format!("{}/", site.public_url)));
        }
        for piece in pieces {
            xml.line();
            xml.element("url", &[], |xml| url(xml, piece, site));
        }
        xml.line();
    });
    xml.finish()
}

fn url(xml: &mut Xml, piece: &Piece, site: &Site) {
    let story = &piece.story;
    xml.text("loc", &[], &site.story_url(&story.slug));
    xml.text("lastmod", &[], &piece.updated().to_string());
    xml.element("news:news", &[], |xml| {
        xml.element("news:publication", &[], |xml| {
            xml.text("news:name", &[], &site.name);
            xml.text("news:language", &[], &language(story));
        });
        xml.text("news:publication_date", &[], &story.first_published.to_string());
        xml.text("news:title", &[], &story.headline);
        let names: Vec<&str> = piece.topics.iter().map(|t| piece.name(t, site)).collect();
        if !names.is_empty() {
            xml.text("news:keywords", &[], &names.join(", "));
        }
    });
}

/// ISO 639, save Chinese, which is told by its script.
fn language(story: &Story) -> String {
    let tag = story.language.to_ascii_lowercase();
    let mut parts = tag.split('-');
    match parts.next() {
        Some("zh") if parts.any(|p| matches!(p, "hant" | "tw" | "hk" | "mo")) => "zh-tw".to_owned(),
        Some("zh") => "zh-cn".to_owned(),
        language => language.unwrap_or("en").to_owned(),
    }
}

/// The sitemaps that there are, by their addresses.
pub fn index(addresses: &[String]) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.element("sitemapindex", &[SITEMAP], |xml| {
        for address in addresses {
            xml.line();
            xml.element("sitemap", &[], |xml| xml.text("loc", &[], address));
        }
        xml.line();
    });
    xml.finish()
}
