//! LATEST, topics, channels and collections as feeds.

use super::form::Form;
use super::websub::HUB;
use super::{PAGE, Question, USUAL};
use crate::archive::Archive;
use crate::error::{Error, Result};
use crate::format::piece::Feed;
use crate::news::filter::Selection;
use crate::news::story::{Story, Tombstone};
use crate::news::topic::TopicKey;
use crate::news::viewer::Scope;
use crate::page::{Order, Page, Slice};
use crate::web::{Document, Segment, moved, page};
use axum::http::HeaderValue;
use axum::http::header::LINK;
use axum::response::Response;
use jiff::Timestamp;
use std::sync::Arc;

/// What a feed is of.
struct About {
    title: String,
    /// From the root, without a form.
    path: String,
    /// The page for people, from the root.
    home: String,
    selection: Selection,
}

pub async fn latest(Segment(file): Segment, question: Question) -> Result<Response> {
    let (name, form) = Form::split(&file)?;
    if name != "latest" {
        return Err(Error::not_found("feed"));
    }
    let about = About {
        title: question.door.site().name.clone(),
        path: "/feeds/latest".to_owned(),
        home: "/".to_owned(),
        selection: Selection::default(),
    };
    answer(&question, form, about).await
}

pub async fn topic(Segment(file): Segment, question: Question) -> Result<Response> {
    let (name, form) = Form::split(&file)?;
    let archive = &question.door;
    let found = archive.find_topic(&question.scope(), &TopicKey::read(name)).await?;
    let topic = found.ok_or_else(|| Error::not_found("topic"))?;
    let path = format!("/feeds/topics/{}", topic.slug);
    if topic.slug != name {
        let query = question.uri.query().map(|query| format!("?{query}"));
        let query = query.unwrap_or_default();
        return Ok(moved(&question.caller, &format!("{path}.{}{query}", form.ending())));
    }
    let home = archive.site().home_language();
    let about = About {
        title: format!("{} · {}", topic.name(home, home), archive.site().name),
        path,
        home: format!("/topics/{}", topic.slug),
        selection: Selection {
            topics: vec![vec![topic.id]],
            ..Selection::default()
        },
    };
    answer(&question, form, about).await
}

pub async fn channel(Segment(file): Segment, question: Question) -> Result<Response> {
    let (slug, form) = Form::split(&file)?;
    let archive = &question.door;
    let found = archive.find_channel(&question.scope(), slug).await?;
    let channel = found.ok_or_else(|| Error::not_found("channel"))?;
    let about = About {
        title: format!("{} · {}", channel.name, archive.site().name),
        path: format!("/feeds/channels/{}", channel.slug),
        home: "/".to_owned(),
        selection: Selection {
            channels: Some(vec![channel.id]),
            ..Selection::default()
        },
    };
    answer(&question, form, about).await
}

pub async fn collection(Segment(file): Segment, question: Question) -> Result<Response> {
    let (slug, form) = Form::split(&file)?;
    question.plain()?;
    let (archive, scope) = (&question.door, question.scope());
    let found = archive.find_collection(&scope, slug).await?;
    let collection = found.ok_or_else(|| Error::not_found("collection"))?;
    let (stories, gone) = archive.collection_whole(&scope, collection.id).await?;
    let site = archive.site();
    let path = format!("{}/feeds/collections/{}", site.public_url, collection.slug);
    let address = format!("{path}.{}", form.ending());
    let feed = Feed {
        site,
        title: format!("{} · {}", collection.name, site.name),
        id: path,
        home: format!("{}/", site.public_url),
        first: address.clone(),
        address,
        next: None,
        previous: None,
        hub: hub(&question),
        pieces: archive.pieces(&scope, &stories).await?,
        gone,
    };
    written(&question, form, &feed)
}

async fn answer(question: &Question, form: Form, about: About) -> Result<Response> {
    let mut params = question.params(PAGE);
    let page = page(&mut params, Order::Story, USUAL);
    let page = params.finish_with(page)?;
    let About {
        title,
        path,
        home,
        selection,
    } = about;
    let (archive, scope) = (&question.door, question.scope());
    let slice = archive.list(&scope, &selection, &page).await?;
    let gone = gone(archive, &scope, &selection, &page, &slice).await?;
    let stories: Vec<Arc<Story>> = slice.edges.iter().map(|e| Arc::clone(&e.node)).collect();
    let site = archive.site();
    let id = format!("{}{path}", site.public_url);
    let address = format!("{id}.{}", form.ending());
    let size = match page.size() {
        USUAL => String::new(),
        size => format!("limit={size}"),
    };
    let turn = |name: &str, cursor: String| match size.is_empty() {
        true => format!("{address}?{name}={cursor}"),
        false => format!("{address}?{size}&{name}={cursor}"),
    };
    let first = match size.is_empty() {
        true => address.clone(),
        false => format!("{address}?{size}"),
    };
    let own = match (&page.after, &page.before) {
        (Some(after), _) => turn("after", after.encode()),
        (None, Some(before)) => turn("before", before.encode()),
        (None, None) => first.clone(),
    };
    let feed = Feed {
        site,
        title,
        id,
        home: format!("{}{home}", site.public_url),
        address: own,
        first,
        next: slice.next().map(|cursor| turn("after", cursor)),
        previous: slice.previous().map(|cursor| turn("before", cursor)),
        // Of the page that readers subscribe to.
        hub: hub(question).filter(|_| page.after.is_none() && page.before.is_none()),
        pieces: archive.pieces(&scope, &stories).await?,
        gone,
    };
    written(question, form, &feed)
}

/// What was canceled since the oldest story of the first page came out: whoever may have had it reads this page.
async fn gone(
    archive: &Archive,
    scope: &Scope,
    selection: &Selection,
    page: &Page,
    slice: &Slice<Arc<Story>>,
) -> Result<Vec<Arc<Tombstone>>> {
    if page.after.is_some() || page.before.is_some() {
        return Ok(Vec::new());
    }
    let oldest = slice.edges.last().filter(|_| slice.has_next);
    let since = oldest.map_or(Timestamp::MIN, |e| e.node.first_published);
    let topic = selection.topics.first().and_then(|clause| clause.first());
    let channel = selection.channels.as_ref().and_then(|channels| channels.first());
    archive.killed(scope, topic.copied(), channel.copied(), since).await
}

fn written(question: &Question, form: Form, feed: &Feed<'_>) -> Result<Response> {
    let answer = Document {
        kind: form.kind(),
        version: None,
        changed: Some(feed.updated()),
        bytes: form.render(feed),
    };
    let mut response = question.document(answer)?;
    if let Some(hub) = &feed.hub {
        let links = format!("<{hub}>; rel=\"hub\", <{}>; rel=\"self\"", feed.address);
        let links = HeaderValue::from_str(&links).map_err(Error::internal)?;
        response.headers_mut().insert(LINK, links);
    }
    Ok(response)
}

/// The house's own, which tells what everybody may read: who sees more is told of it nowhere.
fn hub(question: &Question) -> Option<String> {
    let everybodys = question.caller.sight.is_everybodys();
    everybodys.then(|| format!("{}{HUB}", question.door.site().public_url))
}
