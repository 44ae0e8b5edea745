//! *More like this*: stories that speak of the same, by the words that are rare in the house and frequent in the story.

use super::analysis::stems_of;
use super::document::id_term;
use super::find::{Looker, Order, View};
use super::gather::{Gather, Rank};
use super::plan::all_of;
use super::tongue::Tongue;
use super::weigh::Weigh;
use super::words::is_dense;
use crate::news::ArticleId;
use crate::news::story::Story;
use std::collections::HashMap;
use tantivy::Term;
use tantivy::query::{Bm25StatisticsProvider, BooleanQuery, BoostQuery, Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;

/// Bytes of a text that are looked at: what a story is about stands at its beginning.
pub(super) const LOOKED_AT: usize = 8 * 1024;
/// What a word of the headline and one of the summary count for.
const HEADLINE: f32 = 3.0;
const SUMMARY: f32 = 2.0;
/// Words that are weighed, and those that are looked for.
const WEIGHED: usize = 80;
const LOOKED_FOR: usize = 25;
/// Of these a story must have so many, or all where there are fewer.
const LEAST: usize = 3;
/// A word that more than this part of all stories have says nothing; where there are few stories, this one.
const COMMON: u64 = 8;
const COMMON_AMONG_FEW: u64 = 2;
const FEW: u64 = 50;
/// Letters of a word. Among few stories small words are not known by their number.
const SHORTEST: usize = 2;
const SHORTEST_AMONG_FEW: usize = 4;
/// What a word can weigh at most, over how rare it is, where a text consists of nothing else.
const FULL: f32 = 2.2;

/// What is looked for: stories like this one.
pub struct Like<'a> {
    pub story: &'a Story,
    /// Not these.
    pub without: &'a [ArticleId],
    pub most: usize,
    /// Whether one or two words in common are too few, also for a story that has no more of them.
    pub strict: bool,
}

/// One that is like it, and how much: 0 to 1.
pub type Alike = (Rank, f32);

impl View {
    /// For each the stories most like it, the likest first.
    pub fn similar(&self, asked: &[Like<'_>], looker: &Looker<'_>) -> tantivy::Result<Vec<Vec<Alike>>> {
        let within = self.within(looker)?;
        let weigh = Weigh::new(&self.searcher, &self.fields, within.as_ref().map(|w| w.box_clone()))?;
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
            strict,
        } = *like;
        let words = self.telling(story, weigh)?;
        if words.is_empty() || strict && words.len() < LEAST {
            return Ok(Vec::new());
        }
        let full: f32 = words.iter().map(|word| word.weight * word.rare * FULL).sum();
        let least = words.len().min(LEAST);
        let any = words.into_iter().map(|Word { stem, weight, rare: _ }| {
            let term = |field| {
                Box::new(TermQuery::new(
                    Term::from_field_text(field, &stem),
                    IndexRecordOption::WithFreqs,
                ))
            };
            let both: Vec<(Occur, Box<dyn Query>)> = vec![
                (Occur::Must, term(self.fields.text)),
                (Occur::Should, term(self.fields.headline)),
            ];
            let word: Box<dyn Query> = Box::new(BoostQuery::new(Box::new(BooleanQuery::new(both)), weight));
            (Occur::Should, word)
        });
        let words = BooleanQuery::with_minimum_required_clauses(any.collect(), least);
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = vec![(Occur::Must, Box::new(words))];
        clauses.extend(within.map(|within| (Occur::Must, within.box_clone())));
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

    /// The words that tell this story from others.
    fn telling(&self, story: &Story, weigh: &Weigh<'_>) -> tantivy::Result<Vec<Word>> {
        let tongue = Tongue::of(&story.language);
        let mut counts: HashMap<String, f32> = HashMap::new();
        let summary = story.summary.as_deref().unwrap_or_default();
        let body = looked_at(&story.body_text);
        for (text, worth) in [(story.headline.as_str(), HEADLINE), (summary, SUMMARY), (body, 1.0)] {
            for stem in stems_of(text, tongue) {
                *counts.entry(stem).or_default() += worth;
            }
        }
        let itself = TermQuery::new(id_term(&self.fields, story.id), IndexRecordOption::Basic);
        // A story that has just come in counts as well.
        let missing = u64::from(!self.any(&itself)?);
        let all = weigh.total_num_docs()? + missing;
        let few = all <= FEW;
        let shortest = if few { SHORTEST_AMONG_FEW } else { SHORTEST };
        let mut counts: Vec<(String, f32)> = counts.into_iter().collect();
        // What is written without spaces stands here in pairs of letters.
        let dense = |stem: &str| stem.chars().next().is_some_and(is_dense);
        counts.retain(|(stem, _)| stem.chars().count() >= if dense(stem) { SHORTEST } else { shortest });
        counts.sort_unstable_by(|(a, most), (b, more)| more.total_cmp(most).then_with(|| a.cmp(b)));
        counts.truncate(WEIGHED);
        let common = all / if few { COMMON_AMONG_FEW } else { COMMON };
        let mut words = Vec::new();
        for (stem, count) in counts {
            let having = weigh.count_up_to(&Term::from_field_text(self.fields.text, &stem), common)?;
            // What nobody else has leads to nobody.
            let having = having + missing;
            if having < 2 || having > common {
                continue;
            }
            let rare = (all as f32 / having as f32).ln();
            let weight = (1.0 + count.ln()) * rare;
            words.push(Word { stem, weight, rare });
        }
        words.sort_unstable_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.stem.cmp(&b.stem)));
        words.truncate(LOOKED_FOR);
        let heaviest = words.first().map_or(1.0, |word| word.weight);
        words.iter_mut().for_each(|word| word.weight /= heaviest);
        Ok(words)
    }
}

/// A word that tells a story from others.
struct Word {
    stem: String,
    /// Beside the other words of the story.
    weight: f32,
    /// In the house.
    rare: f32,
}

/// The part of a text that says what a story is about.
pub(super) fn looked_at(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LOOKED_AT)).unwrap_or(text)
}
