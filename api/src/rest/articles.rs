//! Stories: lists, and what there is about one.

use super::frame::Frame;
use super::listing::{self, Listing};
use super::news_page::{SHORT, links, more_about, named};
use super::params::{self, filter, page};
use super::view::{DifferenceView, Related, SimilarList, SimilarView};
use super::{Question, forms};
use crate::archive::{Likeness, Similar};
use crate::error::Result;
use crate::news::filter::Selection;
use crate::page::Order;
use crate::web::{Form, Segment};
use axum::response::Response;

pub async fn list(form: Form, question: Question) -> Result<Response> {
    let mut params = question.params(params::ARTICLES);
    let filter = filter(&mut params);
    let listing = Listing::read(params)?;
    let selection = question.door.archive.select(&question.scope(), filter).await?;
    listing.of(&question, form, &selection).await
}

pub async fn latest(form: Form, question: Question) -> Result<Response> {
    let listing = Listing::read(question.params(params::PAGE))?;
    listing.of(&question, form, &Selection::default()).await
}

pub async fn related(Segment(key): Segment, question: Question) -> Result<Response> {
    let mut params = question.params(params::RELATED);
    let zone = params.zone("timeZone");
    params.finish()?;
    let (door, scope) = (&question.door, question.scope());
    let story = named(door, &scope, &key).await?;
    let links = links(door, &scope, &story).await?;
    let more = more_about(door, &scope, &story).await?;
    let all = std::iter::once(&story)
        .chain(links.iter().filter_map(|l| l.story.as_ref()))
        .chain(more.iter().map(|m| &m.story));
    let frame = Frame::of(&door.archive, &scope, zone, all).await?;
    let view = Related {
        related_links: frame.links(&links),
        more_about: frame.more_about(&story, &more),
    };
    question.answer(None, &view)
}

pub async fn difference(Segment(key): Segment, question: Question) -> Result<Response> {
    let mut params = question.params(params::DIFFERENCE);
    let mut version = |name| {
        let number = params.integer(name)?;
        let fits = i32::try_from(number).ok().filter(|n| *n >= 1);
        if fits.is_none() {
            params.refuse(name, "must be 1 or more");
        }
        fits
    };
    let (from, to) = (version("from"), version("to"));
    params.finish()?;
    let (door, scope) = (&question.door, question.scope());
    let story = named(door, &scope, &key).await?;
    let difference = door.archive.difference(&scope, &story, from, to).await?;
    question.answer(None, &DifferenceView::from(difference))
}

pub async fn versions(form: Form, Segment(key): Segment, question: Question) -> Result<Response> {
    let mut params = question.params(params::VERSIONS);
    let page = page(&mut params, Order::Number);
    let zone = params.zone("timeZone");
    params.choice("format");
    let page = params.finish_with(page)?;
    forms::refuse(form, &[("timeZone", zone.is_some())])?;
    let (door, scope) = (&question.door, question.scope());
    let story = named(door, &scope, &key).await?;
    let slice = door.archive.list_versions(&story, &page).await?;
    listing::answer(&question, form, zone, true, &slice, None).await
}

pub async fn similar(Segment(key): Segment, question: Question) -> Result<Response> {
    let mut params = question.params(params::SIMILAR);
    let count = params.ranged("limit").unwrap_or(i64::from(SHORT));
    let zone = params.zone("timeZone");
    params.finish()?;
    let (door, scope) = (&question.door, question.scope());
    let story = named(door, &scope, &key).await?;
    let asked = Likeness {
        story,
        count: u32::try_from(count).unwrap_or(SHORT),
        without: Vec::new(),
    };
    let found = door.archive.similar(&scope, &[asked]).await?.pop().unwrap_or_default();
    let frame = Frame::of(&door.archive, &scope, zone, found.iter().map(|s| &s.story)).await?;
    let item = |Similar { story, score }: &Similar| SimilarView {
        article: frame.card(story),
        score: *score,
    };
    let list = SimilarList {
        items: found.iter().map(item).collect(),
    };
    question.answer(None, &list)
}
