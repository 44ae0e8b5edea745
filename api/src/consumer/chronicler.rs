//! Who sees that a story is on the same event as earlier ones, when it comes in, and files it: storylines.
//!
//! He works with the librarian and before him: when the index comes to a story, its links are filed. So an answer that was
//! made at the index's position has them. Several processes may find the same; what was filed first stands, and links are
//! never changed: a storyline that somebody has seen keeps its stories.

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
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

/// How much two stories must be alike, 0 to 1, and how far apart in time they may be, to be on one event.
const ALIKE: f32 = 0.4;
const APART: SignedDuration = SignedDuration::from_hours(72);
/// Earlier stories that one goes on from.
const MOST: usize = 5;
/// New stories that are looked at together. More of them come from an import, which is the past.
const TOGETHER: usize = 50;

pub struct Chronicler {
    pub store: Store,
    pub index: Index,
    pub clock: Clock,
}

impl Chronicler {
    /// Files from which earlier stories the new ones among these go on.
    pub async fn file(&self, entries: &[Arc<Entry>], stories: Vec<Story>) -> Result<()> {
        let Some(view) = self.index.view().filter(|view| view.mark().progress().is_none()) else {
            return Ok(());
        };
        let now = self.clock.now();
        let since = now.checked_sub(APART).map_err(Error::internal)?;
        let new: HashSet<ArticleId> = entries.iter().filter_map(|entry| brings(entry)).collect();
        let mut stories = stories;
        stories.retain(|story| new.contains(&story.id) && story.first_published >= since);
        if stories.is_empty() || stories.len() > TOGETHER {
            return Ok(());
        }
        let ids: Vec<ArticleId> = stories.iter().map(|story| story.id).collect();
        let known = self.store.roots_of(&ids).await?;
        stories.retain(|story| !known.contains_key(&story.id));
        let terms = visibility::terms(&Scope::operator(now));
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
                    most: MOST,
                    strict: true,
                })
                .collect();
            let alike = view.similar(&likes, &looker)?;
            let earlier = stories.iter().zip(alike).map(|(story, alike)| {
                let fits = alike.into_iter().filter_map(|(rank, score)| {
                    let (time, id) = rank.place(Order::Relevance);
                    let id = ArticleId(Uuid::from_u128(id));
                    let apart = story.first_published.as_microsecond().abs_diff(time);
                    let near = u128::from(apart) <= APART.as_micros().unsigned_abs();
                    (score >= ALIKE && near && id < story.id).then_some(id)
                });
                (story.id, fits.collect::<Vec<ArticleId>>())
            });
            Ok::<_, crate::search::Unreadable>(earlier.collect::<Vec<_>>())
        };
        let found = tokio::task::spawn_blocking(look).await.map_err(Error::internal)?;
        let found = found.map_err(Error::internal)?;
        let earlier: Vec<ArticleId> = found.iter().flat_map(|(_, earlier)| earlier.iter().copied()).collect();
        let roots = self.store.roots_of(&earlier).await?;
        let links = found.iter().flat_map(|(article, earlier)| {
            // The likest says with which story it all began.
            let root = earlier.first().map(|first| roots.get(first).copied().unwrap_or(*first));
            earlier
                .iter()
                .zip(std::iter::repeat(root))
                .filter_map(|(earlier, root)| {
                    Some(Link {
                        article: *article,
                        earlier: *earlier,
                        root: root?,
                    })
                })
        });
        self.store.file_links(&links.collect::<Vec<_>>()).await
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
