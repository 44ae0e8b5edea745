//! Times, zones and addresses.

use crate::news::zone;
use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use jiff::Timestamp;
use jiff::tz::TimeZone as Zone;

/// A time with its offset (RFC 3339), such as `2026-01-12T21:16:00+02:00`; in UTC unless another zone was asked for.
#[derive(Clone)]
pub struct DateTime(pub String);

impl DateTime {
    pub fn new(time: Timestamp, zone: Option<&TimeZone>) -> DateTime {
        DateTime(match zone {
            Some(TimeZone(zone)) => zone::in_zone(time, zone),
            None => time.to_string(),
        })
    }
}

#[Scalar(specified_by_url = "https://scalars.graphql.org/andimarek/date-time")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) if text.parse::<Timestamp>().is_ok() => Ok(DateTime(text)),
            _ => Err(InputValueError::custom(
                "a DateTime is a time with its offset (RFC 3339), such as \"2026-01-12T19:16:00+02:00\"",
            )),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// The name of a time zone in the IANA database, such as `Europe/Kyiv`.
#[derive(Clone)]
pub struct TimeZone(pub Zone);

#[Scalar]
impl ScalarType for TimeZone {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(name) => zone::parse(&name).map(TimeZone).map_err(InputValueError::custom),
            _ => Err(InputValueError::custom("a TimeZone is a name such as \"Europe/Kyiv\"")),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.iana_name().unwrap_or("UTC").to_owned())
    }
}

/// A whole number, also beyond the 32 bits of Int; exact in every JSON reader up to 2^53.
pub struct Long(pub i64);

#[Scalar]
impl ScalarType for Long {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::Number(number) if number.is_i64() => Ok(Long(number.as_i64().unwrap_or_default())),
            _ => Err(InputValueError::custom("a Long is a whole number")),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}

/// An absolute address (RFC 3986).
#[derive(Clone)]
pub struct Url(pub String);

#[Scalar(name = "URL", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3986")]
impl ScalarType for Url {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Url(text)),
            _ => Err(InputValueError::custom("a URL is a string")),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}
