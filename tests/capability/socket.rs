//! HTTP by hand, over a bare connection: for requests that no client would send, and for those it would not send to
//! their end.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::press::Doors;

/// Longer than any answer may take, and than any silence is borne.
const PATIENCE: Duration = Duration::from_secs(30);

/// One connection.
pub struct Socket {
    stream: TcpStream,
}

/// What came over a connection until it was closed.
#[derive(Debug)]
pub struct Heard {
    /// 0 where nothing came.
    pub status: u16,
    /// The status line and the headers, as they came.
    pub head: String,
    pub body: Vec<u8>,
}

impl Socket {
    pub async fn open(doors: &Doors) -> Self {
        let stream = TcpStream::connect(doors.address()).await.expect("a connection");
        Self { stream }
    }

    /// Sends bytes as they are. That the other side has closed already is no fault of the test.
    pub async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref()).await;
    }

    /// Says that nothing more will be sent; answers can still be heard.
    pub async fn say_no_more(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// Listens until the other side closes the connection.
    pub async fn hear(mut self) -> Heard {
        let mut bytes = Vec::new();
        // A reset after the answer is as good as an end.
        let read = tokio::time::timeout(PATIENCE, self.stream.read_to_end(&mut bytes)).await;
        assert!(read.is_ok(), "the connection is still open after {PATIENCE:?}");
        // What only says "go on" is no answer yet.
        while bytes.starts_with(b"HTTP/1.1 100") {
            let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("an end");
            bytes.drain(..end + 4);
        }
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, body) = match end {
            Some(end) => (bytes[..end].to_vec(), bytes[end + 4..].to_vec()),
            None => (bytes, Vec::new()),
        };
        let head = String::from_utf8_lossy(&head).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Heard {
            status: status.unwrap_or(0),
            head,
            body,
        }
    }
}

impl Heard {
    /// A header's values; empty where there is none.
    pub fn header(&self, name: &str) -> String {
        let values = self.head.lines().filter_map(|line| {
            let (said, value) = line.split_once(':')?;
            said.eq_ignore_ascii_case(name).then(|| value.trim())
        });
        values.collect::<Vec<_>>().join(", ")
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
