//! What a text looks like, in 64 bits: texts that share nearly all their words in nearly the same order have nearly the
//! same bits (Charikar's simhash over pairs of words). Never kept: the bits are only compared within one answer.

use super::similar::looked_at;
use super::words::{plain, split};
use crate::news::story::Story;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Bits in which two texts may differ and be taken for one. Of two that have nothing in common 32 differ, and one pair in a
/// hundred thousand differs in no more than this.
const NEAR: u32 = 14;
/// Texts with fewer words have too few pairs to tell: they are the same or are not.
const FEWEST: usize = 8;

/// What a story's text looks like.
#[derive(Clone, Copy, Debug)]
pub struct Sketch {
    bits: u64,
    short: bool,
}

impl Sketch {
    pub fn of(story: &Story) -> Sketch {
        let mut sums = [0_i32; 64];
        let mut words = 0;
        let mut before = 0_u64;
        let mut note = |word: &str| {
            words += 1;
            let word = hashed(plain(word).as_ref());
            let pair = hashed(&(before, word));
            before = word;
            for (bit, sum) in sums.iter_mut().enumerate() {
                *sum += if pair >> bit & 1 == 1 { 1 } else { -1 };
            }
        };
        for text in [story.headline.as_str(), looked_at(&story.body_text)] {
            split(text, |word| note(word.text));
        }
        let bits = sums.iter().rev().fold(0, |bits, sum| bits << 1 | u64::from(*sum > 0));
        Sketch {
            bits,
            short: words < FEWEST,
        }
    }

    /// Whether one is a copy of the other, or nearly.
    pub fn is_near(self, other: Sketch) -> bool {
        let differ = (self.bits ^ other.bits).count_ones();
        differ <= if self.short || other.short { 0 } else { NEAR }
    }
}

fn hashed(what: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::tests::story;

    #[test]
    fn copies_are_known_and_others_are_not() {
        let text = "The parliament adopted the budget for the next year on Thursday after a debate of nine hours. \
                    The opposition had asked for more money for schools and hospitals. The prime minister said that \
                    there was none, and that the country had to save. The vote was 231 to 180.";
        let sketch = |headline: &str, text: &str| Sketch::of(&story(1, "en", headline, text));
        let first = sketch("Budget adopted", text);
        let copy = sketch(
            "Budget adopted (UPDATE)",
            &text.replace("Thursday", "Friday").replace("231", "229"),
        );
        let other = "Fishermen of the north coast went on strike on Thursday. They want more money for their fish. The \
                     minister of agriculture said that there was none for them either, and asked for patience.";
        assert!(first.is_near(copy));
        assert!(!first.is_near(sketch("Strike", other)));
        assert!(sketch("Fish", "").is_near(sketch("FISH", "")));
        assert!(!sketch("Fish one", "").is_near(sketch("Fish two", "")));
    }
}
