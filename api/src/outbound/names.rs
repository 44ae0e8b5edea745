//! The one resolution of a name.

use super::{Address, Failure};
use std::net::{IpAddr, SocketAddr};
use url::Host;

/// Who resolves names.
#[derive(Clone)]
pub(super) enum Names {
    /// The machine's own resolver.
    System,
    /// What a test says, one answer after the other.
    #[cfg(test)]
    Told(std::sync::Arc<std::sync::Mutex<Vec<Vec<IpAddr>>>>),
}

/// More addresses than this are not tried.
const MOST: usize = 16;

impl Names {
    /// All addresses of a host, in the order in which to try them. Never none.
    pub async fn resolve(&self, address: &Address) -> Result<Vec<SocketAddr>, Failure> {
        let port = address.port();
        // Literal addresses need nobody; the resolver must not be given the chance to read them in its own way.
        let name = match address.host() {
            Host::Ipv4(ip) => return Ok(vec![SocketAddr::new(IpAddr::V4(*ip), port)]),
            Host::Ipv6(ip) => return Ok(vec![SocketAddr::new(IpAddr::V6(*ip), port)]),
            Host::Domain(name) => name,
        };
        let found: Vec<SocketAddr> = match self {
            Names::System => {
                let found = tokio::net::lookup_host((name.as_str(), port)).await;
                found.map_err(|e| Failure::Nameless(e.to_string()))?.collect()
            }
            #[cfg(test)]
            Names::Told(answers) => {
                let mut answers = answers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                assert!(!answers.is_empty(), "{name} is resolved once too often");
                answers
                    .remove(0)
                    .into_iter()
                    .map(|ip| SocketAddr::new(ip, port))
                    .collect()
            }
        };
        match found.len() {
            0 => Err(Failure::Nameless("it has no address".to_owned())),
            1..=MOST => Ok(found),
            many => Err(Failure::Refused(format!("its name has {many} addresses"))),
        }
    }
}
