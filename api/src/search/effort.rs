//! What a query costs, before it is looked for: so that none takes long, in a house of any size.
//!
//! Counted in stories that have to be passed over, and over what the viewer may see and nothing else: whether a query is
//! too broad tells nothing of other stories. What a word costs the library counts anyway, to know how rare it is.
//!
//! Of conditions that must all hold the rarest leads, and the others are only asked about what it proposes: a whole sentence
//! costs little if one of its words is rare.

use super::language::{Asked, Part};
use super::plan::{Planner, distinct};
use super::weigh::Weigh;
use super::words::split;
use tantivy::Term;
use tantivy::query::Bm25StatisticsProvider;
use tantivy::schema::Field;

/// What a query may cost; the library passes over so many in less than a tenth of a second (`-- search` of the benchmark).
const MOST: u64 = 3_000_000;
/// What the words of a query may cost that are looked for one after another although nobody put them in quotes.
const MOST_TOGETHER: u64 = MOST / 3;
/// A story that has all words of a phrase costs this, and one more for each of them.
const PHRASE: u64 = 16;
/// To ask about one story costs as much as passing over so many.
const ASKED_ABOUT: u64 = 4;

/// Something that is looked for: how many stories have it, and what each of them costs.
struct Cost {
    stories: u64,
    each: u64,
}

impl Planner<'_> {
    /// Whether it asks for more than can be passed over while somebody waits.
    pub fn is_too_broad(&self, asked: &Asked, weigh: &Weigh<'_>) -> tantivy::Result<bool> {
        Ok(self.effort(asked, weigh)? > MOST)
    }

    fn effort(&self, asked: &Asked, weigh: &Weigh<'_>) -> tantivy::Result<u64> {
        let all = weigh.total_num_docs()?;
        let (mut leading, mut costs, mut spent) = (all, Vec::new(), 0_u64);
        for clause in distinct(asked) {
            let mut having = 0_u64;
            for part in &clause.any {
                if part.prefix {
                    // These are gathered whole, whatever else is asked for.
                    spent = spent.saturating_add(all.saturating_mul(beginnings(part)));
                    having = all;
                    continue;
                }
                let cost = self.costs(part, weigh)?;
                having = cost.iter().fold(having, |sum, cost| sum.saturating_add(cost.stories));
                costs.extend(cost);
            }
            if !clause.not {
                leading = leading.min(having);
            }
        }
        let most = leading.saturating_mul(ASKED_ABOUT);
        for Cost { stories, each } in costs {
            spent = spent.saturating_add(stories.min(most).saturating_mul(each));
        }
        Ok(spent)
    }

    /// Whether it would cost too much to look whether these stand one after another.
    pub(super) fn are_too_many(&self, words: &str, weigh: &Weigh<'_>) -> tantivy::Result<bool> {
        let mut spent = 0_u64;
        for field in [self.fields.text, self.fields.headline] {
            for Cost { stories, each } in self.text(words, field, weigh)? {
                spent = spent.saturating_add(stories.saturating_mul(each));
            }
        }
        Ok(spent > MOST_TOGETHER)
    }

    /// What a part costs that is no beginning of a word.
    fn costs(&self, part: &Part, weigh: &Weigh<'_>) -> tantivy::Result<Vec<Cost>> {
        match (self.field(part), self.name(part)) {
            (Some(field), _) => self.text(&part.text, field, weigh),
            (None, Some(name)) => Ok(vec![Cost {
                stories: weigh.count(&name)?,
                each: 1,
            }]),
            (None, None) => Ok(Vec::new()),
        }
    }

    fn text(&self, text: &str, field: Field, weigh: &Weigh<'_>) -> tantivy::Result<Vec<Cost>> {
        let single = [
            (self.fields.text, self.fields.words),
            (self.fields.headline, self.fields.title),
        ];
        let single = single.into_iter().find(|(of, _)| *of == field);
        if let Some((_, single)) = single
            && let Some(letter) = self.lone_letter(text)
        {
            let stories = weigh.count(&Term::from_field_text(single, &letter))?;
            return Ok(vec![Cost { stories, each: 1 }]);
        }
        let mut costs = Vec::new();
        for stems in self.readings(text) {
            let mut stories = u64::MAX;
            for stem in &stems {
                stories = stories.min(weigh.count(&Term::from_field_text(field, stem))?);
            }
            let each = match stems.len() {
                1 => 1,
                several => PHRASE + several as u64,
            };
            costs.push(Cost { stories, each });
        }
        Ok(costs)
    }
}

/// How many words of a story begin so, in the worst case: the fewer letters, the more.
fn beginnings(part: &Part) -> u64 {
    let mut letters = 0;
    split(&part.text, |word| letters = word.text.chars().count());
    match letters {
        0 | 1 => 3,
        2 => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::Names;
    use super::super::tests::{House, house, story};
    use super::super::tongue::Tongue;
    use super::*;
    use crate::search::Order;

    const STORIES: u128 = 200;

    /// All are on fish soup, and one on herring.
    fn filled() -> House {
        let text = |n: u128| {
            if n == 7 {
                "The soup of herring"
            } else {
                "The soup of the day"
            }
        };
        let told = |n: u128| (story(n, "en", "Fish soup", text(n)), Vec::new(), Vec::new());
        house(&(1..=STORIES).map(told).collect::<Vec<_>>())
    }

    fn effort(house: &House, query: &str) -> u64 {
        let view = house.index.view().unwrap();
        let weigh = Weigh::new(&view.searcher, &view.fields, None).unwrap();
        let planner = Planner {
            fields: &view.fields,
            tongues: &[Tongue::of("en")],
            names: &Names::default(),
        };
        planner.effort(&Asked::read(query).unwrap(), &weigh).unwrap()
    }

    #[test]
    fn what_is_said_again_is_passed_over_once() {
        let house = filled();
        assert_eq!(effort(&house, "fish"), 200);
        assert_eq!(
            effort(&house, "fish FISH -soup fish -soup"),
            effort(&house, "fish -soup")
        );
        let first = |query: &str| house.gather(query, None, Order::Relevance).first;
        assert_eq!(first("herring fish Fish fish"), first("herring fish"));
    }

    #[test]
    fn a_rare_word_makes_the_others_cheap() {
        let house = filled();
        assert!(effort(&house, "fish soup of the herring") < 30);
        assert!(effort(&house, "\"fish soup\" herring") < effort(&house, "\"fish soup\"") / 10);
        // Where one of them is enough, each is passed over.
        assert_eq!(effort(&house, "fish OR herring"), 201);
        assert!(effort(&house, "-herring -fish") > 200);
    }

    #[test]
    fn what_is_looked_at_closely_costs_more() {
        let house = filled();
        assert!(effort(&house, "\"fish soup\"") > 5 * effort(&house, "fish soup"));
        let beginnings = ["fish*", "fi*", "f*"].map(|query| effort(&house, query));
        assert!(beginnings.is_sorted(), "{beginnings:?}");
        // Gathered whole, whatever leads.
        assert!(effort(&house, "fish* herring") > 200);
    }
}
