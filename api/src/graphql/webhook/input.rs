//! What is said of a webhook.

use crate::news::webhook::{EndpointChange, EndpointSubmission};
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
    /// Only changes of these kinds, such as `article.published`; all when it is left out. What takes a story away is told
    /// always.
    kinds: Option<Vec<String>>,
    /// `full`, `meta`, `id` or `ninjs`; `full` when it is left out.
    payload: Option<String>,
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
    kinds: Option<Vec<String>>,
    payload: Option<String>,
}

impl AddWebhookInput {
    pub fn submission(self) -> EndpointSubmission {
        EndpointSubmission {
            partner: self.partner,
            url: Some(self.url),
            about: self.about,
            channels: self.channels,
            topics: self.topics,
            kinds: self.kinds,
            payload: self.payload,
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
            kinds: self.kinds,
            payload: self.payload,
        };
        (self.id, self.if_version, change)
    }
}
