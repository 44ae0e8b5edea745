//! What search engines and chats read: Open Graph (ogp.me) and a schema.org `NewsArticle` as JSON-LD.

use super::frame::Frame;
use super::media;
use crate::news::site::Site;
use crate::news::story::{Rendition, Story};
use crate::news::topic::{Source, Topic};
use crate::news::zone;
use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};
use serde::Serialize;

/// Characters of a description.
const BRIEF: usize = 200;

/// The head of a story's page.
pub fn story(frame: &Frame<'_>, story: &Story, topics: &[&Topic], source: Option<&Source>) -> Markup {
    let site = frame.site;
    let picture = media::main(story);
    let about = description(story);
    let article = NewsArticle::of(frame, story, topics, source, &about);
    html! {
        @if !about.is_empty() {
            meta name="description" content=(about);
            meta property="og:description" content=(about);
        }
        meta property="og:type" content="article";
        meta property="og:title" content=(story.headline);
        @if let Some(picture) = picture {
            meta property="og:image" content=(picture.href);
            @if let Some(width) = picture.width { meta property="og:image:width" content=(width); }
            @if let Some(height) = picture.height { meta property="og:image:height" content=(height); }
            @if let Some(alt) = &picture.alt { meta property="og:image:alt" content=(alt); }
            meta name="twitter:card" content="summary_large_image";
        } @else {
            meta name="twitter:card" content="summary";
        }
        meta property="article:published_time" content=(local(site, story.first_published));
        meta property="article:modified_time" content=(local(site, story.published));
        @for (rank, topic) in topics.iter().enumerate() {
            meta property=(if rank == 0 { "article:section" } else { "article:tag" }) content=(frame.name(topic));
        }
        script type="application/ld+json" { (PreEscaped(embedded(&article))) }
    }
}

/// The head of a list.
pub fn list(title: &str) -> Markup {
    html! {
        meta property="og:type" content="website";
        meta property="og:title" content=(title);
    }
}

/// JSON that can stand in HTML: nothing in it ends the element that it stands in, or begins another.
fn embedded(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

fn local(site: &Site, instant: Timestamp) -> String {
    zone::in_zone(instant, &site.time_zone)
}

/// The summary, or how the text begins, cut between words where there are any.
fn description(story: &Story) -> String {
    if let Some(summary) = &story.summary {
        return summary.clone();
    }
    let text = story.paragraphs().into_iter().next().unwrap_or_default();
    if text.chars().count() <= BRIEF {
        return text;
    }
    let cut: String = text.chars().take(BRIEF).collect();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole);
    format!("{whole}…")
}

/// schema.org/NewsArticle, as far as we know it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewsArticle<'a> {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(rename = "@id")]
    id: &'a str,
    url: String,
    main_entity_of_page: String,
    headline: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    in_language: &'a str,
    date_published: String,
    date_modified: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    dateline: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<Named<'a>>,
    publisher: Named<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_organization: Option<Named<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    article_section: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    keywords: Vec<&'a str>,
    word_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Image<'a>>,
    is_accessible_for_free: bool,
}

#[derive(Serialize)]
struct Named<'a> {
    #[serde(rename = "@type")]
    kind: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Image<'a> {
    #[serde(rename = "@type")]
    kind: &'static str,
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit_text: Option<&'a str>,
}

impl<'a> NewsArticle<'a> {
    fn of(
        frame: &Frame<'a>,
        story: &'a Story,
        topics: &[&'a Topic],
        source: Option<&'a Source>,
        description: &'a str,
    ) -> NewsArticle<'a> {
        let site = frame.site;
        let url = site.story_url(&story.slug);
        NewsArticle {
            context: "https://schema.org",
            kind: "NewsArticle",
            id: &story.uri,
            main_entity_of_page: url.clone(),
            url,
            headline: &story.headline,
            description,
            in_language: &story.language,
            date_published: local(site, story.first_published),
            date_modified: local(site, story.published),
            dateline: story.dateline.as_deref(),
            author: story.byline.as_deref().map(|name| Named {
                kind: "Person",
                name,
                url: None,
            }),
            publisher: Named {
                kind: "NewsMediaOrganization",
                name: &site.name,
                url: Some(&site.public_url),
            },
            source_organization: source.map(|source| Named {
                kind: "Organization",
                name: &source.name,
                url: source.url.as_deref(),
            }),
            article_section: topics.first().map(|t| frame.name(t)),
            keywords: topics.iter().map(|t| frame.name(t)).collect(),
            word_count: story.word_count,
            image: media::main(story).map(Image::of),
            is_accessible_for_free: true,
        }
    }
}

impl<'a> Image<'a> {
    fn of(rendition: &'a Rendition) -> Image<'a> {
        Image {
            kind: "ImageObject",
            url: &rendition.href,
            width: rendition.width,
            height: rendition.height,
            caption: rendition.caption.as_deref().or(rendition.alt.as_deref()),
            credit_text: rendition.credit.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_json_cannot_end_its_element() {
        let json = embedded(&"</script><!-- & ]]>");
        assert!(!json.contains(['<', '>', '&']), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), "</script><!-- & ]]>");
    }
}
