//! A question at a door: what a reading brings, but for the variable part of its address and the form of its answer.

use super::answer::{Document, document, formed, html, list_links, ready};
use super::caller::Caller;
use super::params::{Param, Params};
use crate::error::Result;
use crate::news::viewer::Scope;
use crate::page::Slice;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde::Serialize;
use std::convert::Infallible;

/// `D`: the rooms that the door opens into.
pub struct Question<D> {
    pub door: D,
    pub caller: Caller,
    pub headers: HeaderMap,
    pub uri: Uri,
}

impl<D: Clone + Send + Sync> FromRequestParts<D> for Question<D> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, door: &D) -> std::result::Result<Question<D>, Infallible> {
        Ok(Question {
            door: door.clone(),
            caller: Caller::from_request_parts(parts, door).await?,
            headers: parts.headers.clone(),
            uri: parts.uri.clone(),
        })
    }
}

impl<D> Question<D> {
    pub fn scope(&self) -> Scope {
        self.caller.scope()
    }

    /// Its parameters, by the table of those that it may have.
    pub fn params(&self, known: &'static [Param]) -> Params<'_> {
        Params::read(self.uri.query(), known)
    }

    /// That it has no parameters.
    pub fn plain(&self) -> Result<()> {
        self.params(&[]).finish()
    }

    /// The answer as JSON. `version`: of the one thing that it is about.
    pub fn answer<T: Serialize>(&self, version: Option<i32>, value: &T) -> Result<Response> {
        ready(&self.headers, &self.caller, version, value)
    }

    /// A page of a list as JSON, with links to the pages beside it.
    pub fn page<N, T: Serialize>(&self, slice: &Slice<N>, list: &T) -> Result<Response> {
        let mut response = self.answer(None, list)?;
        list_links(&mut response, &self.uri, slice);
        Ok(response)
    }

    /// An answer in the form that was asked for.
    pub fn formed(&self, answer: Document) -> Result<Response> {
        formed(&self.headers, &self.caller, answer)
    }

    /// An answer that has one form only.
    pub fn document(&self, answer: Document) -> Result<Response> {
        document(&self.headers, &self.caller, answer)
    }

    /// A page for people.
    pub fn html(&self, version: Option<i32>, page: String) -> Result<Response> {
        html(&self.headers, &self.caller, version, page)
    }
}
