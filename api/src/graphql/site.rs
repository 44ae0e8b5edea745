//! The publication and the one who asks.

use super::scalar::Url;
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
#[derive(SimpleObject)]
pub struct Viewer {
    /// Public part of the key; null without one.
    key_id: Option<String>,
    name: Option<String>,
    scope: Option<KeyScope>,
    may_publish: bool,
}

impl Viewer {
    pub fn of(viewer: &viewer::Viewer) -> Viewer {
        let may_publish = viewer.may_publish();
        match viewer {
            viewer::Viewer::Key(key) => Viewer {
                key_id: Some(key.id.clone()),
                name: Some(key.name.clone()),
                scope: Some(key.scope.into()),
                may_publish,
            },
            viewer::Viewer::Public | viewer::Viewer::Operator => Viewer {
                key_id: None,
                name: None,
                scope: None,
                may_publish,
            },
        }
    }
}
