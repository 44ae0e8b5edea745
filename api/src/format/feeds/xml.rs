//! What is a feed in a tree of elements, what is said of the feed, and its items.

use super::super::liberal::{Element, Space, Tree, first_name, html};
use super::super::reading::{About, Document, Format, Hints, Item, Signal, Unreadable};
use super::story::{Feed, absolute, tag};
use super::wording::Wording;
use super::{fields, unreadable};
use crate::news::submission::Submission;
use url::Url;

pub fn read(text: &str, hints: &Hints) -> Result<Document, Unreadable> {
    let tree =
        Tree::read(text).map_err(|e| unreadable(text, e.at, "from here on it holds more elements than a feed does"))?;
    let Some(outermost) = tree.elements().next() else {
        return Err(unreadable(text, 0, "it holds no element and no JSON"));
    };
    let items: Vec<Element> = tree.elements().filter(is_item).collect();
    let root = tree.elements().find_map(|e| Some((kind(&e)?, e)));
    let Some((format, root)) = root.filter(|(_, root)| root.at == outermost.at || !is_page(&outermost)) else {
        let reason = format!(
            "its outermost element is <{}>, which begins none of the formats that are read",
            outermost.name
        );
        return Err(unreadable(text, outermost.at, reason));
    };
    let head = head(&tree, root);
    let mut document = Document {
        format,
        about: About::default(),
        items: Vec::new(),
        refused: Vec::new(),
    };
    let is_atom = format == Format::Atom;
    let feed = describe(&mut document.about, head, root, hints, format);
    document.items = items
        .iter()
        .map(|item| fields::read(item, is_atom, &feed).item(&feed))
        .collect();
    document.items.extend(
        tree.elements()
            .filter(|e| e.is(Space::Deleted, "deleted-entry"))
            .map(|e| deleted(&e)),
    );
    Ok(document)
}

/// What the outermost element makes of a document. Single items, and such without their feed, are read too.
fn kind(element: &Element) -> Option<Format> {
    match (element.space, element.name) {
        (Space::Rdf, "rdf") => Some(Format::Rdf),
        (Space::Feed, "rss") => Some(Format::Rss),
        (Space::Feed, "feed" | "entry") => Some(Format::Atom),
        // CDF says what it is about in attributes; RSS 1.1 has its items below `items`.
        (Space::Feed, "channel") if element.children().any(|c| c.name == "items") => Some(Format::Rdf),
        (Space::Feed, "channel" | "item") => {
            let says = |e: &Element| e.attribute("href").is_some() || e.attribute("lastmod").is_some();
            let is_cdf = says(element)
                || element
                    .children()
                    .any(|c| c.name == "abstract" || (c.name == "item" && says(&c)));
            Some(if is_cdf { Format::Cdf } else { Format::Rss })
        }
        _ => None,
    }
}

pub fn begins_feed(text: &str) -> bool {
    const BEGIN: [&str; 6] = ["rss", "rdf", "feed", "channel", "entry", "item"];
    first_name(text).is_some_and(|name| BEGIN.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

fn is_item(element: &Element) -> bool {
    element.space == Space::Feed && matches!(element.name, "item" | "entry")
}

fn is_page(element: &Element) -> bool {
    element.name == "html" || element.name == "body"
}

/// The element that the feed's own title and links stand in.
fn head<'t>(tree: &'t Tree<'_>, root: Element<'t>) -> Element<'t> {
    let is_head = |e: &Element| e.space == Space::Feed && matches!(e.name, "channel" | "feed");
    tree.elements().find(is_head).unwrap_or(root)
}

fn describe(about: &mut About, head: Element, root: Element, hints: &Hints, format: Format) -> Feed {
    let is_atom = format == Format::Atom;
    let mut authors = Vec::new();
    let line = |e: &Element| Some(Wording::of(e, is_atom).line()).filter(|t| !t.is_empty());
    for child in head.children() {
        match (child.space, child.name) {
            (Space::Feed, "title") if about.title.is_none() => about.title = line(&child),
            (Space::DublinCore, "title") if about.title.is_none() => about.title = line(&child),
            (Space::Feed, "language") | (Space::DublinCore, "language") if about.language.is_none() => {
                about.language = tag(&child.text());
            }
            (Space::Feed, "link") => link(about, &child),
            (Space::Feed, "author" | "managingeditor") | (Space::DublinCore, "creator") => {
                authors.extend(fields::person(&child).filter(|name| !authors.contains(name)));
            }
            _ => {}
        }
    }
    if about.home.is_none() && format == Format::Cdf {
        about.home = head.attribute("href").map(str::to_owned);
    }
    let lang = [head, root].into_iter().find_map(|e| tag(e.attribute("xml:lang")?));
    about.language = about.language.take().or(lang).or_else(|| hints.language.and_then(tag));
    let said = [hints.address, about.own_address.as_deref(), about.home.as_deref()];
    let address = said.into_iter().flatten().find_map(|a| Url::parse(a).ok());
    let base = fields::base(&head, address);
    for address in [&mut about.home, &mut about.hub, &mut about.own_address, &mut about.next] {
        *address = address.take().map(|a| absolute(&a, base.as_ref()));
    }
    Feed {
        language: about.language.clone(),
        byline: Some(authors.join(", ")).filter(|a| !a.is_empty()),
        base,
        place: about.home.clone().or_else(|| about.own_address.clone()),
    }
}

fn link(about: &mut About, link: &Element) {
    let text = || Some(html::line(&link.text())).filter(|t| !t.is_empty());
    let Some(address) = link.attribute("href").map(str::to_owned).or_else(text) else {
        return;
    };
    let slot = match link.attribute("rel").unwrap_or("alternate") {
        "alternate" => &mut about.home,
        "hub" => &mut about.hub,
        "self" => &mut about.own_address,
        "next" | "prev-archive" => &mut about.next,
        _ => return,
    };
    // The first one counts.
    slot.get_or_insert(address);
}

/// A story that was taken back (RFC 6721).
fn deleted(element: &Element) -> Item {
    let identity = element.attribute("ref").map(str::to_owned);
    let comment = element
        .children()
        .find(|c| c.name == "comment")
        .map(|c| html::line(&c.text()));
    let reason = comment.filter(|c| !c.is_empty());
    // Dateline's own feeds say the story's permanent name here, as with its entry.
    let name = element.children().find(|c| c.is(Space::DublinCore, "identifier"));
    let name = name
        .map(|name| html::line(&name.text()))
        .filter(|name| !name.is_empty());
    Item {
        submission: Submission {
            uri: name.or_else(|| identity.clone()),
            ..Submission::default()
        },
        identity,
        signal: Signal::Cancel { reason },
        ..Item::default()
    }
}
