//! Collections: fronts, in an editor's order.

use super::repeat::{Idempotency, Task};
use super::{Desk, Expected, Origin, Outcome, Receipt};
use crate::error::{Error, Fault, Result};
use crate::news::story::ArticleKey;
use crate::news::submission::CollectionSubmission;
use crate::news::topic::Collection;
use crate::news::viewer::Viewer;
use crate::news::wire::Change;
use crate::news::{ArticleId, CollectionId, slug};
use crate::store::Tx;

const MOST_ITEMS: usize = 100;

#[derive(Clone, Debug)]
pub(super) struct CollectionOrder {
    slug: String,
    name: String,
    items: Vec<ArticleKey>,
    expected: Option<Expected>,
    origin: Option<Origin>,
}

impl Desk {
    /// Puts a collection in, new or changed; its items are replaced.
    pub async fn put_collection(
        &self,
        by: &Viewer,
        collection: CollectionSubmission,
        origin: Option<Origin>,
        expected: Option<Expected>,
        repeat: Option<&Idempotency>,
    ) -> Result<Receipt> {
        Desk::allowed(by)?;
        let order = CollectionOrder {
            expected,
            origin,
            ..check(collection)?
        };
        self.once(by, repeat, Task::Collection(order)).await
    }

    pub(super) async fn file_collection(&self, tx: &Tx, order: &CollectionOrder) -> Result<(Receipt, Vec<Change>)> {
        let old = tx.lock_collection(&order.slug).await?;
        if let Some(expected) = &order.expected {
            expected.check(old.as_ref().map(|c| c.version))?;
        }
        let items = resolve(tx, &order.items).await?;
        let (id, version, outcome) = match &old {
            None => (
                CollectionId(order.origin.map_or_else(|| self.clock.new_id(), |o| o.id)),
                order.origin.map_or(1, |o| o.version),
                Outcome::Created,
            ),
            Some(old) if old.name == order.name && tx.collection_items(old.id).await? == items => {
                (old.id, old.version, Outcome::Unchanged)
            }
            Some(old) => (old.id, old.version.saturating_add(1), Outcome::Updated),
        };
        let receipt = Receipt {
            id: id.0,
            uri: None,
            slug: order.slug.clone(),
            version,
            outcome,
        };
        if outcome == Outcome::Unchanged {
            return Ok((receipt, Vec::new()));
        }
        let collection = Collection {
            id,
            slug: order.slug.clone(),
            name: order.name.clone(),
            version,
        };
        tx.file_collection(&collection, &items).await?;
        Ok((receipt, vec![Change::Collection(id)]))
    }
}

async fn resolve(tx: &Tx, keys: &[ArticleKey]) -> Result<Vec<ArticleId>> {
    let found = tx.find_articles(keys).await?;
    let mut faults = Vec::new();
    let mut items = Vec::new();
    for (i, key) in keys.iter().enumerate() {
        match found.get(key).map(|l| l.id) {
            None => faults.push(Fault::new(
                format!("items[{i}]"),
                "unknown_article",
                "there is no such story",
            )),
            Some(id) if items.contains(&id) => {
                faults.push(Fault::new(
                    format!("items[{i}]"),
                    "repeated",
                    "stands in the list already",
                ));
            }
            Some(id) => items.push(id),
        }
    }
    if faults.is_empty() {
        Ok(items)
    } else {
        Err(Error::content(faults))
    }
}

fn check(collection: CollectionSubmission) -> Result<CollectionOrder> {
    let CollectionSubmission { slug, name, items } = collection;
    let mut faults = Vec::new();
    let slug = slug.unwrap_or_default();
    if let Err(message) = slug::valid_slug(&slug) {
        faults.push(Fault::new("slug", "invalid_slug", message.to_string()));
    }
    let name = name
        .unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        faults.push(Fault::new(
            "name",
            "required",
            "is required: one line of at most 200 characters",
        ));
    }
    let items = items.unwrap_or_default();
    if items.len() > MOST_ITEMS {
        faults.push(Fault::new(
            "items",
            "too_many",
            format!("at most {MOST_ITEMS}, not {}", items.len()),
        ));
    }
    if !faults.is_empty() {
        return Err(Error::content(faults));
    }
    let items = items.iter().map(|i| ArticleKey::read(i)).collect();
    Ok(CollectionOrder {
        slug,
        name,
        items,
        expected: None,
        origin: None,
    })
}
