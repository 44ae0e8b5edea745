//! Who am I?

use super::Question;
use super::channels::mine;
use crate::access::UseToday;
use crate::error::Result;
use crate::news::limits::Limits;
use crate::news::viewer::{Key, Viewer};
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Who the key belongs to and what it may do.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// Public part of the key; null without one.
    pub key_id: Option<String>,
    pub name: Option<String>,
    /// `read`, `publish`, `admin`; null without a key.
    pub scope: Option<&'static str>,
    pub may_publish: bool,
    /// Whether what is still under embargo may be read.
    pub may_read_advance: bool,
    /// Whose key it is; null for a key of the house itself.
    pub partner: Option<MyPartner>,
    /// From then on the key is refused; null when it has no end.
    pub expires: Option<Timestamp>,
    /// The only networks that the key is taken from; all when it is empty.
    pub networks: Vec<String>,
    /// The only sites whose pages may send the key; empty when it is no browser's key.
    pub origins: Vec<String>,
    /// What it may ask for, and has; null without a key.
    pub limits: Option<LimitsView>,
    /// Slugs of the channels that may be read; null where everything may be.
    pub channels: Option<Vec<String>>,
}

/// The partner, as he sees himself.
#[derive(Serialize, ToSchema)]
pub struct MyPartner {
    pub slug: String,
    pub name: String,
}

/// What a key may ask for in a time. What is counted are units: an ordinary request is 1, a 304 and an empty answer of the
/// wire a tenth, a stream 1 once, a GraphQL operation 1 and 1 more for each 100 of its cost.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LimitsView {
    /// Units a second in the long run; null: no limit.
    pub per_second: Option<i64>,
    /// Units at once; null: no limit.
    pub burst: Option<i64>,
    /// Units from midnight to midnight, UTC; null: no limit.
    pub per_day: Option<i64>,
    /// Units of today, this request among them.
    pub used_today: i64,
    #[schema(value_type = String, format = DateTime)]
    pub resets_at: Timestamp,
}

impl LimitsView {
    fn of(use_today: UseToday) -> LimitsView {
        let UseToday {
            limits: Limits { rate, per_day },
            used,
            resets_at,
        } = use_today;
        LimitsView {
            per_second: rate.map(|rate| rate.per_second),
            burst: rate.map(|rate| rate.burst),
            per_day,
            used_today: used,
            resets_at,
        }
    }
}

pub async fn me(question: Question) -> Result<Response> {
    question.plain()?;
    let Question { door, caller, .. } = &question;
    caller.readings.personal();
    let limits = match &caller.viewer {
        Viewer::Key(key) => Some(LimitsView::of(door.access.used_today(key).await?)),
        Viewer::Public | Viewer::Operator => None,
    };
    let channels = mine(door, &caller.scope()).await?;
    let me = Me {
        channels,
        limits,
        ..Me::of(&caller.viewer)
    };
    question.answer(None, &me)
}

impl Me {
    fn of(viewer: &Viewer) -> Me {
        let nobody = Me {
            may_publish: viewer.may_publish(),
            may_read_advance: viewer.may_read_advance(),
            partner: viewer.partner().map(|partner| MyPartner {
                slug: partner.slug.clone(),
                name: partner.name.clone(),
            }),
            ..Me::default()
        };
        let Viewer::Key(key) = viewer else { return nobody };
        let Key {
            id,
            name,
            scope,
            partner: _,
            created: _,
            expires,
            networks,
            origins,
            disabled: _,
            last_used: _,
            limits: _,
        } = &**key;
        Me {
            key_id: Some(id.clone()),
            name: Some(name.clone()),
            scope: Some(scope.as_str()),
            expires: *expires,
            networks: networks.iter().map(ToString::to_string).collect(),
            origins: origins.clone(),
            ..nobody
        }
    }
}
