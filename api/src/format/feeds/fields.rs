//! What an item's elements say.

use super::super::liberal::{Element, Space, html};
use super::story::{Category, Feed, Medium, Parts};
use super::wording::Wording;
use url::Url;

/// Names of elements that were read nowhere, per item.
const MOST_LOST: usize = 20;

pub fn read(item: &Element, is_atom: bool, feed: &Feed) -> Parts {
    let mut parts = Parts {
        id: item.attribute("about").map(str::to_owned),
        // CDF.
        link: item.attribute("href").map(str::to_owned),
        updated: item.attribute("lastmod").map(str::to_owned),
        language: item.attribute("xml:lang").map(str::to_owned),
        base: base(item, feed.base.clone()),
        ..Parts::default()
    };
    let mut reading = Reading {
        is_atom,
        title: 0,
        permalink: None,
        is_summary: 0,
        parts: &mut parts,
    };
    for child in item.children() {
        reading.child(&child);
    }
    let permalink = reading.permalink.take();
    parts.link = parts.link.take().or(permalink);
    parts
}

/// The `xml:base` of an element and of those around it, from the address of the document on.
pub fn base(element: &Element, address: Option<Url>) -> Option<Url> {
    let around: Vec<&str> = std::iter::successors(Some(*element), Element::parent)
        .filter_map(|e| e.attribute("xml:base"))
        .collect();
    around.into_iter().rev().fold(address, |base, said| match &base {
        Some(known) => known.join(said).ok().or(base),
        None => Url::parse(said).ok(),
    })
}

/// A person's name, however it is given: as an element of its own, behind an address, in brackets.
pub fn person(element: &Element) -> Option<String> {
    let named = element.children().find(|c| c.name == "name").map(|c| c.text());
    let text = match named {
        Some(name) => name,
        None if element.children().next().is_some() => return None,
        None => element.text(),
    };
    let text = html::words(&text);
    let in_brackets = text.split_once('(').and_then(|(before, name)| {
        before
            .contains('@')
            .then(|| name.trim_end_matches(')').trim().to_owned())
    });
    let name = in_brackets.unwrap_or_else(|| {
        text.split_once('<')
            .map_or(text.as_str(), |(name, _)| name)
            .trim()
            .to_owned()
    });
    Some(name).filter(|n| !n.is_empty() && !is_address(n))
}

fn is_address(name: &str) -> bool {
    name.contains('@') && !name.contains(' ')
}

struct Reading<'p> {
    is_atom: bool,
    /// How good the title is that is known: a feed's own is better than Dublin Core's, and that than a picture's.
    title: u8,
    is_summary: u8,
    permalink: Option<String>,
    parts: &'p mut Parts,
}

impl Reading<'_> {
    fn child(&mut self, e: &Element) {
        match (e.space, e.name) {
            (Space::Feed, _) => self.own(e),
            (Space::DublinCore | Space::DublinCoreTerms, _) => self.dublin_core(e),
            (Space::Content, "encoded") => self.body(Wording::of(e, self.is_atom)),
            (Space::Xhtml, "body" | "div") => self.body(Wording::Html(e.markup())),
            (Space::Media, _) => self.media(e),
            (Space::Itunes, _) => self.itunes(e),
            (Space::Rdf | Space::Content | Space::Xhtml | Space::Xml | Space::Deleted | Space::Other, _) => {
                self.lost(e)
            }
        }
    }

    fn own(&mut self, e: &Element) {
        match e.name {
            "title" => self.title(e, 3),
            "link" => self.link(e),
            "guid" => {
                let id = html::line(&e.text());
                if e.attribute("ispermalink") != Some("false") && id.contains("://") {
                    self.permalink = Some(id.clone());
                }
                self.parts.id = Some(id).filter(|id| !id.is_empty()).or(self.parts.id.take());
            }
            "id" => {
                self.parts.id = Some(html::line(&e.text()))
                    .filter(|id| !id.is_empty())
                    .or(self.parts.id.take())
            }
            "description" | "summary" | "abstract" | "tagline" => self.summary(e, 2),
            "content" | "body" | "fullitem" => self.content(e),
            "author" | "contributor" if self.parts.authors.is_empty() || e.name == "author" => self.author(e),
            "pubdate" | "published" | "issued" => self.published(e, true),
            "created" => self.published(e, false),
            "updated" | "modified" | "lastmod" | "lastbuilddate" => {
                self.parts.updated = Some(e.text())
                    .filter(|t| !t.trim().is_empty())
                    .or(self.parts.updated.take());
            }
            "category" => self.category(e),
            "language" => self.parts.language = Some(e.text()),
            "enclosure" => self.enclosure(e),
            "image" => self.image(e),
            "source" => self.source(e),
            _ => self.lost(e),
        }
    }

    fn dublin_core(&mut self, e: &Element) {
        let text = || Some(html::words(&e.text())).filter(|t| !t.is_empty());
        match e.name {
            "title" => self.title(e, 2),
            "description" | "abstract" => self.summary(e, 1),
            "creator" | "author" => self.author(e),
            "date" | "issued" | "available" => self.published(e, true),
            "created" => self.published(e, false),
            "modified" => self.parts.updated = Some(e.text()),
            "subject" => self.category(e),
            "language" => self.parts.language = Some(e.text()),
            // Dateline's own feeds name the organisation here; others an address.
            "source" if self.parts.source.is_none() && !e.text().contains("://") => self.parts.source = text(),
            "publisher" => self.parts.source = self.parts.source.take().or_else(text),
            "identifier" => self.parts.name = text(),
            "type" => self.parts.genre = text(),
            _ => self.lost(e),
        }
    }

    fn media(&mut self, e: &Element) {
        match e.name {
            "title" => self.title(e, 1),
            "description" => self.summary(e, 0),
            "group" => e.children().for_each(|child| self.child(&child)),
            "keywords" => self.keywords(e),
            "content" | "thumbnail" => self.medium(e),
            _ => self.lost(e),
        }
    }

    fn itunes(&mut self, e: &Element) {
        match e.name {
            "title" => self.title(e, 1),
            "summary" | "subtitle" => self.summary(e, 0),
            "author" if self.parts.authors.is_empty() => self.author(e),
            "keywords" => self.keywords(e),
            "image" => self.parts.media.extend(e.attribute("href").map(|href| Medium {
                href: href.to_owned(),
                is_image: true,
                ..Medium::default()
            })),
            _ => self.lost(e),
        }
    }

    fn title(&mut self, e: &Element, rank: u8) {
        if rank > self.title {
            self.title = rank;
            self.parts.title = Some(Wording::of(e, self.is_atom));
        }
    }

    fn summary(&mut self, e: &Element, rank: u8) {
        let better = self
            .parts
            .summary
            .as_ref()
            .is_none_or(|s| s.is_empty() || rank > self.is_summary);
        let text = Wording::of(e, self.is_atom);
        if better && !text.is_empty() {
            self.is_summary = rank;
            self.parts.summary = Some(text);
        }
    }

    /// Of several the longest, which is nearly always the whole story.
    fn body(&mut self, body: Wording) {
        let length = |w: &Wording| match w {
            Wording::Html(text) | Wording::Plain(text) => text.len(),
        };
        if self
            .parts
            .body
            .as_ref()
            .is_none_or(|known| length(known) < length(&body))
        {
            self.parts.body = Some(body);
        }
    }

    /// In Atom a text, or something elsewhere.
    fn content(&mut self, e: &Element) {
        match e.attribute("src").or_else(|| e.attribute("url")) {
            Some(href) => self.parts.media.push(Medium {
                href: href.to_owned(),
                media_type: e.attribute("type").map(str::to_owned),
                ..Medium::default()
            }),
            None => self.body(Wording::of(e, self.is_atom)),
        }
    }

    fn link(&mut self, e: &Element) {
        let Some(href) = e.attribute("href").or_else(|| e.attribute("resource")) else {
            let text = html::line(&e.text());
            self.parts.link = self.parts.link.take().or(Some(text).filter(|t| !t.is_empty()));
            return;
        };
        let (href, title) = (href.to_owned(), e.attribute("title").map(str::to_owned));
        match e
            .attribute("rel")
            .unwrap_or("alternate")
            .rsplit('/')
            .next()
            .unwrap_or_default()
        {
            "alternate" | "" if self.parts.link.is_none() => self.parts.link = Some(href),
            "enclosure" => self.enclosure(e),
            "related" | "via" => self.parts.related.push((href, title)),
            _ => {}
        }
    }

    fn published(&mut self, e: &Element, is_better: bool) {
        let known = self.parts.published.take();
        let said = Some(e.text()).filter(|t| !t.trim().is_empty());
        self.parts.published = if is_better { said.or(known) } else { known.or(said) };
    }

    fn author(&mut self, e: &Element) {
        let name = person(e).filter(|name| !self.parts.authors.contains(name));
        self.parts.authors.extend(name);
    }

    fn category(&mut self, e: &Element) {
        let said = |name: &str| e.attribute(name).map(str::to_owned).filter(|t| !t.is_empty());
        let text = || Some(html::words(&e.text())).filter(|t| !t.is_empty());
        let nested = || e.children().find_map(|c| c.attribute("resource").map(str::to_owned));
        if let Some(term) = said("term").or_else(text).or_else(|| said("text")).or_else(nested) {
            let category = Category {
                term,
                scheme: said("scheme").or_else(|| said("domain")),
                label: said("label"),
            };
            self.parts.categories.push(category);
        }
    }

    fn keywords(&mut self, e: &Element) {
        let text = e.text();
        let words = text.split(',').map(str::trim).filter(|w| !w.is_empty());
        self.parts.categories.extend(words.map(|w| Category {
            term: w.to_owned(),
            ..Category::default()
        }));
    }

    fn enclosure(&mut self, e: &Element) {
        let href = e
            .attribute("url")
            .or_else(|| e.attribute("href"))
            .filter(|h| !h.is_empty());
        self.parts.media.extend(href.map(|href| Medium {
            href: href.to_owned(),
            media_type: e.attribute("type").map(str::to_owned),
            size: e.attribute("length").and_then(|l| l.parse().ok()),
            caption: e.attribute("title").map(html::line).filter(|t| !t.is_empty()),
            ..Medium::default()
        }));
    }

    /// RSS has `<image><url>`, others just write the address.
    fn image(&mut self, e: &Element) {
        let inner = e.children().find(|c| c.name == "url").map(|c| c.text());
        let said = e.attribute("href").or_else(|| e.attribute("url")).map(str::to_owned);
        let href = html::line(&said.or(inner).unwrap_or_else(|| e.text()));
        if !href.is_empty() && !href.contains(' ') {
            self.parts.media.push(Medium {
                href,
                is_image: true,
                ..Medium::default()
            });
        }
    }

    fn medium(&mut self, e: &Element) {
        let number = |name: &str| e.attribute(name).and_then(|n| n.parse().ok());
        let around = e.parent().filter(|p| p.is(Space::Media, "group"));
        let said = |name: &str| {
            let inside = e.children().chain(around.into_iter().flat_map(|a| a.children()));
            let mut inside = inside.filter(|c| c.is(Space::Media, name));
            inside.next().map(|c| html::words(&c.text())).filter(|t| !t.is_empty())
        };
        let href = e.attribute("url").filter(|h| !h.is_empty());
        self.parts.media.extend(href.map(|href| Medium {
            href: href.to_owned(),
            media_type: e.attribute("type").map(str::to_owned),
            is_image: e.name == "thumbnail" || e.attribute("medium") == Some("image"),
            width: number("width"),
            height: number("height"),
            size: e.attribute("filesize").and_then(|n| n.parse().ok()),
            credit: said("credit"),
            caption: said("description").or_else(|| said("title")),
        }));
        // Titles in a medium are the medium's; its pictures are pictures.
        for child in e.children().filter(|c| c.is(Space::Media, "thumbnail")) {
            self.medium(&child);
        }
    }

    /// The feed that an item was taken from.
    fn source(&mut self, e: &Element) {
        let title = e.children().find(|c| c.is(Space::Feed, "title"));
        let name = title.map_or_else(|| html::words(&e.text()), |t| Wording::of(&t, true).line());
        self.parts.source = Some(name).filter(|n| !n.is_empty());
    }

    fn lost(&mut self, e: &Element) {
        let is_empty = || e.text().trim().is_empty() && e.children().next().is_none();
        // `<x:>` has no name.
        if self.parts.lost.len() < MOST_LOST && !e.name.is_empty() && !is_empty() {
            self.parts.lose(e.name, "a story has no place for it");
        }
    }
}
