//! What a line says: a story, a topic, a source or a collection, in our field names or mapped from others'.

use super::intake::{Item, Thing};
use super::lines::Line;
use crate::desk::{Desk, Draft, Origin};
use crate::error::{Error, Fault, Kind, Result};
use crate::news::submission::{CollectionSubmission, MergeSubmission, Provenance, Submission, TopicSubmission};
use crate::news::topic::{NewTopic, Source};
use crate::news::{SourceId, slug};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// How lines are read.
#[derive(Default)]
pub struct Reading {
    pub mapping: Mapping,
    pub uri_prefix: Option<String>,
    pub language: Option<String>,
    pub new_topics: bool,
}

/// Ours and theirs. Empty: the lines speak our names, and unknown ones are refused.
#[derive(Default)]
pub struct Mapping(Vec<(&'static str, String)>);

/// What a mapping can fill.
const FIELDS: [&str; 23] = [
    "id",
    "uri",
    "slug",
    "language",
    "headline",
    "summary",
    "body",
    "bodyText",
    "byline",
    "dateline",
    "slugline",
    "urgency",
    "genre",
    "edNote",
    "firstPublished",
    "published",
    "embargoedUntil",
    "expires",
    "source",
    "topics",
    "relatedLinks",
    "renditions",
    "replaces",
];

impl Mapping {
    pub fn read(pairs: &[String]) -> Result<Mapping> {
        let mut faults = Vec::new();
        let mut mapping = Vec::new();
        for pair in pairs {
            let (ours, theirs) = pair.split_once('=').unwrap_or((pair, ""));
            match FIELDS.into_iter().find(|f| *f == ours.trim()) {
                Some(field) if !theirs.trim().is_empty() => mapping.push((field, theirs.trim().to_owned())),
                Some(_) => faults.push(Fault::new(
                    "--map",
                    "invalid_value",
                    format!("`{pair}`: write ours=theirs"),
                )),
                None => {
                    let nearest = FIELDS
                        .into_iter()
                        .max_by(|a, b| strsim::jaro_winkler(ours, a).total_cmp(&strsim::jaro_winkler(ours, b)));
                    let message = format!(
                        "`{ours}` is no field of a story; nearest is `{}`",
                        nearest.unwrap_or_default()
                    );
                    faults.push(Fault::new("--map", "unknown_field", message));
                }
            }
        }
        if faults.is_empty() {
            Ok(Mapping(mapping))
        } else {
            Err(Error::parameters(faults))
        }
    }

    /// Others' record in our names: what is mapped, and what bears our names anyway; the rest is left out.
    fn apply(&self, mut record: Map<String, Value>) -> Map<String, Value> {
        let mapped: Vec<(&str, Value)> = self
            .0
            .iter()
            .filter_map(|(ours, theirs)| Some((*ours, record.get(theirs)?.clone())))
            .collect();
        for (_, theirs) in &self.0 {
            record.remove(theirs);
        }
        let mut ours: Map<String, Value> = record
            .into_iter()
            .filter(|(name, _)| FIELDS.contains(&name.as_str()))
            .collect();
        ours.extend(mapped.into_iter().map(|(name, value)| (name.to_owned(), value)));
        // Forgiving where others' habits differ from ours: empty means none, a list of names is one line.
        ours.retain(|_, value| !matches!(value, Value::Null) && value.as_str() != Some(""));
        for (name, value) in &mut ours {
            match (name.as_str(), &mut *value) {
                ("topics" | "relatedLinks" | "renditions" | "urgency", _) => {}
                (_, Value::Array(parts)) => {
                    let parts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
                    *value = Value::String(parts.join(", "));
                }
                (_, Value::Number(number)) => *value = Value::String(number.to_string()),
                _ => {}
            }
        }
        ours
    }
}

impl Reading {
    /// Whoever maps fields has lines.
    pub fn only_lines(&self) -> bool {
        !self.mapping.0.is_empty()
    }

    /// The thing on a line; nothing on an empty one.
    pub fn item(&self, desk: &Desk, line: Line) -> Option<Item> {
        if line.bytes.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let thing = self.thing(desk, &line.bytes);
        Some(Item {
            size: line.bytes.len(),
            file: line.file,
            line: line.number,
            thing,
        })
    }

    fn thing(&self, desk: &Desk, bytes: &[u8]) -> Result<Thing> {
        let value: Value = serde_json::from_slice(bytes)
            .map_err(|e| Error::request("invalid_json", format!("not valid JSON: {e}")))?;
        let Value::Object(mut record) = value else {
            return Err(Error::request("invalid_json", "not a JSON object"));
        };
        let kind = match record.remove("type") {
            None => "article".to_owned(),
            // Others' `type` means something of their own.
            Some(_) if !self.mapping.0.is_empty() => "article".to_owned(),
            Some(Value::String(kind)) => kind,
            Some(_) => String::new(),
        };
        match kind.as_str() {
            "article" => Ok(Thing::Article(Box::new(self.article(desk, record)?))),
            "pending" => Ok(Thing::Article(Box::new(self.pending(desk, record)?))),
            "topic" => {
                let origin = origin(&mut record)?;
                Ok(Thing::Topic(read::<TopicSubmission>(record)?, origin))
            }
            "merger" => {
                let into = record.remove("into").and_then(|into| into.as_str().map(str::to_owned));
                let origin = origin(&mut record)?;
                Ok(Thing::Merger(
                    read::<TopicSubmission>(record)?,
                    origin,
                    MergeSubmission { into },
                ))
            }
            "collection" => {
                let origin = origin(&mut record)?;
                Ok(Thing::Collection(read::<CollectionSubmission>(record)?, origin))
            }
            "source" => Ok(Thing::Source(source(desk, record)?)),
            _ => Err(Error::content(vec![Fault::new(
                "type",
                "unknown_value",
                "must be article, pending, topic, merger, source or collection",
            )])),
        }
    }

    fn article(&self, desk: &Desk, record: Map<String, Value>) -> Result<Draft> {
        let mut record = if self.mapping.0.is_empty() {
            record
        } else {
            self.mapping.apply(record)
        };
        if let Some(prefix) = &self.uri_prefix
            && record.get("uri").is_none_or(Value::is_null)
            && let Some(id) = record.remove("id")
        {
            let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            record.insert("uri".to_owned(), Value::String(format!("{prefix}{}", encoded(&id))));
        }
        if record.get("uri").is_none_or(Value::is_null) {
            let message = "is required; with --uri-prefix it is made from the record's `id`";
            return Err(Error::content(vec![Fault::new("uri", "required", message)]));
        }
        if let (Some(language), None | Some(Value::Null)) = (&self.language, record.get("language")) {
            record.insert("language".to_owned(), Value::String(language.clone()));
        }
        let provenance = if self.uri_prefix.is_none() && self.mapping.0.is_empty() {
            provenance(&mut record)?
        } else {
            // Others' ids are not ours.
            record.remove("id");
            None
        };
        let mut submission: Submission = read(record)?;
        let language = submission.language.clone().unwrap_or_default();
        let new_topics = self.topics(&mut submission, &language);
        let draft = Draft {
            new_topics,
            ..desk.draft(submission)?
        };
        match provenance {
            Some(provenance) => desk.with_history(draft, provenance),
            None => Ok(draft),
        }
    }

    /// What waits in the house that the export is of. Where its time has come since, it is dated from then.
    fn pending(&self, desk: &Desk, record: Map<String, Value>) -> Result<Draft> {
        let draft = self.article(desk, record)?;
        let Some(until) = draft.embargoed_until else {
            let message = "is required of what waits";
            return Err(Error::content(vec![Fault::new("embargoedUntil", "required", message)]));
        };
        let over = desk.is_over(until);
        Ok(Draft {
            published: draft.published.or(over.then_some(until)),
            ..draft
        })
    }

    /// Topics may be given by name: the slug is made from it, and the topic taken up if it is not there.
    fn topics(&self, submission: &mut Submission, language: &str) -> Vec<NewTopic> {
        let mut new = Vec::new();
        for topic in submission.topics.iter_mut().flatten() {
            let name = topic.split_whitespace().collect::<Vec<_>>().join(" ");
            if name.contains(':') && !name.contains(' ') {
                continue;
            }
            let slug = slug::valid_slug(&name).is_ok().then(|| name.clone());
            if let Some(slug) = slug.or_else(|| slug::slugify(&name, language)) {
                topic.clone_from(&slug);
                if self.new_topics {
                    new.push(NewTopic::named(slug, name));
                }
            }
        }
        new
    }
}

/// The marks of an export, if there are any.
fn provenance(record: &mut Map<String, Value>) -> Result<Option<Provenance>> {
    const MARKS: [&str; 8] = [
        "id",
        "version",
        "versionCreated",
        "pubStatus",
        "corrections",
        "withdrawal",
        "aliases",
        "versions",
    ];
    let marks: Map<String, Value> = MARKS
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), record.remove(name)?)))
        .collect();
    // Nothing is left to read of a canceled story, and so it comes.
    if marks.get("pubStatus").and_then(Value::as_str) == Some("canceled") {
        record.insert("headline".to_owned(), Value::String("canceled".to_owned()));
    }
    if marks.is_empty() {
        Ok(None)
    } else {
        Ok(Some(read(marks)?))
    }
}

fn source(desk: &Desk, record: Map<String, Value>) -> Result<Source> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Said {
        id: Option<Uuid>,
        slug: Option<String>,
        name: String,
        url: Option<String>,
    }
    let Said { id, slug, name, url } = read(record)?;
    let slug = slug.or_else(|| slug::slugify(&name, "")).unwrap_or_default();
    Ok(Source {
        id: id.map_or_else(|| desk.new_source_id(), SourceId),
        slug,
        name,
        url,
    })
}

/// The marks of an export on what is not a story.
fn origin(record: &mut Map<String, Value>) -> Result<Option<Origin>> {
    let version = record.remove("version").unwrap_or(json!(1));
    match record.remove("id") {
        None | Some(Value::Null) => Ok(None),
        Some(id) => {
            let id = serde_json::from_value(id).map_err(|e| unfit(&e))?;
            let version = serde_json::from_value::<i32>(version).map_err(|e| unfit(&e))?.max(1);
            Ok(Some(Origin { id, version }))
        }
    }
}

fn read<T: DeserializeOwned>(record: Map<String, Value>) -> Result<T> {
    serde_json::from_value(Value::Object(record)).map_err(|e| unfit(&e))
}

fn unfit(error: &serde_json::Error) -> Error {
    let brief: String = error.to_string().chars().take(300).collect();
    Error::new(Kind::Content, "invalid_content", brief)
}

/// An id as part of a uri: everything but RFC 3986's unreserved characters percent-encoded.
pub fn encoded(id: &str) -> String {
    let mut uri = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
