//! All field rules, in one place. Every fault is found before any is reported.
//!
//! Here are those of a story; `beside` has its links and renditions, `past` what an export tells of it, `steps` what is said
//! where a story's state changes.

mod beside;
mod past;
mod steps;

pub use past::check_history;
pub use steps::{check_cancel, check_note, check_reason, check_rename, check_until};

use super::draft::{Draft, Text, TopicName};
use crate::error::{Error, Fault, Result};
use crate::news::extra::Extra;
use crate::news::submission::Submission;
use crate::news::topic::TopicKey;
use crate::news::{html, language, micros, slug, uri};
use jiff::{SignedDuration, Timestamp};

/// Publishers' clocks may be ahead of ours by this much.
const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// The year 1: RFC 3339 has no years before Christ.
const EARLIEST: Timestamp = Timestamp::constant(-62_135_596_800, 0);
const MOST_TOPICS: usize = 50;
/// Bytes as sent.
const LONGEST_BODY: usize = 1_000_000;

pub fn check(submission: Submission, home_language: &str, now: Timestamp) -> Result<Draft> {
    let mut rules = Rules::new(now);
    let draft = rules.draft(submission, home_language);
    match draft {
        Some(draft) if rules.faults.is_empty() => Ok(draft),
        _ => Err(Error::content(rules.faults)),
    }
}

/// The second that begins where a leap second (`:60`) is said.
fn after_leap(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second().saturating_add(1)).unwrap_or(time)
}

struct Rules {
    faults: Vec<Fault>,
    now: Timestamp,
}

impl Rules {
    fn new(now: Timestamp) -> Rules {
        Rules {
            faults: Vec::new(),
            now,
        }
    }

    fn done<T>(self, checked: T) -> Result<T> {
        if self.faults.is_empty() {
            Ok(checked)
        } else {
            Err(Error::content(self.faults))
        }
    }

    fn fault(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        self.faults.push(Fault::new(field, code, message));
    }

    fn draft(&mut self, s: Submission, home_language: &str) -> Option<Draft> {
        // Taken apart by name, so that a new field asks what its rule is.
        let Submission {
            uri,
            slug,
            language,
            headline,
            summary,
            body,
            body_text,
            byline,
            dateline,
            slugline,
            urgency,
            genre,
            ed_note,
            first_published,
            published,
            embargoed_until,
            expires,
            source,
            topics,
            related_links,
            renditions,
            replaces,
            extra,
        } = s;
        let uri = self
            .required("uri", uri)
            .filter(|u| self.said("uri", "invalid_uri", uri::valid_uri(u)));
        let slug = slug.filter(|s| self.said("slug", "invalid_slug", slug::valid_slug(s)));
        let language = self.language(language.as_deref().unwrap_or(home_language));
        let headline = self.required("headline", headline);
        let headline = headline.and_then(|h| self.line("headline", Some(h), 500));
        let body = self.body(body, body_text);
        let summary = self.line("summary", summary, 5_000);
        let byline = self.line("byline", byline, 500);
        let dateline = self.line("dateline", dateline, 200);
        let slugline = self.line("slugline", slugline, 200);
        let genre = self.line("genre", genre, 100);
        let ed_note = self.line("edNote", ed_note, 2_000);
        let source = self
            .line("source", source, 200)
            .and_then(|name| self.named("source", name, home_language));
        let urgency = urgency.and_then(|u| self.urgency(u));
        let embargoed_until = self.until(embargoed_until);
        // What waits may be dated from when it will be there.
        let latest = embargoed_until.map_or(self.now, |until| until.max(self.now));
        let first_published = self.past("firstPublished", first_published, latest);
        let published = self.past("published", published, latest);
        let expires = self.time("expires", expires);
        if let (Some(until), Some(end)) = (embargoed_until, expires)
            && until > self.now
            && end <= until
        {
            self.fault("expires", "before_embargo", "must be after `embargoedUntil`");
        }
        if let (Some(first), Some(this)) = (first_published, published)
            && this < first
        {
            self.fault("published", "before_first", "must not be before `firstPublished`");
        }
        let topics = self.topics(topics.unwrap_or_default());
        let related_links = self.links(related_links.unwrap_or_default(), uri.as_deref());
        let renditions = self.renditions(renditions.unwrap_or_default());
        let replaces = replaces.filter(|r| self.said("replaces", "invalid_uri", uri::valid_uri(r)));
        if replaces.is_some() && replaces == uri {
            self.fault("replaces", "self_link", "must be another story");
        }
        let extra = match extra.unwrap_or_default().checked() {
            Ok(extra) => extra,
            Err(message) => {
                self.fault("extra", "invalid_extra", message);
                Extra::default()
            }
        };
        let (uri, language, headline, (body_html, body_text, word_count)) = (uri?, language?, headline?, body?);
        let text = Text {
            language,
            headline,
            summary,
            body_html,
            body_text,
            word_count,
            byline,
            dateline,
            slugline,
            urgency,
            genre,
            ed_note,
            expires,
            related_links,
            renditions,
            replaces,
            extra,
        };
        let new_topics = Vec::new();
        Some(Draft {
            uri,
            slug,
            text,
            first_published,
            published,
            embargoed_until,
            source,
            topics,
            new_topics,
            correction: None,
            history: None,
        })
    }

    fn said<E: std::fmt::Display>(&mut self, field: &str, code: &'static str, verdict: Result<(), E>) -> bool {
        match verdict {
            Ok(()) => true,
            Err(message) => {
                self.fault(field, code, message.to_string());
                false
            }
        }
    }

    fn required(&mut self, field: &str, text: Option<String>) -> Option<String> {
        let text = text.filter(|t| !t.trim().is_empty());
        if text.is_none() {
            self.fault(field, "required", "is required and must not be empty");
        }
        text
    }

    /// One line of plain text: white space is folded, an empty one is none.
    fn line(&mut self, field: &str, text: Option<String>, longest: usize) -> Option<String> {
        let text = text?;
        if !self.clean(field, &text) {
            return None;
        }
        let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let length = folded.chars().count();
        if length > longest {
            self.fault(
                field,
                "too_long",
                format!("must be at most {longest} characters, not {length}"),
            );
            return None;
        }
        Some(folded).filter(|t| !t.is_empty())
    }

    /// What XML 1.0 cannot hold never comes in. The controls from U+0080 on are let in: real wires carry dashes that were
    /// decoded wrongly, and a story is worth more than a dash.
    fn clean(&mut self, field: &str, text: &str) -> bool {
        let bad = text.chars().find(|c| {
            (c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t')) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
        });
        if let Some(bad) = bad {
            self.fault(
                field,
                "control_character",
                format!("holds the control character U+{:04X}; take it out", bad as u32),
            );
        }
        bad.is_none()
    }

    fn language(&mut self, tag: &str) -> Option<String> {
        match language::normalise(tag) {
            Ok(tag) => Some(tag),
            Err(message) => {
                self.fault("language", "invalid_language", message);
                None
            }
        }
    }

    fn urgency(&mut self, urgency: i64) -> Option<u8> {
        let known = u8::try_from(urgency).ok().filter(|u| (1..=9).contains(u));
        if known.is_none() {
            self.fault(
                "urgency",
                "out_of_range",
                format!("must be between 1 (highest) and 9, not {urgency}"),
            );
        }
        known
    }

    fn time(&mut self, field: &str, text: Option<String>) -> Option<Timestamp> {
        let text = text?;
        match text.parse::<Timestamp>() {
            // A leap second is read as the one before it, and would begin too early.
            Ok(time) if time >= EARLIEST && text.contains(":60") => Some(after_leap(time)),
            Ok(time) if time >= EARLIEST => Some(micros(time)),
            Ok(_) | Err(_) => {
                self.fault(
                    field,
                    "invalid_time",
                    "must be a time with its offset (RFC 3339), such as 2026-01-12T19:16:00+02:00",
                );
                None
            }
        }
    }

    /// The end of an embargo, never rounded down.
    fn until(&mut self, text: Option<String>) -> Option<Timestamp> {
        let said = text.as_ref().and_then(|text| text.parse::<Timestamp>().ok());
        let until = self.time("embargoedUntil", text)?;
        let begins = said.is_none_or(|said| said <= until);
        let next = || Timestamp::from_microsecond(until.as_microsecond().saturating_add(1)).unwrap_or(until);
        Some(if begins { until } else { next() })
    }

    /// Not after the latest that it may be.
    fn past(&mut self, field: &str, text: Option<String>, latest: Timestamp) -> Option<Timestamp> {
        let time = self.time(field, text)?;
        if time > latest.max(self.now + SKEW) {
            self.fault(
                field,
                "in_the_future",
                "lies in the future; a story is public from the moment it is put in, or from `embargoedUntil` on",
            );
            return None;
        }
        Some(time)
    }

    fn body(&mut self, html: Option<String>, text: Option<String>) -> Option<(String, String, u32)> {
        let (field, length) = match (&html, &text) {
            (Some(_), Some(_)) => {
                self.fault(
                    "bodyText",
                    "conflict",
                    "give `body` (HTML) or `bodyText` (plain text), not both",
                );
                return None;
            }
            (Some(html), None) => ("body", html.len()),
            (None, Some(text)) => ("bodyText", text.len()),
            (None, None) => return Some((String::new(), String::new(), 0)),
        };
        if length > LONGEST_BODY {
            self.fault(
                field,
                "too_long",
                format!("must be at most {LONGEST_BODY} bytes, not {length}"),
            );
            return None;
        }
        let dirty = html.or(text).unwrap_or_default();
        if !self.clean(field, &dirty) {
            return None;
        }
        // What is made from plain text is clean by construction.
        let clean = if field == "body" {
            html::sanitise(&dirty)
        } else {
            html::from_text(&dirty)
        };
        let plain = html::plain(&html::paragraphs(&clean));
        let words = html::word_count(&plain);
        Some((clean, plain, words))
    }

    fn named(&mut self, field: &str, name: String, language: &str) -> Option<TopicName> {
        let slug = slug::of_name(&name, language);
        if slug.is_none() {
            self.fault(field, "unnameable", "needs at least one letter or digit");
        }
        slug.map(|slug| TopicName { slug, name })
    }

    fn topics(&mut self, topics: Vec<String>) -> Vec<TopicKey> {
        if topics.len() > MOST_TOPICS {
            self.fault(
                "topics",
                "too_many",
                format!("at most {MOST_TOPICS}, not {}", topics.len()),
            );
            return Vec::new();
        }
        for (i, topic) in topics.iter().enumerate() {
            if topic.trim().is_empty() {
                self.fault(&format!("topics[{i}]"), "required", "must be a topic's slug or code");
            }
        }
        topics.iter().map(|t| TopicKey::read(t.trim())).collect()
    }
}
