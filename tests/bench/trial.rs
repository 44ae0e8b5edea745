//! A trial is one question put to both sides, the server and the yardstick, in turn.

use std::net::SocketAddr;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use crate::Outcome;
use crate::asked::{Question, Turn};
use crate::load::{Prepared, Side, Tally};
use crate::profile::Watched;
use crate::report::Figure;
use crate::settings::Settings;
use crate::tape::Recorded;

const WARM_UP: Duration = Duration::from_millis(200);

pub struct Trial {
    server: Side,
    yardstick: Side,
    figure: Figure,
}

impl Trial {
    pub fn new(
        question: &Question,
        all: &[Question],
        tapes: &[Vec<Recorded>],
        server: (SocketAddr, Watched),
        yardstick: (SocketAddr, Watched),
    ) -> Outcome<Self> {
        let like = all
            .iter()
            .position(|other| other.key == question.like)
            .ok_or("a question like none")?;
        let tape = tapes.get(like).ok_or("a question without answers")?;
        let mut lengths: Vec<usize> = tape.iter().map(|answer| answer.body.len()).collect();
        lengths.sort_unstable();
        let once = matches!(question.turn, Turn::Once);
        // An answer never seen before is like the others; an error, or a story that is not there, would be short.
        let unseen = (lengths.first().copied().unwrap_or(1) / 2, usize::MAX, 200);
        let to_server = question.requests.iter().enumerate().map(|(place, request)| {
            let (least, most, status) = match tape.get(place) {
                Some(answer) if !once => (answer.body.len(), answer.body.len(), answer.status),
                _ => unseen,
            };
            Prepared {
                bytes: request.bytes(request.target()),
                status,
                lengths: least..=most,
            }
        });
        let to_yardstick = tape.iter().zip(&question.requests).enumerate();
        let to_yardstick = to_yardstick.map(|(place, (answer, request))| Prepared {
            bytes: request.bytes(&format!("/{like}/{place}")),
            status: answer.status,
            lengths: answer.body.len()..=answer.body.len(),
        });
        let figure = Figure {
            key: question.key,
            name: question.name.clone(),
            different: question.requests.len(),
            bytes: lengths.get(lengths.len() / 2).copied().unwrap_or(0),
            server: Tally::default(),
            yardstick: Tally::default(),
            ratios: Vec::new(),
            repeated: false,
        };
        let turn = once.then(|| AtomicUsize::new(0));
        Ok(Self {
            server: Side {
                address: server.0,
                process: server.1,
                requests: to_server.collect(),
                once: turn,
            },
            yardstick: Side {
                address: yardstick.0,
                process: yardstick.1,
                requests: to_yardstick.collect(),
                once: None,
            },
            figure,
        })
    }

    pub fn figure(mut self) -> Figure {
        self.figure.server.sort();
        self.figure.yardstick.sort();
        self.figure.repeated = self.server.repeated();
        self.figure
    }
}

/// All trials in every round, each side for one slice.
pub fn take_turns(trials: &mut [Trial], settings: &Settings) -> Outcome<()> {
    let connections = settings.connections;
    for trial in trials.iter() {
        let time = WARM_UP.min(settings.slice);
        trial
            .server
            .slice(connections, time, 0)
            .map_err(|error| format!("{}: {error}", trial.figure.name))?;
        trial.yardstick.slice(connections, time, 0)?;
    }
    for round in 1..=settings.rounds {
        eprintln!("round {round} of {}", settings.rounds);
        for trial in trials.iter_mut() {
            let seed = u64::from(round);
            let server = trial.server.slice(connections, settings.slice, seed);
            let server = server.map_err(|error| format!("{}: {error}", trial.figure.name))?;
            let yardstick = trial.yardstick.slice(connections, settings.slice, seed)?;
            trial.figure.ratios.push(server.per_second() / yardstick.per_second());
            trial.figure.server.add(server);
            trial.figure.yardstick.add(yardstick);
        }
    }
    Ok(())
}
