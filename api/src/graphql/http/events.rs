//! Answers that are events of a stream: of subscriptions many, of everything else one.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::{Executor, Request, ServerError};
use bytes::Bytes;
use futures::{Stream, StreamExt};

use super::faults::{invalid, told};
use super::{GraphqlDoor, Prepared, Written, is_request_error, json};
use crate::graphql::limits::{Code, Refusal};

/// What one operation gives out, one after the other.
#[derive(Debug)]
pub enum Event {
    /// An answer: `{"data": …}`, with its errors.
    Next(Bytes),
    /// It is not executed: `{"errors": […]}`.
    Refused(Bytes),
}

impl From<Refusal> for Event {
    fn from(refusal: Refusal) -> Event {
        Event::Refused(errors_alone(&[refusal.into()]))
    }
}

impl<E: Executor> Prepared<'_, E> {
    /// Runs a subscription. Loaders that `attach` puts in are run by whoever polls the stream.
    pub fn listen<F: FnOnce(Request) -> Request>(
        self,
        door: Arc<GraphqlDoor<E>>,
        attach: F,
    ) -> impl Stream<Item = Event> + Send + use<E, F> {
        let Prepared {
            door: _,
            media: _,
            kind: _,
            hash,
            checked,
            mut request,
        } = self;
        request.set_parsed_query(checked.document.clone());
        let mut unkept = Some((hash, checked));
        let answers = door.schema.execute_stream(attach(request), None);
        answers.map(move |mut response| {
            if is_request_error(&response) {
                return Event::Refused(errors_alone(&invalid(response.errors, &door.limits)));
            }
            if let Some((hash, checked)) = unkept.take() {
                door.keep(hash, checked);
            }
            told(&mut response.errors);
            let written = Written {
                errors: &response.errors,
                data: Some(&response.data),
                extensions: &response.extensions,
            };
            Event::Next(json(&written, door.max_answer_bytes).map_or_else(
                || {
                    let limit = door.max_answer_bytes;
                    let message = format!("The event is longer than the limit of {limit} bytes; ask for less.");
                    errors_alone(&[Refusal::new(Code::AnswerTooLarge, message).into()])
                },
                Bytes::from,
            ))
        })
    }
}

fn errors_alone(errors: &[ServerError]) -> Bytes {
    let written = Written {
        errors,
        data: None,
        extensions: &BTreeMap::new(),
    };
    json(&written, usize::MAX).unwrap_or_default().into()
}
