//! Storylines: stories on one event, as they were found when they came in (`consumer/chronicler.rs`).
//!
//! Somebody's storyline is what hangs together of the stories that he may see: one that he may not see joins no others for
//! him. It is called after its first story, and stays so when that is canceled: who could read a story knows its tombstone,
//! which holds together what it held together. What is withheld or expired is as if it had never been, here as everywhere.

use super::Archive;
use super::similar::soon_more;
use super::stories::Found;
use crate::error::Result;
use crate::news::ArticleId;
use crate::news::story::{ArticleKey, Story};
use crate::news::viewer::Scope;
use crate::store::Link;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Stories on one event, the newest first.
#[derive(Clone, Debug)]
pub struct Storyline {
    pub id: ArticleId,
    pub stories: Vec<Arc<Story>>,
}

impl Archive {
    /// The storylines of these stories; none for a story that is alone.
    pub async fn storylines(&self, scope: &Scope, ids: &[ArticleId]) -> Result<HashMap<ArticleId, Storyline>> {
        // They are filed before the index comes to the stories, so the answer is as old as that.
        if self.index_now(scope).await?.is_none() {
            soon_more(scope);
        }
        let links = self.store.storylines(ids).await?;
        if links.is_empty() {
            return Ok(HashMap::new());
        }
        let all: BTreeSet<ArticleId> = links.iter().flat_map(|link| [link.article, link.earlier]).collect();
        let keys: Vec<ArticleKey> = all.into_iter().map(ArticleKey::Id).collect();
        let seen = self.look_up(scope, &keys).await?.into_values();
        let seen: HashMap<ArticleId, Found> = seen.map(|found| (found.id(), found)).collect();
        let neighbours = neighbours(&links, &seen);
        let of_one = |id: &ArticleId| {
            let joined = joined(*id, &neighbours);
            let first = *joined.first()?;
            let mut stories: Vec<Arc<Story>> = joined.iter().filter_map(|id| seen.get(id)?.clone().story()).collect();
            stories.sort_by_key(|story| std::cmp::Reverse((story.first_published, story.id)));
            (stories.len() > 1).then_some((*id, Storyline { id: first, stories }))
        };
        Ok(ids.iter().filter_map(of_one).collect())
    }
}

type Neighbours = HashMap<ArticleId, Vec<ArticleId>>;

fn neighbours(links: &[Link], seen: &HashMap<ArticleId, Found>) -> Neighbours {
    let mut neighbours = Neighbours::new();
    for Link {
        article,
        earlier,
        root: _,
    } in links
    {
        if seen.contains_key(article) && seen.contains_key(earlier) {
            neighbours.entry(*article).or_default().push(*earlier);
            neighbours.entry(*earlier).or_default().push(*article);
        }
    }
    neighbours
}

/// All that can be come to from here.
fn joined(from: ArticleId, neighbours: &Neighbours) -> BTreeSet<ArticleId> {
    let mut found = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(next) = open.pop() {
        for id in neighbours.get(&next).into_iter().flatten() {
            if found.insert(*id) {
                open.push(*id);
            }
        }
    }
    found
}
