//! One story, and with `include` all that stands around it on a news page.

use super::frame::Frame;
use super::view::{Article, StorylineView};
use super::{Door, Question, forms, params};
use crate::archive::{Beside, Storyline, Surrounds};
use crate::error::{Error, Result};
use crate::news::filter::{ResolvedLink, Selection};
use crate::news::story::{ArticleKey, Story};
use crate::news::viewer::Scope;
use crate::page::Page;
use crate::web::{Form, Segment};
use axum::response::Response;
use jiff::tz::TimeZone;
use std::sync::Arc;

/// Stories that MORE ABOUT and LATEST show on a news page.
pub const SHORT: u32 = 5;

/// Stories of a storyline that a news page shows.
const LINE: usize = 20;

/// Which story is wanted, and how.
struct Wanted {
    include: Vec<String>,
    version: Option<i64>,
    /// A cursor of the wire, or a time.
    as_of: Option<String>,
    zone: Option<TimeZone>,
}

impl Wanted {
    fn read(question: &Question) -> Result<Wanted> {
        let mut params = question.params(params::STORY);
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
        Ok(Wanted {
            include,
            version,
            as_of,
            zone,
        })
    }
}

pub async fn one(form: Form, Segment(key): Segment, question: Question) -> Result<Response> {
    let Wanted {
        include,
        version,
        as_of,
        zone,
    } = Wanted::read(&question)?;
    forms::refuse(form, &[("timeZone", zone.is_some()), ("include", !include.is_empty())])?;
    let (door, scope) = (&question.door, question.scope());
    let as_of = as_of.map(|text| door.wire.as_of(&question.caller.sight.owner(), "asOf", &text));
    let as_of = as_of.transpose()?;
    let mut story = match named(door, &scope, &key).await {
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
        return forms::story(&question, form, &story).await;
    }
    let around = Around::of(door, &scope, &story, &include).await?;
    let all = std::iter::once(&story).chain(around.stories());
    let frame = Frame::of(&door.archive, &scope, zone, all).await?;
    question.answer(Some(story.version.0), &around.view(&frame, &story))
}

/// What stands around a story on its news page; none of what was not asked for.
struct Around {
    links: Option<Vec<ResolvedLink>>,
    more_about: Option<Vec<Beside>>,
    latest: Option<Vec<Arc<Story>>>,
    replaced_by: Option<Option<Arc<Story>>>,
    translations: Option<Vec<Arc<Story>>>,
    storyline: Option<Option<Storyline>>,
}

impl Around {
    async fn of(door: &Door, scope: &Scope, story: &Arc<Story>, include: &[String]) -> Result<Around> {
        let wants = |name: &str| include.iter().any(|i| i == name);
        let archive = &door.archive;
        let links = if wants("relatedLinks") {
            Some(links(door, scope, story).await?)
        } else {
            None
        };
        let more_about = if wants("moreAbout") {
            Some(more_about(door, scope, story).await?)
        } else {
            None
        };
        let latest = if wants("latest") {
            Some(newest(door, scope).await?)
        } else {
            None
        };
        let replaced_by = if wants("replacedBy") {
            Some(archive.replacements(scope, &[story.id]).await?.remove(&story.id))
        } else {
            None
        };
        let translations = if wants("translations") {
            let mut found = archive.translations(scope, std::slice::from_ref(story)).await?;
            Some(found.pop().unwrap_or_default())
        } else {
            None
        };
        let storyline = if wants("storyline") {
            Some(archive.storylines(scope, &[story.id]).await?.remove(&story.id))
        } else {
            None
        };
        Ok(Around {
            links,
            more_about,
            latest,
            replaced_by,
            translations,
            storyline,
        })
    }

    /// All stories that are shown of it.
    fn stories(&self) -> impl Iterator<Item = &Arc<Story>> {
        let Around {
            links,
            more_about,
            latest,
            replaced_by,
            translations,
            storyline,
        } = self;
        let linked = links.iter().flatten().filter_map(|l| l.story.as_ref());
        let on_one_event = storyline.iter().flatten().flat_map(shown);
        linked
            .chain(more_about.iter().flatten().map(|m| &m.story))
            .chain(latest.iter().flatten())
            .chain(replaced_by.iter().flatten())
            .chain(translations.iter().flatten())
            .chain(on_one_event)
    }

    fn view(&self, frame: &Frame<'_>, story: &Story) -> Article {
        let Around {
            links,
            more_about,
            latest,
            replaced_by,
            translations,
            storyline,
        } = self;
        let cards = |stories: &Vec<Arc<Story>>| stories.iter().map(|s| frame.card(s)).collect();
        let line = |line: &Storyline| StorylineView {
            id: line.id.0,
            articles: shown(line).map(|s| frame.card(s)).collect(),
        };
        Article {
            related_links: links.as_ref().map(|links| frame.links(links)),
            more_about: more_about.as_ref().map(|more| frame.more_about(story, more)),
            storyline: storyline.as_ref().map(|found| found.as_ref().map(line)),
            latest: latest.as_ref().map(cards),
            replaced_by: replaced_by
                .as_ref()
                .map(|found| found.as_ref().map(|s| Box::new(frame.card(s)))),
            translations: translations.as_ref().map(cards),
            ..frame.whole(story)
        }
    }
}

/// The stories of a storyline that a page has room for.
fn shown(line: &Storyline) -> impl Iterator<Item = &Arc<Story>> {
    line.stories.iter().take(LINE)
}

/// The story with this id, uri or slug.
pub async fn named(door: &Door, scope: &Scope, key: &str) -> Result<Arc<Story>> {
    door.archive.named_story(scope, &ArticleKey::read(key)).await
}

pub async fn links(door: &Door, scope: &Scope, story: &Arc<Story>) -> Result<Vec<ResolvedLink>> {
    let mut links = door.archive.resolve_links(scope, std::slice::from_ref(story)).await?;
    Ok(links.pop().unwrap_or_default())
}

pub async fn more_about(door: &Door, scope: &Scope, story: &Arc<Story>) -> Result<Vec<Beside>> {
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

async fn newest(door: &Door, scope: &Scope) -> Result<Vec<Arc<Story>>> {
    let slice = door
        .archive
        .list(scope, &Selection::default(), &Page::first(SHORT))
        .await?;
    Ok(slice.edges.into_iter().map(|e| e.node).collect())
}
