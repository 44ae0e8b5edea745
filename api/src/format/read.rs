//! Which format a document has: by what it holds, and where that leaves a choice by what was said of it.

use super::agency::{newsml_1, newsml_g2, ninjs, nitf, tree};
use super::liberal::encoding;
use super::reading::{Document, Hints, Item, Loss, Unreadable};
use super::{feeds, pages};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Nested deeper than this nothing is read: serde's own bound, named here because promises rest on it.
const LARGEST: usize = 32 * 1024 * 1024;

/// The media types under which documents may be put in, parameters left out.
pub const MEDIA_TYPES: [&str; 14] = [
    "application/ninjs+json",
    "application/vnd.iptc.g2.newsitem+xml",
    "application/vnd.iptc.g2.packageitem+xml",
    "application/vnd.iptc.g2.newsmessage+xml",
    "application/nitf+xml",
    "application/atom+xml",
    "application/rss+xml",
    "application/rdf+xml",
    "application/feed+json",
    "application/xml",
    "text/xml",
    "application/ld+json",
    "text/html",
    "application/xhtml+xml",
];

/// Reads a whole document in others' words. Dateline's own JSON is none.
pub fn read(bytes: &[u8], hints: &Hints) -> Result<Document, Unreadable> {
    if bytes.len() > LARGEST {
        return Err(Unreadable::new(format!(
            "a document of more than {LARGEST} bytes is not read"
        )));
    }
    let bytes = feeds::unpacked(bytes)?;
    let text = encoding::decode(&bytes, hints.content_type);
    let text = text.trim_start_matches('\u{FEFF}');
    let mut document = match text.trim_start().chars().next() {
        None => return Err(Unreadable::new("the document is empty")),
        Some('{' | '[') => json(text.as_bytes(), hints)?,
        // Feeds before all: many are served as HTML, and many begin with what is none.
        Some(_) if feeds::is_feed(text) => feeds::read_text(text, hints)?,
        Some('<') => markup(text, hints)?,
        Some(_) => return Err(Unreadable::new(unknown(hints))),
    };
    // The document's address is the name of the story that it is, and of none that it lists.
    let listed = document.is_list() || document.items.len() > 1;
    let hints = Hints {
        address: hints.address.filter(|_| !listed),
        ..*hints
    };
    for item in &mut document.items {
        *item = std::mem::take(item).fit(&hints);
    }
    fold(&mut document.items);
    Ok(document)
}

/// What all stories of a list lose alike is said once, with the first of them.
fn fold(items: &mut [Item]) {
    let mut times: HashMap<Loss, usize> = HashMap::new();
    for loss in items.iter().flat_map(|item| &item.lost) {
        *times.entry(loss.clone()).or_default() += 1;
    }
    for item in items {
        item.lost.retain_mut(|loss| {
            // Once it has been told it counts for nothing.
            let count = times.get_mut(loss).map_or(1, std::mem::take);
            if count > 1 {
                loss.why = format!("{} ({count} times)", loss.why);
            }
            count > 0
        });
    }
}

/// Whether this object is a document in others' words, rather than a record in the house's.
pub fn is_document(object: &Map<String, Value>) -> bool {
    ninjs::is_ninjs(object) || list_in(object).is_some() || pages::is_linked(object) || feeds::json::is_feed(object)
}

fn markup(text: &str, hints: &Hints) -> Result<Document, Unreadable> {
    // HTML is rarely XML, and says what it is.
    if is_html(text)
        || hints
            .content_type
            .is_some_and(|c| c.trim_start().starts_with("text/html"))
    {
        return pages::read(text.trim_start(), hints);
    }
    let root = tree::parse(text.trim_start())?;
    match root.name.as_str() {
        "nitf" => nitf::read(&root, hints),
        "NewsML" => newsml_1::read(&root, hints),
        _ if newsml_g2::is_g2(&root) => newsml_g2::read(&root, hints),
        // Refused, with its place.
        _ => feeds::read_text(text, hints),
    }
}

fn is_html(text: &str) -> bool {
    let head = text
        .get(..text.floor_char_boundary(2_000))
        .unwrap_or(text)
        .to_ascii_lowercase();
    let outermost = head
        .split('<')
        .skip(1)
        .find(|t| t.starts_with(|c: char| c.is_ascii_alphabetic()));
    head.contains("<!doctype html")
        || outermost.is_some_and(|t| t.starts_with("html") || t.starts_with("head") || t.starts_with("body"))
}

fn json(text: &[u8], hints: &Hints) -> Result<Document, Unreadable> {
    let value: Value = serde_json::from_slice(text).map_err(|error| Unreadable {
        line: u64::try_from(error.line()).ok(),
        column: u64::try_from(error.column()).ok(),
        reason: "not valid JSON".to_owned(),
    })?;
    if let Some(list) = value.as_object().and_then(list_in) {
        return ninjs::read(Value::Array(list.clone()), hints);
    }
    if let Some(members) = value.as_object().filter(|members| !pages::is_linked(members))
        && let Some(feed) = feeds::json::document(members, hints)
    {
        return Ok(feed);
    }
    let said = hints.content_type.is_some_and(|c| c.contains("ninjs"));
    let is_ninjs = match &value {
        Value::Object(object) => said || ninjs::is_ninjs(object) || is_bare(object),
        Value::Array(list) => list
            .iter()
            .filter_map(Value::as_object)
            .any(|o| said || ninjs::is_ninjs(o)),
        _ => false,
    };
    if is_ninjs {
        return ninjs::read(value, hints);
    }
    let is_linked = match &value {
        Value::Object(object) => pages::is_linked(object),
        Value::Array(list) => list.iter().filter_map(Value::as_object).any(pages::is_linked),
        _ => false,
    };
    if is_linked {
        return pages::read_linked(&value, hints);
    }
    Err(Unreadable::new(
        "this JSON is in none of the formats that are read (ninjs, JSON-LD, JSON Feed)",
    ))
}

/// `{"item": [ninjs, …]}`, as content APIs answer.
fn list_in(object: &Map<String, Value>) -> Option<&Vec<Value>> {
    let list = ["item", "items"]
        .into_iter()
        .find_map(|name| object.get(name)?.as_array())?;
    let first = list.first()?.as_object()?;
    ninjs::is_ninjs(first).then_some(list)
}

/// ninjs demands no more than a uri.
fn is_bare(object: &Map<String, Value>) -> bool {
    let ours = ["@context", "slug", "bodyText", "firstPublished", "relatedLinks"];
    object.get("uri").is_some_and(Value::is_string) && !ours.iter().any(|name| object.contains_key(*name))
}

fn unknown(hints: &Hints) -> String {
    match hints.content_type {
        Some(kind) => format!("a document of type {kind} is in none of the formats that are read"),
        None => "the document is in none of the formats that are read".to_owned(),
    }
}
