//! Text made fit for where it goes.

use crate::news::story::{Rendition, Story};
use std::borrow::Cow;
use url::Url;

/// Without the characters that XML 1.0 cannot hold (§2.2); line ends become line feeds. The house lets none of them in,
/// but it is the writer who answers for what he writes.
pub fn legible(text: &str) -> Cow<'_, str> {
    let is_fit = |c: char| !c.is_ascii_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}') || matches!(c, '\n' | '\t');
    if text.chars().all(is_fit) {
        return Cow::Borrowed(text);
    }
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    Cow::Owned(lines.chars().filter(|c| is_fit(*c)).collect())
}

/// An address in the letters of RFC 3986: publishers write it in those of their readers. None where it is no address.
pub fn uri(address: &str) -> Option<Cow<'_, str>> {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}');
    let parsed = Url::parse(address).ok()?;
    Some(match address.chars().all(plain) {
        true => Cow::Borrowed(address),
        false => Cow::Owned(parsed.into()),
    })
}

/// Plain text in HTML.
pub fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// What a rendition is: `image`, `video`, `audio`, or something else. One that does not say is a picture.
pub fn medium(rendition: &Rendition) -> Option<&'static str> {
    let Some(kind) = rendition.media_type.as_deref() else {
        return Some("image");
    };
    ["image", "video", "audio"]
        .into_iter()
        .find(|medium| kind.split('/').next().is_some_and(|k| k.eq_ignore_ascii_case(medium)))
}

/// The picture that stands for the story.
pub fn picture(story: &Story) -> Option<&Rendition> {
    let images = || story.renditions.iter().filter(|r| medium(r) == Some("image"));
    images().find(|r| r.name == "main").or_else(|| images().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_left_out() {
        assert_eq!(legible("plain"), Cow::Borrowed("plain"));
        assert_eq!(
            legible("a\0b\u{1}\u{FFFE}c\u{FFFF}\r\nd\re\tf\u{85}"),
            "abc\nd\ne\tf\u{85}"
        );
    }

    #[test]
    fn addresses_are_written_in_ascii() {
        assert_eq!(uri("https://x.example/a.jpg").unwrap(), "https://x.example/a.jpg");
        assert_eq!(
            uri("https://x.example/фото 1.jpg").unwrap(),
            "https://x.example/%D1%84%D0%BE%D1%82%D0%BE%201.jpg"
        );
        assert_eq!(uri("urn:x:a").unwrap(), "urn:x:a");
        assert_eq!(uri("no address"), None);
    }
}
