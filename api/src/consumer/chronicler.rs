//! Who sees that a story is on the same event as earlier ones, when it comes in, and files it: storylines.
//!
//! He works with the librarian: when new stories are in the index, and before the index says that it has come to them, their
//! links are filed. So an answer that was made at the index's position has them. Several processes may find the same; what
//! was filed first stands, and links are never changed: a storyline that somebody has seen keeps its stories.

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::news::ArticleId;
use crate::news::story::Story;
use crate::news::viewer::Scope;
use crate::news::visibility;
use crate::news::wire::{Entry, Step, Subject};
use crate::search::{Index, Like, Looker, Order};
use crate::store::{Link, Store};
use jiff::SignedDuration;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// How much two stories must be alike, 0 to 1 (measured: see ARCHITECTURE.md), and how far apart in time they may be, to be on one event.
const ALIKE: f32 = 0.45;
const APART: SignedDuration = SignedDuration::from_hours(72);
/// Earlier stories that one goes on from, of so many that are looked at.
const MOST: usize = 5;
const LOOKED_AT: usize = 20;

pub struct Chronicler {
    pub store: Store,
    pub index: Index,
    pub clock: Clock,
}

impl Chronicler {
    /// Which of these an entry brings and that are news: an archive that is brought in is not looked through.
    pub fn news<'a>(&self, entries: &[Arc<Entry>], stories: impl Iterator<Item = &'a Story>) -> Vec<Story> {
        let since = self.clock.now().checked_sub(APART).ok();
        let new: HashSet<ArticleId> = entries.iter().filter_map(|entry| brings(entry)).collect();
        let is_news =
            |story: &&Story| new.contains(&story.id) && since.is_some_and(|since| story.first_published >= since);
        stories.filter(is_news).cloned().collect()
    }

    /// Files from which earlier stories these go on. The index has them already, so those that came in together find each
    /// other as well.
    pub async fn file(&self, mut stories: Vec<Story>) -> Result<()> {
        let Some(view) = self.index.view() else { return Ok(()) };
        let ids: Vec<ArticleId> = stories.iter().map(|story| story.id).collect();
        let known = self.store.roots_of(&ids).await?;
        stories.retain(|story| !known.contains_key(&story.id));
        // The first ones first: who goes on from a story of the same moment goes on from its storyline.
        stories.sort_by_key(|story| story.id);
        let terms = visibility::terms(&Scope::operator(self.clock.now()));
        let look = move || {
            let looker = Looker {
                terms: &terms,
                hidden: &[],
            };
            let likes: Vec<Like<'_>> = stories
                .iter()
                .map(|story| Like {
                    story,
                    without: &[],
                    most: LOOKED_AT,
                    near: Some(APART),
                })
                .collect();
            let alike = view.similar(&likes, &looker)?;
            let earlier = stories.iter().zip(alike).map(|(story, alike)| {
                let fits = alike.into_iter().filter_map(|(rank, score)| {
                    let (_, id) = rank.place(Order::Relevance);
                    let id = ArticleId(Uuid::from_u128(id));
                    (score >= ALIKE && id < story.id).then_some(id)
                });
                (story.id, fits.collect::<Vec<ArticleId>>())
            });
            Ok::<_, crate::search::Unreadable>(earlier.collect::<Vec<_>>())
        };
        let found = tokio::task::spawn_blocking(look).await.map_err(Error::internal)?;
        let found = found.map_err(Error::internal)?;
        let earlier: Vec<ArticleId> = found.iter().flat_map(|(_, earlier)| earlier.iter().copied()).collect();
        let mut roots = self.store.roots_of(&earlier).await?;
        let mut links = Vec::new();
        for (article, earlier) in found {
            let root_of = |roots: &HashMap<_, _>, id: ArticleId| roots.get(&id).copied().unwrap_or(id);
            // The likest says with which story it all began. A story is in one storyline: the others are left out.
            let Some(root) = earlier.first().map(|likest| root_of(&roots, *likest)) else {
                continue;
            };
            let same = earlier.into_iter().filter(|earlier| root_of(&roots, *earlier) == root);
            links.extend(same.take(MOST).map(|earlier| Link { article, earlier, root }));
            roots.insert(article, root);
        }
        self.store.file_links(&links).await
    }
}

/// The story that an entry brings, or brings back, or says anew.
fn brings(entry: &Entry) -> Option<ArticleId> {
    match &entry.subject {
        Subject::Article(edition) => match edition.step {
            Step::Published | Step::Updated | Step::Corrected | Step::Restored => Some(edition.id),
            Step::Withheld | Step::Canceled | Step::Expired | Step::Entered | Step::Left => None,
        },
        Subject::Topic(_) | Subject::Collection(_) | Subject::Channel(_) => None,
        Subject::Source(_) | Subject::Access | Subject::Epoch => None,
    }
}
