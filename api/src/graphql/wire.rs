//! The wire as GraphQL shows it: entries, and pages of them.

use super::article::Article;
use super::channel::Channel;
use super::collection::Collection;
use super::connection::PageInfo;
use super::limits::list_cost;
use super::refusal::refuse;
use super::scalar::{DateTime, TimeZone};
use super::topic::Topic;
use crate::archive::{Archive, Notice, Subject};
use crate::error::{Error, Fault};
use crate::news::story::Tombstone as Grave;
use crate::news::topic::{self, TopicKey};
use crate::news::viewer::Scope;
use crate::news::wire::{self, Position, Step, WireFilter, concerns};
use crate::wire::{Place, Wire};
use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use std::sync::Arc;

/// What kind of change an entry reports.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum WireKind {
    /// A story that was not here before.
    ArticlePublished,
    /// A new version of a story.
    ArticleUpdated,
    /// A new version that puts something right.
    ArticleCorrected,
    /// Taken back; it may return.
    ArticleWithheld,
    ArticleRestored,
    /// Taken back for good.
    ArticleCanceled,
    /// Its time is over.
    ArticleExpired,
    /// A channel that you read gained a story that is as it was.
    ArticleEntered,
    /// The last of the channels that you read lost it.
    ArticleLeft,
    TopicChanged,
    CollectionChanged,
    ChannelChanged,
}

impl From<Step> for WireKind {
    fn from(step: Step) -> WireKind {
        match step {
            Step::Published => WireKind::ArticlePublished,
            Step::Updated => WireKind::ArticleUpdated,
            Step::Corrected => WireKind::ArticleCorrected,
            Step::Withheld => WireKind::ArticleWithheld,
            Step::Restored => WireKind::ArticleRestored,
            Step::Canceled => WireKind::ArticleCanceled,
            Step::Expired => WireKind::ArticleExpired,
            Step::Entered => WireKind::ArticleEntered,
            Step::Left => WireKind::ArticleLeft,
        }
    }
}

impl WireKind {
    /// As REST and messages spell it.
    pub fn kind(self) -> wire::Kind {
        match self {
            WireKind::ArticlePublished => wire::Kind::Published,
            WireKind::ArticleUpdated => wire::Kind::Updated,
            WireKind::ArticleCorrected => wire::Kind::Corrected,
            WireKind::ArticleWithheld => wire::Kind::Withheld,
            WireKind::ArticleRestored => wire::Kind::Restored,
            WireKind::ArticleCanceled => wire::Kind::Canceled,
            WireKind::ArticleExpired => wire::Kind::Expired,
            WireKind::ArticleEntered => wire::Kind::Entered,
            WireKind::ArticleLeft => wire::Kind::Left,
            WireKind::TopicChanged => wire::Kind::Topic,
            WireKind::CollectionChanged => wire::Kind::Collection,
            WireKind::ChannelChanged => wire::Kind::Channel,
        }
    }

    /// Of the kinds that are told outside.
    pub fn read(kind: &str) -> Option<WireKind> {
        <WireKind as async_graphql::resolver_utils::EnumType>::items()
            .iter()
            .map(|item| item.value)
            .find(|shown| shown.kind().as_str() == kind)
    }
}

/// What a follower does with an entry; who does it is right.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "wire::Action")]
pub enum WireAction {
    /// Take it in: it is new to this follower.
    Publish,
    /// Put it in the place of what you have, or take it in.
    Update,
    /// Take it down; it may return.
    Hold,
    /// Take it down for good.
    Remove,
    /// Take it down for good and put its replacement in its place.
    Replace,
}

/// One change.
#[derive(Clone)]
pub struct WireEntry {
    notice: Arc<Notice>,
    cursor: String,
}

impl WireEntry {
    pub fn of(notice: Notice, wire: &Wire, audience: &str) -> WireEntry {
        WireEntry {
            cursor: wire.cursor(audience, notice.entry.as_ref()),
            notice: Arc::new(notice),
        }
    }

    fn topics(&self, choose: impl Fn(&Subject) -> Option<&Vec<Arc<topic::Topic>>>) -> Vec<Topic> {
        let topics = choose(&self.notice.subject).into_iter().flatten().cloned();
        let beside = |topic| match &self.notice.subject {
            Subject::Article { story: Some(story), .. } => Topic::of(topic, &story.language),
            Subject::Article { story: None, .. } | Subject::Topic(_) | Subject::Collection(_) | Subject::Channel(_) => {
                Topic::alone(topic)
            }
        };
        topics.map(beside).collect()
    }
}

/// One change. It names things as they were changed then, and shows them as they are now.
#[Object]
impl WireEntry {
    /// Its place in the wire: go on from here with `after`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    async fn kind(&self) -> WireKind {
        match &self.notice.subject {
            Subject::Article { edition, .. } => edition.step.into(),
            Subject::Topic(_) => WireKind::TopicChanged,
            Subject::Collection(_) => WireKind::CollectionChanged,
            Subject::Channel(_) => WireKind::ChannelChanged,
        }
    }

    /// When it was written.
    async fn at(&self, time_zone: Option<TimeZone>) -> DateTime {
        DateTime::new(self.notice.entry.at, time_zone.as_ref())
    }

    /// What to do.
    async fn action(&self) -> WireAction {
        self.notice.action.into()
    }

    /// Why, in one sentence.
    async fn reason(&self) -> &str {
        self.notice.reason
    }

    /// The version of the story that this entry reports; `article` may be newer.
    async fn version(&self) -> Option<i32> {
        match &self.notice.subject {
            Subject::Article { edition, .. } => Some(edition.version.0),
            Subject::Topic(_) | Subject::Collection(_) | Subject::Channel(_) => None,
        }
    }

    /// The fields of the story that changed.
    async fn changed(&self) -> &[String] {
        match &self.notice.subject {
            Subject::Article { edition, .. } => &edition.changed,
            Subject::Topic(_) | Subject::Collection(_) | Subject::Channel(_) => &[],
        }
    }

    /// The story it is about, also where it is to be taken down.
    async fn article_id(&self) -> Option<ID> {
        match &self.notice.subject {
            Subject::Article { edition, .. } => Some(ID(edition.id.to_string())),
            Subject::Topic(_) | Subject::Collection(_) | Subject::Channel(_) => None,
        }
    }

    /// The story's permanent name, also where it is to be taken down.
    async fn uri(&self) -> Option<&str> {
        match &self.notice.subject {
            Subject::Article { uri, .. } => uri.as_deref(),
            Subject::Topic(_) | Subject::Collection(_) | Subject::Channel(_) => None,
        }
    }

    /// The story as it is now, where it is to be taken in.
    async fn article(&self) -> Option<Article> {
        match &self.notice.subject {
            Subject::Article { story, .. } => story.clone().map(Article),
            Subject::Topic(_) | Subject::Collection(_) | Subject::Channel(_) => None,
        }
    }

    /// Of a canceled story: why, and what to take instead.
    async fn tombstone(&self) -> Option<Tombstone> {
        match &self.notice.subject {
            Subject::Article { tombstone, .. } => tombstone.as_deref().cloned().map(Tombstone),
            Subject::Topic(_) | Subject::Collection(_) | Subject::Channel(_) => None,
        }
    }

    /// The topics whose feeds the story came into, those above its own among them.
    #[graphql(complexity = "list_cost(4, child_complexity)")]
    async fn topics_gained(&self) -> Vec<Topic> {
        self.topics(|subject| match subject {
            Subject::Article { gained, .. } => Some(gained),
            Subject::Topic(_) | Subject::Collection(_) | Subject::Channel(_) => None,
        })
    }

    /// The topics whose feeds the story left.
    #[graphql(complexity = "list_cost(4, child_complexity)")]
    async fn topics_lost(&self) -> Vec<Topic> {
        self.topics(|subject| match subject {
            Subject::Article { lost, .. } => Some(lost),
            Subject::Topic(_) | Subject::Collection(_) | Subject::Channel(_) => None,
        })
    }

    /// The topic that changed, as it is now.
    async fn topic(&self) -> Option<Topic> {
        match &self.notice.subject {
            Subject::Topic(topic) => Some(Topic::alone(Arc::clone(topic))),
            Subject::Article { .. } | Subject::Collection(_) | Subject::Channel(_) => None,
        }
    }

    /// The channel that changed, as it is now.
    async fn channel(&self) -> Option<Channel> {
        match &self.notice.subject {
            Subject::Channel(channel) => Some(Channel((**channel).clone())),
            Subject::Article { .. } | Subject::Topic(_) | Subject::Collection(_) => None,
        }
    }

    /// The collection that changed, as it is now.
    async fn collection(&self) -> Option<Collection> {
        match &self.notice.subject {
            Subject::Collection(collection) => Some(Collection(collection.clone())),
            Subject::Article { .. } | Subject::Topic(_) | Subject::Channel(_) => None,
        }
    }
}

/// What is left of a canceled story.
pub struct Tombstone(Grave);

#[Object]
impl Tombstone {
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    async fn uri(&self) -> &str {
        &self.0.uri
    }

    /// The version that canceled it.
    async fn version(&self) -> i32 {
        self.0.version.0
    }

    /// Why, in the publisher's words.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    async fn canceled_at(&self, time_zone: Option<TimeZone>) -> DateTime {
        DateTime::new(self.0.at, time_zone.as_ref())
    }

    /// Whoever has it must take it down and confirm that.
    async fn mandatory(&self) -> bool {
        self.0.mandatory
    }

    /// The uri of the story to take instead; null when there is none, or none for you.
    async fn replacement_uri(&self) -> Option<&str> {
        self.0.replacement.as_ref().map(|(_, uri)| uri.as_str())
    }
}

/// A page of the wire, oldest first. An empty one repeats the cursor that it was asked with.
pub struct WireConnection {
    entries: Vec<WireEntry>,
    /// Behind the last entry that was looked at, whether it is shown or not.
    end: String,
    has_next: bool,
}

#[derive(SimpleObject)]
pub struct WireEdge {
    cursor: String,
    node: WireEntry,
}

#[Object]
impl WireConnection {
    async fn edges(&self) -> Vec<WireEdge> {
        let edge = |entry: &WireEntry| WireEdge {
            cursor: entry.cursor.clone(),
            node: entry.clone(),
        };
        self.entries.iter().map(edge).collect()
    }

    /// The entries alone.
    async fn nodes(&self) -> &[WireEntry] {
        &self.entries
    }

    /// `endCursor` is always there: poll with it as `after`. It can be behind the last entry of the page, because what
    /// does not concern the reader is passed over.
    async fn page_info(&self) -> PageInfo {
        let start = self.entries.first().map(|entry| entry.cursor.clone());
        PageInfo::forward(self.has_next, start, self.end.clone())
    }
}

/// Entries that are looked at for one page, before it is given out as it is.
const LOOKED_AT: usize = 5_000;

/// Entries that are read at once.
const TOGETHER: usize = 500;

/// Where a reader wants to begin.
pub enum Start {
    Oldest,
    Latest,
    At(Place),
}

impl Start {
    pub fn read(wire: &Wire, audience: &str, after: Option<&str>) -> crate::error::Result<Start> {
        match after {
            None => Ok(Start::Oldest),
            Some("latest") => Ok(Start::Latest),
            Some(cursor) => wire.place(audience, "after", cursor).map(Start::At),
        }
    }
}

impl WireConnection {
    /// At most `size` entries that concern the reader.
    pub async fn read(
        (archive, wire): (&Archive, &Wire),
        scope: &Scope,
        start: Start,
        size: usize,
        filter: &WireFilter,
    ) -> Result<WireConnection> {
        let audience = &scope.sight.owner();
        let mut at = match start {
            Start::At(place) => place,
            Start::Latest => wire.head().into(),
            Start::Oldest => Place {
                position: wire.beginning().await.map_err(|e| refuse(&e))?,
                ..wire.head().into()
            },
        };
        let (mut entries, mut looked_at) = (Vec::new(), 0);
        while entries.len() < size && looked_at < LOOKED_AT {
            let read = wire.read(at.position, TOGETHER).await.map_err(|e| refuse(&e))?;
            let Some(last) = read.last() else { break };
            let wanted: Vec<_> = read
                .iter()
                .filter(|entry| concerns(entry, filter, &scope.sight))
                .take(size - entries.len())
                .cloned()
                .collect();
            // Where the page is full, the next one begins behind its last entry.
            let full = entries.len() + wanted.len() == size;
            at = match wanted.last() {
                Some(last) if full => last.as_ref().into(),
                _ => last.as_ref().into(),
            };
            looked_at += read.len();
            let notices = archive.notices(scope, &wanted, filter).await.map_err(|e| refuse(&e))?;
            entries.extend(notices.into_iter().map(|notice| WireEntry::of(notice, wire, audience)));
        }
        Ok(WireConnection {
            entries,
            end: wire.cursor(audience, at),
            has_next: at.position < wire.head().position,
        })
    }
}

/// Most topics in a filter.
const MOST_TOPICS: usize = 50;

/// The topics that a follower names, by slug or code, and the channel.
pub async fn filter(
    archive: &Archive,
    scope: &Scope,
    topics: Option<Vec<String>>,
    channel: Option<String>,
) -> Result<WireFilter> {
    let slugs: Vec<String> = channel.into_iter().collect();
    let found = archive.channel_ids(scope, "channel", &slugs).await;
    let (channels, faults) = found.map_err(|e| refuse(&e))?;
    if !faults.is_empty() {
        return Err(refuse(&Error::parameters(faults)));
    }
    let topics = topics.unwrap_or_default();
    if topics.len() > MOST_TOPICS {
        let fault = Fault::new(
            "topics",
            "too_many",
            format!("at most {MOST_TOPICS}, not {}", topics.len()),
        );
        return Err(refuse(&Error::parameters(vec![fault])));
    }
    if topics.is_empty() {
        return Ok(WireFilter {
            channels,
            ..WireFilter::default()
        });
    }
    let keys: Vec<TopicKey> = topics.iter().map(|name| TopicKey::read(name)).collect();
    let found = archive.find_topics(scope, &keys).await.map_err(|e| refuse(&e))?;
    let mut faults = Vec::new();
    let mut ids = Vec::new();
    for (key, name) in keys.iter().zip(&topics) {
        match found.get(key) {
            Some(topic) => ids.push(topic.id),
            None => {
                let name: String = name.chars().take(100).collect();
                faults.push(Fault::new(
                    "topics",
                    "unknown_topic",
                    format!("there is no topic `{name}`"),
                ));
            }
        }
    }
    if !faults.is_empty() {
        return Err(refuse(&Error::parameters(faults)));
    }
    ids.sort();
    ids.dedup();
    Ok(WireFilter { topics: ids, channels })
}

/// The newest place, as this viewer sees it.
pub async fn newest_cursor(ctx: &Context<'_>) -> Result<String> {
    let house = super::loaders::of(ctx)?.loader();
    // About this very moment: no answer with it is kept.
    house.scope.readings.personal();
    Ok(house.wire.cursor(&house.scope.sight.owner(), house.wire.head()))
}

/// The position to follow from; where there is nothing to begin at, from `now` on.
pub fn follow_from(start: Start, now: Place) -> Position {
    match start {
        Start::At(place) => place.position,
        Start::Oldest | Start::Latest => now.position,
    }
}
