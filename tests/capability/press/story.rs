//! Arranging: stories and topics, put in as a publisher would.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use serde_json::{Map, Value, json};

use super::{Answer, Doors, segment};

impl Doors {
    /// A story to be told and then put in by `.await`; the headline is its uri unless it is given one.
    pub fn story(&self, uri: &str) -> Story {
        let fields = Map::from_iter([("headline".to_owned(), json!(uri))]);
        Story {
            doors: self.clone(),
            uri: uri.to_owned(),
            fields,
        }
    }

    /// Puts in a subject with an English name.
    pub async fn topic(&self, slug: &str, name: &str, parent: Option<&str>) -> Answer {
        let mut body = json!({ "kind": "subject", "names": { "en": name } });
        if let Some(parent) = parent {
            body["parent"] = json!(parent);
        }
        well_put(self.put(&format!("/v1/topics/{}", segment(slug)), &body).await)
    }
}

#[track_caller]
fn well_put(answer: Answer) -> Answer {
    assert!(matches!(answer.status, 200 | 201), "{answer}");
    answer
}

/// A story in the making; `.await` puts it in with the admin key and fails if it is not taken.
#[derive(Clone)]
#[must_use = "a story is put in by .await"]
pub struct Story {
    doors: Doors,
    uri: String,
    fields: Map<String, Value>,
}

impl Story {
    /// Any field of the body.
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(field.to_owned(), value.into());
        self
    }

    pub fn headline(self, headline: &str) -> Self {
        self.with("headline", headline)
    }

    pub fn slug(self, slug: &str) -> Self {
        self.with("slug", slug)
    }

    pub fn language(self, tag: &str) -> Self {
        self.with("language", tag)
    }

    /// HTML.
    pub fn body(self, html: &str) -> Self {
        self.with("body", html)
    }

    /// Plain text, paragraphs by blank lines.
    pub fn body_text(self, text: &str) -> Self {
        self.with("bodyText", text)
    }

    pub fn source(self, name: &str) -> Self {
        self.with("source", name)
    }

    /// Slugs or codes; the first is the main topic.
    pub fn topics<'a>(self, topics: impl IntoIterator<Item = &'a str>) -> Self {
        self.with("topics", topics.into_iter().collect::<Value>())
    }

    /// When it first came out (`firstPublished`), which is what lists sort by.
    pub fn published_at(self, time: &str) -> Self {
        self.with("firstPublished", time)
    }

    /// An editor's link to another story; `kind` in REST's spelling.
    pub fn related(mut self, kind: &str, uri: &str) -> Self {
        let links = self.fields.entry("relatedLinks").or_insert_with(|| json!([]));
        links
            .as_array_mut()
            .expect("a list of links")
            .push(json!({ "kind": kind, "uri": uri }));
        self
    }

    /// The body of the PUT.
    pub fn json(&self) -> Value {
        Value::Object(self.fields.clone())
    }

    /// Where it is put: `/v1/articles/{uri}`.
    pub fn path(&self) -> String {
        format!("/v1/articles/{}", segment(&self.uri))
    }
}

impl IntoFuture for Story {
    type Output = Put;
    type IntoFuture = Pin<Box<dyn Future<Output = Put> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Put::from(well_put(self.doors.put(&self.path(), &self.json()).await)) })
    }
}

/// What the desk said to a story.
#[derive(Clone, Debug, PartialEq)]
pub struct Put {
    pub id: String,
    pub uri: String,
    pub slug: String,
    pub url: String,
    pub version: i64,
    /// `created`, `updated` or `unchanged`.
    pub outcome: String,
    pub etag: String,
}

impl From<Answer> for Put {
    fn from(answer: Answer) -> Self {
        let json = answer.json();
        let text = |field: &str| {
            json[field]
                .as_str()
                .unwrap_or_else(|| panic!("no {field}: {answer}"))
                .to_owned()
        };
        Self {
            id: text("id"),
            uri: text("uri"),
            slug: text("slug"),
            url: text("url"),
            version: json["version"]
                .as_i64()
                .unwrap_or_else(|| panic!("no version: {answer}")),
            outcome: text("outcome"),
            etag: answer.etag().to_owned(),
        }
    }
}
