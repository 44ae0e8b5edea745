//! Webhooks: how soon so many endpoints have what is published, how many are told a second, what each costs the server, and
//! whether one that never answers slows one down that does. All endpoints are one receiver in this program, each at a path of
//! its own; it takes its share of the cores, too.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Runtime;

use crate::Outcome;
use crate::client::Connection;
use crate::crowd::open_files;
use crate::publisher::{Publisher, Told};
use crate::server::{Server, Site};

const PATIENCE: Duration = Duration::from_secs(120);
/// Stories that are published in a row, to see how many are told a second.
const ROW: usize = 20;
/// Stories in each turn beside a dead endpoint, and without it.
const TURN: usize = 20;
const DEAD: &str = "/dead";

pub struct Hooks {
    pub endpoints: usize,
    /// From the sending of a story until an endpoint had it, sorted.
    pub micros: Vec<u32>,
    pub per_second: f64,
    pub kilobytes_each: f64,
}

/// One endpoint alone, and beside one that takes everything and never answers, in turn; sorted.
pub struct Beside {
    pub alone: Vec<u32>,
    pub beside: Vec<u32>,
}

/// A story came to an endpoint.
struct Came {
    id: String,
    at: Instant,
}

/// A server that may tell the receiver, and both.
struct Stage {
    server: Server,
    key: String,
    address: SocketAddr,
    came: Receiver<Came>,
    _runtime: Runtime,
}

impl Stage {
    fn set(site: &Site, key: &str, endpoints: usize) -> Outcome<Self> {
        let _as_far_as_it_goes = open_files(endpoints as u64 * 2 + 1_000);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let listener = runtime.block_on(listen())?;
        let address = listener.local_addr()?;
        let (tell, came) = mpsc::channel();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(receive(stream, tell.clone()));
            }
        });
        let server = site.serve(&[
            ("DATELINE__OUTBOUND__ALLOW", "127.0.0.1/32"),
            ("DATELINE__OUTBOUND__PORTS", &address.port().to_string()),
            ("DATELINE__OUTBOUND__ALLOW_HTTP", "true"),
        ])?;
        Ok(Self {
            server,
            key: key.to_owned(),
            address,
            came,
            _runtime: runtime,
        })
    }

    /// Over a connection of its own: the server closes one that says nothing for some seconds.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Outcome<Value> {
        let mut line = Connection::open(self.server.address)?;
        let body = body.to_string();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: house.example\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        let answer = line.ask(request.as_bytes())?;
        match answer.status {
            200 | 201 => Ok(serde_json::from_slice(&answer.body)?),
            204 => Ok(Value::Null),
            status => Err(format!("{method} {path}: {status} {}", answer.excerpt()).into()),
        }
    }

    fn add(&self, path: &str) -> Outcome<String> {
        let url = format!("http://{}{path}", self.address);
        let new = self.ask("POST", "/v1/webhooks", &json!({ "url": url }))?;
        let id = new.get("id").and_then(Value::as_str).ok_or("a webhook without an id")?;
        Ok(format!("/v1/webhooks/{id}"))
    }

    /// When each endpoint had it.
    fn all_have(&self, story: &Told, endpoints: usize) -> Outcome<Vec<u32>> {
        let mut had = Vec::with_capacity(endpoints);
        while had.len() < endpoints {
            let next = self.came.recv_timeout(PATIENCE);
            let next = next.map_err(|_| format!("{} of {endpoints} have it", had.len()))?;
            if next.id == story.id {
                had.push(micros(story.sent, next.at));
            }
        }
        Ok(had)
    }

    fn leave(self, hooks: &[String]) -> Outcome<()> {
        for hook in hooks {
            self.ask("DELETE", hook, &json!({}))?;
        }
        self.server.stop()
    }
}

pub fn measure(site: &Site, key: &str, first: u64, endpoints: usize, stories: usize) -> Outcome<Hooks> {
    let stage = Stage::set(site, key, endpoints)?;
    let mut publisher = Publisher::new(stage.server.address, key, first)?;
    publisher.publish()?;
    std::thread::sleep(Duration::from_secs(1));
    let (before, _) = stage.server.memory()?;
    let hooks: Outcome<Vec<String>> = (0..endpoints).map(|n| stage.add(&format!("/{n}"))).collect();
    let hooks = hooks?;
    // Until all of them are served.
    let story = publisher.back(stage.server.address)?.publish()?;
    stage.all_have(&story, endpoints)?;
    std::thread::sleep(Duration::from_secs(1));
    let (after, _) = stage.server.memory()?;
    let mut times = Vec::with_capacity(endpoints * stories);
    for _ in 0..stories {
        let story = publisher.back(stage.server.address)?.publish()?;
        times.extend(stage.all_have(&story, endpoints)?);
    }
    times.sort_unstable();
    let per_second = in_a_row(&stage, &mut publisher, endpoints)?;
    drop(publisher);
    stage.leave(&hooks)?;
    Ok(Hooks {
        endpoints,
        micros: times,
        per_second,
        kilobytes_each: after.saturating_sub(before) as f64 / endpoints as f64,
    })
}

/// Deliveries a second while there is always one to be made.
fn in_a_row(stage: &Stage, publisher: &mut Publisher, endpoints: usize) -> Outcome<f64> {
    let mut waiting: HashMap<String, usize> = HashMap::new();
    publisher.back(stage.server.address)?;
    let begun = Instant::now();
    for _ in 0..ROW {
        waiting.insert(publisher.publish()?.id, endpoints);
    }
    let mut last = begun;
    while !waiting.is_empty() {
        let came = stage.came.recv_timeout(PATIENCE)?;
        if let Some(left) = waiting.get_mut(&came.id) {
            *left -= 1;
            last = came.at;
            if *left == 0 {
                waiting.remove(&came.id);
            }
        }
    }
    Ok((ROW * endpoints) as f64 / (last - begun).as_secs_f64())
}

pub fn beside_a_dead_one(site: &Site, key: &str, first: u64, stories: usize) -> Outcome<Beside> {
    let stage = Stage::set(site, key, 2)?;
    let mut publisher = Publisher::new(stage.server.address, key, first)?;
    let dead = stage.add(DEAD)?;
    let well = stage.add("/well")?;
    let story = publisher.back(stage.server.address)?.publish()?;
    stage.all_have(&story, 1)?;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    // At least two turns of each.
    for _ in 0..stories.div_ceil(TURN).max(2) {
        for (state, times) in [("pause", &mut alone), ("resume", &mut beside)] {
            stage.ask("POST", &format!("{dead}/{state}"), &json!({}))?;
            for _ in 0..TURN {
                let story = publisher.back(stage.server.address)?.publish()?;
                times.extend(stage.all_have(&story, 1)?);
            }
        }
    }
    drop(publisher);
    stage.leave(&[dead, well])?;
    alone.sort_unstable();
    beside.sort_unstable();
    Ok(Beside { alone, beside })
}

fn micros(from: Instant, to: Instant) -> u32 {
    u32::try_from(to.saturating_duration_since(from).as_micros()).unwrap_or(u32::MAX)
}

/// With room at the door for all who come at once: whoever finds none tries again a second later.
async fn listen() -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    socket.listen(4_096)
}

/// Takes request after request, and says of each which story came when.
async fn receive(mut stream: TcpStream, tell: Sender<Came>) -> Outcome<()> {
    let mut unread = Vec::new();
    loop {
        let Some((path, body)) = request(&mut stream, &mut unread).await? else {
            return Ok(());
        };
        let at = Instant::now();
        if path == DEAD {
            std::future::pending::<()>().await;
        }
        stream
            .write_all(b"HTTP/1.1 204 Taken\r\ncontent-length: 0\r\n\r\n")
            .await?;
        let message: Value = serde_json::from_slice(&body)?;
        let id = message.pointer("/data/article/id").and_then(Value::as_str);
        if let Some(id) = id.or_else(|| message.pointer("/data/articleId").and_then(Value::as_str)) {
            let id = id.to_owned();
            tell.send(Came { id, at })?;
        }
    }
}

/// None where it was closed.
async fn request(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Outcome<Option<(String, Vec<u8>)>> {
    let end = b"\r\n\r\n";
    let head = loop {
        if let Some(at) = unread.windows(end.len()).position(|there| there == end) {
            break at;
        }
        if stream.read_buf(unread).await? == 0 {
            return Ok(None);
        }
    };
    let text = String::from_utf8_lossy(unread.get(..head).unwrap_or_default()).to_lowercase();
    let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.ok_or("a request without a length")?.trim().parse()?;
    let whole = head + end.len() + length;
    while unread.len() < whole {
        if stream.read_buf(unread).await? == 0 {
            return Ok(None);
        }
    }
    let rest = unread.split_off(whole);
    let body = unread.split_off(head + end.len());
    *unread = rest;
    Ok(Some((path, body)))
}
