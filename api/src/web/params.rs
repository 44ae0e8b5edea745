//! Query strings, read strictly by the same tables that the OpenAPI document is made from: what stands in no table is
//! refused by name, with the nearest known one; so is what is said twice.

use crate::error::{Error, Fault, Result};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::borrow::Cow;

/// One query parameter of a route.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    pub name: &'static str,
    pub about: &'static str,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A whole number in this range.
    Integer(i64, i64),
    Text,
    /// RFC 3339 with offset.
    Time,
    /// `true` or `false`.
    Flag,
    /// One of these.
    Choice(&'static [&'static str]),
    /// Several values, divided by commas.
    List,
    /// Several of these, divided by commas.
    Choices(&'static [&'static str]),
    /// May be said several times.
    Repeated,
}

/// The parameters of a request. What is wrong is gathered and said at once by `finish`.
#[derive(Debug)]
pub struct Params<'a> {
    known: &'static [Param],
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    faults: Vec<Fault>,
}

impl<'a> Params<'a> {
    pub fn read(query: Option<&'a str>, known: &'static [Param]) -> Params<'a> {
        let pairs: Vec<_> = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).collect();
        let mut params = Params {
            known,
            faults: Vec::new(),
            pairs: Vec::new(),
        };
        for (name, value) in pairs {
            match known.iter().find(|p| p.name == name) {
                None => params.faults.push(unknown(&name, known)),
                Some(param) => {
                    let again = params.pairs.iter().any(|(n, _)| *n == name);
                    if again && !matches!(param.kind, Kind::Repeated) {
                        params
                            .faults
                            .push(Fault::new(param.name, "repeated_parameter", "is given more than once"));
                    } else {
                        params.pairs.push((name, value));
                    }
                }
            }
        }
        params
    }

    fn of(&self, name: &str) -> Option<&str> {
        debug_assert!(
            self.known.iter().any(|p| p.name == name),
            "{name} is not in the route's table"
        );
        self.pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_ref())
    }

    fn fault<T>(&mut self, name: &str, message: impl Into<String>) -> Option<T> {
        self.faults.push(Fault::new(name, "invalid_value", message));
        None
    }

    pub fn text(&mut self, name: &str) -> Option<String> {
        let text = self.of(name)?.to_owned();
        if text.is_empty() {
            return self.fault(name, "must not be empty; leave the parameter out");
        }
        Some(text)
    }

    pub fn all(&self, name: &str) -> Vec<String> {
        self.pairs
            .iter()
            .filter(|(n, _)| n == name)
            .map(|(_, v)| v.to_string())
            .collect()
    }

    pub fn integer(&mut self, name: &str) -> Option<i64> {
        let text = self.of(name)?;
        match text.parse() {
            Ok(number) => Some(number),
            Err(_) => self.fault(name, "must be a whole number"),
        }
    }

    /// A whole number within the range that the table gives.
    pub fn ranged(&mut self, name: &str) -> Option<i64> {
        let number = self.integer(name)?;
        let range = self.known.iter().find(|p| p.name == name).map(|p| p.kind);
        match range {
            Some(Kind::Integer(least, most)) if !(least..=most).contains(&number) => {
                self.fault(name, format!("must be from {least} to {most}"))
            }
            _ => Some(number),
        }
    }

    pub fn time(&mut self, name: &str) -> Option<Timestamp> {
        let text = self.of(name)?;
        match text.parse() {
            Ok(time) => Some(crate::news::micros(time)),
            Err(_) => self.fault(
                name,
                "must be a time with its offset (RFC 3339), such as 2026-01-12T19:16:00Z; write a plus sign as %2B",
            ),
        }
    }

    pub fn flag(&mut self, name: &str) -> bool {
        match self.of(name) {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => self.fault(name, "must be true or false").unwrap_or(false),
        }
    }

    pub fn choice(&mut self, name: &str) -> Option<String> {
        let text = self.of(name)?.to_owned();
        match self.known.iter().find(|p| p.name == name).map(|p| p.kind) {
            Some(Kind::Choice(known)) if !known.contains(&text.as_str()) => {
                self.fault(name, format!("must be one of {}", known.join(", ")))
            }
            _ => Some(text),
        }
    }

    /// Values divided by commas; none when the parameter is absent.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let Some(text) = self.of(name) else { return Vec::new() };
        let values: Vec<String> = text.split(',').map(|v| v.trim().to_owned()).collect();
        if values.iter().any(String::is_empty) || values.len() > 50 {
            return self
                .fault(name, "must be 1 to 50 values divided by commas")
                .unwrap_or_default();
        }
        if let Some(Kind::Choices(known)) = self.known.iter().find(|p| p.name == name).map(|p| p.kind)
            && values.iter().any(|v| !known.contains(&v.as_str()))
        {
            return self
                .fault(name, format!("may hold {}", known.join(", ")))
                .unwrap_or_default();
        }
        values
    }

    pub fn zone(&mut self, name: &str) -> Option<TimeZone> {
        let text = self.of(name)?.to_owned();
        match crate::news::zone::parse(&text) {
            Ok(zone) => Some(zone),
            Err(message) => self.fault(name, message),
        }
    }

    /// Adds what a later check found.
    pub fn add<T>(&mut self, outcome: Result<T>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                self.faults.extend(error.faults);
                None
            }
        }
    }

    pub fn refuse(&mut self, name: &str, message: impl Into<String>) {
        self.faults.push(Fault::new(name, "invalid_value", message));
    }

    pub fn finish(self) -> Result<()> {
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(Error::parameters(self.faults))
        }
    }

    /// The same, and what was read on the way: it is there where there are no faults.
    pub fn finish_with<T>(self, read: Option<T>) -> Result<T> {
        self.finish()?;
        read.ok_or_else(|| Error::internal("a parameter without faults was not read"))
    }
}

fn unknown(name: &str, known: &[Param]) -> Fault {
    let name: String = name.chars().take(60).collect();
    let nearest = known.iter().max_by(|a, b| {
        let near = |p: &Param| strsim::jaro_winkler(&name.to_lowercase(), &p.name.to_lowercase());
        near(a).total_cmp(&near(b))
    });
    let message = match nearest {
        Some(nearest) if strsim::jaro_winkler(&name.to_lowercase(), &nearest.name.to_lowercase()) > 0.75 => {
            format!("is unknown here; did you mean `{}`?", nearest.name)
        }
        _ if known.is_empty() => "is unknown here; this address takes no parameters".to_owned(),
        _ => format!(
            "is unknown here; known are {}",
            known.iter().map(|p| p.name).collect::<Vec<_>>().join(", ")
        ),
    };
    Fault::new(name, "unknown_parameter", message)
}
