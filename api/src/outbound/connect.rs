//! The connection: to an address that was checked, over TLS by the name that was asked for.

use super::{Address, Failure};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;
use url::Host;

/// How long one address is tried before the next.
const TRY: Duration = Duration::from_secs(5);
/// Until the end of an answer is seen that has been read.
const TURN: Duration = Duration::from_millis(10);
/// The head of an answer is no longer than this.
const HEAD: usize = 64 * 1024;

#[derive(Clone)]
pub(super) struct Connector(TlsConnector);

/// Open as long as it is held.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    _driven: AbortOnDropHandle<()>,
}

impl Connector {
    /// Trusts the authorities that browsers trust, and those in the file, if one is named.
    pub fn new(authorities: &Path) -> Result<Connector, String> {
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        if !authorities.as_os_str().is_empty() {
            let unreadable = |e: &dyn std::fmt::Display| format!("{}: {e}", authorities.display());
            let found = CertificateDer::pem_file_iter(authorities).map_err(|e| unreadable(&e))?;
            let others = roots.len();
            for certificate in found {
                let certificate = certificate.map_err(|e| unreadable(&e))?;
                roots.add(certificate).map_err(|e| unreadable(&e))?;
            }
            if roots.len() == others {
                return Err(unreadable(&"holds no certificate"));
            }
        }
        // The provider is named, not looked for: nothing of this hangs on what else is in the process.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Connector(TlsConnector::from(Arc::new(config))))
    }

    /// Connects to the first of these that answers.
    pub async fn connect(&self, address: &Address, places: &[SocketAddr]) -> Result<Connection, Failure> {
        let stream = reach(places).await?;
        if !address.is_tls() {
            return Connection::over(stream).await;
        }
        let name = match address.host() {
            Host::Domain(name) => {
                ServerName::try_from(name.clone()).map_err(|e| Failure::Refused(format!("{name}: {e}")))?
            }
            Host::Ipv4(ip) => ServerName::IpAddress((*ip).into()),
            Host::Ipv6(ip) => ServerName::IpAddress((*ip).into()),
        };
        let stream = self.0.connect(name, stream).await;
        Connection::over(stream.map_err(|e| Failure::Untrusted(e.to_string()))?).await
    }
}

async fn reach(places: &[SocketAddr]) -> Result<TcpStream, Failure> {
    let mut last = Failure::TooLate;
    for place in places {
        match tokio::time::timeout(TRY, TcpStream::connect(place)).await {
            Ok(Ok(stream)) => {
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => last = Failure::Unreachable(format!("{place}: {error}")),
            Err(_) => last = Failure::Unreachable(format!("{place}: nobody answers")),
        }
    }
    Err(last)
}

impl Connection {
    async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<Connection, Failure> {
        let opened = http1::Builder::new()
            .max_buf_size(HEAD)
            .handshake(TokioIo::new(stream))
            .await;
        let (sender, connection) = opened.map_err(|e| broken(&e))?;
        let driven = tokio::spawn(async move {
            // What goes wrong is told to whoever waits for the answer.
            let _ = connection.await;
        });
        Ok(Connection {
            sender,
            _driven: AbortOnDropHandle::new(driven),
        })
    }

    /// Whether the last answer is read to its end and the other side is still there.
    pub async fn is_free(&mut self) -> bool {
        matches!(tokio::time::timeout(TURN, self.sender.ready()).await, Ok(Ok(())))
    }

    pub async fn ask(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Failure> {
        self.sender.send_request(request).await.map_err(|e| broken(&e))
    }
}

pub(super) fn broken(error: &hyper::Error) -> Failure {
    let cause = std::error::Error::source(error).map(|cause| format!(" ({cause})"));
    Failure::Unreachable(format!("{error}{}", cause.unwrap_or_default()))
}
