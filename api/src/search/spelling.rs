//! *Did you mean*: a word that nothing has, put as one that something has. Only words of stories that the viewer may see
//! are proposed, and only where they lead to some.

use super::analysis::tokens;
use super::find::{Looker, Order, View, Wanted};
use super::language::{Asked, Field};
use super::plan::{Planner, all_of};
use super::tongue::Tongue;
use std::collections::BTreeSet;
use tantivy::Term;
use tantivy::query::{Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;

/// Shorter words have too many neighbours.
const SHORTEST: usize = 4;
/// Words of the index that are compared, and neighbours that are looked at, at most.
const MOST_COMPARED: usize = 200_000;
const MOST_NEAR: usize = 64;
/// Words of a query that are put right.
const MOST_WRONG: usize = 3;

impl View {
    /// The query put right; none where there is nothing wrong with it or nothing better.
    pub fn spelling(&self, query: &str, wanted: &Wanted<'_>, looker: &Looker<'_>) -> tantivy::Result<Option<String>> {
        let within = self.within(looker)?;
        let tongues = self.tongues(wanted.selection, within.as_deref())?;
        let planner = Planner {
            fields: &self.fields,
            tongues: &tongues,
            names: wanted.names,
        };
        let mut wrong = Vec::new();
        for part in wanted
            .asked
            .wanted()
            .filter(|p| matches!(p.field, Field::Text | Field::Headline) && !p.prefix)
        {
            tokens(&part.text, Tongue::of(""), |token| {
                let letters = token.folded.chars().count();
                if !token.dense && letters >= SHORTEST && token.folded.chars().all(char::is_alphabetic) {
                    wrong.push((part.from + token.from, part.from + token.to, token.folded));
                }
            });
        }
        let mut better = query.to_owned();
        let mut put_right = 0;
        // From behind, so that places stay true.
        wrong.sort_by_key(|(from, _, _)| std::cmp::Reverse(*from));
        for (from, to, folded) in wrong {
            let word = query.get(from..to).unwrap_or_default();
            let known = Asked::read(word).map(|asked| planner.content(&asked));
            if known.is_ok_and(|known| self.any(&self.both(known, within.as_deref())).unwrap_or(true)) {
                continue;
            }
            put_right += 1;
            let Some(near) = self.nearest(&folded, within.as_deref())? else {
                return Ok(None);
            };
            if put_right > MOST_WRONG || better.get(from..to).is_none() {
                return Ok(None);
            }
            better.replace_range(from..to, &near);
        }
        if put_right == 0 {
            return Ok(None);
        }
        let Ok(asked) = Asked::read(&better) else {
            return Ok(None);
        };
        let again = Wanted {
            asked: &asked,
            after: None,
            most: 0,
            order: Order::Newest,
            facets: &[],
            ..*wanted
        };
        Ok((self.find(&again, looker)?.total > 0).then_some(better))
    }

    fn both(&self, query: Box<dyn Query>, within: Option<&dyn Query>) -> Box<dyn Query> {
        let mut both = vec![(Occur::Must, query)];
        both.extend(within.map(|within| (Occur::Must, within.box_clone())));
        all_of(both)
    }

    /// The nearest word that begins with the same letter; of those as near, the one that most stories have.
    fn nearest(&self, word: &str, within: Option<&dyn Query>) -> tantivy::Result<Option<String>> {
        let Some(first) = word.chars().next() else {
            return Ok(None);
        };
        let letters = word.chars().count();
        let furthest = if letters < 6 { 1 } else { 2 };
        let mut near: BTreeSet<(usize, String)> = BTreeSet::new();
        let mut compared = 0;
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(self.fields.words)?;
            let mut terms = index.terms().range().ge(first.to_string()).into_stream()?;
            while terms.advance() && compared < MOST_COMPARED {
                let Ok(term) = std::str::from_utf8(terms.key()) else {
                    continue;
                };
                if !term.starts_with(first) {
                    break;
                }
                compared += 1;
                if term.len().abs_diff(word.len()) > furthest * 4 || term.chars().count().abs_diff(letters) > furthest {
                    continue;
                }
                let distance = strsim::osa_distance(term, word);
                if (1..=furthest).contains(&distance) {
                    near.insert((distance, term.to_owned()));
                    if near.len() > MOST_NEAR {
                        near.pop_last();
                    }
                }
            }
        }
        let mut best: Option<(usize, usize, String)> = None;
        for (distance, term) in near {
            if best.as_ref().is_some_and(|(nearest, _, _)| *nearest < distance) {
                break;
            }
            let has = TermQuery::new(
                Term::from_field_text(self.fields.words, &term),
                IndexRecordOption::Basic,
            );
            let count = self.both(Box::new(has), within).count(&self.searcher)?;
            if count > best.as_ref().map_or(0, |(_, most, _)| *most) {
                best = Some((distance, count, term));
            }
        }
        Ok(best.map(|(_, _, term)| term))
    }
}
