//! What is said of a webhook.

use super::view::MessagePayload;
use crate::graphql::wire::WireKind;
use crate::news::webhook::{EndpointChange, EndpointSubmission};
use crate::news::wire::Payload;
use async_graphql::{ID, InputObject};

/// Where changes are to be posted. What is left out is as for a new one.
#[derive(InputObject)]
pub struct AddWebhookInput {
    /// The partner's slug. A partner's own key needs not say it; left out by an administrator, it is one of the house
    /// itself, which is told everything.
    partner: Option<String>,
    /// Where changes are posted: https.
    url: String,
    /// What it is for, in a line.
    about: Option<String>,
    /// Only stories in these channels, by slug; all when it is left out.
    channels: Option<Vec<String>>,
    /// Only stories in the feeds of these topics, by slug or code; all when it is left out.
    topics: Option<Vec<String>>,
    /// Only changes of these kinds; all when it is left out. What takes a story away is told always.
    kinds: Option<Vec<WireKind>>,
    /// FULL when it is left out.
    payload: Option<MessagePayload>,
    /// A cursor of the wire: what came behind it is told too. `oldest` for all that is kept; `latest`, or left out, for
    /// what comes from now on.
    after: Option<String>,
}

/// What is to be different with a webhook. What is left out stays; an empty list is for all.
#[derive(InputObject)]
pub struct ChangeWebhookInput {
    id: ID,
    /// Refuses unless this version is the current one.
    if_version: Option<i32>,
    url: Option<String>,
    about: Option<String>,
    channels: Option<Vec<String>>,
    topics: Option<Vec<String>>,
    kinds: Option<Vec<WireKind>>,
    payload: Option<MessagePayload>,
}

/// As REST says it.
fn kinds(kinds: Option<Vec<WireKind>>) -> Option<Vec<String>> {
    let spelled = |kind: WireKind| kind.kind().as_str().to_owned();
    kinds.map(|kinds| kinds.into_iter().map(spelled).collect())
}

fn payload(payload: Option<MessagePayload>) -> Option<String> {
    payload.map(|payload| Payload::from(payload).as_str().to_owned())
}

impl AddWebhookInput {
    pub fn submission(self) -> EndpointSubmission {
        EndpointSubmission {
            partner: self.partner,
            url: Some(self.url),
            about: self.about,
            channels: self.channels,
            topics: self.topics,
            kinds: kinds(self.kinds),
            payload: payload(self.payload),
            after: self.after,
        }
    }
}

impl ChangeWebhookInput {
    pub fn change(self) -> (ID, Option<i32>, EndpointChange) {
        let change = EndpointChange {
            url: self.url,
            about: self.about,
            channels: self.channels,
            topics: self.topics,
            kinds: kinds(self.kinds),
            payload: payload(self.payload),
        };
        (self.id, self.if_version, change)
    }
}
