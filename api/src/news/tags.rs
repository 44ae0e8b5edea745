//! What an answer has read, as tags: as long as none of them moves, the answer is good.
//!
//! A list is tagged by what decides which stories stand in it, its stories each by their own tag. So a correction of
//! one story makes the answers stale that show it, and no others.

use super::wire::{Entry, Position, Step, Subject};
use super::{ArticleId, ChannelId, CollectionId, SourceId, TopicId};
use jiff::Timestamp;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tag {
    /// Whatever is shown of this story, its editions too.
    Article(ArticleId),
    /// Which stories stand in a topic's feed, and in which order.
    Feed(TopicId),
    /// Which stories stand in LATEST.
    Latest,
    /// Any edition of any story: lists by conditions that a story may begin or cease to meet.
    Any,
    /// Which names stories have: that a name was nobody's, or a former one.
    Names,
    /// Which stories say that they take another's place or translate it.
    Chains,
    Topic(TopicId),
    /// The tree of topics and their names: which there are.
    Topics,
    Collection(CollectionId),
    Collections,
    /// Which stories are in a channel, and in which order.
    Channel(ChannelId),
    /// Which channels there are.
    Channels,
    Source(SourceId),
    Sources,
    /// Keys.
    Access,
    /// Cancellations.
    Kills,
}

/// What every answer carries besides, for when nobody knows what a CDN should forget.
pub const EVERYTHING: &str = "all";

impl Tag {
    /// How a CDN knows it: `article-<id>`, `latest`.
    pub fn surrogate_key(self) -> String {
        match self {
            Tag::Article(id) => format!("article-{}", id.0.simple()),
            Tag::Feed(id) => format!("feed-{}", id.0.simple()),
            Tag::Latest => "latest".to_owned(),
            Tag::Any => "any".to_owned(),
            Tag::Names => "names".to_owned(),
            Tag::Chains => "chains".to_owned(),
            Tag::Topic(id) => format!("topic-{}", id.0.simple()),
            Tag::Topics => "topics".to_owned(),
            Tag::Collection(id) => format!("collection-{}", id.0.simple()),
            Tag::Collections => "collections".to_owned(),
            Tag::Channel(id) => format!("channel-{}", id.0.simple()),
            Tag::Channels => "channels".to_owned(),
            Tag::Source(id) => format!("source-{}", id.0.simple()),
            Tag::Sources => "sources".to_owned(),
            Tag::Access => "access".to_owned(),
            Tag::Kills => "kills".to_owned(),
        }
    }
}

impl Tag {
    /// The tag that moves whenever this one does, and that is the same for all of its kind.
    pub fn kin(self) -> Tag {
        match self {
            Tag::Article(_) | Tag::Feed(_) | Tag::Channel(_) | Tag::Latest | Tag::Any => Tag::Any,
            Tag::Names | Tag::Chains => Tag::Any,
            Tag::Channels => Tag::Channels,
            Tag::Topic(_) | Tag::Topics => Tag::Topics,
            Tag::Collection(_) | Tag::Collections => Tag::Collections,
            Tag::Source(_) | Tag::Sources => Tag::Sources,
            Tag::Access => Tag::Access,
            Tag::Kills => Tag::Kills,
        }
    }
}

/// The fields that decide where a story stands in the lists that only topics and time make.
const PLACE: &[&str] = &["firstPublished", "expires", "pubStatus"];

/// The fields that decide what a story is called.
const NAME: &[&str] = &["slug", "uri"];

/// The fields by which a story leads to others.
const CHAIN: &[&str] = &["replaces", "relatedLinks", "uri"];

/// The tags that an entry moves. In doubt more than needed: a tag too many costs a computation, one too few is a lie.
pub fn moved_by(entry: &Entry) -> Vec<Tag> {
    let edition = match &entry.subject {
        Subject::Article(edition) => edition,
        Subject::Topic(id) => return vec![Tag::Topic(*id), Tag::Topics],
        Subject::Collection(id) => return vec![Tag::Collection(*id), Tag::Collections],
        Subject::Channel(_) => return vec![Tag::Channels],
        Subject::Source(id) => return vec![Tag::Source(*id), Tag::Sources],
        // What else there was nobody knows: it is forgotten whole.
        Subject::Access | Subject::Epoch => return vec![Tag::Access],
    };
    let changes = |fields: &[&str]| edition.changed.iter().any(|c| fields.contains(&c.as_str()));
    let mut tags = vec![Tag::Article(edition.id), Tag::Any];
    let first = edition.step == Step::Published;
    let moves = match edition.step {
        Step::Updated | Step::Corrected => changes(PLACE),
        Step::Published | Step::Withheld | Step::Restored | Step::Canceled | Step::Expired => true,
        Step::Entered | Step::Left => {
            tags.extend(edition.moved_channels().map(Tag::Channel));
            return tags;
        }
    };
    if moves {
        let reach = &edition.reach;
        tags.push(Tag::Latest);
        tags.extend(edition.before.iter().chain(&edition.after).map(|t| Tag::Feed(*t)));
        tags.extend(reach.before.iter().chain(&reach.after).map(|c| Tag::Channel(*c)));
    } else {
        tags.extend(edition.moved_channels().map(Tag::Channel));
        // Only the feeds that gained or lost it.
        let gained = edition.after.iter().filter(|t| !edition.before.contains(t));
        let lost = edition.before.iter().filter(|t| !edition.after.contains(t));
        tags.extend(gained.chain(lost).map(|t| Tag::Feed(*t)));
    }
    if edition.step == Step::Canceled {
        tags.push(Tag::Kills);
    }
    if moves || changes(CHAIN) {
        tags.push(Tag::Chains);
    }
    if first || changes(NAME) {
        tags.push(Tag::Names);
    }
    tags
}

/// Where a reading notes what it reads. Clones note in the same place.
#[derive(Clone, Debug, Default)]
pub struct Readings(Option<Arc<Mutex<Seen>>>);

/// What was read.
#[derive(Debug, Default)]
pub struct Seen {
    pub tags: HashSet<Tag>,
    /// The stories that are shown; what was only looked at is among the tags alone.
    pub shown: HashSet<ArticleId>,
    /// The first instant at which something of it expires.
    pub until: Option<Timestamp>,
    /// Something of it was read from what follows the wire and had come so far.
    pub began: Option<Position>,
    /// The answer is about the asker himself, or about this very moment.
    pub personal: bool,
}

impl Readings {
    /// For readings that nobody keeps.
    pub fn unnoted() -> Readings {
        Readings(None)
    }

    pub fn noted() -> Readings {
        Readings(Some(Arc::default()))
    }

    pub fn saw(&self, tag: Tag) {
        self.note(|seen| {
            seen.tags.insert(tag);
        });
    }

    pub fn saw_all(&self, tags: impl IntoIterator<Item = Tag>) {
        self.note(|seen| seen.tags.extend(tags));
    }

    /// A story, or something of it, is in the answer.
    pub fn showed(&self, article: ArticleId) {
        self.note(|seen| {
            seen.shown.insert(article);
        });
    }

    /// The same of several.
    pub fn showed_all(&self, articles: impl IntoIterator<Item = ArticleId>) {
        self.note(|seen| seen.shown.extend(articles));
    }

    /// Something that was read expires then.
    pub fn good_until(&self, instants: impl IntoIterator<Item = Timestamp>) {
        self.note(|seen| seen.until = seen.until.into_iter().chain(instants).min());
    }

    /// Something was read that had followed the wire up to here: the answer is as old as that.
    pub fn began_at(&self, position: Position) {
        self.note(|seen| seen.began = seen.began.into_iter().chain([position]).min());
    }

    pub fn personal(&self) {
        self.note(|seen| seen.personal = true);
    }

    /// What was noted so far.
    pub fn take(&self) -> Seen {
        let mut taken = Seen::default();
        self.note(|seen| taken = std::mem::take(seen));
        taken
    }

    fn note(&self, what: impl FnOnce(&mut Seen)) {
        if let Some(seen) = &self.0 {
            what(&mut seen.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}
