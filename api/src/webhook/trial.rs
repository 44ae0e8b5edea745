//! A test message: sent at once, whatever the endpoint's state is, and not part of its row.

use super::send::{Maker, Message};
use super::{Sent, Webhooks};
use crate::error::{Error, Result};
use crate::news::EndpointId;
use crate::news::viewer::Viewer;
use crate::news::webhook::{Attempt, Manner};
use crate::news::wire::Position;
use serde_json::json;
use uuid::Uuid;

const KIND: &str = "webhook.test";

impl Webhooks {
    /// Sends one, and says what became of it.
    pub async fn test(&self, by: &Viewer, id: EndpointId) -> Result<Attempt> {
        let endpoint = self.find(by, id).await?;
        let body = json!({
            "type": KIND,
            "timestamp": self.0.clock.now(),
            "data": { "endpoint": endpoint.id.0, "message": "This is a test: nothing has changed." },
        });
        let message = Message {
            id: format!("test_{}", Uuid::new_v4().simple()),
            kind: KIND.to_owned(),
            position: Position(0),
            epoch: 0,
            article: None,
            shown: Box::default(),
            body: body.to_string().into(),
        };
        let sent = self
            .send(&endpoint, (Manner::Test, 1), &mut None, &mut Same(message))
            .await?;
        let Some(Sent {
            attempt,
            verdict: _,
            shown: _,
        }) = sent
        else {
            return Err(Error::internal("a test message was not sent"));
        };
        let tx = self.0.store.begin().await?;
        tx.file_attempts(&[&attempt]).await?;
        tx.commit().await?;
        Ok(attempt)
    }
}

/// One that is true at any time.
struct Same(Message);

impl Maker for Same {
    async fn make(&mut self) -> Result<Option<Message>> {
        Ok(Some(self.0.clone()))
    }
}
