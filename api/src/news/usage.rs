//! Who read which story when: what is noted, and what is told of it.

use super::{ArticleId, PartnerId};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::sync::Arc;
use uuid::Uuid;

const SECONDS: i64 = 86_400;

/// The day of a moment: days since 1970, UTC.
pub fn day_of(at: Timestamp) -> i32 {
    i32::try_from(at.as_second().div_euclid(SECONDS)).unwrap_or(0)
}

/// When a day begins.
pub fn midnight(day: i32) -> Timestamp {
    Timestamp::from_second(i64::from(day) * SECONDS).unwrap_or(Timestamp::MAX)
}

/// A day as people write it.
pub fn date(day: i32) -> Date {
    midnight(day).to_zoned(TimeZone::UTC).date()
}

/// The day with this date; none outside of what times can be.
pub fn day_with(date: Date) -> Option<i32> {
    Some(day_of(date.to_zoned(TimeZone::UTC).ok()?.timestamp()))
}

/// How often something was read, and between when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    pub times: i64,
    pub first: Timestamp,
    pub last: Timestamp,
}

/// A key was shown a story on a day.
#[derive(Clone, Debug)]
pub struct Sight {
    pub key_id: Arc<str>,
    /// Whose key it is.
    pub partner_id: Option<PartnerId>,
    pub day: i32,
    pub article_id: ArticleId,
    pub read: Read,
}

/// What an auditor wants to know: the days are both among it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub whose: Whose,
    pub from: Option<i32>,
    pub to: Option<i32>,
    /// The ids that it has, before its time too.
    pub article: Option<Vec<ArticleId>>,
}

#[derive(Clone, Debug)]
pub enum Whose {
    Key(String),
    Partner(PartnerId),
}

/// What he is told.
#[derive(Clone, Debug)]
pub struct Line {
    pub place: Place,
    /// Absent when the key is not there any more.
    pub key_name: Option<String>,
    /// Absent when the story is not in the house any more.
    pub uri: Option<String>,
    /// Whether it was under embargo.
    pub advance: bool,
    pub read: Read,
}

/// Where a line stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub day: i32,
    pub key_id: String,
    pub article_id: ArticleId,
}

impl Place {
    /// base64url of the three, as the next request brings it back. It shows nothing that the line does not.
    pub fn encode(&self) -> String {
        let Place {
            day,
            key_id,
            article_id,
        } = self;
        URL_SAFE_NO_PAD.encode(format!("{day} {} {key_id}", article_id.0.simple()))
    }

    pub fn decode(text: &str) -> Option<Place> {
        if text.len() > 400 {
            return None;
        }
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mut parts = text.splitn(3, ' ');
        Some(Place {
            day: parts.next()?.parse().ok()?,
            article_id: ArticleId(Uuid::try_parse(parts.next()?).ok()?),
            key_id: parts.next()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_as_it_went_out() {
        let place = Place {
            day: 20_465,
            key_id: "a b_c".to_owned(),
            article_id: ArticleId(Uuid::from_u128(7)),
        };
        assert_eq!(Place::decode(&place.encode()), Some(place));
        assert_eq!(Place::decode("x"), None);
        assert_eq!(Place::decode(&"A".repeat(401)), None);
    }

    #[test]
    fn days_begin_at_midnight_utc() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let day = day_of(at("2026-01-12T23:59:59.999Z"));
        assert_eq!(date(day).to_string(), "2026-01-12");
        assert_eq!(midnight(day + 1), at("2026-01-13T00:00:00Z"));
        assert_eq!(day_of(at("2026-01-13T00:00:00Z")), day + 1);
        assert_eq!(day_with(date(day)), Some(day));
        assert_eq!(day_of(at("1969-12-31T23:00:00Z")), -1);
    }
}
