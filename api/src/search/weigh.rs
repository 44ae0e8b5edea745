//! How rare words are, for this viewer: counted over what he may see and nothing else. A story that he may not see changes
//! no score, no order and no cursor of his.

use super::schema::Fields;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use tantivy::query::EnableScoring;
use tantivy::query::{Bm25StatisticsProvider, Query};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{BitSet, DocSet, Searcher, SegmentReader, TERMINATED, Term};

/// Words that a headline, a summary, a byline and a whole story have, roughly. Constants, because the true averages would
/// tell of stories that are not seen.
const HEADLINE: u64 = 10;
const SUMMARY: u64 = 25;
const BYLINE: u64 = 3;
const TEXT: u64 = 150;

/// Of the library's BM25, which keeps them to itself.
const K1: f32 = 1.2;
const B: f32 = 0.75;

/// What the library multiplies by for a word that so many of so many have.
pub fn rarity(having: u64, docs: u64) -> f32 {
    let (having, docs) = (having as f32, docs as f32);
    (1.0 + ((docs - having).max(0.0) + 0.5) / (having + 0.5)).ln()
}

/// What a word counts for that a text of so many words has so many times.
pub fn saturation(times: f32, words: f32) -> f32 {
    times * (1.0 + K1) / (times + K1 * (1.0 - B + B * words / TEXT as f32))
}

pub struct Weigh<'a> {
    searcher: &'a Searcher,
    fields: &'a Fields,
    /// By segment the stories that are seen; none where all that is there may be.
    seen: Option<Vec<BitSet>>,
    docs: u64,
    /// Stories in the index that are not counted, because they are deleted or not seen.
    others: u64,
    /// Forms of one word: each counts as rare as all of them together.
    forms: HashMap<Term, Arc<[Term]>>,
    counted: RefCell<HashMap<Term, u64>>,
}

impl<'a> Weigh<'a> {
    pub fn new(searcher: &'a Searcher, fields: &'a Fields, within: Option<&dyn Query>) -> tantivy::Result<Weigh<'a>> {
        let seen = within.map(|within| seen(searcher, within)).transpose()?;
        let docs = match &seen {
            Some(seen) => seen.iter().map(|seen| seen.len() as u64).sum(),
            None => searcher.num_docs(),
        };
        let stored: u64 = searcher
            .segment_readers()
            .iter()
            .map(|segment| u64::from(segment.max_doc()))
            .sum();
        Ok(Weigh {
            searcher,
            fields,
            seen,
            docs,
            others: stored.saturating_sub(docs),
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

    pub fn count(&self, term: &Term) -> tantivy::Result<u64> {
        self.count_up_to(term, u64::MAX)
    }

    /// How many have it; of more than `most` only that they are more. What is common is thus not counted to its end.
    pub fn count_up_to(&self, term: &Term, most: u64) -> tantivy::Result<u64> {
        if let Some(count) = self.counted.borrow().get(term) {
            return Ok(*count);
        }
        // Even if all that is not counted had it.
        let least = self.searcher.doc_freq(term)?.saturating_sub(self.others);
        if least > most {
            return Ok(least);
        }
        let mut count = 0;
        for (number, segment) in self.searcher.segment_readers().iter().enumerate() {
            let index = segment.inverted_index(term.field())?;
            if self.seen.is_none() && !segment.has_deletes() {
                count += u64::from(index.doc_freq(term)?);
                continue;
            }
            let Some(mut having) = index.read_postings(term, IndexRecordOption::Basic)? else {
                continue;
            };
            let seen = self.seen.as_ref().and_then(|seen| seen.get(number));
            while having.doc() != TERMINATED && count <= most {
                let counts = match seen {
                    Some(seen) => seen.contains(having.doc()),
                    None => !segment.is_deleted(having.doc()),
                };
                count += u64::from(counts);
                having.advance();
            }
        }
        if count <= most {
            self.counted
                .borrow_mut()
                .insert(term.clone(), count.min(self.docs.max(1)));
        }
        Ok(count)
    }
}

/// By segment, the stories of which this is true.
fn seen(searcher: &Searcher, within: &dyn Query) -> tantivy::Result<Vec<BitSet>> {
    let weight = within.weight(EnableScoring::disabled_from_searcher(searcher))?;
    let of_one = |segment: &SegmentReader| {
        let mut seen = BitSet::with_max_value(segment.max_doc());
        weight.for_each_no_score(segment, &mut |docs| {
            for doc in docs.iter().filter(|doc| !segment.is_deleted(**doc)) {
                seen.insert(*doc);
            }
        })?;
        Ok(seen)
    };
    searcher.segment_readers().iter().map(of_one).collect()
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
            return self.count(term);
        };
        let mut sum = 0_u64;
        for form in forms.iter() {
            sum = sum.saturating_add(self.count(form)?);
        }
        Ok(sum.min(self.docs.max(1)))
    }
}
