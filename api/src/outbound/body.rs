//! Reading an answer while it comes, unpacking it, and stopping where it is too much.

use super::Failure;
use super::connect::broken;
use bytes::Bytes;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::io::{self, Write};

/// What is asked for, and understood.
pub(super) const ENCODINGS: &str = "gzip, deflate";

pub(super) async fn read(mut incoming: Incoming, headers: &HeaderMap, most: usize) -> Result<Bytes, Failure> {
    let said = headers
        .get(CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|said| said > most as u64) {
        return Err(Failure::TooLarge(most));
    }
    let mut unpacking = Unpacking::of(headers, most)?;
    let mut came = 0_usize;
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|e| broken(&e))?;
        let Some(piece) = frame.data_ref() else { continue };
        came = came.saturating_add(piece.len());
        if came > most {
            return Err(Failure::TooLarge(most));
        }
        unpacking.write(piece)?;
    }
    unpacking.finish()
}

/// A body on its way.
enum Unpacking {
    Plain(Basin),
    Gzip(Box<MultiGzDecoder<Basin>>),
    /// With its zlib frame, as the standard has it, or without: the first byte tells.
    Deflate(Basin),
    Zlib(Box<ZlibDecoder<Basin>>),
    Raw(Box<DeflateDecoder<Basin>>),
}

/// Takes up to so many bytes.
struct Basin {
    bytes: Vec<u8>,
    most: usize,
}

impl Write for Basin {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.bytes.len().saturating_add(piece.len()) > self.most {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.bytes.extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Unpacking {
    fn of(headers: &HeaderMap, most: usize) -> Result<Unpacking, Failure> {
        let basin = Basin {
            bytes: Vec::new(),
            most,
        };
        let said: Vec<&[u8]> = headers.get_all(CONTENT_ENCODING).iter().map(|v| v.as_bytes()).collect();
        let said = String::from_utf8_lossy(&said.join(&b","[..]))
            .trim()
            .to_ascii_lowercase();
        match said.as_str() {
            "" | "identity" | "none" | "utf-8" => Ok(Unpacking::Plain(basin)),
            "gzip" | "x-gzip" => Ok(Unpacking::Gzip(Box::new(MultiGzDecoder::new(basin)))),
            "deflate" => Ok(Unpacking::Deflate(basin)),
            other => Err(Failure::Unreachable(format!(
                "it is packed as {other}, which nobody asked for"
            ))),
        }
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), Failure> {
        if let Unpacking::Deflate(basin) = self {
            let Some(first) = piece.first() else { return Ok(()) };
            let basin = Basin {
                bytes: Vec::new(),
                most: basin.most,
            };
            // RFC 1950: the method is 8, and the window no larger than 32 KiB.
            *self = if first & 0x8f == 0x08 {
                Unpacking::Zlib(Box::new(ZlibDecoder::new(basin)))
            } else {
                Unpacking::Raw(Box::new(DeflateDecoder::new(basin)))
            };
        }
        let (written, most) = match self {
            Unpacking::Plain(basin) | Unpacking::Deflate(basin) => (basin.write_all(piece), basin.most),
            Unpacking::Gzip(decoder) => (decoder.write_all(piece), decoder.get_ref().most),
            Unpacking::Zlib(decoder) => (decoder.write_all(piece), decoder.get_ref().most),
            Unpacking::Raw(decoder) => (decoder.write_all(piece), decoder.get_ref().most),
        };
        written.map_err(|error| failed(&error, most))
    }

    fn finish(self) -> Result<Bytes, Failure> {
        let most = match &self {
            Unpacking::Plain(basin) | Unpacking::Deflate(basin) => basin.most,
            Unpacking::Gzip(decoder) => decoder.get_ref().most,
            Unpacking::Zlib(decoder) => decoder.get_ref().most,
            Unpacking::Raw(decoder) => decoder.get_ref().most,
        };
        let basin = match self {
            Unpacking::Plain(basin) | Unpacking::Deflate(basin) => Ok(basin),
            Unpacking::Gzip(decoder) => decoder.finish(),
            Unpacking::Zlib(decoder) => decoder.finish(),
            Unpacking::Raw(decoder) => decoder.finish(),
        };
        basin
            .map(|basin| Bytes::from(basin.bytes))
            .map_err(|error| failed(&error, most))
    }
}

fn failed(error: &io::Error, most: usize) -> Failure {
    match error.kind() {
        io::ErrorKind::StorageFull => Failure::TooLarge(most),
        _ => Failure::Unreachable(format!("it cannot be unpacked: {error}")),
    }
}
