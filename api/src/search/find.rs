//! Looking for something, as the index stood at one moment.

use super::gather::{Gather, Gathered, Rank};
use super::index::Mark;
use super::language::Asked;
use super::lists::Charts;
use super::plan::{Names, Planner, all_of, selected, visible};
use super::schema::Fields;
use super::tongue::Tongue;
use super::weigh::Weigh;
use crate::news::ArticleId;
use crate::news::filter::Selection;
use crate::news::visibility::Terms;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tantivy::query::{EnableScoring, Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, Searcher, TERMINATED, Term};

const DAY: i64 = 86_400_000_000;

/// What hits are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Relevance,
    Newest,
    Oldest,
}

/// By what is counted how hits spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Facet {
    Topic,
    Language,
    Source,
    Day,
}

impl Facet {
    /// The column that holds it; days are made of times.
    pub fn column(self) -> Option<&'static str> {
        match self {
            Facet::Topic => Some("topic"),
            Facet::Language => Some("language"),
            Facet::Source => Some("source"),
            Facet::Day => None,
        }
    }
}

/// What is looked for.
pub struct Wanted<'a> {
    pub asked: &'a Asked,
    pub names: &'a Names,
    pub selection: &'a Selection,
    pub order: Order,
    pub after: Option<Rank>,
    /// Hits, at most; with none it is only counted.
    pub most: usize,
    pub facets: &'a [Facet],
}

/// Who looks: what the gate lets through to him, and stories of which the wire knows something that the index does not
/// know yet.
pub struct Looker<'a> {
    pub terms: &'a Terms,
    pub hidden: &'a [ArticleId],
}

/// The index as it stood at one moment.
pub struct View {
    pub(super) searcher: Searcher,
    pub(super) fields: Fields,
    pub(super) mark: Mark,
    pub(super) charts: Arc<Charts>,
}

impl View {
    pub fn mark(&self) -> &Mark {
        &self.mark
    }

    pub fn stories(&self) -> u64 {
        self.searcher.num_docs()
    }

    pub fn find(&self, wanted: &Wanted<'_>, looker: &Looker<'_>) -> tantivy::Result<Gathered> {
        let Wanted {
            asked,
            names,
            selection,
            order,
            after,
            most,
            facets,
        } = *wanted;
        let within = self.within(looker)?;
        let tongues = self.tongues(selection, within.as_deref())?;
        let planner = Planner {
            fields: &self.fields,
            tongues: &tongues,
            names,
        };
        let weigh = Weigh::new(&self.searcher, &self.fields, within.as_deref())?;
        if planner.is_too_broad(asked, &weigh)? {
            return Ok(Gathered {
                too_broad: true,
                ..Gathered::default()
            });
        }
        let mut clauses = vec![(Occur::Must, planner.content(asked, &weigh)?)];
        clauses.extend(within.map(|within| (Occur::Must, within)));
        clauses.extend(selected(&self.fields, selection));
        let gather = Gather {
            order,
            after,
            most,
            facets: facets.iter().filter_map(|facet| facet.column()).collect(),
            days: facets.contains(&Facet::Day),
            today: looker.terms.expires_after.as_microsecond().div_euclid(DAY) * DAY,
        };
        let weigh = weigh.with_forms(planner.forms(asked));
        let query = all_of(clauses);
        let found = self.searcher.search_with_statistics_provider(&query, &gather, &weigh)?;
        Ok(Gathered { tongues, ..found })
    }

    /// The newest stories whose headlines have these words, the last of them perhaps not written to its end.
    pub fn headlines(
        &self,
        text: &str,
        selection: &Selection,
        looker: &Looker<'_>,
        most: usize,
    ) -> tantivy::Result<Vec<Rank>> {
        let within = self.within(looker)?;
        let tongues = self.tongues(selection, within.as_deref())?;
        let names = Names::default();
        let planner = Planner {
            fields: &self.fields,
            tongues: &tongues,
            names: &names,
        };
        let mut clauses = vec![(Occur::Must, planner.headline(text))];
        clauses.extend(within.map(|within| (Occur::Must, within)));
        clauses.extend(selected(&self.fields, selection));
        let gather = Gather {
            order: Order::Newest,
            after: None,
            most,
            facets: Vec::new(),
            days: false,
            today: 0,
        };
        Ok(self.searcher.search(&all_of(clauses), &gather)?.first)
    }

    /// What he may see, where that is not all that is here.
    pub(super) fn within(&self, looker: &Looker<'_>) -> tantivy::Result<Option<Box<dyn Query>>> {
        let any = |query: &dyn Query| self.any(query).unwrap_or(true);
        let clauses = visible(&self.fields, looker.terms, looker.hidden, any);
        Ok((!clauses.is_empty()).then(|| all_of(clauses)))
    }

    /// The languages of what he may see, each way of treating them once.
    pub(super) fn tongues(&self, selection: &Selection, within: Option<&dyn Query>) -> tantivy::Result<Vec<Tongue>> {
        let mut languages: BTreeSet<String> = selection.languages.iter().cloned().collect();
        if languages.is_empty() {
            for segment in self.searcher.segment_readers() {
                let index = segment.inverted_index(self.fields.language)?;
                let mut terms = index.terms().stream()?;
                while terms.advance() {
                    languages.insert(String::from_utf8_lossy(terms.key()).into_owned());
                }
            }
        }
        let mut tongues: BTreeMap<&str, Tongue> = BTreeMap::new();
        for language in &languages {
            let tongue = Tongue::of(language);
            if tongues.contains_key(tongue.name) {
                continue;
            }
            let has = TermQuery::new(
                Term::from_field_text(self.fields.language, language),
                IndexRecordOption::Basic,
            );
            let mut both: Vec<(Occur, Box<dyn Query>)> = vec![(Occur::Must, Box::new(has))];
            both.extend(within.map(|within| (Occur::Must, within.box_clone())));
            if self.any(&all_of(both))? {
                tongues.insert(tongue.name, tongue);
            }
        }
        Ok(tongues.into_values().collect())
    }

    /// Whether there is anything of the kind.
    pub(super) fn any(&self, query: &dyn Query) -> tantivy::Result<bool> {
        let weight = query.weight(EnableScoring::disabled_from_searcher(&self.searcher))?;
        for segment in self.searcher.segment_readers() {
            let mut found = weight.scorer(segment, 1.0)?;
            while found.doc() != TERMINATED {
                if !segment.is_deleted(found.doc()) {
                    return Ok(true);
                }
                found.advance();
            }
        }
        Ok(false)
    }
}
