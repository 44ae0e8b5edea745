//! Receipts: up to where a key confirms to have everything, and what the publisher sees of that.

use crate::archive::Found;
use crate::error::{Error, Fault, Kind, Result};
use crate::news::ArticleId;
use crate::news::story::{ArticleKey, Tombstone};
use crate::news::viewer::Viewer;
use crate::news::wire::Position;
use crate::rest::{Door, Question, params};
use crate::web::{Caller, Policy, Write, read_write};
use crate::wire::Place;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

const MOST_KILLS: usize = 100;

/// What is confirmed: a place in the wire, canceled stories by name, or both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// Everything up to this cursor of the wire is here and done.
    pub cursor: Option<String>,
    /// These canceled stories are taken down: ids, uris or slugs, at most 100.
    pub articles: Option<Vec<String>>,
}

/// What a key has confirmed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptView {
    pub key_id: String,
    pub name: String,
    /// Null as long as it has confirmed nothing.
    pub cursor: Option<String>,
    pub confirmed_at: Option<Timestamp>,
    /// Entries of the wire behind the confirmed one; null as long as it has confirmed nothing.
    pub lag: Option<i64>,
    /// When it was last at the wire, to the minute.
    pub last_seen: Option<Timestamp>,
    /// The canceled stories that were confirmed by name just now: their uris.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub articles: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Receipts {
    pub items: Vec<ReceiptView>,
}

pub async fn confirm(
    State(door): State<Door>,
    caller: Caller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: std::result::Result<Bytes, BytesRejection>,
) -> Response {
    let Viewer::Key(key) = &caller.viewer else {
        return key_required().into_response();
    };
    if let Err(error) = params::none(query.as_deref()) {
        return error.into_response();
    }
    let write: Write<Confirmation> = match read_write(&Method::POST, "/v1/wire/receipts", &headers, body) {
        Ok(write) => write,
        Err(response) => return response,
    };
    let done = async {
        let Confirmation { cursor: said, articles } = write.content;
        let (articles, at) = (articles.unwrap_or_default(), caller.now);
        if said.is_none() && articles.is_empty() {
            let fault = Fault::new("cursor", "required", "say a `cursor`, `articles`, or both");
            return Err(Error::content(vec![fault]));
        }
        let place = match &said {
            Some(said) => Some(door.wire.place(&caller.sight.owner(), "cursor", said)?),
            None => None,
        };
        let kills = kills(&door, &caller, &articles).await?;
        let confirmed = match place {
            Some(place) => Some(door.access.confirm(key, place.position, at).await?),
            None => None,
        };
        let ids: Vec<ArticleId> = kills.iter().map(|k| k.id).collect();
        door.access.confirm_kills(key, &ids, at).await?;
        Ok::<_, Error>(ReceiptView {
            key_id: key.id.clone(),
            name: key.name.clone(),
            cursor: confirmed.map(|c| cursor(&door, &caller, c)),
            confirmed_at: Some(at),
            lag: confirmed.map(|c| lag(&door, c)),
            last_seen: Some(at),
            articles: kills.iter().map(|k| k.uri.clone()).collect(),
        })
    };
    match done.await {
        Ok(view) => {
            let mut response = Json(view).into_response();
            Policy::Never.write(response.headers_mut());
            response
        }
        Err(error) => error.into_response(),
    }
}

pub async fn list(question: Question) -> Result<Response> {
    let Question { door, caller, .. } = &question;
    caller.readings.personal();
    question.plain()?;
    if !caller.viewer.may_publish() {
        return Err(match &caller.viewer {
            Viewer::Public => key_required(),
            Viewer::Key(_) | Viewer::Operator => Error::new(
                Kind::Forbidden,
                "scope_required",
                "This needs a key of scope `publish` or `admin`.",
            ),
        });
    }
    let receipts = door.access.receipts().await?;
    let items = receipts.into_iter().map(|receipt| {
        let position = receipt.confirmed.map(|(position, _)| position);
        ReceiptView {
            key_id: receipt.key_id,
            name: receipt.key_name,
            cursor: position.map(|p| cursor(door, caller, p)),
            confirmed_at: receipt.confirmed.map(|(_, at)| at),
            lag: position.map(|p| lag(door, p)),
            last_seen: receipt.last_seen,
            articles: Vec::new(),
        }
    });
    let items = items.collect();
    question.answer(None, &Receipts { items })
}

/// The canceled stories with these names, as this viewer is told of them.
async fn kills(door: &Door, caller: &Caller, names: &[String]) -> Result<Vec<Arc<Tombstone>>> {
    if names.len() > MOST_KILLS {
        let fault = Fault::new(
            "articles",
            "too_many",
            format!("at most {MOST_KILLS}, not {}", names.len()),
        );
        return Err(Error::content(vec![fault]));
    }
    let keys: Vec<ArticleKey> = names.iter().map(|name| ArticleKey::read(name)).collect();
    let found = door.archive.look_up(&caller.scope(), &keys).await?;
    let (mut faults, mut kills) = (Vec::new(), Vec::new());
    for (i, key) in keys.iter().enumerate() {
        match found.get(key) {
            Some(Found::Tombstone(tombstone)) => kills.push(Arc::clone(tombstone)),
            Some(Found::Story(_)) => faults.push(Fault::new(
                format!("articles[{i}]"),
                "not_canceled",
                "is not canceled: there is nothing to confirm",
            )),
            None => faults.push(Fault::new(
                format!("articles[{i}]"),
                "unknown_article",
                "there is no such story",
            )),
        }
    }
    if faults.is_empty() {
        Ok(kills)
    } else {
        Err(Error::content(faults))
    }
}

fn cursor(door: &Door, caller: &Caller, position: Position) -> String {
    let place = Place {
        position,
        ..Place::from(door.wire.head())
    };
    door.wire.cursor(&caller.sight.owner(), place)
}

fn lag(door: &Door, position: Position) -> i64 {
    (door.wire.head().position.0 - position.0).max(0)
}

fn key_required() -> Error {
    Error::new(
        Kind::Unauthenticated,
        "key_required",
        "This needs a key: send `Authorization: Bearer <key>`. A publisher issues one with `dateline key issue`.",
    )
}
