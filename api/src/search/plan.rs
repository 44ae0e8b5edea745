//! From what was asked to what the library looks for.

use super::analysis::{folded, stems_of, tokens};
use super::document::id_term;
use super::language::{Asked, Clause, Field as Named, Part};
use super::schema::Fields;
use super::tongue::Tongue;
use super::weigh::Weigh;
use crate::news::filter::{DateField, Selection};
use crate::news::visibility::Terms;
use crate::news::{ArticleId, SourceId, TopicId};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound;
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, EmptyQuery, InvertedIndexRangeQuery,
    Occur, PhraseQuery, Query, RangeQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

/// What a word weighs in a headline and in a summary, over what it weighs in the text, where it is counted too; and what it
/// weighs besides in one that has all words of the query. One word of several in a headline says little: what has all of
/// them in its text would stand behind everything whose headline touches on it.
const HEADLINE: f32 = 0.2;
const WHOLE_HEADLINE: f32 = 1.5;
const SUMMARY: f32 = 0.1;
const WHOLE_SUMMARY: f32 = 0.5;
/// The words of a query one after another.
const TOGETHER: f32 = 1.5;
/// Most words that are looked for one after another although nobody put them in quotes.
const MOST_TOGETHER: usize = 8;

/// Names in a query, as the house knows them. What is not in here is nobody's name.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub topics: HashMap<String, TopicId>,
    pub sources: HashMap<String, SourceId>,
}

type Clauses = Vec<(Occur, Box<dyn Query>)>;

pub struct Planner<'a> {
    pub fields: &'a Fields,
    /// The languages that a word may be of.
    pub tongues: &'a [Tongue],
    pub names: &'a Names,
}

impl Planner<'_> {
    /// What the words say. `weigh` says whether it would cost too much to look for them one after another.
    pub fn content(&self, asked: &Asked, weigh: &Weigh<'_>) -> tantivy::Result<Box<dyn Query>> {
        if asked.void {
            return Ok(Box::new(EmptyQuery));
        }
        let mut clauses: Clauses = Vec::new();
        let said = distinct(asked);
        for clause in &said {
            let any: Vec<Box<dyn Query>> = clause.any.iter().map(|part| self.part(part)).collect();
            if clause.not {
                clauses.push((Occur::MustNot, union(any)));
                continue;
            }
            clauses.push((Occur::Must, union(any)));
        }
        if !clauses.iter().any(|(occur, _)| *occur == Occur::Must) {
            clauses.push((Occur::Must, flat(Box::new(AllQuery))));
        }
        let weights = self.weights(&said).into_iter().chain(self.together(asked, weigh)?);
        clauses.extend(weights.map(|query| (Occur::Should, query)));
        Ok(Box::new(BooleanQuery::new(clauses)))
    }

    fn part(&self, part: &Part) -> Box<dyn Query> {
        match part.field {
            Named::Text if part.prefix => self.prefix(part, self.fields.words, self.fields.text),
            Named::Headline if part.prefix => self.prefix(part, self.fields.title, self.fields.headline),
            Named::Text => self.words(&part.text, self.fields.text, Some(self.fields.words)),
            Named::Headline => self.words(&part.text, self.fields.headline, Some(self.fields.title)),
            Named::Summary => self.words(&part.text, self.fields.summary, None),
            Named::Byline => self.words(&part.text, self.fields.byline, None),
            Named::Topic | Named::Source | Named::Language | Named::Genre | Named::Urgency => match self.name(part) {
                Some(name) => flat(term(name, IndexRecordOption::Basic)),
                None => Box::new(EmptyQuery),
            },
        }
    }

    /// The name that a part asks for, where it does and somebody has it.
    pub(super) fn name(&self, part: &Part) -> Option<Term> {
        let raw = |field| Some(Term::from_field_text(field, &part.text));
        let id = |field, id: uuid::Uuid| Some(Term::from_field_text(field, &id.simple().to_string()));
        match part.field {
            Named::Text | Named::Headline | Named::Summary | Named::Byline => None,
            Named::Topic => id(self.fields.topic, self.names.topics.get(&part.text)?.0),
            Named::Source => id(self.fields.source, self.names.sources.get(&part.text)?.0),
            Named::Language => raw(self.fields.language),
            Named::Genre => raw(self.fields.genre),
            Named::Urgency => Some(Term::from_field_u64(self.fields.urgency, part.text.parse().ok()?)),
        }
    }

    /// Words as they stand, in any of the languages that they may be of. `single` is where a letter of a script without
    /// spaces stands alone.
    fn words(&self, text: &str, field: Field, single: Option<Field>) -> Box<dyn Query> {
        if let Some(single) = single
            && let Some(letter) = self.lone_letter(text)
        {
            return term(Term::from_field_text(single, &letter), IndexRecordOption::Basic);
        }
        best(
            self.readings(text)
                .into_iter()
                .map(|stems| sequence(field, &stems))
                .collect(),
        )
    }

    /// The single words of a query with the forms that the languages give them, in each field where they weigh.
    pub fn forms(&self, asked: &Asked) -> Vec<Vec<Term>> {
        let mut words = Vec::new();
        for part in asked.wanted().filter(|part| !part.field.is_name() && !part.prefix) {
            let single = |stems: Vec<String>| <[String; 1]>::try_from(stems).ok().map(|[stem]| stem);
            let stems: Vec<String> = self.readings(&part.text).into_iter().filter_map(single).collect();
            if stems.len() < 2 {
                continue;
            }
            let Fields {
                text,
                headline,
                summary,
                byline,
                ..
            } = *self.fields;
            for field in [text, headline, summary, byline] {
                words.push(stems.iter().map(|stem| Term::from_field_text(field, stem)).collect());
            }
        }
        words
    }

    pub(super) fn lone_letter(&self, text: &str) -> Option<String> {
        let mut found = Vec::new();
        tokens(text, Tongue::of(""), |token| found.push(token));
        match found.as_slice() {
            [only] if only.dense => Some(only.folded.clone()),
            _ => None,
        }
    }

    /// What a piece of a query is in each language of the house, each only once. Words of another script stand in stories of
    /// every language, and no stemmer touches them.
    pub(super) fn readings(&self, text: &str) -> BTreeSet<Vec<String>> {
        let of = |tongue: &Tongue| stems_of(text, *tongue);
        self.tongues.iter().map(of).filter(|stems| !stems.is_empty()).collect()
    }

    fn prefix(&self, part: &Part, words: Field, stems: Field) -> Box<dyn Query> {
        let mut all = Vec::new();
        tokens(&part.text, Tongue::of(""), |token| all.push((token.from, token.folded)));
        let Some((from, _)) = all.pop() else {
            return Box::new(EmptyQuery);
        };
        let (before, last) = part.text.split_at_checked(from).unwrap_or(("", &part.text));
        let mut beginnings = BTreeSet::new();
        for tongue in self.tongues {
            tokens(last, *tongue, |token| _ = beginnings.insert(token.folded));
        }
        // One letter begins half of all words.
        let short = |beginning: &String| beginning.is_ascii() && beginning.len() < 2;
        let any = beginnings.into_iter().map(|beginning| match short(&beginning) {
            true => flat(term(Term::from_field_text(words, &beginning), IndexRecordOption::Basic)),
            false => begins(words, &beginning),
        });
        let any = union(any.collect());
        if all.is_empty() {
            return any;
        }
        let before = self.words(before, stems, None);
        Box::new(BooleanQuery::new(vec![(Occur::Must, before), (Occur::Must, any)]))
    }

    /// What makes a story weigh more.
    fn weights(&self, said: &[Clause]) -> Vec<Box<dyn Query>> {
        let mut weights = Vec::new();
        for (field, each, whole) in [
            (self.fields.headline, HEADLINE, WHOLE_HEADLINE),
            (self.fields.summary, SUMMARY, WHOLE_SUMMARY),
        ] {
            let mut all = Vec::new();
            for clause in said.iter().filter(|clause| !clause.not) {
                let words = clause
                    .any
                    .iter()
                    .filter(|part| part.field == Named::Text && !part.prefix);
                let any: Vec<Box<dyn Query>> = words.map(|part| self.words(&part.text, field, None)).collect();
                if !any.is_empty() {
                    all.push(union(any));
                }
            }
            match <[Box<dyn Query>; 1]>::try_from(all) {
                Ok([only]) => weights.push(boosted(only, each + whole)),
                Err(none) if none.is_empty() => {}
                Err(all) => {
                    weights.extend(all.iter().map(|query| boosted(query.box_clone(), each)));
                    weights.push(boosted(Box::new(BooleanQuery::intersection(all)), whole));
                }
            }
        }
        weights
    }

    /// The single words of a query, one after another.
    fn together(&self, asked: &Asked, weigh: &Weigh<'_>) -> tantivy::Result<Vec<Box<dyn Query>>> {
        let mut words = Vec::new();
        for clause in asked.clauses.iter().filter(|clause| !clause.not) {
            match clause.any.as_slice() {
                [part] if part.field == Named::Text && !part.prefix => words.push(part.text.as_str()),
                _ => return Ok(Vec::new()),
            }
        }
        let text = words.join(" ");
        if !(2..=MOST_TOGETHER).contains(&words.len()) || self.are_too_many(&text, weigh)? {
            return Ok(Vec::new());
        }
        let readings = self.readings(&text);
        let phrase = |field| {
            let any = readings.iter().map(|stems| sequence(field, stems)).collect();
            boosted(best(any), TOGETHER)
        };
        Ok(vec![phrase(self.fields.text), phrase(self.fields.headline)])
    }

    /// Where the text of a part is looked for; none where it is a name or the beginning of a word.
    pub(super) fn field(&self, part: &Part) -> Option<Field> {
        match part.field {
            _ if part.prefix => None,
            Named::Text => Some(self.fields.text),
            Named::Headline => Some(self.fields.headline),
            Named::Summary => Some(self.fields.summary),
            Named::Byline => Some(self.fields.byline),
            Named::Topic | Named::Source | Named::Language | Named::Genre | Named::Urgency => None,
        }
    }

    /// Headlines that have these words, the last of them perhaps not written to its end.
    pub fn headline(&self, text: &str) -> Box<dyn Query> {
        let mut words = Vec::new();
        tokens(text, Tongue::of(""), |token| words.push(token));
        let Some(last) = words.pop() else {
            return Box::new(EmptyQuery);
        };
        let open = text.len() == last.to;
        let mut clauses: Clauses = Vec::new();
        let folded = |at: (usize, usize)| {
            let word = text.get(at.0..at.1).unwrap_or_default();
            let mut forms = BTreeSet::new();
            for tongue in self.tongues {
                tokens(word, *tongue, |token| _ = forms.insert(token.folded));
            }
            forms
        };
        let exact = |word: &String| term(Term::from_field_text(self.fields.title, word), IndexRecordOption::Basic);
        for word in &words {
            let any = folded((word.from, word.to)).iter().map(exact).collect();
            clauses.push((Occur::Must, union(any)));
        }
        let last = folded((last.from, last.to));
        let last = last.iter().map(|word| {
            if open {
                begins(self.fields.title, word)
            } else {
                exact(word)
            }
        });
        clauses.push((Occur::Must, union(last.collect())));
        Box::new(BooleanQuery::new(clauses))
    }
}

/// The conditions of a query, each once: who says a word twice says no more.
pub(super) fn distinct(asked: &Asked) -> Vec<Clause> {
    let said = |part: &Part| {
        let words = match part.field.is_name() {
            true => vec![part.text.clone()],
            false => folded(&part.text),
        };
        (part.field, part.prefix, words)
    };
    let mut known = HashSet::new();
    let mut clauses = Vec::new();
    for clause in &asked.clauses {
        let any: BTreeMap<_, &Part> = clause.any.iter().map(|part| (said(part), part)).collect();
        let parts = any.values().map(|part| (*part).clone()).collect();
        if known.insert((clause.not, any.into_keys().collect::<Vec<_>>())) {
            clauses.push(Clause {
                not: clause.not,
                any: parts,
            });
        }
    }
    clauses
}

/// What a list is narrowed by. Nothing of it weighs.
pub fn selected(fields: &Fields, selection: &Selection) -> Clauses {
    // Taken apart by name, so that a new condition asks what it means here.
    let Selection {
        topics,
        without_topics,
        languages,
        sources,
        genres,
        urgencies,
        dates,
        channels,
    } = selection;
    let mut clauses: Clauses = Vec::new();
    let mut narrow = |occur, field, words: Vec<String>| {
        let terms = words.iter().map(|word| Term::from_field_text(field, word));
        clauses.push((occur, flat(any_of(terms.collect()))));
    };
    for clause in topics {
        narrow(
            Occur::Must,
            fields.topic,
            clause.iter().map(|t| t.0.simple().to_string()).collect(),
        );
    }
    if !without_topics.is_empty() {
        let topics = without_topics.iter().map(|t| t.0.simple().to_string());
        narrow(Occur::MustNot, fields.topic, topics.collect());
    }
    if !languages.is_empty() {
        narrow(Occur::Must, fields.language, languages.clone());
    }
    if let Some(sources) = sources {
        narrow(
            Occur::Must,
            fields.source,
            sources.iter().map(|s| s.0.simple().to_string()).collect(),
        );
    }
    if !genres.is_empty() {
        narrow(Occur::Must, fields.genre, genres.clone());
    }
    if let Some(channels) = channels {
        narrow(
            Occur::Must,
            fields.channel,
            channels.iter().map(|c| c.0.simple().to_string()).collect(),
        );
    }
    if !urgencies.is_empty() {
        let terms = urgencies
            .iter()
            .map(|u| Term::from_field_u64(fields.urgency, u64::from(*u)));
        clauses.push((Occur::Must, flat(any_of(terms.collect()))));
    }
    let field = match dates.field {
        DateField::FirstPublished => fields.first_published,
        DateField::Published => fields.published,
        DateField::VersionCreated => fields.version_created,
    };
    let at = |time: jiff::Timestamp| Term::from_field_i64(field, time.as_microsecond());
    let from = dates.from.map_or(Bound::Unbounded, |from| Bound::Included(at(from)));
    let to = dates.to.map_or(Bound::Unbounded, |to| Bound::Excluded(at(to)));
    if dates.from.is_some() || dates.to.is_some() {
        clauses.push((Occur::Must, flat(Box::new(RangeQuery::new(from, to)))));
    }
    clauses
}

/// What the gate keeps back, as far as the index knows: the same rule as `news/visibility.rs`, which every hit passes
/// besides. What is not public is not in the index at all.
pub fn visible(
    fields: &Fields,
    terms: &Terms,
    hidden: &[ArticleId],
    any_expired: impl Fn(&dyn Query) -> bool,
) -> Clauses {
    let Terms {
        status: _,
        expires_after,
        channels,
    } = terms;
    let mut clauses: Clauses = Vec::new();
    let upto = Term::from_field_i64(fields.expires, expires_after.as_microsecond());
    let expired = InvertedIndexRangeQuery::new(Bound::Unbounded, Bound::Included(upto));
    if any_expired(&expired) {
        clauses.push((Occur::MustNot, flat(Box::new(expired))));
    }
    if let Some(channels) = channels {
        let terms = channels
            .iter()
            .map(|c| Term::from_field_text(fields.channel, &c.0.simple().to_string()));
        clauses.push((Occur::Must, flat(any_of(terms.collect()))));
    }
    if !hidden.is_empty() {
        let terms = hidden.iter().map(|id| id_term(fields, *id));
        clauses.push((Occur::MustNot, flat(any_of(terms.collect()))));
    }
    clauses
}

/// Conditions as one query that weighs nothing.
pub fn all_of(mut clauses: Clauses) -> Box<dyn Query> {
    if !clauses.iter().any(|(occur, _)| *occur == Occur::Must) {
        clauses.push((Occur::Must, flat(Box::new(AllQuery))));
    }
    Box::new(BooleanQuery::new(clauses))
}

fn term(term: Term, record: IndexRecordOption) -> Box<dyn Query> {
    Box::new(TermQuery::new(term, record))
}

fn sequence(field: Field, stems: &[String]) -> Box<dyn Query> {
    let terms: Vec<Term> = stems.iter().map(|stem| Term::from_field_text(field, stem)).collect();
    match <[Term; 1]>::try_from(terms) {
        Ok([only]) => term(only, IndexRecordOption::WithFreqs),
        Err(terms) => Box::new(PhraseQuery::new(terms)),
    }
}

fn begins(field: Field, beginning: &str) -> Box<dyn Query> {
    let from = Term::from_field_text(field, beginning);
    let to = Term::from_field_text(field, &format!("{beginning}\u{10FFFF}"));
    flat(Box::new(InvertedIndexRangeQuery::new(
        Bound::Included(from),
        Bound::Excluded(to),
    )))
}

fn any_of(terms: Vec<Term>) -> Box<dyn Query> {
    match terms.len() {
        0 => Box::new(EmptyQuery),
        1..=8 => union(terms.into_iter().map(|t| term(t, IndexRecordOption::Basic)).collect()),
        _ => Box::new(TermSetQuery::new(terms)),
    }
}

fn union(any: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match <[Box<dyn Query>; 1]>::try_from(any) {
        Ok([only]) => only,
        Err(none) if none.is_empty() => Box::new(EmptyQuery),
        Err(any) => Box::new(BooleanQuery::union(any)),
    }
}

/// Forms of one word: a story that has two of them does not have it twice.
fn best(any: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match any.len() {
        0 | 1 => union(any),
        _ => Box::new(DisjunctionMaxQuery::new(any)),
    }
}

fn boosted(query: Box<dyn Query>, weight: f32) -> Box<dyn Query> {
    Box::new(BoostQuery::new(query, weight))
}

fn flat(query: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, 0.0))
}
