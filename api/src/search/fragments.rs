//! Where in a story what was looked for stands. Made of the story as it is shown, never of what the index remembers.

use super::analysis::{Token, stems_of, tokens};
use super::document::beginning;
use super::language::{Asked, Field, Part};
use super::tongue::Tongue;
use crate::news::story::Story;
use std::collections::HashSet;

/// A piece of text in HTML, what was looked for in `<mark>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment {
    pub field: &'static str,
    pub html: String,
}

/// Bytes of a fragment of the body, of those before the first mark, and fragments.
const LONG: usize = 220;
const BEFORE: usize = 60;
const MOST: usize = 2;

/// `tongues` are the languages that the words of the query were taken to be of: what one of them finds is marked too.
pub fn fragments(story: &Story, asked: &Asked, tongues: &[Tongue]) -> Vec<Fragment> {
    let tongue = Tongue::of(&story.language);
    let mut fragments = Vec::new();
    let texts = [
        ("headline", Field::Headline, story.headline.as_str()),
        ("summary", Field::Summary, story.summary.as_deref().unwrap_or_default()),
        ("byline", Field::Byline, story.byline.as_deref().unwrap_or_default()),
    ];
    for (name, field, text) in texts {
        let seen = Seen::of(text, &Marks::of(asked, field, tongue, tongues), tongue);
        if seen.hits() > 0 {
            fragments.push(Fragment {
                field: name,
                html: seen.html(0, text.len()),
            });
        }
    }
    let body = beginning(&story.body_text);
    let seen = Seen::of(body, &Marks::of(asked, Field::Text, tongue, tongues), tongue);
    for (from, to) in seen.windows() {
        fragments.push(Fragment {
            field: "body",
            html: seen.html(from, to),
        });
    }
    fragments
}

/// What is marked.
struct Marks {
    stems: HashSet<String>,
    beginnings: Vec<String>,
}

impl Marks {
    fn of(asked: &Asked, field: Field, tongue: Tongue, tongues: &[Tongue]) -> Marks {
        let mut marks = Marks {
            stems: HashSet::new(),
            beginnings: Vec::new(),
        };
        for Part {
            text,
            prefix,
            field: of,
            ..
        } in asked.wanted()
        {
            if *of != Field::Text && *of != field {
                continue;
            }
            for tongue in tongues.iter().chain([&tongue]) {
                let mut folded = Vec::new();
                tokens(text, *tongue, |token| folded.push(token.folded));
                if *prefix && let Some(beginning) = folded.pop() {
                    marks.beginnings.push(beginning);
                }
                let mut stems = stems_of(text, *tongue);
                if *prefix {
                    stems.pop();
                }
                marks.stems.extend(stems);
            }
        }
        marks
    }

    fn has(&self, token: &Token) -> bool {
        self.stems.contains(&token.stem) || self.beginnings.iter().any(|b| token.folded.starts_with(b))
    }
}

/// A text and what in it is marked.
struct Seen<'a> {
    text: &'a str,
    /// From, to, and the stem where it is marked.
    words: Vec<(usize, usize, Option<String>)>,
}

impl<'a> Seen<'a> {
    fn of(text: &'a str, marks: &Marks, tongue: Tongue) -> Seen<'a> {
        let mut words: Vec<(usize, usize, Option<String>)> = Vec::new();
        if marks.stems.is_empty() && marks.beginnings.is_empty() {
            return Seen { text, words };
        }
        let mut before: Option<(usize, String)> = None;
        tokens(text, tongue, |token| {
            let mut hit = marks.has(&token).then(|| token.stem.clone());
            if token.dense {
                // Two letters that stand together.
                if let Some((to, letter)) = &before
                    && *to == token.from
                {
                    let pair = format!("{letter}{}", token.stem);
                    if marks.stems.contains(&pair) {
                        if let Some(last) = words.last_mut() {
                            last.2.get_or_insert_with(|| pair.clone());
                        }
                        hit = Some(pair);
                    }
                }
                before = Some((token.to, token.stem));
            }
            words.push((token.from, token.to, hit));
        });
        Seen { text, words }
    }

    fn hits(&self) -> usize {
        self.words.iter().filter(|(_, _, hit)| hit.is_some()).count()
    }

    /// The parts of a text that hold most of what is marked, in order.
    fn windows(&self) -> Vec<(usize, usize)> {
        let mut windows: Vec<(usize, (usize, usize))> = Vec::new();
        for (at, (hit_from, _, _)) in self.words.iter().enumerate().filter(|(_, (_, _, hit))| hit.is_some()) {
            let behind = self.words.get(..at).unwrap_or_default().iter().rev();
            let from = behind
                .map(|(from, _, _)| *from)
                .take_while(|from| hit_from - from <= BEFORE)
                .last();
            let from = from.unwrap_or(*hit_from);
            let ahead = self.words.get(at..).unwrap_or_default();
            let inside: Vec<_> = ahead.iter().take_while(|(_, to, _)| to - from <= LONG).collect();
            let to = inside.last().map_or(*hit_from, |(_, to, _)| *to);
            let distinct: HashSet<&String> = inside.iter().filter_map(|(_, _, hit)| hit.as_ref()).collect();
            windows.push((distinct.len(), (from, to)));
        }
        // The richest first, of equal ones the earliest.
        windows.sort_by_key(|(distinct, (from, _))| (std::cmp::Reverse(*distinct), *from));
        let mut chosen: Vec<(usize, usize)> = Vec::new();
        for (_, (from, to)) in windows {
            let apart = chosen.iter().all(|(begins, ends)| to <= *begins || *ends <= from);
            if apart && chosen.len() < MOST && from < to {
                chosen.push((from, to));
            }
        }
        chosen.sort_unstable();
        chosen
    }

    fn html(&self, from: usize, to: usize) -> String {
        let mut html = String::new();
        if from > 0 {
            html.push('…');
        }
        let mut at = from;
        for (begins, ends, hit) in &self.words {
            if *begins < at || *ends > to || hit.is_none() {
                continue;
            }
            escape(&mut html, self.text.get(at..*begins).unwrap_or_default());
            html.push_str("<mark>");
            escape(&mut html, self.text.get(*begins..*ends).unwrap_or_default());
            html.push_str("</mark>");
            at = *ends;
        }
        // What ends a sentence goes along.
        let rest = self.text.get(to..).unwrap_or_default();
        let stop = rest
            .chars()
            .next()
            .filter(|c| matches!(c, '.' | '!' | '?' | '。'))
            .map_or(0, char::len_utf8);
        escape(&mut html, self.text.get(at..to + stop).unwrap_or_default());
        if to + stop < self.text.trim_end().len() {
            html.push('…');
        }
        html
    }
}

fn escape(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ if c.is_whitespace() && html.ends_with(' ') => {}
            _ if c.is_whitespace() => html.push(' '),
            _ => html.push(c),
        }
    }
}
