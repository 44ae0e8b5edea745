//! The tables: which letters a word gets in ASCII.

use super::Slug;

/// Which table a Cyrillic letter is looked up in.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Alphabet {
    Ukrainian,
    Belarusian,
    Bulgarian,
    Russian,
    /// Another language that is written in Cyrillic and may have Ukrainian's letters (Kazakh і): Russian's table, and
    /// the general one for the letters that Russian has not.
    Other,
}

impl Alphabet {
    pub(super) fn of(text: &str, language: &str) -> Self {
        match language
            .split('-')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
            .as_str()
        {
            "uk" => Alphabet::Ukrainian,
            "be" => Alphabet::Belarusian,
            "bg" => Alphabet::Bulgarian,
            "ru" => Alphabet::Russian,
            "ba" | "cv" | "kk" | "kv" | "ky" | "mk" | "mn" | "os" | "sah" | "sr" | "tg" | "tt" | "tyv" => {
                Alphabet::Other
            }
            _ if text.contains(['ў', 'Ў']) => Alphabet::Belarusian,
            _ if is_ukrainian(text) => Alphabet::Ukrainian,
            _ => Alphabet::Russian,
        }
    }

    /// A Ukrainian name in a Russian headline stays Ukrainian.
    pub(super) fn for_word(self, word: &str) -> Self {
        if self == Alphabet::Russian && is_ukrainian(word) {
            Alphabet::Ukrainian
        } else {
            self
        }
    }
}

fn is_ukrainian(text: &str) -> bool {
    text.contains(['і', 'ї', 'є', 'ґ', 'І', 'Ї', 'Є', 'Ґ'])
}

pub(super) fn romanise(word: &str, alphabet: Alphabet, slug: &mut Slug) {
    let letters = letters(word);
    let mut rest = letters.as_slice();
    let mut begins = true;
    while let [letter, after @ ..] = rest {
        (begins, rest) = match cyrillic(rest, alphabet, begins) {
            Some((piece, rest)) => {
                slug.push(piece);
                (false, rest)
            }
            None => {
                let piece = elsewhere(*letter);
                // An ideograph is a word by itself ("Bei "), also after a Latin letter or a digit.
                if piece.ends_with(' ') {
                    slug.end_word();
                }
                slug.push(piece);
                (!letter.is_alphanumeric(), after)
            }
        };
    }
}

/// The word's letters in lower case, without what only joins or marks them, so that п'ять and п’ять are one word; and й
/// and ї are one letter also where they came as two.
fn letters(word: &str) -> Vec<char> {
    let mut letters: Vec<char> = Vec::with_capacity(word.len());
    for letter in word.chars().flat_map(char::to_lowercase) {
        match (letters.last().copied(), letter) {
            (Some(last), '\u{306}' | '\u{308}') => {
                letters.pop();
                letters.push(composed(last, letter));
            }
            _ if is_joiner(letter) => (),
            _ => letters.push(letter),
        }
    }
    letters
}

fn composed(letter: char, mark: char) -> char {
    match (letter, mark) {
        ('и', '\u{306}') => 'й',
        ('у', '\u{306}') => 'ў',
        ('і', '\u{308}') => 'ї',
        ('е', '\u{308}') => 'ё',
        _ => letter,
    }
}

/// Apostrophes of all kinds, accents, soft hyphens, and characters without width.
fn is_joiner(c: char) -> bool {
    matches!(c,
        '\'' | '`' | '´' | 'ʼ' | 'ʹ' | '‘' | '’' | '‛' | '′' | '＇' | '\u{AD}' | '\u{300}'..='\u{36F}'
        | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{20D0}'..='\u{20FF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

/// The first letter or letters in ASCII, and what is left. `begins`: they stand at the beginning of a word.
fn cyrillic(letters: &[char], alphabet: Alphabet, begins: bool) -> Option<(&'static str, &[char])> {
    match (alphabet, letters) {
        (Alphabet::Ukrainian, ['з', 'г', rest @ ..]) => return Some(("zgh", rest)),
        // The press writes Dostoevsky and Novy, София is Sofia.
        (Alphabet::Russian, ['и' | 'ы', 'й', rest @ ..]) if is_word_end(rest) => return Some(("y", rest)),
        (Alphabet::Bulgarian, ['и', 'я', rest @ ..]) if is_word_end(rest) => return Some(("ia", rest)),
        _ => (),
    }
    let (letter, rest) = letters.split_first()?;
    let own = match alphabet {
        Alphabet::Ukrainian => ukrainian(*letter, begins),
        Alphabet::Belarusian => belarusian(*letter),
        Alphabet::Bulgarian => bulgarian(*letter),
        Alphabet::Russian | Alphabet::Other => None,
    };
    Some((own.or_else(|| russian(*letter))?, rest))
}

fn is_word_end(rest: &[char]) -> bool {
    !rest.first().is_some_and(|c| c.is_alphanumeric())
}

/// The official table: Cabinet of Ministers, resolution 55 of 27 January 2010. Only what differs from [`russian`].
fn ukrainian(letter: char, begins: bool) -> Option<&'static str> {
    let romanised = match (letter, begins) {
        ('г', _) => "h",
        ('ґ', _) => "g",
        ('є', true) => "ye",
        ('є', false) => "ie",
        ('и', _) => "y",
        ('і', _) => "i",
        ('ї', true) => "yi",
        ('ї', false) => "i",
        ('й', true) => "y",
        ('й', false) => "i",
        ('ю', true) => "yu",
        ('ю', false) => "iu",
        ('я', true) => "ya",
        ('я', false) => "ia",
        _ => return None,
    };
    Some(romanised)
}

/// BGN/PCGN 1979 without its marks, where it differs from [`russian`].
fn belarusian(letter: char) -> Option<&'static str> {
    let romanised = match letter {
        'г' => "h",
        'і' => "i",
        'ў' => "w",
        _ => return None,
    };
    Some(romanised)
}

/// The Streamlined System (law on transliteration, 2009), where it differs from [`russian`].
fn bulgarian(letter: char) -> Option<&'static str> {
    let romanised = match letter {
        'х' => "h",
        'щ' => "sht",
        'ъ' => "a",
        'ь' => "y",
        _ => return None,
    };
    Some(romanised)
}

/// BGN/PCGN 1947 as the press simplifies it: е is always e, and hard and soft signs go. Chosen over the passports' table
/// (ICAO 9303), whose ia, iu and final ii nobody types into an address.
fn russian(letter: char) -> Option<&'static str> {
    let romanised = match letter {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' => "g",
        'д' => "d",
        'е' => "e",
        'ё' => "yo",
        'ж' => "zh",
        'з' => "z",
        'и' => "i",
        'й' => "y",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' => "u",
        'ф' => "f",
        'х' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ъ' | 'ь' => "",
        'ы' => "y",
        'э' => "e",
        'ю' => "yu",
        'я' => "ya",
        _ => return None,
    };
    Some(romanised)
}

/// All other scripts by the general table, but no words for pictures and currencies (it has "tada" and "PS" for £).
fn elsewhere(c: char) -> &'static str {
    if is_sign(c) {
        " "
    } else {
        deunicode::deunicode_char(c).unwrap_or(" ")
    }
}

fn is_sign(c: char) -> bool {
    matches!(c,
        '\u{A2}'..='\u{A5}' | '©' | '®' | '\u{20A0}'..='\u{20CF}' | '\u{2100}'..='\u{214F}' | '\u{2190}'..='\u{23FF}'
        | '\u{25A0}'..='\u{27BF}' | '\u{2900}'..='\u{297F}' | '\u{2B00}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}'
        | '\u{E0000}'..='\u{E007F}')
}
