//! How rare words are, for this viewer: counted over what he may see and nothing else. A story that he may not see changes
//! no score, no order and no cursor of his.

use super::schema::Fields;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use tantivy::query::EnableScoring;
use tantivy::query::{Bm25StatisticsProvider, BooleanQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, Searcher, TERMINATED, Term};

/// Words that a headline, a summary, a byline and a whole story have, roughly. Constants, because the true averages would
/// tell of stories that are not seen.
const HEADLINE: u64 = 10;
const SUMMARY: u64 = 25;
const BYLINE: u64 = 3;
const TEXT: u64 = 150;

pub struct Weigh<'a> {
    searcher: &'a Searcher,
    fields: &'a Fields,
    /// None where all that is there may be seen.
    within: Option<Box<dyn Query>>,
    docs: u64,
    /// Forms of one word: each counts as rare as all of them together.
    forms: HashMap<Term, Arc<[Term]>>,
    counted: RefCell<HashMap<Term, u64>>,
}

impl<'a> Weigh<'a> {
    pub fn new(
        searcher: &'a Searcher,
        fields: &'a Fields,
        within: Option<Box<dyn Query>>,
    ) -> tantivy::Result<Weigh<'a>> {
        let docs = match &within {
            Some(within) => within.count(searcher)? as u64,
            None => searcher.num_docs(),
        };
        Ok(Weigh {
            searcher,
            fields,
            within,
            docs,
            forms: HashMap::new(),
            counted: RefCell::default(),
        })
    }

    /// What each language makes of a word is one word: else the form that only a few stories have, because few are in its
    /// language, would weigh more than the word itself.
    pub fn with_forms(mut self, words: Vec<Vec<Term>>) -> Self {
        for forms in words {
            let forms: Arc<[Term]> = forms.into();
            self.forms
                .extend(forms.iter().map(|form| (form.clone(), Arc::clone(&forms))));
        }
        self
    }

    fn count_once(&self, term: &Term) -> tantivy::Result<u64> {
        if let Some(count) = self.counted.borrow().get(term) {
            return Ok(*count);
        }
        let count = self.count(term)?.min(self.docs.max(1));
        self.counted.borrow_mut().insert(term.clone(), count);
        Ok(count)
    }

    /// How many have it; of more than `most` only that they are more. What is common is thus not counted to its end.
    pub fn count_up_to(&self, term: &Term, most: u64) -> tantivy::Result<u64> {
        if let Some(count) = self.counted.borrow().get(term) {
            return Ok(*count);
        }
        let has = TermQuery::new(term.clone(), IndexRecordOption::Basic);
        let mut clauses = vec![(Occur::Must, Box::new(has) as Box<dyn Query>)];
        clauses.extend(self.within.as_ref().map(|within| (Occur::Must, within.box_clone())));
        let weight = BooleanQuery::new(clauses).weight(EnableScoring::disabled_from_searcher(self.searcher))?;
        let mut count = 0;
        for segment in self.searcher.segment_readers() {
            let mut found = weight.scorer(segment, 1.0)?;
            while found.doc() != TERMINATED && count <= most {
                count += u64::from(!segment.is_deleted(found.doc()));
                found.advance();
            }
        }
        if count <= most {
            self.counted
                .borrow_mut()
                .insert(term.clone(), count.min(self.docs.max(1)));
        }
        Ok(count)
    }

    fn count(&self, term: &Term) -> tantivy::Result<u64> {
        let has = TermQuery::new(term.clone(), IndexRecordOption::Basic);
        if let Some(within) = &self.within {
            let both = vec![
                (Occur::Must, Box::new(has) as Box<dyn Query>),
                (Occur::Must, within.box_clone()),
            ];
            return Ok(BooleanQuery::new(both).count(self.searcher)? as u64);
        }
        if self
            .searcher
            .segment_readers()
            .iter()
            .any(|segment| segment.has_deletes())
        {
            return Ok(has.count(self.searcher)? as u64);
        }
        self.searcher.doc_freq(term)
    }
}

impl Bm25StatisticsProvider for Weigh<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        let each = match field {
            _ if field == self.fields.headline => HEADLINE,
            _ if field == self.fields.summary => SUMMARY,
            _ if field == self.fields.byline => BYLINE,
            _ => TEXT,
        };
        Ok(each * self.docs.max(1))
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.docs.max(1))
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        let Some(forms) = self.forms.get(term) else {
            return self.count_once(term);
        };
        let mut sum = 0_u64;
        for form in forms.iter() {
            sum = sum.saturating_add(self.count_once(form)?);
        }
        Ok(sum.min(self.docs.max(1)))
    }
}
