//! The load: some connections that ask as fast as they are answered, for one slice of time. Every answer's status and
//! length is checked, and one wrong answer fails the run: a server must not look fast by being broken.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::client::Connection;
use crate::profile::Watched;
use crate::story::Dice;

pub struct Prepared {
    pub bytes: Vec<u8>,
    pub status: u16,
    /// Exactly one length, where the answer has been seen before.
    pub lengths: RangeInclusive<usize>,
}

/// Who is asked, and for what.
pub struct Side {
    pub address: SocketAddr,
    pub process: Watched,
    pub requests: Vec<Prepared>,
    /// Where to go on, when nothing is to be asked twice.
    pub once: Option<AtomicUsize>,
}

#[derive(Clone, Default)]
pub struct Tally {
    /// Microseconds of each answer, in no order until `sort`.
    micros: Vec<u32>,
    spent: Duration,
    processor_seconds: f64,
}

impl Side {
    /// Asks for this long on so many connections.
    pub fn slice(&self, connections: usize, time: Duration, seed: u64) -> Outcome<Tally> {
        let mut lines = (0..connections)
            .map(|_| Connection::open(self.address))
            .collect::<Result<Vec<_>, _>>()?;
        let spent_before = self.process.processor_seconds();
        let start = Instant::now();
        let asked = std::thread::scope(|scope| {
            let asking = lines.iter_mut().enumerate().map(|(place, line)| {
                let dice = Dice::new(seed.wrapping_mul(1_000).wrapping_add(place as u64));
                scope.spawn(move || self.ask(line, dice, start, time))
            });
            let asking: Vec<_> = asking.collect();
            asking.into_iter().map(|thread| thread.join()).collect::<Vec<_>>()
        });
        let spent = start.elapsed();
        let processor_seconds = (self.process.processor_seconds() - spent_before).max(0.0);
        let mut tally = Tally {
            micros: Vec::new(),
            spent,
            processor_seconds,
        };
        for thread in asked {
            tally
                .micros
                .extend(thread.map_err(|_| "a connection's thread panicked")??);
        }
        Ok(tally)
    }

    fn ask(&self, line: &mut Connection, mut dice: Dice, start: Instant, time: Duration) -> Outcome<Vec<u32>> {
        let mut micros = Vec::with_capacity(1 << 14);
        let mut before = Instant::now();
        while before - start < time {
            let request = self.next(&mut dice).ok_or("nothing to ask")?;
            let answer = line.ask(&request.bytes)?;
            if answer.status != request.status || !request.lengths.contains(&answer.body.len()) {
                let request = String::from_utf8_lossy(&request.bytes);
                let (status, length, excerpt) = (answer.status, answer.body.len(), answer.excerpt());
                return Err(format!("wrong answer: {status}, {length} bytes: {excerpt}\nto: {request}").into());
            }
            let now = Instant::now();
            micros.push(u32::try_from((now - before).as_micros()).unwrap_or(u32::MAX));
            before = now;
        }
        Ok(micros)
    }

    fn next(&self, dice: &mut Dice) -> Option<&Prepared> {
        match &self.once {
            Some(turn) => self
                .requests
                .get(turn.fetch_add(1, Ordering::Relaxed).checked_rem(self.requests.len())?),
            None => dice.pick(&self.requests),
        }
    }

    /// How often the round has begun again, where it should not.
    pub fn repeated(&self) -> bool {
        self.once
            .as_ref()
            .is_some_and(|turn| turn.load(Ordering::Relaxed) > self.requests.len())
    }
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.micros.extend(other.micros);
        self.spent += other.spent;
        self.processor_seconds += other.processor_seconds;
    }

    pub fn per_second(&self) -> f64 {
        self.micros.len() as f64 / self.spent.as_secs_f64().max(1e-9)
    }

    /// Microseconds of processor time for one answer: what the client, on the same cores, does not blur.
    pub fn processor_micros(&self) -> f64 {
        self.processor_seconds * 1e6 / (self.micros.len() as f64).max(1.0)
    }

    pub fn answers(&self) -> usize {
        self.micros.len()
    }

    pub fn sort(&mut self) {
        self.micros.sort_unstable();
    }

    /// Of a sorted tally: the time within which this share (0 to 1) was answered, in microseconds.
    pub fn quantile(&self, share: f64) -> u32 {
        let place = (self.micros.len() as f64 * share).ceil() as usize;
        self.micros.get(place.saturating_sub(1)).copied().unwrap_or(0)
    }
}
