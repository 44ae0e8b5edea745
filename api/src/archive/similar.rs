//! Stories that belong beside a story: those most like it, and MORE ABOUT, the newest on its main topic, filled up with
//! the former where the topic has too few.
//!
//! The index proposes, every one of them passes the gate, and of several editions of one text, copies from other sources
//! and translations, one is shown. All of a request is looked for at once, with a bounded number of statements.

use super::lists::Section;
use super::{Archive, search};
use crate::error::Result;
use crate::news::ArticleId;
use crate::news::TopicId;
use crate::news::story::{ArticleKey, LinkKind, Story};
use crate::news::viewer::Scope;
use crate::news::visibility;
use crate::search::{Alike, Like, Looker, Order, Sketch, View};
use jiff::SignedDuration;
use std::collections::HashMap;
use std::sync::Arc;

/// Stories like one.
#[derive(Clone, Debug)]
pub struct Likeness {
    pub story: Arc<Story>,
    pub count: u32,
    pub without: Vec<ArticleId>,
}

/// A story that is like another, and how much: 0 to 1.
#[derive(Clone, Debug)]
pub struct Similar {
    pub story: Arc<Story>,
    pub score: f64,
}

/// MORE ABOUT a story.
#[derive(Clone, Debug)]
pub struct Surrounds {
    pub story: Arc<Story>,
    /// None where it has none.
    pub topic: Option<TopicId>,
    /// Whether stories that are like it take the places that the topic leaves free.
    pub filled: bool,
    pub count: u32,
    pub without: Vec<ArticleId>,
}

/// Why a story stands in MORE ABOUT.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FoundBy {
    Topic,
    /// With how much it is like the story beside which it stands.
    Similarity(f64),
}

/// A story in MORE ABOUT.
#[derive(Clone, Debug)]
pub struct Beside {
    pub story: Arc<Story>,
    pub found: FoundBy,
}

/// How long an answer is good that the index had too little for.
const MOMENT: SignedDuration = SignedDuration::from_secs(1);
/// Less than this is no likeness that a reader would see.
const LEAST: f64 = 0.08;
/// Looked at for each that is shown: copies go.
const FOR_EACH: usize = 2;
const MORE: usize = 6;

impl Archive {
    /// For each the stories most like it, the likest first.
    pub async fn similar(&self, scope: &Scope, asked: &[Likeness]) -> Result<Vec<Vec<Similar>>> {
        let (view, hidden) = self.index_view(scope).await?;
        self.look_alike(scope, asked, (view, hidden)).await
    }

    /// For each the newest stories of its topic, filled up by likeness. Where the index is not there, they are not.
    pub async fn more_about(&self, scope: &Scope, asked: &[Surrounds]) -> Result<Vec<Vec<Beside>>> {
        let section = |one: &Surrounds| {
            Some(Section {
                topic: one.topic?,
                count: one.count,
                without: one.left_out(),
            })
        };
        let mut sections: Vec<Section> = asked.iter().filter_map(section).collect();
        sections.dedup();
        let found = match sections.is_empty() {
            true => HashMap::new(),
            false => self.sections(scope, &sections).await?,
        };
        let of_topic = |one: &Surrounds| section(one).and_then(|s| found.get(&s).cloned()).unwrap_or_default();
        let mut beside: Vec<Vec<Beside>> = Vec::with_capacity(asked.len());
        let mut thin: Vec<(usize, Likeness)> = Vec::new();
        for (at, one) in asked.iter().enumerate() {
            let stories = of_topic(one);
            let free = one
                .count
                .saturating_sub(u32::try_from(stories.len()).unwrap_or(u32::MAX));
            if one.filled && free > 0 {
                let without = one.left_out().into_iter().chain(stories.iter().map(|s| s.id)).collect();
                let story = Arc::clone(&one.story);
                thin.push((
                    at,
                    Likeness {
                        story,
                        count: free,
                        without,
                    },
                ));
            }
            let found = FoundBy::Topic;
            beside.push(stories.into_iter().map(|story| Beside { story, found }).collect());
        }
        if thin.is_empty() {
            return Ok(beside);
        }
        let Some(ready) = self.index_now(scope).await? else {
            soon_more(scope);
            return Ok(beside);
        };
        let (places, likenesses): (Vec<usize>, Vec<Likeness>) = thin.into_iter().unzip();
        let alike = self.look_alike(scope, &likenesses, ready).await?;
        for (at, alike) in places.into_iter().zip(alike) {
            if let Some(beside) = beside.get_mut(at) {
                beside.extend(alike.into_iter().map(|Similar { story, score }| Beside {
                    story,
                    found: FoundBy::Similarity(score),
                }));
            }
        }
        Ok(beside)
    }

    async fn look_alike(
        &self,
        scope: &Scope,
        asked: &[Likeness],
        (view, hidden): (Arc<View>, Vec<ArticleId>),
    ) -> Result<Vec<Vec<Similar>>> {
        if view.mark().progress().is_some() {
            soon_more(scope);
        }
        let terms = visibility::terms(scope);
        // Recency counts from the story on, and not from today.
        self.note_times(scope, &terms, Order::Newest).await?;
        let wanted: Vec<Likeness> = asked.to_vec();
        let job = move || {
            let looker = Looker {
                terms: &terms,
                hidden: &hidden,
            };
            let like = |one: &Likeness| -> (usize, Arc<Story>, Vec<ArticleId>) {
                (
                    one.count as usize * FOR_EACH + MORE,
                    Arc::clone(&one.story),
                    one.without.clone(),
                )
            };
            let wanted: Vec<_> = wanted.iter().map(like).collect();
            let likes: Vec<Like<'_>> = wanted
                .iter()
                .map(|(most, story, without)| Like {
                    story,
                    without,
                    most: *most,
                    near: None,
                })
                .collect();
            view.similar(&likes, &looker)
        };
        let proposed = self.look(job).await?;
        let mut ids: Vec<ArticleId> = proposed.iter().flatten().map(id).collect();
        ids.sort_unstable();
        ids.dedup();
        let keys: Vec<ArticleKey> = ids.into_iter().map(ArticleKey::Id).collect();
        let stories = self.load_stories(scope, &keys).await?;
        let found = asked.iter().zip(proposed).map(|(one, proposed)| {
            let seen = proposed.iter().filter_map(|alike| {
                let story = stories.get(&ArticleKey::Id(id(alike)))?;
                let score = f64::from(alike.1);
                (score >= LEAST).then(|| Similar {
                    story: Arc::clone(story),
                    score,
                })
            });
            folded(&one.story, seen, one.count as usize)
        });
        Ok(found.collect())
    }
}

/// The index is not there, or not whole: soon there will be more. Shared for a moment all the same, because while it is made
/// everybody would be answered by himself.
pub(super) fn soon_more(scope: &Scope) {
    scope.readings.good_until(scope.now.checked_add(MOMENT).ok());
}

impl Surrounds {
    fn left_out(&self) -> Vec<ArticleId> {
        let itself = (!self.without.contains(&self.story.id)).then_some(self.story.id);
        self.without.iter().copied().chain(itself).collect()
    }
}

/// Of copies and translations of one text the first, and none of the story's own.
fn folded(story: &Story, alike: impl Iterator<Item = Similar>, most: usize) -> Vec<Similar> {
    let mut faces = vec![Face::of(story)];
    let mut kept = Vec::new();
    for similar in alike {
        if kept.len() == most {
            break;
        }
        let face = Face::of(&similar.story);
        if !faces.iter().any(|other| other.is_same(&face)) {
            faces.push(face);
            kept.push(similar);
        }
    }
    kept
}

/// By what it is known that two stories are one.
struct Face {
    sketch: Sketch,
    /// Its own name and those of what it translates: translations of one another have one in common.
    names: Vec<String>,
}

impl Face {
    fn of(story: &Story) -> Face {
        let links = story.related_links.iter();
        let originals = links
            .filter(|l| l.kind == LinkKind::TranslationOf)
            .filter_map(|l| l.uri.clone());
        Face {
            sketch: Sketch::of(story),
            names: originals.chain([story.uri.clone()]).collect(),
        }
    }

    fn is_same(&self, other: &Face) -> bool {
        self.sketch.is_near(other.sketch) || self.names.iter().any(|name| other.names.contains(name))
    }
}

fn id(alike: &Alike) -> ArticleId {
    search::id(Order::Relevance, alike.0)
}
