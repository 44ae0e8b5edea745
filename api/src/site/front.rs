//! The front: what the editors chose, then LATEST.

use super::frame::{Content, Frame};
use super::{Question, list, media, schema};
use crate::archive::Archive;
use crate::error::Result;
use crate::news::filter::Selection;
use crate::news::story::Story;
use crate::news::viewer::Scope;
use crate::page::{self, Order};
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;

/// The collection that stands on top.
const COLLECTION: &str = "front";
/// Stories of it that are shown; the first leads.
const CHOSEN: usize = 9;

pub async fn page(question: Question) -> Result<Response> {
    let page = list::asked(question.uri.query(), Order::Story, page::DEFAULT)?;
    let (archive, scope) = (&question.door, question.scope());
    let slice = archive.list(&scope, &Selection::default(), &page).await?;
    let chosen = if list::is_first(&page) {
        chosen(archive, &scope).await?
    } else {
        Vec::new()
    };
    let shown = slice.edges.iter().map(|e| &e.node).chain(&chosen);
    scope.readings.showed_all(shown.map(|story| story.id));
    let frame = Frame::of(archive, &scope, None).await?;
    let stories = slice.edges.iter().map(|e| &e.node);
    let main = html! {
        div.front.with-top[!chosen.is_empty()] {
            @if let Some((lead, others)) = chosen.split_first() { (top(&frame, lead, others)) }
            section.latest {
                h2.label { (frame.words.latest) }
                (list::long(&frame, stories))
                (list::turn(&frame, "/", &page, &slice))
            }
        }
    };
    let page = frame.page(Content {
        title: None,
        path: &list::address("/", &page),
        json: &list::address("/v1/latest", &page),
        topic: None,
        feed: None,
        head: schema::list(&frame.site.name),
        main,
    });
    question.html(None, page)
}

async fn chosen(archive: &Archive, scope: &Scope) -> Result<Vec<Arc<Story>>> {
    let Some(collection) = archive.find_collection(scope, COLLECTION).await? else {
        return Ok(Vec::new());
    };
    let mut stories = archive.collection_stories(scope, collection.id).await?;
    stories.truncate(CHOSEN);
    Ok(stories)
}

fn top(frame: &Frame<'_>, lead: &Story, others: &[Arc<Story>]) -> Markup {
    html! {
        section.top {
            (card(frame, lead, media::main(lead).map(media::image)))
            @for story in others { (card(frame, story, None)) }
        }
    }
}

fn card(frame: &Frame<'_>, story: &Story, picture: Option<Markup>) -> Markup {
    html! {
        article.card lang=(story.language) dir=(super::words::direction(&story.language)) {
            @if let Some(picture) = picture { (picture) }
            h2 { (list::headline(story)) }
            (list::summary(story))
            (list::time(frame.site, story.first_published))
        }
    }
}
