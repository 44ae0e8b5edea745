//! What a list is asked for.

use super::story::LinkKind;
use super::{ChannelId, SourceId, TopicId};
use jiff::Timestamp;

/// A selection of stories, every name already resolved. All conditions must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Each clause must be met by one of its topics. A clause without topics (they are unknown) is met by no story.
    pub topics: Vec<Vec<TopicId>>,
    pub without_topics: Vec<TopicId>,
    /// One of these, if any are given; likewise below.
    pub languages: Vec<String>,
    pub sources: Option<Vec<SourceId>>,
    pub genres: Vec<String>,
    pub urgencies: Vec<u8>,
    pub dates: DateRange,
    /// In one of these, if any are given. Whether they may be seen was asked before.
    pub channels: Option<Vec<ChannelId>>,
}

/// `from` is included, `to` is not.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DateRange {
    pub field: DateField,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateField {
    #[default]
    FirstPublished,
    Published,
    VersionCreated,
}

/// The same as a reader writes it, with slugs and codes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    pub topics: TopicExpression,
    pub languages: Vec<String>,
    /// Slugs.
    pub sources: Vec<String>,
    pub genres: Vec<String>,
    pub urgencies: Vec<u8>,
    pub dates: DateRange,
    /// Slugs; one of these.
    pub channels: Vec<String>,
}

/// A topic expression: every clause must hold, and none of `without`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicExpression {
    pub clauses: Vec<Vec<String>>,
    pub without: Vec<String>,
}

impl TopicExpression {
    /// `a|b` any of, `a,b` all of, `-a` not. Repeating the parameter is the same as a comma.
    pub fn read<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<TopicExpression, String> {
        let mut expression = TopicExpression::default();
        for clause in texts.into_iter().flat_map(|t| t.split(',')) {
            let clause = clause.trim();
            if let Some(topic) = clause.strip_prefix('-') {
                if topic.contains('|') {
                    return Err(format!(
                        "`{clause}`: a minus excludes one topic; to exclude several write `-a,-b`"
                    ));
                }
                expression.without.push(named(topic, clause)?);
            } else {
                expression
                    .clauses
                    .push(clause.split('|').map(|t| named(t, clause)).collect::<Result<_, _>>()?);
            }
        }
        if expression.clauses.len() + expression.without.len() > 10 || expression.clauses.iter().any(|c| c.len() > 20) {
            return Err("at most 10 conditions, each of at most 20 topics".to_owned());
        }
        Ok(expression)
    }

    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty() && self.without.is_empty()
    }
}

fn named(topic: &str, clause: &str) -> Result<String, String> {
    let topic = topic.trim();
    if topic.is_empty() || topic.starts_with('-') {
        return Err(format!(
            "`{clause}`: write topic slugs or codes as `a`, `a|b` (any), `a,b` (all), `-a` (not)"
        ));
    }
    Ok(topic.to_owned())
}

/// Which topics a list of topics shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicFilter {
    pub kind: Option<super::topic::TopicKind>,
    /// Children of this one.
    pub parent: Option<TopicId>,
    /// Only those without a parent.
    pub roots: bool,
}

/// A link as a reader gets it: the story it leads to, if he may see it, or the page elsewhere.
#[derive(Clone, Debug)]
pub struct ResolvedLink {
    pub kind: LinkKind,
    pub title: String,
    pub url: Option<String>,
    pub story: Option<std::sync::Arc<super::story::Story>>,
}
