//! What search engines follow: the news of the last two days, as Google asks for it, and the index of its pages.

use super::Question;
use crate::archive::Archive;
use crate::error::{Error, Result};
use crate::format::piece::Piece;
use crate::format::sitemap;
use crate::news::filter::{DateRange, Selection};
use crate::news::story::Story;
use crate::news::viewer::Scope;
use crate::page::{Asked, Cursor, Order, Page, REST, Slice};
use crate::web::{AFTER, Document};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// What a news sitemap may go back.
const RECENT: SignedDuration = SignedDuration::from_hours(48);

/// Pages that the index names, at most: fifty thousand stories in two days.
const MOST_PAGES: usize = 50;

pub async fn news(question: Question) -> Result<Response> {
    let mut params = question.params(&[AFTER]);
    let after = params.text("after");
    let asked = Asked {
        after: after.as_deref(),
        ..Asked::default()
    };
    let asked = params.add(Page::read(asked, Order::Story, REST));
    params.finish()?;
    let after = asked.and_then(|page| page.after);
    let (archive, scope) = (&question.door, question.scope());
    let slice = recent(archive, &scope, after).await?;
    let stories: Vec<Arc<Story>> = slice.edges.into_iter().map(|e| e.node).collect();
    let pieces = archive.pieces(&scope, &stories).await?;
    let answer = Document {
        kind: sitemap::MEDIA_TYPE,
        version: None,
        changed: pieces.iter().map(Piece::updated).max(),
        bytes: sitemap::news(&pieces, archive.site()),
    };
    question.document(answer)
}

pub async fn index(question: Question) -> Result<Response> {
    question.plain()?;
    let (archive, scope) = (&question.door, question.scope());
    let base = format!("{}/sitemap-news.xml", archive.site().public_url);
    let mut addresses = vec![base.clone()];
    let mut changed: Option<Timestamp> = None;
    let mut after = None;
    while addresses.len() < MOST_PAGES {
        let slice = recent(archive, &scope, after.take()).await?;
        changed = changed
            .into_iter()
            .chain(slice.edges.iter().map(|e| e.node.published))
            .max();
        let Some(next) = slice.next() else { break };
        after = Cursor::decode(&next);
        addresses.push(format!("{base}?after={next}"));
    }
    let answer = Document {
        kind: sitemap::MEDIA_TYPE,
        version: None,
        changed,
        bytes: sitemap::index(&addresses),
    };
    question.document(answer)
}

/// A page of what is recent. The answer is good until the first of it is not.
async fn recent(archive: &Archive, scope: &Scope, after: Option<Cursor>) -> Result<Slice<Arc<Story>>> {
    let from = scope.now.checked_sub(RECENT).map_err(Error::internal)?;
    let selection = Selection {
        dates: DateRange {
            from: Some(from),
            ..DateRange::default()
        },
        ..Selection::default()
    };
    let page = Page {
        after,
        ..Page::first(sitemap::MOST)
    };
    let slice = archive.list(scope, &selection, &page).await?;
    if let Some(oldest) = slice.edges.last()
        && let Ok(leaves) = oldest.node.first_published.checked_add(RECENT)
    {
        // `from` is included: a moment later it is not.
        scope.readings.good_until([leaves + SignedDuration::from_micros(1)]);
    }
    Ok(slice)
}
