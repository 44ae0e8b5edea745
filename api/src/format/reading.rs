//! What every reader gives, whatever it reads: the shared words of reading.

use crate::news::submission::{Submission, TopicSubmission};
use serde_json::{Value, json};
use std::fmt;

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// IPTC's news in JSON, 1.0 to 3.1.
    Ninjs,
    /// IPTC's NewsML-G2: newsItem, packageItem, newsMessage.
    NewsMlG2,
    /// NewsML 1.0 to 1.2.
    NewsMl1,
    Nitf,
    /// JSON-LD in the words of schema.org.
    SchemaOrg,
    /// A page of news in HTML.
    Page,
    /// RSS 0.9x to 2.0.
    Rss,
    /// RSS 0.90, 1.0 and 1.1, which are RDF.
    Rdf,
    /// 0.3 and 1.0.
    Atom,
    /// Microsoft's Channel Definition Format.
    Cdf,
    /// 1.0 and 1.1.
    JsonFeed,
}

impl Format {
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Ninjs => "ninjs",
            Format::NewsMlG2 => "newsml-g2",
            Format::NewsMl1 => "newsml-1",
            Format::Nitf => "nitf",
            Format::SchemaOrg => "schema-org",
            Format::Page => "page",
            Format::Rss => "rss",
            Format::Rdf => "rdf",
            Format::Atom => "atom",
            Format::Cdf => "cdf",
            Format::JsonFeed => "json-feed",
        }
    }
}

/// What was read of one document: a story, or a list of stories.
#[derive(Debug)]
pub struct Document {
    pub format: Format,
    pub about: About,
    pub items: Vec<Item>,
    /// Parts that are no story, each with its place and why.
    pub refused: Vec<Loss>,
}

impl Document {
    /// Whether it is a list by its kind, however many stories it holds.
    pub fn is_list(&self) -> bool {
        match self.format {
            Format::Rss | Format::Rdf | Format::Atom | Format::Cdf | Format::JsonFeed => true,
            Format::Ninjs | Format::NewsMlG2 | Format::NewsMl1 | Format::Nitf | Format::SchemaOrg | Format::Page => {
                false
            }
        }
    }
}

/// What a list says of itself; nothing of a single story.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    not(test),
    allow(
        dead_code,
        reason = "what a feed says of itself is told whole; sources go by its hub"
    )
)]
pub struct About {
    pub title: Option<String>,
    pub language: Option<String>,
    /// The page for people.
    pub home: Option<String>,
    /// Where news of it can be subscribed to (WebSub).
    pub hub: Option<String>,
    pub own_address: Option<String>,
    /// Where it goes on (RFC 5005).
    pub next: Option<String>,
}

/// One story of a document.
#[derive(Clone, Debug, Default)]
pub struct Item {
    /// In the house's words; `topics` are codes or slugs.
    pub submission: Submission,
    /// How its publisher tells it from others (a uri, a guid, an address): nothing comes in twice by it.
    pub identity: Option<String>,
    /// The topics that it names, with their codes and names.
    pub subjects: Vec<TopicSubmission>,
    pub signal: Signal,
    pub lost: Vec<Loss>,
}

impl Item {
    pub fn lose(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.lost.push(Loss::new(what, why));
    }

    /// Keeps what the house has no place for, to come out again in the same format.
    pub fn keep(&mut self, format: Format, member: &str, value: Value) {
        self.submission
            .extra
            .get_or_insert_default()
            .keep(format.as_str(), member, value);
    }

    /// The same of an element, by the name of what it stands in.
    pub fn keep_xml(&mut self, format: Format, section: &str, xml: String) {
        self.keep(format, section, json!([xml]));
    }

    /// A headline that the document does not have, made of other words of it.
    pub fn make_headline(&mut self, headline: String) {
        self.submission.headline = Some(headline);
        self.submission.extra.get_or_insert_default().note_made_headline();
    }
}

/// What is to become of the story.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Signal {
    #[default]
    Publish,
    /// It puts something right, and says what.
    Correct { text: String },
    /// Not now: its text waits unseen.
    Withhold { reason: Option<String> },
    /// Never again.
    Cancel { reason: Option<String> },
}

/// Something that a document says and the house has no place for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, utoipa::ToSchema)]
pub struct Loss {
    /// Its place in the document.
    pub what: String,
    pub why: String,
}

impl Loss {
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Loss {
        let what = what.into();
        Loss {
            // JSON's members may be called nothing.
            what: if what.is_empty() { "\"\"".to_owned() } else { what },
            why: why.into(),
        }
    }
}

/// What is known of a document besides its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints<'a> {
    /// As it was sent along, with its parameters.
    pub content_type: Option<&'a str>,
    /// Where it was found, or what it is called: the identity of a story that says none.
    pub address: Option<&'a str>,
    /// Of stories that say none.
    pub language: Option<&'a str>,
}

/// Why a document cannot be read, and where, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub line: Option<u64>,
    pub column: Option<u64>,
    pub reason: String,
}

impl Unreadable {
    pub fn new(reason: impl Into<String>) -> Unreadable {
        Unreadable {
            line: None,
            column: None,
            reason: reason.into(),
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, " (line {line}, column {column})"),
            (Some(line), None) => write!(f, " (line {line})"),
            (None, _) => Ok(()),
        }
    }
}
