//! How soon those who follow the wire have what is published: by long poll and by stream, at the server that took the
//! story, and at another one on the same database. One story at a time; the next when all have it.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Outcome;
use crate::asked::Request;
use crate::client::{Connection, chunk};
use crate::publisher::Publisher;

const PATIENCE: Duration = Duration::from_secs(20);

/// Time for those who poll to ask again.
const PAUSE: Duration = Duration::from_millis(10);

/// How long until somebody had it, for each story, sorted.
pub struct Delivery {
    pub key: &'static str,
    pub name: &'static str,
    /// From its sending.
    pub micros: Vec<u32>,
    /// From the answer to its publisher; nothing where somebody was sooner than that.
    pub after_answer: Vec<u32>,
}

#[derive(Clone, Copy)]
enum Way {
    Polls,
    Listens,
}

/// One follower has an entry about this story.
struct Has {
    who: usize,
    id: String,
    at: Instant,
}

/// `far` is another server on the same database, where there can be one.
pub fn deliveries(
    publisher: &mut Publisher,
    near: SocketAddr,
    far: Option<SocketAddr>,
    stories: usize,
) -> Outcome<Vec<Delivery>> {
    let mut followers = vec![
        ("wire-poll", "long poll answered", Way::Polls, near),
        ("wire-stream", "stream delivered", Way::Listens, near),
    ];
    if let Some(far) = far {
        followers.push(("wire-poll-far", "other node: long poll answered", Way::Polls, far));
        followers.push(("wire-stream-far", "other node: stream delivered", Way::Listens, far));
    }
    let mut taken = Delivery {
        key: "wire-put",
        name: "taken (the PUT itself)",
        micros: Vec::new(),
        after_answer: Vec::new(),
    };
    let mut deliveries: Vec<Delivery> = followers
        .iter()
        .map(|(key, name, ..)| Delivery {
            key,
            name,
            micros: Vec::new(),
            after_answer: Vec::new(),
        })
        .collect();
    let over = AtomicBool::new(false);
    let (tell, told) = mpsc::channel();
    std::thread::scope(|scope| -> Outcome<()> {
        let following: Vec<_> = followers
            .iter()
            .enumerate()
            .map(|(who, (_, _, way, address))| {
                let (tell, over) = (tell.clone(), &over);
                scope.spawn(move || match way {
                    Way::Polls => poll(who, *address, &tell, over),
                    Way::Listens => listen(who, *address, &tell, over),
                })
            })
            .collect();
        // Until all are there.
        for _ in &followers {
            told.recv_timeout(PATIENCE)?;
        }
        let measured = (0..=stories).try_for_each(|round| -> Outcome<()> {
            std::thread::sleep(PAUSE);
            // The last is only there to let all go home.
            over.store(round == stories, Ordering::Relaxed);
            let story = publisher.publish()?;
            let since = |from: Instant, at: Instant| {
                u32::try_from(at.saturating_duration_since(from).as_micros()).unwrap_or(u32::MAX)
            };
            if round < stories {
                taken.micros.push(since(story.sent, story.answered));
                taken.after_answer.push(0);
            }
            for _ in &followers {
                let has: Has = told.recv_timeout(PATIENCE).map_err(|_| "a story does not come")?;
                if has.id != story.id {
                    return Err(format!("{} came, {} was published", has.id, story.id).into());
                }
                if let Some(delivery) = deliveries.get_mut(has.who).filter(|_| round < stories) {
                    delivery.micros.push(since(story.sent, has.at));
                    delivery.after_answer.push(since(story.answered, has.at));
                }
            }
            Ok(())
        });
        over.store(true, Ordering::Relaxed);
        measured?;
        for follower in following {
            follower.join().map_err(|_| "a follower's thread panicked")??;
        }
        Ok(())
    })?;
    deliveries.insert(0, taken);
    for delivery in &mut deliveries {
        delivery.micros.sort_unstable();
        delivery.after_answer.sort_unstable();
    }
    Ok(deliveries)
}

fn text<'a>(value: &'a Value, name: &str) -> Outcome<&'a str> {
    Ok(value
        .get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("no {name}: {value}"))?)
}

fn poll(who: usize, address: SocketAddr, tell: &Sender<Has>, over: &AtomicBool) -> Outcome<()> {
    let mut line = Connection::open(address)?;
    let mut ask = |query: &str| -> Outcome<(Value, Instant)> {
        let request = Request::get(format!("/v1/wire?{query}"));
        let answer = line.ask(&request.bytes(request.target()))?;
        let at = Instant::now();
        match answer.status {
            200 => Ok((serde_json::from_slice(&answer.body)?, at)),
            status => Err(format!("the wire: {status} {}", answer.excerpt()).into()),
        }
    };
    let (mut page, at) = ask("after=latest")?;
    tell.send(Has {
        who,
        id: String::new(),
        at,
    })?;
    while !over.load(Ordering::Relaxed) {
        let (next, at) = ask(&format!("after={}&wait=30", text(&page, "next")?))?;
        page = next;
        let entries = page.get("entries").and_then(Value::as_array).ok_or("no entries")?;
        for entry in entries {
            let id = text(entry, "id")?.to_owned();
            tell.send(Has { who, id, at })?;
        }
    }
    Ok(())
}

fn listen(who: usize, address: SocketAddr, tell: &Sender<Has>, over: &AtomicBool) -> Outcome<()> {
    let mut stream = Connection::open(address)?.into_stream();
    stream.write_all(b"GET /v1/wire/stream HTTP/1.1\r\nhost: house.example\r\naccept: text/event-stream\r\n\r\n")?;
    let (mut raw, mut events, mut piece) = (Vec::new(), Vec::new(), vec![0; 64 * 1024]);
    let mut head_seen = false;
    loop {
        let read = stream.read(&mut piece)?;
        let at = Instant::now();
        if read == 0 {
            return Err("the stream ended".into());
        }
        raw.extend_from_slice(piece.get(..read).unwrap_or_default());
        if !head_seen {
            let Some(end) = raw.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            raw.drain(..end + 4);
            head_seen = true;
            tell.send(Has {
                who,
                id: String::new(),
                at,
            })?;
        }
        while let Some((size, begins)) = chunk(&raw)?.filter(|(size, begins)| raw.len() >= begins + size + 2) {
            events.extend_from_slice(raw.get(begins..begins + size).unwrap_or_default());
            raw.drain(..begins + size + 2);
        }
        while let Some(end) = events.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<u8> = events.drain(..end + 2).collect();
            let event = String::from_utf8(event)?;
            let Some(data) = event.lines().find_map(|line| line.strip_prefix("data:")) else {
                continue;
            };
            let id = text(&serde_json::from_str(data)?, "id")?.to_owned();
            tell.send(Has { who, id, at })?;
            if over.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
    }
}
