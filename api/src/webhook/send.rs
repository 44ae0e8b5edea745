//! One request to an endpoint, and what became of it.

use super::plan::Verdict;
use super::{Webhooks, sign};
use crate::error::Result;
use crate::news::ArticleId;
use crate::news::webhook::{Attempt, Endpoint, Manner};
use crate::news::wire::Position;
use crate::outbound::{Failure, LONGEST_REST, Line, retry_after};
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::time::{Duration, Instant};

/// For all of it: the name, the connection, the answer.
const PATIENT: Duration = Duration::from_secs(10);
/// So much of an answer is read.
const READ: usize = 16 * 1024;
/// So much of it is kept, in bytes.
const KEPT: usize = 500;

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// What is sent.
#[derive(Clone, Debug)]
pub struct Message {
    /// The same for every try.
    pub id: String,
    /// `type` in the body.
    pub kind: String,
    pub position: Position,
    pub epoch: i32,
    pub article: Option<ArticleId>,
    /// The stories whose text is in it.
    pub shown: Box<[ArticleId]>,
    pub body: Bytes,
}

/// What became of it.
pub struct Sent {
    pub attempt: Attempt,
    pub verdict: Verdict,
    /// The stories whose text has left the house, whatever was answered.
    pub shown: Box<[ArticleId]>,
}

/// Makes a message, when the connection stands and perhaps once before: what is sent is true then. None where there is
/// nothing to be sent any more.
pub trait Maker: Send {
    fn make(&mut self) -> impl Future<Output = Result<Option<Message>>> + Send;
}

impl Webhooks {
    /// Sends what is made, over the line that there is or over a new one, which stays if it is good for more. None
    /// where there was nothing to send.
    pub async fn send(
        &self,
        endpoint: &Endpoint,
        (manner, number): (Manner, i32),
        line: &mut Option<Line>,
        maker: &mut impl Maker,
    ) -> Result<Option<Sent>> {
        let began = Instant::now();
        // Made before there is a connection, too: that nobody answers is told of what is to be told only.
        let Some(mut message) = maker.make().await? else {
            return Ok(None);
        };
        let again = line.take();
        let mut done = self.exchange(endpoint, again, line, &mut message, maker, began).await?;
        if let Done::Closed = done {
            // It was closed while nobody spoke: that is no failure of the receiver.
            done = self.exchange(endpoint, None, line, &mut message, maker, began).await?;
        }
        let (outcome, left) = match done {
            Done::Nothing => return Ok(None),
            Done::Closed => (Err(Failure::Unreachable("the connection was closed".to_owned())), true),
            Done::Answered(reply) => (Ok(reply), true),
            Done::Unreached(failure) => (Err(failure), false),
            Done::Failed(failure) => (Err(failure), true),
        };
        let (status, answer, verdict) = self.judge(outcome);
        let error = match &verdict {
            Verdict::Well => None,
            Verdict::Gone => Some("it answered 410: it is over".to_owned()),
            Verdict::Trouble(why, _) => Some(why.clone()),
        };
        let Message {
            id: _,
            kind,
            position,
            epoch,
            article,
            shown,
            body: _,
        } = message;
        let shown = if left { shown } else { Box::default() };
        let attempt = Attempt {
            id: self.0.clock.new_id(),
            endpoint: endpoint.id,
            at: self.0.clock.now(),
            manner,
            kind,
            position,
            epoch,
            article,
            number,
            took_ms: i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX),
            status: status.map(|s| i32::from(s.as_u16())),
            error,
            answer,
        };
        tell(&attempt);
        Ok(Some(Sent {
            attempt,
            verdict,
            shown,
        }))
    }

    async fn exchange(
        &self,
        endpoint: &Endpoint,
        open: Option<Line>,
        kept: &mut Option<Line>,
        message: &mut Message,
        maker: &mut impl Maker,
        began: Instant,
    ) -> Result<Done> {
        let left = PATIENT.saturating_sub(began.elapsed());
        let opened = tokio::time::timeout(left, self.line(endpoint, open)).await;
        let mut line = match opened {
            Ok(Ok(line)) => line,
            Ok(Err(failure)) => return Ok(Done::Unreached(failure)),
            Err(_) => return Ok(Done::Unreached(Failure::TooLate)),
        };
        match maker.make().await? {
            Some(made) => *message = made,
            None => return Ok(Done::Nothing),
        }
        let left = PATIENT.saturating_sub(began.elapsed());
        let used = line.is_used();
        let headers = self.headers(endpoint, message);
        let asked = line.ask(Method::POST, &headers, message.body.clone());
        let reply = match tokio::time::timeout(left, asked).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(Failure::Unreachable(_))) if used => return Ok(Done::Closed),
            Ok(Err(failure)) => return Ok(Done::Failed(failure)),
            Err(_) => return Ok(Done::Failed(Failure::TooLate)),
        };
        let (status, headers) = (reply.status, reply.headers.clone());
        let left = PATIENT.saturating_sub(began.elapsed());
        let (body, whole) = reply.beginning(READ, left).await;
        if whole && status.is_success() {
            *kept = Some(line);
        }
        Ok(Done::Answered(Answered { status, headers, body }))
    }

    /// One that leads there. What may be asked may have changed since the endpoint was put in.
    async fn line(&self, endpoint: &Endpoint, open: Option<Line>) -> Result<Line, Failure> {
        let address = self.0.outbound.address(&endpoint.settings.url)?;
        if let Some(mut line) = open
            && line.leads_to(&address).await
        {
            return Ok(line);
        }
        self.0.outbound.open(&address).await
    }

    fn headers(&self, endpoint: &Endpoint, message: &Message) -> HeaderMap {
        let now = self.0.clock.now();
        let seconds = now.as_second();
        let signature = sign::signature(&endpoint.secrets, now, &message.id, seconds, &message.body);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // What it says is shown as it comes.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(TIMESTAMP, HeaderValue::from(seconds));
        for (name, value) in [(ID, &message.id), (SIGNATURE, &signature)] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        headers
    }

    fn judge(&self, outcome: Result<Answered, Failure>) -> (Option<StatusCode>, Option<String>, Verdict) {
        let Answered { status, headers, body } = match outcome {
            Ok(answered) => answered,
            Err(failure) => return (None, None, Verdict::Trouble(failure.to_string(), None)),
        };
        let verdict = match status {
            status if status.is_success() => Verdict::Well,
            StatusCode::GONE => Verdict::Gone,
            status => {
                let rest = retry_after(&headers, self.0.clock.now(), LONGEST_REST);
                Verdict::Trouble(format!("it answered {}", status.as_u16()), rest)
            }
        };
        (Some(status), beginning(&body), verdict)
    }
}

enum Done {
    Nothing,
    /// A line that was used before is closed.
    Closed,
    Answered(Answered),
    /// Nothing was sent.
    Unreached(Failure),
    /// It was sent, and perhaps read.
    Failed(Failure),
}

struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// What can be shown of an answer.
fn beginning(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let mut text = text.trim().replace(|c: char| c.is_control() && c != '\n', " ");
    text.truncate(text.floor_char_boundary(KEPT));
    (!text.is_empty()).then_some(text)
}

fn tell(attempt: &Attempt) {
    let outcome = if attempt.succeeded() { "delivered" } else { "failed" };
    let endpoint = attempt.endpoint.to_string();
    metrics::counter!("dateline_webhook_requests_total", "endpoint" => endpoint.clone(), "outcome" => outcome)
        .increment(1);
    tracing::debug!(
        webhook.id = endpoint,
        wire.position = attempt.position.0,
        webhook.status = attempt.status,
        error.cause = attempt.error,
        took_ms = attempt.took_ms,
        "a webhook was sent"
    );
}
