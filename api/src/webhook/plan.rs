//! When an endpoint is tried again, and when not any more.

use crate::news::micros;
use crate::news::webhook::{EndpointState, Progress};
use crate::outbound;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// So often a receiver that says when it wants to be asked again is asked then, and not later.
const POLITE: u32 = 8;

/// What an attempt says of its endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Well,
    /// It is over, and says so.
    Gone,
    /// Why, and how long it wants to be left alone.
    Trouble(String, Option<Duration>),
}

impl Verdict {
    /// What comes of it for an endpoint that has not taken what is next.
    pub fn bear_on(&self, progress: &mut Progress, now: Timestamp) {
        match self {
            Verdict::Well => {}
            Verdict::Gone => gone(progress),
            Verdict::Trouble(why, rest) => failed(progress, why, *rest, now),
        }
    }
}

/// What is next was tried in vain.
fn failed(progress: &mut Progress, why: &str, rest: Option<Duration>, now: Timestamp) {
    let since = *progress.failing.get_or_insert(now);
    progress.tries = progress.tries.saturating_add(1);
    progress.last_error = Some(why.to_owned());
    let tried = u32::try_from(progress.tries).unwrap_or(1);
    let pause = outbound::pause(tried);
    let pause = match rest {
        Some(rest) if tried <= POLITE => rest,
        Some(rest) => pause.max(rest),
        None => pause,
    };
    let due = micros(SignedDuration::try_from(pause).map_or(now, |pause| now + pause));
    progress.due = Some(due);
    if due.duration_since(since).unsigned_abs() > outbound::PATIENCE {
        progress.state = EndpointState::Paused;
        progress.due = None;
        progress.notice = Some(format!(
            "It has failed since {since}, {} times; the last time: {why}. Resume it when it is well: it goes on where it was.",
            progress.tries
        ));
    }
}

/// It has said that it is over.
fn gone(progress: &mut Progress) {
    progress.state = EndpointState::Off;
    progress.due = None;
    progress.notice =
        Some("It has answered 410 Gone. Resume it if that was a mistake: it goes on where it was.".to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::news::wire::Position;

    fn begin() -> Timestamp {
        "2026-01-12T20:00:00Z".parse().unwrap()
    }

    #[test]
    fn pauses_grow_for_three_days() {
        let mut progress = Progress::from(Position(7));
        let mut now = begin();
        let mut pauses = Vec::new();
        while progress.state == EndpointState::Active {
            failed(&mut progress, "no", None, now);
            let Some(due) = progress.due else { break };
            pauses.push(due.duration_since(now).as_secs());
            now = due;
        }
        let wanted = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 14_400];
        for (pause, wanted) in pauses.iter().zip(wanted) {
            assert!(
                (wanted * 89 / 100..=wanted * 111 / 100).contains(pause),
                "{pause}, not {wanted}"
            );
        }
        assert!((22..=28).contains(&pauses.len()), "{}", pauses.len());
        assert!(now.duration_since(begin()) > SignedDuration::from_hours(64));
        assert!(progress.notice.is_some() && progress.position == Position(7));
    }

    #[test]
    fn who_says_when_is_asked_then() {
        let mut progress = Progress::from(Position(7));
        let minute = Duration::from_secs(60);
        for _ in 0..POLITE {
            failed(&mut progress, "busy", Some(minute), begin());
            assert_eq!(progress.due, Some(begin() + SignedDuration::from_mins(1)));
        }
        failed(&mut progress, "busy", Some(minute), begin());
        assert!(progress.due > Some(begin() + SignedDuration::from_hours(3)));
    }
}
