//! Ukrainian word endings. Nobody keeps a stemmer for it, so this is a light one: the longest ending that is known comes
//! off, as long as three letters stay.

/// Endings of nouns, adjectives and the verbs that cannot be taken for nouns; those of one word lead to one stem.
const ENDINGS: &[&str] = &[
    // -ість, -ння
    "остями",
    "остей",
    "остях",
    "остям",
    "ості",
    "ість",
    "істю",
    "ннями",
    "ннях",
    "нням",
    "ння",
    "нню",
    "нні",
    "нь",
    // nouns
    "ями",
    "ами",
    "ові",
    "еві",
    "єві",
    "ією",
    "ців",
    "цями",
    "цям",
    "цях",
    "цем",
    "цю",
    "ця",
    "ці",
    "ць",
    "ець",
    "їв",
    "ів",
    "ей",
    "ам",
    "ях",
    "ах",
    "ям",
    "ою",
    "ею",
    "єю",
    "ом",
    "рем",
    "чем",
    "шем",
    "щем",
    "жем",
    "єм",
    "ію",
    "ії",
    "ія",
    "ій",
    "їй",
    // adjectives
    "ого",
    "його",
    "ому",
    "йому",
    "ими",
    "іми",
    "їми",
    "ий",
    "им",
    "ім",
    "їм",
    "ої",
    "их",
    "іх",
    "їх",
    // verbs
    "увати",
    "ювати",
    "увала",
    "ювала",
    "увало",
    "ували",
    "ювали",
    "уємо",
    "юємо",
    "ують",
    "юють",
    "ував",
    "ював",
    "ють",
    "уть",
    "ить",
    "їть",
    "імо",
    "ємо",
    "емо",
    "имо",
    "єте",
    "ите",
    "еш",
    "єш",
    "иш",
    "їш",
    "ає",
    "яє",
    "ує",
    "ює",
    "аю",
    "яю",
    "а",
    "я",
    "и",
    "і",
    "ї",
    "у",
    "ю",
    "о",
    "е",
    "є",
    "й",
    "ь",
];

/// Of these consonants at the head of an ending only the vowel behind goes.
const KEPT_HEADS: [char; 5] = ['р', 'ч', 'ш', 'щ', 'ж'];

/// Cities whose vowels change: how the stem is written before an ending, and their name.
const CITIES: &[(&str, &str)] = &[
    ("києв", "київ"),
    ("харков", "харків"),
    ("львов", "львів"),
    ("чернігов", "чернігів"),
    ("миколаєв", "миколаїв"),
    ("краков", "краків"),
];

/// Stems whose last letters look like an ending and are none.
const WHOLE: &[&str] = &["грам", "реклам", "драм", "іслам"];

/// The stem of a word in small letters without apostrophes.
pub fn stem(word: &str) -> &str {
    for (stem, city) in CITIES {
        if word == *city
            || word
                .strip_prefix(stem)
                .is_some_and(|end| ["а", "у", "і", "ом"].contains(&end))
        {
            return city;
        }
    }
    for whole in WHOLE {
        if let Some((before, end)) = word.rsplit_once(whole)
            && ["", "а", "у", "и", "і", "ою", "ам", "ами", "ах"].contains(&end)
        {
            return word.get(..before.len() + whole.len()).unwrap_or(word);
        }
    }
    let letters = word.chars().count();
    let reflexive = word
        .strip_suffix("ся")
        .or_else(|| word.strip_suffix("сь"))
        .filter(|_| letters >= 6);
    let word = reflexive.unwrap_or(word);
    let ending = ENDINGS
        .iter()
        .filter(|ending| word.strip_suffix(**ending).is_some_and(is_enough));
    let Some(ending) = ending.max_by_key(|ending| ending.len()) else {
        return word;
    };
    let kept = match ending.chars().next() {
        Some(head) if ending.ends_with("ем") && KEPT_HEADS.contains(&head) => head.len_utf8(),
        _ => 0,
    };
    let stem = word
        .get(..(word.len() + kept).saturating_sub(ending.len()))
        .unwrap_or(word);
    // What softens the end of a stem goes with the ending.
    stem.strip_suffix('ь').filter(|rest| is_enough(rest)).unwrap_or(stem)
}

/// Three letters are left.
fn is_enough(rest: &str) -> bool {
    rest.chars().nth(2).is_some()
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn the_forms_of_a_word_have_one_stem() {
        let groups: &[&[&str]] = &[
            &["бюджет", "бюджету", "бюджетами", "бюджетів", "бюджетом"],
            &["міністр", "міністра", "міністри", "міністрів", "міністром"],
            &["україна", "україни", "україні", "україну", "україною"],
            &["київ", "києва", "києві"],
            &["харків", "харкова", "харкові", "харковом"],
            &["революція", "революції", "революцію", "революцією", "революцій"],
            &["президент", "президента", "президентові"],
            &["незалежність", "незалежності", "незалежністю"],
            &["новий", "нового", "новому", "нових", "новими"],
            &["обстріл", "обстрілу", "обстріли", "обстрілів"],
            &["українець", "українці", "українців"],
            &["депутат", "депутати", "депутатів", "депутатами"],
            &["генерал", "генерали", "генералів"],
            &["програма", "програм", "програми", "програмою"],
            &["обєкт", "обєкти", "обєктів"],
            &["лікар", "лікарем", "лікарі"],
            &["планує", "планують", "планував", "планувати"],
        ];
        for group in groups {
            let stems: Vec<&str> = group.iter().map(|w| stem(w)).collect();
            assert!(stems.iter().all(|s| *s == stems[0]), "{group:?}: {stems:?}");
        }
        assert_eq!(stem("рік"), "рік");
        assert_ne!(stem("порт"), stem("портрет"));
    }
}
