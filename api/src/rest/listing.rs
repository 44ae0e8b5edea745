//! Lists of stories: how one is wanted, and what is answered.

use super::frame::Frame;
use super::params::page;
use super::view::List;
use super::{Question, forms};
use crate::error::Result;
use crate::news::filter::Selection;
use crate::news::story::Story;
use crate::page::{Order, Page, Slice};
use crate::web::{Form, Params, list_links};
use axum::response::Response;
use jiff::tz::TimeZone;
use std::sync::Arc;

/// How a list is wanted.
pub struct Listing {
    page: Page,
    total: bool,
    zone: Option<TimeZone>,
    bodies: bool,
}

impl Listing {
    pub fn read(mut params: Params<'_>) -> Result<Listing> {
        let page = page(&mut params, Order::Story);
        let total = params.flag("total");
        let zone = params.zone("timeZone");
        let bodies = params.list("include").iter().any(|i| i == "body");
        params.choice("format");
        let page = params.finish_with(page)?;
        Ok(Listing {
            page,
            total,
            zone,
            bodies,
        })
    }

    /// The stories of a selection.
    pub async fn of(self, question: &Question, form: Form, selection: &Selection) -> Result<Response> {
        let Listing {
            page,
            total,
            zone,
            bodies,
        } = self;
        let (archive, scope) = (&question.door.archive, question.scope());
        forms::refuse(
            form,
            &[
                ("timeZone", zone.is_some()),
                ("include", bodies),
                ("total", total && form == Form::Newsml),
            ],
        )?;
        let slice = archive.list(&scope, selection, &page).await?;
        let total = if total {
            Some(archive.count(&scope, selection).await?)
        } else {
            None
        };
        answer(question, form, zone, bodies, &slice, total).await
    }
}

/// A page of stories, with their text or as cards.
pub async fn answer(
    question: &Question,
    form: Form,
    zone: Option<TimeZone>,
    bodies: bool,
    slice: &Slice<Arc<Story>>,
    total: Option<i64>,
) -> Result<Response> {
    if form != Form::Json {
        let mut response = forms::list(question, form, slice, total).await?;
        list_links(&mut response, &question.uri, slice);
        return Ok(response);
    }
    let stories = slice.edges.iter().map(|e| &e.node);
    let frame = Frame::of(&question.door.archive, &question.scope(), zone, stories).await?;
    let list = List::of(slice, total, |s| if bodies { frame.whole(s) } else { frame.card(s) });
    question.page(slice, &list)
}
