//! What the doors and the worker ask of limits and of the audit.

use super::Access;
use super::limits::{Tab, UseToday, Wait};
use crate::error::{Error, Fault, Result};
use crate::news::limits::Cost;
use crate::news::pending::{AdvanceCopy, Pending};
use crate::news::story::ArticleKey;
use crate::news::usage::{Asked, Line, Place, day_of};
use crate::news::viewer::{Key, Viewer};
use crate::news::{ArticleId, EndpointId};
use crate::page::Slice;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

impl Access {
    /// What this viewer's request is charged to; nothing for who has no key.
    pub fn tab(&self, viewer: &Viewer) -> Option<Tab> {
        match viewer {
            Viewer::Key(key) => Some(self.limiter.tab(key)),
            Viewer::Public | Viewer::Operator => None,
        }
    }

    /// Charges a cost that belongs to no request: an operation on a stream.
    pub async fn charge(&self, viewer: &Viewer, cost: Cost) -> Result<(), Wait> {
        match self.tab(viewer) {
            Some(tab) => tab.charge(cost).await,
            None => Ok(()),
        }
    }

    /// Whether who comes without a key is limited too.
    pub fn limits_anonymous(&self) -> bool {
        self.limiter.limits_anonymous()
    }

    /// One request of somebody without a key.
    pub fn anonymous(&self, address: IpAddr) -> Result<(), Wait> {
        self.limiter.anonymous(address)
    }

    pub async fn used_today(&self, key: &Key) -> Result<UseToday> {
        self.limiter.used_today(key).await
    }

    /// Notes that this viewer was shown stories. Who has no key is not noted.
    pub fn read(&self, viewer: &Viewer, shown: &[ArticleId]) {
        if let Viewer::Key(key) = viewer {
            self.limiter.read(key, shown, self.clock.now());
        }
    }

    /// The same of what was under embargo. It is filed which story that was before anybody is shown it.
    pub async fn read_advance(&self, viewer: &Viewer, shown: &Slice<(Pending, AdvanceCopy)>) -> Result<()> {
        let Viewer::Key(key) = viewer else {
            return Ok(());
        };
        let waiting = shown.edges.iter().map(|edge| &edge.node.0);
        let copies: Vec<(ArticleId, &str)> = waiting.map(|p| (ArticleId(p.id), p.uri.as_str())).collect();
        if copies.is_empty() || !self.limiter.notes() {
            return Ok(());
        }
        self.store.file_advance(&copies).await?;
        let ids: Vec<ArticleId> = copies.into_iter().map(|(id, _)| id).collect();
        self.limiter.read(key, &ids, self.clock.now());
        Ok(())
    }

    /// Waits until many more readings can be noted: for whoever shows everything there is.
    pub async fn room(&self) {
        self.limiter.room().await;
    }

    /// Waits until there is much to file.
    pub async fn many(&self) {
        self.limiter.many().await;
    }

    /// Files what was used and read in this process. `all`: and gives back what it holds, because it stops.
    pub async fn book(&self, all: bool) -> Result<()> {
        self.limiter.file(all).await
    }

    /// The story with this name, whether anybody may see it or not: an auditor asks above all for those that are gone.
    /// With it the copies of it that were shown under embargo.
    pub async fn story_named(&self, name: &str) -> Result<Vec<ArticleId>> {
        let key = ArticleKey::read(name);
        let mut found = self.store.find_articles(std::slice::from_ref(&key)).await?;
        let story = found.remove(&key).map(|listed| listed.id);
        let mut ids = self.store.advance_of(name, story).await?;
        ids.extend(story);
        if ids.is_empty() {
            let message = "there is no such story: give its id, uri or slug";
            return Err(Error::parameters(vec![Fault::new(
                "article",
                "unknown_article",
                message,
            )]));
        }
        Ok(ids)
    }

    /// Who read what, and who was sent what: at most so many lines behind a place. Other processes' readings of the last few seconds may be
    /// missing.
    pub async fn usage(&self, asked: &Asked, after: Option<&Place>, most: u32) -> Result<Vec<Line>> {
        self.limiter.file_reads().await?;
        let mut lines = self.store.usage(asked, after, most).await?;
        // What is no key's is a webhook's.
        let of_webhook = |line: &Line| Some(EndpointId(line.place.key_id.parse().ok()?));
        let unnamed = lines.iter().filter(|line| line.key_name.is_none());
        let ids: BTreeSet<EndpointId> = unnamed.filter_map(of_webhook).collect();
        if ids.is_empty() {
            return Ok(lines);
        }
        let found = self.store.load_endpoints(&Vec::from_iter(ids)).await?;
        let names: HashMap<EndpointId, String> = found.iter().map(|e| (e.id, e.settings.label())).collect();
        for line in &mut lines {
            if let Some(name) = of_webhook(line).and_then(|id| names.get(&id)) {
                line.key_name.get_or_insert_with(|| name.clone());
            }
        }
        Ok(lines)
    }

    /// Forgets some of what was read more than so many days ago, and the counters of keys that are gone; whether there may
    /// be more.
    pub async fn forget_usage(&self, keep_days: u32) -> Result<bool> {
        let keep_days = i32::try_from(keep_days).unwrap_or(i32::MAX);
        let before = day_of(self.clock.now()).saturating_sub(keep_days);
        let purged = self.store.purge_usage(before).await?;
        if purged == 0 {
            self.store.purge_key_use().await?;
        }
        Ok(purged > 0)
    }
}
