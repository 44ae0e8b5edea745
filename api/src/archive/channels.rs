//! Channels, for those who may see them: to the others they are as unknown.

use super::Archive;
use crate::error::{Fault, Result};
use crate::news::channel::{Channel, Definition, SelectionSubmission};
use crate::news::story::{ArticleKey, Story};
use crate::news::tags::Tag;
use crate::news::topic::Topic;
use crate::news::viewer::Scope;
use crate::news::visibility::{Standing, standing};
use crate::news::{ChannelId, SourceId, TopicId};
use std::collections::HashMap;
use std::sync::Arc;

impl Archive {
    /// The channels that this viewer may see, by slug; none that is being removed.
    pub async fn list_channels(&self, scope: &Scope) -> Result<Vec<Channel>> {
        scope.readings.saw(Tag::Channels);
        let mut channels = self.store.list_channels().await?;
        channels.retain(|c| c.definition().is_some() && scope.sight.shows(c.id));
        Ok(channels)
    }

    pub async fn find_channel(&self, scope: &Scope, slug: &str) -> Result<Option<Channel>> {
        let channels = self.list_channels(scope).await?;
        Ok(channels.into_iter().find(|c| c.slug == slug))
    }

    pub async fn find_channel_by_id(&self, scope: &Scope, id: ChannelId) -> Result<Option<Channel>> {
        let channels = self.list_channels(scope).await?;
        Ok(channels.into_iter().find(|c| c.id == id))
    }

    /// The ids of channels by slug, sorted, and what is wrong with those that are unknown. `field` is what the asker
    /// calls them.
    pub async fn channel_ids(
        &self,
        scope: &Scope,
        field: &str,
        slugs: &[String],
    ) -> Result<(Vec<ChannelId>, Vec<Fault>)> {
        let (mut ids, mut faults) = (Vec::new(), Vec::new());
        if slugs.is_empty() {
            return Ok((ids, faults));
        }
        let channels = self.list_channels(scope).await?;
        for slug in slugs {
            match channels.iter().find(|c| c.slug == *slug) {
                Some(channel) => ids.push(channel.id),
                None => {
                    let slug: String = slug.chars().take(100).collect();
                    faults.push(Fault::new(
                        field,
                        "unknown_channel",
                        format!("there is no channel `{slug}`"),
                    ));
                }
            }
        }
        ids.sort();
        ids.dedup();
        Ok((ids, faults))
    }

    /// What channels select, in the words that they can be put in with.
    pub async fn selections(&self, scope: &Scope, channels: &[Channel]) -> Result<Vec<SelectionSubmission>> {
        let definitions: Vec<Definition> = channels
            .iter()
            .map(|c| c.definition().cloned().unwrap_or_default())
            .collect();
        let mut topics: Vec<TopicId> = definitions.iter().flat_map(Definition::all_topics).collect();
        let mut sources: Vec<SourceId> = definitions.iter().flat_map(|d| d.sources.clone()).collect();
        topics.sort();
        topics.dedup();
        sources.sort();
        sources.dedup();
        let topics = match topics.is_empty() {
            true => HashMap::new(),
            false => self.load_topics(scope, &topics).await?,
        };
        let sources = self.sources(scope, &sources).await?;
        let select = |definition: Definition| {
            let Definition {
                topics: clauses,
                without_topics,
                languages,
                sources: ids,
                genres,
                urgencies,
                query,
            } = definition;
            let clauses = clauses.iter().map(|clause| named(&topics, clause).join("|"));
            let without = named(&topics, &without_topics).into_iter().map(|t| format!("-{t}"));
            SelectionSubmission {
                topics: Some(clauses.chain(without).collect()),
                languages: Some(languages),
                sources: Some(
                    ids.iter()
                        .filter_map(|id| sources.get(id))
                        .map(|s| s.slug.clone())
                        .collect(),
                ),
                genres: Some(genres),
                urgencies: Some(urgencies),
                query,
            }
        };
        Ok(definitions.into_iter().map(select).collect())
    }
}

/// How a story stands for somebody, and why.
pub struct Explained {
    pub story: Arc<Story>,
    pub standing: Standing,
    /// Slugs of the channels that it is in, and of those that he may see among them.
    pub channels: Vec<String>,
    pub through: Vec<String>,
}

impl Archive {
    /// How a story stands for this viewer, for the publisher: whatever its status, and whether he may see it or not.
    pub async fn explain(&self, scope: &Scope, key: &ArticleKey) -> Result<Option<Explained>> {
        let found = self.store.find_articles(std::slice::from_ref(key)).await?;
        let Some(listed) = found.get(key) else {
            return Ok(None);
        };
        let Some(story) = self.share(&[*listed]).await?.remove(&listed.id) else {
            return Ok(None);
        };
        let within = self.within(scope, [listed.id].into_iter()).await?;
        let (mut channels, mut through) = (Vec::new(), Vec::new());
        for channel in self.store.list_channels().await? {
            let holds = self.store.articles_in_channels(&[listed.id], &[channel.id]).await?;
            if !holds.contains(&listed.id) {
                continue;
            }
            if scope.sight.shows(channel.id) {
                through.push(channel.slug.clone());
            }
            channels.push(channel.slug);
        }
        let standing = standing(&story, scope, &within);
        Ok(Some(Explained {
            story,
            standing,
            channels,
            through,
        }))
    }
}

/// Slugs of topics; one that was merged goes by the name of the one that it is today.
fn named(topics: &HashMap<TopicId, Arc<Topic>>, ids: &[TopicId]) -> Vec<String> {
    let mut slugs: Vec<String> = Vec::with_capacity(ids.len());
    for topic in ids.iter().filter_map(|id| topics.get(id)) {
        if !slugs.contains(&topic.slug) {
            slugs.push(topic.slug.clone());
        }
    }
    slugs
}
