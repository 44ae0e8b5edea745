//! What search engines and chats read: Open Graph (ogp.me) and a schema.org `NewsArticle` as JSON-LD.

use super::frame::Frame;
use super::media;
use crate::format::piece::Piece;
use crate::format::schema_org;
use crate::news::site::Site;
use crate::news::zone;
use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};
use serde::Serialize;

/// The head of a story's page.
pub fn story(frame: &Frame<'_>, piece: &Piece) -> Markup {
    let site = frame.site;
    let story = &piece.story;
    let picture = media::main(story);
    html! {
        @if let Some(about) = piece.description() {
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
        @for (rank, topic) in piece.topics.iter().enumerate() {
            meta property=(if rank == 0 { "article:section" } else { "article:tag" }) content=(frame.name(topic));
        }
        script type="application/ld+json" { (PreEscaped(embedded(&schema_org::card(piece, site)))) }
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
