//! The only place that knows what time it is, and so the only one that makes new ids.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// The time, real or set by hand for tests. Clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Option<Arc<Mutex<Timestamp>>>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Clock {
        Clock(None)
    }

    /// A clock that stands still until it is set.
    pub fn manual(now: Timestamp) -> Clock {
        Clock(Some(Arc::new(Mutex::new(now))))
    }

    /// Whether it is set by hand.
    pub(crate) fn is_manual(&self) -> bool {
        self.0.is_some()
    }

    /// Now, in whole microseconds.
    pub fn now(&self) -> Timestamp {
        let now = match &self.0 {
            // This is the one place the lint sends everybody else to.
            #[allow(clippy::disallowed_methods)]
            None => Timestamp::now(),
            Some(hands) => *hands.lock().unwrap_or_else(PoisonError::into_inner),
        };
        crate::news::micros(now)
    }

    /// Sets a manual clock; the machine's own does not listen.
    pub fn set(&self, now: Timestamp) {
        if let Some(hands) = &self.0 {
            *hands.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
    }

    /// Moves a manual clock.
    pub fn advance(&self, by: SignedDuration) {
        self.set(self.now().checked_add(by).unwrap_or(Timestamp::MAX));
    }

    /// A new UUIDv7 of this moment. Its time is when the row was made, never an embargo's or a publication's.
    pub(crate) fn new_id(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos))
    }
}
