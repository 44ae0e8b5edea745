//! Language tags (BCP 47, RFC 5646).

use oxilangtag::LanguageTag;

/// The length that RFC 5646 §4.4.1 asks every implementation to hold.
const LONGEST: usize = 35;

/// The tag in its usual spelling (`EN-gb` is `en-GB`). Its form is checked, not the IANA registry; but a primary language
/// has two or three letters, because no longer one was ever registered and people do write `english`.
pub fn normalise(tag: &str) -> Result<String, String> {
    if let Some(normal) = well_formed(tag) {
        return Ok(normal);
    }
    // Operating systems write ru_RU.UTF-8 and sr_RS@latin.
    let bare = tag
        .trim()
        .split(['.', '@'])
        .next()
        .unwrap_or_default()
        .replace('_', "-");
    match well_formed(&bare) {
        Some(normal) => Err(format!("is no language tag; write {normal}")),
        None => Err("is no language tag; write one such as en, uk or pt-BR (BCP 47)".to_owned()),
    }
}

fn well_formed(tag: &str) -> Option<String> {
    let parsed = LanguageTag::parse_and_normalize(tag).ok()?;
    let is_natural = (2..=3).contains(&parsed.primary_language().len());
    (is_natural && tag.len() <= LONGEST).then(|| parsed.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_get_their_usual_spelling() {
        for (tag, normal) in [
            ("en", "en"),
            ("EN-gb", "en-GB"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("SR-LATN", "sr-Latn"),
            ("es-419", "es-419"),
            ("ast", "ast"),
            ("de-CH-1996", "de-CH-1996"),
            ("en-x-house", "en-x-house"),
            ("und", "und"),
        ] {
            assert_eq!(normalise(tag).as_deref(), Ok(normal));
        }
    }

    #[test]
    fn a_wrong_tag_is_answered_with_the_right_one() {
        for (tag, normal) in [
            ("ru_RU", "ru-RU"),
            ("en_US.UTF-8", "en-US"),
            ("sr_rs@latin", "sr-RS"),
            (" uk ", "uk"),
        ] {
            assert_eq!(normalise(tag), Err(format!("is no language tag; write {normal}")));
        }
        let long = format!("en-x-{}", "abcdefgh-".repeat(4).trim_end_matches('-'));
        for tag in [
            "",
            "e",
            "english",
            "x-house",
            "i-klingon",
            "українська",
            "en-",
            "-en",
            "en--gb",
            "*",
            "e\0n",
            &long,
        ] {
            let message = "is no language tag; write one such as en, uk or pt-BR (BCP 47)";
            assert_eq!(normalise(tag), Err(message.to_owned()), "{tag}");
        }
    }
}
