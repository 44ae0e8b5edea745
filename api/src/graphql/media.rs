//! Pictures and other media of a story.

use super::scalar::{Long, Url};
use crate::news::story;
use async_graphql::{Object, SimpleObject};

/// A picture or other media, by reference.
pub struct Rendition(pub story::Rendition);

#[Object]
impl Rendition {
    /// What it is for: `main`, `thumbnail`, …
    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn href(&self) -> Url {
        Url(self.0.href.clone())
    }

    /// IANA media type.
    async fn media_type(&self) -> Option<&str> {
        self.0.media_type.as_deref()
    }

    /// Pixels.
    async fn width(&self) -> Option<i32> {
        self.0.width
    }

    /// Pixels.
    async fn height(&self) -> Option<i32> {
        self.0.height
    }

    /// Bytes.
    async fn size(&self) -> Option<Long> {
        self.0.size.map(Long)
    }

    async fn digest(&self) -> Option<&str> {
        self.0.digest.as_deref()
    }

    /// The point a crop must keep.
    async fn focal_point(&self) -> Option<FocalPoint> {
        self.0.focal_point.map(|p| FocalPoint { x: p.x, y: p.y })
    }

    async fn credit(&self) -> Option<&str> {
        self.0.credit.as_deref()
    }

    /// Text for those who do not see it.
    async fn alt(&self) -> Option<&str> {
        self.0.alt.as_deref()
    }

    async fn caption(&self) -> Option<&str> {
        self.0.caption.as_deref()
    }
}

/// From 0 (left, top) to 1 (right, bottom).
#[derive(SimpleObject)]
pub struct FocalPoint {
    x: f64,
    y: f64,
}
