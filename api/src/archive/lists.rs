//! Pages of stories: newest first by first publication, then by id.

use super::Archive;
use crate::error::{Error, Fault, Result};
use crate::news::channel::Sight;
use crate::news::filter::{DateField, Filter, Selection};
use crate::news::story::{ArticleKey, Listed, Story};
use crate::news::tags::Tag;
use crate::news::topic::TopicKey;
use crate::news::viewer::Scope;
use crate::news::visibility::Terms;
use crate::news::{ArticleId, CollectionId, SourceId, TopicId, visibility};
use crate::page::{Page, Slice};
use crate::store::has_index;
use std::collections::HashMap;
use std::sync::Arc;

/// The first stories of a topic, some left out: what MORE ABOUT shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Section {
    pub topic: TopicId,
    pub count: u32,
    pub without: Vec<ArticleId>,
}

impl Archive {
    pub async fn list(&self, scope: &Scope, selection: &Selection, page: &Page) -> Result<Slice<Arc<Story>>> {
        let asked = [(selection.clone(), page.clone())];
        Ok(self.list_many(scope, &asked).await?.pop().unwrap_or_else(Slice::empty))
    }

    /// Several lists with one walk and one fetch.
    pub async fn list_many(&self, scope: &Scope, asked: &[(Selection, Page)]) -> Result<Vec<Slice<Arc<Story>>>> {
        for (selection, _) in asked {
            note(scope, selection);
        }
        let slices = self.slices(scope, asked).await?;
        let mut listed: Vec<Listed> = slices.iter().flat_map(|s| s.edges.iter().map(|e| e.node)).collect();
        listed.sort_by_key(|l| l.id);
        listed.dedup_by_key(|l| l.id);
        let stories = self.fetch(scope, &listed).await?;
        Ok(slices
            .into_iter()
            .map(|slice| slice.map(|l| stories.get(&l.id).cloned()))
            .collect())
    }

    /// One slice for each list. Those that have an index of their own are walked; the others are combined.
    async fn slices(&self, scope: &Scope, asked: &[(Selection, Page)]) -> Result<Vec<Slice<Listed>>> {
        let terms = visibility::terms(scope);
        let (walked, lists): (Vec<_>, Vec<_>) = asked.iter().cloned().partition(|(s, _)| has_index(s, &terms));
        if lists.is_empty() {
            return self.walked(scope, asked, &terms).await;
        }
        let combined = self.combined(scope, &lists, &terms).await?;
        let by = if combined.is_some() { "index" } else { "database" };
        metrics::counter!("dateline_combined_lists_total", "by" => by).increment(lists.len() as u64);
        let Some(combined) = combined else {
            return self.walked(scope, asked, &terms).await;
        };
        let mut combined = combined.into_iter();
        let mut walked = self.walked(scope, &walked, &terms).await?.into_iter();
        let slices = asked
            .iter()
            .filter_map(|(selection, _)| match has_index(selection, &terms) {
                true => walked.next(),
                false => combined.next(),
            });
        Ok(slices.collect())
    }

    async fn walked(&self, scope: &Scope, asked: &[(Selection, Page)], terms: &Terms) -> Result<Vec<Slice<Listed>>> {
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let (slices, expiries) = self.store.walk(asked, terms).await?;
        scope.readings.good_until(expiries);
        Ok(slices)
    }

    pub async fn count(&self, scope: &Scope, selection: &Selection) -> Result<i64> {
        if selection.topics.iter().any(Vec::is_empty) {
            return Ok(0);
        }
        note(scope, selection);
        if let Some(expiry) = self.store.next_expiry(scope.now).await? {
            scope.readings.good_until([expiry]);
        }
        let terms = visibility::terms(scope);
        if !has_index(selection, &terms)
            && let Some(number) = self.number(scope, selection, &terms).await?
        {
            return Ok(number);
        }
        self.store.count(selection, &terms).await
    }

    pub async fn sections(&self, scope: &Scope, asked: &[Section]) -> Result<HashMap<Section, Vec<Arc<Story>>>> {
        let walks: Vec<(Selection, Page)> = asked
            .iter()
            .map(|section| {
                let selection = Selection {
                    topics: vec![vec![section.topic]],
                    ..Selection::default()
                };
                let left_out = u32::try_from(section.without.len()).unwrap_or(u32::MAX);
                (selection, Page::first(section.count.saturating_add(left_out)))
            })
            .collect();
        let slices = self.list_many(scope, &walks).await?;
        let sections = asked.iter().cloned().zip(slices).map(|(section, slice)| {
            let stories = slice
                .edges
                .into_iter()
                .map(|e| e.node)
                .filter(|s| !section.without.contains(&s.id));
            let stories = stories.take(section.count as usize).collect();
            (section, stories)
        });
        Ok(sections.collect())
    }

    /// All of a collection, for an export.
    pub async fn collection_items(&self, id: CollectionId) -> Result<Vec<ArticleId>> {
        self.store.collection_items(id).await
    }

    /// A collection's stories that this viewer may see, in the editor's order.
    pub async fn collection_stories(&self, scope: &Scope, id: CollectionId) -> Result<Vec<Arc<Story>>> {
        scope.readings.saw(Tag::Collection(id));
        let ids = self.store.collection_items(id).await?;
        let keys: Vec<ArticleKey> = ids.iter().copied().map(ArticleKey::Id).collect();
        let stories = self.load_stories(scope, &keys).await?;
        Ok(keys.iter().filter_map(|key| stories.get(key).cloned()).collect())
    }

    /// A filter's names made ids. A topic or source that does not exist is an error that names it: an empty page would
    /// only hide the slip.
    pub async fn select(&self, scope: &Scope, filter: Filter) -> Result<Selection> {
        let Filter {
            topics,
            languages,
            sources,
            genres,
            urgencies,
            dates,
            channels,
        } = filter;
        let mut faults = Vec::new();
        let mut selection = Selection {
            languages,
            genres,
            urgencies,
            dates,
            ..Selection::default()
        };
        if !topics.is_empty() {
            let names = topics.clauses.iter().flatten().chain(&topics.without);
            let keys: Vec<TopicKey> = names.map(|n| TopicKey::read(n)).collect();
            let found = self.find_topics(scope, &keys).await?;
            let mut id_of = |name: &String| {
                let id = found.get(&TopicKey::read(name)).map(|t| t.id);
                if id.is_none() {
                    faults.push(Fault::new(
                        "topic",
                        "unknown_topic",
                        format!("there is no topic `{}`", brief(name)),
                    ));
                }
                id
            };
            selection.topics = topics
                .clauses
                .iter()
                .map(|c| c.iter().filter_map(&mut id_of).collect())
                .collect();
            selection.without_topics = topics.without.iter().filter_map(&mut id_of).collect();
        }
        if !sources.is_empty() {
            scope.readings.saw(Tag::Sources);
            let found = self.store.find_sources(&sources).await?;
            let ids: Vec<SourceId> = sources.iter().filter_map(|s| found.get(s)).map(|s| s.id).collect();
            for slug in sources.iter().filter(|s| !found.contains_key(*s)) {
                faults.push(Fault::new(
                    "source",
                    "unknown_source",
                    format!("there is no source `{}`", brief(slug)),
                ));
            }
            selection.sources = Some(ids);
        }
        if !channels.is_empty() {
            let (ids, mut unknown) = self.channel_ids(scope, "channel", &channels).await?;
            faults.append(&mut unknown);
            selection.channels = Some(ids);
        }
        if faults.is_empty() {
            Ok(selection)
        } else {
            Err(Error::parameters(faults))
        }
    }
}

/// What decides which stories stand in a list.
fn note(scope: &Scope, selection: &Selection) {
    let Selection {
        topics,
        without_topics,
        languages,
        sources,
        genres,
        urgencies,
        dates,
        channels,
    } = selection;
    let seen = match &scope.sight {
        Sight::All => None,
        Sight::Channels(holdings) => Some(&holdings.channels),
    };
    let channels = channels.as_ref().or(seen);
    if let Some(channels) = channels {
        scope
            .readings
            .saw_all(channels.iter().map(|channel| Tag::Channel(*channel)));
    }
    let by_time_alone = dates.from.is_none() && dates.to.is_none() || dates.field == DateField::FirstPublished;
    let unfiltered = without_topics.is_empty()
        && languages.is_empty()
        && sources.is_none()
        && genres.is_empty()
        && urgencies.is_empty()
        && by_time_alone;
    match topics.as_slice() {
        _ if !unfiltered => scope.readings.saw(Tag::Any),
        [] if channels.is_some() => {}
        [] => scope.readings.saw(Tag::Latest),
        clauses => scope
            .readings
            .saw_all(clauses.iter().flatten().map(|topic| Tag::Feed(*topic))),
    }
}

fn brief(name: &str) -> String {
    name.chars().take(100).collect()
}
