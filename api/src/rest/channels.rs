//! Channels: saved selections that are feeds and wires of their own, and who may read them.

use super::asked::{Asked, Right};
use super::listing::Listing;
use super::routes::{Route, Shape};
use super::writes::{answer, nothing, same_name};
use super::{Door, Question, params};
use crate::error::{Error, Result};
use crate::news::channel::{Channel, ChannelSubmission, SelectionSubmission, Sight};
use crate::news::filter::Selection;
use crate::news::viewer::Scope;
use crate::web::{Form, Segment, Segments};
use axum::response::Response;
use axum::routing::{delete, get, put};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A channel.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChannelView {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub version: i32,
    /// Whether everybody may read it, where reading is by right.
    pub public: bool,
    /// Whether all stories stand by its selection. After it was changed they follow by and by.
    pub settled: bool,
    pub selection: SelectionSubmission,
}

/// Channels, by slug: those that you may read.
#[derive(Serialize, ToSchema)]
pub struct Channels {
    pub items: Vec<ChannelView>,
}

/// The routes of this page.
pub fn table() -> Vec<Route> {
    let (all, one, of_partner) = (
        "/v1/channels",
        "/v1/channels/{slug}",
        "/v1/partners/{slug}/channels/{channel}",
    );
    let route =
        |method, path, id, summary, answer, handler| Route::keyed(method, path, id, summary, None, answer, handler);
    let removed = |guarded| Shape::Removed { guarded };
    #[rustfmt::skip]
    let routes = vec![
        Route { keyed: false, ..route("get", all, "listChannels", "The channels that one may read, by slug", Shape::One("Channels"), get(list)) },
        Route { keyed: false, ..route("get", one, "channel", "One channel", Shape::One("ChannelView"), get(one_channel)) },
        Route { body: Some("ChannelSubmission"), ..route("put", one, "putChannel", "Put a channel in, new or changed; its stories follow by and by", Shape::Written, put(put_channel)) },
        route("delete", one, "deleteChannel", "Remove a channel; its stories leave it first", removed(true), delete(delete_channel)),
        Route {
            keyed: false,
            params: params::PAGE,
            ..route("get", "/v1/channels/{slug}/articles", "channelArticles", "A channel's feed, newest first", Shape::ListOf("Article"), get(feed))
        },
        route("get", "/v1/partners/{slug}/channels", "partnerChannels", "The channels that a partner has been given", Shape::One("Channels"), get(granted)),
        route("put", of_partner, "grantChannel", "Give a partner a channel", removed(false), put(grant)),
        route("delete", of_partner, "revokeChannel", "Take a channel from a partner", removed(false), delete(revoke)),
    ];
    routes
}

pub async fn list(question: Question) -> Result<Response> {
    question.plain()?;
    let (door, scope) = (&question.door, question.scope());
    let channels = door.archive.list_channels(&scope).await?;
    let items = views(door, &scope, &channels).await?;
    question.answer(None, &Channels { items })
}

async fn one_channel(Segment(slug): Segment, question: Question) -> Result<Response> {
    question.plain()?;
    let (door, scope) = (&question.door, question.scope());
    let channel = named(door, &scope, &slug).await?;
    let mut views = views(door, &scope, std::slice::from_ref(&channel)).await?;
    let view = views.pop().ok_or_else(|| Error::not_found("channel"))?;
    question.answer(Some(channel.version), &view)
}

async fn feed(form: Form, Segment(slug): Segment, question: Question) -> Result<Response> {
    let listing = Listing::read(question.params(params::PAGE))?;
    let channel = named(&question.door, &question.scope(), &slug).await?;
    let selection = Selection {
        channels: Some(vec![channel.id]),
        ..Selection::default()
    };
    listing.of(&question, form, &selection).await
}

async fn put_channel(Segment(slug): Segment, mut asked: Asked) -> Result<Response, Response> {
    let said = asked.said::<ChannelSubmission>(Right::Desk)?;
    let Asked { door, caller, .. } = asked;
    let mut channel = said.content;
    let outcome = async {
        same_name("slug", &mut channel.slug, slug)?;
        let put = door
            .desk
            .put_channel(&caller.viewer, channel, said.expected, said.repeat.as_ref());
        Box::pin(put).await
    };
    Ok(answer(&door, outcome.await, "channels"))
}

async fn delete_channel(Segment(slug): Segment, asked: Asked) -> Result<Response> {
    asked.admitted(Right::Desk)?;
    let expected = asked.expected()?;
    let Asked { door, caller, .. } = asked;
    Box::pin(door.desk.delete_channel(&caller.viewer, &slug, expected)).await?;
    Ok(nothing())
}

async fn granted(Segment(slug): Segment, asked: Asked) -> Result<Response> {
    asked.plain()?;
    let Asked { door, caller, .. } = &asked;
    let channels = door.access.granted(&caller.viewer, &slug).await?;
    let items = views(door, &caller.scope(), &channels).await?;
    asked.answer(None, &Channels { items })
}

async fn grant(Segments(partner, channel): Segments, asked: Asked) -> Result<Response> {
    asked.plain()?;
    let Asked { door, caller, .. } = asked;
    door.access.grant(&caller.viewer, &partner, &channel).await?;
    Ok(nothing())
}

async fn revoke(Segments(partner, channel): Segments, asked: Asked) -> Result<Response> {
    asked.plain()?;
    let Asked { door, caller, .. } = asked;
    door.access.revoke_grant(&caller.viewer, &partner, &channel).await?;
    Ok(nothing())
}

async fn named(door: &Door, scope: &Scope, slug: &str) -> Result<Channel> {
    let found = door.archive.find_channel(scope, slug).await?;
    found.ok_or_else(|| Error::not_found("channel"))
}

/// The channels that somebody may read, by slug, where he may not read everything.
pub async fn mine(door: &Door, scope: &Scope) -> Result<Option<Vec<String>>> {
    match &scope.sight {
        Sight::All => Ok(None),
        Sight::Channels(_) => {
            let channels = door.archive.list_channels(scope).await?;
            Ok(Some(channels.into_iter().map(|c| c.slug).collect()))
        }
    }
}

/// Channels with the names of what they select.
pub async fn views(door: &Door, scope: &Scope, channels: &[Channel]) -> Result<Vec<ChannelView>> {
    let selections = door.archive.selections(scope, channels).await?;
    let view = |(channel, selection): (&Channel, SelectionSubmission)| ChannelView {
        id: channel.id.0,
        slug: channel.slug.clone(),
        name: channel.name.clone(),
        version: channel.version,
        public: channel.public,
        settled: channel.is_settled(),
        selection,
    };
    Ok(channels.iter().zip(selections).map(view).collect())
}
