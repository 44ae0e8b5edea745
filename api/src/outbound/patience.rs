//! How long to wait before somebody is told again who could not be told.

use crate::clock::jitter;
use http::HeaderMap;
use http::header::RETRY_AFTER;
use jiff::Timestamp;
use std::time::Duration;

/// Seconds after the first failure, the second …
const PAUSES: [u64; 7] = [5, 30, 120, 600, 1_800, 3_600, 7_200];
const LONGEST: u64 = 4 * 3_600;
/// Who is not told for as long as this has gone.
pub const PATIENCE: Duration = Duration::from_secs(72 * 3_600);
/// Nobody is left alone for longer because he says so.
pub const LONGEST_REST: Duration = Duration::from_secs(3_600);
/// In percent, so that those who failed together do not come back together.
const SPREAD: u32 = 10;

/// After so many failures in a row.
pub fn pause(failures: u32) -> Duration {
    let before = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    let seconds = PAUSES.get(before).copied().unwrap_or(LONGEST);
    jitter(Duration::from_secs(seconds), SPREAD)
}

/// How long an answer asks to be left alone (RFC 9110 §10.2.3), in seconds or by a date; never longer than this.
pub fn retry_after(headers: &HeaderMap, now: Timestamp, longest: Duration) -> Option<Duration> {
    let said = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match said.parse::<u32>() {
        Ok(seconds) => Duration::from_secs(u64::from(seconds)),
        Err(_) => {
            let date = jiff::fmt::rfc2822::parse(said).ok()?;
            // What is past is no wait.
            Duration::try_from(date.timestamp().duration_since(now)).unwrap_or_default()
        }
    };
    Some(wait.min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_to_be_left_alone_is_left_alone() {
        let now: Timestamp = "2026-01-12T20:00:00Z".parse().unwrap();
        let day = Duration::from_secs(24 * 3_600);
        let said = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            retry_after(&headers, now, day)
        };
        let minutes = |minutes: u64| Some(Duration::from_secs(minutes * 60));
        assert_eq!(said("120"), minutes(2));
        assert_eq!(said("Mon, 12 Jan 2026 21:00:00 GMT"), minutes(60));
        assert_eq!(said("Mon, 12 Jan 2026 19:00:00 GMT"), minutes(0));
        assert_eq!(said("4000000000"), Some(day));
        for nonsense in ["", "soon", "-5", "1.5"] {
            assert_eq!(said(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn pauses_grow_up_to_four_hours() {
        for (failures, seconds) in [(1, 5.0), (2, 30.0), (7, 7_200.0), (8, 14_400.0), (u32::MAX, 14_400.0)] {
            let pause = pause(failures).as_secs_f64();
            assert!(
                (seconds * 0.89..=seconds * 1.11).contains(&pause),
                "{failures}: {pause}"
            );
        }
    }
}
