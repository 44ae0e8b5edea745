//! A story's page: the story, what editors linked, MORE ABOUT its topic, LATEST.

use super::frame::{Content, Frame};
use super::words::direction;
use super::{Question, list, media, schema};
use crate::archive::{Archive, Surrounds};
use crate::error::{Error, Result};
use crate::format::piece::Piece;
use crate::news::filter::{ResolvedLink, Selection};
use crate::news::story::{ArticleKey, CorrectionKind, LinkKind, Story};
use crate::news::topic::Source;
use crate::news::viewer::Scope;
use crate::page::Page;
use crate::web::{Segment, moved};
use axum::response::Response;
use maud::{Markup, PreEscaped, html};
use std::sync::Arc;

/// Stories in MORE ABOUT and in LATEST.
const SHORT: u32 = 5;

pub async fn page(Segment(key): Segment, question: Question) -> Result<Response> {
    let (archive, scope) = (&question.door, question.scope());
    let story = archive.named_story(&scope, &ArticleKey::read(&key)).await?;
    if story.slug != key {
        return Ok(moved(&question.caller, &format!("/articles/{}", story.slug)));
    }
    let around = Around::of(archive, &scope, &story).await?;
    let frame = Frame::of(archive, &scope, Some(&story.language)).await?;
    let page = frame.page(Content {
        title: Some(&story.headline),
        path: &format!("/articles/{}", story.slug),
        json: &format!("/v1/articles/{}?include=relatedLinks,moreAbout,latest", story.slug),
        topic: around.piece.topics.first().map(|t| t.slug.as_str()),
        feed: None,
        head: schema::story(&frame, &around.piece),
        main: html! {
            div.columns {
                (article(&frame, &story, &around))
                aside.rail lang=(frame.words.language) dir=(frame.words.direction()) {
                    (more_about(&frame, &around))
                    section { h2.label { (frame.words.latest) } (list::brief(&frame, &around.latest)) }
                }
            }
        },
    });
    question.html(Some(story.version.0), page)
}

/// What stands on a story's page.
struct Around {
    piece: Piece,
    more_about: Vec<Arc<Story>>,
    latest: Vec<Arc<Story>>,
}

impl Around {
    async fn of(archive: &Archive, scope: &Scope, story: &Arc<Story>) -> Result<Around> {
        let mut pieces = archive.pieces(scope, std::slice::from_ref(story)).await?;
        let piece = pieces.pop().ok_or_else(|| Error::internal("a piece was not made"))?;
        let asked = Surrounds {
            story: Arc::clone(story),
            topic: story.topics.first().copied(),
            // Under the topic's name stands what is of the topic.
            filled: false,
            count: SHORT,
            without: Vec::new(),
        };
        let more_about = archive.more_about(scope, &[asked]).await?.pop().unwrap_or_default();
        let more_about: Vec<Arc<Story>> = more_about.into_iter().map(|beside| beside.story).collect();
        let latest = archive.list(scope, &Selection::default(), &Page::first(SHORT)).await?;
        let latest: Vec<Arc<Story>> = latest.edges.into_iter().map(|e| e.node).collect();
        scope
            .readings
            .showed_all(more_about.iter().chain(&latest).map(|story| story.id));
        Ok(Around {
            piece,
            more_about,
            latest,
        })
    }
}

fn article(frame: &Frame<'_>, story: &Story, around: &Around) -> Markup {
    // The editor's note is for editors; readers get the rest.
    html! {
        article.story {
            header {
                @if let Some(topic) = around.piece.topics.first() {
                    p.kicker { a href={ "/topics/" (topic.slug) } { (frame.name(topic)) } }
                }
                h1 { (story.headline) }
                @if let Some(summary) = &story.summary { p.standfirst { (summary) } }
                (imprint(frame, story, around.piece.source.as_ref()))
            }
            (corrections(frame, story))
            @if let Some(picture) = media::main(story) { (media::figure(picture)) }
            div.prose { (PreEscaped(&story.body_html)) }
            (related(frame, &around.piece.links))
            @if around.piece.topics.len() > 1 {
                ul.tags aria-label=(frame.words.topics) {
                    @for topic in &around.piece.topics { li { a href={ "/topics/" (topic.slug) } { (frame.name(topic)) } } }
                }
            }
        }
    }
}

/// Who, where, when, from whom.
fn imprint(frame: &Frame<'_>, story: &Story, source: Option<&Source>) -> Markup {
    html! {
        p.imprint {
            @if let Some(byline) = &story.byline { span.byline { (byline) } " " }
            @if let Some(dateline) = &story.dateline { span.dateline { (dateline) } " " }
            @if let Some(source) = source { span.source { (source.name) } " " }
            span { (list::time(frame.site, story.first_published)) }
            @if story.published > story.first_published {
                " " span { (frame.words.updated) " " (list::time(frame.site, story.published)) }
            }
        }
    }
}

/// What was put right, the newest first, before the text that it is about.
fn corrections(frame: &Frame<'_>, story: &Story) -> Markup {
    html! {
        @for correction in story.corrections.iter().rev() {
            aside.correction {
                p {
                    strong lang=(frame.words.language) {
                        @match correction.kind {
                            CorrectionKind::Correction => (frame.words.correction),
                            CorrectionKind::Clarification => (frame.words.clarification),
                        }
                    }
                    " " (list::time(frame.site, correction.at))
                }
                p { (correction.text) }
            }
        }
    }
}

fn related(frame: &Frame<'_>, links: &[ResolvedLink]) -> Markup {
    html! {
        @if !links.is_empty() {
            section.related {
                h2.label lang=(frame.words.language) { (frame.words.related) }
                ul {
                    @for link in links {
                        li {
                            span.kind lang=(frame.words.language) { (kind(frame, link.kind)) }
                            " "
                            (target(link))
                        }
                    }
                }
            }
        }
    }
}

/// To a story within the site by its path, to elsewhere by its address.
fn target(link: &ResolvedLink) -> Markup {
    html! {
        @match (&link.story, &link.url) {
            (Some(story), _) => {
                a href={ "/articles/" (story.slug) } lang=(story.language) dir=(direction(&story.language)) {
                    (link.title)
                }
            }
            (None, Some(url)) => {
                a href=(url) rel="external noopener noreferrer" { (link.title) }
            }
            (None, None) => { (link.title) }
        }
    }
}

fn kind(frame: &Frame<'_>, kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Background => frame.words.background,
        LinkKind::FollowUp => frame.words.follow_up,
        LinkKind::CorrectionOf => frame.words.correction_of,
        LinkKind::TranslationOf => frame.words.translation_of,
        LinkKind::External => frame.words.external,
    }
}

fn more_about(frame: &Frame<'_>, around: &Around) -> Markup {
    html! {
        @if let (Some(topic), false) = (around.piece.topics.first(), around.more_about.is_empty()) {
            section {
                h2.label {
                    (frame.words.more_about) " "
                    a href={ "/topics/" (topic.slug) } { (frame.name(topic)) }
                }
                (list::brief(frame, &around.more_about))
            }
        }
    }
}
