//! A topic's page with its place in the tree and its feed, and the page of all topics.

use super::frame::{Content, Frame};
use super::{Question, list, schema};
use crate::archive::Archive;
use crate::error::{Error, Result};
use crate::news::TopicId;
use crate::news::filter::{Selection, TopicFilter};
use crate::news::topic::{Topic, TopicKey};
use crate::news::viewer::Scope;
use crate::page::{self, Order};
use crate::web::{Segment, moved};
use axum::response::Response;
use maud::{Markup, html};
use std::sync::Arc;

pub async fn page(Segment(key): Segment, question: Question) -> Result<Response> {
    let (archive, scope) = (&question.door, question.scope());
    let page = list::asked(question.uri.query(), Order::Story, page::DEFAULT)?;
    let found = archive.find_topic(&scope, &TopicKey::read(&key)).await?;
    let topic = found.ok_or_else(|| Error::not_found("topic"))?;
    let path = format!("/topics/{}", topic.slug);
    if topic.slug != key {
        return Ok(moved(&question.caller, &list::address(&path, &page)));
    }
    let (above, below) = family(archive, &scope, topic.id).await?;
    let selection = Selection {
        topics: vec![vec![topic.id]],
        ..Selection::default()
    };
    let slice = archive.list(&scope, &selection, &page).await?;
    scope.readings.showed_all(slice.edges.iter().map(|e| e.node.id));
    let frame = Frame::of(archive, &scope, None).await?;
    let name = frame.name(&topic);
    let main = html! {
        div.topic {
            header {
                nav.crumbs aria-label=(frame.words.topics) {
                    ol {
                        li { a href="/topics" { (frame.words.topics) } }
                        @for topic in &above { li { (link(&frame, topic)) } }
                    }
                }
                h1 { (name) }
                @if !below.is_empty() { ul.tags { @for topic in &below { li { (link(&frame, topic)) } } } }
            }
            (list::long(&frame, slice.edges.iter().map(|e| &e.node)))
            (list::turn(&frame, &path, &page, &slice))
        }
    };
    let page = frame.page(Content {
        title: Some(name),
        path: &list::address(&path, &page),
        json: &list::address(&format!("/v1/topics/{}/articles", topic.slug), &page),
        topic: Some(&topic.slug),
        feed: Some((name, format!("/feeds/topics/{}", topic.slug))),
        head: schema::list(name),
        main,
    });
    question.html(None, page)
}

/// From the root down to the parent, and the children.
async fn family(archive: &Archive, scope: &Scope, id: TopicId) -> Result<(Vec<Arc<Topic>>, Vec<Topic>)> {
    let ids = archive
        .topic_ancestors(scope, &[id])
        .await?
        .remove(&id)
        .unwrap_or_default();
    let mut loaded = archive.load_topics(scope, &ids).await?;
    let above = ids.iter().rev().filter_map(|id| loaded.remove(id)).collect();
    let below = archive
        .topic_children(scope, &[id])
        .await?
        .remove(&id)
        .unwrap_or_default();
    Ok((above, below))
}

fn link(frame: &Frame<'_>, topic: &Topic) -> Markup {
    html! { a href={ "/topics/" (topic.slug) } { (frame.name(topic)) } }
}

/// Every topic that has no parent, with its children.
pub async fn index(question: Question) -> Result<Response> {
    let (archive, scope) = (&question.door, question.scope());
    let page = list::asked(question.uri.query(), Order::Slug, page::MOST)?;
    let roots = TopicFilter {
        roots: true,
        ..TopicFilter::default()
    };
    let slice = archive.list_topics(&scope, &roots, &page).await?;
    let ids: Vec<TopicId> = slice.edges.iter().map(|e| e.node.id).collect();
    let children = archive.topic_children(&scope, &ids).await?;
    let frame = Frame::of(archive, &scope, None).await?;
    let title = frame.words.topics;
    let main = html! {
        div.topic {
            header { h1 { (title) } }
            ul.tree {
                @for topic in slice.edges.iter().map(|e| &e.node) {
                    li {
                        (link(&frame, topic))
                        @if let Some(below) = children.get(&topic.id).filter(|below| !below.is_empty()) {
                            ul { @for topic in below { li { (link(&frame, topic)) } } }
                        }
                    }
                }
            }
            (list::turn(&frame, "/topics", &page, &slice))
        }
    };
    let page = frame.page(Content {
        title: Some(title),
        path: &list::address("/topics", &page),
        json: "/v1/topics?parent=none",
        topic: None,
        feed: None,
        head: schema::list(title),
        main,
    });
    question.html(None, page)
}
