//! What stands around every page: the head, the masthead with the strip of topics, the foot.

use super::words::{Words, direction};
use crate::archive::Archive;
use crate::error::Result;
use crate::news::filter::TopicFilter;
use crate::news::site::Site;
use crate::news::topic::{Topic, TopicKind};
use crate::news::viewer::Scope;
use crate::page::Page;
use axum::http::StatusCode;
use maud::{DOCTYPE, Markup, html};

/// Topics in the strip.
const STRIP: usize = 24;

/// What all pages of one request are made with.
pub struct Frame<'a> {
    pub site: &'a Site,
    pub words: &'static Words,
    /// The language of the page: of the story that it shows, or the house's own.
    pub language: &'a str,
    strip: Vec<Topic>,
}

/// What one page puts into the frame.
pub struct Content<'a> {
    /// Without the site's name.
    pub title: Option<&'a str>,
    /// The page's own address, from the root.
    pub path: &'a str,
    /// The same as JSON, from the root.
    pub json: &'a str,
    /// The topic that the page is about.
    pub topic: Option<&'a str>,
    /// The feeds that the page is about besides LATEST: what they are called, and their address without a form.
    pub feed: Option<(&'a str, String)>,
    /// More for the head.
    pub head: Markup,
    pub main: Markup,
}

impl<'a> Frame<'a> {
    /// `language`: of the page, where it is not the house's own.
    pub async fn of(archive: &'a Archive, scope: &Scope, language: Option<&'a str>) -> Result<Frame<'a>> {
        let roots = TopicFilter {
            roots: true,
            ..TopicFilter::default()
        };
        let slice = archive
            .list_topics(scope, &roots, &Page::first(crate::page::MOST))
            .await?;
        let mut strip: Vec<Topic> = slice.edges.into_iter().map(|e| e.node).collect();
        strip.sort_by_key(|t| rank(t.kind));
        strip.truncate(STRIP);
        let site = archive.site();
        let language = language.unwrap_or_else(|| site.home_language());
        Ok(Frame {
            site,
            words: Words::of(language),
            language,
            strip,
        })
    }

    /// A topic's name as this page says it.
    pub fn name<'t>(&self, topic: &'t Topic) -> &'t str {
        topic.name(self.language, self.site.home_language())
    }

    pub fn page(&self, content: Content<'_>) -> String {
        let Content {
            title,
            path,
            json,
            topic,
            feed,
            head,
            main,
        } = content;
        let (site, words) = (self.site, self.words);
        let title = match title {
            Some(title) => format!("{title} · {}", site.name),
            None => site.name.clone(),
        };
        let page = html! {
            (DOCTYPE)
            html lang=(self.language) dir=(direction(self.language)) {
                head {
                    meta charset="utf-8";
                    title { (title) }
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    link rel="stylesheet" href=(STYLE);
                    // Else every browser asks for /favicon.ico.
                    link rel="icon" href="data:,";
                    link rel="canonical" href={ (site.public_url) (path) };
                    link rel="alternate" type="application/json" href=(json);
                    @if let Some((title, path)) = &feed { (feeds(title, path)) }
                    (feeds(&site.name, "/feeds/latest"))
                    meta property="og:site_name" content=(site.name);
                    meta property="og:url" content={ (site.public_url) (path) };
                    (head)
                }
                body {
                    a.skip href="#main" lang=(words.language) { (words.skip) }
                    header.masthead lang=(words.language) dir=(words.direction()) {
                        @if path == "/" {
                            h1.name { a href="/" { (site.name) } }
                        } @else {
                            p.name { a href="/" { (site.name) } }
                        }
                        (self.strip(topic))
                    }
                    main #main { (main) }
                    (self.foot())
                }
            }
        };
        page.into_string()
    }

    fn strip(&self, current: Option<&str>) -> Markup {
        html! {
            @if !self.strip.is_empty() {
                nav.strip aria-label=(self.words.topics) {
                    ul {
                        @for topic in &self.strip {
                            li {
                                a href={ "/topics/" (topic.slug) }
                                    aria-current=[(current == Some(&topic.slug)).then_some("page")] { (self.name(topic)) }
                            }
                        }
                    }
                    a.all href="/topics" { (self.words.topics) }
                }
            }
        }
    }

    fn foot(&self) -> Markup {
        let zone = self.site.time_zone.iana_name().unwrap_or("UTC");
        html! {
            footer.foot lang=(self.words.language) dir=(self.words.direction()) {
                p { (self.words.times_in) " " bdi { (zone) } }
                ul {
                    li { a href="/v1/latest" { "JSON" } }
                    li { a href="/graphiql" { "GraphQL" } }
                    li { a href="/docs" { "API" } }
                }
            }
        }
    }
}

/// What feed readers look for (RSS autodiscovery).
fn feeds(title: &str, path: &str) -> Markup {
    let forms = [
        ("application/atom+xml", "atom"),
        ("application/rss+xml", "rss"),
        ("application/feed+json", "json"),
    ];
    html! {
        @for (kind, form) in forms {
            link rel="alternate" type=(kind) title=(title) href={ (path) "." (form) };
        }
    }
}

/// The version is for caches: another program may bring another style.
const STYLE: &str = concat!("/assets/site.css?v=", env!("CARGO_PKG_VERSION"));

/// In the strip, sections come before places, and both before names.
fn rank(kind: TopicKind) -> u8 {
    match kind {
        TopicKind::Subject => 0,
        TopicKind::Place => 1,
        TopicKind::Event => 2,
        TopicKind::Organisation => 3,
        TopicKind::Person => 4,
    }
}

/// The page for what is not there or did not work. It asks nobody anything: it may be the database that is missing.
pub fn error(site: &Site, status: StatusCode) -> String {
    let words = Words::of(site.home_language());
    let (title, text) = if status.is_server_error() {
        (words.failed, words.failed_text)
    } else if status == StatusCode::GONE {
        (words.gone, words.gone_text)
    } else {
        (words.not_found, words.not_found_text)
    };
    let page = html! {
        (DOCTYPE)
        html lang=(words.language) dir=(words.direction()) {
            head {
                meta charset="utf-8";
                title { (title) " · " (site.name) }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                link rel="stylesheet" href=(STYLE);
                link rel="icon" href="data:,";
            }
            body {
                header.masthead { p.name { a href="/" { (site.name) } } }
                main.notice {
                    p.code { (status.as_u16()) }
                    h1 { (title) }
                    p { (text) }
                    p { a href="/" { (words.latest) } }
                }
            }
        }
    };
    page.into_string()
}
