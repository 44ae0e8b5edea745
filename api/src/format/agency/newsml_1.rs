//! NewsML 1.0 to 1.2: each NewsItem is a story, told by the first component that has words.

use super::nitf;
use super::prose::{html, looks_marked_up};
use super::tree::Element;
use crate::format::concepts::Concept;
use crate::format::reading::{About, Document, Format, Hints, Item, Loss, Signal, Unreadable};
use crate::news::story::Rendition;
use crate::news::topic::TopicKind;

pub fn read(root: &Element, hints: &Hints) -> Result<Document, Unreadable> {
    let mut document = Document {
        format: Format::NewsMl1,
        about: About::default(),
        items: Vec::new(),
        refused: Vec::new(),
    };
    for (i, item) in root.all("NewsItem").enumerate() {
        match story(item, hints) {
            Some(item) => document.items.push(item),
            None => document
                .refused
                .push(Loss::new(format!("NewsItem[{i}]"), "holds no NewsComponent")),
        }
    }
    if document.items.is_empty() {
        return Err(Unreadable::new(
            "the NewsML document holds no NewsItem with a NewsComponent",
        ));
    }
    Ok(document)
}

fn story(root: &Element, hints: &Hints) -> Option<Item> {
    let component = root.find("NewsComponent")?;
    let empty = Element::default();
    let mut item = Item::default();
    let identifier = root.down(&["Identification", "NewsIdentifier"]).unwrap_or(&empty);
    item.identity = identity(identifier);
    let management = root.child("NewsManagement").unwrap_or(&empty);
    let line = |name: &str| management.child(name).and_then(Element::line);
    item.submission.first_published = line("FirstCreated");
    item.submission.published = line("ThisRevisionCreated").or_else(|| line("FirstCreated"));
    item.submission.embargoed_until = management
        .down(&["StatusWillChange", "DateAndTime"])
        .and_then(Element::line);
    item.submission.urgency = management
        .child("Urgency")
        .and_then(formal)
        .and_then(|u| u.parse().ok());
    item.submission.genre = component.find("Genre").and_then(formal);
    item.submission.source = component
        .find("Provider")
        .and_then(|p| p.child("Party"))
        .and_then(formal)
        .or_else(|| identifier.child("ProviderId").and_then(Element::line));
    let lines = component.find("NewsLines").unwrap_or(&empty);
    let line = |name: &str| lines.child(name).and_then(Element::line);
    item.submission.headline = line("HeadLine");
    item.submission.byline = line("ByLine").or_else(|| {
        component
            .find("Creator")
            .and_then(|c| c.child("Party"))
            .and_then(formal)
    });
    item.submission.dateline = line("DateLine");
    item.submission.slugline = line("SlugLine");
    item.submission.language = component
        .find("Language")
        .and_then(formal)
        .or_else(|| component.attribute("xml:lang").map(str::to_owned));
    status(management, &mut item);
    let language = item
        .submission
        .language
        .clone()
        .or(hints.language.map(str::to_owned))
        .unwrap_or_else(|| "und".to_owned());
    subjects(component, &language, &mut item);
    content(component, &mut item);
    for name in [
        "CopyrightLine",
        "CreditLine",
        "RightsLine",
        "KeywordLine",
        "SeriesLine",
        "SubHeadLine",
        "NewsLine",
    ] {
        if lines.child(name).is_some() {
            item.lose(format!("NewsLines.{name}"), "has no place in the house");
        }
    }
    Some(item)
}

/// The public identifier without its revision: all revisions are one story.
fn identity(identifier: &Element) -> Option<String> {
    let line = |name: &str| identifier.child(name).and_then(Element::line);
    if let (Some(provider), Some(date), Some(id)) = (line("ProviderId"), line("DateId"), line("NewsItemId")) {
        return Some(format!("urn:newsml:{provider}:{date}:{id}"));
    }
    line("PublicIdentifier").or_else(|| line("NewsItemId"))
}

fn status(management: &Element, item: &mut Item) {
    let said = management
        .child("Status")
        .and_then(formal)
        .unwrap_or_else(|| "Usable".to_owned());
    let waits = item.submission.embargoed_until.is_some();
    item.signal = match said.to_ascii_lowercase().as_str() {
        "usable" => Signal::Publish,
        "embargoed" if waits => Signal::Publish,
        "embargoed" | "withheld" => Signal::Withhold { reason: None },
        "canceled" | "cancelled" | "killed" => Signal::Cancel { reason: None },
        _ => {
            item.lose(
                "NewsManagement.Status",
                format!("`{said}` is not known here; the story was withheld"),
            );
            Signal::Withhold { reason: None }
        }
    };
    if !said.eq_ignore_ascii_case("embargoed") {
        item.submission.embargoed_until = None;
    }
}

fn subjects(component: &Element, language: &str, item: &mut Item) {
    let mut codes = Vec::new();
    component.find_all("SubjectCode", &mut codes);
    for code in codes {
        // The narrowest says it; the wider ones stand above it in the vocabulary.
        let narrowest = ["SubjectDetail", "SubjectMatter", "Subject"]
            .iter()
            .find_map(|n| code.child(n).and_then(formal));
        let Some(narrowest) = narrowest else { continue };
        let is_iptc = narrowest.len() == 8 && narrowest.bytes().all(|b| b.is_ascii_digit());
        let concept = Concept {
            kind: Some(TopicKind::Subject),
            uri: None,
            qcode: is_iptc.then(|| format!("subj:{narrowest}")),
            names: if is_iptc {
                Vec::new()
            } else {
                vec![(String::new(), narrowest)]
            },
        };
        item.about("SubjectCode", concept, language);
    }
}

fn content(component: &Element, item: &mut Item) {
    let mut items = Vec::new();
    component.find_all("ContentItem", &mut items);
    for content in items {
        let media = content
            .child("MediaType")
            .and_then(formal)
            .unwrap_or_default()
            .to_ascii_lowercase();
        if let Some(data) = content.child("DataContent") {
            if item.submission.body.is_some() || item.submission.body_text.is_some() {
                item.lose("ContentItem", "is another form of the text that was read");
                continue;
            }
            if let Some(nitf) = data.find("nitf") {
                nitf::body_of(nitf, item);
                continue;
            }
            let kind = content.child("MimeType").and_then(formal).unwrap_or_default();
            let body = data.find("body.content").or_else(|| data.find("body")).unwrap_or(data);
            let text = body.text();
            // Business Wire sends a style sheet before the text.
            if kind.contains("css") || (text.trim_start().starts_with(['.', '#']) && text.contains('{')) {
                continue;
            }
            if body.elements().next().is_some() {
                item.submission.body = Some(html(body));
            } else if looks_marked_up(&text) {
                item.submission.body = Some(text);
            } else if !text.trim().is_empty() {
                item.submission.body_text = Some(text);
            }
            continue;
        }
        let Some(href) = content.attribute("Href") else {
            continue;
        };
        if media == "text" {
            item.lose("ContentItem", "stands elsewhere, and was not fetched");
            continue;
        }
        let renditions = item.submission.renditions.get_or_insert_default();
        let property = |name: &str| {
            let mut all = Vec::new();
            content.find_all("Property", &mut all);
            all.into_iter()
                .find(|p| p.attribute("FormalName").is_some_and(|n| n.eq_ignore_ascii_case(name)))?
                .attribute("Value")?
                .parse()
                .ok()
        };
        renditions.push(Rendition {
            name: format!("media-{}", renditions.len() + 1),
            href: href.to_owned(),
            media_type: content.child("MimeType").and_then(formal),
            width: property("Width"),
            height: property("Height"),
            size: None,
            digest: None,
            focal_point: None,
            credit: None,
            alt: None,
            caption: None,
        });
    }
}

fn formal(element: &Element) -> Option<String> {
    element.attribute("FormalName").map(str::to_owned)
}
