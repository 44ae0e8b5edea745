//! Stories by number: the same number gives the same story for ever, so nothing needs to be remembered to ask for one.
//! The output is Dateline's own NDJSON: 200 topics in a tree of two levels, eight sources, then the stories, most of
//! them in the order of their time as an archive is, every tenth out of it.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::Value;

use crate::words::{ENGLISH, REGIONS, SOURCES, SUBJECTS, TONGUES, Tongue};

/// Raised with every change of what is generated, so that a kept house of another edition is not reused.
pub const EDITION: u32 = 1;

/// 2022-01-01T00:00:00Z and three years on: in the past for every clock that runs this.
const FIRST_SECOND: u64 = 1_640_995_200;
const SPAN: u64 = 3 * 365 * 86_400;
/// Bulletins: this many stories share one second.
const BULLETIN: u64 = 6;

/// SplitMix64: enough for choosing words, and the same everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        // Neighbouring seeds would give the same rolls shifted by one: so the first roll is the real seed.
        Self(Self(seed).roll())
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// 0 ≤ … < `below`; 0 when there is nothing to choose from.
    pub fn below(&mut self, below: u64) -> u64 {
        self.roll().checked_rem(below).unwrap_or(0)
    }

    pub fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let place = self.below(from.len() as u64);
        from.get(usize::try_from(place).unwrap_or(0))
    }

    fn word(&mut self, from: &[&'static str]) -> &'static str {
        self.pick(from).copied().unwrap_or_default()
    }

    /// Like `pick`, but the first are chosen more often than the last: some topics are in the news every day.
    fn favour<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let even = self.below(1 << 32) as f64 / (1u64 << 32) as f64;
        from.get((even.powf(1.5) * from.len() as f64) as usize)
    }
}

pub fn uri(number: u64) -> String {
    format!("urn:example:house:story-{number:07}")
}

/// The feeds that are long enough to page deep into: each holds the stories of its nine regions too.
pub fn subjects() -> impl Iterator<Item = &'static str> {
    SUBJECTS.iter().map(|[slug, ..]| *slug)
}

/// Everything for one house of `stories` stories. Gives back the number of lines.
pub fn write_house(stories: u64, out: &mut impl Write) -> io::Result<u64> {
    let mut lines = 0;
    for [slug, name] in SOURCES {
        writeln!(
            out,
            r#"{{"type":"source","slug":"{slug}","name":"{name}","url":"https://{slug}.example/"}}"#
        )?;
        lines += 1;
    }
    for [slug, en, uk, de] in SUBJECTS {
        let names = format!(r#"{{"en":"{en}","uk":"{uk}","de":"{de}"}}"#);
        writeln!(
            out,
            r#"{{"type":"topic","slug":"{slug}","kind":"subject","names":{names}}}"#
        )?;
        lines += 1;
        for [region, region_en, region_uk, region_de] in REGIONS {
            let names = format!(r#"{{"en":"{en}: {region_en}","uk":"{uk}: {region_uk}","de":"{de}: {region_de}"}}"#);
            writeln!(
                out,
                r#"{{"type":"topic","slug":"{slug}-{region}","kind":"place","parent":"{slug}","names":{names}}}"#
            )?;
            lines += 1;
        }
    }
    let mut line = String::new();
    for number in 0..stories {
        line.clear();
        write_story(number, stories, &mut line).map_err(io::Error::other)?;
        out.write_all(line.as_bytes())?;
        lines += 1;
    }
    Ok(lines)
}

/// A story as the desk takes it, to be first published now.
pub fn news(number: u64) -> crate::Outcome<Value> {
    let mut line = String::new();
    write_story(number, number + 1, &mut line)?;
    let mut story: Value = serde_json::from_str(&line)?;
    if let Some(fields) = story.as_object_mut() {
        for imported in ["type", "uri", "firstPublished", "published"] {
            fields.remove(imported);
        }
    }
    Ok(story)
}

fn write_story(number: u64, stories: u64, line: &mut String) -> std::fmt::Result {
    let mut dice = Dice::new(number.wrapping_add(1));
    let tongue = tongue(&mut dice);
    write!(
        line,
        r#"{{"type":"article","uri":"{}","language":"{}","#,
        uri(number),
        tongue.code
    )?;
    line.push_str(r#""headline":""#);
    write_headline(tongue, &mut dice, line);
    line.push_str(r#"","summary":""#);
    write_frame(tongue, tongue.sentences, &mut dice, line);
    line.push_str(r#"","body":""#);
    write_body(tongue, &mut dice, line);
    write!(line, r#"","byline":"{}","#, dice.word(tongue.people))?;
    write!(
        line,
        r#""dateline":"{}","urgency":{},"#,
        dice.word(tongue.places),
        3 + dice.below(5)
    )?;
    let [_, source] = dice.pick(SOURCES).copied().unwrap_or_default();
    write!(line, r#""source":"{source}","firstPublished":"#)?;
    let second = second(number, stories, &mut dice);
    write_time(second, line)?;
    if dice.one_in(10) {
        line.push_str(r#","published":"#);
        write_time(second + 600 + dice.below(7_200), line)?;
    }
    write_topics(&mut dice, line)?;
    write_links(number, &mut dice, line)?;
    if dice.one_in(4) {
        write!(
            line,
            r#","renditions":[{{"name":"main","href":"https://img.example/house/{number}.jpg","mediaType":"image/jpeg","width":1600,"height":900,"credit":"Harbour Press"}}]"#
        )?;
    }
    line.push_str("}\n");
    Ok(())
}

fn tongue(dice: &mut Dice) -> &'static Tongue {
    let mut left = dice.below(100);
    for tongue in TONGUES {
        match left.checked_sub(tongue.share) {
            Some(rest) => left = rest,
            None => return tongue,
        }
    }
    // The shares add up to a hundred.
    &ENGLISH
}

/// Headlines begin with a capital letter, whatever word stands first.
fn write_headline(tongue: &Tongue, dice: &mut Dice, line: &mut String) {
    let mut headline = String::new();
    write_frame(tongue, tongue.headlines, dice, &mut headline);
    let mut letters = headline.chars();
    line.extend(letters.next().into_iter().flat_map(char::to_uppercase));
    line.push_str(letters.as_str());
}

fn write_frame(tongue: &Tongue, frames: &[&'static str], dice: &mut Dice, line: &mut String) {
    for piece in dice.word(frames).split('{') {
        let Some((gap, rest)) = piece.split_once('}') else {
            line.push_str(piece);
            continue;
        };
        match gap {
            "who" => line.push_str(dice.word(tongue.people)),
            "org" => line.push_str(dice.word(tongue.organisations)),
            "place" => line.push_str(dice.word(tongue.places)),
            "deed" => line.push_str(dice.word(tongue.deeds)),
            "matter" => line.push_str(dice.word(tongue.matters)),
            "day" => line.push_str(dice.word(tongue.days)),
            "few" => line.push_str(&(2 + dice.below(38)).to_string()),
            _number => line.push_str(&(2 + dice.below(970)).to_string()),
        }
        line.push_str(rest);
    }
}

/// Paragraphs of one to three sentences until there are about 2 KB of HTML (1.7 to 2.3 before the last paragraph).
fn write_body(tongue: &Tongue, dice: &mut Dice, line: &mut String) {
    let enough = line.len() + 1_700 + usize::try_from(dice.below(600)).unwrap_or(0);
    while line.len() < enough {
        line.push_str("<p>");
        for sentence in 0..=dice.below(3) {
            if sentence > 0 {
                line.push(' ');
            }
            write_frame(tongue, tongue.sentences, dice, line);
        }
        line.push_str("</p>");
    }
}

/// Mostly in step with the number, bulletins sharing a second; every tenth is a latecomer from anywhere in the three
/// years; one in twenty is of the six o'clock morning edition of its day.
fn second(number: u64, stories: u64, dice: &mut Dice) -> u64 {
    let bulletins = stories.div_ceil(BULLETIN).max(1);
    let offset = match dice.one_in(10) {
        true => dice.below(SPAN),
        false => (number / BULLETIN) * SPAN / bulletins,
    };
    match dice.one_in(20) {
        true => FIRST_SECOND + offset - offset % 86_400 + 6 * 3_600,
        false => FIRST_SECOND + offset,
    }
}

/// RFC 3339 in UTC, quoted. Days to year, month, day after Howard Hinnant's `civil_from_days`.
fn write_time(second: u64, line: &mut String) -> std::fmt::Result {
    let (days, clock) = (second / 86_400 + 719_468, second % 86_400);
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (clock / 3_600, clock / 60 % 60, clock % 60);
    write!(
        line,
        r#""{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z""#
    )
}

/// One to four different topics, the first is the main one.
fn write_topics(dice: &mut Dice, line: &mut String) -> std::fmt::Result {
    let many = dice.pick(&[1, 2, 2, 3, 4]).copied().unwrap_or(1);
    let mut chosen: Vec<(&str, &str)> = Vec::with_capacity(many);
    while chosen.len() < many {
        let (Some([subject, ..]), Some([region, ..])) = (dice.favour(SUBJECTS), dice.favour(REGIONS)) else {
            break;
        };
        if !chosen.contains(&(*subject, *region)) {
            chosen.push((*subject, *region));
        }
    }
    line.push_str(r#","topics":["#);
    for (place, (subject, region)) in chosen.iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        write!(line, r#"{comma}"{subject}-{region}""#)?;
    }
    line.push(']');
    Ok(())
}

/// A quarter of the stories look back at one of the hundred before them, some of these to a page elsewhere too.
fn write_links(number: u64, dice: &mut Dice, line: &mut String) -> std::fmt::Result {
    if !dice.one_in(4) || number == 0 {
        return Ok(());
    }
    let earlier = number - 1 - dice.below(number.min(100));
    write!(
        line,
        r#","relatedLinks":[{{"kind":"background","uri":"{}"}}"#,
        uri(earlier)
    )?;
    if dice.one_in(3) {
        let title = "The documents in full";
        write!(
            line,
            r#",{{"kind":"external","url":"https://records.example/{number}","title":"{title}"}}"#
        )?;
    }
    line.push(']');
    Ok(())
}
