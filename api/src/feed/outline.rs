//! All feeds in one file.

use super::Question;
use crate::error::Result;
use crate::format::opml::{self, Group, Outline};
use crate::news::filter::TopicFilter;
use crate::page::{self, Cursor, Page};
use crate::web::Document;
use axum::response::Response;

pub async fn feeds(question: Question) -> Result<Response> {
    question.plain()?;
    let (archive, scope) = (&question.door, question.scope());
    let site = archive.site();
    let base = &site.public_url;
    let latest = Outline {
        title: site.name.clone(),
        feed: format!("{base}/feeds/latest.atom"),
        page: Some(format!("{base}/")),
    };
    let home = site.home_language();
    let mut topics = Vec::new();
    let mut after = None;
    loop {
        let page = Page {
            after: after.take(),
            ..Page::first(page::MOST)
        };
        let slice = archive.list_topics(&scope, &TopicFilter::default(), &page).await?;
        topics.extend(slice.edges.iter().map(|e| Outline {
            title: e.node.name(home, home).to_owned(),
            feed: format!("{base}/feeds/topics/{}.atom", e.node.slug),
            page: Some(format!("{base}/topics/{}", e.node.slug)),
        }));
        let Some(next) = slice.next() else { break };
        after = Cursor::decode(&next);
    }
    let channels = archive.list_channels(&scope).await?;
    let channels = channels.into_iter().map(|channel| Outline {
        feed: format!("{base}/feeds/channels/{}.atom", channel.slug),
        title: channel.name,
        page: None,
    });
    let group = |title, outlines| Group { title, outlines };
    let groups = [
        group(None, vec![latest]),
        group(Some("Topics"), topics),
        group(Some("Channels"), channels.collect()),
    ];
    let answer = Document {
        kind: opml::MEDIA_TYPE,
        version: None,
        changed: None,
        bytes: opml::render(site, &groups),
    };
    question.document(answer)
}
