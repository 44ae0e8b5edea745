//! Limits: what each key may ask for in a time, over all processes together.
//!
//! A request is charged to its key's account in this process (`account`), and the account gets its means in pieces from the
//! counters that all share. Where the database does not answer in time, the request is let through and paid for later:
//! limits are there to share, not to keep anybody out. One key's account never waits for another's.
//!
//! The tolerance: of a rate, all processes together give out in any stretch of time what the limit says and at most a
//! hundredth more for each process (and once, after a rest, a twentieth of a burst); of a day exactly what the limit says,
//! less what a killed process had taken for itself: a hundredth.

use super::account::{Account, Charged, Standing, nanos};
use crate::clock::Clock;
use crate::config;
use crate::error::Result;
use crate::news::ArticleId;
use crate::news::limits::{Cost, KeyLimits, Limits, Rate, seconds_up};
use crate::news::usage::{Sight, day_of, midnight};
use crate::news::viewer::Key;
use crate::store::Store;
use jiff::Timestamp;
use quick_cache::sync::Cache;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Notify;

/// Longest wait for a piece of a counter.
const PATIENCE: Duration = Duration::from_millis(500);

/// An account that nobody has used for so long is put away, in nanoseconds.
const FORGOTTEN: i64 = 3_600_000_000_000;

/// What is held of a day and not used for so long goes back when little is left of the day, in nanoseconds.
const IDLE: i64 = 2_000_000_000;

/// Sights that are noted before they are filed out of turn, and before a snapshot waits for that.
const MANY: usize = 20_000;

/// Sights that are noted at most while the database does not take them.
const MOST: usize = 500_000;

/// Addresses that are watched at once, and how many bits of one of IPv6 are one household's.
const ADDRESSES: usize = 100_000;
const HOUSEHOLD: u32 = 64;

/// The accounts of this process. Clones are the same.
#[derive(Clone)]
pub struct Limiter(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    house: KeyLimits,
    anonymous: Option<Rate>,
    /// Arrival times of addresses, in nanoseconds.
    addresses: Cache<IpAddr, Arc<AtomicI64>>,
    accounts: RwLock<HashMap<Arc<str>, Arc<Account>>>,
    /// Whether readings are noted, and how many are and wait to be filed.
    notes: bool,
    waiting: AtomicUsize,
    many: Notify,
    filed: Notify,
}

/// A refusal: come again after so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    pub seconds: i64,
}

impl Wait {
    fn of(nanos: i64) -> Wait {
        Wait {
            seconds: seconds_up(nanos).max(1),
        }
    }

    pub fn detail(self) -> String {
        let seconds = self.seconds;
        format!("The limit is used up; see the RateLimit header. Try again in {seconds} s.")
    }
}

/// What one request is charged to.
#[derive(Clone)]
pub struct Tab {
    limiter: Limiter,
    key_id: Arc<str>,
    account: Arc<Account>,
    paid: Arc<AtomicI64>,
}

/// How a key stands today.
#[derive(Clone, Copy, Debug)]
pub struct UseToday {
    pub limits: Limits,
    pub used: i64,
    pub resets_at: Timestamp,
}

impl Limiter {
    pub fn new(store: Store, clock: Clock, limits: &config::Limits, usage: &config::Usage) -> Limiter {
        let config::Limits {
            per_second,
            burst,
            per_day,
            anonymous_per_second,
            anonymous_burst,
        } = limits;
        Limiter(Arc::new(Inner {
            store,
            clock,
            house: KeyLimits {
                per_second: Some(*per_second),
                burst: Some(*burst),
                per_day: Some(*per_day),
            },
            anonymous: Rate::of(*anonymous_per_second, *anonymous_burst),
            addresses: Cache::new(ADDRESSES),
            accounts: RwLock::default(),
            notes: usage.keep_days > 0,
            waiting: AtomicUsize::new(0),
            many: Notify::new(),
            filed: Notify::new(),
        }))
    }

    /// Whether who comes without a key is limited too.
    pub fn limits_anonymous(&self) -> bool {
        self.0.anonymous.is_some()
    }

    fn account(&self, key: &Key) -> (Arc<str>, Arc<Account>) {
        let limits = key.limits.over(self.0.house);
        let found = {
            let accounts = self.0.accounts.read().unwrap_or_else(PoisonError::into_inner);
            let found = accounts.get_key_value(key.id.as_str());
            found.map(|(id, account)| (Arc::clone(id), Arc::clone(account)))
        };
        if let Some((id, account)) = found {
            account.hold_to(limits);
            return (id, account);
        }
        let mut accounts = self.0.accounts.write().unwrap_or_else(PoisonError::into_inner);
        let id: Arc<str> = key.id.as_str().into();
        let partner = key.partner.as_ref().map(|partner| partner.id);
        let new = || Arc::new(Account::new(limits, partner, self.0.clock.now()));
        let account = Arc::clone(accounts.entry(Arc::clone(&id)).or_insert_with(new));
        (id, account)
    }

    pub fn tab(&self, key: &Key) -> Tab {
        let (key_id, account) = self.account(key);
        Tab {
            limiter: self.clone(),
            key_id,
            account,
            paid: Arc::default(),
        }
    }

    /// One request of somebody without a key. Each process counts for itself: addresses are too many to share.
    pub fn anonymous(&self, address: IpAddr) -> Result<(), Wait> {
        let Some(rate) = self.0.anonymous else { return Ok(()) };
        let address = match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => {
                let network = u128::from(address) >> (128 - HOUSEHOLD) << (128 - HOUSEHOLD);
                IpAddr::V6(Ipv6Addr::from(network))
            }
        };
        let made = self
            .0
            .addresses
            .get_or_insert_with(&address, || Ok::<_, ()>(Arc::default()));
        let Ok(tat) = made else { return Ok(()) };
        let now = nanos(self.0.clock.now());
        let mut wait = 0;
        let taken = tat.fetch_update(Ordering::AcqRel, Ordering::Acquire, |tat| {
            // One that is further ahead than a whole burst was reckoned before the clock was set back.
            let base = if tat > now && tat <= now + rate.window() {
                tat
            } else {
                now
            };
            let next = base + rate.interval();
            wait = next - now - rate.window();
            (wait <= 0).then_some(next)
        });
        taken.map(|_| ()).map_err(|_| Wait::of(wait))
    }

    /// Asks for what this account needs. In a task of its own: what was granted must arrive, whether or not the one who
    /// asked for it is still there.
    fn ask(&self, key_id: &Arc<str>, account: &Arc<Account>, cost: Cost) -> tokio::task::JoinHandle<Result<()>> {
        let (limiter, key_id, account) = (self.clone(), Arc::clone(key_id), Arc::clone(account));
        tokio::spawn(async move {
            let _one_at_a_time = account.asking.lock().await;
            let Inner { store, clock, .. } = &*limiter.0;
            let now = clock.now();
            // Somebody may have asked meanwhile.
            let need = account.need(now, cost);
            if let Some((per_day, wanted)) = need.day {
                metrics::counter!("dateline_limit_leases_total", "of" => "day").increment(1);
                let granted = store.take_of_day(&key_id, per_day, day_of(now), wanted).await?;
                account.day_granted(now, per_day, granted);
            }
            if let Some((rate, wanted)) = need.rate {
                metrics::counter!("dateline_limit_leases_total", "of" => "rate").increment(1);
                let granted = store.take_of_rate(&key_id, rate, nanos(now), wanted).await?;
                account.rate_granted(now, rate, wanted.least, granted);
            }
            Ok(())
        })
    }

    /// Notes that a key was shown stories.
    pub fn read(&self, key: &Key, shown: &[ArticleId], now: Timestamp) {
        if shown.is_empty() || !self.0.notes || self.0.waiting.load(Ordering::Relaxed) >= MOST {
            return;
        }
        let (_, account) = self.account(key);
        let new = account.read(now, shown);
        if self.0.waiting.fetch_add(new, Ordering::Relaxed) + new >= MANY {
            self.0.many.notify_one();
        }
    }

    /// Whether it is noted who reads what.
    pub fn notes(&self) -> bool {
        self.0.notes
    }

    /// Waits until there is room for many more sights.
    pub async fn room(&self) {
        while self.0.waiting.load(Ordering::Relaxed) >= MANY {
            let filed = self.0.filed.notified();
            if tokio::time::timeout(PATIENCE, filed).await.is_err() {
                return;
            }
        }
    }

    /// Waits until there is much to file.
    pub async fn many(&self) {
        self.0.many.notified().await;
    }

    fn accounts(&self) -> Vec<(Arc<str>, Arc<Account>)> {
        let accounts = self.0.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.iter().map(|(id, a)| (Arc::clone(id), Arc::clone(a))).collect()
    }

    /// Files what was read and used since the last time. `all`: gives back everything that is held, too.
    pub async fn file(&self, all: bool) -> Result<()> {
        self.file_reads().await?;
        let Inner { store, clock, .. } = &*self.0;
        let now = clock.now();
        let today = day_of(now);
        let accounts = self.accounts();
        let mut used: Vec<(String, i64)> = Vec::new();
        let mut holding: Vec<(Arc<str>, Arc<Account>, i64)> = Vec::new();
        for (id, account) in &accounts {
            used.push((id.to_string(), account.spent(now)));
            if let Some(per_day) = account.holds_of_day() {
                holding.push((Arc::clone(id), Arc::clone(account), per_day));
            }
        }
        let ids: Vec<String> = holding.iter().map(|(id, ..)| id.to_string()).collect();
        let counted = if all {
            HashMap::new()
        } else {
            store.used_of_day(today, &ids).await?
        };
        for (id, account, per_day) in holding {
            let id = id.to_string();
            let scarce = counted.get(&id).is_some_and(|used| *used > per_day / 5 * 4);
            if all || scarce {
                let idle = if all { 0 } else { IDLE };
                used.push((id, -account.leave(now, idle)));
            }
        }
        store.add_to_day(today, &used).await?;
        self.put_away(now);
        Ok(())
    }

    pub async fn file_reads(&self) -> Result<()> {
        let mut sights = Vec::new();
        let mut of = Vec::new();
        for (id, account) in self.accounts() {
            for ((day, article_id), read) in account.take_reads() {
                sights.push(Sight {
                    key_id: Arc::clone(&id),
                    partner_id: account.partner,
                    day,
                    article_id,
                    read,
                });
                of.push(Arc::clone(&account));
            }
        }
        let mut filed = 0;
        while let Some(some) = sights.get(filed..).filter(|some| !some.is_empty()) {
            let some = some.get(..TOGETHER).unwrap_or(some);
            if let Err(error) = self.0.store.file_usage(some).await {
                for (sight, account) in sights.iter().zip(&of).skip(filed) {
                    account.put_back(sight.day, sight.article_id, sight.read);
                }
                return Err(error);
            }
            filed += some.len();
            self.0.waiting.fetch_sub(some.len(), Ordering::Relaxed);
            self.0.filed.notify_waiters();
        }
        Ok(())
    }

    /// Accounts that nobody uses.
    fn put_away(&self, now: Timestamp) {
        let mut accounts = self.0.accounts.write().unwrap_or_else(PoisonError::into_inner);
        accounts.retain(|_, account| {
            let lately = nanos(now) - account.last() < FORGOTTEN;
            lately || account.is_needed() || Arc::strong_count(account) > 1
        });
    }

    /// What this key has used today, over all processes.
    pub async fn used_today(&self, key: &Key) -> Result<UseToday> {
        let (id, account) = self.account(key);
        let now = self.0.clock.now();
        let today = day_of(now);
        let counted = self.0.store.used_of_day(today, &[id.to_string()]).await?;
        let used = counted.get(&*id).copied().unwrap_or(0) - account.not_used(now);
        Ok(UseToday {
            limits: account.standing(now).limits,
            used: used.max(0),
            resets_at: midnight(today + 1),
        })
    }
}

/// Sights that are filed with one transaction.
const TOGETHER: usize = 256;

impl Tab {
    /// Charges a cost, and waits for a piece of the counters where that is needed.
    pub async fn charge(&self, cost: Cost) -> Result<(), Wait> {
        let clock = &self.limiter.0.clock;
        // More than one, because others may spend what was got for this one.
        for _ in 0..4 {
            match self.account.charge(clock.now(), cost) {
                Charged::Refused(nanos) => return Err(Wait::of(nanos)),
                Charged::Paid { low } => {
                    self.paid.fetch_add(cost.0, Ordering::Relaxed);
                    if low && self.account.asking.try_lock().is_ok() {
                        // On the side: nobody waits for it.
                        drop(self.limiter.ask(&self.key_id, &self.account, Cost(0)));
                    }
                    return Ok(());
                }
                Charged::Short => {
                    let asked = self.limiter.ask(&self.key_id, &self.account, cost);
                    match tokio::time::timeout(PATIENCE, asked).await {
                        Ok(Ok(Ok(()))) => {}
                        Ok(Ok(Err(error))) => {
                            tracing::debug!(error.cause = %error, "a limit could not be looked at");
                            break;
                        }
                        Ok(Err(_)) | Err(_) => break,
                    }
                }
            }
        }
        self.account.owe(clock.now(), cost);
        self.paid.fetch_add(cost.0, Ordering::Relaxed);
        Ok(())
    }

    /// The answer held nothing new: most of the cost comes back.
    pub fn nothing_new(&self) {
        let paid = Cost(self.paid.swap(0, Ordering::Relaxed));
        self.account.give_back(paid.of_nothing_new());
    }

    /// How the key stands now.
    pub fn standing(&self) -> Standing {
        self.account.standing(self.limiter.0.clock.now())
    }
}
