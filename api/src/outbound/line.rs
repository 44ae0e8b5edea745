//! A connection for several requests in a row. What is sent is made when it stands: who had to wait for it is sent what is
//! true then. It leads to an address that was checked when it was opened, and is not kept for long.

use super::connect::Connection;
use super::{Address, Failure, Outbound};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::time::{Duration, Instant};

/// Nothing that was checked longer ago than this is connected to.
const LASTS: Duration = Duration::from_secs(60);

pub struct Line {
    outbound: Outbound,
    connection: Connection,
    address: Address,
    opened: Instant,
    /// Whether something was asked over it before.
    used: bool,
}

/// An answer whose body has not been read.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    incoming: Incoming,
}

impl Outbound {
    /// Resolves, checks and connects.
    pub async fn open(&self, address: &Address) -> Result<Line, Failure> {
        Ok(Line {
            outbound: self.clone(),
            connection: self.connect(address).await?,
            address: address.clone(),
            opened: Instant::now(),
            used: false,
        })
    }
}

impl Line {
    /// Whether another request can be sent there over it.
    pub async fn leads_to(&mut self, address: &Address) -> bool {
        self.address == *address && self.opened.elapsed() < LASTS && self.connection.is_free().await
    }

    /// Whether something was asked over it before: the other side may have closed it since.
    pub fn is_used(&self) -> bool {
        self.used
    }

    /// One request; no redirect is followed.
    pub async fn ask(&mut self, method: Method, headers: &HeaderMap, body: Bytes) -> Result<Reply, Failure> {
        self.used = true;
        let request = self.outbound.request(&method, headers, body, &self.address)?;
        let (head, incoming) = self.connection.ask(request).await?.into_parts();
        Ok(Reply {
            status: head.status,
            headers: head.headers,
            incoming,
        })
    }
}

impl Reply {
    /// The first bytes of the body, as far as they come in this time, and whether that is all of it. The rest is not
    /// waited for.
    pub async fn beginning(mut self, most: usize, within: Duration) -> (Bytes, bool) {
        let mut found = BytesMut::new();
        let all = async {
            while let Some(frame) = self.incoming.frame().await {
                let Ok(frame) = frame else { return false };
                let Some(piece) = frame.data_ref() else { continue };
                let room = most.saturating_sub(found.len());
                found.extend(piece.iter().take(room));
                if piece.len() > room {
                    return false;
                }
            }
            true
        };
        let all = tokio::time::timeout(within, all).await.unwrap_or(false);
        (found.freeze(), all)
    }
}
