//! When a source is looked at again.

use crate::clock::jitter;
use http::HeaderMap;
use http::header::RETRY_AFTER;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// The first pause after trouble is no shorter than this, however often the source is looked at otherwise.
const SHORTEST: Duration = Duration::from_secs(60);
/// Pauses do not grow beyond this, unless the source is looked at less often anyway.
const LONGEST: Duration = Duration::from_secs(6 * 3_600);
/// Nobody is believed who wants to be left alone for longer.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// In percent: sources that were put in together do not stay together.
const SPREAD: u32 = 10;

/// After a good look.
pub fn next(now: Timestamp, every_seconds: i64) -> Timestamp {
    later(now, jitter(seconds(every_seconds), SPREAD))
}

/// After the so-many-th trouble in a row.
pub fn again(now: Timestamp, every_seconds: i64, failures: i32, not_before: Option<SignedDuration>) -> Timestamp {
    let every = seconds(every_seconds);
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(0).min(16);
    let pause = every
        .max(SHORTEST)
        .saturating_mul(1 << doublings)
        .min(LONGEST.max(every));
    let wanted = not_before
        .and_then(|said| Duration::try_from(said).ok())
        .unwrap_or_default();
    // What was asked for is a least, so its jitter only adds.
    let wanted = wanted + jitter(wanted / 20, 100);
    later(now, jitter(pause, SPREAD).max(wanted))
}

/// How long an answer asks to be left alone (RFC 9110 §10.2.3): seconds, or a date.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let said = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match said.parse::<u32>() {
        Ok(seconds) => SignedDuration::from_secs(i64::from(seconds)),
        Err(_) => {
            let date = jiff::fmt::rfc2822::parse(said).ok()?;
            date.timestamp().duration_since(now)
        }
    };
    Some(wait.clamp(SignedDuration::ZERO, PATIENCE))
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(PATIENCE);
    now.checked_add(by).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-12T20:00:00Z".parse().unwrap()
    }

    fn minutes(at: Timestamp) -> f64 {
        at.duration_since(now()).as_secs_f64() / 60.0
    }

    #[track_caller]
    fn about(at: Timestamp, wanted: f64) {
        let found = minutes(at);
        assert!(
            (wanted * 0.89..=wanted * 1.11).contains(&found),
            "{found}, not {wanted}"
        );
    }

    #[test]
    fn pauses_grow_up_to_six_hours() {
        about(next(now(), 300), 5.0);
        for (failures, pause) in [
            (1, 5.0),
            (2, 10.0),
            (3, 20.0),
            (7, 320.0),
            (8, 360.0),
            (100, 360.0),
            (i32::MAX, 360.0),
        ] {
            about(again(now(), 300, failures, None), pause);
        }
        about(again(now(), 10, 1, None), 1.0);
        about(again(now(), 86_400, 9, None), 1_440.0);
    }

    #[test]
    fn who_asks_to_be_left_alone_is_left_alone() {
        let said = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers, now())
        };
        assert_eq!(said("120"), Some(SignedDuration::from_mins(2)));
        assert_eq!(
            said("Mon, 12 Jan 2026 21:00:00 GMT"),
            Some(SignedDuration::from_mins(60))
        );
        assert_eq!(said("Mon, 12 Jan 2026 19:00:00 GMT"), Some(SignedDuration::ZERO));
        assert_eq!(said("4000000000"), Some(PATIENCE));
        for nonsense in ["", "soon", "-5", "1.5"] {
            assert_eq!(said(nonsense), None, "{nonsense}");
        }
        for _ in 0..50 {
            let at = minutes(again(now(), 300, 1, Some(SignedDuration::from_mins(60))));
            assert!((60.0..=66.1).contains(&at), "{at}");
        }
    }
}
