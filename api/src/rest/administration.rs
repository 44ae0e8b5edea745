//! Partners and keys: what an administrator's key may see and change.
//!
//! Every answer here is about the asker's right as much as about the thing, so none is kept or shared.

use super::asked::{Asked, Right, Said};
use super::routes::{Route, Shape};
use super::writes::{Written, answered, at, nothing, same_name, unkept};
use crate::access::{Issued, PartnerReceipt, Rotated};
use crate::error::Result;
use crate::news::limits::KeyLimits;
use crate::news::partner::{KeyChange, KeySubmission, Partner, PartnerSubmission, Rotation};
use crate::news::viewer::Key;
use crate::web::{Param, ParamKind, Segment};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post, put};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A partner.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartnerView {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    /// Whether he may read what is still under embargo.
    pub advance: bool,
    /// Whether all his keys are refused.
    pub disabled: bool,
    pub version: i32,
    pub created: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub struct Partners {
    pub items: Vec<PartnerView>,
}

/// A key, without its secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyView {
    /// The public part: what stands between `dl_` and the second underscore.
    pub id: String,
    pub name: String,
    /// `read`, `publish`, `admin`.
    pub scope: &'static str,
    /// The partner's slug; null for a key of the house itself.
    pub partner: Option<String>,
    pub created: Timestamp,
    /// From then on it is refused; null when it has no end.
    pub expires: Option<Timestamp>,
    /// The only networks it is taken from; all when it is empty.
    pub networks: Vec<String>,
    /// The only sites whose pages may send it; empty when it is no browser's key.
    pub origins: Vec<String>,
    pub disabled: bool,
    /// To the minute; null as long as it was never used.
    pub last_used: Option<Timestamp>,
    /// What it may ask for; what is null is as the house has it.
    pub limits: KeyLimits,
}

#[derive(Serialize, ToSchema)]
pub struct Keys {
    pub items: Vec<KeyView>,
}

/// A key that was made.
#[derive(Serialize, ToSchema)]
pub struct NewKey {
    #[serde(flatten)]
    pub about: KeyView,
    /// The whole key, as it is sent in `Authorization: Bearer`. It is shown once: null where a request is repeated with its
    /// `Idempotency-Key`.
    pub secret: Option<String>,
    /// The key that it follows, with the end that this has now; null when it follows none.
    pub old: Option<KeyView>,
}

impl From<&Partner> for PartnerView {
    fn from(partner: &Partner) -> PartnerView {
        let Partner {
            id,
            slug,
            name,
            advance,
            disabled,
            version,
            created,
        } = partner;
        PartnerView {
            id: id.0,
            slug: slug.clone(),
            name: name.clone(),
            advance: *advance,
            disabled: *disabled,
            version: *version,
            created: *created,
        }
    }
}

impl From<&Key> for KeyView {
    fn from(key: &Key) -> KeyView {
        let Key {
            id,
            name,
            scope,
            partner,
            created,
            expires,
            networks,
            origins,
            disabled,
            last_used,
            limits,
        } = key;
        KeyView {
            id: id.clone(),
            name: name.clone(),
            scope: scope.as_str(),
            partner: partner.as_ref().map(|p| p.slug.clone()),
            created: *created,
            expires: *expires,
            networks: networks.iter().map(ToString::to_string).collect(),
            origins: origins.clone(),
            disabled: *disabled,
            last_used: *last_used,
            limits: *limits,
        }
    }
}

const KEYS: &[Param] = &[Param {
    name: "partner",
    about: "Only the keys of this partner, by his slug.",
    kind: ParamKind::Text,
}];

/// The routes of this page.
pub fn table() -> Vec<Route> {
    let route = Route::keyed;
    let (of_partners, of_partner) = ("/v1/partners", "/v1/partners/{slug}");
    let (of_keys, of_key, of_his) = ("/v1/keys", "/v1/keys/{id}", "/v1/partners/{slug}/keys");
    let (one, made) = (Shape::One, Shape::Made);
    let removed = |guarded| Shape::Removed { guarded };
    let (partner, key) = (Some("PartnerSubmission"), Some("KeySubmission"));
    let (change, rotation) = (Some("KeyChange"), Some("Rotation"));
    #[rustfmt::skip]
    let routes = vec![
        route("get", of_partners, "listPartners", "All partners, by slug", None, one("Partners"), get(partners)),
        route("post", of_partners, "addPartner", "Put in a new partner", partner, made("Written"), post(add_partner)),
        route("get", of_partner, "partner", "One partner", None, one("PartnerView"), get(one_partner)),
        route("put", of_partner, "putPartner", "Put a partner in, new or changed", partner, Shape::Written, put(put_partner)),
        route("delete", of_partner, "deletePartner", "Remove a partner with all his keys", None, removed(true), delete(delete_partner)),
        route("get", of_his, "partnerKeys", "A partner's keys, the oldest first", None, one("Keys"), get(partner_keys)),
        route("post", of_his, "issuePartnerKey", "Make a key for a partner; it is shown once", key, made("NewKey"), post(issue_for)),
        Route {
            params: KEYS,
            ..route("get", of_keys, "listKeys", "All keys, the oldest first", None, one("Keys"), get(keys))
        },
        route("post", of_keys, "issueKey", "Make a key; it is shown once", key, made("NewKey"), post(issue)),
        route("get", of_key, "key", "One key", None, one("KeyView"), get(one_key)),
        route("patch", of_key, "changeKey", "Disable, enable or rename a key, or change what it is held to", change, one("KeyView"), patch(change_key)),
        route("delete", of_key, "revokeKey", "Delete a key", None, removed(false), delete(revoke)),
        route("post", "/v1/keys/{id}/rotate", "rotateKey", "Make a key that takes another's place; the old one is good for a while longer", rotation, made("NewKey"), post(rotate)),
    ];
    routes
}

async fn partners(asked: Asked) -> Result<Response> {
    asked.plain()?;
    let Asked { door, caller, .. } = &asked;
    let items = door.access.partners(&caller.viewer).await?;
    let items = items.iter().map(PartnerView::from).collect();
    asked.answer(None, &Partners { items })
}

async fn one_partner(Segment(slug): Segment, asked: Asked) -> Result<Response> {
    asked.plain()?;
    let Asked { door, caller, .. } = &asked;
    let partner = door.access.partner(&caller.viewer, &slug).await?;
    asked.answer(Some(partner.version), &PartnerView::from(&partner))
}

async fn add_partner(mut asked: Asked) -> Result<Response, Response> {
    let said = asked.said::<PartnerSubmission>(Right::Administration)?;
    let Asked { door, caller, .. } = asked;
    let filed = door
        .access
        .new_partner(&caller.viewer, said.content, said.repeat.as_ref());
    // The answer to a repetition is the answer to the request.
    filed.await.map(written).map_err(IntoResponse::into_response)
}

async fn put_partner(Segment(slug): Segment, mut asked: Asked) -> Result<Response, Response> {
    let said = asked.said::<PartnerSubmission>(Right::Administration)?;
    let Asked { door, caller, .. } = asked;
    let mut partner = said.content;
    let filed = async {
        same_name("slug", &mut partner.slug, slug)?;
        door.access
            .put_partner(&caller.viewer, partner, said.expected, said.repeat.as_ref())
            .await
    };
    filed.await.map(written).map_err(IntoResponse::into_response)
}

async fn delete_partner(Segment(slug): Segment, asked: Asked) -> Result<Response> {
    asked.admitted(Right::Administration)?;
    let expected = asked.expected()?;
    let Asked { door, caller, .. } = asked;
    door.access.delete_partner(&caller.viewer, &slug, expected).await?;
    Ok(nothing())
}

async fn partner_keys(Segment(slug): Segment, asked: Asked) -> Result<Response> {
    asked.plain()?;
    listed(&asked, Some(slug)).await
}

async fn keys(asked: Asked) -> Result<Response> {
    let mut params = asked.params(KEYS);
    let partner = params.text("partner");
    params.finish()?;
    listed(&asked, partner).await
}

async fn listed(asked: &Asked, partner: Option<String>) -> Result<Response> {
    let Asked { door, caller, .. } = asked;
    let items = door.access.keys(&caller.viewer, partner.as_deref()).await?;
    let items = items.iter().map(KeyView::from).collect();
    asked.answer(None, &Keys { items })
}

async fn one_key(Segment(id): Segment, asked: Asked) -> Result<Response> {
    asked.plain()?;
    let key = asked.door.access.key(&asked.caller.viewer, &id).await?;
    asked.answer(None, &KeyView::from(&key))
}

async fn issue(mut asked: Asked) -> Result<Response, Response> {
    let said = asked.said::<KeySubmission>(Right::Administration)?;
    issued(&asked, said).await.map_err(IntoResponse::into_response)
}

async fn issue_for(Segment(slug): Segment, mut asked: Asked) -> Result<Response, Response> {
    let mut said = asked.said::<KeySubmission>(Right::Administration)?;
    let made = async {
        same_name("partner", &mut said.content.partner, slug.clone())?;
        // What stands in the address is not there, rather than wrong.
        asked.door.access.partner(&asked.caller.viewer, &slug).await?;
        issued(&asked, said).await
    };
    made.await.map_err(IntoResponse::into_response)
}

async fn issued(Asked { door, caller, .. }: &Asked, said: Said<KeySubmission>) -> Result<Response> {
    let issued = door.access.issue(&caller.viewer, said.content, said.repeat.as_ref());
    Ok(made(issued.await?, None))
}

async fn rotate(Segment(id): Segment, mut asked: Asked) -> Result<Response, Response> {
    let said = asked.said::<Rotation>(Right::Administration)?;
    let Asked { door, caller, .. } = asked;
    let rotated = door
        .access
        .rotate(&caller.viewer, &id, said.content, said.repeat.as_ref());
    let Rotated { issued, old } = rotated.await.map_err(IntoResponse::into_response)?;
    Ok(made(issued, old.as_ref()))
}

async fn change_key(Segment(id): Segment, mut asked: Asked) -> Result<Response, Response> {
    let said = asked.said::<KeyChange>(Right::Administration)?;
    let Asked { door, caller, .. } = asked;
    let key = door.access.change_key(&caller.viewer, &id, said.content).await;
    let key = key.map_err(IntoResponse::into_response)?;
    Ok(unkept(StatusCode::OK, &KeyView::from(&key)))
}

async fn revoke(Segment(id): Segment, asked: Asked) -> Result<Response> {
    asked.plain()?;
    asked.door.access.revoke(&asked.caller.viewer, &id).await?;
    Ok(nothing())
}

fn written(receipt: PartnerReceipt) -> Response {
    let PartnerReceipt {
        id,
        slug,
        version,
        outcome,
    } = receipt;
    let location = format!("/v1/partners/{slug}");
    answered(Written::plain(id.0, slug, version, outcome), &location)
}

fn made(issued: Issued, old: Option<&Key>) -> Response {
    let Issued { key, whole } = issued;
    let location = format!("/v1/keys/{}", key.id);
    let new = NewKey {
        about: KeyView::from(&key),
        secret: whole,
        old: old.map(KeyView::from),
    };
    at(&location, unkept(StatusCode::CREATED, &new))
}
