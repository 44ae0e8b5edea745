//! Times as agencies write them.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

/// A time, and whether its offset from UTC was said: where it was not, UTC is meant as often as not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    pub at: Timestamp,
    pub has_offset: bool,
}

/// RFC 3339; ISO 8601 in its short form (`20190510T160228+0200`), with a comma, without seconds, without a time (midnight)
/// or without an offset; RFC 2822.
pub fn read(text: &str) -> Option<Time> {
    let text = text.trim();
    if text.len() > 64 || !text.is_ascii() {
        return None;
    }
    let sure = |at| Time { at, has_offset: true };
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(sure(at));
    }
    if let Ok(zoned) = jiff::fmt::rfc2822::parse(text) {
        return Some(sure(Zoned::timestamp(&zoned)));
    }
    let (moment, offset) = split_offset(text);
    let moment = date_time(moment)?;
    let zone = TimeZone::fixed(offset.unwrap_or(Offset::UTC));
    Some(Time {
        at: moment.to_zoned(zone).ok()?.timestamp(),
        has_offset: offset.is_some(),
    })
}

/// The offset at the end, if there is one.
fn split_offset(text: &str) -> (&str, Option<Offset>) {
    if let Some(moment) = text.strip_suffix(['Z', 'z']) {
        return (moment, Some(Offset::UTC));
    }
    let Some(from) = text
        .rfind(['+', '-'])
        .filter(|from| *from > 10 || text.get(8..9) == Some("T"))
    else {
        return (text, None);
    };
    let Some((moment, said)) = text.split_at_checked(from) else {
        return (text, None);
    };
    let sign = if said.starts_with('-') { -1 } else { 1 };
    let digits: String = said.chars().filter(char::is_ascii_digit).collect();
    let part = |range: std::ops::Range<usize>| digits.get(range).and_then(|d| d.parse::<i32>().ok());
    let seconds = match digits.len() {
        2 => part(0..2).map(|h| h * 3600),
        4 => part(0..2).zip(part(2..4)).map(|(h, m)| h * 3600 + m * 60),
        _ => None,
    };
    match seconds.and_then(|s| Offset::from_seconds(sign * s).ok()) {
        Some(offset) if !moment.is_empty() => (moment.trim_end(), Some(offset)),
        _ => (text, None),
    }
}

fn date_time(text: &str) -> Option<DateTime> {
    let text = text.replace(',', ".");
    if let Ok(moment) = text.parse::<DateTime>() {
        return Some(moment);
    }
    if let Ok(date) = text.parse::<Date>() {
        return Some(date.at(0, 0, 0, 0));
    }
    // A day alone, however long what follows it is.
    [
        "%Y%m%dT%H%M%S",
        "%Y%m%dT%H%M",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
        "%Y%m%d%H%M%S",
    ]
    .into_iter()
    .find_map(|form| DateTime::strptime(form, &text).ok())
    .or_else(|| Date::strptime("%Y%m%d", &text).ok().map(|d| d.at(0, 0, 0, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_of_many_spellings_are_one() {
        for (text, time, has_offset) in [
            ("2019-05-10T16:02:28+02:00", "2019-05-10T14:02:28Z", true),
            ("2017-08-24T04:38:34+0000", "2017-08-24T04:38:34Z", true),
            ("20190510T160228+0200", "2019-05-10T14:02:28Z", true),
            ("20190510T160228Z", "2019-05-10T16:02:28Z", true),
            ("20190510T160228", "2019-05-10T16:02:28Z", false),
            ("2018-05-30T15:14:24", "2018-05-30T15:14:24Z", false),
            ("2019-10-01", "2019-10-01T00:00:00Z", false),
            ("20191001", "2019-10-01T00:00:00Z", false),
            ("Fri, 10 May 2019 16:02:28 +0200", "2019-05-10T14:02:28Z", true),
            ("2019-05-10T16:02:28.123-0500", "2019-05-10T21:02:28.123Z", true),
        ] {
            let expected = Time {
                at: time.parse().unwrap(),
                has_offset,
            };
            assert_eq!(read(text), Some(expected), "{text}");
        }
        for text in ["", "Last Tuesday", "2019", "2019-13-01", "12:00", "٢٠١٩-٠١-٠١"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,70}", near in "[0-9T:+Z. -]{0,40}") {
            read(&text);
            read(&near);
        }
    }
}
