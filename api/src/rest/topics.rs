//! Topics and their feeds.

use super::Door;
use super::articles::{Listing, Request};
use super::params::{self, page};
use super::view::{List, TopicView, TopicWhole, topic_view};
use crate::error::{Error, Result};
use crate::news::filter::{Selection, TopicFilter};
use crate::news::topic::{Topic, TopicKey, TopicKind};
use crate::news::viewer::Scope;
use crate::page::Order;
use crate::web::{Caller, Form, Params, Segment, canonical, list_links, ready};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;

pub async fn list(State(door): State<Door>, caller: Caller, headers: HeaderMap, uri: Uri) -> Result<Response> {
    let mut params = Params::read(uri.query(), params::TOPICS);
    let kind = params.choice("kind").and_then(|k| TopicKind::parse(&k));
    let parent = params.text("parent");
    let page = page(&mut params, Order::Slug);
    let total = params.flag("total");
    params.finish()?;
    let page = page.ok_or_else(|| Error::internal("a page without faults was not read"))?;
    let scope = caller.scope();
    let mut filter = TopicFilter {
        kind,
        ..TopicFilter::default()
    };
    match parent.as_deref() {
        None => {}
        Some("none") => filter.roots = true,
        Some(slug) => filter.parent = Some(named(&door, &scope, slug).await?.id),
    }
    let slice = door.archive.list_topics(&scope, &filter, &page).await?;
    let total = if total {
        Some(door.archive.count_topics(&scope, &filter).await?)
    } else {
        None
    };
    let list = List::of(&slice, total, |t| view(&door, t));
    let mut response = ready(&headers, &caller, None, &list)?;
    list_links(&mut response, &uri, &slice);
    Ok(response)
}

pub async fn one(
    State(door): State<Door>,
    caller: Caller,
    Segment(key): Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    params::none(query.as_deref())?;
    let scope = caller.scope();
    let topic = named(&door, &scope, &key).await?;
    let ids = door
        .archive
        .topic_ancestors(&scope, &[topic.id])
        .await?
        .remove(&topic.id)
        .unwrap_or_default();
    let above = door.archive.load_topics(&scope, &ids).await?;
    let children = door
        .archive
        .topic_children(&scope, &[topic.id])
        .await?
        .remove(&topic.id)
        .unwrap_or_default();
    let whole = TopicWhole {
        topic: view(&door, &topic),
        names: topic.names.clone(),
        version: topic.version,
        ancestors: ids
            .iter()
            .filter_map(|id| above.get(id))
            .map(|t| view(&door, t))
            .collect(),
        children: children.iter().map(|t| view(&door, t)).collect(),
    };
    let mut response = ready(&headers, &caller, Some(topic.version), &whole)?;
    if !TopicKey::read(&key).is_own_name_of(&topic) {
        // Asked for under the name of a topic that was merged into it.
        canonical(&mut response, &format!("/v1/topics/{}", topic.slug));
    }
    Ok(response)
}

pub async fn feed(
    State(door): State<Door>,
    caller: Caller,
    form: Form,
    Segment(key): Segment,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response> {
    let listing = Listing::read(Params::read(uri.query(), params::PAGE))?;
    let scope = caller.scope();
    let topic = named(&door, &scope, &key).await?;
    let selection = Selection {
        topics: vec![vec![topic.id]],
        ..Selection::default()
    };
    Request {
        door: &door,
        caller: &caller,
        form,
        headers: &headers,
        uri: &uri,
    }
    .list(&selection, listing)
    .await
}

async fn named(door: &Door, scope: &Scope, key: &str) -> Result<Topic> {
    let found = door.archive.find_topic(scope, &TopicKey::read(key)).await?;
    found.ok_or_else(|| Error::not_found("topic"))
}

fn view(door: &Door, topic: &Topic) -> TopicView {
    let site = door.archive.site();
    topic_view(topic, site.home_language(), site)
}
