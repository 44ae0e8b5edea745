//! What those are told who follow the wire. An entry names things; what they are like is looked up when it is read, and
//! passes the gate then. So an old entry never brings back what was taken away since, and whoever is behind gets the
//! newest text at once.

use super::Archive;
use crate::error::Result;
use crate::news::channel::Channel;
use crate::news::story::{ArticleKey, Listed, Story, Tombstone};
use crate::news::tags::Tag;
use crate::news::topic::{Collection, Topic};
use crate::news::viewer::Scope;
use crate::news::visibility::{Standing, Within, standing, visible};
use crate::news::wire::{self, Action, Edition, Entry, WireFilter, advice, concerns};
use crate::news::{ArticleId, ChannelId, CollectionId, TopicId};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

/// What one follower is told of one entry.
pub struct Notice {
    pub entry: Arc<Entry>,
    pub action: Action,
    /// Why, in one sentence.
    pub reason: &'static str,
    pub subject: Subject,
}

pub enum Subject {
    Article {
        edition: Edition,
        /// Its permanent name, also when it may not be shown any more; absent when it is not in the house.
        uri: Option<String>,
        /// As it is today, where it is to be taken in.
        story: Option<Arc<Story>>,
        gained: Vec<Arc<Topic>>,
        lost: Vec<Arc<Topic>>,
        /// What is left of it, where it is canceled.
        tombstone: Option<Box<Tombstone>>,
    },
    Topic(Arc<Topic>),
    Collection(Collection),
    Channel(Box<Channel>),
}

impl Archive {
    /// What this viewer is told of these entries, in their order. What does not concern him is not there.
    pub async fn notices(&self, scope: &Scope, entries: &[Arc<Entry>], filter: &WireFilter) -> Result<Vec<Notice>> {
        let filter = &self.followed(scope, filter).await?;
        let entries: Vec<&Arc<Entry>> = entries.iter().filter(|e| concerns(e, filter, &scope.sight)).collect();
        let stories = self.told_stories(scope, &entries).await?;
        let within = self.within(scope, stories.keys().copied()).await?;
        let topics = self.told_topics(scope, &entries).await?;
        let mut notices = Vec::with_capacity(entries.len());
        for entry in entries {
            let told = match &entry.subject {
                wire::Subject::Article(edition) => {
                    let story = stories.get(&edition.id);
                    tell((entry, edition), story, &topics, (scope, &within), filter)
                }
                wire::Subject::Topic(id) => {
                    let told = |t: &Arc<Topic>| {
                        let reason = match t.id == *id {
                            true => "The topic has changed.",
                            false => "A topic was merged into this one: it takes its place.",
                        };
                        (Action::Update, reason, Subject::Topic(Arc::clone(t)))
                    };
                    topics.get(id).map(told)
                }
                wire::Subject::Collection(id) => self
                    .told_collection(scope, *id)
                    .await?
                    .map(|c| (Action::Update, "The collection has changed.", Subject::Collection(c))),
                wire::Subject::Channel(id) => self.told_channel(scope, *id).await?.map(|channel| {
                    let reason = "The channel has changed.";
                    (Action::Update, reason, Subject::Channel(Box::new(channel)))
                }),
                wire::Subject::Source(_) | wire::Subject::Access | wire::Subject::Epoch => None,
            };
            if let Some((mut action, mut reason, mut subject)) = told {
                if let Subject::Article { edition, tombstone, .. } = &mut subject
                    && action == Action::Remove
                    && let Some(story) = stories.get(&edition.id)
                    && standing(story, scope, &within) == Standing::Canceled
                {
                    *tombstone = self.tombstone(scope, story).await?.map(Box::new);
                    if tombstone.as_ref().is_some_and(|t| t.replacement.is_some()) {
                        action = Action::Replace;
                        reason = "It is canceled: take it down for good, and put the replacement in its place.";
                    }
                }
                notices.push(Notice {
                    entry: Arc::clone(entry),
                    action,
                    reason,
                    subject,
                });
            }
        }
        Ok(notices)
    }

    /// Who follows a topic follows the one that it was merged into, from then on.
    async fn followed(&self, scope: &Scope, filter: &WireFilter) -> Result<WireFilter> {
        let WireFilter { topics, channels } = filter;
        let mut topics = topics.clone();
        if !topics.is_empty() {
            let meant = self.load_topics(scope, &topics).await?;
            topics.extend(meant.values().map(|t| t.id));
            topics.sort();
            topics.dedup();
        }
        Ok(WireFilter {
            topics,
            channels: channels.clone(),
        })
    }

    /// The stories that entries are about, as they are today, before the gate.
    async fn told_stories(&self, scope: &Scope, entries: &[&Arc<Entry>]) -> Result<HashMap<ArticleId, Arc<Story>>> {
        let ids: HashSet<ArticleId> = entries
            .iter()
            .filter_map(|entry| match &entry.subject {
                wire::Subject::Article(edition) => Some(edition.id),
                wire::Subject::Topic(_)
                | wire::Subject::Collection(_)
                | wire::Subject::Channel(_)
                | wire::Subject::Source(_)
                | wire::Subject::Access
                | wire::Subject::Epoch => None,
            })
            .collect();
        scope.readings.saw_all(ids.iter().map(|id| Tag::Article(*id)));
        let keys: Vec<ArticleKey> = ids.into_iter().map(ArticleKey::Id).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let listed: Vec<Listed> = self.store.find_articles(&keys).await?.into_values().collect();
        let stories = self.share(&listed).await?;
        let expiries = stories.values().filter_map(|s| s.expires).filter(|at| *at > scope.now);
        scope.readings.good_until(expiries);
        Ok(stories)
    }

    /// The topics that stories gained and lost, and those that changed themselves.
    async fn told_topics(&self, scope: &Scope, entries: &[&Arc<Entry>]) -> Result<HashMap<TopicId, Arc<Topic>>> {
        let mut ids = HashSet::new();
        for entry in entries {
            match &entry.subject {
                wire::Subject::Article(edition) => ids.extend(edition.before.iter().chain(&edition.after)),
                wire::Subject::Topic(id) => {
                    ids.insert(*id);
                }
                wire::Subject::Collection(_)
                | wire::Subject::Channel(_)
                | wire::Subject::Source(_)
                | wire::Subject::Access
                | wire::Subject::Epoch => {}
            }
        }
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        self.load_topics(scope, &ids.into_iter().collect::<Vec<_>>()).await
    }

    async fn told_collection(&self, scope: &Scope, id: CollectionId) -> Result<Option<Collection>> {
        self.find_collection_by_id(scope, id).await
    }

    async fn told_channel(&self, scope: &Scope, id: ChannelId) -> Result<Option<Channel>> {
        self.find_channel_by_id(scope, id).await
    }

    /// The stories of a snapshot: those above an id that this viewer may see, in id order, and the last id that was
    /// looked at; none when there are no more.
    pub async fn snapshot(
        &self,
        scope: &Scope,
        after: Uuid,
        filter: &WireFilter,
        most: u32,
    ) -> Result<Option<(Vec<Arc<Story>>, Uuid)>> {
        let ids = self.store.article_ids_after(after, most).await?;
        let Some(last) = ids.last().map(|id| id.0) else {
            return Ok(None);
        };
        let wanted = if filter.topics.is_empty() {
            None
        } else {
            Some(self.store.articles_in_feeds(&ids, &filter.topics).await?)
        };
        let chosen = if filter.channels.is_empty() {
            None
        } else {
            Some(self.store.articles_in_channels(&ids, &filter.channels).await?)
        };
        let keys: Vec<ArticleKey> = ids
            .into_iter()
            .filter(|id| wanted.as_ref().is_none_or(|wanted| wanted.contains(id)))
            .filter(|id| chosen.as_ref().is_none_or(|chosen| chosen.contains(id)))
            .map(ArticleKey::Id)
            .collect();
        if keys.is_empty() {
            return Ok(Some((Vec::new(), last)));
        }
        let listed: Vec<Listed> = self.store.find_articles(&keys).await?.into_values().collect();
        // Past the shelf: a snapshot reads everything once, and would push out what others read often.
        let ids: Vec<ArticleId> = listed.iter().map(|l| l.id).collect();
        let mut stories = self.store.load_stories(&ids).await?;
        let within = self.within(scope, ids.into_iter()).await?;
        stories.retain(|story| visible(story, scope, &within));
        stories.sort_by_key(|story| story.id);
        Ok(Some((stories.into_iter().map(Arc::new).collect(), last)))
    }
}

fn tell(
    (entry, edition): (&Entry, &Edition),
    story: Option<&Arc<Story>>,
    topics: &HashMap<TopicId, Arc<Topic>>,
    (scope, within): (&Scope, &Within),
    filter: &WireFilter,
) -> Option<(Action, &'static str, Subject)> {
    let now = story.map(|story| standing(story, scope, within));
    let (action, reason) = advice(edition, entry.position, now, filter, &scope.sight)?;
    let difference = |of: &[TopicId], without: &[TopicId]| {
        let ids = of.iter().filter(|id| !without.contains(id));
        ids.filter_map(|id| topics.get(id).cloned()).collect()
    };
    let shown = match action {
        Action::Publish | Action::Update => story.filter(|_| now == Some(Standing::Visible)),
        Action::Hold | Action::Remove | Action::Replace => None,
    };
    let subject = Subject::Article {
        edition: edition.clone(),
        uri: story.map(|story| story.uri.clone()),
        story: shown.cloned(),
        gained: difference(&edition.after, &edition.before),
        lost: difference(&edition.before, &edition.after),
        tombstone: None,
    };
    Some((action, reason, subject))
}
