//! Times as feeds write them: RFC 822 and 3339 in every spelling, ISO 8601 shortened, `asctime`, and months in the
//! languages whose servers do not speak English. What says no zone is in UTC, what says no time is at midnight.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};

/// Longer than that is no date.
const LONGEST: usize = 100;

pub fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    iso(text).or_else(|| spoken(text)).or_else(|| epoch(text))
}

/// `2003`, `2003-12`, `2003-12-31`, `2003-335`, `20031231`, `2003-12-31T10:14:55.5+01:00`, and with a space for the `T`.
fn iso(text: &str) -> Option<Timestamp> {
    let split = text.find(['T', 't', ' ']).unwrap_or(text.len());
    let (date, time) = text.split_at_checked(split)?;
    let date = iso_date(date)?;
    let time = time.get(1..).unwrap_or_default().trim();
    if time.is_empty() {
        return utc(date, Time::midnight());
    }
    let zone = time
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.' | ','))
        .unwrap_or(time.len());
    let (clock, zone) = time.split_at_checked(zone)?;
    let offset = if zone.trim().is_empty() {
        Offset::UTC
    } else {
        offset(zone.trim())?
    };
    let (days, clock) = clock_time(clock)?;
    at(date.checked_add(days.days()).ok()?, clock, offset)
}

fn iso_date(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |text: &str| {
        text.parse::<i16>()
            .ok()
            .filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
    };
    match parts.as_slice() {
        [year] if year.len() == 4 => date(number(year)?, 1, 1),
        [all] if all.len() == 8 => date(number(all.get(..4)?)?, number(all.get(4..6)?)?, number(all.get(6..)?)?),
        [all] if all.len() == 6 && !all.starts_with(['0', '1']) || all.len() == 6 && all.starts_with("19") => {
            date(number(all.get(..4)?)?, number(all.get(4..)?)?, 1)
        }
        [year, days] if year.len() == 4 && days.len() == 3 => {
            let first = date(number(year)?, 1, 1)?;
            let days = number(days).filter(|d| (1..=366).contains(d))?;
            first.checked_add(i64::from(days - 1).days()).ok()
        }
        [year, month] if year.len() == 4 => date(number(year)?, number(month)?, 1),
        [year, month, day] if year.len() == 4 => date(number(year)?, number(month)?, number(day)?),
        [year, month, day] if year.len() == 2 => date(century(number(year)?), number(month)?, number(day)?),
        _ => None,
    }
}

/// `10:14`, `10:14:55`, `10:14:55.123`, `101455`; the days it adds (`24:00`) and the time.
fn clock_time(text: &str) -> Option<(i64, Time)> {
    let whole = text.split(['.', ',']).next()?;
    let mut numbers = Vec::new();
    if whole.contains(':') {
        for part in whole.split(':') {
            numbers.push(part.parse::<i8>().ok()?);
        }
    } else {
        let digits = whole.as_bytes();
        for pair in digits.chunks(2) {
            numbers.push(std::str::from_utf8(pair).ok()?.parse::<i8>().ok()?);
        }
    }
    let hour = *numbers.first()?;
    let minute = numbers.get(1).copied().unwrap_or(0);
    let second = numbers.get(2).copied().unwrap_or(0);
    if numbers.len() > 3 {
        return None;
    }
    let is_midnight = hour == 24 && minute == 0 && second == 0;
    // A leap second is the one before it.
    let time = Time::new(
        if is_midnight { 0 } else { hour },
        minute,
        second.min(if second == 60 { 59 } else { second }),
        0,
    );
    Some((i64::from(is_midnight), time.ok()?))
}

/// `Thu, 01 Jan 2004 19:48:21 GMT`, `Sun Jan  4 16:29:06 PST 2004`, `2004. 01. 28 오후 11:31`: words and numbers, told by
/// what they look like.
fn spoken(text: &str) -> Option<Timestamp> {
    let mut said = Said::default();
    for word in words(text) {
        said.take(word)?;
    }
    said.timestamp()
}

#[derive(Default)]
struct Said {
    numbers: Vec<(i16, usize)>,
    month: Option<i16>,
    clock: Option<(i64, Time)>,
    offset: Option<Offset>,
    /// Half a day is to be added to an hour before noon.
    afternoon: Option<bool>,
}

impl Said {
    fn take(&mut self, word: &str) -> Option<()> {
        let first = word.chars().next()?;
        if first.is_ascii_digit() && word.contains(':') {
            self.clock = self.clock.or(Some(clock_time(word)?));
        } else if matches!(first, '+' | '-') || first.is_ascii_digit() {
            // Before the clock a dash is no sign (`01-Jan-2004`), and no zone is farther away than 14 hours.
            let zone = offset(word).filter(|zone| self.clock.is_some() && zone.seconds().abs() <= 14 * 3600);
            let digits = word.trim_start_matches(['+', '-']);
            match zone {
                Some(zone) => self.offset = self.offset.or(Some(zone)),
                None => self.numbers.push((digits.parse().ok()?, digits.len())),
            }
        } else if let Some(half) = half_of_day(word) {
            self.afternoon = Some(half);
        } else if let Some(month) = month(word) {
            // The last one: `mar` is a Tuesday too.
            self.month = Some(month);
        } else if self.clock.is_some() {
            self.offset = self.offset.or_else(|| offset(word));
        }
        Some(())
    }

    fn timestamp(self) -> Option<Timestamp> {
        let Said {
            numbers,
            month,
            clock,
            offset,
            afternoon,
        } = self;
        let numbers: Vec<(i16, usize)> = numbers.into_iter().take(3).collect();
        let year = |(number, length): (i16, usize)| if length <= 2 { century(number) } else { number };
        let day = match (month, numbers.as_slice()) {
            (Some(month), [a @ (_, 4), (b, _), ..]) => date(year(*a), month, *b),
            (Some(month), [(a, _), b, ..]) => date(year(*b), month, *a),
            (None, [a @ (_, 4), (b, _), (c, _)]) => date(year(*a), *b, *c),
            // The American order, unless only the other makes sense.
            (None, [(a, _), (b, _), c]) => date(year(*c), *a, *b).or_else(|| date(year(*c), *b, *a)),
            _ => None,
        }?;
        let (days, time) = clock.unwrap_or((0, Time::midnight()));
        let time = match afternoon {
            Some(true) if time.hour() < 12 => time.checked_add(12.hours()).ok()?,
            Some(false) if time.hour() == 12 => time.checked_sub(12.hours()).ok()?,
            _ => time,
        };
        at(day.checked_add(days.days()).ok()?, time, offset.unwrap_or(Offset::UTC))
    }
}

/// Runs of digits with their colons, of letters, and of what follows a sign.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '+' | '-'));
        // A sign belongs to digits only.
        while rest.starts_with(['+', '-']) && !rest.get(1..)?.starts_with(|c: char| c.is_ascii_digit()) {
            rest = rest
                .get(1..)?
                .trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '+' | '-'));
        }
        let first = rest.chars().next()?;
        let behind = rest.get(first.len_utf8()..)?;
        let digits = matches!(first, '+' | '-' | '0'..='9');
        let ends = |c: char| {
            if digits {
                !c.is_ascii_digit() && !matches!(c, ':' | '.')
            } else {
                !c.is_alphabetic()
            }
        };
        let mut length = first.len_utf8() + behind.find(ends).unwrap_or(behind.len());
        // Only a clock's dots belong to it.
        let word = rest.get(..length)?;
        if digits && !word.contains(':') {
            length = word.find('.').unwrap_or(length);
        }
        let (word, behind) = rest.split_at_checked(length)?;
        rest = behind;
        Some(word)
    })
}

/// `+0100`, `+01:00`, `-1`, `Z`, `GMT+1`, `PST`, `A`.
fn offset(text: &str) -> Option<Offset> {
    let name = text.trim_end_matches(|c: char| !c.is_alphabetic());
    let name = if text.starts_with(|c: char| c.is_alphabetic()) {
        name.split(['+', '-']).next()?
    } else {
        ""
    };
    let digits = text.get(name.len()..)?.trim();
    let sign = match digits.chars().next() {
        Some('+') => 1,
        Some('-') => -1,
        Some(_) => return None,
        None => return named(name).and_then(minutes),
    };
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    let (hours, rest) = digits.split_at_checked(if digits.len().is_multiple_of(2) { 2 } else { 1 })?;
    let hours: i32 = hours.parse().ok()?;
    let rest: i32 = rest.get(..2).map_or(Some(0), |m| m.parse().ok())?;
    minutes(sign * (hours * 60 + rest))
}

fn minutes(minutes: i32) -> Option<Offset> {
    Offset::from_seconds(minutes * 60).ok()
}

/// In minutes east of Greenwich.
fn named(name: &str) -> Option<i32> {
    let hours = match name.to_ascii_uppercase().as_str() {
        "Z" | "UT" | "UTC" | "GMT" | "WET" => 0,
        "BST" | "CET" | "WEST" | "MEZ" => 1,
        "CEST" | "EET" | "MESZ" | "SAST" => 2,
        "EEST" | "MSK" => 3,
        "JST" | "KST" => 9,
        "AEST" => 10,
        "AEDT" => 11,
        "NZST" => 12,
        "NZDT" => 13,
        "ADT" => -3,
        "AST" | "EDT" => -4,
        "EST" | "CDT" | "ET" => -5,
        "CST" | "MDT" | "CT" => -6,
        "MST" | "PDT" | "MT" => -7,
        "PST" | "AKDT" | "PT" => -8,
        "AKST" => -9,
        "HST" => -10,
        // RFC 822 gave the military letters a wrong sign, and RFC 2822 §4.3 says that they mean nothing.
        other if other.len() == 1 => 0,
        _ => return None,
    };
    Some(hours * 60)
}

fn half_of_day(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "am" | "오전" | "上午" | "午前" => Some(false),
        "pm" | "오후" | "下午" | "午後" => Some(true),
        _ => None,
    }
}

/// By the beginning of its name, in the languages whose names do not contradict each other.
fn month(word: &str) -> Option<i16> {
    let word = word.to_lowercase();
    let found = MONTHS
        .iter()
        .position(|names| names.iter().any(|name| word.starts_with(name)))?;
    i16::try_from(found + 1).ok()
}

#[rustfmt::skip]
const MONTHS: [&[&str]; 12] = [
    &["jan", "ján", "jän", "ene", "gen", "ιαν", "янв", "січ", "sty"],
    &["feb", "fév", "fev", "φεβ", "фев", "лют", "lut"],
    &["mar", "már", "mär", "mrz", "μάρ", "μαρ", "мар", "бер"],
    &["apr", "ápr", "avr", "abr", "απρ", "апр", "кві", "kwi"],
    &["may", "máj", "mai", "maj", "mag", "mei", "μάι", "μαϊ", "μαι", "мая", "май", "тра"],
    &["jun", "jún", "juin", "giu", "ιούν", "ιον", "июн", "чер", "cze"],
    &["jul", "júl", "juil", "lug", "ιούλ", "ιολ", "июл", "лип", "lip"],
    &["aug", "aoû", "aou", "ago", "αύγ", "αυγ", "авг", "сер", "sie"],
    &["sep", "szept", "set", "σεπ", "сен", "вер", "wrz"],
    &["oct", "okt", "out", "ott", "οκτ", "окт", "жов", "paź"],
    &["nov", "νοέ", "νοε", "ноя", "лис", "lis"],
    &["dec", "déc", "dez", "dic", "δεκ", "дек", "гру", "gru"],
];

/// Seconds or milliseconds since 1970.
fn epoch(text: &str) -> Option<Timestamp> {
    let number: i64 = text.parse().ok()?;
    match text.len() {
        9 | 10 => Timestamp::from_second(number).ok(),
        12 | 13 => Timestamp::from_millisecond(number).ok(),
        _ => None,
    }
}

/// Years of two digits lie from 1970 to 2069.
fn century(year: i16) -> i16 {
    match year {
        0..70 => year + 2000,
        70..100 => year + 1900,
        year => year,
    }
}

fn date(year: i16, month: i16, day: i16) -> Option<Date> {
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    // The last day of a month is sometimes counted beyond its end.
    let last = Date::new(year, month, 1).ok()?.days_in_month();
    Date::new(year, month, if (29..=31).contains(&day) { day.min(last) } else { day })
        .ok()
        .filter(|d| d.year() > 0)
}

fn utc(date: Date, time: Time) -> Option<Timestamp> {
    at(date, time, Offset::UTC)
}

fn at(date: Date, time: Time, offset: Offset) -> Option<Timestamp> {
    offset.to_timestamp(DateTime::from_parts(date, time)).ok()
}
