//! From text to what stands in the index, the same way for stories and for queries.

use super::tongue::Tongue;
use super::words;

/// A word of a text, as it is compared.
pub struct Token {
    pub from: usize,
    pub to: usize,
    /// As it stands, letters folded.
    pub folded: String,
    pub stem: String,
    /// One letter of a script without spaces.
    pub dense: bool,
}

pub fn tokens(text: &str, tongue: Tongue, mut found: impl FnMut(Token)) {
    words::split(text, |word| {
        let (folded, stem) = if word.dense {
            let letter = words::plain(word.text).into_owned();
            (letter.clone(), letter)
        } else {
            tongue.forms(word.text)
        };
        if !folded.is_empty() && !stem.is_empty() {
            let (from, to, dense) = (word.from, word.to(), word.dense);
            found(Token {
                from,
                to,
                folded,
                stem,
                dense,
            });
        }
    });
}

/// What the fields of the index get: words divided by spaces.
#[derive(Default)]
pub struct Analysed {
    pub stems: String,
    pub folded: String,
}

pub fn analyse(text: &str, tongue: Tongue) -> Analysed {
    let mut analysed = Analysed::default();
    let mut stems = Stems::default();
    tokens(text, tongue, |token| {
        push(&mut analysed.folded, &token.folded);
        stems.take(&token, |stem| push(&mut analysed.stems, stem));
    });
    stems.end(|stem| push(&mut analysed.stems, stem));
    analysed
}

/// The stems of a piece of a query, in order.
pub fn stems_of(text: &str, tongue: Tongue) -> Vec<String> {
    let mut all = Vec::new();
    let mut stems = Stems::default();
    tokens(text, tongue, |token| {
        stems.take(&token, |stem| all.push(stem.to_owned()))
    });
    stems.end(|stem| all.push(stem.to_owned()));
    all
}

/// The words of a name, letters folded.
pub fn folded(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    tokens(text, Tongue::of(""), |token| words.push(token.folded));
    words
}

fn push(to: &mut String, word: &str) {
    if !to.is_empty() {
        to.push(' ');
    }
    to.push_str(word);
}

/// Makes pairs of what is written without spaces. A letter that stands alone stays alone.
#[derive(Default)]
struct Stems {
    /// The letter before, where it ended, and whether it is in a pair.
    last: Option<(String, usize, bool)>,
}

impl Stems {
    fn take(&mut self, token: &Token, mut give: impl FnMut(&str)) {
        if !token.dense {
            self.end(&mut give);
            give(&token.stem);
            return;
        }
        let paired = match &self.last {
            Some((before, to, _)) if *to == token.from => {
                give(&format!("{before}{}", token.stem));
                true
            }
            _ => {
                self.end(&mut give);
                false
            }
        };
        self.last = Some((token.stem.clone(), token.to, paired));
    }

    fn end(&mut self, mut give: impl FnMut(&str)) {
        if let Some((letter, _, false)) = self.last.take() {
            give(&letter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_without_spaces_are_looked_for_by_pairs() {
        let analysed = analyse("東京都 news 字 ไทย", Tongue::of("ja"));
        assert_eq!(analysed.stems, "東京 京都 news 字 ไท ทย");
        assert_eq!(analysed.folded, "東 京 都 news 字 ไ ท ย");
    }

    #[test]
    fn a_text_and_a_query_become_the_same() {
        let tongue = Tongue::of("uk");
        assert_eq!(analyse("Об’єктів", tongue).stems, stems_of("об'єкти", tongue).join(" "));
    }
}
