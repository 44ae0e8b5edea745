//! One keep-alive connection that speaks just enough HTTP/1.1. It is our own because on a small machine the client
//! shares the cores with the server: every microsecond spent here is taken from both sides of the ratio and hides the
//! difference between them. One blocking write and, for most answers, one blocking read cost less than any library.

use std::borrow::Cow;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An answer that takes longer is a fault of the server, not a slow request; a long poll may take 30 s.
const PATIENCE: Duration = Duration::from_secs(40);
const ROOM: usize = 64 * 1024;

pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

pub struct Answer<'a> {
    pub status: u16,
    pub head: &'a str,
    pub body: Cow<'a, [u8]>,
}

#[derive(Clone, Copy)]
enum Framing {
    Length(usize),
    Chunks,
}

impl Connection {
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            buffer: vec![0; ROOM],
        })
    }

    /// Sends one request as it is and reads the whole answer.
    pub fn ask(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.send(request)?;
        self.receive()
    }

    pub fn send(&mut self, request: &[u8]) -> io::Result<()> {
        self.stream.write_all(request)
    }

    /// The stream itself, for an answer that does not end.
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// Reads one whole answer.
    pub fn receive(&mut self) -> io::Result<Answer<'_>> {
        let (mut filled, mut searched) = (0, 0);
        let head_end = loop {
            filled = self.fill(filled)?;
            let unsearched = self.buffer.get(searched..filled).unwrap_or_default();
            if let Some(found) = unsearched.windows(4).position(|four| four == b"\r\n\r\n") {
                break searched + found + 4;
            }
            // The mark may lie across the border between two reads.
            searched = filled.saturating_sub(3);
        };
        let (status, framing) = read_head(self.buffer.get(..head_end).unwrap_or_default())?;
        let end = match framing {
            Framing::Length(length) => {
                while filled < head_end + length {
                    filled = self.fill(filled)?;
                }
                head_end + length
            }
            Framing::Chunks => loop {
                match chunks_end(self.buffer.get(head_end..filled).unwrap_or_default())? {
                    Some(length) => break head_end + length,
                    None => filled = self.fill(filled)?,
                }
            },
        };
        if end != filled {
            return Err(bad(format!("{} bytes follow the end of the answer", filled - end)));
        }
        let head = self.buffer.get(..head_end).unwrap_or_default();
        let body = self.buffer.get(head_end..end).unwrap_or_default();
        Ok(Answer {
            status,
            head: std::str::from_utf8(head).map_err(|_| bad("the head is not text"))?,
            body: match framing {
                Framing::Length(_) => Cow::Borrowed(body),
                Framing::Chunks => Cow::Owned(joined(body)),
            },
        })
    }

    /// Reads once behind what is there, with more room when it is getting tight.
    fn fill(&mut self, filled: usize) -> io::Result<usize> {
        if self.buffer.len() < filled + ROOM / 2 {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let read = self.stream.read(self.buffer.get_mut(filled..).unwrap_or_default())?;
        match read {
            0 => Err(io::Error::new(
                ErrorKind::UnexpectedEof,
                "the server closed the connection",
            )),
            _ => Ok(filled + read),
        }
    }
}

impl Answer<'_> {
    pub fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name)
    }

    /// The beginning of the body, for messages.
    pub fn excerpt(&self) -> String {
        String::from_utf8_lossy(self.body.get(..400).unwrap_or(&self.body)).into_owned()
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn read_head(head: &[u8]) -> io::Result<(u16, Framing)> {
    let head = std::str::from_utf8(head).map_err(|_| bad("the head is not text"))?;
    let status = head
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3)?.parse().ok());
    let status = status.ok_or_else(|| bad(format!("not an HTTP/1.1 answer: {head}")))?;
    // RFC 9112 §6.3: these have no body, whatever their headers say.
    if matches!(status, 204 | 304) {
        return Ok((status, Framing::Length(0)));
    }
    if let Some(length) = header(head, "content-length") {
        let length = length.parse().map_err(|_| bad(format!("content-length {length}")))?;
        return Ok((status, Framing::Length(length)));
    }
    match header(head, "transfer-encoding") {
        Some("chunked") => Ok((status, Framing::Chunks)),
        _ => Err(bad(format!("an answer without an end: {head}"))),
    }
}

/// The size of the chunk that begins here, and where its bytes begin. `None` when its line is not whole yet.
pub fn chunk(at: &[u8]) -> io::Result<Option<(usize, usize)>> {
    let Some(line) = at.windows(2).position(|two| two == b"\r\n") else {
        return Ok(None);
    };
    let size = std::str::from_utf8(at.get(..line).unwrap_or_default()).unwrap_or_default();
    let size = size.split(';').next().unwrap_or_default().trim();
    let size = usize::from_str_radix(size, 16).map_err(|_| bad(format!("chunk size {size:?}")))?;
    Ok(Some((size, line + 2)))
}

/// Where the chunked body ends, when all of it is there. No trailers: nobody here sends any.
fn chunks_end(body: &[u8]) -> io::Result<Option<usize>> {
    let mut at = 0;
    while let Some((size, begins)) = chunk(body.get(at..).unwrap_or_default())? {
        at += begins + size + 2;
        if at > body.len() {
            return Ok(None);
        }
        if size == 0 {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn joined(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(body.len());
    while let Ok(Some((size, begins))) = chunk(body) {
        whole.extend_from_slice(body.get(begins..begins + size).unwrap_or_default());
        body = body.get(begins + size + 2..).unwrap_or_default();
    }
    whole
}

fn bad(what: impl Into<String>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what.into())
}
