//! From what a feed says of an item to a story as a publisher would put it in. Whoever asked for the document brings it
//! within the desk's bounds.

use super::super::concepts::Concept;
use super::super::liberal::html;
use super::super::reading::{Item, Loss};
use super::dates;
use super::wording::Wording;
use crate::news::story::{LinkKind, Rendition};
use crate::news::submission::{LinkSubmission, Submission};
use crate::news::{language, uri};
use std::collections::BTreeMap;
use url::Url;

/// A description that is longer than this, in characters, is the story itself.
const LONGEST_SYNOPSIS: usize = 600;
/// What a topic is called in a feed that says no language.
const UNKNOWN: &str = "en";

/// What a feed says for all its items.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    pub language: Option<String>,
    pub byline: Option<String>,
    pub base: Option<Url>,
    /// Where its items are at home: two feeds may number their items alike.
    pub place: Option<String>,
}

/// What a feed says of one item, in the feed's words.
#[derive(Default)]
pub struct Parts {
    pub id: Option<String>,
    /// A name that it has besides its id in the feed.
    pub name: Option<String>,
    pub link: Option<String>,
    pub title: Option<Wording>,
    pub summary: Option<Wording>,
    pub body: Option<Wording>,
    pub authors: Vec<String>,
    pub published: Option<String>,
    pub updated: Option<String>,
    pub language: Option<String>,
    pub categories: Vec<Category>,
    pub media: Vec<Medium>,
    /// Address and title.
    pub related: Vec<(String, Option<String>)>,
    pub source: Option<String>,
    pub genre: Option<String>,
    pub base: Option<Url>,
    pub lost: Vec<Loss>,
}

#[derive(Default)]
pub struct Category {
    pub term: String,
    pub scheme: Option<String>,
    pub label: Option<String>,
}

#[derive(Default)]
pub struct Medium {
    pub href: String,
    pub media_type: Option<String>,
    pub is_image: bool,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub size: Option<i64>,
    pub credit: Option<String>,
    pub caption: Option<String>,
}

impl Parts {
    pub fn lose(&mut self, what: &str, why: impl Into<String>) {
        self.lost.push(Loss::new(what, why));
    }

    pub fn item(mut self, feed: &Feed) -> Item {
        let base = self.base.take().or_else(|| feed.base.clone());
        let link = self
            .link
            .take()
            .filter(|l| !l.is_empty())
            .map(|link| absolute(&link, base.as_ref()));
        let headline = self.title.take().map(|title| title.line()).filter(|t| !t.is_empty());
        let id = self.id.take().filter(|id| !id.is_empty());
        let identity = id
            .clone()
            .or_else(|| link.clone())
            .unwrap_or_else(|| self.digest(headline.as_deref()));
        let names = [self.name.take(), Some(identity.clone()), link.clone()];
        let name = names.iter().flatten().find_map(|name| name_of(name));
        let made = || feed.place.as_ref().map(|place| uri::made(&["feed", place, &identity]));
        let name = name.or_else(made);
        let language = self.language(feed);
        let (summary, body) = self.text();
        let (body, body_text) = match body {
            Some(Wording::Html(html)) => (Some(html::absolute(&html, base.as_ref()).into_owned()), None),
            Some(Wording::Plain(text)) => (None, Some(text)),
            None => (None, None),
        };
        let byline = Some(self.authors.join(", "))
            .filter(|a| !a.is_empty())
            .or_else(|| feed.byline.clone());
        let (first_published, published) = self.times();
        let own = link.filter(|link| name.is_none() || name_of(link) != name);
        let submission = Submission {
            uri: name,
            headline,
            summary,
            body,
            body_text,
            byline,
            genre: self.genre.take(),
            source: self.source.take(),
            first_published,
            published,
            related_links: Some(self.links(own, base.as_ref())).filter(|l| !l.is_empty()),
            renditions: Some(self.renditions(base.as_ref())).filter(|r| !r.is_empty()),
            ..Submission::default()
        };
        let mut item = Item {
            submission,
            identity: Some(identity),
            lost: self.lost,
            ..Item::default()
        };
        for category in self.categories {
            item.about("category", category.concept(), language.as_deref().unwrap_or(UNKNOWN));
        }
        item.submission.language = language;
        item
    }

    /// What is known by nothing is known by what it says.
    fn digest(&self, headline: Option<&str>) -> String {
        let texts = [self.summary.as_ref(), self.body.as_ref()]
            .into_iter()
            .flatten()
            .map(Wording::line);
        let text = texts
            .reduce(|a, b| a + &b)
            .filter(|_| headline.is_none())
            .unwrap_or_default();
        let said = [headline, self.published.as_deref(), Some(&text)]
            .map(Option::unwrap_or_default)
            .join("\n");
        uri::made(&["said", &said])
    }

    fn language(&mut self, feed: &Feed) -> Option<String> {
        let said = self.language.take().filter(|l| !l.trim().is_empty());
        let known = said.as_deref().and_then(tag);
        if let (Some(said), None) = (said, &known) {
            self.lose("language", format!("{} is no language tag", html::line(&said)));
        }
        known.or_else(|| feed.language.clone())
    }

    /// Summary and body. Of a single text a long one, or one of paragraphs and pictures, is the story; a short one is its
    /// summary.
    fn text(&mut self) -> (Option<String>, Option<Wording>) {
        let body = self.body.take().filter(|b| !b.is_empty());
        let summary = self.summary.take().filter(|s| !s.is_empty());
        let (summary, body) = match (summary, body) {
            (Some(Wording::Html(html)), None) if html::has_blocks(&html) => return (None, Some(Wording::Html(html))),
            (Some(text), None) if text.line().chars().count() > LONGEST_SYNOPSIS => return (None, Some(text)),
            pair => pair,
        };
        (summary.map(|s| s.line()).filter(|s| !s.is_empty()), body)
    }

    /// When it was first published, and when this edition was.
    fn times(&mut self) -> (Option<String>, Option<String>) {
        let (published, updated) = (self.published.take(), self.updated.take());
        let mut time = |what: &str, said: Option<String>| {
            let said = said.filter(|s| !s.trim().is_empty())?;
            let read = dates::read(&said);
            if read.is_none() {
                self.lose(what, format!("{} is no time", html::line(&said)));
            }
            read
        };
        let (published, updated) = (time("published", published), time("updated", updated));
        let first = published.or(updated);
        let edition = updated.filter(|updated| first.is_some_and(|first| *updated > first));
        (first.map(|t| t.to_string()), edition.map(|t| t.to_string()))
    }

    /// Enclosures, Media RSS and iTunes name the same medium each in their way: what one does not say another may.
    fn renditions(&mut self, base: Option<&Url>) -> Vec<Rendition> {
        let mut renditions: Vec<Rendition> = Vec::new();
        let mut numbers = BTreeMap::<&str, usize>::new();
        for medium in std::mem::take(&mut self.media) {
            let href = absolute(&medium.href, base);
            if let Some(known) = renditions.iter_mut().find(|r| r.href == href) {
                medium.complete(known);
                continue;
            }
            if let Err(why) = uri::web_url(&href) {
                self.lose("enclosure", why);
                continue;
            }
            let is_image = medium.is_image || medium.media_type.as_deref().is_some_and(|t| t.starts_with("image/"));
            let name = if is_image { "image" } else { "media" };
            let number = *numbers.entry(name).and_modify(|n| *n += 1).or_insert(1);
            let name = match (name, number) {
                ("image", 1) => "main".to_owned(),
                (name, 1) => name.to_owned(),
                (name, number) => format!("{name}-{number}"),
            };
            let mut rendition = Rendition {
                name,
                href,
                media_type: None,
                width: None,
                height: None,
                size: None,
                digest: None,
                focal_point: None,
                credit: None,
                alt: None,
                caption: None,
            };
            medium.complete(&mut rendition);
            renditions.push(rendition);
        }
        renditions
    }

    /// A story that is named by something else keeps the page it was found on.
    fn links(&mut self, own: Option<String>, base: Option<&Url>) -> Vec<LinkSubmission> {
        let mut links = Vec::<LinkSubmission>::new();
        let related = std::mem::take(&mut self.related);
        for (address, title) in own.map(|own| (own, None)).into_iter().chain(related) {
            let address = absolute(&address, base);
            if links.iter().any(|l| l.url.as_ref() == Some(&address)) {
                continue;
            }
            if let Err(why) = uri::web_url(&address) {
                self.lose("link", why);
                continue;
            }
            // Whose it is says more than nothing.
            let host = || Url::parse(&address).ok()?.host_str().map(str::to_owned);
            let title = title.map(|t| html::line(&t)).filter(|t| !t.is_empty()).or_else(host);
            let kind = LinkKind::External.as_str().to_owned();
            links.push(LinkSubmission {
                kind,
                uri: None,
                url: Some(address),
                title,
            });
        }
        links
    }
}

impl Medium {
    fn complete(self, rendition: &mut Rendition) {
        let Medium {
            href: _,
            media_type,
            is_image: _,
            width,
            height,
            size,
            credit,
            caption,
        } = self;
        let Rendition {
            name: _,
            href: _,
            media_type: its_type,
            width: its_width,
            height: its_height,
            size: its_size,
            digest: _,
            focal_point: _,
            credit: its_credit,
            alt: _,
            caption: its_caption,
        } = rendition;
        *its_type = its_type.take().or(media_type);
        *its_width = its_width.or(width);
        *its_height = its_height.or(height);
        // A length of 0 means that nobody knows.
        *its_size = its_size.or(size.filter(|s| *s > 0));
        *its_credit = its_credit.take().or(credit);
        *its_caption = its_caption.take().or(caption);
    }
}

impl Category {
    /// Of the schemes that categories name only IPTC's are vocabularies: the others are whatever a blog has.
    fn concept(self) -> Concept {
        let Category { term, scheme, label } = self;
        let term = html::line(&term);
        let scheme = scheme.filter(|s| s.contains("cv.iptc.org/newscodes/"));
        let uri = scheme.map(|s| {
            format!(
                "{}/{}",
                s.trim_end_matches('/'),
                term.rsplit([':', '/']).next().unwrap_or_default()
            )
        });
        let is_code = term.starts_with("medtop:") || term.starts_with("subj:");
        let name = label.map(|l| html::line(&l)).filter(|l| !l.is_empty());
        let name = name.or_else(|| Some(term.clone()).filter(|_| !is_code && uri.is_none()));
        Concept {
            kind: None,
            uri,
            qcode: is_code.then_some(term),
            names: name.map(|name| (String::new(), name)).into_iter().collect(),
        }
    }
}

/// The address as it is if it is whole, else as `base` makes it.
pub fn absolute(address: &str, base: Option<&Url>) -> String {
    let address = address.trim();
    if let Ok(whole) = Url::parse(address) {
        // Letters beyond ASCII and spaces are let in by people and by nobody else.
        let is_fit = address.bytes().all(|b| b.is_ascii_graphic());
        return if is_fit { address.to_owned() } else { whole.into() };
    }
    base.and_then(|base| base.join(address).ok())
        .map_or_else(|| address.to_owned(), Into::into)
}

/// The language tag, however it is spelt.
pub fn tag(said: &str) -> Option<String> {
    language::normalise(&said.trim().replace('_', "-")).ok()
}

/// The permanent name that an id or a link makes: what no URI may hold is percent-encoded, a fragment too, because a name
/// has none.
fn name_of(id: &str) -> Option<String> {
    let mut name = String::with_capacity(id.len());
    for c in id.trim().chars() {
        match c {
            '#' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' => name.push_str(&format!("%{:02X}", c as u32)),
            c if c.is_ascii_graphic() => name.push(c),
            c => name.extend(c.encode_utf8(&mut [0; 4]).bytes().map(|b| format!("%{b:02X}"))),
        }
    }
    uri::valid_uri(&name).is_ok().then_some(name)
}
