//! Who am I?

use super::params;
use crate::error::Result;
use crate::news::viewer::{Key, Viewer};
use crate::web::{Caller, ready};
use axum::extract::RawQuery;
use axum::http::HeaderMap;
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
}

/// The partner, as he sees himself.
#[derive(Serialize, ToSchema)]
pub struct MyPartner {
    pub slug: String,
    pub name: String,
}

pub async fn me(caller: Caller, RawQuery(query): RawQuery, headers: HeaderMap) -> Result<Response> {
    params::none(query.as_deref())?;
    caller.readings.personal();
    ready(&headers, &caller, None, &Me::of(&caller.viewer))
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
