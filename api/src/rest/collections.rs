//! Collections.

use super::Door;
use super::articles::only_zone;
use super::params;
use super::view::{CollectionView, Frame};
use crate::error::{Error, Result};
use crate::web::{Caller, Segment, ready};
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;

pub async fn one(
    State(door): State<Door>,
    caller: Caller,
    Segment(slug): Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    let zone = only_zone(query.as_deref(), params::COLLECTION)?;
    let scope = caller.scope();
    let found = door.archive.find_collection(&scope, &slug).await?;
    let collection = found.ok_or_else(|| Error::not_found("collection"))?;
    let stories = door.archive.collection_stories(&scope, collection.id).await?;
    let frame = Frame::of(&door.archive, &scope, zone, stories.iter()).await?;
    let view = CollectionView {
        id: collection.id.0,
        slug: collection.slug,
        name: collection.name,
        version: collection.version,
        items: stories.iter().map(|s| frame.card(s)).collect(),
    };
    ready(&headers, &caller, Some(collection.version), &view)
}
