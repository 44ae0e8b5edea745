//! Topics and their feeds.

use super::frame::topic_view;
use super::listing::Listing;
use super::params::{self, page};
use super::view::{List, TopicView, TopicWhole};
use super::{Door, Question};
use crate::error::{Error, Result};
use crate::news::filter::{Selection, TopicFilter};
use crate::news::topic::{Topic, TopicKey, TopicKind};
use crate::news::viewer::Scope;
use crate::page::Order;
use crate::web::{Form, Segment, canonical};
use axum::response::Response;

pub async fn list(question: Question) -> Result<Response> {
    let mut params = question.params(params::TOPICS);
    let kind = params.choice("kind").and_then(|k| TopicKind::parse(&k));
    let parent = params.text("parent");
    let page = page(&mut params, Order::Slug);
    let total = params.flag("total");
    let page = params.finish_with(page)?;
    let (door, scope) = (&question.door, question.scope());
    let mut filter = TopicFilter {
        kind,
        ..TopicFilter::default()
    };
    match parent.as_deref() {
        None => {}
        Some("none") => filter.roots = true,
        Some(slug) => filter.parent = Some(named(door, &scope, slug).await?.id),
    }
    let slice = door.archive.list_topics(&scope, &filter, &page).await?;
    let total = if total {
        Some(door.archive.count_topics(&scope, &filter).await?)
    } else {
        None
    };
    let list = List::of(&slice, total, |t| view(door, t));
    question.page(&slice, &list)
}

pub async fn one(Segment(key): Segment, question: Question) -> Result<Response> {
    question.plain()?;
    let (door, scope) = (&question.door, question.scope());
    let topic = named(door, &scope, &key).await?;
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
        topic: view(door, &topic),
        names: topic.names.clone(),
        version: topic.version,
        ancestors: ids
            .iter()
            .filter_map(|id| above.get(id))
            .map(|t| view(door, t))
            .collect(),
        children: children.iter().map(|t| view(door, t)).collect(),
    };
    let mut response = question.answer(Some(topic.version), &whole)?;
    if !TopicKey::read(&key).is_own_name_of(&topic) {
        // Asked for under the name of a topic that was merged into it.
        canonical(&mut response, &format!("/v1/topics/{}", topic.slug));
    }
    Ok(response)
}

pub async fn feed(form: Form, Segment(key): Segment, question: Question) -> Result<Response> {
    let listing = Listing::read(question.params(params::PAGE))?;
    let topic = named(&question.door, &question.scope(), &key).await?;
    let selection = Selection {
        topics: vec![vec![topic.id]],
        ..Selection::default()
    };
    listing.of(&question, form, &selection).await
}

async fn named(door: &Door, scope: &Scope, key: &str) -> Result<Topic> {
    let found = door.archive.find_topic(scope, &TopicKey::read(key)).await?;
    found.ok_or_else(|| Error::not_found("topic"))
}

fn view(door: &Door, topic: &Topic) -> TopicView {
    let site = door.archive.site();
    topic_view(topic, site.home_language(), site)
}
