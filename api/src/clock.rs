//! The only place that knows what time it is, and so the only one that makes new ids; and the chance by which times are
//! spread.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;
use uuid::timestamp::context::ContextV7;

/// The time, real or set by hand for tests. Clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Of a clock that is set by hand.
    hands: Option<Arc<Mutex<Timestamp>>>,
    /// How many ids were made at this moment: each is greater than the one before, so that what came in together, as in
    /// an import, keeps its order wherever ids decide.
    order: Arc<Mutex<ContextV7>>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Clock {
        Clock::with(None)
    }

    /// A clock that stands still until it is set.
    pub fn manual(now: Timestamp) -> Clock {
        Clock::with(Some(Arc::new(Mutex::new(now))))
    }

    fn with(hands: Option<Arc<Mutex<Timestamp>>>) -> Clock {
        Clock {
            hands,
            order: Arc::default(),
        }
    }

    /// Whether it is set by hand.
    pub(crate) fn is_manual(&self) -> bool {
        self.hands.is_some()
    }

    /// Now, in whole microseconds.
    pub fn now(&self) -> Timestamp {
        let now = match &self.hands {
            // This is the one place the lint sends everybody else to.
            #[allow(clippy::disallowed_methods)]
            None => Timestamp::now(),
            Some(hands) => *hands.lock().unwrap_or_else(PoisonError::into_inner),
        };
        crate::news::micros(now)
    }

    /// Sets a manual clock; the machine's own does not listen.
    pub fn set(&self, now: Timestamp) {
        if let Some(hands) = &self.hands {
            *hands.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
    }

    /// Moves a manual clock.
    pub fn advance(&self, by: SignedDuration) {
        self.set(self.now().checked_add(by).unwrap_or(Timestamp::MAX));
    }

    /// A new UUIDv7 of this moment, greater than all that this process has made before. Its time is when the row was made, never an embargo's or a publication's.
    pub(crate) fn new_id(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        Uuid::new_v7(uuid::Timestamp::from_unix(&*self.order, seconds, nanos))
    }
}

/// A time, some percent more or less, so that those who come together do not come together again.
pub(crate) fn jitter(time: Duration, percent: u32) -> Duration {
    let mut random = [0u8; 2];
    // Without randomness there is no jitter, and no harm.
    let _ = getrandom::fill(&mut random);
    let share = f64::from(u16::from_be_bytes(random)) / f64::from(u16::MAX) * 2.0 - 1.0;
    time.mul_f64(1.0 + share * f64::from(percent) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_moment_come_in_the_order_in_which_they_were_made() {
        let clock = Clock::manual("2026-01-12T20:00:00Z".parse().unwrap());
        let ids: Vec<Uuid> = (0..1_000).map(|_| clock.clone().new_id()).collect();
        assert!(ids.is_sorted_by(|one, next| one < next));
        clock.advance(SignedDuration::from_millis(1));
        assert!(clock.new_id() > ids[999]);
    }
}
