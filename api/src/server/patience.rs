//! Connections that say nothing at first, and connections that take nothing of what they are sent.

use hyper_util::rt::TokioIo;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// What a connection of HTTP/2 begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream that must say within a time which version of HTTP it speaks. The server looks at the first bytes to find
/// out, and starts its own clock for headers only when it knows: without this one, connections that never say anything
/// would stay for ever and take the place of others. And one that must take within a time some of what it is sent: a
/// reader who has gone away without a word is found out by this, or by the system when nothing is acknowledged.
pub struct Patience {
    stream: TcpStream,
    /// `None` once it has said so.
    until: Option<Pin<Box<Sleep>>>,
    /// Bytes of the preface seen so far.
    seen: usize,
    /// How long it may take nothing.
    to_take: Duration,
    /// While it takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    pub fn with(stream: TcpStream, to_speak: Duration, to_take: Duration) -> TokioIo<Patience> {
        // Without it, a peer that is gone is only given up after many minutes. Where it cannot be had, so be it.
        let _ = socket2::SockRef::from(&stream).set_tcp_user_timeout(Some(to_take));
        TokioIo::new(Patience {
            stream,
            until: Some(Box::pin(sleep(to_speak))),
            seen: 0,
            to_take,
            stalled: None,
        })
    }

    /// Nothing was taken: how long has that been so?
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let to_take = self.to_take;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(to_take)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn look_at(&mut self, bytes: &[u8]) {
        let rest = PREFACE.get(self.seen..).unwrap_or_default();
        self.seen += bytes.len();
        if bytes.len() >= rest.len() || !rest.starts_with(bytes) {
            self.until = None;
        }
    }
}

impl AsyncRead for Patience {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        if let Some(until) = &mut self.until
            && until.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if self.until.is_some() {
            let bytes = buf.filled().get(before..).unwrap_or_default();
            self.look_at(bytes);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Patience {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(cx, bytes) {
            Poll::Pending => self.wait(cx),
            taken => {
                self.stalled = None;
                taken
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write_vectored(cx, pieces) {
            Poll::Pending => self.wait(cx),
            taken => {
                self.stalled = None;
                taken
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
