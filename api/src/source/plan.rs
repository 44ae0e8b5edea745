//! When a source is looked at again.

use crate::clock::jitter;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// The first pause after trouble is no shorter than this, however often the source is looked at otherwise.
const SHORTEST: Duration = Duration::from_secs(60);
/// Pauses do not grow beyond this, unless the source is looked at less often anyway.
const LONGEST: Duration = Duration::from_secs(6 * 3_600);
/// Nobody is believed who wants to be left alone for longer.
pub const PATIENCE: Duration = Duration::from_secs(24 * 3_600);

/// In percent: sources that were put in together do not stay together.
const SPREAD: u32 = 10;

/// After a good look.
pub fn next(now: Timestamp, every_seconds: i64) -> Timestamp {
    after(now, jitter(seconds(every_seconds), SPREAD))
}

/// After the so-many-th trouble in a row.
pub fn again(now: Timestamp, every_seconds: i64, failures: i32, not_before: Option<Duration>) -> Timestamp {
    let every = seconds(every_seconds);
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(0).min(16);
    let pause = every
        .max(SHORTEST)
        .saturating_mul(1 << doublings)
        .min(LONGEST.max(every));
    let wanted = not_before.unwrap_or_default();
    // What was asked for is a least, so its jitter only adds.
    let wanted = wanted + jitter(wanted / 20, 100);
    after(now, jitter(pause, SPREAD).max(wanted))
}

/// Seconds between two looks. Who is told looks six times less often, at least every six hours; more often only if he is to.
pub fn pause(every_seconds: i64, told: bool) -> i64 {
    let longest = i64::try_from(LONGEST.as_secs()).unwrap_or(i64::MAX);
    match told {
        true => every_seconds.saturating_mul(6).min(longest.max(every_seconds)),
        false => every_seconds,
    }
}

/// A time from now on.
pub fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(now)
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

fn after(now: Timestamp, by: Duration) -> Timestamp {
    later(
        now,
        SignedDuration::try_from(by).unwrap_or(SignedDuration::from_hours(24)),
    )
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
    fn who_is_told_looks_less_often() {
        assert_eq!((pause(300, false), pause(300, true)), (300, 1_800));
        assert_eq!((pause(7_200, true), pause(86_400, true)), (21_600, 86_400));
    }

    #[test]
    fn who_asks_to_be_left_alone_is_left_alone() {
        for _ in 0..50 {
            let at = minutes(again(now(), 300, 1, Some(Duration::from_secs(3_600))));
            assert!((60.0..=66.1).contains(&at), "{at}");
        }
    }
}
