//! ninjs of any version in the members and shapes of 3.1, so that there is one reader, and what is kept of a document can
//! come out again as any version.
//!
//! 1.x has single members with endings (`body_xhtml`), objects by name (`renditions`) and concepts as `scheme` and `code`;
//! 2.x has lists, in small letters; 3.x the same in camelCase. Unknown members and members of another shape are lost, and
//! that is said.

use crate::format::reading::Loss;
use serde_json::{Map, Value, json};

/// Shapes of members.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Number,
    Object,
    /// An object with these members, and none besides.
    Parts(&'static [&'static str]),
    /// Objects with these members, and none besides.
    List(&'static [&'static str]),
    /// Texts in 1.x by their ending, in later versions with `role` and `value`.
    Texts,
    Renditions,
    Associations,
    AltIds,
}

const CONCEPT: &[&str] = &["name", "rel", "uri", "literal", "contactInfo"];

/// The members of a story, as 3.1 has them. `eventDetails` and `plannedCoverage` are of what is no story.
const MEMBERS: [(&str, Shape); 38] = [
    ("uri", Shape::Text),
    ("type", Shape::Text),
    ("representationType", Shape::Text),
    ("profile", Shape::Text),
    ("version", Shape::Text),
    ("firstCreated", Shape::Text),
    ("versionCreated", Shape::Text),
    ("contentCreated", Shape::Text),
    ("embargoedUntil", Shape::Text),
    ("pubStatus", Shape::Text),
    ("urgency", Shape::Number),
    ("copyrightHolder", Shape::Text),
    ("copyrightNotice", Shape::Text),
    ("usageTerms", Shape::Text),
    ("edNote", Shape::Text),
    ("language", Shape::Text),
    ("descriptions", Shape::Texts),
    ("bodies", Shape::Texts),
    ("headlines", Shape::Texts),
    ("people", Shape::List(CONCEPT)),
    (
        "organisations",
        Shape::List(&["name", "rel", "uri", "literal", "symbols", "contactInfo"]),
    ),
    (
        "places",
        Shape::List(&["name", "rel", "uri", "literal", "contactInfo", "geoJSON"]),
    ),
    (
        "subjects",
        Shape::List(&["name", "rel", "uri", "literal", "creator", "relevance", "confidence"]),
    ),
    ("events", Shape::List(&["id", "name", "rel", "uri", "literal"])),
    ("objects", Shape::List(&["name", "rel", "uri", "literal"])),
    (
        "infoSources",
        Shape::List(&["name", "role", "uri", "literal", "contactInfo"]),
    ),
    ("title", Shape::Text),
    ("by", Shape::Text),
    ("slugline", Shape::Text),
    ("located", Shape::Text),
    ("renditions", Shape::Renditions),
    ("associations", Shape::Associations),
    ("altIds", Shape::AltIds),
    ("trustIndicators", Shape::List(&["role", "title", "href"])),
    ("standard", Shape::Object),
    ("genres", Shape::List(&["name", "uri", "literal"])),
    ("expires", Shape::Text),
    ("rightsInfo", Shape::Parts(&["langId", "linkedRights", "encodedRights"])),
];

/// What earlier versions, and some publishers, call members; small letters tell all others.
const FORMER: [(&str, &str); 18] = [
    ("guid", "uri"),
    ("byline", "by"),
    ("embargoed", "embargoedUntil"),
    ("person", "people"),
    ("organisation", "organisations"),
    ("place", "places"),
    ("subject", "subjects"),
    ("event", "events"),
    ("object", "objects"),
    ("infosource", "infoSources"),
    ("genre", "genres"),
    ("trustindicator", "trustIndicators"),
    ("$standard", "standard"),
    ("headline", "headlines"),
    ("description", "descriptions"),
    ("body", "bodies"),
    ("digitalsourcetype", "digitalSourceType"),
    ("source", "infoSources"),
];

/// Members of a rendition.
const RENDITION: [(&str, &str); 20] = [
    ("name", "name"),
    ("href", "href"),
    ("contenttype", "contentType"),
    ("mimetype", "contentType"),
    ("title", "title"),
    ("width", "width"),
    ("height", "height"),
    ("sizeinbytes", "sizeInBytes"),
    ("duration", "duration"),
    ("format", "format"),
    ("aspectratio", "aspectRatio"),
    ("videocodec", "videoCodec"),
    ("videocoding", "videoCodec"),
    ("framerate", "frameRate"),
    ("videoframerate", "frameRate"),
    ("poi", "poi"),
    ("transportprotocol", "transportProtocol"),
    ("scantype", "scanType"),
    ("videoscaling", "scanType"),
    ("bitrate", "bitrate"),
];

/// A document in the members of 3.1, and what could not come along.
pub struct Modern {
    pub members: Map<String, Value>,
    pub lost: Vec<Loss>,
}

/// The same of a whole document, with its associations.
pub fn modern(document: Map<String, Value>) -> Modern {
    let mut modern = Modern {
        members: Map::new(),
        lost: Vec::new(),
    };
    let digital = document
        .get("digitalsourcetype")
        .or_else(|| document.get("digitalSourceType"));
    let digital = digital
        .and_then(Value::as_object)
        .map(|d| concept(d, &["name", "uri", "literal"]));
    for (name, value) in document {
        // Counted anew, and a name for the document's own form.
        if matches!(
            name.as_str(),
            "charcount" | "wordcount" | "charCount" | "wordCount" | "mimetype" | "mimeType" | "contentType"
        ) {
            continue;
        }
        modern.take(&name, value);
    }
    modern.judge();
    if let Some((digital, left)) = digital {
        modern
            .lost
            .retain(|l| !l.what.eq_ignore_ascii_case("digitalSourceType"));
        modern.left("digitalSourceType", left);
        modern
            .members
            .insert("digitalSourceType".to_owned(), Value::Object(digital));
    }
    modern
}

const KINDS: [&str; 6] = ["text", "audio", "video", "picture", "graphic", "composite"];
const SHAPES: [&str; 9] = [
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
    "Feature",
    "FeatureCollection",
];

/// Whether an object can be GeoJSON (RFC 7946 §3).
fn is_geo_json(value: &Value) -> bool {
    let kind = value.get("type").and_then(Value::as_str);
    let is_point = kind == Some("Point");
    let numbers = |v: &Value| {
        v.as_array()
            .is_some_and(|c| c.len() >= 2 && c.iter().all(Value::is_number))
    };
    kind.is_some_and(|k| SHAPES.contains(&k)) && (!is_point || value.get("coordinates").is_some_and(numbers))
}

impl Modern {
    /// Values that ninjs does not allow, in members that it has.
    fn judge(&mut self) {
        let kind = self.members.get("type").and_then(Value::as_str).unwrap_or("text");
        if !KINDS.contains(&kind) {
            self.members.remove("type");
            self.lose("type", "is none that stories have here");
        }
        if let Some(Value::Object(rights)) = self.members.get_mut("rightsInfo")
            && rights.contains_key("encodedRights")
            && rights.remove("linkedRights").is_some()
        {
            self.lose("rightsInfo.linkedRights", "must not stand beside encodedRights");
        }
        let mut wrong = Vec::new();
        if let Some(Value::Array(places)) = self.members.get_mut("places") {
            for (i, place) in places.iter_mut().filter_map(Value::as_object_mut).enumerate() {
                if place.get("geoJSON").is_some_and(|geo| !is_geo_json(geo)) {
                    place.remove("geoJSON");
                    wrong.push(format!("places[{i}].geoJSON"));
                }
            }
        }
        for place in wrong {
            self.lose(place, "is no GeoJSON");
        }
    }

    fn lose(&mut self, what: impl Into<String>, why: &str) {
        self.lost.push(Loss::new(what, why));
    }

    fn left(&mut self, member: &str, left: Vec<String>) {
        for name in left {
            self.lose(format!("{member}.{name}"), "is no member of ninjs there");
        }
    }

    fn take(&mut self, name: &str, value: Value) {
        let (stem, role) = match name.split_once('_') {
            Some((stem @ ("headline" | "description" | "body"), role)) => (stem, role),
            _ => (name, "main"),
        };
        let small = stem.to_lowercase();
        let former = FORMER.iter().find(|(former, _)| *former == small).map(|(_, now)| *now);
        let known = MEMBERS
            .iter()
            .find(|(member, _)| former.is_some_and(|f| f == *member) || member.to_lowercase() == small);
        let Some((member, shape)) = known else {
            return self.lose(name, "is no member of a ninjs story");
        };
        if role.is_empty() || !role.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            self.lose(
                name,
                "has an ending with other characters than letters, digits and _; it was read nevertheless",
            );
        }
        let taken = match shape {
            Shape::Text => value.as_str().map(|t| json!(t)),
            Shape::Number => value.as_f64().filter(|n| n.fract() == 0.0).map(|_| value),
            Shape::Object => value.as_object().map(|o| json!(o)),
            Shape::Parts(members) => value.as_object().map(|object| {
                let (parts, left) = concept(object, members);
                self.left(member, left);
                Value::Object(parts)
            }),
            Shape::List(members) => self.list(member, members, value),
            Shape::Texts => self.texts(member, role, value),
            Shape::Renditions => self.renditions(value),
            Shape::Associations => self.associations(value),
            Shape::AltIds => self.alt_ids(value),
        };
        match (taken, self.members.get_mut(*member)) {
            (None, _) => self.lose(name, "has another shape than ninjs says"),
            (Some(Value::Array(more)), Some(Value::Array(there))) => there.extend(more),
            // Said twice, under a former name: the first stays.
            (Some(_), Some(_)) => {}
            (Some(value), None) => {
                self.members.insert((*member).to_owned(), value);
            }
        }
    }

    fn list(&mut self, member: &str, members: &[&str], value: Value) -> Option<Value> {
        let list = match value {
            Value::Array(list) => list,
            // `source` is no member of ninjs, and many send it.
            Value::String(name) if member == "infoSources" => vec![json!({ "name": name })],
            _ => return None,
        };
        let mut kept = Vec::new();
        for (i, entry) in list.into_iter().enumerate() {
            let Some(entry) = entry.as_object() else {
                self.lose(format!("{member}[{i}]"), "is no object");
                continue;
            };
            let (entry, left) = concept(entry, members);
            self.left(&format!("{member}[{i}]"), left);
            kept.push(Value::Object(entry));
        }
        Some(Value::Array(kept))
    }

    fn texts(&mut self, member: &str, role: &str, value: Value) -> Option<Value> {
        if let Some(text) = value.as_str() {
            let markup = matches!(role, "xhtml" | "html" | "richtext") || role.ends_with("html");
            let mut entry = json!({ "role": role, "value": text });
            if let (Some(entry), true) = (entry.as_object_mut(), markup) {
                entry.insert("contentType".to_owned(), json!("text/html"));
            }
            return Some(json!([entry]));
        }
        let mut kept = Vec::new();
        for (i, entry) in value.as_array()?.iter().enumerate() {
            let said = |names: [&str; 2]| names.into_iter().find_map(|n| entry.get(n)).and_then(Value::as_str);
            let Some(text) = said(["value", "value"]) else {
                self.lose(format!("{member}[{i}]"), "has no value");
                continue;
            };
            let mut clean = Map::new();
            for (name, value) in [
                ("role", said(["role", "name"])),
                ("contentType", said(["contentType", "contenttype"])),
                ("value", Some(text)),
            ] {
                if let Some(value) = value {
                    clean.insert(name.to_owned(), json!(value));
                }
            }
            kept.push(Value::Object(clean));
        }
        Some(Value::Array(kept))
    }

    fn renditions(&mut self, value: Value) -> Option<Value> {
        let list = named(value)?;
        let mut kept = Vec::new();
        for (i, rendition) in list.into_iter().enumerate() {
            let mut clean = Map::new();
            for (name, value) in rendition {
                let small = name.to_lowercase();
                match RENDITION.iter().find(|(former, _)| *former == small) {
                    Some((_, member)) => _ = clean.insert((*member).to_owned(), value),
                    None => self.lose(format!("renditions[{i}].{name}"), "is no member of a ninjs rendition"),
                }
            }
            kept.push(Value::Object(clean));
        }
        Some(Value::Array(kept))
    }

    fn associations(&mut self, value: Value) -> Option<Value> {
        let mut kept = Vec::new();
        for (i, association) in named(value)?.into_iter().enumerate() {
            if association.get("name").is_none_or(|n| !n.is_string()) {
                self.lose(format!("associations[{i}].name"), "is missing");
            }
            let (name, rel) = (association.get("name").cloned(), association.get("rel").cloned());
            let mut bare = association;
            bare.remove("name");
            bare.remove("rel");
            bare.remove("id");
            // One level: what stands deeper belongs to the associated story, which comes itself.
            let deeper = bare
                .remove("associations")
                .is_some_and(|a| a.as_array().is_none_or(|a| !a.is_empty()));
            if deeper {
                self.lose(
                    format!("associations[{i}].associations"),
                    "belongs to the associated item",
                );
            }
            let Modern { mut members, lost } = modern(bare);
            self.lost.extend(
                lost.into_iter()
                    .map(|l| Loss::new(format!("associations[{i}].{}", l.what), l.why)),
            );
            for (key, value) in [("name", name), ("rel", rel)] {
                if let Some(value) = value.filter(Value::is_string) {
                    members.insert(key.to_owned(), value);
                }
            }
            kept.push(Value::Object(members));
        }
        Some(Value::Array(kept))
    }

    fn alt_ids(&mut self, value: Value) -> Option<Value> {
        if let Value::Object(by_name) = value {
            let list = by_name.into_iter().filter_map(|(role, value)| {
                let value = value
                    .as_str()
                    .map(str::to_owned)
                    .or_else(|| value.as_i64().map(|n| n.to_string()))?;
                Some(json!({ "role": role, "value": value }))
            });
            return Some(Value::Array(list.collect()));
        }
        self.list("altIds", &["role", "value"], value)
    }
}

/// Objects by name, or a list of objects with names, as the latter.
fn named(value: Value) -> Option<Vec<Map<String, Value>>> {
    match value {
        Value::Object(by_name) => {
            let named = by_name.into_iter().filter_map(|(name, value)| match value {
                Value::Object(mut object) => {
                    object.entry("name").or_insert_with(|| json!(name));
                    Some(object)
                }
                _ => None,
            });
            Some(named.collect())
        }
        Value::Array(list) => Some(
            list.into_iter()
                .filter_map(|entry| match entry {
                    Value::Object(mut object) => {
                        if let (None, Some(id)) = (object.get("name"), object.get("id").cloned()) {
                            object.insert("name".to_owned(), id);
                        }
                        Some(object)
                    }
                    _ => None,
                })
                .collect(),
        ),
        _ => None,
    }
}

/// What has members of its own, in those of 3.1.
fn nested(member: &str, value: &Value, left: &mut Vec<String>) -> Value {
    let members: &[&str] = match member {
        "symbols" => &["exchange", "symbolType", "symbol"],
        "contactInfo" => &["type", "role", "lang", "name", "value", "address"],
        "address" => &["lines", "locality", "area", "postalCode", "country"],
        _ => return value.clone(),
    };
    let mut one = |object: &Map<String, Value>| {
        let (clean, more) = concept(object, members);
        left.extend(more.into_iter().map(|name| format!("{member}.{name}")));
        Value::Object(clean)
    };
    match value {
        Value::Array(list) => list.iter().filter_map(Value::as_object).map(one).collect(),
        Value::Object(object) => one(object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// A concept with `uri` or `literal`, where 1.x has `scheme` and `code`; and the names of what does not belong there.
fn concept(object: &Map<String, Value>, members: &[&str]) -> (Map<String, Value>, Vec<String>) {
    let mut clean = Map::new();
    let mut left = Vec::new();
    let text = |name: &str| {
        object
            .get(name)
            .and_then(Value::as_str)
            .filter(|t| !t.trim().is_empty())
    };
    for (name, value) in object {
        let member = members.iter().find(|m| m.eq_ignore_ascii_case(name));
        match (name.as_str(), member) {
            ("scheme" | "code", _) => {}
            (_, Some(member)) => _ = clean.insert((*member).to_owned(), nested(member, value, &mut left)),
            _ => left.push(name.clone()),
        }
    }
    let place = if members.contains(&"uri") { "uri" } else { "role" };
    match (text("scheme"), text("code")) {
        (Some(scheme), Some(code)) if scheme.contains("://") => {
            let divided = if scheme.ends_with(['/', '#', '=', ':']) {
                ""
            } else {
                "/"
            };
            clean
                .entry(place)
                .or_insert_with(|| json!(format!("{scheme}{divided}{code}")));
        }
        (Some(scheme), Some(code)) => {
            clean
                .entry("literal")
                .or_insert_with(|| json!(format!("{scheme}:{code}")));
        }
        // IPTC's subject codes had eight digits, and were long sent without a scheme.
        (None, Some(code)) if code.len() == 8 && code.bytes().all(|b| b.is_ascii_digit()) => {
            let address = format!("http://cv.iptc.org/newscodes/subjectcode/{code}");
            clean.entry(place).or_insert_with(|| json!(address));
        }
        (None, Some(code)) => {
            clean.entry("literal").or_insert_with(|| json!(code));
        }
        (Some(_), None) | (None, None) => {}
    }
    (clean, left)
}
