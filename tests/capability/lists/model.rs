//! A small house told twice: put into Dateline, and kept here as plain values that every question can be put to by
//! looking at all of them.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::dice::Dice;
use crate::press::{Press, segment};

/// Slug, parent, and the code that some have.
const TREE: [(&str, Option<&str>, Option<&str>); 9] = [
    ("world", None, None),
    ("europe", Some("world"), None),
    ("ukraine", Some("europe"), Some("place:ua")),
    ("norway", Some("europe"), None),
    ("asia", Some("world"), None),
    ("sport", None, Some("medtop:15000000")),
    ("football", Some("sport"), None),
    ("energy", None, None),
    // Nobody writes about it.
    ("gardening", None, None),
];
const LANGUAGES: [&str; 4] = ["en", "uk", "de", "pt-BR"];
/// Name and slug.
const SOURCES: [(&str, &str); 3] = [
    ("Interfax-Ukraine", "interfax-ukraine"),
    ("NTB", "ntb"),
    ("Gazeta", "gazeta"),
];
const GENRES: [&str; 3] = ["Current", "Analysis", "Q and A, long"];
const STORIES: usize = 60;

/// What the house must answer about one story.
#[derive(Clone, Debug)]
pub struct Told {
    pub id: String,
    /// With all ancestors.
    topics: BTreeSet<&'static str>,
    language: &'static str,
    /// Its slug.
    source: Option<&'static str>,
    genre: Option<&'static str>,
    urgency: Option<usize>,
    first_published: Timestamp,
    published: Timestamp,
    version_created: Timestamp,
    expires: Option<Timestamp>,
}

impl Told {
    fn time(&self, field: DateField) -> Timestamp {
        match field {
            DateField::FirstPublished => self.first_published,
            DateField::Published => self.published,
            DateField::VersionCreated => self.version_created,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum DateField {
    #[default]
    FirstPublished,
    Published,
    VersionCreated,
}

impl DateField {
    pub const ALL: [DateField; 3] = [
        DateField::FirstPublished,
        DateField::Published,
        DateField::VersionCreated,
    ];
}

/// What is asked of a list; empty means that it does not matter.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Each must be met by one of its topics.
    pub topics: Vec<Vec<String>>,
    pub without: Vec<String>,
    pub languages: Vec<&'static str>,
    pub sources: Vec<&'static str>,
    pub genres: Vec<&'static str>,
    pub urgencies: Vec<usize>,
    pub date_field: DateField,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

pub struct Model {
    stories: Vec<Told>,
    now: Timestamp,
}

impl Model {
    /// Puts the house in, with the clock moving on, and lets some stories expire at the end.
    pub async fn tell(press: &Press, dice: &mut Dice) -> Model {
        for (slug, parent, code) in TREE {
            let mut body = json!({ "kind": "subject", "names": { "en": slug } });
            if let Some(parent) = parent {
                body["parent"] = json!(parent);
            }
            if let Some(code) = code {
                body["code"] = json!(code);
            }
            press.put(&format!("/v1/topics/{slug}"), &body).await.expect(201);
        }
        let begin: Timestamp = crate::press::NOW.parse().unwrap();
        let mut now = begin;
        let mut stories = Vec::new();
        for n in 0..STORIES {
            // Few moments for many stories: half of them share theirs with another.
            let first_published = begin - SignedDuration::from_mins(i64::try_from(dice.roll(STORIES / 2)).unwrap());
            let editions = if dice.once_in(3) { 2 } else { 1 };
            let mut told = None;
            for edition in 1..=editions {
                now += SignedDuration::from_millis(i64::try_from(dice.roll(3) * 250).unwrap());
                press.clock.set(now);
                told = Some(put(press, dice, (n, edition), first_published, now).await);
            }
            stories.extend(told);
        }
        now += SignedDuration::from_hours(1);
        press.clock.set(now);
        Model { stories, now }
    }

    /// The ids that the list must hold, in its order.
    pub fn ids(&self, asked: &Asked) -> Vec<String> {
        let mut met: Vec<&Told> = self.stories.iter().filter(|told| self.meets(told, asked)).collect();
        met.sort_by_key(|told| Reverse((told.first_published, told.id.clone())));
        met.into_iter().map(|told| told.id.clone()).collect()
    }

    fn meets(&self, told: &Told, asked: &Asked) -> bool {
        let Asked {
            topics,
            without,
            languages,
            sources,
            genres,
            urgencies,
            date_field,
            from,
            to,
        } = asked;
        let in_topic = |name: &String| told.topics.contains(slug_of(name));
        let time = told.time(*date_field);
        told.expires.is_none_or(|at| at > self.now)
            && topics.iter().all(|clause| clause.iter().any(in_topic))
            && !without.iter().any(in_topic)
            && (languages.is_empty() || languages.contains(&told.language))
            && (sources.is_empty() || told.source.is_some_and(|s| sources.contains(&s)))
            && (genres.is_empty() || told.genre.is_some_and(|g| genres.contains(&g)))
            && (urgencies.is_empty() || told.urgency.is_some_and(|u| urgencies.contains(&u)))
            && from.is_none_or(|from| time >= from)
            && to.is_none_or(|to| time < to)
    }

    /// A time that some story has, so that `from` and `to` fall on an edge.
    fn some_time(&self, dice: &mut Dice, field: DateField) -> Timestamp {
        dice.one(&self.stories).time(field)
    }

    /// Each filter alone, with each of its values.
    pub fn each_alone(&self) -> Vec<Asked> {
        let mut all = vec![Asked::default()];
        let with = |change: &dyn Fn(&mut Asked)| {
            let mut asked = Asked::default();
            change(&mut asked);
            asked
        };
        for name in topic_names() {
            all.push(with(&|asked| asked.topics = vec![vec![name.clone()]]));
            all.push(with(&|asked| asked.without = vec![name.clone()]));
        }
        for language in LANGUAGES.into_iter().chain(["fr"]) {
            all.push(with(&|asked| asked.languages = vec![language]));
        }
        for (_, slug) in SOURCES {
            all.push(with(&|asked| asked.sources = vec![slug]));
        }
        // A genre that holds a comma cannot be written in REST's list.
        for genre in [GENRES[0], GENRES[1], "Obituary"] {
            all.push(with(&|asked| asked.genres = vec![genre]));
        }
        for urgency in 1..=9 {
            all.push(with(&|asked| asked.urgencies = vec![urgency]));
        }
        for date_field in DateField::ALL {
            for told in self.stories.iter().step_by(12) {
                let time = told.time(date_field);
                all.push(with(&|asked| (asked.date_field, asked.from) = (date_field, Some(time))));
                all.push(with(&|asked| (asked.date_field, asked.to) = (date_field, Some(time))));
            }
        }
        all
    }

    /// Any of the filters together.
    pub fn some_together(&self, dice: &mut Dice) -> Asked {
        let mut asked = Asked::default();
        let names = topic_names();
        if !dice.once_in(3) {
            for _ in 0..=dice.roll(2) {
                asked.topics.push(dice.some(&names, 3));
            }
        }
        if dice.once_in(3) {
            asked.without = dice.some(&names, 2);
        }
        if dice.once_in(4) {
            asked.languages = dice.some(&LANGUAGES, 3);
        }
        if dice.once_in(4) {
            asked.sources = dice.some(&SOURCES.map(|(_, slug)| slug), 2);
        }
        if dice.once_in(5) {
            asked.genres = dice.some(&GENRES[..2], 2);
        }
        if dice.once_in(5) {
            asked.urgencies = dice.some(&[1, 2, 3, 4, 5, 6, 7, 8, 9], 6);
        }
        asked.date_field = *dice.one(&DateField::ALL);
        let (one, other) = (
            self.some_time(dice, asked.date_field),
            self.some_time(dice, asked.date_field),
        );
        if dice.once_in(4) && one != other {
            (asked.from, asked.to) = (Some(one.min(other)), Some(one.max(other)));
        } else if dice.once_in(4) {
            asked.from = Some(one);
        } else if dice.once_in(4) {
            asked.to = Some(one);
        }
        asked
    }
}

async fn put(
    press: &Press,
    dice: &mut Dice,
    (n, edition): (usize, i64),
    first_published: Timestamp,
    now: Timestamp,
) -> Told {
    let slugs: Vec<&'static str> = TREE
        .iter()
        .map(|(slug, ..)| *slug)
        .filter(|s| *s != "gardening")
        .collect();
    let topics = if dice.once_in(6) {
        Vec::new()
    } else {
        dice.some(&slugs, 3)
    };
    let language = *dice.one(&LANGUAGES);
    let source = (!dice.once_in(4)).then(|| *dice.one(&SOURCES));
    let genre = (!dice.once_in(3)).then(|| *dice.one(&GENRES));
    let urgency = (!dice.once_in(4)).then(|| 1 + dice.roll(9));
    let published = first_published + SignedDuration::from_mins(i64::try_from(dice.roll(3)).unwrap());
    let published = published.min(now);
    // Some are gone when the clock has moved on, some not before next week.
    let expires = dice
        .once_in(5)
        .then(|| now + SignedDuration::from_mins(*dice.one(&[10, 10_000])));
    let mut story = press
        .story(&format!("urn:list:{n}"))
        .headline(&format!("Story {n}, edition {edition}"))
        .topics(topics.iter().copied())
        .language(language)
        .published_at(&first_published.to_string())
        .with("published", published.to_string());
    if let Some((name, _)) = source {
        story = story.source(name);
    }
    if let Some(genre) = genre {
        story = story.with("genre", genre);
    }
    if let Some(urgency) = urgency {
        story = story.with("urgency", urgency);
    }
    if let Some(expires) = expires {
        story = story.with("expires", expires.to_string());
    }
    let put = story.await;
    assert_eq!(put.version, edition);
    Told {
        id: put.id,
        topics: topics.iter().flat_map(|t| lineage(t)).collect(),
        language,
        source: source.map(|(_, slug)| slug),
        genre,
        urgency,
        first_published,
        published,
        version_created: now,
        expires,
    }
}

/// A topic and all above it.
fn lineage(slug: &str) -> Vec<&'static str> {
    let mut line = Vec::new();
    let mut next = Some(slug);
    while let Some((slug, parent, _)) = next.and_then(|slug| TREE.iter().find(|(s, ..)| *s == slug)) {
        line.push(*slug);
        next = *parent;
    }
    line
}

/// Slugs, and codes where there are any.
fn topic_names() -> Vec<String> {
    let codes = TREE.iter().filter_map(|(_, _, code)| *code);
    TREE.iter()
        .map(|(slug, ..)| *slug)
        .chain(codes)
        .map(str::to_owned)
        .collect()
}

fn slug_of(name: &str) -> &str {
    let coded = TREE.iter().find(|(_, _, code)| *code == Some(name));
    coded.map_or(name, |(slug, ..)| slug)
}

impl Asked {
    /// The parameters of REST, each behind an `&`; topics in one expression or in several, which is the same.
    pub fn rest(&self, dice: &mut Dice) -> String {
        let clauses = self.topics.iter().map(|clause| clause.join("|"));
        let clauses: Vec<String> = clauses
            .chain(self.without.iter().map(|name| format!("-{name}")))
            .collect();
        let topics = if dice.once_in(2) {
            clauses
        } else {
            vec![clauses.join(",")]
        };
        let urgencies: Vec<String> = self.urgencies.iter().map(usize::to_string).collect();
        let field = match self.date_field {
            DateField::FirstPublished if dice.once_in(2) => "",
            DateField::FirstPublished => "firstPublished",
            DateField::Published => "published",
            DateField::VersionCreated => "versionCreated",
        };
        let mut pairs: Vec<(&str, String)> = topics.into_iter().map(|t| ("topic", t)).collect();
        pairs.push(("language", self.languages.join(",")));
        pairs.push(("source", self.sources.join(",")));
        pairs.push(("genre", self.genres.join(",")));
        pairs.push(("urgency", urgencies.join(",")));
        pairs.push(("dateField", field.to_owned()));
        pairs.push(("from", self.from.map(kyiv).unwrap_or_default()));
        pairs.push(("to", self.to.map(kyiv).unwrap_or_default()));
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        pairs
            .map(|(name, value)| format!("&{name}={}", segment(&value)))
            .collect()
    }

    /// GraphQL's filter; it knows one `any` only.
    pub fn graphql(&self) -> Option<Value> {
        let (all, any): (Vec<_>, Vec<_>) = self.topics.iter().partition(|clause| clause.len() == 1);
        if any.len() > 1 {
            return None;
        }
        let all: Vec<&String> = all.into_iter().flatten().collect();
        let field = match self.date_field {
            DateField::FirstPublished => "FIRST_PUBLISHED",
            DateField::Published => "PUBLISHED",
            DateField::VersionCreated => "VERSION_CREATED",
        };
        Some(json!({
            "topics": { "all": all, "any": any.first(), "none": self.without },
            "languages": self.languages,
            "sources": self.sources,
            "genres": self.genres,
            "urgencies": self.urgencies,
            "dateField": field,
            "from": self.from.map(kyiv),
            "to": self.to.map(kyiv),
        }))
    }
}

/// The same instant with another offset.
fn kyiv(time: Timestamp) -> String {
    time.display_with_offset(jiff::tz::Offset::constant(2)).to_string()
}
