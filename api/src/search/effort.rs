//! What a query costs, before it is looked for: so that none takes long, in a house of any size.
//!
//! Counted in stories that have to be passed over, and over what the viewer may see and nothing else: whether a query is
//! too broad tells nothing of other stories. What a word costs the library counts anyway, to know how rare it is.

use super::language::{Asked, Part};
use super::plan::Planner;
use super::weigh::Weigh;
use super::words::split;
use tantivy::Term;
use tantivy::query::Bm25StatisticsProvider;
use tantivy::schema::Field;

/// What a query may cost; the library passes over so many in less than a tenth of a second.
const MOST: u64 = 10_000_000;
/// What the words of a query may cost that are looked for one after another although nobody put them in quotes.
const MOST_TOGETHER: u64 = MOST / 8;
/// A story that has all words of a phrase costs this, and one more for each of them.
const PHRASE: u64 = 16;

impl Planner<'_> {
    /// Whether it asks for more than can be passed over while somebody waits.
    pub fn is_too_broad(&self, asked: &Asked, weigh: &Weigh<'_>) -> tantivy::Result<bool> {
        let mut spent = 0_u64;
        for part in asked.clauses.iter().flat_map(|clause| &clause.any) {
            if let Some(field) = self.field(part) {
                spent = spent.saturating_add(self.text(&part.text, field, weigh)?);
            }
            if part.prefix {
                spent = spent.saturating_add(weigh.total_num_docs()?.saturating_mul(beginnings(part)));
            }
        }
        Ok(spent > MOST)
    }

    /// Whether it would cost too much to look whether these stand one after another.
    pub(super) fn are_too_many(&self, words: &str, weigh: &Weigh<'_>) -> tantivy::Result<bool> {
        let mut spent = 0_u64;
        for field in [self.fields.text, self.fields.headline] {
            spent = spent.saturating_add(self.text(words, field, weigh)?);
        }
        Ok(spent > MOST_TOGETHER)
    }

    fn text(&self, text: &str, field: Field, weigh: &Weigh<'_>) -> tantivy::Result<u64> {
        let mut spent = 0_u64;
        for stems in self.readings(text) {
            let mut least = u64::MAX;
            for stem in &stems {
                least = least.min(weigh.count(&Term::from_field_text(field, stem))?);
            }
            let each = match stems.len() {
                1 => 1,
                several => PHRASE + several as u64,
            };
            spent = spent.saturating_add(least.saturating_mul(each));
        }
        Ok(spent)
    }
}

/// How many words of a story begin so, in the worst case: the fewer letters, the more.
fn beginnings(part: &Part) -> u64 {
    let mut letters = 0;
    split(&part.text, |word| letters = word.text.chars().count());
    match letters {
        0 | 1 => 4,
        2 => 3,
        _ => 1,
    }
}
