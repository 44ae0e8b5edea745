//! NewsML-G2, 2.9 to 2.35: newsItem, packageItem, and newsMessage, which holds such. What is about concepts, events and
//! plans is no story and refused by its name.

use super::nitf;
use super::prose::{self, html, looks_marked_up};
use super::tree::Element;
use crate::format::concepts::Concept;
use crate::format::reading::{About, Document, Format, Hints, Item, Loss, Signal, Unreadable};
use crate::news::story::{LinkKind, Rendition};
use crate::news::submission::LinkSubmission;
use crate::news::topic::TopicKind;
use crate::news::uri;

/// Roots of IPTC's G2 family that hold no story.
const OTHERS: [&str; 8] = [
    "conceptItem",
    "knowledgeItem",
    "planningItem",
    "catalogItem",
    "catalog",
    "events",
    "groupSet",
    "contentSet",
];

pub fn is_g2(root: &Element) -> bool {
    matches!(root.name.as_str(), "newsItem" | "packageItem" | "newsMessage") || OTHERS.contains(&root.name.as_str())
}

pub fn read(root: &Element, hints: &Hints) -> Result<Document, Unreadable> {
    let mut document = Document {
        format: Format::NewsMlG2,
        about: About::default(),
        items: Vec::new(),
        refused: Vec::new(),
    };
    if root.name == "newsMessage" {
        let parts = root.child("itemSet").into_iter().flat_map(Element::elements);
        for (i, part) in parts.enumerate() {
            match one(
                part,
                &Hints {
                    address: None,
                    ..*hints
                },
            ) {
                Ok(item) => document.items.push(item),
                Err(error) => document.refused.push(Loss::new(format!("itemSet[{i}]"), error.reason)),
            }
        }
        return match document.refused.first() {
            Some(first) if document.items.is_empty() => Err(Unreadable::new(first.why.clone())),
            None if document.items.is_empty() => Err(Unreadable::new("the newsMessage holds no item")),
            _ => Ok(document),
        };
    }
    document.items.push(one(root, hints)?);
    Ok(document)
}

fn one(root: &Element, hints: &Hints) -> Result<Item, Unreadable> {
    match root.name.as_str() {
        "newsItem" | "packageItem" => {}
        other => return Err(Unreadable::new(format!("a {other} is no story"))),
    }
    if root.attribute("guid").is_none() && hints.address.is_none() {
        return Err(Unreadable::new(format!(
            "the {} has no guid, and nothing else names it",
            root.name
        )));
    }
    let is_package = root.name == "packageItem";
    let empty = Element::default();
    if root.child("itemMeta").is_none() && root.child("contentMeta").is_none() && root.child("contentSet").is_none() {
        return Err(Unreadable::new(format!(
            "the {} holds neither itemMeta nor content",
            root.name
        )));
    }
    let mut reading = Reading {
        item: Item::default(),
        language: language(root)
            .or(hints.language.map(str::to_owned))
            .unwrap_or_else(|| "und".to_owned()),
    };
    reading.item.identity = root.attribute("guid").map(str::to_owned);
    reading.item.submission.language = language(root);
    if root.child("catalogRef").is_none() && root.child("catalog").is_none() {
        reading.item.lose(
            "catalogRef",
            "is missing, so that no code says which vocabulary it is of",
        );
    }
    reading.item_meta(root.child("itemMeta").unwrap_or(&empty));
    reading.content_meta(root.child("contentMeta").unwrap_or(&empty));
    for part in root.elements() {
        match part.name.as_str() {
            "itemMeta" | "contentMeta" => {}
            "contentSet" if !is_package => reading.content_set(part),
            "groupSet" if is_package => reading.group_set(part),
            "catalogRef" | "catalog" | "rightsInfo" | "hopHistory" | "partMeta" | "assert" | "inlineRef"
            | "derivedFrom" | "derivedFromValue" => reading.keep("item", part),
            other => reading
                .item
                .lose(other, "is no part of a NewsML-G2 item that is known here"),
        }
    }
    let title = root.down(&["itemMeta", "title"]).and_then(Element::line);
    if let (None, Some(title)) = (&reading.item.submission.headline, title) {
        reading.item.make_headline(title);
    }
    reading.judge(root);
    Ok(reading.item)
}

/// The content's, else that of the words about it.
fn language(root: &Element) -> Option<String> {
    let said = root.down(&["contentMeta", "language"]).and_then(|l| l.attribute("tag"));
    said.or_else(|| root.attribute("xml:lang")).map(str::to_owned)
}

struct Reading {
    item: Item,
    language: String,
}

impl Reading {
    fn keep(&mut self, section: &str, element: &Element) {
        self.item
            .keep_xml(Format::NewsMlG2, section, prose::xml(element, &element.space));
    }

    fn item_meta(&mut self, meta: &Element) {
        let mut notes: Vec<&Element> = Vec::new();
        let mut correction = false;
        let mut status = None;
        for part in meta.elements() {
            match part.name.as_str() {
                "itemClass" if code(part).is_some_and(|c| c == "text") => {}
                "provider" => {
                    self.item.submission.source = name(part)
                        .or_else(|| part.attribute("literal").map(str::to_owned))
                        .or_else(|| code(part));
                    if part.attribute("uri").is_some() {
                        self.keep("itemMeta", part);
                    }
                }
                "versionCreated" => self.item.submission.published = part.line(),
                "firstCreated" => self.item.submission.first_published = part.line(),
                "embargoed" => self.item.submission.embargoed_until = part.line(),
                "expires" if part.attribute("pubconstraint").is_none() => self.item.submission.expires = part.line(),
                "pubStatus" => status = code(part),
                "edNote" => notes.push(part),
                "signal" if code(part).is_some_and(|c| c == "correction") => correction = true,
                "link" => self.link(part),
                _ => self.keep("itemMeta", part),
            }
        }
        if let Some((first, others)) = notes.split_first() {
            self.item.submission.ed_note = first.line();
            for other in others {
                self.keep("itemMeta", other);
            }
        }
        let reason = self.item.submission.ed_note.clone();
        // Editors' notes are not for readers, save the one that is about the correction.
        let is_note =
            |e: &&&Element| code_of(e.attribute("role")).is_some_and(|r| r.to_ascii_lowercase().contains("correct"));
        let told = notes.iter().find(is_note).and_then(|e| e.line());
        self.item.signal = match status.as_deref() {
            Some("usable") | None if correction => Signal::Correct {
                text: told.unwrap_or_else(|| "Corrected by its source.".to_owned()),
            },
            Some("usable") | None => Signal::Publish,
            Some("withheld") => Signal::Withhold { reason },
            Some("canceled" | "cancelled") => Signal::Cancel { reason },
            Some(other) => {
                self.item.lose(
                    "itemMeta.pubStatus",
                    format!("`{other}` is not known here; the story was withheld"),
                );
                Signal::Withhold { reason }
            }
        };
    }

    fn link(&mut self, link: &Element) {
        let title = link.child("title").and_then(Element::line);
        let relation = code_of(link.attribute("rel")).unwrap_or_default();
        let kind = match relation.as_str() {
            "translatedFrom" | "isTranslationOf" => LinkKind::TranslationOf,
            "evolvedFrom" | "updateOf" => LinkKind::FollowUp,
            _ => LinkKind::Background,
        };
        let is_story = link.child("itemClass").and_then(code).is_none_or(|c| c == "text");
        let residref = link.attribute("residref").filter(|r| uri::valid_uri(r).is_ok());
        match (residref, link.attribute("href")) {
            (Some(uri), _) if is_story => self.related(kind, Some(uri), None, title),
            (_, Some(url)) => self.related(LinkKind::External, None, Some(url), title),
            (Some(uri), None) => self.related(LinkKind::Background, Some(uri), None, title),
            (None, None) => self.keep("itemMeta", link),
        }
    }

    fn related(&mut self, kind: LinkKind, uri: Option<&str>, url: Option<&str>, title: Option<String>) {
        self.item
            .submission
            .related_links
            .get_or_insert_default()
            .push(LinkSubmission {
                kind: kind.as_str().to_owned(),
                uri: uri.map(str::to_owned),
                url: url.map(str::to_owned),
                title,
            });
    }

    fn content_meta(&mut self, meta: &Element) {
        let (mut creators, mut by) = (Vec::new(), Vec::new());
        let headline = ranked(meta, "headline", &["", "main", "headline"]);
        let summary = ranked(meta, "description", &["summary", "teaser", "main", "", "caption"]);
        for (i, part) in meta.elements().enumerate() {
            let chosen = |of: Option<&Element>| of.is_some_and(|e| std::ptr::eq(e, part));
            match part.name.as_str() {
                "headline" if chosen(headline) => self.item.submission.headline = part.line(),
                "description" if chosen(summary) => self.item.submission.summary = part.line(),
                "urgency" => self.item.submission.urgency = part.line().and_then(|u| u.parse().ok()),
                "slugline" if self.item.submission.slugline.is_none() => self.item.submission.slugline = part.line(),
                "dateline" if self.item.submission.dateline.is_none() => self.item.submission.dateline = part.line(),
                "by" => by.extend(part.line()),
                "creator" => {
                    creators.extend(name(part).or_else(|| part.attribute("literal").map(str::to_owned)));
                    self.keep("contentMeta", part);
                }
                "language" if part.attribute("tag").is_some() && i < 1_000 => {
                    let tag = part.attribute("tag");
                    if tag.map(str::to_owned) != self.item.submission.language {
                        self.keep("contentMeta", part);
                    }
                }
                "genre" if self.item.submission.genre.is_none() => {
                    self.item.submission.genre = name(part).or_else(|| code(part));
                    self.keep("contentMeta", part);
                }
                "infoSource" if self.item.submission.source.is_none() => self.item.submission.source = name(part),
                "subject" => self.subject(&format!("contentMeta.subject[{i}]"), part),
                _ => self.keep("contentMeta", part),
            }
        }
        if self.item.submission.dateline.is_none() {
            self.item.submission.dateline = meta.child("located").and_then(name);
        }
        let bylines = if by.is_empty() { creators } else { by };
        self.item.submission.byline = Some(bylines.join(", ")).filter(|b| !b.is_empty());
    }

    fn subject(&mut self, place: &str, subject: &Element) {
        let kind = match code_of(subject.attribute("type").or(subject.attribute("typeuri"))).as_deref() {
            Some("person") => TopicKind::Person,
            Some("organisation") => TopicKind::Organisation,
            Some("geoArea" | "poi") => TopicKind::Place,
            Some("event") => TopicKind::Event,
            Some(_) | None => TopicKind::Subject,
        };
        let names = subject.all("name").filter_map(|n| {
            let tag = n.attribute("xml:lang").unwrap_or_default().to_owned();
            Some((tag, n.line()?))
        });
        let mut names: Vec<(String, String)> = names.collect();
        let literal = subject.attribute("literal");
        if let (true, Some(literal)) = (names.is_empty(), literal) {
            names.push((String::new(), literal.to_owned()));
        }
        let concept = Concept {
            kind: Some(kind),
            uri: subject.attribute("uri").map(str::to_owned),
            qcode: subject.attribute("qcode").map(str::to_owned),
            names,
        };
        let language = self.language.clone();
        self.item.about(place, concept, &language);
        let says_more = subject.elements().any(|e| e.name != "name")
            || subject
                .attributes
                .iter()
                .any(|a| !matches!(a.name.as_str(), "qcode" | "uri" | "type" | "typeuri"));
        if says_more {
            self.keep("subject", subject);
        }
    }

    fn content_set(&mut self, set: &Element) {
        for part in set.elements() {
            match part.name.as_str() {
                "inlineXML" => self.inline_xml(part),
                "inlineData" => self.inline_data(part),
                "remoteContent" => self.remote(part),
                other => self
                    .item
                    .lose(format!("contentSet.{other}"), "is no content that is known here"),
            }
        }
    }

    fn has_body(&self) -> bool {
        self.item.submission.body.is_some() || self.item.submission.body_text.is_some()
    }

    fn inline_xml(&mut self, part: &Element) {
        if self.has_body() {
            return self
                .item
                .lose("contentSet.inlineXML", "is another form of the text that was read");
        }
        if let Some(nitf) = part.child("nitf") {
            return nitf::body_of(nitf, &mut self.item);
        }
        let body = part
            .find("body")
            .or_else(|| part.child("div"))
            .or_else(|| part.child("section"));
        let is_prose =
            |e: &Element| e.space.contains("xhtml") || matches!(e.name.as_str(), "html" | "p" | "div" | "section");
        match body {
            Some(body) => self.item.submission.body = Some(html(body)),
            None if part.elements().any(is_prose) => self.item.submission.body = Some(html(part)),
            None => {
                let what = part.elements().next().map_or("nothing", |e| e.name.as_str());
                self.item.lose(
                    "contentSet.inlineXML",
                    format!("holds <{what}>, which is no text of a story"),
                );
            }
        }
    }

    fn inline_data(&mut self, part: &Element) {
        let text = part.text();
        if text.trim().is_empty() {
            return;
        }
        if self.has_body() {
            return self
                .item
                .lose("contentSet.inlineData", "is another form of the text that was read");
        }
        let kind = part.attribute("contenttype").unwrap_or_default();
        if part.attribute("encoding").is_some() {
            return self
                .item
                .lose("contentSet.inlineData", "is encoded, and was not unpacked");
        }
        if kind.contains("html") || looks_marked_up(&text) {
            self.item.submission.body = Some(text);
        } else {
            self.item.submission.body_text = Some(text);
        }
    }

    fn remote(&mut self, part: &Element) {
        let Some(href) = part.attribute("href") else {
            return self.item.lose(
                "contentSet.remoteContent",
                "has no address; what stands behind its residref is not fetched",
            );
        };
        let number = |name: &str| part.attribute(name).and_then(|n| n.parse::<i64>().ok());
        let pixels = |name: &str| number(name).and_then(|n| i32::try_from(n).ok());
        let has_names = |r: &Rendition, name: &str| r.name == name;
        let name = code_of(part.attribute("rendition")).unwrap_or_else(|| "main".to_owned());
        let renditions = self.item.submission.renditions.get_or_insert_default();
        let name = if renditions.iter().any(|r| has_names(r, &name)) {
            format!("{name}-{}", renditions.len() + 1)
        } else {
            name
        };
        renditions.push(Rendition {
            name,
            href: href.to_owned(),
            media_type: part.attribute("contenttype").map(str::to_owned),
            width: pixels("width"),
            height: pixels("height"),
            size: number("size"),
            digest: None,
            focal_point: None,
            credit: None,
            alt: None,
            caption: None,
        });
    }

    /// What a package holds are links; its groups are not kept apart.
    fn group_set(&mut self, set: &Element) {
        let mut references = Vec::new();
        set.find_all("itemRef", &mut references);
        for reference in references {
            let title = ["title", "headline", "description"]
                .iter()
                .find_map(|n| reference.child(n)?.line());
            let residref = reference.attribute("residref").filter(|r| uri::valid_uri(r).is_ok());
            match (residref, reference.attribute("href")) {
                (Some(uri), _) => self.related(LinkKind::Background, Some(uri), None, title),
                (None, Some(url)) => self.related(LinkKind::External, None, Some(url), title),
                (None, None) => {
                    let named = reference.attribute("residref").unwrap_or_default();
                    self.item.lose("groupSet.itemRef", format!("`{named}` is no uri"));
                }
            }
        }
    }

    /// What the schema forbids is read, and said.
    fn judge(&mut self, root: &Element) {
        let mut instruments = Vec::new();
        root.find_all("hasInstrument", &mut instruments);
        if !instruments.is_empty() {
            self.item.lose(
                "hasInstrument",
                "stands where companies are described; the house has no place for it",
            );
        }
        for part in root.elements().filter(|p| p.name == "assert") {
            if depth_of(part, "related") > 3 {
                self.item.lose("assert.related", "lies deeper than three in each other");
            }
        }
        let mut organisations = Vec::new();
        root.find_all("organisationDetails", &mut organisations);
        if organisations.iter().any(|o| o.child("affiliation").is_some()) {
            self.item
                .lose("organisationDetails.affiliation", "has no place in the house");
        }
        let mut references = Vec::new();
        root.find_all("remoteContent", &mut references);
        root.find_all("itemRef", &mut references);
        if references
            .iter()
            .any(|r| r.attribute("residrefformat").is_some() || r.attribute("residrefformaturi").is_some())
        {
            self.item.lose("residrefformat", "has no place in the house");
        }
    }
}

fn depth_of(element: &Element, name: &str) -> usize {
    let below = element.elements().map(|e| depth_of(e, name)).max().unwrap_or(0);
    below + usize::from(element.name == name)
}

/// The first of these, by role, then by rank.
fn ranked<'a>(meta: &'a Element, name: &'a str, roles: &[&str]) -> Option<&'a Element> {
    let role = |e: &Element| code_of(e.attribute("role")).unwrap_or_default();
    let rank = |e: &Element| {
        e.attribute("rank")
            .and_then(|r| r.parse::<u32>().ok())
            .unwrap_or(u32::MAX)
    };
    let of_role = |wanted: &&str| {
        meta.all(name)
            .filter(|e| role(e) == *wanted && e.line().is_some())
            .min_by_key(|e| rank(e))
    };
    roles
        .iter()
        .find_map(of_role)
        .or_else(|| meta.all(name).find(|e| e.line().is_some()))
}

fn name(element: &Element) -> Option<String> {
    element.all("name").find_map(Element::line)
}

/// What stands behind the colon of a QCode, or at the end of an address.
fn code(element: &Element) -> Option<String> {
    code_of(element.attribute("qcode").or_else(|| element.attribute("uri")))
}

fn code_of(named: Option<&str>) -> Option<String> {
    let named = named?;
    let code = if named.contains("://") {
        named.rsplit(['/', '#']).next()
    } else {
        named.rsplit(':').next()
    };
    code.filter(|c| !c.is_empty()).map(str::to_owned)
}
