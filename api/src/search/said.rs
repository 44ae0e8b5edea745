//! What a story says, to be held against saved searches as it is filed. The same words as in the index, of one story that
//! no index knows yet; a query is read in the story's language.

use super::analysis::{stems_of, tokens};
use super::document::beginning;
use super::language::{Asked, Field, Part};
use super::tongue::Tongue;
use crate::news::story::Story;
use std::cell::OnceCell;
use std::collections::HashSet;

/// The texts of a story and what else a query can ask for.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    pub language: &'a str,
    pub headline: &'a str,
    pub summary: Option<&'a str>,
    pub byline: Option<&'a str>,
    pub body: &'a str,
    pub genre: Option<&'a str>,
    pub urgency: Option<u8>,
}

impl<'a> Texts<'a> {
    pub fn of(story: &'a Story) -> Texts<'a> {
        Texts {
            language: &story.language,
            headline: &story.headline,
            summary: story.summary.as_deref(),
            byline: story.byline.as_deref(),
            body: &story.body_text,
            genre: story.genre.as_deref(),
            urgency: story.urgency,
        }
    }
}

/// A story to be held against queries. Its words are only looked at when the first query comes.
pub struct Said<'a> {
    texts: Texts<'a>,
    words: OnceCell<Words>,
}

struct Words {
    headline: Spoken,
    summary: Spoken,
    byline: Spoken,
    body: Spoken,
}

/// One text, word by word.
struct Spoken {
    stems: Vec<String>,
    known: HashSet<String>,
    folded: HashSet<String>,
}

impl Spoken {
    fn of(text: &str, tongue: Tongue) -> Spoken {
        let stems = stems_of(text, tongue);
        let mut folded = HashSet::new();
        tokens(text, tongue, |token| _ = folded.insert(token.folded));
        Spoken {
            known: stems.iter().cloned().collect(),
            stems,
            folded,
        }
    }

    /// Whether these stand there one after another.
    fn has(&self, stems: &[String]) -> bool {
        match stems {
            [] => false,
            [only] => self.known.contains(only),
            several => {
                several.iter().all(|stem| self.known.contains(stem))
                    && self.stems.windows(several.len()).any(|window| window == several)
            }
        }
    }

    fn begins(&self, beginning: &str) -> bool {
        // One letter begins half of all words.
        if beginning.is_ascii() && beginning.len() < 2 {
            return self.folded.contains(beginning);
        }
        self.folded.iter().any(|word| word.starts_with(beginning))
    }
}

impl<'a> Said<'a> {
    pub fn of(texts: Texts<'a>) -> Said<'a> {
        let words = OnceCell::new();
        Said { texts, words }
    }

    /// Whether it is what the query asks for. What cannot be read asks for nothing.
    pub fn answers(&self, query: &str) -> bool {
        let Ok(asked) = Asked::read(query) else { return false };
        if asked.void {
            return false;
        }
        let tongue = Tongue::of(self.texts.language);
        asked.clauses.iter().all(|clause| {
            let any = clause.any.iter().any(|part| self.has(part, tongue));
            any != clause.not
        })
    }

    fn has(&self, part: &Part, tongue: Tongue) -> bool {
        let words = self.words.get_or_init(|| Words::of(&self.texts, tongue));
        let Words {
            headline,
            summary,
            byline,
            body,
        } = words;
        match part.field {
            Field::Text => says(&[headline, summary, byline, body], part, tongue),
            Field::Headline => says(&[headline], part, tongue),
            Field::Summary => says(&[summary], part, tongue),
            Field::Byline => says(&[byline], part, tongue),
            Field::Language => self.texts.language == part.text,
            Field::Genre => self.texts.genre == Some(part.text.as_str()),
            Field::Urgency => self
                .texts
                .urgency
                .is_some_and(|urgency| part.text.parse() == Ok(urgency)),
            // These are names, and a saved search has none: see `Asked::saved`.
            Field::Topic | Field::Source => false,
        }
    }
}

impl Words {
    fn of(texts: &Texts<'_>, tongue: Tongue) -> Words {
        let Texts {
            language: _,
            headline,
            summary,
            byline,
            body,
            genre: _,
            urgency: _,
        } = *texts;
        Words {
            headline: Spoken::of(headline, tongue),
            summary: Spoken::of(summary.unwrap_or_default(), tongue),
            byline: Spoken::of(byline.unwrap_or_default(), tongue),
            body: Spoken::of(beginning(body), tongue),
        }
    }
}

fn says(texts: &[&Spoken], part: &Part, tongue: Tongue) -> bool {
    let mut all = Vec::new();
    tokens(&part.text, tongue, |token| all.push(token));
    if part.prefix {
        let Some(last) = all.pop() else { return false };
        let before = part.text.get(..last.from).unwrap_or_default();
        let before = stems_of(before, tongue);
        return texts.iter().any(|text| text.begins(&last.folded))
            && (before.is_empty() || texts.iter().any(|text| text.has(&before)));
    }
    if let [only] = all.as_slice()
        && only.dense
    {
        return texts.iter().any(|text| text.folded.contains(&only.folded));
    }
    let stems = stems_of(&part.text, tongue);
    texts.iter().any(|text| text.has(&stems))
}

impl Asked {
    /// A query that is kept, and held against stories as they come in; or what is wrong with it. It has at least one
    /// condition and no names of topics and sources, which a selection has places of their own for.
    pub fn saved(query: &str) -> Result<Asked, String> {
        let asked = Asked::read(query).map_err(|why| why.0)?;
        if asked.clauses.is_empty() {
            return Err("has no word that could be looked for".to_owned());
        }
        for (field, place) in [(Field::Topic, "topics"), (Field::Source, "sources")] {
            if !asked.names(field).is_empty() {
                return Err(format!("may not name {place}; put them into `{place}` beside it"));
            }
        }
        Ok(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORY: Texts<'_> = Texts {
        language: "en",
        headline: "Ministers agree on the budget",
        summary: Some("After nine hours"),
        byline: Some("Ann Author"),
        body: "The vote was 231 to 180. Covid-19 was discussed; the 東京都 delegation left.",
        genre: Some("News"),
        urgency: Some(2),
    };

    #[test]
    fn a_story_answers_the_queries_that_would_find_it() {
        let said = Said::of(STORY);
        for yes in [
            "minister",
            "ministers budget",
            "\"agree on the budget\"",
            "budg* vote",
            "covid-19",
            "fish OR vote",
            "-fish",
            "vote -fish",
            "headline:minister byline:ann summary:hours",
            "headline:\"agree on\"",
            "東京",
            "東",
            "language:en genre:News urgency:2",
        ] {
            assert!(said.answers(yes), "{yes}");
        }
        for no in [
            "fish",
            "minister fish",
            "\"budget on the agree\"",
            "\"budget after\"",
            "v*",
            "vote -budget",
            "headline:vote",
            "language:uk",
            "urgency:1",
            "genre:Feature",
            "topic:economy",
            "!!!",
            "京東",
        ] {
            assert!(!said.answers(no), "{no}");
        }
    }

    #[test]
    fn what_is_saved_says_something() {
        assert!(Asked::saved("budget -fish").is_ok());
        for (query, why) in [
            ("", "no word"),
            ("!!!", "no word"),
            ("topic:economy budget", "`topics`"),
            ("-source:agency", "`sources`"),
        ] {
            assert!(Asked::saved(query).unwrap_err().contains(why), "{query}");
        }
        assert!(Asked::saved(&"a ".repeat(33)).is_err());
    }
}
