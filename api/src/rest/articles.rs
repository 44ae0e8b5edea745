//! Stories: lists, one story, the whole news page.

use super::params::{self, filter, page};
use super::view::{Article, DifferenceView, Frame, List, Related, SimilarList, SimilarView, StorylineView};
use super::{Door, forms};
use crate::archive::{Beside, Likeness, Similar, Surrounds};
use crate::error::{Error, Result};
use crate::news::filter::Selection;
use crate::news::story::{ArticleKey, Story};
use crate::news::viewer::Scope;
use crate::page::{Order, Page};
use crate::web::{Caller, Form, Param, Params, Segment, list_links, ready};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use std::sync::Arc;

/// Stories that MORE ABOUT and LATEST show on a news page.
const SHORT: u32 = 5;

/// Stories of a storyline that a news page shows.
const LINE: usize = 20;

/// What a request for a list brings.
pub struct Request<'a> {
    pub door: &'a Door,
    pub caller: &'a Caller,
    pub form: Form,
    pub headers: &'a HeaderMap,
    pub uri: &'a Uri,
}

pub async fn list(
    State(door): State<Door>,
    caller: Caller,
    form: Form,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response> {
    let mut params = Params::read(uri.query(), params::ARTICLES);
    let filter = filter(&mut params);
    let asked = Request {
        door: &door,
        caller: &caller,
        form,
        headers: &headers,
        uri: &uri,
    };
    let ready = Listing::read(params)?;
    let selection = door.archive.select(&caller.scope(), filter).await?;
    asked.list(&selection, ready).await
}

pub async fn latest(
    State(door): State<Door>,
    caller: Caller,
    form: Form,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response> {
    let asked = Request {
        door: &door,
        caller: &caller,
        form,
        headers: &headers,
        uri: &uri,
    };
    asked
        .list(
            &Selection::default(),
            Listing::read(Params::read(uri.query(), params::PAGE))?,
        )
        .await
}

/// How a list is wanted.
pub struct Listing {
    page: Page,
    total: bool,
    zone: Option<jiff::tz::TimeZone>,
    bodies: bool,
}

impl Listing {
    pub fn read(mut params: Params<'_>) -> Result<Listing> {
        let page = page(&mut params, Order::Story);
        let total = params.flag("total");
        let zone = params.zone("timeZone");
        let bodies = params.list("include").iter().any(|i| i == "body");
        params.choice("format");
        params.finish()?;
        let page = page.ok_or_else(|| Error::internal("a page without faults was not read"))?;
        Ok(Listing {
            page,
            total,
            zone,
            bodies,
        })
    }
}

impl Request<'_> {
    pub async fn list(&self, selection: &Selection, listing: Listing) -> Result<Response> {
        let Listing {
            page,
            total,
            zone,
            bodies,
        } = listing;
        let (archive, scope) = (&self.door.archive, self.caller.scope());
        forms::refuse(
            self.form,
            &[
                ("timeZone", zone.is_some()),
                ("include", bodies),
                ("total", total && self.form == Form::Newsml),
            ],
        )?;
        let slice = archive.list(&scope, selection, &page).await?;
        let total = if total {
            Some(archive.count(&scope, selection).await?)
        } else {
            None
        };
        if self.form != Form::Json {
            let (asked, form) = ((self.headers, self.caller), (self.form, self.uri));
            let mut response = forms::list(archive, &scope, asked, form, &slice, total).await?;
            list_links(&mut response, self.uri, &slice);
            return Ok(response);
        }
        let frame = Frame::of(archive, &scope, zone, slice.edges.iter().map(|e| &e.node)).await?;
        let list = List::of(&slice, total, |s| if bodies { frame.whole(s) } else { frame.card(s) });
        let mut response = ready(self.headers, self.caller, None, &list)?;
        list_links(&mut response, self.uri, &slice);
        Ok(response)
    }
}

/// The story with this id, uri or slug.
pub async fn named(door: &Door, scope: &Scope, key: &str) -> Result<Arc<Story>> {
    door.archive.named_story(scope, &ArticleKey::read(key)).await
}

pub async fn one(
    State(door): State<Door>,
    caller: Caller,
    form: Form,
    Segment(key): Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    let mut params = Params::read(query.as_deref(), params::STORY);
    let include = params.list("include");
    let version = params.integer("version");
    if version.is_some_and(|v| !(1..=i64::from(i32::MAX)).contains(&v)) {
        params.refuse("version", "must be 1 or more");
    }
    let as_of = params.text("asOf");
    if as_of.is_some() && version.is_some() {
        params.refuse("asOf", "says which version; leave `version` out");
    }
    let zone = params.zone("timeZone");
    params.choice("format");
    params.finish()?;
    forms::refuse(form, &[("timeZone", zone.is_some()), ("include", !include.is_empty())])?;
    let as_of = as_of.map(|text| door.wire.as_of(&caller.sight.owner(), "asOf", &text));
    let as_of = as_of.transpose()?;
    let scope = caller.scope();
    let mut story = match named(&door, &scope, &key).await {
        Ok(story) => story,
        Err(Error {
            tombstone: Some(tombstone),
            ..
        }) => return forms::gone(&door.archive, form, &tombstone),
        Err(error) => return Err(error),
    };
    if let Some(at) = as_of {
        let found = door.archive.find_as_of(&story, at).await?;
        story = found.ok_or_else(|| Error::not_found("version of this story"))?;
    }
    if let Some(version) = version {
        let version = i32::try_from(version).unwrap_or(i32::MAX);
        let found = door.archive.find_version(&story, version).await?;
        story = found.ok_or_else(|| Error::not_found("version of this story"))?;
    }
    if form != Form::Json {
        return forms::story(&door.archive, &scope, (&headers, &caller), form, &story).await;
    }
    let wants = |name: &str| include.iter().any(|i| i == name);
    let links = if wants("relatedLinks") {
        links(&door, &scope, &story).await?
    } else {
        Vec::new()
    };
    let more = if wants("moreAbout") {
        more_about(&door, &scope, &story).await?
    } else {
        Vec::new()
    };
    let latest = if wants("latest") {
        newest(&door, &scope).await?
    } else {
        Vec::new()
    };
    let replaced_by = if wants("replacedBy") {
        let mut found = door.archive.replacements(&scope, &[story.id]).await?;
        found.remove(&story.id)
    } else {
        None
    };
    let translations = if wants("translations") {
        let mut found = door.archive.translations(&scope, std::slice::from_ref(&story)).await?;
        found.pop().unwrap_or_default()
    } else {
        Vec::new()
    };
    let storyline = if wants("storyline") {
        door.archive.storylines(&scope, &[story.id]).await?.remove(&story.id)
    } else {
        None
    };
    let on_one_event: Vec<Arc<Story>> = storyline
        .iter()
        .flat_map(|line| line.stories.iter().take(LINE).cloned())
        .collect();
    let linked = links.iter().filter_map(|l| l.story.as_ref());
    let chained = replaced_by.iter().chain(&translations);
    let all = std::iter::once(&story)
        .chain(linked)
        .chain(more.iter().map(|m| &m.story))
        .chain(&latest)
        .chain(chained)
        .chain(&on_one_event);
    let frame = Frame::of(&door.archive, &scope, zone, all).await?;
    let view = Article {
        related_links: wants("relatedLinks").then(|| frame.links(&links)),
        more_about: wants("moreAbout").then(|| frame.more_about(&story, &more)),
        storyline: wants("storyline").then(|| {
            storyline.as_ref().map(|line| StorylineView {
                id: line.id.0,
                articles: on_one_event.iter().map(|s| frame.card(s)).collect(),
            })
        }),
        latest: wants("latest").then(|| latest.iter().map(|s| frame.card(s)).collect()),
        replaced_by: wants("replacedBy").then(|| replaced_by.as_ref().map(|s| Box::new(frame.card(s)))),
        translations: wants("translations").then(|| translations.iter().map(|s| frame.card(s)).collect()),
        ..frame.whole(&story)
    };
    ready(&headers, &caller, Some(story.version.0), &view)
}

pub async fn related(
    State(door): State<Door>,
    caller: Caller,
    Segment(key): Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    let zone = only_zone(query.as_deref(), params::RELATED)?;
    let scope = caller.scope();
    let story = named(&door, &scope, &key).await?;
    let links = links(&door, &scope, &story).await?;
    let more = more_about(&door, &scope, &story).await?;
    let all = std::iter::once(&story)
        .chain(links.iter().filter_map(|l| l.story.as_ref()))
        .chain(more.iter().map(|m| &m.story));
    let frame = Frame::of(&door.archive, &scope, zone, all).await?;
    let view = Related {
        related_links: frame.links(&links),
        more_about: frame.more_about(&story, &more),
    };
    ready(&headers, &caller, None, &view)
}

pub async fn difference(
    State(door): State<Door>,
    caller: Caller,
    Segment(key): Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    let mut params = Params::read(query.as_deref(), params::DIFFERENCE);
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
    let scope = caller.scope();
    let story = named(&door, &scope, &key).await?;
    let difference = door.archive.difference(&scope, &story, from, to).await?;
    ready(&headers, &caller, None, &DifferenceView::from(difference))
}

pub async fn versions(
    State(door): State<Door>,
    caller: Caller,
    form: Form,
    Segment(key): Segment,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response> {
    let mut params = Params::read(uri.query(), params::VERSIONS);
    let page = page(&mut params, Order::Number);
    let zone = params.zone("timeZone");
    params.choice("format");
    params.finish()?;
    forms::refuse(form, &[("timeZone", zone.is_some())])?;
    let page = page.ok_or_else(|| Error::internal("a page without faults was not read"))?;
    let scope = caller.scope();
    let story = named(&door, &scope, &key).await?;
    let slice = door.archive.list_versions(&story, &page).await?;
    if form != Form::Json {
        let asked = (&headers, &caller);
        let mut response = forms::list(&door.archive, &scope, asked, (form, &uri), &slice, None).await?;
        list_links(&mut response, &uri, &slice);
        return Ok(response);
    }
    let frame = Frame::of(&door.archive, &scope, zone, slice.edges.iter().map(|e| &e.node)).await?;
    let list = List::of(&slice, None, |s| frame.whole(s));
    let mut response = ready(&headers, &caller, None, &list)?;
    list_links(&mut response, &uri, &slice);
    Ok(response)
}

/// The time zone of a request that takes nothing else.
pub fn only_zone(query: Option<&str>, known: &'static [Param]) -> Result<Option<jiff::tz::TimeZone>> {
    let mut params = Params::read(query, known);
    let zone = params.zone("timeZone");
    params.finish()?;
    Ok(zone)
}

async fn links(door: &Door, scope: &Scope, story: &Arc<Story>) -> Result<Vec<crate::news::filter::ResolvedLink>> {
    let mut links = door.archive.resolve_links(scope, std::slice::from_ref(story)).await?;
    Ok(links.pop().unwrap_or_default())
}

async fn more_about(door: &Door, scope: &Scope, story: &Arc<Story>) -> Result<Vec<Beside>> {
    let asked = Surrounds {
        story: Arc::clone(story),
        topic: story.topics.first().copied(),
        filled: true,
        count: SHORT,
        without: Vec::new(),
    };
    let mut found = door.archive.more_about(scope, &[asked]).await?;
    Ok(found.pop().unwrap_or_default())
}

pub async fn similar(
    State(door): State<Door>,
    caller: Caller,
    Segment(key): Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    let mut params = Params::read(query.as_deref(), params::SIMILAR);
    let count = params.ranged("limit").unwrap_or(i64::from(SHORT));
    let zone = params.zone("timeZone");
    params.finish()?;
    let scope = caller.scope();
    let story = named(&door, &scope, &key).await?;
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
    ready(&headers, &caller, None, &list)
}

async fn newest(door: &Door, scope: &Scope) -> Result<Vec<Arc<Story>>> {
    let slice = door
        .archive
        .list(scope, &Selection::default(), &Page::first(SHORT))
        .await?;
    Ok(slice.edges.into_iter().map(|e| e.node).collect())
}
