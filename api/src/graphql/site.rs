//! The publication and the one who asks.

use super::scalar::{DateTime, Url};
use super::wire::newest_cursor;
use crate::news::site;
use crate::news::viewer;
use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};

/// The publication.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct Site {
    name: String,
    url: Url,
    /// IANA name of the zone it lives in.
    time_zone: String,
    /// BCP 47; the first is the home language.
    languages: Vec<String>,
}

impl Site {
    pub fn of(site: &site::Site) -> Site {
        Site {
            name: site.name.clone(),
            url: Url(site.public_url.clone()),
            time_zone: site.time_zone.iana_name().unwrap_or("UTC").to_owned(),
            languages: site.languages.clone(),
        }
    }
}

#[ComplexObject]
impl Site {
    /// The newest place in the wire: follow from here what changes after this answer.
    async fn newest_cursor(&self, ctx: &Context<'_>) -> Result<String> {
        newest_cursor(ctx).await
    }
}

/// What a key is for; each includes the ones before it.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "viewer::KeyScope")]
pub enum KeyScope {
    Read,
    Publish,
    Admin,
}

/// Who asks.
#[derive(SimpleObject, Default)]
pub struct Viewer {
    /// Public part of the key; null without one.
    key_id: Option<String>,
    name: Option<String>,
    scope: Option<KeyScope>,
    may_publish: bool,
    /// Whether what is still under embargo may be read.
    may_read_advance: bool,
    /// Whose key it is; null for a key of the house itself.
    partner: Option<ViewerPartner>,
    /// From then on the key is refused; null when it has no end.
    expires: Option<DateTime>,
    /// The only networks that the key is taken from; all when it is empty.
    networks: Vec<String>,
    /// The only sites whose pages may send the key; empty when it is no browser's key.
    origins: Vec<String>,
}

/// The partner, as he sees himself.
#[derive(SimpleObject)]
pub struct ViewerPartner {
    slug: String,
    name: String,
}

impl Viewer {
    pub fn of(viewer: &viewer::Viewer) -> Viewer {
        let nobody = Viewer {
            may_publish: viewer.may_publish(),
            may_read_advance: viewer.may_read_advance(),
            partner: viewer.partner().map(|partner| ViewerPartner {
                slug: partner.slug.clone(),
                name: partner.name.clone(),
            }),
            ..Viewer::default()
        };
        let viewer::Viewer::Key(key) = viewer else {
            return nobody;
        };
        Viewer {
            key_id: Some(key.id.clone()),
            name: Some(key.name.clone()),
            scope: Some(key.scope.into()),
            expires: key.expires.map(|at| DateTime::new(at, None)),
            networks: key.networks.iter().map(ToString::to_string).collect(),
            origins: key.origins.clone(),
            ..nobody
        }
    }
}
