//! Stories that take each other's place, and translations of one another.

use super::Archive;
use crate::error::Result;
use crate::news::ArticleId;
use crate::news::story::{ArticleKey, LinkKind, Listed, Story};
use crate::news::tags::Tag;
use crate::news::viewer::Scope;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

impl Archive {
    /// For each of these the newest story that says it takes its place, of those that this viewer may see.
    pub async fn replacements(&self, scope: &Scope, ids: &[ArticleId]) -> Result<HashMap<ArticleId, Arc<Story>>> {
        scope.readings.saw(Tag::Chains);
        let pairs = self.store.replacing(ids).await?;
        let stories = self.fetch_once(scope, &pairs).await?;
        let mut newest: HashMap<ArticleId, Arc<Story>> = HashMap::new();
        for (replaced, listed) in pairs {
            let Some(story) = stories.get(&listed.id).filter(|s| s.id != replaced) else {
                continue;
            };
            let key = |s: &Story| (s.first_published, s.id);
            if newest.get(&replaced).is_none_or(|n| key(n) < key(story)) {
                newest.insert(replaced, Arc::clone(story));
            }
        }
        Ok(newest)
    }

    /// The other languages of each of these: the stories that it says it translates, those that say they translate it, and
    /// other translations of the same original. A link through a story that this viewer may not see is none.
    pub async fn translations(&self, scope: &Scope, stories: &[Arc<Story>]) -> Result<Vec<Vec<Arc<Story>>>> {
        scope.readings.saw(Tag::Chains);
        let originals = |story: &Story| -> Vec<ArticleKey> {
            let links = story.related_links.iter().filter(|l| l.kind == LinkKind::TranslationOf);
            links.filter_map(|l| l.uri.clone()).map(ArticleKey::Uri).collect()
        };
        let keys: HashSet<ArticleKey> = stories.iter().flat_map(|s| originals(s)).collect();
        let found = self.load_stories(scope, &keys.into_iter().collect::<Vec<_>>()).await?;
        let mut ids: Vec<ArticleId> = found.values().map(|s| s.id).collect();
        ids.extend(stories.iter().map(|s| s.id));
        ids.sort();
        ids.dedup();
        let pairs = self.store.translating(&ids).await?;
        let translating = self.fetch_once(scope, &pairs).await?;
        let of_one = |story: &Arc<Story>| {
            let mut others: Vec<Arc<Story>> = originals(story).iter().filter_map(|k| found.get(k).cloned()).collect();
            let roots: Vec<ArticleId> = others.iter().map(|s| s.id).chain([story.id]).collect();
            let siblings = pairs.iter().filter(|(original, _)| roots.contains(original));
            others.extend(siblings.filter_map(|(_, listed)| translating.get(&listed.id).cloned()));
            others.retain(|other| other.id != story.id);
            others.sort_by(|a, b| (&a.language, a.first_published, a.id).cmp(&(&b.language, b.first_published, b.id)));
            others.dedup_by_key(|other| other.id);
            others
        };
        Ok(stories.iter().map(of_one).collect())
    }

    async fn fetch_once(&self, scope: &Scope, pairs: &[(ArticleId, Listed)]) -> Result<HashMap<ArticleId, Arc<Story>>> {
        let mut listed: Vec<Listed> = pairs.iter().map(|(_, listed)| *listed).collect();
        listed.sort_by_key(|l| l.id);
        listed.dedup_by_key(|l| l.id);
        self.fetch(scope, &listed).await
    }
}
