//! A story's past editions. Who may see the story now may see them; who may not, sees none.

use super::Archive;
use crate::error::{Error, Result};
use crate::news::difference::{Difference, Names, difference};
use crate::news::story::{PubStatus, Story};
use crate::news::submission::Alias;
use crate::news::viewer::Scope;
use crate::news::wire::{AsOf, Kind};
use crate::news::{ArticleId, SourceId, TopicId, Version};
use crate::page::{Beyond, Cursor, Edge, Page, Slice, Take};
use std::collections::{HashMap, HashSet};
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

    /// The edition of a visible story that stood at a moment; none when nobody could read the story then. A cursor is
    /// exact: what stood is what the newest entry about the story up to there named. An instant goes by when editions
    /// were made (`versionCreated`).
    pub async fn find_as_of(&self, current: &Arc<Story>, at: AsOf) -> Result<Option<Arc<Story>>> {
        let stood = match at {
            AsOf::Instant(instant) if current.version_created <= instant => Some(Arc::clone(current)),
            AsOf::Instant(instant) => self.store.edition_made_by(current.id, instant).await?.map(Arc::new),
            AsOf::Position(position) => match self.store.told_at(current.id, position).await? {
                None | Some((_, Kind::Withheld | Kind::Canceled | Kind::Expired)) => None,
                Some((
                    version,
                    Kind::Published
                    | Kind::Updated
                    | Kind::Corrected
                    | Kind::Restored
                    | Kind::Entered
                    | Kind::Left
                    | Kind::Topic
                    | Kind::Collection
                    | Kind::Channel
                    | Kind::Source
                    | Kind::Access
                    | Kind::Epoch,
                )) => self.find_version(current, version.0).await?,
            },
        };
        let public = |story: &Arc<Story>| {
            let over = match at {
                AsOf::Instant(instant) => story.expires.is_some_and(|end| end <= instant),
                AsOf::Position(_) => false,
            };
            story.pub_status == PubStatus::Usable && !over
        };
        Ok(stood.filter(public))
    }

    /// What became of one edition of a visible story in another: of the one before in the current one, if nothing is said.
    pub async fn difference(
        &self,
        scope: &Scope,
        current: &Arc<Story>,
        from: Option<i32>,
        to: Option<i32>,
    ) -> Result<Difference> {
        let to = to.unwrap_or(current.version.0);
        let from = from.unwrap_or(to.saturating_sub(1));
        let missing = || Error::not_found("version of this story");
        let old = self.find_version(current, from).await?.ok_or_else(missing)?;
        let new = self.find_version(current, to).await?.ok_or_else(missing)?;
        let topics: HashSet<TopicId> = old.topics.iter().chain(&new.topics).copied().collect();
        let sources: Vec<SourceId> = old.source.into_iter().chain(new.source).collect();
        let names = Names {
            topics: self.load_topics(scope, &topics.into_iter().collect::<Vec<_>>()).await?,
            sources: self.sources(scope, &sources).await?,
        };
        // Long texts take a while; others' requests do not wait for it.
        let told = tokio::task::spawn_blocking(move || difference(&old, &new, &names));
        told.await.map_err(Error::internal)
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
        Some(Cursor::Story { .. } | Cursor::Slug(_) | Cursor::Hit { .. }) | None => None,
    }
}
