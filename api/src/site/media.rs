//! Pictures, by reference. They may fail to load, so what stands in their place is made to be read.

use crate::news::story::{Rendition, Story};
use maud::{Markup, html};

/// The picture that stands for the story.
pub fn main(story: &Story) -> Option<&Rendition> {
    let is_image = |r: &&Rendition| r.media_type.as_deref().is_none_or(|kind| kind.starts_with("image/"));
    let images = || story.renditions.iter().filter(is_image);
    images().find(|r| r.name == "main").or_else(|| images().next())
}

/// A picture with its caption and credit.
pub fn figure(rendition: &Rendition) -> Markup {
    let caption = rendition.caption.as_deref();
    html! {
        figure.picture {
            (image(rendition))
            @if caption.is_some() || rendition.credit.is_some() {
                figcaption {
                    @if let Some(caption) = caption { (caption) " " }
                    @if let Some(credit) = &rendition.credit { span.credit { (credit) } }
                }
            }
        }
    }
}

/// The size is told beforehand, so that the text does not jump when the picture comes.
pub fn image(rendition: &Rendition) -> Markup {
    html! {
        img src=(rendition.href) alt=(rendition.alt.as_deref().unwrap_or_default())
            width=[rendition.width] height=[rendition.height] decoding="async";
    }
}
