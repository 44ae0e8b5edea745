//! How much may be asked for in a time. What is counted are units: an ordinary request is one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Thousandths of a unit: the house counts in these, because a 304 is less than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(pub i64);

impl Cost {
    /// An ordinary request.
    pub const ONE: Cost = Cost(1_000);

    pub fn units(units: i64) -> Cost {
        Cost(units.saturating_mul(Cost::ONE.0))
    }

    /// What is given back when there was nothing new to say: nine tenths.
    pub fn of_nothing_new(self) -> Cost {
        Cost(self.0 / 10 * 9)
    }
}

/// A key's own limits; what is absent or null is as the house has it, and 0 is no limit. What is counted are units: an
/// ordinary request is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyLimits {
    /// Units a second, in the long run.
    pub per_second: Option<i64>,
    /// Units at once; 0 is as many as a second gives.
    pub burst: Option<i64>,
    /// Units from midnight to midnight, UTC.
    pub per_day: Option<i64>,
}

/// The limits that hold; what is absent has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub rate: Option<Rate>,
    pub per_day: Option<i64>,
}

/// So many a second, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub per_second: i64,
    pub burst: i64,
}

impl Rate {
    /// None where there is no limit.
    pub fn of(per_second: i64, burst: i64) -> Option<Rate> {
        (per_second > 0).then_some(Rate {
            per_second,
            burst: if burst > 0 { burst } else { per_second },
        })
    }

    /// Nanoseconds for one unit.
    pub fn interval(self) -> i64 {
        (1_000_000_000 / self.per_second.max(1)).max(1)
    }

    /// Nanoseconds in which a whole burst comes back.
    pub fn window(self) -> i64 {
        self.burst.saturating_mul(self.interval())
    }

    /// The same in whole seconds, as the headers say it.
    pub fn window_seconds(self) -> i64 {
        seconds_up(self.window()).max(1)
    }
}

/// Whole seconds, rounded up.
pub fn seconds_up(nanos: i64) -> i64 {
    nanos.max(0).saturating_add(999_999_999) / 1_000_000_000
}

impl KeyLimits {
    /// What holds for a key where the house has these.
    pub fn over(self, house: KeyLimits) -> Limits {
        let pick = |own: Option<i64>, house: Option<i64>| own.or(house).unwrap_or(0);
        let per_second = pick(self.per_second, house.per_second);
        // A key that has a rate of its own does not take the burst of another one.
        let burst = if self.per_second.is_some() {
            self.burst.unwrap_or(0)
        } else {
            pick(self.burst, house.burst)
        };
        let per_day = pick(self.per_day, house.per_day);
        Limits {
            rate: Rate::of(per_second, burst),
            per_day: (per_day > 0).then_some(per_day),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_s_own_limits_stand_over_the_house_s() {
        let house = KeyLimits {
            per_second: Some(10),
            burst: Some(50),
            per_day: Some(1_000),
        };
        let rate = |per_second, burst| Some(Rate { per_second, burst });
        let limits = |rate, per_day| Limits { rate, per_day };
        assert_eq!(KeyLimits::default().over(house), limits(rate(10, 50), Some(1_000)));
        let own = KeyLimits {
            per_second: Some(5),
            ..KeyLimits::default()
        };
        assert_eq!(own.over(house), limits(rate(5, 5), Some(1_000)));
        let none = KeyLimits {
            per_second: Some(0),
            per_day: Some(0),
            ..KeyLimits::default()
        };
        assert_eq!(none.over(house), Limits::default());
        let burst = KeyLimits {
            burst: Some(20),
            ..KeyLimits::default()
        };
        assert_eq!(burst.over(house), limits(rate(10, 20), Some(1_000)));
        assert_eq!(KeyLimits::default().over(KeyLimits::default()), Limits::default());
    }
}
