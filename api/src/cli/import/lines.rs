//! Lines, or a document, out of files: plain, gzip or Zstandard, told by their first bytes, or standard input.

use super::Position;
use crate::error::{Error, Result};
use crate::format;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

/// A line with its place.
#[derive(Clone, Debug)]
pub struct Line {
    pub file: Arc<str>,
    /// Counted from 1.
    pub number: u64,
    pub bytes: Vec<u8>,
}

/// What comes from the files: lines by the batch, and documents one by one.
pub enum Portion {
    Lines(Vec<Line>),
    Document {
        file: Arc<str>,
        bytes: Vec<u8>,
    },
    /// A document that is too large to be one story, or many.
    TooLarge {
        file: Arc<str>,
    },
}

/// Files that could be opened; nothing is read before all of them are.
pub struct Opened {
    sources: Vec<(Arc<str>, Box<dyn BufRead + Send>)>,
    /// Bytes on disk; unknown where standard input is among them.
    pub total: Option<u64>,
    pub position: Position,
}

const LINES: usize = 200;
const BYTES: usize = 2 * 1024 * 1024;
/// A line longer than this is refused, not read into memory.
const LONGEST: u64 = 16 * 1024 * 1024;
/// A document larger than this, unpacked, is refused.
const LARGEST: u64 = 32 * 1024 * 1024;

pub fn open(files: &[PathBuf]) -> Result<Opened> {
    let position = Position::default();
    let mut total = Some(0);
    let mut sources = Vec::new();
    for path in files {
        let name: Arc<str> = path.display().to_string().into();
        let raw: Box<dyn Read + Send> = if path == Path::new("-") {
            total = None;
            Box::new(io::stdin())
        } else {
            let cannot = |e: io::Error| Error::request("unreadable_file", format!("cannot read {name}: {e}"));
            let file = File::open(path).map_err(cannot)?;
            let length = file.metadata().map_err(cannot)?.len();
            total = total.map(|t| t + length);
            Box::new(file)
        };
        let counted = Counted {
            inner: raw,
            position: Arc::clone(&position),
        };
        let unpacked =
            unpack(counted).map_err(|e| Error::request("unreadable_file", format!("cannot read {name}: {e}")))?;
        sources.push((name, unpacked));
    }
    Ok(Opened {
        sources,
        total,
        position,
    })
}

impl Opened {
    /// Reads on a thread of its own. A file that breaks off in the middle ends with an error. With `only_lines` no file is
    /// taken for a document.
    pub fn read(self, only_lines: bool) -> mpsc::Receiver<Result<Portion>> {
        let (sender, receiver) = mpsc::channel(4);
        std::thread::spawn(move || {
            for (name, source) in self.sources {
                let outcome = read(&name, source, &sender, only_lines);
                if let Err(error) = outcome {
                    let text =
                        format!("{name} breaks off: {error}. What came before it is in; run again when it is whole.");
                    let _ = sender.blocking_send(Err(Error::request("unreadable_file", text)));
                    return;
                }
            }
        });
        receiver
    }
}

fn read(
    name: &Arc<str>,
    mut source: Box<dyn BufRead + Send>,
    to: &mpsc::Sender<Result<Portion>>,
    only_lines: bool,
) -> io::Result<()> {
    let mut first = Vec::new();
    if !only_lines {
        // Empty lines may come before the first that says something.
        let mut read = 1;
        while read > 0 && first.iter().all(u8::is_ascii_whitespace) && first.len() < 4096 {
            read = (&mut source).take(LONGEST).read_until(b'\n', &mut first)?;
        }
        if begins_document(&first) {
            let lines = first.len();
            (&mut source).take(LARGEST).read_to_end(&mut first)?;
            if !first.get(lines..).is_some_and(begins_record) {
                let file = Arc::clone(name);
                let read = if first.len() as u64 > LARGEST {
                    Portion::TooLarge { file }
                } else {
                    Portion::Document { file, bytes: first }
                };
                let _ = to.blocking_send(Ok(read));
                return Ok(());
            }
        }
    }
    let mut source = io::Cursor::new(first).chain(source);
    let mut number = 0;
    let (mut lines, mut size) = (Vec::with_capacity(LINES), 0);
    loop {
        let mut bytes = Vec::new();
        let read = match (&mut source).take(LONGEST).read_until(b'\n', &mut bytes) {
            Ok(read) => read,
            Err(error) => {
                let _ = to.blocking_send(Ok(Portion::Lines(lines)));
                return Err(error);
            }
        };
        if read == 0 {
            break;
        }
        number += 1;
        if bytes.len() as u64 >= LONGEST && !bytes.ends_with(b"\n") {
            source.skip_until(b'\n')?;
        }
        size += bytes.len();
        lines.push(Line {
            file: Arc::clone(name),
            number,
            bytes,
        });
        if lines.len() >= LINES || size >= BYTES {
            size = 0;
            if to
                .blocking_send(Ok(Portion::Lines(std::mem::take(&mut lines))))
                .is_err()
            {
                return Ok(());
            }
        }
    }
    let _ = to.blocking_send(Ok(Portion::Lines(lines)));
    Ok(())
}

/// Whether a file that begins with this line is one document, rather than lines of records.
fn begins_document(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    match line.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'{') => match serde_json::from_slice::<serde_json::Value>(line) {
            Ok(value) => value.as_object().is_some_and(format::is_document),
            // It goes on in the next line, or is broken; what follows tells.
            Err(_) => true,
        },
        Some(b'[') => true,
        Some(_) => !line.is_ascii() || line.contains(&b'<'),
        None => false,
    }
}

/// Whether what follows a first line begins with a whole record: then that line was one too, and broken.
fn begins_record(rest: &[u8]) -> bool {
    let line = rest.split(|b| *b == b'\n').next().unwrap_or_default();
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line).is_ok()
}

/// By the magic number, not by the name: what comes from standard input has none.
fn unpack(raw: Counted) -> io::Result<Box<dyn BufRead + Send>> {
    let mut raw = BufReader::with_capacity(256 * 1024, raw);
    let magic = raw.fill_buf()?;
    Ok(match magic {
        [0x1f, 0x8b, ..] => Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(raw))),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(BufReader::new(zstd::Decoder::with_buffer(raw)?)),
        _ => Box::new(raw),
    })
}

struct Counted {
    inner: Box<dyn Read + Send>,
    position: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.position.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
