//! schema.org in JSON-LD: NewsArticle and what is one in all but name.

use super::image;
use crate::format::concepts::Concept;
use crate::format::reading::{About, Document, Format, Hints, Item, Signal, Unreadable};
use crate::news::html;
use crate::news::story::Rendition;
use crate::news::topic::TopicKind;
use serde_json::{Map, Value};

const STORIES: [&str; 14] = [
    "NewsArticle",
    "Article",
    "ReportageNewsArticle",
    "AnalysisNewsArticle",
    "OpinionNewsArticle",
    "BackgroundNewsArticle",
    "AskPublicNewsArticle",
    "ReviewNewsArticle",
    "AdvertiserContentArticle",
    "SatiricalArticle",
    "BlogPosting",
    "LiveBlogPosting",
    "SocialMediaPosting",
    "Report",
];
/// Nodes of a graph that are looked at.
const MOST: usize = 1_000;

pub fn is_linked(object: &Map<String, Value>) -> bool {
    object.contains_key("@context") || object.contains_key("@graph")
}

/// A document that is JSON-LD by itself.
pub fn read(value: &Value, hints: &Hints) -> Result<Document, Unreadable> {
    let items: Vec<Item> = stories(value).into_iter().map(|node| story(node, hints)).collect();
    if items.is_empty() {
        let kinds = nodes(value).first().map(|n| types(n).join(", ")).unwrap_or_default();
        return Err(Unreadable::new(format!(
            "this JSON-LD holds no NewsArticle; it begins with {kinds}"
        )));
    }
    Ok(Document {
        format: Format::SchemaOrg,
        about: About::default(),
        items,
        refused: Vec::new(),
    })
}

/// The first story in a text of JSON-LD.
pub fn first(text: &str, hints: &Hints) -> Option<Item> {
    let value: Value = serde_json::from_str(text.trim()).ok()?;
    stories(&value).first().map(|node| story(node, hints))
}

fn stories(value: &Value) -> Vec<&Map<String, Value>> {
    nodes(value)
        .into_iter()
        .filter(|node| types(node).iter().any(|t| STORIES.contains(t)))
        .collect()
}

fn nodes(value: &Value) -> Vec<&Map<String, Value>> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(list) => open.extend(list.iter().rev()),
            Value::Object(node) => {
                found.push(node);
                open.extend(
                    ["@graph", "mainEntity", "itemListElement", "item"]
                        .iter()
                        .filter_map(|name| node.get(*name)),
                );
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        if found.len() >= MOST {
            break;
        }
    }
    found
}

fn types(node: &Map<String, Value>) -> Vec<&str> {
    let said = match node.get("@type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    said.into_iter()
        .map(|t| t.rsplit(['/', ':', '#']).next().unwrap_or(t))
        .collect()
}

fn story(node: &Map<String, Value>, hints: &Hints) -> Item {
    let mut item = Item::default();
    let mut left = node.clone();
    let mut take = |name: &str| left.remove(name).filter(|v| !v.is_null());
    let own = |value: Option<Value>| value.as_ref().and_then(address);
    let id = own(node.get("@id").cloned()).filter(|id| id.contains(':'));
    // Of most publishers it is a place in the page. What no page can be at is a name, and what Dateline writes is one always.
    let is_ours = |id: &str| {
        !id.contains('#') && own(node.get("identifier").cloned()).is_some_and(|i| i.starts_with("urn:uuid:"))
    };
    let is_name = |id: &String| !id.starts_with("http") || is_ours(id);
    item.identity = id
        .clone()
        .filter(is_name)
        .or_else(|| own(take("url")))
        .or(id)
        .or_else(|| own(take("mainEntityOfPage")));
    let text = |value: Option<Value>| value.as_ref().and_then(said).map(|t| plain(&t));
    let s = &mut item.submission;
    s.headline = text(take("headline")).or_else(|| text(take("name")));
    s.summary = text(take("description")).or_else(|| text(take("abstract")));
    let language = take("inLanguage");
    s.language = language
        .as_ref()
        .and_then(|l| l.get("alternateName").or(Some(l)))
        .and_then(said);
    s.first_published = text(take("datePublished"));
    s.published = text(take("dateModified")).or_else(|| s.first_published.clone());
    s.expires = text(take("expires"));
    s.dateline = text(take("dateline"));
    s.genre = text(take("genre"));
    s.byline = names(take("author")).or_else(|| names(take("creator")));
    s.source = names(take("publisher")).or_else(|| names(take("sourceOrganization")));
    if let Some(body) = take("articleBody").as_ref().and_then(said) {
        if body.contains("</") {
            s.body = Some(body);
        } else {
            s.body_text = Some(body);
        }
    }
    let images = take("image").or_else(|| take("thumbnailUrl"));
    s.renditions =
        Some(images.iter().flat_map(many).filter_map(rendition).collect::<Vec<_>>()).filter(|r| !r.is_empty());
    let tag = s
        .language
        .clone()
        .or(hints.language.map(str::to_owned))
        .unwrap_or_else(|| "und".to_owned());
    for member in ["about", "mentions", "keywords", "articleSection"] {
        let value = take(member);
        for entry in value.iter().flat_map(many) {
            for concept in concepts(entry) {
                item.about(member, concept, &tag);
            }
        }
    }
    let corrected = take("correction");
    if let Some(text) = corrected
        .iter()
        .flat_map(many)
        .filter_map(said)
        .map(|t| plain(&t))
        .find(|t| !t.is_empty())
    {
        item.signal = Signal::Correct { text };
    }
    for name in [
        "@context",
        "@type",
        "@id",
        "mainEntityOfPage",
        "url",
        "wordCount",
        "thumbnailUrl",
        "name",
        "abstract",
        "creator",
        "isPartOf",
        "isAccessibleForFree",
        "hasPart",
    ] {
        left.remove(name);
    }
    for (name, value) in left.into_iter().filter(|(_, v)| !v.is_null()) {
        item.keep(Format::SchemaOrg, &name, value);
    }
    item
}

fn many(value: &Value) -> Vec<&Value> {
    value
        .as_array()
        .map_or_else(|| vec![value], |list| list.iter().collect())
}

/// A text, or what a thing is called.
fn said(value: &Value) -> Option<String> {
    let found = match value {
        Value::String(text) => Some(text.as_str()),
        Value::Object(node) => ["@value", "name", "text", "headline"]
            .iter()
            .find_map(|n| node.get(*n)?.as_str()),
        Value::Array(list) => return list.iter().find_map(said),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    };
    found.map(str::to_owned).filter(|t| !t.trim().is_empty())
}

fn names(value: Option<Value>) -> Option<String> {
    let names: Vec<String> = value
        .iter()
        .flat_map(many)
        .filter_map(said)
        .map(|n| plain(&n))
        .filter(|n| !n.contains("://"))
        .collect();
    Some(names.join(", ")).filter(|n| !n.is_empty())
}

fn address(value: &Value) -> Option<String> {
    let found = match value {
        Value::String(text) => Some(text.as_str()),
        Value::Object(node) => ["@id", "url", "contentUrl"].iter().find_map(|n| node.get(*n)?.as_str()),
        Value::Array(list) => return list.iter().find_map(address),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    };
    found.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty())
}

fn rendition(value: &Value) -> Option<Rendition> {
    let href = match value {
        Value::Object(node) => ["url", "contentUrl", "@id"]
            .iter()
            .find_map(|n| node.get(*n)?.as_str())
            .map(str::to_owned),
        other => address(other),
    };
    let number = |name: &str| {
        let value = value.get(name)?;
        let number = value
            .as_i64()
            .or_else(|| value.as_str()?.trim_end_matches("px").trim().parse().ok());
        number.and_then(|n| i32::try_from(n).ok())
    };
    let text = |name: &str| value.get(name).and_then(said);
    Some(Rendition {
        width: number("width"),
        height: number("height"),
        credit: text("creditText").or_else(|| text("copyrightHolder")),
        caption: text("caption").or_else(|| text("description")),
        ..image(href?, None)
    })
}

/// A thing, or words divided by commas.
fn concepts(value: &Value) -> Vec<Concept> {
    if let Value::String(text) = value {
        let words = text.split(',').map(str::trim).filter(|w| !w.is_empty());
        return words
            .map(|w| Concept {
                names: vec![(String::new(), plain(w))],
                ..Concept::default()
            })
            .collect();
    }
    let Some(node) = value.as_object() else {
        return Vec::new();
    };
    let kind = types(node).iter().find_map(|t| match *t {
        "Person" => Some(TopicKind::Person),
        "Organization" | "NewsMediaOrganization" | "Corporation" | "SportsTeam" | "GovernmentOrganization" => {
            Some(TopicKind::Organisation)
        }
        "Place" | "City" | "Country" | "State" | "AdministrativeArea" => Some(TopicKind::Place),
        "Event" | "SportsEvent" => Some(TopicKind::Event),
        _ => None,
    });
    let uri = ["sameAs", "@id", "url"]
        .iter()
        .find_map(|n| node.get(*n).and_then(address))
        .filter(|u| u.contains(':'));
    let name = node.get("name").and_then(said).map(|n| (String::new(), plain(&n)));
    let code = node
        .get("termCode")
        .and_then(Value::as_str)
        .filter(|c| c.contains(':'))
        .map(str::to_owned);
    vec![Concept {
        kind,
        uri,
        qcode: code,
        names: name.into_iter().collect(),
    }]
}

/// Words in JSON-LD are plain; those that hold closing tags or character references were meant as HTML.
fn plain(text: &str) -> String {
    let is_reference = |rest: &str| {
        let name = rest.split(';').next().unwrap_or_default();
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#');
        name.len() < rest.len() && (1..=10).contains(&name.len()) && plain
    };
    let tagged = ["</", "/>", "<br>", "<p>"].iter().any(|tag| text.contains(tag));
    if !tagged && !text.split('&').skip(1).any(is_reference) {
        return text.to_owned();
    }
    html::plain(&html::paragraphs(&html::sanitise(text)))
}
