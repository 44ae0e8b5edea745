//! The messages of `graphql-transport-ws`.

use axum::extract::ws::Message;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::http::Event;

/// Why a conversation ends, as the protocol numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End(pub u16, pub &'static str);

pub const GOING_AWAY: End = End(1001, "The server ends this connection: connect again");
pub const NOT_READABLE: End = End(1002, "Not a message of the WebSocket protocol");
pub const TOO_LARGE: End = End(1009, "The message is too large");
pub const LATER: End = End(1013, "Try again later");
pub const BAD_REQUEST: End = End(4400, "Not a message of graphql-transport-ws");
pub const UNAUTHORIZED: End = End(4401, "Unauthorized");
pub const FORBIDDEN: End = End(4403, "Forbidden");
pub const NO_PROTOCOL: End = End(4406, "Subprotocol not acceptable");
pub const SILENT: End = End(4408, "Connection initialisation timeout");
pub const TWICE: End = End(4409, "Subscriber for this id already exists");
pub const AGAIN: End = End(4429, "Too many initialisation requests");

/// Longest name of an operation, in bytes: it comes back in every event.
const MOST_ID_BYTES: usize = 256;

/// What the client says.
#[derive(Debug)]
pub enum Said<'a> {
    Init(Option<&'a RawValue>),
    Ping(Option<&'a RawValue>),
    Pong,
    Subscribe { id: String, request: &'a RawValue },
    Complete { id: String },
}

impl<'a> Said<'a> {
    /// `None` for what the protocol does not know.
    pub fn read(text: &'a str) -> Option<Said<'a>> {
        #[derive(Deserialize)]
        struct Message<'a> {
            #[serde(rename = "type")]
            kind: String,
            id: Option<String>,
            #[serde(borrow)]
            payload: Option<&'a RawValue>,
        }
        let Message { kind, id, payload } = serde_json::from_str(text).ok()?;
        let id = id.filter(|id| !id.is_empty() && id.len() <= MOST_ID_BYTES);
        Some(match kind.as_str() {
            "connection_init" => Said::Init(payload),
            "ping" => Said::Ping(payload),
            "pong" => Said::Pong,
            "subscribe" => Said::Subscribe {
                id: id?,
                request: payload?,
            },
            "complete" => Said::Complete { id: id? },
            _ => return None,
        })
    }
}

/// The key in `{"Authorization": "Bearer …"}`. `Err` where there is something else in its place.
pub fn key_of(payload: Option<&RawValue>) -> Result<Option<String>, End> {
    let Some(payload) = payload.filter(|payload| payload.get() != "null") else {
        return Ok(None);
    };
    let fields: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(payload.get()).map_err(|_| BAD_REQUEST)?;
    let named = fields
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let Some((_, value)) = named else { return Ok(None) };
    let bearer = value.as_str().and_then(|value| value.split_once(' '));
    let key = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    key.map(|(_, key)| Some(key.trim().to_owned())).ok_or(FORBIDDEN)
}

pub fn ack() -> Message {
    Message::text(r#"{"type":"connection_ack"}"#)
}

/// With what came in the ping.
pub fn pong(payload: Option<&RawValue>) -> Message {
    Message::text(match payload {
        Some(payload) => format!(r#"{{"type":"pong","payload":{}}}"#, payload.get()),
        None => r#"{"type":"pong"}"#.to_owned(),
    })
}

/// One event of an operation.
pub fn event(id: &str, event: &Event) -> Message {
    match event {
        Event::Next(answer) => about(id, "next", text(answer)),
        Event::Refused(answer) => {
            #[derive(Deserialize)]
            struct Refused<'a> {
                #[serde(borrow)]
                errors: &'a RawValue,
            }
            let refused: Option<Refused> = serde_json::from_slice(answer).ok();
            about(id, "error", refused.map_or("[]", |refused| refused.errors.get()))
        }
    }
}

pub fn complete(id: &str) -> Message {
    let id = serde_json::Value::from(id);
    Message::text(format!(r#"{{"type":"complete","id":{id}}}"#))
}

fn about(id: &str, kind: &str, payload: &str) -> Message {
    let id = serde_json::Value::from(id);
    Message::text(format!(r#"{{"type":"{kind}","id":{id},"payload":{payload}}}"#))
}

/// Answers are written as JSON, which is UTF-8.
fn text(answer: &Bytes) -> &str {
    std::str::from_utf8(answer).unwrap_or("null")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_protocol_does_not_know_is_no_message() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"type":"start","id":"1","payload":{}}"#,
            r#"{"type":"subscribe","id":"1"}"#,
            r#"{"type":"subscribe","payload":{}}"#,
            r#"{"type":"subscribe","id":"","payload":{}}"#,
            r#"{"type":"complete"}"#,
            r#"{"type":1}"#,
        ] {
            assert!(Said::read(text).is_none(), "{text}");
        }
        let long = format!(r#"{{"type":"complete","id":"{}"}}"#, "x".repeat(257));
        assert!(Said::read(&long).is_none());
        assert!(matches!(
            Said::read(r#"{"id":"a\"b","payload":{"query":"{a}"},"type":"subscribe"}"#),
            Some(Said::Subscribe { id, .. }) if id == "a\"b"
        ));
    }

    #[test]
    fn a_key_is_a_bearer_token() {
        let key = |json: &str| key_of(Some(&RawValue::from_string(json.to_owned()).unwrap()));
        assert_eq!(key_of(None), Ok(None));
        assert_eq!(key("null"), Ok(None));
        assert_eq!(key(r#"{"other":1}"#), Ok(None));
        assert_eq!(
            key(r#"{"authorization":"bearer  dl_a_b "}"#),
            Ok(Some("dl_a_b".to_owned()))
        );
        assert_eq!(key(r#"{"Authorization":"dl_a_b"}"#), Err(FORBIDDEN));
        assert_eq!(key(r#"{"Authorization":1}"#), Err(FORBIDDEN));
        assert_eq!(key("[]"), Err(BAD_REQUEST));
    }
}
