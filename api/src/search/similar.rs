//! *More like this*: stories that speak of the same, by the words that are rare in the house and frequent in the story.
//!
//! A word weighs by the root of how rare it is, because two stories on one thing share the words of their trade more often
//! than their rarest ones; and words that a tenth of the house has propose nobody, but count for those that others propose.
//! Both were measured: `cargo bench -p dateline-tests --bench house -- relevance`. Two stories on one event do share the
//! rarest, the names, and all earnings and dividends share the rest: there a word weighs by the square.

use super::analysis::stems_of;
use super::document::id_term;
use super::find::{Looker, Order, View};
use super::gather::{Gather, RECENT, Rank};
use super::plan::all_of;
use super::tongue::Tongue;
use super::weigh::{Weigh, rarity, saturation};
use super::words::is_dense;
use crate::news::ArticleId;
use crate::news::story::Story;
use jiff::SignedDuration;
use std::collections::HashMap;
use std::ops::Bound;
use tantivy::Term;
use tantivy::query::{
    Bm25StatisticsProvider, BooleanQuery, BoostQuery, ConstScoreQuery, Occur, Query, RangeQuery, TermQuery,
};
use tantivy::schema::IndexRecordOption;

/// Bytes of a text that are looked at: what a story is about stands at its beginning.
pub(super) const LOOKED_AT: usize = 8 * 1024;
/// What a word of the headline and one of the summary count for.
const HEADLINE: f32 = 3.0;
const SUMMARY: f32 = 2.0;
/// Words that are weighed, and those that are looked for.
const WEIGHED: usize = 80;
const LOOKED_FOR: usize = 40;
/// Stories that are passed over for it at the most, so that a large house takes no longer: the words that weigh least go.
const PASSED_OVER: u64 = 600_000;
/// Of those that propose a story must have so many, or all where there are fewer.
const LEAST: usize = 3;
/// A word that more than this part of all stories have says nothing; where there are few stories, this one.
const COMMON: u64 = 4;
const COMMON_AMONG_FEW: u64 = 2;
const FEW: u64 = 50;
/// A word that more than this part of all stories have proposes none, unless these are very few.
const PROPOSING: u64 = 10;
const PROPOSING_AMONG_FEW: u64 = FEW / COMMON_AMONG_FEW;
/// Letters of a word. Among few stories small words are not known by their number.
const SHORTEST: usize = 2;
const SHORTEST_AMONG_FEW: usize = 4;
/// What is looked for: stories like this one.
pub struct Like<'a> {
    pub story: &'a Story,
    /// Not these.
    pub without: &'a [ArticleId],
    pub most: usize,
    /// Only what was first published so soon before or after it; one or two words in common are then too few, also for a
    /// story that has no more of them.
    pub near: Option<SignedDuration>,
}

/// One that is like it, and how much: 0 to 1, which is itself.
pub type Alike = (Rank, f32);

impl View {
    /// For each the stories most like it, the likest first.
    pub fn similar(&self, asked: &[Like<'_>], looker: &Looker<'_>) -> tantivy::Result<Vec<Vec<Alike>>> {
        let within = self.within(looker)?;
        let weigh = Weigh::new(&self.searcher, &self.fields, within.as_deref())?;
        let of_one = |like: &Like<'_>| self.similar_to(like, within.as_deref(), &weigh);
        asked.iter().map(of_one).collect()
    }

    fn similar_to(
        &self,
        like: &Like<'_>,
        within: Option<&dyn Query>,
        weigh: &Weigh<'_>,
    ) -> tantivy::Result<Vec<Alike>> {
        let Like {
            story,
            without,
            most,
            near,
        } = *like;
        let words = self.telling(story, near.is_some(), weigh)?;
        if words.is_empty() || near.is_some() && words.len() < LEAST {
            return Ok(Vec::new());
        }
        let full = words.iter().map(|word| word.own).sum::<f32>() * (1.0 + RECENT);
        let (proposing, others): (Vec<Word>, Vec<Word>) = words.into_iter().partition(|word| word.proposes);
        // Where all words are frequent, there are no better ones.
        let (proposing, others) = match proposing.is_empty() {
            true => (others, Vec::new()),
            false => (proposing, others),
        };
        let least = proposing.len().min(LEAST);
        let weighs = |word: &Word| -> (Occur, Box<dyn Query>) {
            let term = Term::from_field_text(self.fields.text, &word.stem);
            let term = TermQuery::new(term, IndexRecordOption::WithFreqs);
            (Occur::Should, Box::new(BoostQuery::new(Box::new(term), word.boost)))
        };
        let proposing = BooleanQuery::with_minimum_required_clauses(proposing.iter().map(weighs).collect(), least);
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = vec![(Occur::Must, Box::new(proposing))];
        clauses.extend(others.iter().map(weighs));
        clauses.extend(within.map(|within| (Occur::Must, within.box_clone())));
        if let Some(near) = near {
            let at = |time: jiff::Timestamp| Term::from_field_i64(self.fields.first_published, time.as_microsecond());
            let from = story.first_published.checked_sub(near).ok();
            let to = story.first_published.checked_add(near).ok();
            let bound = |time: Option<jiff::Timestamp>| time.map_or(Bound::Unbounded, |time| Bound::Included(at(time)));
            let range = RangeQuery::new(bound(from), bound(to));
            clauses.push((Occur::Must, Box::new(ConstScoreQuery::new(Box::new(range), 0.0))));
        }
        for id in without.iter().chain([&story.id]) {
            let itself = TermQuery::new(id_term(&self.fields, *id), IndexRecordOption::Basic);
            clauses.push((Occur::MustNot, Box::new(itself)));
        }
        let gather = Gather {
            order: Order::Relevance,
            after: None,
            most,
            facets: Vec::new(),
            days: false,
            // Recency is counted from the story's own time on: what was news with it is nearer than what is news today.
            today: story.first_published.as_microsecond(),
        };
        let found = self
            .searcher
            .search_with_statistics_provider(&all_of(clauses), &gather, weigh)?;
        let share = |rank: Rank| (rank, (rank.score as f32 / 1_000.0 / full).min(1.0));
        Ok(found.first.into_iter().map(share).collect())
    }

    /// The words that tell this story from others; or, where it is about one event, those that tell the event.
    fn telling(&self, story: &Story, of_event: bool, weigh: &Weigh<'_>) -> tantivy::Result<Vec<Word>> {
        let itself = TermQuery::new(id_term(&self.fields, story.id), IndexRecordOption::Basic);
        // A story that has just come in counts as well.
        let missing = u64::from(!self.any(&itself)?);
        let all = weigh.total_num_docs()? + missing;
        let few = all <= FEW;
        let shortest = if few { SHORTEST_AMONG_FEW } else { SHORTEST };
        let said = Said::of(story);
        let mut counts: Vec<(String, Count)> = said.counts.into_iter().collect();
        // What is written without spaces stands here in pairs of letters.
        let dense = |stem: &str| stem.chars().next().is_some_and(is_dense);
        counts.retain(|(stem, _)| stem.chars().count() >= if dense(stem) { SHORTEST } else { shortest });
        counts.sort_unstable_by(|(a, most), (b, more)| more.worth.total_cmp(&most.worth).then_with(|| a.cmp(b)));
        counts.truncate(WEIGHED);
        let common = all / if few { COMMON_AMONG_FEW } else { COMMON };
        let proposing = (all / PROPOSING).max(PROPOSING_AMONG_FEW);
        let mut words = Vec::new();
        for (stem, count) in counts {
            let having = weigh.count_up_to(&Term::from_field_text(self.fields.text, &stem), common)?;
            // What nobody else has leads to nobody.
            let having = having + missing;
            if having < 2 || having > common {
                continue;
            }
            let rare = (all as f32 / having as f32).ln();
            let rare = if of_event { rare * rare } else { rare.sqrt() };
            let weight = (1.0 + count.worth.ln()) * rare;
            words.push(Word {
                stem,
                weight,
                // The library counts in how rare the word is, so that is taken out.
                boost: weight / rarity(having - missing, all - missing),
                own: weight * saturation(count.times, said.length),
                proposes: having <= proposing,
                having,
            });
        }
        words.sort_unstable_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.stem.cmp(&b.stem)));
        words.truncate(LOOKED_FOR);
        Ok(affordable(words, PASSED_OVER))
    }
}

/// The first of these words, which weigh most, as long as they are not more stories to pass over; but always some.
fn affordable(words: Vec<Word>, most: u64) -> Vec<Word> {
    let mut passed = 0;
    let mut words = words.into_iter();
    let mut first: Vec<Word> = words.by_ref().take(LEAST).collect();
    first.extend(words.take_while(|word| {
        passed += word.having;
        passed <= most
    }));
    first
}

/// A word that tells a story from others.
struct Word {
    stem: String,
    /// Beside the other words of the story.
    weight: f32,
    /// The same over what the library makes of how rare it is.
    boost: f32,
    /// What the story itself would score by it.
    own: f32,
    /// Whether having it is a reason to be looked at.
    proposes: bool,
    /// How many stories have it.
    having: u64,
}

/// How often a story says what.
struct Said {
    counts: HashMap<String, Count>,
    /// All its words.
    length: f32,
}

#[derive(Default)]
struct Count {
    times: f32,
    /// What stands in front counts for more.
    worth: f32,
}

impl Said {
    fn of(story: &Story) -> Said {
        let tongue = Tongue::of(&story.language);
        let (mut counts, mut length) = (HashMap::<String, Count>::new(), 0.0);
        let summary = story.summary.as_deref().unwrap_or_default();
        let body = looked_at(&story.body_text);
        for (text, worth) in [(story.headline.as_str(), HEADLINE), (summary, SUMMARY), (body, 1.0)] {
            for stem in stems_of(text, tongue) {
                let count = counts.entry(stem).or_default();
                count.times += 1.0;
                count.worth += worth;
                length += 1.0;
            }
        }
        Said { counts, length }
    }
}

/// The part of a text that says what a story is about.
pub(super) fn looked_at(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LOOKED_AT)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_too_many_stories_go_from_the_lightest_on() {
        let word = |having| Word {
            stem: String::new(),
            weight: 1.0,
            boost: 1.0,
            own: 1.0,
            proposes: true,
            having,
        };
        let left = |all: &[u64], most| affordable(all.iter().copied().map(word).collect(), most).len();
        assert_eq!(left(&[500, 500, 500], 100), 3);
        assert_eq!(left(&[500, 500, 500, 60, 40, 1], 100), 5);
        assert_eq!(left(&[1, 1, 1, 200, 1], 100), 3);
        assert_eq!(left(&[], 100), 0);
    }
}
