//! The publication and the one who asks.

use super::refusal::refuse;
use super::scalar::{DateTime, Long, Url};
use super::wire::newest_cursor;
use crate::access::{Access, UseToday};
use crate::news::limits;
use crate::news::site;
use crate::news::viewer;
use crate::web::Caller;
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
#[graphql(complex)]
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
    /// Slugs of the channels that may be read; null where everything may be.
    pub channels: Option<Vec<String>>,
}

/// The partner, as he sees himself.
#[derive(SimpleObject)]
pub struct ViewerPartner {
    slug: String,
    name: String,
}

/// What a key may ask for in a time. What is counted are units: an ordinary request is 1, a 304 and an empty answer of the
/// wire a tenth, a stream 1 once, a GraphQL operation 1 and 1 more for each 100 of its cost.
#[derive(SimpleObject)]
pub struct Limits {
    /// Units a second in the long run; null: no limit.
    per_second: Option<i64>,
    /// Units at once; null: no limit.
    burst: Option<i64>,
    /// Units from midnight to midnight, UTC; null: no limit.
    per_day: Option<Long>,
    /// Units of today, this request among them.
    used_today: Long,
    resets_at: DateTime,
}

#[ComplexObject]
impl Viewer {
    /// What the key may ask for, and has; null without one.
    async fn limits(&self, ctx: &Context<'_>) -> Result<Option<Limits>> {
        let viewer::Viewer::Key(key) = &ctx.data::<Caller>()?.viewer else {
            return Ok(None);
        };
        let UseToday {
            limits: limits::Limits { rate, per_day },
            used,
            resets_at,
        } = ctx.data::<Access>()?.used_today(key).await.map_err(|e| refuse(&e))?;
        Ok(Some(Limits {
            per_second: rate.map(|rate| rate.per_second),
            burst: rate.map(|rate| rate.burst),
            per_day: per_day.map(Long),
            used_today: Long(used),
            resets_at: DateTime::new(resets_at, None),
        }))
    }
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
