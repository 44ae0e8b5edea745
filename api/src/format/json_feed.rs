//! JSON Feed 1.1 (jsonfeed.org). What it has no member for stands in `_dateline`.

use super::piece::{Feed, Piece, permanent};
use super::text::{picture, uri};
use crate::news::site::Site;
use crate::news::story::Rendition;
use serde::Serialize;
use serde_json::{Value, json};

pub const MEDIA_TYPE: &str = "application/feed+json";

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    title: &'a str,
    home_page_url: &'a str,
    feed_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_url: Option<&'a str>,
    language: &'a str,
    authors: [Author<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    hubs: Option<[Hub<'a>; 1]>,
    items: Vec<Item<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    _dateline: Option<Value>,
}

#[derive(Serialize)]
struct Hub<'a> {
    r#type: &'static str,
    url: &'a str,
}

#[derive(Serialize)]
struct Author<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

#[derive(Serialize)]
struct Item<'a> {
    id: String,
    url: String,
    /// Leaving it out is allowed, and a made one says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    content_html: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    date_published: String,
    date_modified: String,
    authors: [Author<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<&'a str>,
    language: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment<'a>>,
    _dateline: Value,
}

#[derive(Serialize)]
struct Attachment<'a> {
    url: String,
    mime_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_in_bytes: Option<i64>,
}

pub fn render(feed: &Feed<'_>) -> Vec<u8> {
    let gone: Vec<Value> = feed.gone.iter().map(|tombstone| {
        json!({ "id": permanent(tombstone.id), "when": tombstone.at.to_string(), "comment": tombstone.reason, "uri": tombstone.uri })
    }).collect();
    let document = Document {
        version: "https://jsonfeed.org/version/1.1",
        title: &feed.title,
        home_page_url: &feed.home,
        feed_url: &feed.address,
        next_url: feed.next.as_deref(),
        language: feed.language(),
        authors: [Author {
            name: &feed.site.name,
            url: Some(&feed.site.public_url),
        }],
        hubs: feed.hub.as_deref().map(|url| [Hub { r#type: "WebSub", url }]),
        items: feed.pieces.iter().map(|piece| item(piece, feed.site)).collect(),
        _dateline: (!gone.is_empty()).then(|| json!({ "deleted": gone })),
    };
    // Nothing here can fail to be written: all keys are texts.
    serde_json::to_vec(&document).unwrap_or_default()
}

fn item<'a>(piece: &'a Piece, site: &'a Site) -> Item<'a> {
    let story = &piece.story;
    let about = json!({
        "uri": story.uri, "version": story.version.0, "urgency": story.urgency, "genre": story.genre,
        "source": piece.source.as_ref().map(|s| s.name.as_str()),
        "corrections": story.corrections.iter().map(|c| c.text.as_str()).collect::<Vec<_>>(),
        "related": piece.links.iter().filter_map(|l| Some(json!({ "url": l.url.as_ref()?, "title": l.title }))).collect::<Vec<_>>(),
    });
    Item {
        id: permanent(story.id),
        url: site.story_url(&story.slug),
        title: story.said_headline(),
        content_html: &story.body_html,
        summary: story.summary.as_deref(),
        image: picture(story).and_then(|r| Some(uri(&r.href)?.into_owned())),
        date_published: story.first_published.to_string(),
        date_modified: piece.updated().to_string(),
        authors: [Author {
            name: piece.author(site),
            url: None,
        }],
        tags: piece.topics.iter().map(|t| piece.name(t, site)).collect(),
        language: &story.language,
        attachments: story.renditions.iter().filter_map(attachment).collect(),
        _dateline: about,
    }
}

fn attachment(rendition: &Rendition) -> Option<Attachment<'_>> {
    Some(Attachment {
        url: uri(&rendition.href)?.into_owned(),
        mime_type: rendition.media_type.as_deref()?,
        title: rendition.caption.as_deref().or(rendition.alt.as_deref()),
        size_in_bytes: rendition.size,
    })
}
