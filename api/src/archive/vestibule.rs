//! What waits under embargo, for those who may know of it: publishers, and readers with the right to advance copy. To
//! everybody else the answer is the same whether anything waits or not. Nothing here is noted as read, so nothing of it
//! is ever kept.

use super::Archive;
use crate::error::{Error, Kind, Result};
use crate::news::pending::{AdvanceCopy, AdvanceTopic, Pending};
use crate::news::topic::TopicKey;
use crate::news::viewer::{Scope, Viewer};
use crate::page::{Page, Slice};
use std::collections::HashSet;

impl Archive {
    /// What waits, in the order of its release, for who publishes.
    pub async fn list_pending(&self, scope: &Scope, page: &Page) -> Result<Slice<(Pending, AdvanceCopy)>> {
        admit(scope, scope.viewer.may_publish(), "a key of scope `publish` or `admin`")?;
        self.waiting(page).await
    }

    /// What waits under this uri, for who publishes.
    pub async fn find_pending(&self, scope: &Scope, uri: &str) -> Result<(Pending, AdvanceCopy)> {
        admit(scope, scope.viewer.may_publish(), "a key of scope `publish` or `admin`")?;
        let pending = self.store.find_pending(uri).await?;
        let pending = pending.ok_or_else(|| Error::not_found("story under embargo"))?;
        let mut copies = self.copies(vec![pending]).await?;
        copies.pop().ok_or_else(|| Error::internal("a copy was not made"))
    }

    /// Advance copy: what waits, whole, in the order of its release.
    pub async fn advance(&self, scope: &Scope, page: &Page) -> Result<Slice<AdvanceCopy>> {
        admit(scope, scope.viewer.may_read_advance(), "the right to advance copy")?;
        Ok(self.waiting(page).await?.map(|(_, copy)| Some(copy)))
    }

    async fn waiting(&self, page: &Page) -> Result<Slice<(Pending, AdvanceCopy)>> {
        let slice = self.store.list_pending(page).await?;
        let waiting = slice.edges.iter().map(|edge| edge.node.clone()).collect();
        let mut copies = self.copies(waiting).await?.into_iter();
        Ok(slice.map(|_| copies.next()))
    }

    async fn copies(&self, waiting: Vec<Pending>) -> Result<Vec<(Pending, AdvanceCopy)>> {
        let said = |p: &Pending| p.content.article.topics.clone().unwrap_or_default();
        let keys: HashSet<TopicKey> = waiting.iter().flat_map(said).map(|t| TopicKey::read(&t)).collect();
        let topics = if keys.is_empty() {
            Default::default()
        } else {
            self.store.find_topics(&keys.into_iter().collect::<Vec<_>>()).await?
        };
        let copy = |pending: Pending| {
            let language = pending.content.article.language.clone().unwrap_or_default();
            let name = |said: &str| {
                let topic = topics.get(&TopicKey::read(said))?;
                Some(AdvanceTopic {
                    slug: topic.slug.clone(),
                    name: topic.name(&language, self.site.home_language()).to_owned(),
                })
            };
            let copy = AdvanceCopy::of(&pending, name);
            (pending, copy)
        };
        Ok(waiting.into_iter().map(copy).collect())
    }
}

/// Says what is needed, and nothing of what there is.
fn admit(scope: &Scope, may: bool, needed: &str) -> Result<()> {
    if may {
        return Ok(());
    }
    Err(match scope.viewer {
        Viewer::Public => Error::new(
            Kind::Unauthenticated,
            "key_required",
            "This needs a key: send `Authorization: Bearer <key>`. A publisher issues one with `dateline key issue`.",
        ),
        Viewer::Key(_) | Viewer::Operator => {
            Error::new(Kind::Forbidden, "scope_required", format!("This needs {needed}."))
        }
    })
}
