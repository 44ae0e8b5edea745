//! What a language does with a word: its stem, and which letters its readers take for the same.
//!
//! Stems and folded words of all languages stand in the same fields of the index. So a query, whose language nobody knows,
//! looks for the stem that each language of the house would make of it, and mostly that is one or two.

use super::ukrainian;
use super::words::plain;
use frostem::{Algorithm, Stemmer};
use std::borrow::Cow;
use unicode_normalization::char::decompose_canonical;

/// How the words of a language are compared.
#[derive(Clone, Copy)]
pub struct Tongue {
    /// Its name; languages that are treated alike share one.
    pub name: &'static str,
    stems: Stems,
    /// Letters that are letters of their own here, and not others with a mark.
    own: &'static str,
    apostrophes: Apostrophes,
}

#[derive(Clone, Copy)]
enum Stems {
    None,
    Snowball(Algorithm),
    Ukrainian,
}

#[derive(Clone, Copy)]
enum Apostrophes {
    /// `п'ять`, `don't`: they go.
    Dropped,
    /// `Kyiv's`: what follows goes too.
    Possessive,
    /// `l'eau`, `dell'arte`: what stands before goes too.
    Elision,
}

/// Longest word that is kept whole, in letters. There are none in news; there are in attacks.
const LONGEST: usize = 64;

impl Tongue {
    /// Of a BCP 47 tag.
    pub fn of(tag: &str) -> Tongue {
        use Algorithm as A;
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        let of = |name, stems| Tongue {
            name,
            stems,
            own: "",
            apostrophes: Apostrophes::Dropped,
        };
        let stemmed = |name, algorithm| of(name, Stems::Snowball(algorithm));
        let elided = |name, algorithm| Tongue {
            apostrophes: Apostrophes::Elision,
            ..stemmed(name, algorithm)
        };
        let owning = |name, algorithm, own| Tongue {
            own,
            ..stemmed(name, algorithm)
        };
        match language {
            "ar" => stemmed("arabic", A::Arabic),
            "hy" => stemmed("armenian", A::Armenian),
            "eu" => stemmed("basque", A::Basque),
            "ca" => elided("catalan", A::Catalan),
            "cs" => stemmed("czech", A::Czech),
            "da" => owning("danish", A::Danish, "æøå"),
            "nl" => stemmed("dutch", A::Dutch),
            "en" => Tongue {
                apostrophes: Apostrophes::Possessive,
                ..stemmed("english", A::English)
            },
            "et" => owning("estonian", A::Estonian, "õäöü"),
            "fi" => owning("finnish", A::Finnish, "åäö"),
            "fr" => elided("french", A::French),
            "de" => stemmed("german", A::German),
            "el" => stemmed("greek", A::Greek),
            "hi" => stemmed("hindi", A::Hindi),
            "hu" => stemmed("hungarian", A::Hungarian),
            "id" | "ms" => stemmed("indonesian", A::Indonesian),
            "ga" => stemmed("irish", A::Irish),
            "it" => elided("italian", A::Italian),
            "lt" => stemmed("lithuanian", A::Lithuanian),
            "ne" => stemmed("nepali", A::Nepali),
            "no" | "nb" | "nn" => owning("norwegian", A::Norwegian, "æøå"),
            "fa" => stemmed("persian", A::Persian),
            "pl" => stemmed("polish", A::Polish),
            "pt" => stemmed("portuguese", A::Portuguese),
            "ro" => stemmed("romanian", A::Romanian),
            "ru" => stemmed("russian", A::Russian),
            "sr" | "hr" | "bs" | "sh" | "cnr" => stemmed("serbian", A::Serbian),
            "es" => owning("spanish", A::Spanish, "ñ"),
            "sv" => owning("swedish", A::Swedish, "åäö"),
            "ta" => stemmed("tamil", A::Tamil),
            "tr" => stemmed("turkish", A::Turkish),
            "uk" => of("ukrainian", Stems::Ukrainian),
            "yi" => stemmed("yiddish", A::Yiddish),
            _ => of("other", Stems::None),
        }
    }

    /// A word folded, and the stem of it.
    pub fn forms(&self, word: &str) -> (String, String) {
        let plain = plain(word);
        let bare = self.bare(&plain);
        let stem = match self.stems {
            Stems::None => Cow::Borrowed(bare.as_ref()),
            Stems::Ukrainian => Cow::Borrowed(ukrainian::stem(&bare)),
            Stems::Snowball(algorithm) => Stemmer::new(algorithm).stem(&bare),
        };
        (self.fold(&bare), self.fold(&stem))
    }

    /// Without apostrophes and what hangs on them; the letters that the stemmers do not know made those they do.
    fn bare<'a>(&self, plain: &'a str) -> Cow<'a, str> {
        let mut word = Cow::Borrowed(plain);
        if plain.chars().nth(LONGEST).is_some() {
            word = Cow::Owned(plain.chars().take(LONGEST).collect());
        }
        if word.contains('\'') {
            let kept = match self.apostrophes {
                Apostrophes::Dropped => None,
                Apostrophes::Possessive => word.strip_suffix("'s").or_else(|| word.strip_suffix('\'')),
                Apostrophes::Elision => word
                    .split_once('\'')
                    .filter(|(before, _)| elides(before))
                    .map(|(_, after)| after),
            };
            word = Cow::Owned(kept.unwrap_or(&word).replace('\'', ""));
        }
        if word.contains(['ё', 'ґ']) {
            word = Cow::Owned(word.replace('ё', "е").replace('ґ', "г"));
        }
        word
    }

    /// Letters that readers take for the same made the same.
    fn fold(&self, word: &str) -> String {
        if word.is_ascii() {
            return word.to_owned();
        }
        let mut folded = String::with_capacity(word.len());
        for c in word.chars() {
            match c {
                _ if c.is_ascii() || self.own.contains(c) => folded.push(c),
                'ß' => folded.push_str("ss"),
                'æ' => folded.push_str("ae"),
                'œ' => folded.push_str("oe"),
                'þ' => folded.push_str("th"),
                'ø' => folded.push('o'),
                'đ' | 'ð' => folded.push('d'),
                'ł' => folded.push('l'),
                'ı' => folded.push('i'),
                'ħ' => folded.push('h'),
                'ё' => folded.push('е'),
                'ґ' => folded.push('г'),
                'ς' => folded.push('σ'),
                'ی' | 'ى' => folded.push('ي'),
                'ک' => folded.push('ك'),
                'ة' => folded.push('ه'),
                'ـ' => {}
                // Stress marks.
                '\u{300}'..='\u{36F}' => {}
                // Their letters with marks are letters of their own.
                _ if is_cyrillic(c) => folded.push(c),
                _ if loses_marks(c) => decompose_canonical(c, |part| {
                    if !is_lost(part) {
                        folded.push(part);
                    }
                }),
                _ => folded.push(c),
            }
        }
        folded
    }
}

/// What stands before the apostrophe of an elision: `l'`, `qu'`, `dell'`.
fn elides(before: &str) -> bool {
    before.chars().count() <= 2 || before.ends_with("qu") || before.ends_with("ll") || before == "un"
}

fn is_latin(c: char) -> bool {
    matches!(u32::from(c), 0x41..=0x24F | 0x1E00..=0x1EFF)
}

fn is_cyrillic(c: char) -> bool {
    matches!(u32::from(c), 0x400..=0x52F)
}

/// Latin, Greek, Hebrew, Arabic: a mark is left out by who writes in haste. In the scripts of India it is a vowel.
fn loses_marks(c: char) -> bool {
    is_latin(c) || matches!(u32::from(c), 0x370..=0x3FF | 0x1F00..=0x1FFF | 0x590..=0x6FF)
}

fn is_lost(c: char) -> bool {
    matches!(u32::from(c), 0x300..=0x36F | 0x591..=0x5C7 | 0x64B..=0x65F | 0x670)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stem(tag: &str, word: &str) -> String {
        Tongue::of(tag).forms(word).1
    }

    fn alike(tag: &str, words: &[&str]) {
        let stems: Vec<String> = words.iter().map(|w| stem(tag, w)).collect();
        assert!(stems.iter().all(|s| *s == stems[0]), "{tag} {words:?}: {stems:?}");
    }

    #[test]
    fn the_forms_of_a_word_are_alike_in_each_language() {
        alike("en", &["minister", "ministers", "Minister's", "ministers’"]);
        alike("de", &["Minister", "Ministern", "ministers"]);
        alike("de", &["Häuser", "hauser", "Haus"]);
        alike("de", &["Straße", "Strasse", "straßen"]);
        alike(
            "fr",
            &["élections", "élection", "elections", "l’élection", "d'élections"],
        );
        alike("es", &["elecciones", "elección", "eleccion"]);
        alike("sv", &["regeringen", "regering"]);
        alike("pl", &["wyborami", "wybory"]);
        alike("ru", &["выборы", "выборов", "выборами"]);
        alike("ru", &["ёлка", "елка", "Ёлки"]);
        alike("uk", &["п'ятниця", "п’ятницю", "пʼятниці"]);
        alike("uk", &["Ґрунт", "грунт", "ґрунту"]);
        alike("it", &["dell'arte", "arte", "l’arte"]);
        alike("pt", &["eleições", "eleicoes"]);
        alike("tr", &["İstanbul", "istanbul"]);
        alike("el", &["Αθήνας", "αθηνας"]);
        alike("ar", &["الأخبار", "الاخبار"]);
    }

    #[test]
    fn letters_that_are_letters_of_their_own_stay_so() {
        assert_ne!(stem("sv", "får"), stem("sv", "far"));
        assert_ne!(stem("es", "año"), stem("es", "ano"));
        let folded = |tag, word| Tongue::of(tag).forms(word).0;
        assert_ne!(folded("uk", "їх"), folded("uk", "іх"));
        assert_ne!(folded("ru", "мой"), folded("ru", "мои"));
        // A vowel sign is no accent.
        assert_ne!(folded("hi", "की"), folded("hi", "का"));
    }

    #[test]
    fn any_word_has_a_form() {
        for tag in [
            "en", "uk", "tr", "ar", "ne", "xx", "", "sr", "de", "pl", "cs", "fa", "yi", "ta",
        ] {
            for word in [
                "",
                "'",
                "''s",
                "a",
                "я",
                "’’’",
                "\u{301}",
                "ا",
                "i̇",
                "łłł",
                "क्षि",
                "😀",
                "x́́́́́́",
            ] {
                let (folded, stem) = Tongue::of(tag).forms(word);
                assert!(!folded.contains(' ') && !stem.contains(' '));
            }
            let long = "ab'".repeat(10_000);
            assert!(Tongue::of(tag).forms(&long).0.len() <= LONGEST * 4);
        }
    }
}
