//! Collections.

use super::frame::Frame;
use super::view::{CollectionView, List};
use super::{Question, forms, params};
use crate::error::{Error, Result};
use crate::format::piece::Piece;
use crate::web::{Document, Form, Segment};
use axum::response::Response;

pub async fn one(form: Form, Segment(slug): Segment, question: Question) -> Result<Response> {
    let mut params = question.params(params::COLLECTION);
    let zone = params.zone("timeZone");
    params.choice("format");
    params.finish()?;
    forms::refuse(form, &[("timeZone", zone.is_some())])?;
    let (archive, scope) = (&question.door.archive, question.scope());
    let found = archive.find_collection(&scope, &slug).await?;
    let collection = found.ok_or_else(|| Error::not_found("collection"))?;
    let stories = archive.collection_stories(&scope, collection.id).await?;
    if form != Form::Json {
        let pieces = archive.pieces(&scope, &stories).await?;
        let (kind, bytes) = forms::written(&question, form, &pieces, List::whole)?;
        let document = Document {
            kind,
            version: Some(collection.version),
            changed: pieces.iter().map(Piece::updated).max(),
            bytes,
        };
        return question.formed(document);
    }
    let frame = Frame::of(archive, &scope, zone, stories.iter()).await?;
    let view = CollectionView {
        id: collection.id.0,
        slug: collection.slug,
        name: collection.name,
        version: collection.version,
        items: stories.iter().map(|s| frame.card(s)).collect(),
    };
    question.answer(Some(collection.version), &view)
}
