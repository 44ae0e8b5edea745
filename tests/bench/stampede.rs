//! Five hundred ask the same at once, and nobody has asked it before.

use std::net::SocketAddr;
use std::time::Instant;

use crate::Outcome;
use crate::asked::{PAGE_PROOF, page_of};
use crate::client::Connection;
use crate::metrics::counter;
use crate::publisher::Publisher;

pub const ASKERS: usize = 500;
const ROUNDS: usize = 5;

pub struct Stampede {
    /// Of the worst round.
    pub made: f64,
    /// Until the last one was answered, of the middle round.
    pub millis: f64,
}

/// Each round for the news page of a story that has just been published.
pub fn run(address: SocketAddr, publisher: &mut Publisher) -> Outcome<Stampede> {
    const MADE: &str = r#"dateline_answers_total{outcome="made"}"#;
    let mut crowd = (0..ASKERS)
        .map(|_| Connection::open(address))
        .collect::<Result<Vec<_>, _>>()?;
    let (mut made, mut times): (f64, Vec<f64>) = (0.0, Vec::new());
    for _ in 0..ROUNDS {
        let request = page_of(&publisher.publish()?.id);
        let bytes = request.bytes(request.target());
        let before = counter(address, MADE)?;
        let begun = Instant::now();
        for one in &mut crowd {
            one.send(&bytes)?;
        }
        let mut first = Vec::new();
        for one in &mut crowd {
            let answer = one.receive()?;
            PAGE_PROOF.holds(answer.status, &answer.body)?;
            if first.is_empty() {
                first = answer.body.into_owned();
            } else if *answer.body != *first {
                return Err("two got different answers to one question".into());
            }
        }
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        made = made.max(counter(address, MADE)? - before);
    }
    if made < 1.0 {
        return Err("the server does not count what it computes".into());
    }
    times.sort_by(f64::total_cmp);
    Ok(Stampede {
        made,
        millis: times.get(times.len() / 2).copied().ok_or("no rounds")?,
    })
}
