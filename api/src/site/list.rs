//! Stories as rows of a list, and the links from page to page.

use super::frame::Frame;
use super::words::direction;
use crate::error::{Error, Result};
use crate::news::site::Site;
use crate::news::story::Story;
use crate::news::zone;
use crate::page::{self, Asked, Order, Page, Slice};
use jiff::Timestamp;
use maud::{Markup, html};
use std::sync::Arc;

/// The page that an address asks for. Parameters that are not ours pass: links to a news site come with all sorts of
/// them. A cursor that we never gave leads nowhere.
pub fn asked(query: Option<&str>, order: Order, size: u32) -> Result<Page> {
    let said = |wanted: &str| {
        let mut pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        pairs.find(|(name, _)| name == wanted).map(|(_, value)| value)
    };
    let after = said("after");
    let before = said("before").filter(|_| after.is_none());
    let size = Some(i64::from(size));
    let asked = Asked {
        first: size.filter(|_| before.is_none()),
        last: size.filter(|_| before.is_some()),
        after: after.as_deref(),
        before: before.as_deref(),
    };
    Page::read(asked, order, page::REST).map_err(|_| Error::not_found("page"))
}

/// Whether it is where a reader comes in.
pub fn is_first(page: &Page) -> bool {
    page.after.is_none() && page.before.is_none()
}

/// A page's own address: the one that leads to the same stories again.
pub fn address(path: &str, page: &Page) -> String {
    match (&page.after, &page.before) {
        (Some(after), _) => format!("{path}?after={}", after.encode()),
        (None, Some(before)) => format!("{path}?before={}", before.encode()),
        (None, None) => path.to_owned(),
    }
}

/// Local time and date, as news agencies write them: figures only, in the order that the house of the first page does.
pub fn time(site: &Site, instant: Timestamp) -> Markup {
    let local = instant.to_zoned(site.time_zone.clone());
    html! {
        time dir="ltr" datetime=(zone::in_zone(instant, &site.time_zone)) {
            (local.strftime("%H:%M, %d.%m.%Y"))
        }
    }
}

/// A story's headline as a link, in its own language.
pub fn headline(story: &Story) -> Markup {
    html! {
        a href={ "/articles/" (story.slug) } lang=(story.language) dir=(direction(&story.language)) { (story.headline) }
    }
}

/// Headline and time: MORE ABOUT, LATEST.
pub fn brief(frame: &Frame<'_>, stories: &[Arc<Story>]) -> Markup {
    html! {
        ol.brief {
            @for story in stories {
                li { h3 { (headline(story)) } (time(frame.site, story.first_published)) }
            }
        }
    }
}

/// Time, headline and summary.
pub fn long<'s>(frame: &Frame<'_>, stories: impl Iterator<Item = &'s Arc<Story>>) -> Markup {
    html! {
        ol.long {
            @for story in stories {
                li {
                    (time(frame.site, story.first_published))
                    div dir=(direction(&story.language)) { h3 { (headline(story)) } (summary(story)) }
                }
            }
        }
    }
}

pub fn summary(story: &Story) -> Markup {
    html! {
        @if let Some(summary) = &story.summary {
            p.summary lang=(story.language) dir=(direction(&story.language)) { (summary) }
        }
    }
}

/// The links to the pages before and after this one.
pub fn turn<T>(frame: &Frame<'_>, path: &str, page: &Page, slice: &Slice<T>) -> Markup {
    let (newer, older) = (slice.previous(), slice.next());
    let words = frame.words;
    html! {
        @if slice.edges.is_empty() { p.nothing { (words.nothing) } }
        @if newer.is_some() || older.is_some() || !is_first(page) {
            nav.turn aria-label=(words.pages) {
                @if !is_first(page) { a.newest href=(path) { (words.newest) } }
                @if let Some(cursor) = newer { a rel="prev" href={ (path) "?before=" (cursor) } { (words.newer) } }
                @if let Some(cursor) = older { a rel="next" href={ (path) "?after=" (cursor) } { (words.older) } }
            }
        }
    }
}
