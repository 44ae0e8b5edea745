//! News as web pages have it: schema.org in JSON-LD, by itself or in a page; Open Graph; and where a page says nothing of
//! itself, its text.
//!
//! Cast: `linked` JSON-LD, `markup` tags and what stands between them. What JSON-LD says counts for more than Open Graph,
//! and that for more than the page's own words: each fills what the one before left open.

mod linked;
mod markup;

pub use linked::{is_linked, read as read_linked};

use super::concepts::Concept;
use super::reading::{About, Document, Format, Hints, Item, Unreadable};
use crate::news::html;
use crate::news::story::Rendition;
use markup::Page;

/// Shorter than this it is no text of a story.
const SHORTEST: usize = 40;

/// A page in HTML.
pub fn read(text: &str, hints: &Hints) -> Result<Document, Unreadable> {
    let page = Page::of(text);
    let mut item = page
        .linked()
        .into_iter()
        .find_map(|json| linked::first(&json, hints))
        .unwrap_or_default();
    let is_linked = item.submission.headline.is_some();
    describe(&page, &mut item);
    if item.submission.body.is_none() && item.submission.body_text.is_none() {
        item.submission.body = page.prose();
    }
    let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    if !is_linked && length(&item.submission.body) + length(&item.submission.body_text) < SHORTEST {
        return Err(Unreadable::new(
            "the page holds no story: neither JSON-LD nor a text that could be one",
        ));
    }
    if item.identity.is_none() && hints.address.is_none() {
        return Err(Unreadable::new(
            "the page says no address of its own, and none came with it",
        ));
    }
    Ok(Document {
        format: Format::Page,
        about: About::default(),
        items: vec![item],
        refused: Vec::new(),
    })
}

/// What the page's head says, where nothing was said so far.
fn describe(page: &Page, item: &mut Item) {
    let meta = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| page.meta(name))
            .map(|t| words(&t))
            .filter(|t| !t.is_empty())
    };
    let fill = |slot: &mut Option<String>, found: Option<String>| {
        if slot.is_none() {
            *slot = found;
        }
    };
    let first = |text: Option<&str>| text.map(words).filter(|t| !t.is_empty());
    fill(&mut item.identity, page.canonical().or_else(|| meta(&["og:url"])));
    let s = &mut item.submission;
    fill(
        &mut s.headline,
        meta(&["og:title", "twitter:title"])
            .or_else(|| first(page.inside("h1")))
            .or_else(|| first(page.inside("title"))),
    );
    fill(
        &mut s.summary,
        meta(&["og:description", "description", "twitter:description"]),
    );
    let locale = meta(&["og:locale"]);
    fill(&mut s.language, page.language().or(locale));
    let published = meta(&[
        "article:published_time",
        "datepublished",
        "date",
        "dc.date",
        "parsely-pub-date",
    ])
    .or_else(|| page.time());
    fill(
        &mut s.published,
        meta(&["article:modified_time", "og:updated_time"]).or_else(|| published.clone()),
    );
    fill(&mut s.first_published, published);
    fill(&mut s.source, meta(&["og:site_name", "application-name"]));
    fill(
        &mut s.byline,
        meta(&["author", "article:author", "dc.creator"]).filter(|a| !a.contains("://")),
    );
    if s.renditions.is_none()
        && let Some(href) = page.meta("og:image")
    {
        s.renditions = Some(vec![image(
            href.trim().to_owned(),
            page.meta("og:image:alt").map(|a| words(&a)),
        )]);
    }
    let language = s.language.clone().unwrap_or_else(|| "und".to_owned());
    if s.topics.is_none() {
        let keywords = meta(&["news_keywords", "keywords"]).unwrap_or_default();
        let mut names: Vec<String> = page.metas("article:tag").map(|t| words(&t)).collect();
        names.extend(meta(&["article:section"]));
        if names.is_empty() {
            names.extend(keywords.split(',').map(|k| k.trim().to_owned()));
        }
        for name in names.into_iter().filter(|n| !n.is_empty()) {
            item.about(
                "keywords",
                Concept {
                    names: vec![(String::new(), name)],
                    ..Concept::default()
                },
                &language,
            );
        }
    }
}

fn image(href: String, alt: Option<String>) -> Rendition {
    Rendition {
        name: "main".to_owned(),
        href,
        media_type: None,
        width: None,
        height: None,
        size: None,
        digest: None,
        focal_point: None,
        credit: None,
        alt,
        caption: None,
    }
}

/// The words of a piece of HTML, with its character references resolved.
fn words(text: &str) -> String {
    html::plain(&html::paragraphs(&html::sanitise(text)))
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn story(html: &str) -> Item {
        let hints = Hints {
            address: Some("https://example.com/x"),
            ..Hints::default()
        };
        read(html, &hints).unwrap().items.remove(0)
    }

    #[test]
    fn json_ld_counts_for_more_than_open_graph_and_that_for_more_than_the_text() {
        let page = r#"<html lang="de"><head><title>T - Site</title><meta property="og:title" content="OG &amp; more">
            <link rel=canonical href="https://example.com/story"><meta property="article:tag" content="Ice">
            <script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"WebSite","name":"x"},
            {"@type":["NewsArticle"],"headline":"LD","datePublished":"2026-01-10T10:00:00+02:00","author":[{"name":"A"},{"name":"B"}],
             "publisher":{"name":"P"},"image":["https://example.com/i.jpg"],"keywords":"a, b"}]}</script></head>
            <body><nav>menu menu menu</nav><article><h1>H</h1><p>First paragraph of the text.</p><script>x</script><aside>Ad</aside>
            <p>Second.</p></article><footer>f</footer></body></html>"#;
        let item = story(page);
        let s = &item.submission;
        assert_eq!(s.headline.as_deref(), Some("LD"));
        assert_eq!(item.identity.as_deref(), Some("https://example.com/story"));
        assert_eq!(s.byline.as_deref(), Some("A, B"));
        assert_eq!(s.source.as_deref(), Some("P"));
        assert_eq!(s.language.as_deref(), Some("de"));
        assert_eq!(s.topics.as_ref().map(Vec::len), Some(2));
        let body = html::sanitise(s.body.as_deref().unwrap());
        assert_eq!(
            html::plain(&html::paragraphs(&body)),
            "First paragraph of the text.\n\nSecond."
        );
    }

    #[test]
    fn a_page_that_says_nothing_of_itself_is_read_by_its_text() {
        let item = story(
            "<title>A title</title><body><p>menu</p><p>A paragraph that is long enough to be one of a story.</p>",
        );
        assert_eq!(item.submission.headline.as_deref(), Some("A title"));
        assert!(item.submission.body.unwrap().contains("long enough"));
        assert!(read("<html><body><p>Log in</p></body></html>", &Hints::default()).is_err());
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,200}", like in "(</?(p|article|script|meta|title)( [a-z]{1,4}=['\"]?[a-z:]{0,4}['\"]?)?/?>|<!--|-->|&[a#x;0-9]{1,4}|t){0,40}") {
            _ = read(&text, &Hints::default());
            _ = read(&like, &Hints::default());
        }
    }
}
