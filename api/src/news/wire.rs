//! What changed, in the words that every door uses unchanged.

use super::visibility::Standing;
use super::{ArticleId, CollectionId, SourceId, TopicId, Version};
use jiff::Timestamp;

/// A place in the wire. An integer inside the house, an opaque cursor outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub i64);

/// The newest position, and in which life of the house: a restored or promoted database begins a new epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub epoch: i32,
    pub position: Position,
}

/// One change, as the desk reports it.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Published {
        article: ArticleId,
        version: Version,
        topics: Vec<TopicId>,
    },
    Updated {
        article: ArticleId,
        version: Version,
        changed: Vec<&'static str>,
        before: Vec<TopicId>,
        after: Vec<TopicId>,
    },
    Topic(TopicId),
    Collection(CollectionId),
    Source(SourceId),
    /// Keys: never shown outside.
    Access,
}

impl Change {
    pub fn kind(&self) -> Kind {
        match self {
            Change::Published { .. } => Kind::Published,
            Change::Updated { .. } => Kind::Updated,
            Change::Topic(_) => Kind::Topic,
            Change::Collection(_) => Kind::Collection,
            Change::Source(_) => Kind::Source,
            Change::Access => Kind::Access,
        }
    }
}

/// What kind of change an entry reports: wire kind, webhook `type`, SSE `event`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Published,
    Updated,
    Topic,
    Collection,
    /// Never shown outside: a source is no thing of its own to a reader, stories show it.
    Source,
    Access,
}

impl Kind {
    pub const ALL: [Kind; 6] = [
        Kind::Published,
        Kind::Updated,
        Kind::Topic,
        Kind::Collection,
        Kind::Source,
        Kind::Access,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Published => "article.published",
            Kind::Updated => "article.updated",
            Kind::Topic => "topic.changed",
            Kind::Collection => "collection.changed",
            Kind::Source => "source.changed",
            Kind::Access => "access.changed",
        }
    }

    pub fn parse(text: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.as_str() == text)
    }
}

/// One entry of the wire, as it was written. It names things; what they are like is looked up when it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub epoch: i32,
    pub position: Position,
    pub at: Timestamp,
    pub subject: Subject,
}

/// What an entry is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    Article(Edition),
    Topic(TopicId),
    Collection(CollectionId),
    Source(SourceId),
    Access,
}

/// A story that came in, or came in again.
#[derive(Clone, Debug, PartialEq)]
pub struct Edition {
    pub id: ArticleId,
    pub version: Version,
    /// Whether it is the first that the house shows of the story.
    pub first: bool,
    /// The fields that changed, by their public names; empty for the first.
    pub changed: Vec<String>,
    /// The feeds it stood in before and stands in now, ancestors among them.
    pub before: Vec<TopicId>,
    pub after: Vec<TopicId>,
}

impl Entry {
    pub fn kind(&self) -> Kind {
        match &self.subject {
            Subject::Article(edition) if edition.first => Kind::Published,
            Subject::Article(_) => Kind::Updated,
            Subject::Topic(_) => Kind::Topic,
            Subject::Collection(_) => Kind::Collection,
            Subject::Source(_) => Kind::Source,
            Subject::Access => Kind::Access,
        }
    }

    /// Whether it takes something away: that must be known everywhere at once, however far a replica is.
    pub fn is_urgent(&self) -> bool {
        match self.kind() {
            Kind::Access => true,
            Kind::Published | Kind::Updated | Kind::Topic | Kind::Collection | Kind::Source => false,
        }
    }
}

/// What a follower does with an entry; who does it is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Take it in: it is new to this follower.
    Publish,
    /// Put it in the place of what you have, or take it in.
    Update,
    /// Take it down; it may return.
    Hold,
    /// Take it down for good.
    Remove,
}

impl Action {
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Publish => "publish",
            Action::Update => "update",
            Action::Hold => "hold",
            Action::Remove => "remove",
        }
    }
}

/// Whether an entry can concern a follower at all; what he is told of it is found out when it is looked up.
pub fn concerns(entry: &Entry, filter: &WireFilter) -> bool {
    let all = filter.topics.is_empty();
    match &entry.subject {
        Subject::Article(edition) => {
            let mut feeds = edition.before.iter().chain(&edition.after);
            all || feeds.any(|topic| filter.topics.contains(topic))
        }
        Subject::Topic(id) => all || filter.topics.contains(id),
        Subject::Collection(_) => all,
        Subject::Source(_) | Subject::Access => false,
    }
}

/// What a follower does with an entry about a story, and why in one sentence; none when it does not concern him. `now`
/// is how the story stands today, whatever the entry says: nobody is told to take in what he may not see any more.
pub fn advice(edition: &Edition, now: Option<Standing>, filter: &WireFilter) -> Option<(Action, &'static str)> {
    let wanted = |feeds: &[TopicId]| filter.topics.is_empty() || feeds.iter().any(|t| filter.topics.contains(t));
    let (before, after) = (!edition.first && wanted(&edition.before), wanted(&edition.after));
    Some(match (before, after, now) {
        (false, false, _) => return None,
        (true, false, _) => (Action::Remove, "It is in none of the topics that you follow any more."),
        (_, true, None) => (Action::Remove, "It is not here any more: take it down."),
        (_, true, Some(Standing::Withheld)) => (Action::Hold, "It is withheld: take it down, it may return."),
        (_, true, Some(Standing::Canceled)) => (Action::Remove, "It is canceled: take it down for good."),
        (_, true, Some(Standing::Expired)) => (Action::Remove, "It has expired: take it down."),
        (false, true, Some(Standing::Visible)) if edition.first => (Action::Publish, "It is published."),
        (false, true, Some(Standing::Visible)) => (Action::Publish, "It came into a topic that you follow."),
        (true, true, Some(Standing::Visible)) => (Action::Update, "A new version takes the place of the one you have."),
    })
}

/// Which entries a follower wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct WireFilter {
    /// Stories in any of these feeds; all when it is empty. With topics, only changes of stories and of these topics
    /// are told.
    pub topics: Vec<TopicId>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn topics(ids: &[u128]) -> Vec<TopicId> {
        ids.iter().map(|id| TopicId(Uuid::from_u128(*id))).collect()
    }

    fn action(first: bool, before: &[u128], after: &[u128], now: Standing, wanted: &[u128]) -> Option<Action> {
        let edition = Edition {
            id: ArticleId(Uuid::from_u128(1)),
            version: Version(1),
            first,
            changed: Vec::new(),
            before: topics(before),
            after: topics(after),
        };
        let filter = WireFilter { topics: topics(wanted) };
        advice(&edition, Some(now), &filter).map(|(action, _)| action)
    }

    #[test]
    fn a_follower_of_everything_is_told_of_everything() {
        use Standing::{Canceled, Expired, Visible, Withheld};
        assert_eq!(action(true, &[], &[7], Visible, &[]), Some(Action::Publish));
        assert_eq!(action(true, &[], &[], Visible, &[]), Some(Action::Publish));
        assert_eq!(action(false, &[7], &[8], Visible, &[]), Some(Action::Update));
        assert_eq!(action(false, &[], &[], Withheld, &[]), Some(Action::Hold));
        assert_eq!(action(true, &[], &[], Canceled, &[]), Some(Action::Remove));
        assert_eq!(action(true, &[], &[], Expired, &[]), Some(Action::Remove));
    }

    #[test]
    fn a_follower_of_a_topic_gains_and_loses_stories() {
        use Standing::{Canceled, Visible};
        assert_eq!(action(true, &[], &[8], Visible, &[7]), None);
        assert_eq!(action(true, &[], &[7, 8], Visible, &[7]), Some(Action::Publish));
        assert_eq!(action(false, &[8], &[7], Visible, &[7]), Some(Action::Publish));
        assert_eq!(action(false, &[7], &[7, 8], Visible, &[7]), Some(Action::Update));
        assert_eq!(action(false, &[7], &[8], Visible, &[7]), Some(Action::Remove));
        assert_eq!(action(false, &[7], &[8], Canceled, &[7]), Some(Action::Remove));
        assert_eq!(action(false, &[8], &[9], Visible, &[7]), None);
    }
}
