//! Stories with all that they refer to, for the formats: each kind of thing loaded once for all of them.

use super::{Archive, Found};
use crate::error::Result;
use crate::format::piece::Piece;
use crate::news::channel::Sight;
use crate::news::story::{ArticleKey, Story, Tombstone};
use crate::news::tags::Tag;
use crate::news::topic::each_once;
use crate::news::viewer::Scope;
use crate::news::{ChannelId, CollectionId, TopicId};
use crate::store::Killed;
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;

/// Cancellations that one list tells, at most.
const MOST_KILLS: u32 = 100;

impl Archive {
    /// They are shown: whoever asks for pieces writes them into his answer.
    pub async fn pieces(&self, scope: &Scope, stories: &[Arc<Story>]) -> Result<Vec<Piece>> {
        let mut topics: Vec<TopicId> = stories.iter().flat_map(|s| s.topics.iter().copied()).collect();
        topics.sort();
        topics.dedup();
        let topics = match topics.is_empty() {
            true => HashMap::new(),
            false => self.load_topics(scope, &topics).await?,
        };
        let mut sources: Vec<_> = stories.iter().filter_map(|s| s.source).collect();
        sources.sort();
        sources.dedup();
        let sources = self.sources(scope, &sources).await?;
        let links = self.resolve_links(scope, stories).await?;
        let piece = |(story, links): (&Arc<Story>, Vec<_>)| {
            scope.readings.showed(story.id);
            Piece {
                topics: each_once(&story.topics, &topics),
                source: story.source.and_then(|id| sources.get(&id).cloned()),
                links,
                story: Arc::clone(story),
                embargoed_until: None,
            }
        };
        Ok(stories.iter().zip(links).map(piece).collect())
    }

    /// What was canceled since then and stood in LATEST, in a topic's feed or in a channel, newest first: what is left
    /// of it, for those who could read it.
    pub async fn killed(
        &self,
        scope: &Scope,
        topic: Option<TopicId>,
        channel: Option<ChannelId>,
        since: Timestamp,
    ) -> Result<Vec<Arc<Tombstone>>> {
        scope.readings.saw(Tag::Kills);
        let channels = match (channel, &scope.sight) {
            (Some(channel), _) => Some(vec![channel]),
            (None, Sight::All) => None,
            (None, Sight::Channels(holdings)) => Some(holdings.channels.clone()),
        };
        let killed = Killed { topic, channels, since };
        let ids = self.store.killed(&killed, MOST_KILLS).await?;
        let keys: Vec<ArticleKey> = ids.into_iter().map(ArticleKey::Id).collect();
        let mut found = self.look_up(scope, &keys).await?;
        let tombstone = |key: &ArticleKey| match found.remove(key)? {
            Found::Tombstone(tombstone) => Some(tombstone),
            Found::Story(_) => None,
        };
        Ok(keys.iter().filter_map(tombstone).collect())
    }

    /// A collection's stories that this viewer may see, in the editor's order, and what is left of those that were
    /// canceled.
    pub async fn collection_whole(
        &self,
        scope: &Scope,
        id: CollectionId,
    ) -> Result<(Vec<Arc<Story>>, Vec<Arc<Tombstone>>)> {
        scope.readings.saw(Tag::Collection(id));
        let ids = self.collection_items(id).await?;
        let keys: Vec<ArticleKey> = ids.into_iter().map(ArticleKey::Id).collect();
        let (mut stories, mut tombstones) = (Vec::new(), Vec::new());
        let mut found = self.look_up(scope, &keys).await?;
        for key in &keys {
            match found.remove(key) {
                Some(Found::Story(story)) => stories.push(story),
                Some(Found::Tombstone(tombstone)) => tombstones.push(tombstone),
                None => {}
            }
        }
        Ok((stories, tombstones))
    }
}
