//! NITF 2.5 to 3.6, with and without a namespace, by itself or within NewsML-G2.

use super::prose::html;
use super::tree::Element;
use crate::format::concepts::Concept;
use crate::format::reading::{About, Document, Format, Hints, Item, Signal, Unreadable};
use crate::news::story::Rendition;
use crate::news::topic::TopicKind;

pub fn read(root: &Element, hints: &Hints) -> Result<Document, Unreadable> {
    let item = story(root, hints)?;
    Ok(Document {
        format: Format::Nitf,
        about: About::default(),
        items: vec![item],
        refused: Vec::new(),
    })
}

fn story(root: &Element, hints: &Hints) -> Result<Item, Unreadable> {
    let empty = Element::default();
    let (head, body) = (root.child("head").unwrap_or(&empty), root.child("body"));
    let Some(body) = body else {
        return Err(Unreadable::new("the nitf element has no body"));
    };
    let mut item = Item::default();
    let data = head.child("docdata").unwrap_or(&empty);
    let language = root
        .attribute("baselang")
        .or_else(|| root.attribute("xml:lang"))
        .or_else(|| body.attribute("xml:lang"));
    item.submission.language = language.map(str::to_owned);
    item.identity = identity(data, head, body);
    docdata(data, &mut item);
    subjects(head, language.or(hints.language).unwrap_or("und"), &mut item);
    if item.submission.published.is_none() {
        let said = head.child("pubdata").and_then(|p| p.attribute("date.publication"));
        let story = body.find("story.date").and_then(|d| d.attribute("norm"));
        item.submission.published = said.or(story).map(str::to_owned);
    }
    body_of(root, &mut item);
    if item.submission.headline.is_none() {
        item.submission.headline = head.child("title").and_then(Element::line);
    }
    if item.identity.is_none() && hints.address.is_none() {
        return Err(Unreadable::new(
            "the nitf document has no doc-id, and nothing else names it",
        ));
    }
    Ok(item)
}

/// The document's id; where an agency gives none, what it has instead of one.
fn identity(data: &Element, head: &Element, body: &Element) -> Option<String> {
    let id = data.child("doc-id");
    if let Some(id) = id.and_then(|i| i.attribute("id-string")) {
        return Some(id.to_owned());
    }
    let meta = |name: &str| {
        head.all("meta")
            .find(|m| m.attribute("name") == Some(name))
            .and_then(|m| m.attribute("content"))
    };
    if let Some(id) = ["apm-doc-id", "uuid", "NTBID", "guid", "id"]
        .iter()
        .find_map(|name| meta(name))
    {
        return Some(id.to_owned());
    }
    let issued = data.child("date.issue").and_then(|d| d.attribute("norm"))?;
    let source = id.and_then(|i| i.attribute("regsrc")).unwrap_or_default();
    let headline = body
        .find("hl1")
        .and_then(Element::line)
        .or_else(|| head.child("title").and_then(Element::line))?;
    Some(format!("{source} {issued} {headline}"))
}

fn docdata(data: &Element, item: &mut Item) {
    let norm = |name: &str| data.child(name).and_then(|d| d.attribute("norm")).map(str::to_owned);
    item.submission.published = norm("date.issue");
    item.submission.embargoed_until = norm("date.release");
    item.submission.expires = norm("date.expire");
    let said = data.child("urgency").and_then(|u| u.attribute("ed-urg"));
    item.submission.urgency = said.and_then(|u| u.parse().ok()).filter(|u| *u > 0);
    item.submission.source = data
        .child("doc.copyright")
        .and_then(|c| c.attribute("holder"))
        .map(str::to_owned);
    let notes = data
        .all("ed-msg")
        .filter_map(|m| m.attribute("info").or(m.attribute("msg-type")));
    item.submission.ed_note = Some(notes.collect::<Vec<_>>().join(" ")).filter(|n| !n.is_empty());
    item.submission.slugline = data
        .child("du-key")
        .and_then(|d| d.attribute("key"))
        .map(str::to_owned)
        .or_else(|| {
            let keys = data.child("key-list").into_iter().flat_map(|l| l.all("keyword"));
            let keys: Vec<&str> = keys.filter_map(|k| k.attribute("key")).collect();
            Some(keys.join(" ")).filter(|k| !k.is_empty())
        });
    let reason = item.submission.ed_note.clone();
    item.signal = match data.attribute("management-status") {
        None | Some("usable") => Signal::Publish,
        Some("withheld" | "embargoed") if item.submission.embargoed_until.is_some() => Signal::Publish,
        Some("withheld" | "embargoed") => Signal::Withhold { reason },
        Some("canceled" | "killed" | "cancelled") => Signal::Cancel { reason },
        Some(other) => {
            item.lose(
                "docdata.management-status",
                format!("`{other}` is not known here; the story was withheld"),
            );
            Signal::Withhold { reason }
        }
    };
    for name in data.elements().map(|e| e.name.as_str()) {
        let read = [
            "date.issue",
            "date.release",
            "date.expire",
            "urgency",
            "doc.copyright",
            "ed-msg",
            "du-key",
            "key-list",
            "doc-id",
        ];
        if !read.contains(&name) {
            item.lose(format!("docdata.{name}"), "has no place in the house");
        }
    }
}

fn subjects(head: &Element, language: &str, item: &mut Item) {
    let mut found = Vec::new();
    head.find_all("tobject.subject", &mut found);
    for subject in found {
        let part = |name: &str| subject.attribute(&format!("tobject.subject.{name}"));
        let name = ["detail", "matter", "type"].iter().find_map(|n| part(n));
        // IPTC's, where it is not said whose they are: eight digits.
        let code = part("refnum").map(|c| c.trim_start_matches("IPTC:"));
        let qcode = code.map(|c| match part("ipr") {
            _ if c.len() == 8 && c.bytes().all(|b| b.is_ascii_digit()) => format!("subj:{c}"),
            Some(owner) => format!("{}:{c}", owner.replace(char::is_whitespace, "")),
            None => format!("nitf:{c}"),
        });
        let concept = Concept {
            kind: Some(TopicKind::Subject),
            uri: None,
            qcode,
            names: name.map(|n| (String::new(), n.to_owned())).into_iter().collect(),
        };
        item.about("tobject.subject", concept, language);
    }
    let mut properties = Vec::new();
    head.find_all("tobject.property", &mut properties);
    let genre = properties.iter().find_map(|p| p.attribute("tobject.property.type"));
    item.submission.genre = genre.map(str::to_owned);
}

/// Headline, byline, dateline, abstract, text and pictures of a `nitf` element; what is there already stays.
pub fn body_of(nitf: &Element, item: &mut Item) {
    let Some(body) = nitf.child("body") else { return };
    let empty = Element::default();
    let head = body.child("body.head").unwrap_or(&empty);
    let set = |slot: &mut Option<String>, value: Option<String>| {
        if slot.is_none() {
            *slot = value;
        }
    };
    let submission = &mut item.submission;
    let headline = head.child("hedline").or_else(|| body.child("hedline"));
    set(
        &mut submission.headline,
        headline.and_then(|h| h.child("hl1")).and_then(Element::line),
    );
    set(&mut submission.byline, head.child("byline").and_then(Element::line));
    set(&mut submission.summary, head.child("abstract").and_then(Element::line));
    let dateline = head
        .child("dateline")
        .and_then(|d| d.child("location").and_then(Element::line).or_else(|| d.line()));
    // Some write the date of the story there, for machines.
    set(
        &mut submission.dateline,
        dateline.filter(|d| d.chars().any(char::is_alphabetic) && !d.starts_with("20")),
    );
    set(
        &mut submission.source,
        head.child("distributor").and_then(Element::line),
    );
    let note = head.child("note").and_then(Element::line);
    set(&mut submission.ed_note, note);
    let content = body.child("body.content");
    let text = content.map(html).or_else(|| body.child("block").map(|_| html(body)));
    set(&mut submission.body, text.filter(|t| !t.trim().is_empty()));
    let mut media = Vec::new();
    body.find_all("media", &mut media);
    for media in media {
        let caption = media.child("media-caption").and_then(Element::line);
        let credit = media.child("media-producer").and_then(Element::line);
        for reference in media.all("media-reference") {
            let Some(href) = reference.attribute("source") else {
                item.lose("media-reference", "has no address");
                continue;
            };
            let pixels = |name: &str| reference.attribute(name).and_then(|n| n.parse().ok());
            let renditions = item.submission.renditions.get_or_insert_default();
            renditions.push(Rendition {
                name: format!("media-{}", renditions.len() + 1),
                href: href.to_owned(),
                media_type: reference.attribute("mime-type").map(str::to_owned),
                width: pixels("width"),
                height: pixels("height"),
                size: None,
                digest: None,
                focal_point: None,
                credit: credit.clone(),
                alt: reference.attribute("alternate-text").map(str::to_owned),
                caption: caption.clone(),
            });
        }
    }
}
