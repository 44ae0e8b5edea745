//! Somebody's receiver: remembers what it is sent, and answers as it is told to, badly too. It speaks HTTP by hand.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

pub const NETWORK: &str = "127.64.0.0/12";
pub const PORT: u16 = 28_182;

/// What it was sent.
#[derive(Clone)]
pub struct Received {
    pub method: String,
    pub path: String,
    /// In lower case.
    pub headers: BTreeMap<String, String>,
    pub bytes: Vec<u8>,
    /// When all of it was there.
    pub at: Instant,
    /// The same by the machine's clock, in seconds since 1970.
    pub second: i64,
    /// Whether it was answered with success.
    pub taken: bool,
}

impl Received {
    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    /// `article.published urn:x:1`.
    pub fn brief(&self) -> String {
        let json = self.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        format!("{} {}", text(&json["type"]), text(&json["data"]["uri"]))
    }

    /// By the library that the standard's own people keep. The clock of a press stands still: the time is not compared.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let hook = standardwebhooks::Webhook::new(secret).unwrap();
        let seconds = self.headers["webhook-timestamp"].parse().unwrap();
        let wanted = hook.sign(self.id(), seconds, &self.bytes).unwrap();
        self.headers["webhook-signature"]
            .split(' ')
            .any(|signed| signed == wanted)
    }
}

impl Received {
    /// The same with the time, by the machine's clock when it came: what the library allows is five minutes.
    pub fn was_signed_then(&self, secret: &str) -> bool {
        let seconds: i64 = self.headers["webhook-timestamp"].parse().unwrap();
        (self.second - seconds).abs() <= 300 && self.is_signed_with(secret)
    }
}

/// How it answers.
#[derive(Clone)]
pub enum Reply {
    Status(u16),
    With(u16, &'static str, String),
    /// After a while.
    Slow(Duration, u16),
    /// Takes it, and goes away after a while.
    CloseAfter(Duration),
    /// Takes it and says nothing.
    Hang,
    /// Takes a part of it, and goes away.
    CloseHalfWay,
    /// Goes away in the middle of its answer's head.
    Break,
    Large(u16),
}

type Manner = Arc<dyn Fn(&Received) -> Reply + Send + Sync>;

struct Shared {
    received: Mutex<Vec<Received>>,
    manner: Mutex<Manner>,
    connections: AtomicU16,
}

pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

static NEXT: AtomicU16 = AtomicU16::new(0);

impl Receiver {
    pub async fn start() -> Receiver {
        Receiver::that(|_| Reply::Status(204)).await
    }

    pub async fn that(manner: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Receiver {
        Receiver::of(bind().listen(1024).unwrap(), manner)
    }

    fn of(listener: TcpListener, manner: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Receiver {
        let shared = Arc::new(Shared {
            received: Mutex::default(),
            manner: Mutex::new(Arc::new(manner)),
            connections: AtomicU16::new(0),
        });
        let address = listener.local_addr().unwrap();
        let told = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                told.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(converse(stream, Arc::clone(&told)));
            }
        });
        Receiver { address, shared, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// From now on.
    pub fn answers(&self, manner: impl Fn(&Received) -> Reply + Send + Sync + 'static) {
        *self.shared.manner.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(manner);
    }

    /// All that it was sent so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared
            .received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub fn briefs(&self) -> Vec<String> {
        self.received().iter().map(Received::brief).collect()
    }

    /// The same of what it has taken.
    pub fn taken(&self) -> Vec<String> {
        let received = self.received();
        received.iter().filter(|r| r.taken).map(Received::brief).collect()
    }

    pub fn connections(&self) -> u16 {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

/// At an address of its own: others may run the same tests at the same time.
fn bind() -> TcpSocket {
    let part = u8::try_from(std::process::id() % 200).unwrap() + 1;
    loop {
        let [a, b] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let address = Ipv4Addr::new(127, 64 + a % 16, part, b.max(1));
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        if socket.bind((address, PORT).into()).is_ok() {
            return socket;
        }
    }
}

/// A receiver that is too busy to be connected to: whoever tries waits at its door.
pub struct Crowded {
    listener: TcpListener,
    /// Those who got into the queue.
    crowd: Vec<TcpStream>,
}

impl Crowded {
    pub async fn start() -> Crowded {
        let listener = bind().listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut crowd = Vec::new();
        let patience = Duration::from_millis(300);
        while let Ok(stream) = tokio::time::timeout(patience, TcpStream::connect(address)).await {
            crowd.push(stream.unwrap());
        }
        Crowded { listener, crowd }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.listener.local_addr().unwrap())
    }

    /// How many wait at the door: connections that are asked for and not made, as the kernel lists them.
    pub fn waiting(&self) -> usize {
        const SYN_SENT: &str = "02";
        let SocketAddr::V4(address) = self.listener.local_addr().unwrap() else {
            return 0;
        };
        let shown = format!(
            "{:08X}:{:04X}",
            u32::from_ne_bytes(address.ip().octets()),
            address.port()
        );
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let rows = table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
        rows.filter(|row| row.get(2) == Some(&shown.as_str()) && row.get(3) == Some(&SYN_SENT))
            .count()
    }

    /// The crowd goes, and whoever waits comes in.
    pub fn open(self, manner: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Receiver {
        drop(self.crowd);
        Receiver::of(self.listener, manner)
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = request(&mut stream, &shared).await {
        let manner = shared.manner.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let reply = manner(&request);
        let taken = match &reply {
            Reply::Status(s) | Reply::With(s, _, _) | Reply::Slow(_, s) | Reply::Large(s) => (200..300).contains(s),
            Reply::Hang | Reply::CloseAfter(_) | Reply::CloseHalfWay | Reply::Break => false,
        };
        let received = Received { taken, ..request };
        shared
            .received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(received);
        let text = match reply {
            Reply::Status(status) => format!("HTTP/1.1 {status} Told\r\ncontent-length: 0\r\n\r\n"),
            Reply::With(status, name, value) => {
                format!("HTTP/1.1 {status} Told\r\n{name}: {value}\r\ncontent-length: 4\r\n\r\ntold")
            }
            Reply::Slow(time, status) => {
                tokio::time::sleep(time).await;
                format!("HTTP/1.1 {status} Told\r\ncontent-length: 0\r\n\r\n")
            }
            Reply::Large(status) => {
                let body = "x".repeat(1_000_000);
                format!("HTTP/1.1 {status} Told\r\ncontent-length: 1000000\r\n\r\n{body}")
            }
            Reply::Hang => std::future::pending().await,
            Reply::CloseAfter(time) => {
                tokio::time::sleep(time).await;
                return;
            }
            Reply::CloseHalfWay => return,
            Reply::Break => {
                let _ = stream.write_all(b"HTTP/1.1 200 To").await;
                return;
            }
        };
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn request(stream: &mut BufReader<TcpStream>, shared: &Shared) -> Option<Received> {
    let mut first = String::new();
    if stream.read_line(&mut first).await.ok()? == 0 {
        return None;
    }
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length: usize = headers.get("content-length").map_or(Some(0), |n| n.parse().ok())?;
    let received = |bytes| Received {
        method: method.clone(),
        path: path.clone(),
        headers: headers.clone(),
        bytes,
        at: Instant::now(),
        second: dateline::Clock::system().now().as_second(),
        taken: false,
    };
    let manner = shared.manner.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if length > 0 && matches!(manner(&received(b"{}".to_vec())), Reply::CloseHalfWay) {
        let mut some = vec![0; length.min(10)];
        let _ = stream.read_exact(&mut some).await;
        let half = received(b"{}".to_vec());
        shared
            .received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(half);
        return None;
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await.ok()?;
    Some(received(bytes))
}
