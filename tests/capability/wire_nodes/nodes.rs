//! Several processes of the program on one database, any of which may be killed and comes back at another address.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex as Short, PoisonError};

use tokio::sync::Mutex;

use crate::press::{Press, Process};

pub type Environment = Vec<(&'static str, String)>;

/// Clones are the same processes.
#[derive(Clone)]
pub struct Nodes {
    press: Press,
    nodes: Arc<[Node]>,
}

struct Node {
    environment: Environment,
    process: Mutex<Option<Process>>,
    /// Where it is, or was before it was killed: then nobody answers there.
    address: Short<SocketAddr>,
}

impl Nodes {
    /// One process for each environment.
    pub async fn start(press: &Press, environments: impl IntoIterator<Item = Environment>) -> Self {
        let mut nodes = Vec::new();
        for environment in environments {
            let process = press.process_with(&environment).await;
            nodes.push(Node {
                address: Short::new(process.address()),
                environment,
                process: Mutex::new(Some(process)),
            });
        }
        Self {
            press: press.clone(),
            nodes: nodes.into(),
        }
    }

    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    pub fn key(&self) -> &str {
        self.press.admin_key()
    }

    pub fn url(&self, node: usize, path: &str) -> String {
        let address = *self.nodes[node].address.lock().unwrap_or_else(PoisonError::into_inner);
        format!("http://{address}{path}")
    }

    /// What a process has said on standard error, for messages.
    pub fn log(&self, node: usize) -> String {
        let process = self.nodes[node].process.try_lock();
        process
            .ok()
            .and_then(|process| Some(process.as_ref()?.stderr()))
            .unwrap_or_default()
    }

    /// SIGKILL: no farewell, no flush.
    pub async fn kill(&self, node: usize) {
        if let Some(process) = self.nodes[node].process.lock().await.take() {
            process.kill().await;
        }
    }

    pub async fn revive(&self, node: usize) {
        let node = &self.nodes[node];
        let process = self.press.process_with(&node.environment).await;
        *node.address.lock().unwrap_or_else(PoisonError::into_inner) = process.address();
        *node.process.lock().await = Some(process);
    }

    /// All end in good order, having nothing to complain of.
    pub async fn close(self) {
        for node in self.nodes.iter() {
            if let Some(process) = node.process.lock().await.take() {
                let output = process.terminate().await;
                assert_eq!(output.code, Some(0), "{output}");
            }
        }
    }
}
