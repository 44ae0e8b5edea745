//! Somebody else's server: says what it is told to say, and remembers what it was asked. It speaks HTTP by hand, to be able
//! to speak it badly.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// All origins of all tests are here, each at an address of its own.
pub const NETWORK: &str = "127.16.0.0/12";
pub const PORT: u16 = 28_181;

/// What it says at a path.
#[derive(Clone)]
pub enum Reply {
    Plain {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// Takes the request and says nothing.
    Hang,
    /// Never ends.
    Endless,
    /// Says back what it is challenged with (WebSub), and takes everything else.
    Echo,
    /// These bytes, and goes away.
    Raw(&'static [u8]),
}

/// One request, by its header fields in lower case; `:method`, `:query` and `:body` are what they are called.
pub type Asked = BTreeMap<String, String>;

#[derive(Default)]
struct Shared {
    replies: BTreeMap<String, Reply>,
    asked: BTreeMap<String, Vec<Asked>>,
}

pub struct Origin {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    task: JoinHandle<()>,
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

static NEXT: AtomicU16 = AtomicU16::new(0);

impl Origin {
    pub async fn start() -> Origin {
        // Others may run the same tests at the same time.
        let part = u16::try_from(std::process::id() % 200).unwrap();
        loop {
            let [a, b] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            let ip = Ipv4Addr::new(127, 16 + a % 16, u8::try_from(part).unwrap() + 1, b.max(1));
            if let Ok(listener) = TcpListener::bind((ip, PORT)).await {
                return Origin::over(listener);
            }
        }
    }

    /// At an address that may not be asked.
    pub async fn forbidden() -> Origin {
        loop {
            let [_, b] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            let c = u8::try_from(std::process::id() % 200).unwrap() + 1;
            if let Ok(listener) = TcpListener::bind((Ipv4Addr::new(127, 200, c, b.max(1)), PORT)).await {
                return Origin::over(listener);
            }
        }
    }

    fn over(listener: TcpListener) -> Origin {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let address = listener.local_addr().unwrap();
        let told = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&told)));
            }
        });
        Origin { address, shared, task }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// From now on, at this path.
    pub fn says(&self, path: &str, reply: Reply) {
        self.lock().replies.insert(path.to_owned(), reply);
    }

    pub fn document(&self, path: &str, kind: &str, body: impl Into<Vec<u8>>) {
        self.says(path, Reply::ok(kind, body));
    }

    /// ninjs.
    pub fn stories(&self, path: &str, stories: &[serde_json::Value]) {
        self.document(path, "application/json", super::list(stories));
    }

    /// The requests for this path so far.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        self.lock().asked.get(path).cloned().unwrap_or_default()
    }

    pub fn asked_at_all(&self) -> usize {
        self.lock().asked.values().map(Vec::len).sum()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reply {
    pub fn ok(kind: &str, body: impl Into<Vec<u8>>) -> Reply {
        Reply::status(200).with("content-type", kind).body(body)
    }

    pub fn status(status: u16) -> Reply {
        Reply::Plain {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn to(status: u16, address: &str) -> Reply {
        Reply::status(status).with("location", address)
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Reply {
        if let Reply::Plain { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }

    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Reply {
        if let Reply::Plain { body, .. } = &mut self {
            *body = bytes.into();
        }
        self
    }
}

async fn answer(stream: TcpStream, shared: Arc<Mutex<Shared>>) {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    if stream.read_line(&mut first).await.is_err() {
        return;
    }
    let mut words = first.split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut asked = Asked::new();
    loop {
        let mut line = String::new();
        match stream.read_line(&mut line).await {
            Ok(1..) if !line.trim().is_empty() => {
                let (name, value) = line.split_once(':').unwrap_or((&line, ""));
                asked.insert(name.to_ascii_lowercase(), value.trim().to_owned());
            }
            _ => break,
        }
    }
    let length = asked.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    if stream.read_exact(&mut body).await.is_err() {
        return;
    }
    let (bare, query) = target.split_once('?').unwrap_or((&target, ""));
    asked.insert(":method".to_owned(), method);
    asked.insert(":query".to_owned(), query.to_owned());
    asked.insert(":body".to_owned(), String::from_utf8_lossy(&body).into_owned());
    let reply = {
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let path = if shared.replies.contains_key(&target) {
            target.clone()
        } else {
            bare.to_owned()
        };
        let reply = shared.replies.get(&path).cloned();
        shared.asked.entry(path).or_default().push(asked.clone());
        reply.unwrap_or_else(|| Reply::status(404))
    };
    match reply {
        Reply::Plain { status, headers, body } => {
            let known = |name: &str, by: &str| {
                let own = headers.iter().find(|(n, _)| *n == name);
                own.is_some_and(|(_, value)| asked.get(by) == Some(value))
            };
            let same = known("etag", "if-none-match") || known("last-modified", "if-modified-since");
            let (status, body) = if same { (304, Vec::new()) } else { (status, body) };
            let mut head = format!("HTTP/1.1 {status} Told\r\nconnection: close\r\n");
            if status != 304 {
                head.push_str(&format!("content-length: {}\r\n", body.len()));
            }
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            head.push_str("\r\n");
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&body).await;
        }
        Reply::Echo => {
            let said = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "hub.challenge");
            let said = said.map(|(_, challenge)| challenge.into_owned()).unwrap_or_default();
            let head = format!(
                "HTTP/1.1 200 Told\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                said.len()
            );
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(said.as_bytes()).await;
        }
        Reply::Hang => std::future::pending().await,
        Reply::Endless => {
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n\r\n<rss>")
                .await;
            let piece = vec![b' '; 65_536];
            while stream.write_all(&piece).await.is_ok() {}
        }
        Reply::Raw(bytes) => {
            let _ = stream.write_all(bytes).await;
        }
    }
    let _ = stream.shutdown().await;
}
