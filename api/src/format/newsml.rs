//! NewsML-G2 2.35, IPTC's news in XML: a story is a newsItem, a list a newsMessage.

use super::codes::{address, literal, qcode};
use super::piece::Piece;
use super::text::{medium, uri};
use super::xml::{Xml, is_element};
use crate::news::html::xhtml;
use crate::news::site::Site;
use crate::news::story::{CorrectionKind, LinkKind, PubStatus, Rendition, Tombstone};
use crate::news::topic::{Topic, TopicKind};
use crate::news::{Version, filter::ResolvedLink};
use jiff::Timestamp;
use serde_json::Value;

pub const MEDIA_TYPE: &str = "application/vnd.iptc.g2.newsitem+xml";
pub const LIST_MEDIA_TYPE: &str = "application/vnd.iptc.g2.newsmessage+xml";

const NAMESPACE: (&str, &str) = ("xmlns", "http://iptc.org/std/nar/2006-10-01/");

/// What IPTC's codes in these documents mean.
const CATALOG: &str = "http://www.iptc.org/std/catalog/catalog.IPTC-G2-Standards_40.xml";

/// Renditions that IPTC has names for; others have ours.
const RENDITIONS: [&str; 5] = ["highRes", "lowRes", "preview", "thumbnail", "web"];

pub fn story(piece: &Piece, site: &Site) -> Vec<u8> {
    let mut xml = Xml::new();
    item(&mut xml, piece, site, &[NAMESPACE]);
    xml.line();
    xml.finish()
}

/// What is left of a canceled story.
pub fn tombstone(tombstone: &Tombstone, site: &Site) -> Vec<u8> {
    let mut xml = Xml::new();
    let version = tombstone.version.0.to_string();
    xml.element(
        "newsItem",
        &root(&[NAMESPACE], &tombstone.uri, &version, site.home_language()),
        |xml| {
            xml.empty("catalogRef", &[("href", CATALOG)]);
            xml.element("itemMeta", &[], |xml| {
                xml.empty("itemClass", &[("qcode", "ninat:text")]);
                provider(xml, site);
                xml.text("versionCreated", &[], &tombstone.at.to_string());
                status(xml, PubStatus::Canceled);
                xml.text("edNote", &[], &tombstone.reason);
                if let Some((_, uri)) = &tombstone.replacement {
                    xml.empty("link", &[("rel", "irel:seeAlso"), ("residref", uri)]);
                }
            });
        },
    );
    xml.line();
    xml.finish()
}

/// A list. `address` is where it was asked for.
pub fn list(pieces: &[Piece], site: &Site, address: &str) -> Vec<u8> {
    let mut xml = Xml::new();
    let newest = pieces.iter().map(Piece::updated).max().unwrap_or(Timestamp::UNIX_EPOCH);
    xml.element("newsMessage", &[NAMESPACE], |xml| {
        xml.element("header", &[], |xml| {
            // Of what it says, not of the moment: the same list is the same bytes.
            xml.text("sent", &[], &newest.to_string());
            xml.text("sender", &[], &site.name);
            xml.text("origin", &[], address);
        });
        xml.element("itemSet", &[], |xml| {
            for piece in pieces {
                xml.line();
                item(xml, piece, site, &[]);
            }
            if pieces.is_empty() {
                nothing(xml, site, address);
            }
            xml.line();
        });
    });
    xml.line();
    xml.finish()
}

/// A set must hold something: a package of nothing.
fn nothing(xml: &mut Xml, site: &Site, address: &str) {
    xml.element("packageItem", &root(&[], address, "1", site.home_language()), |xml| {
        xml.empty("catalogRef", &[("href", CATALOG)]);
        xml.element("itemMeta", &[], |xml| {
            xml.empty("itemClass", &[("qcode", "ninat:composite")]);
            provider(xml, site);
            xml.text("versionCreated", &[], &Timestamp::UNIX_EPOCH.to_string());
        });
        xml.element("groupSet", &[("root", "list")], |xml| {
            xml.empty("group", &[("id", "list"), ("role", "group:main")]);
        });
    });
}

fn root<'a>(
    before: &[(&'a str, &'a str)],
    guid: &'a str,
    version: &'a str,
    language: &'a str,
) -> Vec<(&'a str, &'a str)> {
    let mut attributes = before.to_vec();
    attributes.extend([
        ("guid", guid),
        ("version", version),
        ("standard", "NewsML-G2"),
        ("standardversion", "2.35"),
        ("conformance", "power"),
        ("xml:lang", language),
    ]);
    attributes
}

fn item(xml: &mut Xml, piece: &Piece, site: &Site, before: &[(&str, &str)]) {
    let story = &piece.story;
    let version = story.version.0.to_string();
    let named = format!("{}/renditions/", site.public_url);
    let notes = format!("{}/notes/", site.public_url);
    xml.element(
        "newsItem",
        &root(before, &story.uri, &version, &story.language),
        |xml| {
            let mut parts = Xml::fragment();
            parts.empty("catalogRef", &[("href", CATALOG)]);
            parts.element("catalog", &[], |xml| {
                xml.empty("scheme", &[("alias", "dlrnd"), ("uri", &named)]);
                xml.empty("scheme", &[("alias", "dlnote"), ("uri", &notes)]);
            });
            parts.element("itemMeta", &[], |xml| {
                let mut parts = Xml::fragment();
                item_meta(&mut parts, piece, site);
                arranged(xml, parts, ITEM_META, &extra(piece, &["itemMeta"]));
            });
            parts.element("contentMeta", &[], |xml| {
                let mut parts = Xml::fragment();
                content_meta(&mut parts, piece, site);
                arranged(xml, parts, CONTENT_META, &extra(piece, &["contentMeta", "subject"]));
            });
            parts.element("contentSet", &[], |xml| content(xml, piece));
            arranged(xml, parts, ITEM, &extra(piece, &["item"]));
        },
    );
}

/// What documents in NewsML-G2 said before and the house has no place for: elements as they stood there.
fn extra<'a>(piece: &'a Piece, sections: &[&str]) -> Vec<&'a str> {
    let Some(extra) = piece.story.extra.of("newsml-g2") else {
        return Vec::new();
    };
    let of = |section: &&str| extra.get(*section).and_then(Value::as_array);
    sections
        .iter()
        .filter_map(of)
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Elements in the order that the schema asks for: those in one group stand in any order.
type Order = &'static [&'static [&'static str]];

const ITEM: Order = &[
    &["catalogRef", "catalog"],
    &["hopHistory"],
    &["rightsInfo"],
    &["itemMeta"],
    &["contentMeta"],
    &["partMeta"],
    &["assert"],
    &["inlineRef"],
    &["derivedFrom", "derivedFromValue"],
    &["contentSet"],
];
const ITEM_META: Order = &[
    &["itemClass"],
    &["provider"],
    &["versionCreated"],
    &["firstCreated"],
    &["embargoed"],
    &["pubStatus"],
    &["role"],
    &["fileName"],
    &["generator"],
    &["profile"],
    &["service"],
    &["title"],
    &["edNote"],
    &["memberOf"],
    &["instanceOf"],
    &["signal"],
    &["altRep"],
    &["deliverableOf"],
    &["hash"],
    &["expires"],
    &["origRep"],
    &["incomingFeedId"],
    &["metadataCreator"],
    &["link"],
    &["itemMetaExtProperty"],
];
const CONTENT_META: Order = &[
    &["icon"],
    &["urgency"],
    &["contentCreated"],
    &["contentModified"],
    &["digitalSourceType"],
    &[
        "located",
        "infoSource",
        "creator",
        "contributor",
        "audience",
        "exclAudience",
        "altId",
        "rating",
        "userInteraction",
    ],
    &[
        "language",
        "genre",
        "keyword",
        "subject",
        "slugline",
        "headline",
        "dateline",
        "by",
        "creditline",
        "description",
    ],
    &["contentMetaExtProperty"],
];

/// There is one of these, and what was said before takes the place of what the house says in fewer words.
const ONE: [&str; 7] = [
    "itemClass",
    "provider",
    "role",
    "fileName",
    "profile",
    "metadataCreator",
    "digitalSourceType",
];
/// There may be several, and the house knows one at most.
const SAID_BETTER: [&str; 2] = ["located", "genre"];
/// What the house alone says.
const OURS: [&str; 10] = [
    "versionCreated",
    "firstCreated",
    "embargoed",
    "pubStatus",
    "urgency",
    "contentCreated",
    "contentModified",
    "itemMeta",
    "contentMeta",
    "contentSet",
];

/// Writes ours and theirs in one order. What has no place there is left out: the document must be valid.
fn arranged(xml: &mut Xml, ours: Xml, order: Order, theirs: &[&str]) {
    let mut parts = ours.parts();
    let mut replaced: Vec<String> = Vec::new();
    for element in theirs.iter().filter(|element| is_element(element)) {
        let name: String = element
            .chars()
            .skip(1)
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        if OURS.contains(&name.as_str()) || parts.iter().any(|(_, there)| there == element) {
            continue;
        }
        let better = SAID_BETTER.contains(&name.as_str()) && !replaced.contains(&name);
        if better || ONE.contains(&name.as_str()) {
            parts.retain(|(there, _)| *there != name);
            replaced.push(name.clone());
        }
        if name == "subject" {
            parts.retain(|(there, ours)| there != "subject" || !same_concept(ours, element));
        }
        parts.push((name, (*element).to_owned()));
    }
    for group in order {
        for (_, element) in parts.iter().filter(|(name, _)| group.contains(&name.as_str())) {
            xml.markup(element);
        }
    }
}

/// Whether two subjects are named by the same code or address, or, where ours has neither, by the same name.
fn same_concept(one: &str, other: &str) -> bool {
    let said = |of: &str, attribute: &str| {
        let head = of.split('>').next().unwrap_or_default();
        let (_, rest) = head.split_once(&format!(" {attribute}=\""))?;
        Some(rest.split('"').next().unwrap_or_default().to_owned())
    };
    let name = |of: &str| {
        let (_, rest) = of.split_once("<name")?;
        let (_, text) = rest.split_once('>')?;
        Some(text.split('<').next().unwrap_or_default().to_owned())
    };
    let coded = ["qcode", "uri"].into_iter().any(|a| said(one, a).is_some());
    ["qcode", "uri", "literal"]
        .into_iter()
        .any(|a| said(one, a).is_some_and(|value| said(other, a) == Some(value)))
        || !coded && name(one).is_some_and(|called| name(other).or_else(|| said(other, "literal")) == Some(called))
}

/// Without a text it is what its renditions are.
fn class(piece: &Piece) -> &'static str {
    let story = &piece.story;
    match story.renditions.first() {
        Some(first) if story.body_text.is_empty() => match medium(first) {
            Some("image") => "ninat:picture",
            Some("video") => "ninat:video",
            Some("audio") => "ninat:audio",
            Some(_) | None => "ninat:component",
        },
        Some(_) | None => "ninat:text",
    }
}

fn provider(xml: &mut Xml, site: &Site) {
    xml.element("provider", &[("uri", &site.public_url)], |xml| {
        xml.text("name", &[], &site.name)
    });
}

fn status(xml: &mut Xml, status: PubStatus) {
    let code = match status {
        PubStatus::Usable => "stat:usable",
        PubStatus::Withheld => "stat:withheld",
        PubStatus::Canceled => "stat:canceled",
    };
    xml.empty("pubStatus", &[("qcode", code)]);
}

fn item_meta(xml: &mut Xml, piece: &Piece, site: &Site) {
    let story = &piece.story;
    xml.empty("itemClass", &[("qcode", class(piece))]);
    provider(xml, site);
    xml.text("versionCreated", &[], &story.published.to_string());
    xml.text("firstCreated", &[], &story.first_published.to_string());
    xml.maybe(
        "embargoed",
        &[],
        piece.embargoed_until.map(|at| at.to_string()).as_deref(),
    );
    status(xml, story.pub_status);
    xml.text("generator", &[("versioninfo", env!("CARGO_PKG_VERSION"))], "Dateline");
    xml.maybe("edNote", &[], story.ed_note.as_deref());
    for correction in story.corrections.iter().rev() {
        let role = match correction.kind {
            CorrectionKind::Correction => "dlnote:correction",
            CorrectionKind::Clarification => "dlnote:clarification",
        };
        xml.text("edNote", &[("role", role)], &correction.text);
    }
    if story.corrections.iter().any(|c| c.version == story.version) {
        xml.empty("signal", &[("qcode", "sig:correction")]);
    } else if story.version > Version::FIRST {
        xml.empty("signal", &[("qcode", "sig:update")]);
    }
    if piece.is_public() {
        // Not a link: whoever takes the story in would take its own page for something that an editor linked.
        xml.text("altRep", &[("contenttype", "text/html")], &site.story_url(&story.slug));
    }
    xml.maybe("expires", &[], story.expires.map(|at| at.to_string()).as_deref());
    for link in &piece.links {
        related(xml, link, site);
    }
    if let Some(replaced) = &story.replaces {
        let relation = format!("{}/relations/replaces", site.public_url);
        xml.empty("link", &[("reluri", &relation), ("residref", replaced)]);
    }
}

fn related(xml: &mut Xml, link: &ResolvedLink, site: &Site) {
    // IPTC has no codes for most of what editors link.
    let ours = format!("{}/relations/{}", site.public_url, LinkKind::as_str(link.kind));
    let relation = match link.kind {
        LinkKind::TranslationOf => ("rel", "irel:translatedFrom"),
        LinkKind::Background | LinkKind::External => ("rel", "irel:seeAlso"),
        LinkKind::FollowUp | LinkKind::CorrectionOf => ("reluri", ours.as_str()),
    };
    let href = link.url.as_deref().and_then(uri);
    let target = match (&link.story, &href) {
        (Some(story), _) => ("residref", story.uri.as_str()),
        (None, Some(href)) => ("href", &**href),
        (None, None) => return,
    };
    xml.element("link", &[relation, target], |xml| xml.text("title", &[], &link.title));
}

fn content_meta(xml: &mut Xml, piece: &Piece, site: &Site) {
    let story = &piece.story;
    if class(piece) == "ninat:text" {
        for r in &story.renditions {
            picture(xml, "icon", r);
        }
    }
    xml.maybe("urgency", &[], story.urgency.map(|u| u.to_string()).as_deref());
    if let Some(place) = &story.dateline {
        xml.element("located", &[("literal", place)], |xml| xml.text("name", &[], place));
    }
    if let Some(source) = &piece.source {
        let known = source.url.as_deref().and_then(uri);
        let called = known
            .as_deref()
            .map_or(("literal", source.slug.as_str()), |uri| ("uri", uri));
        xml.element("infoSource", &[called], |xml| xml.text("name", &[], &source.name));
    }
    if piece.is_public() {
        xml.text("altId", &[], &super::piece::permanent(story.id));
    }
    xml.empty("language", &[("tag", &story.language)]);
    if let Some(genre) = &story.genre {
        xml.element("genre", &[("literal", genre)], |xml| xml.text("name", &[], genre));
    }
    for topic in &piece.topics {
        subject(xml, topic, piece, site);
    }
    xml.maybe("slugline", &[], story.slugline.as_deref());
    xml.maybe("headline", &[], story.said_headline());
    xml.maybe("dateline", &[], story.dateline.as_deref());
    xml.maybe("by", &[], story.byline.as_deref());
    let mut credits: Vec<&str> = story.renditions.iter().filter_map(|r| r.credit.as_deref()).collect();
    credits.dedup();
    for credit in credits {
        xml.text("creditline", &[], credit);
    }
    xml.maybe("description", &[("role", "drol:summary")], story.summary.as_deref());
}

fn subject(xml: &mut Xml, topic: &Topic, piece: &Piece, site: &Site) {
    let kind = match topic.kind {
        TopicKind::Subject => "cpnat:abstract",
        TopicKind::Place => "cpnat:geoArea",
        TopicKind::Person => "cpnat:person",
        TopicKind::Organisation => "cpnat:organisation",
        TopicKind::Event => "cpnat:event",
    };
    let name = |xml: &mut Xml| xml.text("name", &[("xml:lang", &piece.story.language)], piece.name(topic, site));
    let address = address(topic);
    let mut attributes = vec![("type", kind)];
    match (qcode(topic), &address, literal(topic)) {
        (Some(code), _, _) => attributes.push(("qcode", code)),
        (None, address, literal) => {
            attributes.extend(address.as_deref().map(|address| ("uri", address)));
            attributes.extend(literal.map(|literal| ("literal", literal)));
        }
    }
    xml.element("subject", &attributes, name);
}

fn content(xml: &mut Xml, piece: &Piece) {
    let story = &piece.story;
    if class(piece) != "ninat:text" {
        for r in &story.renditions {
            picture(xml, "remoteContent", r);
        }
    }
    if story.body_html.is_empty() {
        return;
    }
    let words = story.word_count.to_string();
    let kind = [("contenttype", "application/xhtml+xml"), ("wordcount", words.as_str())];
    xml.element("inlineXML", &kind, |xml| {
        let language = ("xml:lang", story.language.as_str());
        xml.element("html", &[("xmlns", "http://www.w3.org/1999/xhtml"), language], |xml| {
            xml.element("head", &[], |xml| xml.text("title", &[], &story.headline));
            xml.element("body", &[], |xml| xml.markup(&xhtml(&story.body_html)));
        });
    });
}

fn picture(xml: &mut Xml, element: &str, r: &Rendition) {
    let Some(href) = uri(&r.href) else { return };
    let number = |n: Option<i64>| n.filter(|n| *n >= 0).map(|n| n.to_string());
    let (width, height) = (number(r.width.map(Into::into)), number(r.height.map(Into::into)));
    let size = number(r.size);
    let plain = !r.name.is_empty()
        && r.name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let name = match RENDITIONS.contains(&r.name.as_str()) {
        true => Some(format!("rnd:{}", r.name)),
        false => plain.then(|| format!("dlrnd:{}", r.name)),
    };
    let all = [
        ("rendition", name.as_deref()),
        ("href", Some(&*href)),
        ("contenttype", r.media_type.as_deref()),
        ("size", size.as_deref()),
        ("width", width.as_deref()),
        ("height", height.as_deref()),
        ("title", r.caption.as_deref().or(r.alt.as_deref())),
    ];
    let attributes: Vec<(&str, &str)> = all
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    xml.empty(element, &attributes);
}
