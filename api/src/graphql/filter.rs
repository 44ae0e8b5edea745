//! What a list can be narrowed by.

use super::scalar::DateTime;
use crate::error::{Error, Fault, Result};
use crate::news::filter::{DateField as Field, DateRange, Filter, TopicExpression};
use crate::news::{language, topic};
use async_graphql::{Enum, InputObject};
use jiff::Timestamp;

/// All conditions must hold.
#[derive(InputObject, Default)]
pub struct ArticleFilter {
    topics: Option<TopicCondition>,
    /// One of these; BCP 47 tags.
    languages: Option<Vec<String>>,
    /// One of these; slugs.
    sources: Option<Vec<String>>,
    /// One of these.
    genres: Option<Vec<String>>,
    /// One of these, 1 (highest) to 9.
    urgencies: Option<Vec<i32>>,
    /// One of these; slugs.
    channels: Option<Vec<String>>,
    /// From this time on.
    from: Option<DateTime>,
    /// Before this time.
    to: Option<DateTime>,
    /// The time that `from` and `to` mean.
    #[graphql(default)]
    date_field: DateField,
}

/// Topics by slug or code. A parent's topic includes its children's stories.
#[derive(InputObject, Default)]
pub struct TopicCondition {
    /// In all of these.
    all: Option<Vec<String>>,
    /// In one of these at least.
    any: Option<Vec<String>>,
    /// In none of these.
    none: Option<Vec<String>>,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateField {
    #[default]
    FirstPublished,
    Published,
    VersionCreated,
}

/// Kinds of topics.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "topic::TopicKind")]
pub enum TopicKind {
    Subject,
    Place,
    Person,
    Organisation,
    Event,
}

/// Which topics a list shows.
#[derive(InputObject, Default)]
pub struct TopicFilter {
    pub kind: Option<TopicKind>,
    /// Children of the topic with this slug.
    pub parent: Option<String>,
    /// Only those without a parent.
    #[graphql(default)]
    pub roots: bool,
}

const MOST: usize = 50;

impl ArticleFilter {
    pub fn read(self) -> Result<Filter> {
        let ArticleFilter {
            topics,
            languages,
            sources,
            genres,
            urgencies,
            channels,
            from,
            to,
            date_field,
        } = self;
        let mut faults = Vec::new();
        let TopicCondition { all, any, none } = topics.unwrap_or_default();
        let clauses = all
            .unwrap_or_default()
            .into_iter()
            .map(|t| vec![t])
            .chain(any)
            .collect::<Vec<_>>();
        let expression = TopicExpression {
            clauses,
            without: none.unwrap_or_default(),
        };
        if expression.clauses.len() + expression.without.len() > MOST
            || expression.clauses.iter().any(|c| c.len() > MOST)
        {
            faults.push(Fault::new(
                "filter.topics",
                "too_many",
                format!("at most {MOST} topics in each list"),
            ));
        }
        let mut tags = Vec::new();
        for tag in languages.unwrap_or_default() {
            match language::normalise(&tag) {
                Ok(tag) => tags.push(tag),
                Err(message) => faults.push(Fault::new("filter.languages", "invalid_language", message)),
            }
        }
        let urgencies = urgencies.unwrap_or_default();
        let known: Vec<u8> = urgencies
            .iter()
            .filter_map(|u| u8::try_from(*u).ok())
            .filter(|u| (1..=9).contains(u))
            .collect();
        if known.len() < urgencies.len() {
            faults.push(Fault::new(
                "filter.urgencies",
                "out_of_range",
                "must be from 1 (highest) to 9",
            ));
        }
        let (sources, genres) = (sources.unwrap_or_default(), genres.unwrap_or_default());
        let channels = channels.unwrap_or_default();
        for (field, count) in [
            ("sources", sources.len()),
            ("genres", genres.len()),
            ("languages", tags.len()),
            ("channels", channels.len()),
        ] {
            if count > MOST {
                faults.push(Fault::new(
                    format!("filter.{field}"),
                    "too_many",
                    format!("at most {MOST}"),
                ));
            }
        }
        let time = |t: Option<DateTime>| t.and_then(|t| t.0.parse::<Timestamp>().ok());
        let dates = DateRange {
            field: date_field.into(),
            from: time(from),
            to: time(to),
        };
        if dates.from.zip(dates.to).is_some_and(|(from, to)| from >= to) {
            faults.push(Fault::new("filter.to", "out_of_range", "must be after `from`"));
        }
        if !faults.is_empty() {
            return Err(Error::parameters(faults));
        }
        Ok(Filter {
            topics: expression,
            languages: tags,
            sources,
            genres,
            urgencies: known,
            dates,
            channels,
        })
    }
}

impl From<DateField> for Field {
    fn from(field: DateField) -> Field {
        match field {
            DateField::FirstPublished => Field::FirstPublished,
            DateField::Published => Field::Published,
            DateField::VersionCreated => Field::VersionCreated,
        }
    }
}
