//! What came from where, as rows, by the stories' uris. A story belongs to the source that has brought it first; what a
//! publisher has put in himself belongs to no source.

use super::Tx;
use super::sql::{Sql, column};
use crate::error::Result;
use crate::news::SourceFeedId;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What is known of a story that a source has brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceItem {
    /// Of what was last read; none before the desk has had it.
    pub digest: Option<Vec<u8>>,
}

/// What became of one.
#[derive(Clone, Debug)]
pub struct Noted {
    pub uri: String,
    pub item: SourceItem,
    pub failure: Option<String>,
}

impl Tx {
    /// Takes these names for a source, and says what is known of those that are its own now. The others are somebody else's.
    pub async fn claim_source_items(
        &self,
        feed: SourceFeedId,
        uris: &[String],
        at: Timestamp,
    ) -> Result<HashMap<String, SourceItem>> {
        if uris.is_empty() {
            return Ok(HashMap::new());
        }
        let known = self.source_items(uris).await?;
        let new: Vec<String> = uris.iter().filter(|uri| !known.contains_key(*uri)).cloned().collect();
        let taken = self.uris_taken(&new).await?;
        let free: Vec<&String> = new.iter().filter(|uri| !taken.contains(*uri)).collect();
        if !free.is_empty() {
            let mut sql = Sql::new("INSERT INTO source_item (uri, source_id, at) VALUES ");
            for (i, uri) in free.iter().enumerate() {
                sql.push(if i == 0 { "(" } else { ", (" });
                sql.bind(uri.as_str()).push(", ").bind(feed.0).push(", ");
                sql.bind(at.as_microsecond()).push(")");
            }
            // Another process may have been first; then it is that one's.
            sql.push(" ON CONFLICT (uri) DO NOTHING").run(&self.inner).await?;
        }
        let known = self.source_items(uris).await?;
        let others: HashSet<Uuid> = known
            .values()
            .map(|(owner, _)| *owner)
            .filter(|o| *o != feed.0)
            .collect();
        let living = self.living_feeds(&others.into_iter().collect::<Vec<_>>()).await?;
        let (own, orphans): (Vec<_>, Vec<_>) = known
            .into_iter()
            .filter(|(_, (owner, _))| !living.contains(owner))
            .partition(|(_, (owner, _))| *owner == feed.0);
        let orphaned: Vec<String> = orphans.iter().map(|(uri, _)| uri.clone()).collect();
        if !orphaned.is_empty() {
            let mut sql = Sql::new("UPDATE source_item SET source_id = ");
            sql.bind(feed.0).push(" WHERE uri IN ").bind_list(&orphaned);
            sql.run(&self.inner).await?;
        }
        let all = own.into_iter().chain(orphans);
        Ok(all.map(|(uri, (_, item))| (uri, item)).collect())
    }

    /// Notes what became of these.
    pub async fn note_source_items(&self, noted: &[Noted], at: Timestamp) -> Result<()> {
        for Noted { uri, item, failure } in noted {
            let SourceItem { digest } = item;
            let mut sql = Sql::new("UPDATE source_item SET digest = ");
            sql.bind(digest.clone());
            sql.push(", failure = ").bind(failure.as_deref());
            sql.push(", at = ").bind(at.as_microsecond());
            sql.push(" WHERE uri = ").bind(uri.as_str()).run(&self.inner).await?;
        }
        Ok(())
    }

    async fn source_items(&self, uris: &[String]) -> Result<HashMap<String, (Uuid, SourceItem)>> {
        let mut sql = Sql::new("SELECT uri, source_id, digest FROM source_item WHERE uri IN ");
        let rows = sql.bind_list(uris).all(&self.inner).await?;
        let items = rows.iter().map(|row| {
            let item = SourceItem {
                digest: column(row, 2)?,
            };
            Ok((column(row, 0)?, (column(row, 1)?, item)))
        });
        items.collect()
    }

    /// Which of these are a story's, now or formerly, or wait for one.
    async fn uris_taken(&self, uris: &[String]) -> Result<HashSet<String>> {
        let mut taken = HashSet::new();
        if uris.is_empty() {
            return Ok(taken);
        }
        for question in [
            "SELECT uri FROM article WHERE uri IN ",
            "SELECT name FROM article_alias WHERE kind = 'uri' AND name IN ",
            "SELECT uri FROM pending_article WHERE uri IN ",
        ] {
            for row in Sql::new(question).bind_list(uris).all(&self.inner).await? {
                taken.insert(column(&row, 0)?);
            }
        }
        Ok(taken)
    }

    async fn living_feeds(&self, ids: &[Uuid]) -> Result<HashSet<Uuid>> {
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let mut sql = Sql::new("SELECT id FROM source_feed WHERE id IN ");
        let rows = sql.bind_list(ids).all(&self.inner).await?;
        rows.iter().map(|row| column(row, 0)).collect()
    }
}
