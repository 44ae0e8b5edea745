//! Who am I?

use super::params;
use crate::error::Result;
use crate::news::viewer::Viewer;
use crate::web::{Caller, ready};
use axum::extract::RawQuery;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// Who the key belongs to and what it may do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// Public part of the key; null without one.
    pub key_id: Option<String>,
    pub name: Option<String>,
    /// `read`, `publish`, `admin`; null without a key.
    pub scope: Option<&'static str>,
    pub may_publish: bool,
}

pub async fn me(caller: Caller, RawQuery(query): RawQuery, headers: HeaderMap) -> Result<Response> {
    params::none(query.as_deref())?;
    caller.readings.personal();
    let may_publish = caller.viewer.may_publish();
    let me = match &caller.viewer {
        Viewer::Key(key) => Me {
            key_id: Some(key.id.clone()),
            name: Some(key.name.clone()),
            scope: Some(key.scope.as_str()),
            may_publish,
        },
        Viewer::Public | Viewer::Operator => Me {
            key_id: None,
            name: None,
            scope: None,
            may_publish,
        },
    };
    ready(&headers, &caller, None, &me)
}
