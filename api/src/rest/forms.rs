//! Stories and lists in the forms that partners take: ninjs, NewsML-G2, schema.org.

use super::Question;
use super::view::List;
use crate::archive::Archive;
use crate::error::{Error, Fault, Result};
use crate::format::ninjs::Edition;
use crate::format::piece::Piece;
use crate::format::{newsml, ninjs, schema_org};
use crate::news::story::{Story, Tombstone};
use crate::page::Slice;
use crate::web::{Document, Form, Policy};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::sync::Arc;

/// Parameters that only the house's own words have a place for.
pub fn refuse(form: Form, said: &[(&str, bool)]) -> Result<()> {
    if form == Form::Json {
        return Ok(());
    }
    let message = format!("has no place in {}; it goes with format=json", form.name());
    let fault = |(name, said): &(&str, bool)| said.then(|| Fault::new(*name, "invalid_value", message.clone()));
    let faults: Vec<Fault> = said.iter().filter_map(fault).collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::parameters(faults))
    }
}

/// One story.
pub async fn story(question: &Question, form: Form, story: &Arc<Story>) -> Result<Response> {
    let archive = &question.door.archive;
    let mut pieces = archive.pieces(&question.scope(), std::slice::from_ref(story)).await?;
    let piece = pieces.pop().ok_or_else(|| Error::internal("a piece was not made"))?;
    let site = archive.site();
    let (kind, bytes) = match form {
        Form::Json | Form::Ninjs => (ninjs::MEDIA_TYPE, json(&ninjs::story(&piece, site, Edition::V3))?),
        Form::Ninjs2 => (ninjs::MEDIA_TYPE, json(&ninjs::story(&piece, site, Edition::V2))?),
        Form::Newsml => (newsml::MEDIA_TYPE, newsml::story(&piece, site)),
        Form::JsonLd => (schema_org::MEDIA_TYPE, json(&schema_org::story(&piece, site))?),
    };
    let document = Document {
        kind,
        version: Some(story.version.0),
        changed: Some(piece.updated()),
        bytes,
    };
    question.formed(document)
}

/// What is left of a canceled story, in the form's own words. 410, as in any other.
pub fn gone(archive: &Archive, form: Form, tombstone: &Tombstone) -> Result<Response> {
    let (kind, bytes) = match form {
        Form::Json => return Err(Error::gone(tombstone)),
        Form::Ninjs => (ninjs::MEDIA_TYPE, json(&ninjs::tombstone(tombstone, Edition::V3))?),
        Form::Ninjs2 => (ninjs::MEDIA_TYPE, json(&ninjs::tombstone(tombstone, Edition::V2))?),
        Form::Newsml => (newsml::MEDIA_TYPE, newsml::tombstone(tombstone, archive.site())),
        Form::JsonLd => (schema_org::MEDIA_TYPE, json(&schema_org::tombstone(tombstone))?),
    };
    let mut response = (StatusCode::GONE, Body::from(bytes)).into_response();
    Policy::Never.write(response.headers_mut());
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

/// A page of a list, and how many there are of all, where it was asked.
pub async fn list(question: &Question, form: Form, slice: &Slice<Arc<Story>>, total: Option<i64>) -> Result<Response> {
    let stories: Vec<Arc<Story>> = slice.edges.iter().map(|e| Arc::clone(&e.node)).collect();
    let pieces = question.door.archive.pieces(&question.scope(), &stories).await?;
    let (kind, bytes) = written(question, form, &pieces, |items| List {
        items,
        next: slice.next(),
        previous: slice.previous(),
        total,
    })?;
    let document = Document {
        kind,
        version: None,
        changed: pieces.iter().map(Piece::updated).max(),
        bytes,
    };
    question.formed(document)
}

/// Pieces in a form. `around`: the page that stands around them in JSON.
pub fn written(
    question: &Question,
    form: Form,
    pieces: &[Piece],
    around: impl FnOnce(Vec<Value>) -> List<Value>,
) -> Result<(&'static str, Vec<u8>)> {
    let site = question.door.archive.site();
    let ninjs = |edition| pieces.iter().map(|piece| ninjs::story(piece, site, edition)).collect();
    Ok(match form {
        Form::Json | Form::Ninjs => (ninjs::MEDIA_TYPE, json(&around(ninjs(Edition::V3)))?),
        Form::Ninjs2 => (ninjs::MEDIA_TYPE, json(&around(ninjs(Edition::V2)))?),
        Form::Newsml => {
            let address = format!("{}{}", site.public_url, question.uri);
            (newsml::LIST_MEDIA_TYPE, newsml::list(pieces, site, &address))
        }
        Form::JsonLd => {
            let total = around(Vec::new()).total;
            (schema_org::MEDIA_TYPE, json(&schema_org::list(pieces, site, total))?)
        }
    })
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(Error::internal)
}
