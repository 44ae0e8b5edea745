//! IPTC's news in JSON, 1.0 to 3.1: one item, a list of them, or an answer that holds such a list.

use super::modern::{Modern, modern};
use crate::format::concepts::Concept;
use crate::format::reading::{About, Document, Format, Hints, Item, Loss, Signal, Unreadable};
use crate::news::html;
use crate::news::story::{FocalPoint, LinkKind, Rendition};
use crate::news::submission::LinkSubmission;
use crate::news::topic::TopicKind;
use serde_json::{Map, Value};

/// Whether a JSON object says of itself that it is ninjs, in a way that no other format does.
pub fn is_ninjs(object: &Map<String, Value>) -> bool {
    const MARKS: [&str; 22] = [
        "$standard",
        "standard",
        "versioncreated",
        "versionCreated",
        "firstcreated",
        "firstCreated",
        "pubstatus",
        "headlines",
        "bodies",
        "descriptions",
        "body_text",
        "body_xhtml",
        "body_html",
        "body_main",
        "description_text",
        "representationtype",
        "copyrightholder",
        "copyrightnotice",
        "copyrightHolder",
        "copyrightNotice",
        "mimetype",
        "associations",
    ];
    let named = object.contains_key("uri") || object.contains_key("guid");
    let marked = MARKS.iter().any(|mark| object.contains_key(*mark));
    named && marked && !object.contains_key("@context") && !object.contains_key("firstPublished")
}

pub fn read(value: Value, hints: &Hints) -> Result<Document, Unreadable> {
    let mut document = Document {
        format: Format::Ninjs,
        about: About::default(),
        items: Vec::new(),
        refused: Vec::new(),
    };
    let list = match value {
        Value::Object(object) => {
            return one(object, hints).map(|item| Document {
                items: vec![item],
                ..document
            });
        }
        Value::Array(list) => list,
        _ => return Err(Unreadable::new("ninjs is an object, or a list of them")),
    };
    for (i, entry) in list.into_iter().enumerate() {
        let read = match entry {
            Value::Object(object) => one(
                object,
                &Hints {
                    address: None,
                    ..*hints
                },
            ),
            _ => Err(Unreadable::new("is no object")),
        };
        match read {
            Ok(item) => document.items.push(item),
            Err(error) => document.refused.push(Loss::new(format!("[{i}]"), error.reason)),
        }
    }
    match document.refused.first() {
        Some(first) if document.items.is_empty() => Err(Unreadable::new(first.why.clone())),
        _ => Ok(document),
    }
}

fn one(object: Map<String, Value>, hints: &Hints) -> Result<Item, Unreadable> {
    if let Some(kind @ ("event" | "planning")) = object.get("type").and_then(Value::as_str) {
        return Err(Unreadable::new(format!("a ninjs item of type {kind} is no story")));
    }
    let Modern { members, lost } = modern(object);
    let mut reading = Reading {
        item: Item {
            lost,
            ..Item::default()
        },
        members,
        language: String::new(),
    };
    if reading.members.get("uri").is_none_or(|u| u.as_str() == Some("")) && hints.address.is_none() {
        return Err(Unreadable::new("the ninjs item has no uri, and nothing else names it"));
    }
    reading.story(hints);
    Ok(reading.item)
}

struct Reading {
    item: Item,
    /// What has not been taken yet.
    members: Map<String, Value>,
    language: String,
}

impl Reading {
    fn text(&mut self, name: &str) -> Option<String> {
        match self.members.remove(name) {
            Some(Value::String(text)) => Some(text).filter(|t| !t.trim().is_empty()),
            _ => None,
        }
    }

    fn entries(&mut self, name: &str) -> Vec<Map<String, Value>> {
        let entries = match self.members.remove(name) {
            Some(Value::Array(entries)) => entries,
            _ => Vec::new(),
        };
        entries
            .into_iter()
            .filter_map(|e| match e {
                Value::Object(entry) => Some(entry),
                _ => None,
            })
            .collect()
    }

    fn story(&mut self, hints: &Hints) {
        self.item.identity = self.text("uri");
        let language = self.text("language");
        self.language = language
            .clone()
            .or(hints.language.map(str::to_owned))
            .unwrap_or_else(|| "und".to_owned());
        self.item.submission.language = language;
        self.item.submission.slugline = self.text("slugline");
        self.item.submission.byline = self.text("by");
        self.item.submission.dateline = self.text("located");
        self.item.submission.ed_note = self.text("edNote");
        self.item.submission.published = self.text("versionCreated");
        self.item.submission.first_published = self.text("firstCreated");
        self.item.submission.embargoed_until = self.text("embargoedUntil");
        self.item.submission.expires = self.text("expires");
        self.item.submission.urgency = self
            .members
            .remove("urgency")
            .and_then(|u| u.as_f64())
            .map(|u| u as i64);
        self.item.submission.headline = self.best("headlines", &["main", "headline"]).map(|t| t.plain());
        self.item.submission.summary = self
            .best("descriptions", &["main", "summary", "text"])
            .map(|t| t.plain());
        if let (None, Some(Value::String(title))) = (&self.item.submission.headline, self.members.get("title")) {
            let title = title.clone();
            self.item.make_headline(title);
        }
        self.body();
        self.status();
        self.topics();
        self.media();
        self.members.remove("standard");
        for (name, value) in std::mem::take(&mut self.members) {
            if !is_nothing(&value) {
                self.item.keep(Format::Ninjs, &name, value);
            }
        }
    }

    /// The text of the first of these roles, else the first there is; the others stay.
    fn best(&mut self, name: &str, roles: &[&str]) -> Option<Text> {
        let mut entries = self.entries(name);
        let role_of = |e: &Map<String, Value>| text_of(e, "role").unwrap_or_default();
        let found = roles
            .iter()
            .find_map(|role| entries.iter().position(|e| role_of(e) == *role))
            .or(if entries.is_empty() { None } else { Some(0) })?;
        let chosen = Text::of(&entries.remove(found));
        self.keep(name, entries);
        Some(chosen).filter(|t| !t.text.trim().is_empty())
    }

    fn keep(&mut self, name: &str, entries: Vec<Map<String, Value>>) {
        if !entries.is_empty() {
            let entries = entries.into_iter().map(Value::Object).collect();
            self.members.insert(name.to_owned(), Value::Array(entries));
        }
    }

    /// Markup rather than its plain twin, which says the same again.
    fn body(&mut self) {
        let mut entries = self.entries("bodies");
        let marked = entries.iter().position(|e| Text::of(e).is_markup);
        let main = entries
            .iter()
            .position(|e| text_of(e, "role").as_deref() == Some("main"));
        let Some(found) = marked.or(main).or(if entries.is_empty() { None } else { Some(0) }) else {
            return;
        };
        let chosen = Text::of(&entries.remove(found));
        if chosen.is_markup {
            let is_twin = |e: &Map<String, Value>| {
                matches!(text_of(e, "role").as_deref(), Some("text" | "main" | "xhtml" | "html"))
            };
            entries.retain(|e| !is_twin(e));
            self.item.submission.body = Some(chosen.text);
        } else {
            self.item.submission.body_text = Some(chosen.text);
        }
        self.keep("bodies", entries);
    }

    fn status(&mut self) {
        let status = self.text("pubStatus");
        let reason = self.item.submission.ed_note.clone();
        self.item.signal = match status.as_deref() {
            None | Some("usable") => Signal::Publish,
            Some("withheld") => Signal::Withhold { reason },
            Some("canceled") => Signal::Cancel { reason },
            Some("cancelled") => {
                self.item.lose("pubStatus", "is written canceled, and was read so");
                Signal::Cancel { reason }
            }
            // In the doubt for the side on which nothing gets out.
            Some(other) => {
                let why = format!(
                    "`{}` is none of usable, withheld, canceled; the story was withheld",
                    brief(other)
                );
                self.item.lose("pubStatus", why);
                Signal::Withhold { reason }
            }
        };
    }

    fn topics(&mut self) {
        let language = self.language.clone();
        for (member, kind) in [
            ("subjects", TopicKind::Subject),
            ("people", TopicKind::Person),
            ("organisations", TopicKind::Organisation),
            ("places", TopicKind::Place),
            ("events", TopicKind::Event),
            ("objects", TopicKind::Subject),
        ] {
            for (i, entry) in self.entries(member).into_iter().enumerate() {
                let literal = text_of(&entry, "literal");
                let name = text_of(&entry, "name").or_else(|| literal.clone());
                let concept = Concept {
                    kind: Some(kind),
                    uri: text_of(&entry, "uri"),
                    qcode: literal.filter(|l| l.contains(':')),
                    names: name.map(|n| (String::new(), n)).into_iter().collect(),
                };
                self.item.about(&format!("{member}[{i}]"), concept, &language);
                // What the house would say anyway is no more.
                let is_plain = |(name, value): (&String, &Value)| match name.as_str() {
                    "uri" => true,
                    // Longer ones are cut.
                    "name" => value.as_str().is_some_and(|name| name.chars().count() <= 200),
                    // What is of no vocabulary is no code here.
                    "literal" => value.as_str().is_some_and(|literal| literal.contains(':')),
                    "rel" => value == "about",
                    _ => false,
                };
                if !entry.iter().all(is_plain) {
                    self.item
                        .keep(Format::Ninjs, member, Value::Array(vec![Value::Object(entry)]));
                }
            }
        }
        let mut sources = self.entries("infoSources");
        if !sources.is_empty() {
            let first = sources.remove(0);
            self.item.submission.source = text_of(&first, "name").or_else(|| text_of(&first, "literal"));
            self.keep("infoSources", sources);
        }
        let mut genres = self.entries("genres");
        if !genres.is_empty() {
            let first = genres.remove(0);
            self.item.submission.genre = text_of(&first, "name").or_else(|| text_of(&first, "literal"));
            self.keep("genres", genres);
        }
    }

    /// Own renditions, and those of pictures, sound and film that go with it; associated stories are links.
    fn media(&mut self) {
        let kind = self.text("type");
        let mut renditions: Vec<Rendition> = Vec::new();
        for (i, entry) in self.entries("renditions").into_iter().enumerate() {
            self.rendition(&format!("renditions[{i}]"), &entry, &Map::new(), &mut renditions);
        }
        for (i, mut entry) in self.entries("associations").into_iter().enumerate() {
            let place = format!("associations[{i}]");
            let own = match entry.remove("renditions") {
                Some(Value::Array(own)) => own,
                _ => Vec::new(),
            };
            let before = renditions.len();
            for rendition in own.iter().filter_map(Value::as_object) {
                self.rendition(&place, rendition, &entry, &mut renditions);
            }
            if renditions.len() == before {
                self.link(&place, &entry);
            }
        }
        self.item.submission.renditions = Some(renditions).filter(|r| !r.is_empty());
        if let Some(kind) = kind.filter(|k| k != "text") {
            self.members.insert("type".to_owned(), Value::String(kind));
        }
    }

    fn rendition(
        &mut self,
        place: &str,
        entry: &Map<String, Value>,
        of: &Map<String, Value>,
        into: &mut Vec<Rendition>,
    ) {
        let Some(href) = text_of(entry, "href") else {
            return self.item.lose(place, "has a rendition without an address");
        };
        let number = |name: &str| {
            let value = entry.get(name)?;
            value
                .as_i64()
                .or_else(|| value.as_f64().map(|f| f as i64))
                .or_else(|| value.as_str()?.parse().ok())
        };
        let (width, height) = (number("width"), number("height"));
        let pixels = |n: Option<i64>| n.and_then(|n| i32::try_from(n).ok());
        let name = text_of(entry, "name").unwrap_or_else(|| "main".to_owned());
        let name = match text_of(of, "name") {
            Some(whose) if !whose.is_empty() => format!("{whose}/{name}"),
            _ => name,
        };
        let spoken = |member: &str| {
            let first = of.get(member)?.as_array()?.first()?.as_object()?;
            Some(Text::of(first).plain()).filter(|t| !t.is_empty())
        };
        into.push(Rendition {
            name,
            href,
            media_type: text_of(entry, "contentType"),
            width: pixels(width),
            height: pixels(height),
            size: number("sizeInBytes"),
            digest: None,
            focal_point: focal_point(entry.get("poi"), width, height),
            credit: text_of(of, "by").or_else(|| text_of(of, "copyrightHolder")),
            alt: spoken("headlines"),
            caption: spoken("descriptions").or_else(|| text_of(entry, "title")),
        });
    }

    fn link(&mut self, place: &str, entry: &Map<String, Value>) {
        let Some(uri) = text_of(entry, "uri") else {
            return self.item.lose(place, "has neither an address nor a uri");
        };
        let headline = entry
            .get("headlines")
            .and_then(|h| h.as_array()?.first()?.as_object().cloned());
        let title = headline
            .map(|h| Text::of(&h).plain())
            .or_else(|| text_of(entry, "title"));
        self.item
            .submission
            .related_links
            .get_or_insert_default()
            .push(LinkSubmission {
                kind: LinkKind::Background.as_str().to_owned(),
                uri: Some(uri),
                url: None,
                title,
            });
    }
}

/// A text with its form.
struct Text {
    text: String,
    is_markup: bool,
}

impl Text {
    fn of(entry: &Map<String, Value>) -> Text {
        let text = text_of(entry, "value").unwrap_or_default();
        let kind = text_of(entry, "contentType").unwrap_or_default();
        let is_markup = match kind.as_str() {
            "" => looks_marked_up(&text),
            kind => kind.contains("html") || kind.contains("xml"),
        };
        Text { text, is_markup }
    }

    fn plain(&self) -> String {
        if !self.is_markup {
            return self.text.clone();
        }
        html::plain(&html::paragraphs(&html::sanitise(&self.text)))
    }
}

/// A closing tag tells markup from an angle bracket in a text.
fn looks_marked_up(text: &str) -> bool {
    text.contains("</") || text.contains("/>") || text.contains("<p>") || text.contains("<br>")
}

fn text_of(entry: &Map<String, Value>, name: &str) -> Option<String> {
    entry
        .get(name)?
        .as_str()
        .map(str::to_owned)
        .filter(|t| !t.trim().is_empty())
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// ninjs counts pixels, the house parts of the whole.
fn focal_point(poi: Option<&Value>, width: Option<i64>, height: Option<i64>) -> Option<FocalPoint> {
    let part = |name: &str, of: Option<i64>| {
        let (at, of) = (poi?.get(name)?.as_f64()?, of.filter(|n| *n > 0)? as f64);
        Some(at / of).filter(|p| (0.0..=1.0).contains(p))
    };
    Some(FocalPoint {
        x: part("x", width)?,
        y: part("y", height)?,
    })
}

fn brief(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}
