//! Collections.

use super::params;
use super::view::{CollectionView, Frame, List};
use super::{Door, forms};
use crate::error::{Error, Result};
use crate::format::piece::Piece;
use crate::web::{Caller, Document, Form, Params, Segment, formed, ready};
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;

pub async fn one(
    State(door): State<Door>,
    caller: Caller,
    form: Form,
    Segment(slug): Segment,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response> {
    let mut asked = Params::read(uri.query(), params::COLLECTION);
    let zone = asked.zone("timeZone");
    asked.choice("format");
    asked.finish()?;
    forms::refuse(form, &[("timeZone", zone.is_some())])?;
    let scope = caller.scope();
    let found = door.archive.find_collection(&scope, &slug).await?;
    let collection = found.ok_or_else(|| Error::not_found("collection"))?;
    let stories = door.archive.collection_stories(&scope, collection.id).await?;
    if form != Form::Json {
        let pieces = door.archive.pieces(&scope, &stories).await?;
        let (kind, bytes) = forms::written(&door.archive, form, &uri, &pieces, List::whole)?;
        let document = Document {
            kind,
            version: Some(collection.version),
            changed: pieces.iter().map(Piece::updated).max(),
            bytes,
        };
        return formed(&headers, &caller, document);
    }
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
