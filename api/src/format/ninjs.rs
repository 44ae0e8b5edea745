//! ninjs, IPTC's news in JSON: 3.1, and 2.1, which says the same in other words.

use super::codes::{address, literal};
use super::piece::Piece;
use super::text::{medium, uri};
use crate::news::site::Site;
use crate::news::story::{LinkKind, PubStatus, Rendition, Tombstone};
use crate::news::topic::{Topic, TopicKind};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// In use, though not registered: no media type of ninjs is.
pub const MEDIA_TYPE: &str = "application/ninjs+json";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    V3,
    V2,
}

impl Edition {
    fn name(self) -> &'static str {
        match self {
            Edition::V3 => "3.1",
            Edition::V2 => "2.1",
        }
    }

    /// In the words of this edition; these are made in those of 3.1.
    fn worded(self, mut item: Map<String, Value>) -> Value {
        let schema = format!("http://www.iptc.org/std/ninjs/ninjs-schema_{}.json#", self.name());
        let standard = json!({ "name": "ninjs", "version": self.name(), "schema": schema });
        item.insert("standard".to_owned(), standard);
        match self {
            Edition::V3 => Value::Object(item),
            Edition::V2 => older(Value::Object(item)),
        }
    }
}

/// What only 3.x says of a rendition.
const NEWER: [&str; 7] = [
    "poi",
    "aspectRatio",
    "videoCodec",
    "frameRate",
    "transportProtocol",
    "scanType",
    "bitrate",
];

/// 2.1 writes all names in small letters, calls one of them otherwise, and knows neither the relation of what is
/// associated nor the point of a picture.
fn older(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let is_item = fields.contains_key("uri") && fields.contains_key("type");
            let is_file = fields.contains_key("href");
            let newer = |name: &str| {
                (is_item && matches!(name, "rel" | "digitalSourceType")) || (is_file && NEWER.contains(&name))
            };
            let fields = fields.into_iter().filter(|(name, _)| !newer(name));
            let renamed = fields.map(|(name, value)| {
                let name = match name.as_str() {
                    "embargoedUntil" => "embargoed".to_owned(),
                    _ => name.to_ascii_lowercase(),
                };
                (name, older(value))
            });
            Value::Object(renamed.collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(older).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

/// A story.
pub fn story(piece: &Piece, site: &Site, edition: Edition) -> Value {
    edition.worded(item(piece, site))
}

/// A story that is not to be shown any more, and may return.
pub fn withheld(uri: &str, version: i32, edition: Edition) -> Value {
    edition.worded(taken_down(uri, version, PubStatus::Withheld))
}

fn taken_down(uri: &str, version: i32, status: PubStatus) -> Map<String, Value> {
    said([
        ("uri", json!(uri)),
        ("type", json!("text")),
        ("representationType", json!("partial")),
        ("version", json!(version.to_string())),
        ("pubStatus", json!(status.as_str())),
    ])
}

/// What is left of a canceled story.
pub fn tombstone(tombstone: &Tombstone, edition: Edition) -> Value {
    let mut item = taken_down(&tombstone.uri, tombstone.version.0, PubStatus::Canceled);
    item.insert("versionCreated".to_owned(), json!(tombstone.at));
    item.insert("edNote".to_owned(), json!(tombstone.reason));
    if let Some((_, uri)) = &tombstone.replacement {
        let replacement = json!([{
            "uri": uri, "type": "text", "name": "replacement", "rel": "replacement", "representationType": "partial",
        }]);
        item.insert("associations".to_owned(), replacement);
    }
    edition.worded(item)
}

fn said<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    let said = |(name, value): (&str, Value)| match &value {
        Value::Null => None,
        Value::Array(items) if items.is_empty() => None,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Some((name.to_owned(), value))
        }
    };
    fields.into_iter().filter_map(said).collect()
}

fn item(piece: &Piece, site: &Site) -> Map<String, Value> {
    let story = &piece.story;
    let of = |kind: TopicKind| -> Value {
        let topics = piece.topics.iter().filter(|t| t.kind == kind);
        let concept = |t: &Arc<Topic>| {
            Value::Object(said([
                ("name", json!(piece.name(t, site))),
                ("rel", json!("about")),
                ("uri", json!(address(t))),
                ("literal", json!(literal(t))),
            ]))
        };
        topics.map(concept).collect()
    };
    // Without a text it is what its renditions are.
    let bare = story.body_text.is_empty() && !story.renditions.is_empty();
    let (kind, renditions, mut associations) = match bare {
        true => (
            kind_of(story.renditions.first()),
            story.renditions.iter().map(|r| rendition(r, &r.name)).collect(),
            Vec::new(),
        ),
        false => ("text", Vec::new(), associated(piece)),
    };
    associations.extend(piece.links.iter().filter_map(|link| {
        let target = match (&link.story, link.url.as_deref()) {
            (Some(story), _) => story.uri.clone(),
            (None, Some(url)) => uri(url)?.into_owned(),
            (None, None) => return None,
        };
        let relation = LinkKind::as_str(link.kind);
        Some(json!({
            "name": link.title, "rel": relation, "uri": target, "type": "text", "representationType": "partial",
        }))
    }));
    let text = |role: &str, text: &str| json!({ "role": role, "contentType": "text/plain", "value": text });
    let summary = story.summary.iter().map(|summary| text("summary", summary));
    let corrections = story.corrections.iter().rev().map(|c| text(c.kind.as_str(), &c.text));
    let bodies = (!story.body_html.is_empty()).then(|| {
        json!([
            {
                "role": "main", "contentType": "text/html", "value": story.body_html,
                "wordCount": story.word_count, "charCount": story.body_text.chars().count(),
            },
            {
                "role": "text", "contentType": "text/plain", "value": story.body_text,
                "wordCount": story.word_count, "charCount": story.body_text.chars().count(),
            },
        ])
    });
    let headlines = story.said_headline().map(|headline| json!([text("main", headline)]));
    let source = piece.source.as_ref().map(|s| {
        let uri = s.url.as_deref().and_then(uri);
        let mut source = json!({ "name": s.name, "literal": s.slug });
        if let (Some(uri), Some(source)) = (uri, source.as_object_mut()) {
            source.insert("uri".to_owned(), json!(uri));
        }
        json!([source])
    });
    let mut item = said([
        ("uri", json!(story.uri)),
        ("type", json!(kind)),
        ("representationType", json!("full")),
        ("version", json!(story.version.0.to_string())),
        ("firstCreated", json!(story.first_published)),
        ("versionCreated", json!(story.published)),
        ("embargoedUntil", json!(piece.embargoed_until)),
        ("pubStatus", json!(story.pub_status.as_str())),
        ("urgency", json!(story.urgency)),
        ("edNote", json!(story.ed_note)),
        ("language", json!(story.language)),
        ("headlines", json!(headlines)),
        ("descriptions", summary.chain(corrections).collect()),
        ("bodies", json!(bodies)),
        ("by", json!(story.byline)),
        ("slugline", json!(story.slugline)),
        ("located", json!(story.dateline)),
        ("subjects", of(TopicKind::Subject)),
        ("people", of(TopicKind::Person)),
        ("organisations", of(TopicKind::Organisation)),
        ("places", of(TopicKind::Place)),
        ("events", of(TopicKind::Event)),
        (
            "genres",
            json!(story.genre.as_ref().map(|name| json!([{ "name": name }]))),
        ),
        ("infoSources", json!(source)),
        ("altIds", altogether(piece)),
        ("expires", json!(story.expires)),
        ("renditions", Value::Array(renditions)),
        ("associations", Value::Array(associations)),
    ]);
    if let Some(extra) = story.extra.of("ninjs") {
        add(&mut item, extra);
    }
    item
}

/// What the story said in ninjs before and the house has no place for, in the words of 3.1. What the house says comes
/// first; of a thing that both name, the rest is taken from there.
fn add(item: &mut Map<String, Value>, extra: &Map<String, Value>) {
    for (name, more) in extra.iter().filter(|(name, more)| fits(name, more)) {
        match (item.get_mut(name), more) {
            (Some(Value::Array(ours)), Value::Array(more)) => {
                for entry in more {
                    match ours.iter_mut().find(|ours| same(ours, entry)) {
                        Some(Value::Object(ours)) => {
                            let said = entry.as_object().into_iter().flatten();
                            ours.extend(said.map(|(name, value)| (name.clone(), value.clone())));
                        }
                        Some(_) | None => ours.push(entry.clone()),
                    }
                }
            }
            // Of what the house does not distinguish: composites, components.
            (Some(kind), Value::String(_)) if name == "type" => *kind = more.clone(),
            (Some(_), _) => {}
            (None, more) => _ = item.insert(name.clone(), more.clone()),
        }
    }
}

/// Whether it is a member that a document may have, and of the shape that it has there.
fn fits(name: &str, value: &Value) -> bool {
    let entries = || {
        value
            .as_array()
            .is_some_and(|entries| entries.iter().all(Value::is_object))
    };
    let spoken = || {
        value
            .as_array()
            .into_iter()
            .flatten()
            .all(|e| e.get("value").is_some_and(Value::is_string))
    };
    match name {
        "profile" | "copyrightHolder" | "copyrightNotice" | "usageTerms" | "title" => value.is_string(),
        "type" => KINDS.iter().any(|kind| value == kind),
        "contentCreated" => value.as_str().is_some_and(|at| at.parse::<Timestamp>().is_ok()),
        "headlines" | "descriptions" | "bodies" => entries() && spoken(),
        "people" | "organisations" | "places" | "subjects" | "events" | "objects" | "infoSources" | "genres" => {
            entries()
        }
        "altIds" | "trustIndicators" | "renditions" | "associations" => entries(),
        "rightsInfo" => {
            let one = |name: &str| usize::from(value.get(name).is_some());
            holds(value, &["langId", "linkedRights", "encodedRights"])
                && one("linkedRights") + one("encodedRights") == 1
        }
        "digitalSourceType" => holds(value, &["name", "uri", "literal"]),
        _ => false,
    }
}

/// An object of texts, with none but these members.
fn holds(value: &Value, members: &[&str]) -> bool {
    let known = |(name, value): (&String, &Value)| members.contains(&name.as_str()) && value.is_string();
    value.as_object().is_some_and(|object| object.iter().all(known))
}

/// What a story can be.
const KINDS: [&str; 7] = ["text", "audio", "video", "picture", "graphic", "composite", "component"];

/// Whether two concepts are one.
fn same(one: &Value, other: &Value) -> bool {
    let said = |of: &Value, name: &str| of.get(name).filter(|v| v.is_string()).cloned();
    let equal = |name: &str| said(one, name).is_some_and(|value| said(other, name) == Some(value));
    one.get("value").is_none() && ["uri", "literal", "name"].into_iter().any(equal)
}

/// Its other names: id and slug, and the uri of the story whose place it takes.
fn altogether(piece: &Piece) -> Value {
    let story = &piece.story;
    let id = piece.is_public().then(|| story.id.to_string());
    let names = [
        ("id", id),
        ("slug", Some(story.slug.clone())),
        ("replaces", story.replaces.clone()),
    ];
    let said = names
        .into_iter()
        .filter_map(|(role, value)| Some((role, value.filter(|v| !v.is_empty())?)));
    said.map(|(role, value)| json!({ "role": role, "value": value }))
        .collect()
}

fn kind_of(rendition: Option<&Rendition>) -> &'static str {
    match rendition.and_then(medium) {
        Some("image") => "picture",
        Some("video") => "video",
        Some("audio") => "audio",
        Some(_) | None => "component",
    }
}

/// What a story shows beside its text: renditions of one thing stand together, and that they are of one is known by what
/// is said of them.
fn associated(piece: &Piece) -> Vec<Value> {
    let mut groups: Vec<(&Rendition, Vec<&Rendition>)> = Vec::new();
    let about = |r: &Rendition| {
        let (whose, _) = named(r);
        (
            whose.map(str::to_owned),
            r.credit.clone(),
            r.caption.clone(),
            r.alt.clone(),
            medium(r),
        )
    };
    for rendition in piece.story.renditions.iter().filter(|r| uri(&r.href).is_some()) {
        match groups.iter_mut().find(|(first, _)| about(first) == about(rendition)) {
            Some((_, group)) => group.push(rendition),
            None => groups.push((rendition, vec![rendition])),
        }
    }
    let association = |(first, group): (&Rendition, Vec<&Rendition>)| {
        let text = |role: &str, text: &str| json!({ "role": role, "contentType": "text/plain", "value": text });
        let caption = first.caption.iter().map(|caption| text("caption", caption));
        let alt = first.alt.iter().map(|alt| text("alt", alt));
        Value::Object(said([
            ("name", json!(named(first).0.unwrap_or(&first.name))),
            ("uri", json!(uri(&first.href))),
            ("type", json!(kind_of(Some(first)))),
            ("by", json!(first.credit)),
            ("descriptions", caption.chain(alt).collect()),
            (
                "renditions",
                group.into_iter().map(|r| rendition(r, named(r).1)).collect(),
            ),
        ]))
    };
    groups.into_iter().map(association).collect()
}

/// What came as a rendition of something that was named is called by both names: `portrait/small`.
fn named(r: &Rendition) -> (Option<&str>, &str) {
    match r.name.split_once('/') {
        Some((whose, name)) if !whose.is_empty() && !name.is_empty() => (Some(whose), name),
        Some(_) | None => (None, &r.name),
    }
}

fn rendition(r: &Rendition, name: &str) -> Value {
    let point = r
        .focal_point
        .zip(r.width.zip(r.height))
        .map(|(point, (width, height))| {
            // Pixels from the top left; a picture has fewer than a float can count.
            let along = |share: f64, length: i32| (share * f64::from(length)).round() as i64;
            json!({ "x": along(point.x, width), "y": along(point.y, height) })
        });
    let mut item = said([
        ("name", json!(name)),
        ("href", json!(uri(&r.href))),
        ("contentType", json!(r.media_type)),
        ("title", json!(r.caption.as_ref().or(r.alt.as_ref()))),
        ("width", json!(r.width)),
        ("height", json!(r.height)),
        ("sizeInBytes", json!(r.size)),
    ]);
    if let Some(point) = point {
        item.insert("poi".to_owned(), point);
    }
    Value::Object(item)
}
