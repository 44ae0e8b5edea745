//! Many who listen to the wire at once: what each costs the server, and how long until the last one has an entry.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::Outcome;
use crate::publisher::Publisher;
use crate::server::Server;

const PATIENCE: Duration = Duration::from_secs(120);

/// Entries that each crowd is told.
const ENTRIES: usize = 7;

/// Who connect at the same time.
const AT_ONCE: usize = 64;

pub struct Crowd {
    pub listeners: usize,
    pub kilobytes_each: f64,
    /// From the sending of a story until the middle one and the last one had it, in milliseconds; the middle of some
    /// stories, and the slowest.
    pub middle: f64,
    pub last: f64,
    pub slowest: f64,
}

/// Allows this process, and those it starts from now on, so many open files. Gives how many it is allowed.
pub fn open_files(many: u64) -> u64 {
    let had = getrlimit(Resource::Nofile);
    let maximum = had.maximum.map(|hard| hard.max(many));
    let raised = Rlimit {
        current: Some(many.max(had.current.unwrap_or(many))),
        maximum,
    };
    // Only root may raise the hard limit.
    if setrlimit(Resource::Nofile, raised).is_err() {
        let _as_far_as_it_goes = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: had.maximum,
                maximum: had.maximum,
            },
        );
    }
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

pub fn gather(server: &Server, publisher: &mut Publisher, listeners: usize) -> Outcome<Crowd> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let (before, _) = server.memory()?;
    let (tell, told) = mpsc::channel();
    let door = Arc::new(Semaphore::new(AT_ONCE));
    for _ in 0..listeners {
        runtime.spawn(listen(server.address, Arc::clone(&door), tell.clone()));
    }
    all_have(&told, listeners).map_err(|error| format!("coming in: {error}"))?;
    // Until the server has nothing more to do for them.
    std::thread::sleep(Duration::from_secs(1));
    let (after, _) = server.memory()?;
    let mut times = Vec::with_capacity(ENTRIES);
    for _ in 0..ENTRIES {
        let story = publisher.publish()?;
        let mut had = all_have(&told, listeners)?;
        had.sort_unstable();
        let millis = |at: Option<&Instant>| at.map_or(f64::NAN, |at| (*at - story.sent).as_secs_f64() * 1e3);
        times.push((millis(had.last()), millis(had.get(had.len() / 2))));
    }
    runtime.shutdown_background();
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (last, middle) = times.get(times.len() / 2).copied().ok_or("no entries")?;
    Ok(Crowd {
        listeners,
        kilobytes_each: after.saturating_sub(before) as f64 / listeners as f64,
        middle,
        last,
        slowest: times.last().map_or(f64::NAN, |slowest| slowest.0),
    })
}

/// When each of them had it.
fn all_have(told: &Receiver<Result<Instant, String>>, listeners: usize) -> Outcome<Vec<Instant>> {
    let mut had = Vec::with_capacity(listeners);
    while had.len() < listeners {
        let next = told.recv_timeout(PATIENCE);
        had.push(next.map_err(|_| format!("{} of {listeners} have it", had.len()))??);
    }
    Ok(had)
}

async fn listen(address: SocketAddr, door: Arc<Semaphore>, tell: Sender<Result<Instant, String>>) {
    if let Err(error) = hear(address, &door, &tell).await {
        let _nobody_asks_any_more = tell.send(Err(error.to_string()));
    }
}

/// Says when it has come in, and then when each entry came.
async fn hear(address: SocketAddr, door: &Semaphore, tell: &Sender<Result<Instant, String>>) -> Outcome<()> {
    let entering = door.acquire().await?;
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(
            b"GET /v1/wire/stream?payload=meta HTTP/1.1\r\nhost: house.example\r\naccept: text/event-stream\r\n\r\n",
        )
        .await?;
    let (mut unread, mut piece) = (Vec::new(), [0; 2048]);
    let mut entering = Some(entering);
    loop {
        let read = stream.read(&mut piece).await?;
        let at = Instant::now();
        if read == 0 {
            return Err("a stream ended".into());
        }
        unread.extend_from_slice(piece.get(..read).unwrap_or_default());
        // The server writes each event whole, and there is only one at a time.
        let has = |what: &[u8]| unread.windows(what.len()).any(|there| there == what);
        if !unread.ends_with(b"\n\n\r\n") {
            continue;
        }
        let is_entry = has(b"\ndata:");
        let comes_in = entering.is_some() && has(b"id:");
        if comes_in && !unread.starts_with(b"HTTP/1.1 200") {
            return Err(String::from_utf8_lossy(&unread).into_owned().into());
        }
        if is_entry || comes_in {
            tell.send(Ok(at))?;
        }
        if comes_in {
            entering.take();
        }
        unread.clear();
    }
}
