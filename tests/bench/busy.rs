//! The same readings while twenty stories a second come in: each moves the list of the latest and some topics' feeds,
//! so that what was kept of them is made again.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::Outcome;
use crate::asked::Question;
use crate::load::{Prepared, Side, Tally};
use crate::publisher::Publisher;
use crate::report::Figure;
use crate::settings::Settings;
use crate::tape::Recorded;
use crate::trial::{Sides, to_yardstick};

pub const PER_SECOND: u32 = 20;

/// What is asked again.
const ASKED: [&str; 6] = ["page", "page-hot", "latest-20", "feed", "latest-50", "story"];

pub struct Busy {
    pub figures: Vec<Figure>,
    /// Of each publication, sorted.
    pub publishing: Vec<u32>,
}

pub fn run(
    questions: &[Question],
    tapes: &[Vec<Recorded>],
    sides: Sides,
    publisher: &mut Publisher,
    settings: &Settings,
) -> Outcome<Busy> {
    let (mut figures, mut publishing) = (Vec::new(), Vec::new());
    for (place, question) in questions.iter().enumerate() {
        let Some(tape) = tapes.get(place).filter(|_| ASKED.contains(&question.key)) else {
            continue;
        };
        let (server, yardstick) = both(question, place, tape, sides);
        let (mut asked, mut measure, mut ratios) = (Tally::default(), Tally::default(), Vec::new());
        for round in 1..=settings.rounds {
            let seed = 1_000 + u64::from(round);
            let over = AtomicBool::new(false);
            let (answered, published) = std::thread::scope(|scope| {
                let published = scope.spawn(|| publisher.publish_until(&over, PER_SECOND));
                let answered = server.slice(settings.connections, settings.slice, seed);
                over.store(true, Ordering::Relaxed);
                (answered, published.join())
            });
            let answered = answered.map_err(|error| format!("{}: {error}", question.name))?;
            publishing.extend(published.map_err(|_| "the publisher's thread panicked")??);
            let bare = yardstick.slice(settings.connections, settings.slice, seed)?;
            ratios.push(answered.per_second() / bare.per_second());
            asked.add(answered);
            measure.add(bare);
        }
        asked.sort();
        measure.sort();
        figures.push(Figure {
            key: format!("{}-busy", question.key),
            name: format!("{}, while {PER_SECOND} stories/s come in", question.name),
            different: question.requests.len(),
            bytes: tape.get(tape.len() / 2).map_or(0, |answer| answer.body.len()),
            server: asked,
            yardstick: measure,
            ratios,
            repeated: false,
        });
    }
    publishing.sort_unstable();
    Ok(Busy { figures, publishing })
}

fn both(question: &Question, place: usize, tape: &[Recorded], sides: Sides) -> (Side, Side) {
    // What is in an answer changes all the time; half of what was there before is still an answer and no error.
    let to_server = tape.iter().zip(&question.requests).map(|(answer, request)| Prepared {
        bytes: request.bytes(request.target()),
        status: answer.status,
        lengths: answer.body.len() / 2..=usize::MAX,
    });
    let server = Side {
        address: sides.server.0,
        process: sides.server.1,
        requests: to_server.collect(),
        once: None,
    };
    let yardstick = Side {
        address: sides.yardstick.0,
        process: sides.yardstick.1,
        requests: to_yardstick(question, place, tape),
        once: None,
    };
    (server, yardstick)
}
