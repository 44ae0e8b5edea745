//! JSON Feed 1.0 and 1.1 (jsonfeed.org). Members of the wrong type are passed over.

use super::super::reading::{About, Document, Format, Hints, Item, Signal, Unreadable};
use super::story::{Category, Feed, Medium, Parts, tag};
use super::wording::Wording;
use super::{html, unreadable};
use crate::news::submission::Submission;
use serde_json::{Map, Value};
use url::Url;

/// Whether this object says that it is a feed.
pub fn is_feed(members: &Map<String, Value>) -> bool {
    let version = members.get("version").and_then(Value::as_str).unwrap_or_default();
    version.contains("jsonfeed.org/version/") && members.get("items").is_some_and(Value::is_array)
}

pub fn read(text: &str, hints: &Hints) -> Result<Document, Unreadable> {
    let text = text.trim_start_matches('\u{FEFF}');
    let members: Map<String, Value> = serde_json::from_str(text).map_err(|e| Unreadable {
        line: Some(e.line() as u64),
        column: Some(e.column() as u64),
        reason: format!("it is no JSON: {e}"),
    })?;
    document(&members, hints).ok_or_else(|| unreadable(text, 0, "it is JSON and no feed: it has no list of `items`"))
}

/// None if it has no items.
pub fn document(members: &Map<String, Value>, hints: &Hints) -> Option<Document> {
    let items = members.get("items")?.as_array()?;
    let own_address = string(members, "feed_url");
    let base = [hints.address, own_address.as_deref()]
        .into_iter()
        .flatten()
        .find_map(|a| Url::parse(a).ok());
    let language = string(members, "language")
        .and_then(|l| tag(&l))
        .or_else(|| hints.language.and_then(tag));
    let home = string(members, "home_page_url");
    let place = home.clone().or_else(|| own_address.clone());
    let feed = Feed {
        language: language.clone(),
        byline: authors(members),
        base,
        place,
    };
    let about = About {
        title: string(members, "title").map(|t| html::line(&t)),
        language,
        home,
        hub: list(members, "hubs").find_map(|hub| string(hub.as_object()?, "url")),
        own_address,
        next: string(members, "next_url"),
    };
    Some(Document {
        format: Format::JsonFeed,
        about,
        items: items
            .iter()
            .filter_map(Value::as_object)
            .map(|item| parts(item).item(&feed))
            .chain(deleted(members))
            .collect(),
        refused: Vec::new(),
    })
}

/// Dateline's own feeds say here what was taken back.
fn deleted(members: &Map<String, Value>) -> impl Iterator<Item = Item> + use<'_> {
    let own = members.get("_dateline").and_then(Value::as_object);
    let deleted = own.into_iter().flat_map(|own| list(own, "deleted"));
    deleted.filter_map(Value::as_object).map(|gone| {
        let identity = string(gone, "id");
        Item {
            submission: Submission {
                uri: string(gone, "uri").or_else(|| identity.clone()),
                ..Submission::default()
            },
            identity,
            signal: Signal::Cancel {
                reason: string(gone, "comment"),
            },
            ..Item::default()
        }
    })
}

fn parts(item: &Map<String, Value>) -> Parts {
    let own = item.get("_dateline").and_then(Value::as_object);
    let mut parts = Parts {
        id: string(item, "id"),
        // Dateline's own feeds say the story's permanent name here.
        name: own.and_then(|own| string(own, "uri")),
        link: string(item, "url").or_else(|| string(item, "external_url")),
        title: string(item, "title").map(Wording::Plain),
        summary: string(item, "summary").map(Wording::Plain),
        body: string(item, "content_html")
            .map(Wording::Html)
            .or_else(|| string(item, "content_text").map(Wording::Plain)),
        authors: authors(item).into_iter().collect(),
        published: string(item, "date_published"),
        updated: string(item, "date_modified"),
        language: string(item, "language"),
        ..Parts::default()
    };
    if let Some(external) = string(item, "external_url").filter(|e| parts.link.as_ref() != Some(e)) {
        parts.related.push((external, None));
    }
    let tags = list(item, "tags").filter_map(Value::as_str);
    parts.categories = tags
        .map(|tag| Category {
            term: tag.to_owned(),
            ..Category::default()
        })
        .collect();
    for name in ["image", "banner_image"] {
        parts.media.extend(string(item, name).map(|href| Medium {
            href,
            is_image: true,
            ..Medium::default()
        }));
    }
    let attachments = list(item, "attachments").filter_map(Value::as_object);
    parts.media.extend(attachments.filter_map(|attachment| {
        Some(Medium {
            href: string(attachment, "url")?,
            media_type: string(attachment, "mime_type"),
            size: attachment.get("size_in_bytes").and_then(Value::as_i64),
            caption: string(attachment, "title"),
            ..Medium::default()
        })
    }));
    parts
}

/// 1.1 has `authors`, 1.0 one `author`.
fn authors(members: &Map<String, Value>) -> Option<String> {
    let all = list(members, "authors").chain(members.get("author"));
    let mut names: Vec<String> = all
        .filter_map(|author| {
            author
                .as_object()
                .map_or_else(|| author.as_str().map(str::to_owned), |a| string(a, "name"))
        })
        .map(|name| html::line(&name))
        .collect();
    names.dedup();
    Some(names.join(", ")).filter(|n| !n.is_empty())
}

fn list<'a>(members: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    members.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// A text, or a number where somebody forgot the quotes.
fn string(members: &Map<String, Value>, name: &str) -> Option<String> {
    match members.get(name)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
