//! What one key has to spend in this process, and what it has read.
//!
//! The counters that hold for all processes are rows. A process takes a piece of them for itself, a *lease*, and spends it
//! without asking anybody: a tenth of a second's worth of the rate, which is good for a second, and a hundredth of the
//! day. So a request costs no statement, and all processes together stay within the limit.
//!
//! A key that asks for little costs not even leases of its rate: each process may give out a hundredth of the rate by
//! itself, `free`, and pays for that with the next lease. This is what may be given out beyond the limit.

use crate::news::limits::{Cost, Limits, Rate, seconds_up};
use crate::news::usage::{Read, day_of, midnight};
use crate::news::{ArticleId, PartnerId};
use crate::store::{Granted, Wanted};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long a piece of the rate is good, in nanoseconds.
const GOOD: i64 = 1_000_000_000;

/// The shortest time between two questions that were answered with nothing, in nanoseconds: whoever floods us does not
/// flood the database.
const ASKED_AGAIN: i64 = 50_000_000;

/// The same for the day, which comes back only when somebody gives back what he has not used.
const DAY_ASKED_AGAIN: i64 = 1_000_000_000;

/// One key in this process.
pub struct Account {
    state: Mutex<State>,
    /// One asks the database at a time.
    pub asking: tokio::sync::Mutex<()>,
    reads: Mutex<HashMap<(i32, ArticleId), Read>>,
    /// Whose key it is; that never changes.
    pub partner: Option<PartnerId>,
}

struct State {
    limits: Limits,
    rate: RatePart,
    day: DayPart,
    /// When it was last charged, in nanoseconds.
    last: i64,
}

/// Costs are thousandths of a unit, times nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Default)]
struct RatePart {
    held: i64,
    /// Until when what is held is good.
    until: i64,
    free: i64,
    free_at: i64,
    /// As the database had it when it was last asked.
    tat: i64,
    not_before: i64,
}

#[derive(Clone, Copy, Debug, Default)]
struct DayPart {
    day: i32,
    held: i64,
    /// Units that nobody had taken when the database was last asked; none before.
    left: Option<i64>,
    not_before: i64,
    /// Used and not filed yet, where there is no limit and nothing is leased.
    spent: i64,
}

/// What came of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charged {
    /// Paid. `low`: it is time to ask for more, on the side.
    Paid { low: bool },
    /// More must be asked for first.
    Short,
    /// It is used up, for so many nanoseconds.
    Refused(i64),
}

/// What is to be asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Need {
    pub rate: Option<(Rate, Wanted)>,
    pub day: Option<(i64, Wanted)>,
}

/// How a key stands, for the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub limits: Limits,
    /// Units of the rate that are left, and seconds until all are.
    pub rate: (i64, i64),
    /// Units of the day that are left, and seconds until midnight.
    pub day: (i64, i64),
}

pub fn nanos(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond()).unwrap_or(i64::MAX / 2)
}

impl Account {
    pub fn new(limits: Limits, partner: Option<PartnerId>, now: Timestamp) -> Account {
        let mut state = State {
            limits,
            rate: RatePart::default(),
            day: DayPart {
                day: day_of(now),
                ..DayPart::default()
            },
            last: nanos(now),
        };
        state.rate.free = state.free_at_most();
        state.rate.free_at = nanos(now);
        Account {
            state: Mutex::new(state),
            asking: tokio::sync::Mutex::default(),
            reads: Mutex::default(),
            partner,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Other limits hold from now on.
    pub fn hold_to(&self, limits: Limits) {
        let mut state = self.state();
        if state.limits != limits {
            state.limits = limits;
            // What was held of the old rate is forgotten, of the day it stays.
            state.rate = RatePart {
                free_at: state.last,
                tat: state.rate.tat,
                ..RatePart::default()
            };
            state.rate.free = state.free_at_most();
            state.day.left = None;
            state.day.not_before = 0;
        }
    }

    /// Takes a cost from what is here.
    pub fn charge(&self, now: Timestamp, cost: Cost) -> Charged {
        let mut state = self.state();
        state.advance(now);
        let (rate, day) = state.shares(cost);
        let at = nanos(now);
        state.last = at;
        let mut short = false;
        if let Some(want) = rate
            && state.at_hand(at) < want
        {
            if at < state.rate.not_before {
                return Charged::Refused(state.rate.not_before - at);
            }
            short = true;
        }
        if let Some(want) = day
            && state.day.held < want
        {
            if at < state.day.not_before {
                return Charged::Refused(nanos(midnight(state.day.day + 1)) - at);
            }
            short = true;
        }
        if short {
            return Charged::Short;
        }
        state.pay(rate, day, cost);
        Charged::Paid { low: state.is_low() }
    }

    /// Takes it though it is not here: the database did not answer, and readers are not to suffer for that.
    pub fn owe(&self, now: Timestamp, cost: Cost) {
        let mut state = self.state();
        state.advance(now);
        let (rate, day) = state.shares(cost);
        state.pay(rate, day, cost);
    }

    pub fn give_back(&self, cost: Cost) {
        let mut state = self.state();
        let (rate, day) = state.shares(cost);
        let share = rate.unwrap_or(0);
        let free = share.min(state.unpaid());
        state.rate.free += free;
        state.rate.held += share - free;
        match day {
            Some(share) => state.day.held += share,
            None => state.day.spent -= cost.0,
        }
    }

    /// What must be asked for, so that this cost can be paid and some more.
    pub fn need(&self, now: Timestamp, cost: Cost) -> Need {
        let mut state = self.state();
        state.advance(now);
        let (rate, day) = state.shares(cost);
        let at = nanos(now);
        let up = |thousandths: i64| (thousandths.max(0) + Cost::ONE.0 - 1) / Cost::ONE.0;
        let mut need = Need::default();
        if let (Some(want), Some(rate)) = (rate, state.limits.rate)
            && (state.at_hand(at) < want || state.rate_is_low())
            && at >= state.rate.not_before
        {
            // What was given out by ourselves is paid for first.
            let least = (up(want - state.rate.held) + up(state.unpaid())).clamp(1, rate.burst);
            let wanted = Wanted {
                least,
                most: (least + batch_of(rate)).min(rate.burst),
            };
            need.rate = Some((rate, wanted));
        }
        if let (Some(want), Some(per_day)) = (day, state.limits.per_day)
            && (state.day.held < want || state.day_is_low())
            && at >= state.day.not_before
        {
            let least = up(want - state.day.held).clamp(1, per_day);
            // The less there is, the smaller the pieces, so that little is left over elsewhere.
            let piece = (per_day / 100).min(state.day.left.unwrap_or(per_day) / 10).max(1);
            let wanted = Wanted {
                least,
                most: (least - 1 + piece).clamp(1, per_day),
            };
            need.day = Some((per_day, wanted));
        }
        need
    }

    pub fn rate_granted(&self, now: Timestamp, rate: Rate, least: i64, granted: Granted) {
        let mut state = self.state();
        let at = nanos(now);
        state.rate.tat = granted.stands;
        if granted.units == 0 {
            let comes = granted.stands - rate.window() + least * rate.interval();
            state.rate.not_before = comes.clamp(at + ASKED_AGAIN, at + rate.window().max(ASKED_AGAIN) + GOOD);
            return;
        }
        let granted = Cost::units(granted.units).0;
        let paid = state.unpaid().min(granted);
        state.rate.free += paid;
        state.rate.held += granted - paid;
        state.rate.until = at + GOOD;
    }

    pub fn day_granted(&self, now: Timestamp, per_day: i64, granted: Granted) {
        let mut state = self.state();
        state.day.left = Some((per_day - granted.stands).max(0));
        state.day.held += Cost::units(granted.units).0;
        if granted.units == 0 {
            state.day.not_before = nanos(now) + DAY_ASKED_AGAIN;
        }
    }

    pub fn standing(&self, now: Timestamp) -> Standing {
        let mut state = self.state();
        state.advance(now);
        let at = nanos(now);
        let units = |thousandths: i64| thousandths.max(0) / Cost::ONE.0;
        let rate = state.limits.rate.map_or((0, 0), |rate| {
            let ahead = (state.rate.tat - at).clamp(0, rate.window());
            let here = state.rate.held - state.unpaid();
            let left = (Cost::units(state.elsewhere(rate, at)).0 + here).max(0) / Cost::ONE.0;
            (left.min(rate.burst), seconds_up(ahead))
        });
        let day = state.limits.per_day.map_or((0, 0), |per_day| {
            let left = state.day.left.unwrap_or(per_day) + units(state.day.held);
            let until = nanos(midnight(state.day.day + 1)) - at;
            (left.min(per_day), seconds_up(until))
        });
        Standing {
            limits: state.limits,
            rate,
            day,
        }
    }

    /// Units of a day that are counted as used in the database and are not, less what is used and not counted.
    pub fn not_used(&self, now: Timestamp) -> i64 {
        let mut state = self.state();
        state.advance(now);
        (state.day.held - state.day.spent) / Cost::ONE.0
    }

    /// Units used since the last time, where nothing is leased.
    pub fn spent(&self, now: Timestamp) -> i64 {
        let mut state = self.state();
        state.advance(now);
        let units = state.day.spent / Cost::ONE.0;
        state.day.spent -= Cost::units(units).0;
        units
    }

    /// Takes back whole units of the day that are held. `idle`: only if it was not used for so many nanoseconds.
    pub fn leave(&self, now: Timestamp, idle: i64) -> i64 {
        let mut state = self.state();
        state.advance(now);
        if nanos(now) - state.last < idle || state.day.held <= 0 {
            return 0;
        }
        let units = state.day.held / Cost::ONE.0;
        state.day.held -= Cost::units(units).0;
        state.day.left = state.day.left.map(|left| left + units);
        units
    }

    /// The limit of a day, if something of it is held.
    pub fn holds_of_day(&self) -> Option<i64> {
        let state = self.state();
        state.limits.per_day.filter(|_| state.day.held >= Cost::ONE.0)
    }

    /// Whether something of it would be lost.
    pub fn is_needed(&self) -> bool {
        let unfiled = !self.reads.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        unfiled || self.holds_of_day().is_some()
    }

    /// When it was last charged.
    pub fn last(&self) -> i64 {
        self.state().last
    }

    /// Notes that stories were shown; how many are new since they were last filed.
    pub fn read(&self, now: Timestamp, shown: &[ArticleId]) -> usize {
        let day = day_of(now);
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        let before = reads.len();
        for article in shown {
            let read = reads.entry((day, *article)).or_insert(Read {
                times: 0,
                first: now,
                last: now,
            });
            read.times += 1;
            read.last = now.max(read.last);
        }
        reads.len() - before
    }

    /// What was read since the last time.
    pub fn take_reads(&self) -> HashMap<(i32, ArticleId), Read> {
        std::mem::take(&mut *self.reads.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What could not be filed comes back.
    pub fn put_back(&self, day: i32, article: ArticleId, read: Read) {
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        let there = reads.entry((day, article)).or_insert(Read { times: 0, ..read });
        there.times += read.times;
        there.first = there.first.min(read.first);
        there.last = there.last.max(read.last);
    }
}

/// Units of a piece of the rate.
fn batch_of(rate: Rate) -> i64 {
    (rate.per_second / 10).clamp(1, rate.burst)
}

impl State {
    /// What may be given out before it is paid for.
    fn free_at_most(&self) -> i64 {
        self.limits
            .rate
            .map_or(0, |rate| (Cost::units(rate.burst).0 / 20).max(Cost::ONE.0))
    }

    /// What was given out and is not paid for.
    fn unpaid(&self) -> i64 {
        (self.free_at_most() - self.rate.free).max(0)
    }

    /// Units that nobody had taken, as far as is known here.
    fn elsewhere(&self, rate: Rate, at: i64) -> i64 {
        let ahead = (self.rate.tat - at).clamp(0, rate.window());
        (rate.window() - ahead) / rate.interval()
    }

    /// What can be given out without asking anybody. Where little is left, not even a little is given out unpaid: so one
    /// process alone keeps the limit exactly.
    fn at_hand(&self, at: i64) -> i64 {
        let much = self
            .limits
            .rate
            .is_some_and(|rate| self.elsewhere(rate, at) * 2 >= rate.burst);
        self.rate.held + if much { self.rate.free } else { 0 }
    }

    /// What time brings and takes.
    fn advance(&mut self, now: Timestamp) {
        let at = nanos(now);
        let today = day_of(now);
        if self.day.day != today {
            self.day = DayPart {
                day: today,
                ..DayPart::default()
            };
        }
        if self.day.not_before > at + DAY_ASKED_AGAIN {
            self.day.not_before = 0;
        }
        let Some(rate) = self.limits.rate else { return };
        // What is further ahead than it can be was reckoned before the clock was set back.
        if self.rate.not_before > at + rate.window().max(ASKED_AGAIN) + GOOD {
            self.rate.not_before = 0;
        }
        if self.rate.tat > at + rate.window() + GOOD {
            self.rate.tat = 0;
        }
        self.rate.until = self.rate.until.min(at + GOOD);
        if at >= self.rate.until {
            // A debt stays.
            self.rate.held = self.rate.held.min(0);
        }
        // A hundredth of the rate, in thousandths of a unit.
        let brings = (at - self.rate.free_at).max(0) / (rate.interval() / 10).max(1);
        if brings > 0 || at < self.rate.free_at {
            self.rate.free = self.rate.free.saturating_add(brings).min(self.free_at_most());
            self.rate.free_at = at;
        }
    }

    /// What a cost takes of each. Nothing costs more than all there can be at once.
    fn shares(&self, cost: Cost) -> (Option<i64>, Option<i64>) {
        let share = |most: i64| cost.0.min(Cost::units(most).0);
        (
            self.limits.rate.map(|rate| share(rate.burst)),
            self.limits.per_day.map(share),
        )
    }

    fn pay(&mut self, rate: Option<i64>, day: Option<i64>, cost: Cost) {
        if let Some(share) = rate {
            let held = share.min(self.rate.held.max(0));
            let free = (share - held).min(self.rate.free.max(0));
            self.rate.held -= share - free;
            self.rate.free -= free;
        }
        match day {
            Some(share) => self.day.held -= share,
            None => self.day.spent += cost.0,
        }
    }

    fn is_low(&self) -> bool {
        self.rate_is_low() || self.day_is_low()
    }

    /// Only where pieces are large enough that a half of one is some; and only while one is good.
    fn rate_is_low(&self) -> bool {
        self.limits.rate.is_some_and(|rate| {
            let batch = batch_of(rate);
            batch >= 4 && self.rate.held > 0 && self.rate.held < Cost::units(batch).0 / 2
        })
    }

    fn day_is_low(&self) -> bool {
        self.limits.per_day.is_some_and(|per_day| {
            let batch = per_day / 100;
            batch >= 4 && self.day.left.is_some_and(|left| left > 0) && self.day.held < Cost::units(batch).0 / 4
        })
    }
}
