//! The desk's side: PUT by uri or slug.

use super::asked::{Asked, Right};
use super::{Door, vestibule};
use crate::desk::{Done, Manner, Order, Outcome, Receipt, Received};
use crate::error::{Error, Fault, Kind, Result};
use crate::format;
use crate::format::reading::{Document, Hints, Item, Loss, Unreadable};
use crate::news::submission::{CollectionSubmission, MergeSubmission, Submission, TopicSubmission};
use crate::web::{Policy, Segment, media_type, unsupported};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What became of a write.
#[derive(Serialize, ToSchema)]
pub struct Written {
    pub id: Uuid,
    /// Of stories only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    pub slug: String,
    /// Where a reader finds it; of stories only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    pub version: i32,
    /// `created`, `updated`, `corrected`, `withheld`, `restored`, `canceled`, `renamed`, or `unchanged` when it said
    /// nothing new.
    pub outcome: &'static str,
    /// Of documents in others' formats: what they say and the house has no place for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Loss>,
}

pub async fn put_article(Segment(uri): Segment, mut asked: Asked) -> Result<Response, Response> {
    let kind = media_type(&asked.headers);
    if format::MEDIA_TYPES.contains(&kind.as_str()) {
        return put_document(uri, asked).await;
    }
    let said = asked.said::<Submission>(Right::Desk).map_err(|response| {
        if response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            unsupported(&format::MEDIA_TYPES)
        } else {
            response
        }
    })?;
    let Asked { door, caller, .. } = asked;
    let mut submission = said.content;
    let outcome = async {
        same_name("uri", &mut submission.uri, uri)?;
        let draft = door.desk.draft(submission)?;
        door.desk
            .publish(&caller.viewer, Order::new(draft, said.expected), said.repeat.as_ref())
            .await
    };
    Ok(vestibule::done(&door, Box::pin(outcome).await))
}

/// A story in another's format. What has no place here is named in the answer.
async fn put_document(uri: String, mut asked: Asked) -> Result<Response, Response> {
    let said = asked.document(Right::Desk)?;
    let Asked {
        door, caller, headers, ..
    } = asked;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let hints = Hints {
        content_type,
        address: Some(&uri),
        language: None,
    };
    let outcome = async {
        let mut item = one_story(format::read(&said.content, &hints))?;
        same_name("uri", &mut item.submission.uri, uri.clone())?;
        let manner = Manner {
            new_topics: true,
            expected: said.expected,
            repeat: said.repeat.as_ref(),
        };
        Box::pin(door.desk.receive(&caller.viewer, item, manner)).await
    };
    Ok(match outcome.await {
        Ok(Received {
            done: Done::Filed(receipt),
            lost,
        }) => written(&door, receipt, "articles", lost),
        Ok(Received { done, lost: _ }) => vestibule::done(&door, Ok(done)),
        Err(error) => error.into_response(),
    })
}

/// A PUT is about one story.
fn one_story(read: std::result::Result<Document, Unreadable>) -> Result<Item> {
    let document = read.map_err(|error| Error::new(Kind::Content, "unreadable_document", error.to_string()))?;
    let Document {
        format: _,
        about: _,
        items,
        refused,
    } = document;
    let several = items.len() + refused.len();
    let mut items = items.into_iter();
    match (items.next(), several) {
        (Some(item), 1) => Ok(item),
        _ => {
            let detail =
                format!("The document holds {several} items, and a PUT is about one story. Use `dateline import`.");
            Err(Error::new(Kind::Content, "several_stories", detail))
        }
    }
}

pub async fn put_topic(Segment(slug): Segment, mut asked: Asked) -> Result<Response, Response> {
    let said = asked.said::<TopicSubmission>(Right::Desk)?;
    let Asked { door, caller, .. } = asked;
    let mut topic = said.content;
    let outcome = async {
        same_name("slug", &mut topic.slug, slug)?;
        door.desk
            .put_topic(&caller.viewer, topic, None, said.expected, said.repeat.as_ref())
            .await
    };
    Ok(answer(&door, outcome.await, "topics"))
}

pub async fn merge_topic(Segment(key): Segment, mut asked: Asked) -> Result<Response, Response> {
    let said = asked.said::<MergeSubmission>(Right::Desk)?;
    let Asked { door, caller, .. } = asked;
    let outcome = door
        .desk
        .merge_topic(&caller.viewer, key, said.content, said.expected, said.repeat.as_ref());
    Ok(answer(&door, outcome.await, "topics"))
}

pub async fn put_collection(Segment(slug): Segment, mut asked: Asked) -> Result<Response, Response> {
    let said = asked.said::<CollectionSubmission>(Right::Desk)?;
    let Asked { door, caller, .. } = asked;
    let mut collection = said.content;
    let outcome = async {
        same_name("slug", &mut collection.slug, slug)?;
        door.desk
            .put_collection(&caller.viewer, collection, None, said.expected, said.repeat.as_ref())
            .await
    };
    Ok(answer(&door, outcome.await, "collections"))
}

/// The name in the body may be left out, but not differ from the one in the address.
pub(super) fn same_name(field: &str, said: &mut Option<String>, address: String) -> Result<()> {
    if said.as_ref().is_some_and(|s| *s != address) {
        let fault = Fault::new(
            field,
            "conflict",
            "differs from the one in the address; leave it out of the body",
        );
        return Err(Error::content(vec![fault]));
    }
    *said = Some(address);
    Ok(())
}

pub(super) fn answer(door: &Door, outcome: Result<Receipt>, what: &str) -> Response {
    match outcome {
        Ok(receipt) => written(door, receipt, what, Vec::new()),
        Err(error) => error.into_response(),
    }
}

fn written(door: &Door, receipt: Receipt, what: &str, lost: Vec<Loss>) -> Response {
    let Receipt {
        id,
        uri,
        slug,
        version,
        outcome,
    } = receipt;
    let url = uri.as_ref().map(|_| door.archive.site().story_url(&slug));
    let location = if what == "articles" {
        format!("/v1/{what}/{id}")
    } else {
        format!("/v1/{what}/{slug}")
    };
    let written = Written {
        uri,
        url,
        lost,
        ..Written::plain(id, slug, version, outcome)
    };
    answered(written, &location)
}

impl Written {
    /// Of what has a slug only.
    pub(super) fn plain(id: Uuid, slug: String, version: i32, outcome: Outcome) -> Written {
        Written {
            id,
            uri: None,
            slug,
            url: None,
            version,
            outcome: outcome.as_str(),
            lost: Vec::new(),
        }
    }
}

/// What became of a write, and where the thing stands.
pub(super) fn answered(written: Written, location: &str) -> Response {
    let status = if written.outcome == Outcome::Created.as_str() {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let mut response = at(location, unkept(status, &written));
    if let Ok(etag) = HeaderValue::from_str(&format!("\"v{}\"", written.version)) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

pub(super) fn at(location: &str, mut response: Response) -> Response {
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// For nobody to keep.
pub(super) fn unkept<T: Serialize>(status: StatusCode, value: &T) -> Response {
    let mut response = (status, Json(value)).into_response();
    Policy::Never.write(response.headers_mut());
    response
}

pub(super) fn nothing() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    Policy::Never.write(response.headers_mut());
    response
}
