//! Sources: taken up when a story first names one.

use super::Desk;
use super::publish::{Order, drafts};
use crate::error::{Error, Fault, Result};
use crate::news::topic::Source;
use crate::news::viewer::Viewer;
use crate::news::wire::Change;
use crate::news::{SourceId, slug, uri};
use crate::store::Tx;
use std::collections::HashMap;

impl Desk {
    /// The sources that the orders name, by slug; new ones are filed.
    pub(super) async fn sources_for(&self, tx: &Tx, orders: &[Order]) -> Result<HashMap<String, SourceId>> {
        let mut named = HashMap::new();
        for source in drafts(orders).iter().filter_map(|d| d.source.as_ref()) {
            named.entry(source.slug.clone()).or_insert_with(|| source.name.clone());
        }
        let mut slugs: Vec<String> = named.keys().cloned().collect();
        slugs.sort();
        let mut found = tx.find_sources(&slugs).await?;
        if found.len() < slugs.len() {
            for slug in slugs.iter().filter(|s| !found.contains_key(*s)) {
                let name = named.get(slug).cloned().unwrap_or_default();
                let id = SourceId(self.clock.new_id());
                tx.insert_source(&Source {
                    id,
                    slug: slug.clone(),
                    name,
                    url: None,
                })
                .await?;
            }
            found = tx.find_sources(&slugs).await?;
        }
        Ok(found.into_iter().map(|(slug, source)| (slug, source.id)).collect())
    }

    /// Files a source with its address, new or changed: for imports.
    pub async fn put_source(&self, by: &Viewer, source: Source) -> Result<()> {
        Desk::allowed(by)?;
        let mut faults = Vec::new();
        if let Err(message) = slug::valid_slug(&source.slug) {
            faults.push(Fault::new("slug", "invalid_slug", message.to_string()));
        }
        if source.name.trim().is_empty() {
            faults.push(Fault::new("name", "required", "is required and must not be empty"));
        }
        if let Some(Err(message)) = source.url.as_deref().map(uri::web_url) {
            faults.push(Fault::new("url", "invalid_url", message));
        }
        if !faults.is_empty() {
            return Err(Error::content(faults));
        }
        let tx = self.store.begin().await?;
        let id = match tx
            .find_sources(std::slice::from_ref(&source.slug))
            .await?
            .remove(&source.slug)
        {
            Some(old) if old.name == source.name && old.url == source.url => return Ok(()),
            Some(old) => {
                tx.replace_source(&Source { id: old.id, ..source }).await?;
                old.id
            }
            None => {
                tx.insert_source(&source).await?;
                source.id
            }
        };
        self.conclude(tx, &[Change::Source(id)]).await
    }

    /// A new id for a source that an import brings without one.
    pub fn new_source_id(&self) -> SourceId {
        SourceId(self.clock.new_id())
    }
}
