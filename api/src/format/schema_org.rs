//! schema.org `NewsArticle` as JSON-LD: what search engines, chats and partners' pages read.

use super::codes::address;
use super::piece::{Piece, permanent};
use super::text::{medium, uri};
use crate::news::site::Site;
use crate::news::story::{LinkKind, PubStatus, Rendition, Tombstone};
use crate::news::topic::{Topic, TopicKind};
use crate::news::zone;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

pub const MEDIA_TYPE: &str = "application/ld+json";

const CONTEXT: &str = "https://schema.org";

/// One story whole, as a document of its own.
pub fn story(piece: &Piece, site: &Site) -> Value {
    let mut article = article(piece, site);
    let text = &piece.story.body_text;
    if !text.is_empty() {
        article.insert("articleBody".to_owned(), json!(text));
    }
    in_context(article)
}

/// The same without its text, for the head of its page.
pub fn card(piece: &Piece, site: &Site) -> Value {
    in_context(article(piece, site))
}

/// A list of stories. `total`: of all that there are, where it was counted.
pub fn list(pieces: &[Piece], site: &Site, total: Option<i64>) -> Value {
    let items: Vec<Value> = pieces
        .iter()
        .zip(1..)
        .map(|(piece, position)| {
            let mut item = article(piece, site);
            item.insert("articleBody".to_owned(), json!(piece.story.body_text));
            json!({ "@type": "ListItem", "position": position, "item": item })
        })
        .collect();
    let mut list = fields([("@type", json!("ItemList")), ("itemListElement", json!(items))]);
    if let Some(total) = total {
        list.insert("numberOfItems".to_owned(), json!(total));
    }
    in_context(list)
}

/// What is left of a canceled story.
pub fn tombstone(tombstone: &Tombstone) -> Value {
    in_context(fields([
        ("@type", json!("NewsArticle")),
        ("@id", json!(tombstone.uri)),
        ("identifier", json!(permanent(tombstone.id))),
        ("version", json!(tombstone.version.0)),
        ("creativeWorkStatus", json!(PubStatus::Canceled.as_str())),
        ("dateModified", json!(tombstone.at)),
        (
            "correction",
            json!([{
                "@type": "CorrectionComment", "text": tombstone.reason, "datePublished": tombstone.at,
            }]),
        ),
    ]))
}

fn in_context(mut thing: Map<String, Value>) -> Value {
    thing.insert("@context".to_owned(), json!(CONTEXT));
    Value::Object(thing)
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    let said = |(name, value): (&str, Value)| (!value.is_null()).then(|| (name.to_owned(), value));
    fields.into_iter().filter_map(said).collect()
}

fn article(piece: &Piece, site: &Site) -> Map<String, Value> {
    let story = &piece.story;
    let local = |at: Timestamp| zone::in_zone(at, &site.time_zone);
    let url = piece.is_public().then(|| site.story_url(&story.slug));
    let id = piece.is_public().then(|| permanent(story.id));
    let names: Vec<&str> = piece.topics.iter().map(|t| piece.name(t, site)).collect();
    let linked = |wanted: fn(LinkKind) -> bool| -> Vec<Value> {
        let links = piece.links.iter().filter(|l| wanted(l.kind));
        let work = |l: &crate::news::filter::ResolvedLink| {
            let id = l.story.as_ref().map(|s| s.uri.as_str());
            Value::Object(fields([
                ("@type", json!("CreativeWork")),
                ("@id", json!(id)),
                ("name", json!(l.title)),
                ("url", json!(l.url.as_deref().and_then(uri))),
            ]))
        };
        links.map(work).collect()
    };
    let corrections: Vec<Value> = story
        .corrections
        .iter()
        .rev()
        .map(|c| {
            json!({
                "@type": "CorrectionComment", "text": c.text, "datePublished": local(c.at),
            })
        })
        .collect();
    let of = |wanted: &str| -> Vec<Value> {
        let those = story.renditions.iter().filter(|r| medium(r) == Some(wanted));
        those.map(|r| media(r, wanted)).collect()
    };
    let media: Vec<Value> = of("video").into_iter().chain(of("audio")).collect();
    fields([
        ("@type", json!("NewsArticle")),
        ("@id", json!(story.uri)),
        ("identifier", json!(id)),
        ("url", json!(url)),
        ("mainEntityOfPage", json!(url)),
        ("headline", json!(story.said_headline())),
        ("description", json!(piece.description())),
        ("inLanguage", json!(story.language)),
        ("datePublished", json!(local(story.first_published))),
        ("dateModified", json!(local(piece.updated()))),
        ("expires", json!(story.expires.map(local))),
        ("dateline", json!(story.dateline)),
        ("genre", json!(story.genre)),
        ("version", json!(story.version.0)),
        ("creativeWorkStatus", json!(story.pub_status.as_str())),
        (
            "author",
            json!(
                story
                    .byline
                    .as_ref()
                    .map(|name| json!({ "@type": "Person", "name": name }))
            ),
        ),
        (
            "publisher",
            json!({ "@type": "NewsMediaOrganization", "name": site.name, "url": site.public_url }),
        ),
        (
            "sourceOrganization",
            json!(piece.source.as_ref().map(|s| {
                Value::Object(fields([
                    ("@type", json!("Organization")),
                    ("name", json!(s.name)),
                    ("url", json!(s.url)),
                ]))
            })),
        ),
        ("articleSection", json!(names.first())),
        ("keywords", several(names.iter().map(|n| json!(n)).collect())),
        (
            "about",
            several(piece.topics.iter().map(|t| about(t, piece, site)).collect()),
        ),
        ("wordCount", json!(story.word_count)),
        ("image", several(of("image"))),
        ("associatedMedia", several(media)),
        ("correction", several(corrections)),
        (
            "translationOfWork",
            several(linked(|kind| kind == LinkKind::TranslationOf)),
        ),
        ("isBasedOn", several(linked(|kind| kind == LinkKind::CorrectionOf))),
        (
            "citation",
            several(linked(|kind| match kind {
                LinkKind::Background | LinkKind::FollowUp | LinkKind::External => true,
                LinkKind::CorrectionOf | LinkKind::TranslationOf => false,
            })),
        ),
        ("isAccessibleForFree", json!(true)),
    ])
}

fn several(values: Vec<Value>) -> Value {
    if values.is_empty() {
        Value::Null
    } else {
        Value::Array(values)
    }
}

fn about(topic: &Topic, piece: &Piece, site: &Site) -> Value {
    let kind = match topic.kind {
        TopicKind::Subject => "Thing",
        TopicKind::Place => "Place",
        TopicKind::Person => "Person",
        TopicKind::Organisation => "Organization",
        TopicKind::Event => "Event",
    };
    Value::Object(fields([
        ("@type", json!(kind)),
        (
            "@id",
            json!(address(topic).unwrap_or_else(|| format!("{}/topics/{}", site.public_url, topic.slug))),
        ),
        ("name", json!(piece.name(topic, site))),
        ("identifier", json!(topic.code)),
    ]))
}

fn media(rendition: &Rendition, medium: &str) -> Value {
    let kind = match medium {
        "video" => "VideoObject",
        "audio" => "AudioObject",
        _ => "ImageObject",
    };
    Value::Object(fields([
        ("@type", json!(kind)),
        ("url", json!(uri(&rendition.href))),
        ("encodingFormat", json!(rendition.media_type)),
        ("width", json!(rendition.width)),
        ("height", json!(rendition.height)),
        ("caption", json!(rendition.caption.as_ref().or(rendition.alt.as_ref()))),
        ("creditText", json!(rendition.credit)),
    ]))
}
