//! Where words begin and end, as a reader sees them.
//!
//! A word is letters and digits with what holds them together: apostrophes (`п'ять`, `don't`), the dots of `U.S.`, the
//! points and commas of numbers. Scripts that are written without spaces (Chinese, Japanese, Thai …) come letter by letter,
//! because where their words end only a dictionary knows; pairs of letters take the place of words.

use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A word as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    pub text: &'a str,
    pub from: usize,
    /// One letter of a script without spaces.
    pub dense: bool,
}

impl Word<'_> {
    pub fn to(&self) -> usize {
        self.from + self.text.len()
    }
}

/// The words of a text, in order.
pub fn split<'a>(text: &'a str, mut found: impl FnMut(Word<'a>)) {
    let mut open: Option<Open> = None;
    let mut letters = text.char_indices().peekable();
    // Letters since the word began or a dot was passed: `U.S.` is one word, `end.Next` is two.
    let mut since = 0_usize;
    while let Some((at, c)) = letters.next() {
        let end = at + c.len_utf8();
        let class = class(c);
        match (class, &mut open) {
            (Class::Mark, Some(word)) => word.to = end,
            (Class::Mark, None) => {}
            (Class::Letter | Class::Digit, Some(word)) if !word.dense => {
                word.to = end;
                since += 1;
            }
            (Class::Letter | Class::Digit, _) => {
                close(text, open.take(), &mut found);
                open = Some(Open {
                    from: at,
                    to: end,
                    dense: false,
                });
                since = 1;
            }
            (Class::Dense, _) => {
                close(text, open.take(), &mut found);
                open = Some(Open {
                    from: at,
                    to: end,
                    dense: true,
                });
            }
            (Class::Other, Some(word)) if !word.dense => {
                let next = letters.peek().map_or(Class::Other, |(_, next)| self::class(*next));
                let before = text
                    .get(..at)
                    .and_then(|t| t.chars().next_back())
                    .map_or(Class::Other, self::class);
                let holds = match c {
                    _ if is_apostrophe(c) => next == Class::Letter && before == Class::Letter,
                    '\u{AD}' | '\u{200C}' | '\u{200D}' => next == Class::Letter,
                    '.' if next == Class::Letter => since == 1 && single(text, end),
                    '.' | ',' => before == Class::Digit && next == Class::Digit,
                    _ => false,
                };
                if holds {
                    since = 0;
                } else {
                    close(text, open.take(), &mut found);
                }
            }
            (Class::Other, _) => close(text, open.take(), &mut found),
        }
    }
    close(text, open, &mut found);
}

struct Open {
    from: usize,
    to: usize,
    dense: bool,
}

fn close<'a>(text: &'a str, open: Option<Open>, found: &mut impl FnMut(Word<'a>)) {
    let Some(Open { from, to, dense }) = open else { return };
    if let Some(text) = text.get(from..to) {
        found(Word { text, from, dense });
    }
}

/// Whether exactly one letter stands there.
fn single(text: &str, at: usize) -> bool {
    let mut rest = text.get(at..).unwrap_or_default().chars();
    rest.next().is_some_and(char::is_alphabetic) && !rest.next().is_some_and(char::is_alphanumeric)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Digit,
    Dense,
    Mark,
    Other,
}

fn class(c: char) -> Class {
    if c.is_ascii() {
        return match c {
            'a'..='z' | 'A'..='Z' => Class::Letter,
            '0'..='9' => Class::Digit,
            _ => Class::Other,
        };
    }
    match c {
        // The modifier letter is a letter to Unicode and an apostrophe to Ukrainians.
        '\u{2BC}' => Class::Other,
        _ if is_combining_mark(c) => Class::Mark,
        _ if c.is_numeric() => Class::Digit,
        _ if !c.is_alphanumeric() => Class::Other,
        _ if is_dense(c) => Class::Dense,
        _ => Class::Letter,
    }
}

pub fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '\u{2019}' | '\u{2BC}' | '\u{2018}' | '\u{2032}' | '\u{FF07}' | '`' | '\u{B4}'
    )
}

/// Scripts that are written without spaces between words; Korean too, whose words carry many endings.
pub fn is_dense(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF // Thai, Lao
        | 0x1000..=0x109F // Myanmar
        | 0x1100..=0x11FF // Hangul
        | 0x1780..=0x17FF // Khmer
        | 0x3005..=0x3007
        | 0x3040..=0x318F // Hiragana, Katakana, Bopomofo, Hangul
        | 0x31A0..=0x31BF
        | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF // Han
        | 0x4E00..=0x9FFF
        | 0xA960..=0xA97F
        | 0xAC00..=0xD7FF // Hangul
        | 0xF900..=0xFAFF
        | 0xFF66..=0xFFDC // halfwidth Katakana and Hangul
        | 0x20000..=0x3FFFF)
}

/// A word as it is compared: composed and compatible forms alike, small letters, no dots and hyphens that cannot be seen.
/// Apostrophes become `'`, because what they mean is the language's business.
pub fn plain(word: &str) -> Cow<'_, str> {
    if word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        return Cow::Borrowed(word);
    }
    let mut plain = String::with_capacity(word.len());
    if word.is_ascii() {
        let letters = word.bytes().filter(|b| b.is_ascii_alphanumeric() || b"'`".contains(b));
        plain.extend(letters.map(|b| {
            if b == b'`' {
                '\''
            } else {
                char::from(b.to_ascii_lowercase())
            }
        }));
        return Cow::Owned(plain);
    }
    for c in word.nfkc().flat_map(char::to_lowercase).nfc() {
        match c {
            _ if is_apostrophe(c) => plain.push('\''),
            '.' | ',' | '\u{AD}' | '\u{200C}' | '\u{200D}' | ' ' => {}
            // What becomes of a capital I with a dot.
            '\u{307}' if plain.ends_with('i') => {}
            _ if c.is_whitespace() || c.is_control() => {}
            _ => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let mut words = Vec::new();
        split(text, |w| words.push(w.text));
        words
    }

    #[test]
    fn words_are_what_a_reader_sees() {
        assert_eq!(
            words("Kyiv's mayor, 41, said: don't."),
            ["Kyiv's", "mayor", "41", "said", "don't"]
        );
        assert_eq!(words("п'ять об’єктів, сімʼя"), ["п'ять", "об’єктів", "сімʼя"]);
        assert_eq!(
            words("The U.S. economy grew 3.5 to 1,000"),
            ["The", "U.S", "economy", "grew", "3.5", "to", "1,000"]
        );
        assert_eq!(
            words("at the end.Next one, e-mail"),
            ["at", "the", "end", "Next", "one", "e", "mail"]
        );
        assert_eq!(words("日本語と ไทย"), ["日", "本", "語", "と", "ไ", "ท", "ย"]);
        assert_eq!(words("-- '' … \u{0}"), Vec::<&str>::new());
    }

    #[test]
    fn spellings_that_look_alike_are_alike() {
        assert_eq!(plain("Ｋｙｉｖ"), "kyiv");
        assert_eq!(plain("U.S"), "us");
        assert_eq!(plain("e\u{301}te\u{301}"), "été");
        assert_eq!(plain("İstanbul"), "istanbul");
        assert_eq!(plain("ПʼЯТЬ"), "п'ять");
    }
}
