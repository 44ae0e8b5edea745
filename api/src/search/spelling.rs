//! *Did you mean*: a word that nothing has, put as one that something has. Only words of stories that the viewer may see
//! are proposed, and only where they lead to some.

use super::analysis::tokens;
use super::find::{Looker, Order, View, Wanted};
use super::gather::{Gather, Rank};
use super::language::{Asked, Field};
use super::plan::{Planner, all_of};
use super::similar::looked_at;
use super::tongue::Tongue;
use super::weigh::Weigh;
use crate::news::ArticleId;
use crate::news::story::Story;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tantivy::Term;
use tantivy::query::{Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use uuid::Uuid;

/// Shorter words have too many neighbours.
const SHORTEST: usize = 4;
/// Words of the index that are compared, and neighbours that are looked at, at most.
const MOST_COMPARED: usize = 200_000;
const MOST_NEAR: usize = 64;
/// Words of a query that are put right.
const MOST_WRONG: usize = 3;

/// A query put right: what is wrong in it, from behind.
#[derive(Clone, Debug)]
pub struct Better(Vec<Right>);

/// A word that takes the place of another one.
#[derive(Clone, Debug)]
struct Right {
    from: usize,
    to: usize,
    /// Letters folded, as the index knows it.
    folded: String,
    /// Some stories that have it.
    seen_in: Vec<ArticleId>,
}

/// Stories that are looked through to see how a word is written.
const LOOKED_THROUGH: usize = 5;

impl Better {
    /// Where it can be seen how the words are written.
    pub fn seen_in(&self) -> Vec<ArticleId> {
        self.0.iter().flat_map(|right| right.seen_in.iter().copied()).collect()
    }

    /// The query with these words as the stories write them; what was typed in small letters stays in small letters.
    pub fn written(&self, query: &str, stories: &[Arc<Story>]) -> String {
        let mut better = query.to_owned();
        for Right { from, to, folded, .. } in &self.0 {
            let small = !query
                .get(*from..*to)
                .is_some_and(|typed| typed.chars().any(char::is_uppercase));
            let word = as_written(folded, stories, small).unwrap_or_else(|| folded.clone());
            if better.get(*from..*to).is_some() {
                better.replace_range(*from..*to, &word);
            }
        }
        better
    }
}

/// The way in which most write a word.
fn as_written(folded: &str, stories: &[Arc<Story>], small: bool) -> Option<String> {
    let mut forms: HashMap<String, usize> = HashMap::new();
    for story in stories {
        let tongue = Tongue::of(&story.language);
        let summary = story.summary.as_deref().unwrap_or_default();
        for text in [story.headline.as_str(), summary, looked_at(&story.body_text)] {
            tokens(text, tongue, |token| {
                if token.folded != folded {
                    return;
                }
                let form = text.get(token.from..token.to).unwrap_or_default();
                let form = if small { form.to_lowercase() } else { form.to_owned() };
                *forms.entry(form).or_default() += 1;
            });
        }
    }
    // What hangs on a word in one place (`l'élection`) does not belong to it.
    let letters = folded.chars().count();
    let bare = |form: &String| form.chars().count() == letters;
    if forms.keys().any(bare) {
        forms.retain(|form, _| bare(form));
    }
    let most = forms
        .into_iter()
        .max_by(|(a, few), (b, many)| few.cmp(many).then_with(|| b.cmp(a)));
    most.map(|(form, _)| form)
}

impl View {
    /// The query put right; none where there is nothing wrong with it or nothing better.
    pub fn spelling(&self, query: &str, wanted: &Wanted<'_>, looker: &Looker<'_>) -> tantivy::Result<Option<Better>> {
        let within = self.within(looker)?;
        let tongues = self.tongues(wanted.selection, within.as_deref())?;
        let planner = Planner {
            fields: &self.fields,
            tongues: &tongues,
            names: wanted.names,
        };
        let weigh = Weigh::new(&self.searcher, &self.fields, within.as_deref())?;
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
        let mut right = Vec::new();
        // From behind, so that places stay true.
        wrong.sort_by_key(|(from, _, _)| std::cmp::Reverse(*from));
        for (from, to, folded) in wrong {
            let word = query.get(from..to).unwrap_or_default();
            let known = Asked::read(word).ok().map(|asked| planner.content(&asked, &weigh));
            if known
                .transpose()?
                .is_some_and(|known| self.any(&self.both(known, within.as_deref())).unwrap_or(true))
            {
                continue;
            }
            let Some(near) = self.nearest(&folded, within.as_deref())? else {
                return Ok(None);
            };
            if right.len() == MOST_WRONG || better.get(from..to).is_none() {
                return Ok(None);
            }
            better.replace_range(from..to, &near);
            right.push(Right {
                from,
                to,
                seen_in: self.having(&near, within.as_deref())?,
                folded: near,
            });
        }
        if right.is_empty() {
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
        Ok((self.find(&again, looker)?.total > 0).then_some(Better(right)))
    }

    /// The newest stories that have a word.
    fn having(&self, word: &str, within: Option<&dyn Query>) -> tantivy::Result<Vec<ArticleId>> {
        let gather = Gather {
            order: Order::Newest,
            after: None,
            most: LOOKED_THROUGH,
            facets: Vec::new(),
            days: false,
            today: 0,
        };
        let has = Box::new(self.has(word));
        let found = self.searcher.search(&self.both(has, within), &gather)?;
        let id = |rank: &Rank| ArticleId(Uuid::from_u128(rank.place(Order::Newest).1));
        Ok(found.first.iter().map(id).collect())
    }

    fn has(&self, word: &str) -> TermQuery {
        let term = Term::from_field_text(self.fields.words, word);
        TermQuery::new(term, IndexRecordOption::Basic)
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
            let has = Box::new(self.has(&term));
            let count = self.both(has, within).count(&self.searcher)?;
            if count > best.as_ref().map_or(0, |(_, most, _)| *most) {
                best = Some((distance, count, term));
            }
        }
        Ok(best.map(|(_, _, term)| term))
    }
}
