//! A story's past editions. Who may see the story now may see them; who may not, sees none.

use super::Archive;
use crate::error::Result;
use crate::news::story::Story;
use crate::news::submission::Alias;
use crate::news::{ArticleId, Version};
use crate::page::{Beyond, Cursor, Edge, Page, Slice, Take};
use std::collections::HashMap;
use std::sync::Arc;

impl Archive {
    /// The editions of a visible story, newest first, the current one among them.
    pub async fn list_versions(&self, current: &Arc<Story>, page: &Page) -> Result<Slice<Arc<Story>>> {
        let newest = i64::from(current.version.0);
        let below = bound(&page.after).unwrap_or(newest + 1).min(newest + 1);
        let above = bound(&page.before).unwrap_or(0).max(0);
        let first = matches!(page.take, Take::First(_));
        let between = (
            i32::try_from(above).unwrap_or(i32::MAX),
            // Below the one in hand, whatever has been published meanwhile.
            i32::try_from(below.min(newest)).unwrap_or(i32::MAX),
        );
        let limit = u64::from(page.size()) + 1;
        let older = self.store.load_editions(current.id, between, first, limit).await?;
        let mut editions: Vec<Arc<Story>> = older.into_iter().map(Arc::new).collect();
        if newest < below && newest > above {
            let place = if first { 0 } else { editions.len() };
            editions.insert(place, Arc::clone(current));
        }
        editions.truncate(page.size() as usize + 1);
        let beyond = Beyond {
            before: page.after.is_some() && below <= newest,
            after: page.before.is_some() && above >= 1,
        };
        let edges = editions.into_iter().map(|node| Edge {
            cursor: Cursor::Number(i64::from(node.version.0)),
            node,
        });
        Ok(Slice::cut(page, edges.collect(), beyond))
    }

    /// One edition of a visible story.
    pub async fn find_version(&self, current: &Arc<Story>, version: i32) -> Result<Option<Arc<Story>>> {
        if version == current.version.0 {
            return Ok(Some(Arc::clone(current)));
        }
        let between = (version.saturating_sub(1), version.saturating_add(1));
        let found = self.store.load_editions(current.id, between, true, 1).await?;
        Ok(found.into_iter().next().map(Arc::new))
    }

    /// All editions before this one, oldest first: for an export.
    pub async fn past(&self, id: ArticleId, before: Version) -> Result<Vec<Story>> {
        self.store.load_editions(id, (0, before.0), false, u64::MAX).await
    }

    pub async fn aliases(&self, ids: &[ArticleId]) -> Result<HashMap<ArticleId, Vec<Alias>>> {
        self.store.load_aliases(ids).await
    }
}

fn bound(cursor: &Option<Cursor>) -> Option<i64> {
    match cursor {
        Some(Cursor::Number(number)) => Some(*number),
        Some(Cursor::Story { .. } | Cursor::Slug(_)) | None => None,
    }
}
