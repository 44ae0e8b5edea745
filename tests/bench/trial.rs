//! A trial is one question put to three sides in turn: the server, the server that keeps no answers, the yardstick.

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
    /// None for what is asked only once: there is nothing to be kept.
    uncached: Option<Side>,
    yardstick: Side,
    figure: Figure,
    uncached_figure: Figure,
}

/// Who is asked, one for each side.
#[derive(Clone, Copy)]
pub struct Sides {
    pub server: (SocketAddr, Watched),
    pub uncached: (SocketAddr, Watched),
    pub yardstick: (SocketAddr, Watched),
}

impl Trial {
    pub fn new(question: &Question, all: &[Question], tapes: &[Vec<Recorded>], sides: Sides) -> Outcome<Self> {
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
        let to_server = || {
            let requests = question.requests.iter().enumerate().map(|(place, request)| {
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
            requests.collect::<Vec<_>>()
        };
        let figure = |way: &'static str| Figure {
            key: format!("{}{way}", question.key),
            name: format!("{}{}", question.name, way.replace('-', ", ")),
            different: question.requests.len(),
            bytes: lengths.get(lengths.len() / 2).copied().unwrap_or(0),
            server: Tally::default(),
            yardstick: Tally::default(),
            ratios: Vec::new(),
            repeated: false,
        };
        let side = |(address, process), requests, once| Side {
            address,
            process,
            requests,
            once,
        };
        Ok(Self {
            server: side(sides.server, to_server(), once.then(|| AtomicUsize::new(0))),
            uncached: (!once).then(|| side(sides.uncached, to_server(), None)),
            yardstick: side(sides.yardstick, to_yardstick(question, like, tape), None),
            figure: figure(if once { "" } else { "-cached" }),
            uncached_figure: figure("-uncached"),
        })
    }

    pub fn figures(self) -> Vec<Figure> {
        let Self {
            server,
            uncached,
            yardstick: _,
            mut figure,
            mut uncached_figure,
        } = self;
        uncached_figure.yardstick = figure.yardstick.clone();
        figure.repeated = server.repeated();
        let mut figures = vec![figure];
        figures.extend(uncached.map(|_| uncached_figure));
        for figure in &mut figures {
            figure.server.sort();
            figure.yardstick.sort();
        }
        figures
    }
}

/// The same requests at the address of their recorded answers.
pub fn to_yardstick(question: &Question, like: usize, tape: &[Recorded]) -> Vec<Prepared> {
    let requests = tape.iter().zip(&question.requests).enumerate();
    let requests = requests.map(|(place, (answer, request))| Prepared {
        bytes: request.bytes(&format!("/{like}/{place}")),
        status: answer.status,
        lengths: answer.body.len()..=answer.body.len(),
    });
    requests.collect()
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
        if let Some(uncached) = &trial.uncached {
            uncached.slice(connections, time, 0)?;
        }
        trial.yardstick.slice(connections, time, 0)?;
    }
    for round in 1..=settings.rounds {
        eprintln!("round {round} of {}", settings.rounds);
        for trial in trials.iter_mut() {
            let seed = u64::from(round);
            let server = trial.server.slice(connections, settings.slice, seed);
            let server = server.map_err(|error| format!("{}: {error}", trial.figure.name))?;
            let yardstick = trial.yardstick.slice(connections, settings.slice, seed)?;
            if let Some(uncached) = &trial.uncached {
                let uncached = uncached.slice(connections, settings.slice, seed);
                let uncached = uncached.map_err(|error| format!("{}: {error}", trial.uncached_figure.name))?;
                let ratio = uncached.per_second() / yardstick.per_second();
                trial.uncached_figure.ratios.push(ratio);
                trial.uncached_figure.server.add(uncached);
            }
            trial.figure.ratios.push(server.per_second() / yardstick.per_second());
            trial.figure.server.add(server);
            trial.figure.yardstick.add(yardstick);
        }
    }
    Ok(())
}
