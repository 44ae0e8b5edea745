//! What changed, in the words that every door uses unchanged.

use super::channel::Sight;
use super::visibility::Standing;
use super::{ArticleId, ChannelId, CollectionId, PartnerId, SourceId, TopicId, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A place in the wire. An integer inside the house, an opaque cursor outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position(pub i64);

/// The newest position, and in which life of the house: a restored or promoted database begins a new epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub epoch: i32,
    pub position: Position,
}

/// A moment in the past of the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// When everything up to this position had happened, and nothing behind it.
    Position(Position),
    Instant(Timestamp),
}

/// One change, as the desk reports it.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Article(Edition),
    Topic(TopicId),
    Collection(CollectionId),
    Channel(ChannelId),
    Source(SourceId),
    /// Keys and what they may read: never shown outside.
    Access,
    /// A new epoch begins: never shown outside.
    Epoch,
}

impl Change {
    pub fn kind(&self) -> Kind {
        match self {
            Change::Article(edition) => edition.step.kind(),
            Change::Topic(_) => Kind::Topic,
            Change::Collection(_) => Kind::Collection,
            Change::Channel(_) => Kind::Channel,
            Change::Source(_) => Kind::Source,
            Change::Access => Kind::Access,
            Change::Epoch => Kind::Epoch,
        }
    }
}

/// What kind of change an entry reports: wire kind, webhook `type`, SSE `event`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Published,
    Updated,
    Corrected,
    Withheld,
    Restored,
    Canceled,
    Expired,
    /// A channel gained it, without its being another than it was.
    Entered,
    /// A channel lost it.
    Left,
    Topic,
    Collection,
    Channel,
    /// Never shown outside: a source is no thing of its own to a reader, stories show it.
    Source,
    Access,
    Epoch,
}

impl Kind {
    pub const ALL: [Kind; 15] = [
        Kind::Published,
        Kind::Updated,
        Kind::Corrected,
        Kind::Withheld,
        Kind::Restored,
        Kind::Canceled,
        Kind::Expired,
        Kind::Entered,
        Kind::Left,
        Kind::Topic,
        Kind::Collection,
        Kind::Channel,
        Kind::Source,
        Kind::Access,
        Kind::Epoch,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Published => "article.published",
            Kind::Updated => "article.updated",
            Kind::Corrected => "article.corrected",
            Kind::Withheld => "article.withheld",
            Kind::Restored => "article.restored",
            Kind::Canceled => "article.canceled",
            Kind::Expired => "article.expired",
            Kind::Entered => "article.entered",
            Kind::Left => "article.left",
            Kind::Topic => "topic.changed",
            Kind::Collection => "collection.changed",
            Kind::Channel => "channel.changed",
            Kind::Source => "source.changed",
            Kind::Access => "access.changed",
            Kind::Epoch => "wire.epoch",
        }
    }

    /// Whether those outside are told of it.
    pub fn is_told(self) -> bool {
        match self {
            Kind::Source | Kind::Access | Kind::Epoch => false,
            Kind::Topic | Kind::Collection | Kind::Channel => true,
            Kind::Published | Kind::Updated | Kind::Corrected | Kind::Withheld => true,
            Kind::Restored | Kind::Canceled | Kind::Expired | Kind::Entered | Kind::Left => true,
        }
    }

    pub fn parse(text: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.as_str() == text)
    }

    /// What an entry of this kind says of a story; none when it is not about one.
    pub fn step(self) -> Option<Step> {
        match self {
            Kind::Published => Some(Step::Published),
            Kind::Updated => Some(Step::Updated),
            Kind::Corrected => Some(Step::Corrected),
            Kind::Withheld => Some(Step::Withheld),
            Kind::Restored => Some(Step::Restored),
            Kind::Canceled => Some(Step::Canceled),
            Kind::Expired => Some(Step::Expired),
            Kind::Entered => Some(Step::Entered),
            Kind::Left => Some(Step::Left),
            Kind::Topic | Kind::Collection | Kind::Channel | Kind::Source | Kind::Access | Kind::Epoch => None,
        }
    }
}

/// What happened to a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// It came in for the first time.
    Published,
    Updated,
    Corrected,
    Withheld,
    Restored,
    Canceled,
    Expired,
    /// It is as it was, and a channel gained it.
    Entered,
    /// It is as it was, and a channel lost it.
    Left,
}

impl Step {
    pub fn kind(self) -> Kind {
        match self {
            Step::Published => Kind::Published,
            Step::Updated => Kind::Updated,
            Step::Corrected => Kind::Corrected,
            Step::Withheld => Kind::Withheld,
            Step::Restored => Kind::Restored,
            Step::Canceled => Kind::Canceled,
            Step::Expired => Kind::Expired,
            Step::Entered => Kind::Entered,
            Step::Left => Kind::Left,
        }
    }

    /// Whether readers could see the story before.
    fn had(self) -> bool {
        match self {
            Step::Published | Step::Restored => false,
            Step::Updated | Step::Corrected | Step::Withheld | Step::Canceled | Step::Expired => true,
            Step::Entered | Step::Left => true,
        }
    }

    /// Whether only channels have changed: who has the story has nothing to do.
    fn only_moves(self) -> bool {
        match self {
            Step::Entered | Step::Left => true,
            Step::Published | Step::Updated | Step::Corrected | Step::Withheld => false,
            Step::Restored | Step::Canceled | Step::Expired => false,
        }
    }

    /// Whether it takes the story away.
    pub fn takes_away(self) -> bool {
        match self {
            Step::Withheld | Step::Canceled | Step::Expired => true,
            Step::Published | Step::Updated | Step::Corrected | Step::Restored => false,
            Step::Entered | Step::Left => false,
        }
    }

    /// Why a follower is told to take it in.
    fn reason(self) -> &'static str {
        match self {
            Step::Published => "It is published.",
            Step::Updated => "A new version takes the place of the one you have.",
            Step::Corrected => "It is corrected: the new version takes the place of the one you have.",
            Step::Restored => "It is restored: put it back.",
            Step::Entered => "It came into what you may read.",
            // These take in nothing.
            Step::Withheld | Step::Canceled | Step::Expired | Step::Left => "It is here again.",
        }
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
    Channel(ChannelId),
    Source(SourceId),
    Access,
    Epoch,
}

/// What happened to a story.
#[derive(Clone, Debug, PartialEq)]
pub struct Edition {
    pub id: ArticleId,
    pub version: Version,
    pub step: Step,
    /// The fields that changed, by their public names; empty for the first.
    pub changed: Vec<String>,
    /// The feeds, ancestors among them, that it left or stayed in, and that it stays in or came to. What takes a story
    /// away takes it out of all, what brings it back puts it into all.
    pub before: Vec<TopicId>,
    pub after: Vec<TopicId>,
    pub reach: Reach,
}

/// Whom an entry about a story reaches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reach {
    /// The channels it was in and is in, as with feeds.
    pub before: Vec<ChannelId>,
    pub after: Vec<ChannelId>,
    /// Only those who were given a channel, or lost it.
    pub only: Option<Only>,
}

/// A right that was given or taken back, and whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Only {
    pub partner: PartnerId,
    pub channel: ChannelId,
}

impl Edition {
    /// Channels that gained or lost it.
    pub fn moved_channels(&self) -> impl Iterator<Item = ChannelId> + '_ {
        let Reach { before, after, only: _ } = &self.reach;
        let gained = after.iter().filter(|c| !before.contains(c));
        let lost = before.iter().filter(|c| !after.contains(c));
        gained.chain(lost).copied()
    }

    /// Whether this reader had it before this entry, and has it from then on.
    fn had_and_has(&self, at: Position, filter: &WireFilter, sight: &Sight) -> (bool, bool) {
        let follows_topics = |feeds: &[TopicId]| filter.topics.is_empty() || meet(feeds, &filter.topics);
        let Reach { before, after, only } = &self.reach;
        if let Some(only) = only {
            let follows = follows_topics(&self.after)
                && (filter.channels.is_empty() || filter.channels.contains(&only.channel))
                && only.is_for(sight, after, at);
            return (
                follows && self.step == Step::Left,
                follows && self.step == Step::Entered,
            );
        }
        let reads = |feeds: &[TopicId], channels: &[ChannelId]| {
            let entitled = match sight {
                Sight::All => true,
                Sight::Channels(holdings) => holdings.held_at(channels, at),
            };
            entitled && follows_topics(feeds) && (filter.channels.is_empty() || meet(channels, &filter.channels))
        };
        let had = self.step.had() && reads(&self.before, before);
        let has = !self.step.takes_away() && reads(&self.after, after);
        (had, has)
    }
}

fn meet<T: PartialEq>(some: &[T], others: &[T]) -> bool {
    some.iter().any(|one| others.contains(one))
}

impl Only {
    /// `channels` are all that the story is in.
    fn is_for(&self, sight: &Sight, channels: &[ChannelId], at: Position) -> bool {
        match sight {
            Sight::All => false,
            Sight::Channels(holdings) if self.partner == PartnerId::EVERYBODY => {
                !holdings.held_otherwise(channels, self.channel, at)
            }
            Sight::Channels(holdings) => holdings.partner == self.partner,
        }
    }
}

impl Entry {
    pub fn kind(&self) -> Kind {
        match &self.subject {
            Subject::Article(edition) => edition.step.kind(),
            Subject::Topic(_) => Kind::Topic,
            Subject::Collection(_) => Kind::Collection,
            Subject::Channel(_) => Kind::Channel,
            Subject::Source(_) => Kind::Source,
            Subject::Access => Kind::Access,
            Subject::Epoch => Kind::Epoch,
        }
    }

    /// Whether it takes something away that nothing but this entry tells of: that must be known everywhere at once,
    /// however far a replica is.
    pub fn is_urgent(&self) -> bool {
        match self.kind() {
            Kind::Withheld | Kind::Canceled | Kind::Left | Kind::Access | Kind::Epoch => true,
            // What expires is seen to be expired by the clock.
            Kind::Expired => false,
            Kind::Published | Kind::Updated | Kind::Corrected | Kind::Restored | Kind::Entered => {
                self.leaves_a_channel()
            }
            Kind::Topic | Kind::Collection | Kind::Channel | Kind::Source => false,
        }
    }
}

impl Entry {
    fn leaves_a_channel(&self) -> bool {
        match &self.subject {
            Subject::Article(edition) => edition.reach.before.iter().any(|c| !edition.reach.after.contains(c)),
            Subject::Topic(_) | Subject::Collection(_) | Subject::Channel(_) => false,
            Subject::Source(_) | Subject::Access | Subject::Epoch => false,
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
    /// Take it down for good and put its replacement in its place.
    Replace,
}

impl Action {
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Publish => "publish",
            Action::Update => "update",
            Action::Hold => "hold",
            Action::Remove => "remove",
            Action::Replace => "replace",
        }
    }
}

/// Whether an entry can concern a follower at all; what he is told of it is found out when it is looked up.
pub fn concerns(entry: &Entry, filter: &WireFilter, sight: &Sight) -> bool {
    let all = filter.topics.is_empty() && filter.channels.is_empty();
    match &entry.subject {
        Subject::Article(edition) => {
            let (had, has) = edition.had_and_has(entry.position, filter, sight);
            (had || has) && !(had && has && edition.step.only_moves())
        }
        Subject::Topic(id) => all || filter.topics.contains(id),
        Subject::Collection(_) => all,
        Subject::Channel(id) => (all || filter.channels.contains(id)) && sight.shows(*id),
        Subject::Source(_) | Subject::Access | Subject::Epoch => false,
    }
}

/// What a follower does with an entry about a story, and why in one sentence; none when it does not concern him. `now`
/// is how the story stands for him today, whatever the entry says: nobody is told to take in what he may not see any
/// more.
pub fn advice(
    edition: &Edition,
    at: Position,
    now: Option<Standing>,
    filter: &WireFilter,
    sight: &Sight,
) -> Option<(Action, &'static str)> {
    let step = edition.step;
    let (had, has) = edition.had_and_has(at, filter, sight);
    Some(match (had, has, now) {
        (false, false, _) => return None,
        (true, true, _) if step.only_moves() => return None,
        (_, _, None) => (Action::Remove, "It is not here any more: take it down."),
        // What was taken back was given again since, or comes through another channel.
        (true, false, Some(Standing::Visible)) if edition.reach.only.is_some() => return None,
        (true, false, Some(_)) if !step.takes_away() => (
            Action::Remove,
            "It is in none of the topics and channels that you follow any more.",
        ),
        (true, true, Some(Standing::Visible)) => (Action::Update, step.reason()),
        (false, true, Some(Standing::Visible)) => match step {
            Step::Published | Step::Restored | Step::Entered => (Action::Publish, step.reason()),
            Step::Updated | Step::Corrected | Step::Withheld | Step::Canceled | Step::Expired | Step::Left => {
                (Action::Publish, "It came into a topic or channel that you follow.")
            }
        },
        // It came back since, and the entry that brought it back is told.
        (true, false, Some(Standing::Visible)) => return None,
        // The entry that took it away is told; the others would name it to those who never had it.
        (_, true, Some(_)) => return None,
        (_, _, Some(Standing::Withheld)) => (Action::Hold, "It is withheld: take it down, it may return."),
        (_, _, Some(Standing::Canceled)) => (Action::Remove, "It is canceled: take it down for good."),
        (_, _, Some(Standing::Expired)) => (Action::Remove, "It has expired: take it down."),
        (_, _, Some(Standing::Foreign)) => (Action::Remove, "You may not read it any more: take it down."),
    })
}

/// How much of a story a follower is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Payload {
    /// All of it.
    Full,
    /// Without its text.
    Meta,
    /// Its id, its uri and its version only.
    Id,
    /// All of it as ninjs 3.1, and what is to be taken down too.
    Ninjs,
}

impl Payload {
    pub const NAMES: &'static [&'static str] = &["full", "meta", "id", "ninjs"];

    pub fn as_str(self) -> &'static str {
        match self {
            Payload::Full => "full",
            Payload::Meta => "meta",
            Payload::Id => "id",
            Payload::Ninjs => "ninjs",
        }
    }

    pub fn read(name: Option<&str>) -> Payload {
        match name {
            Some("meta") => Payload::Meta,
            Some("id") => Payload::Id,
            Some("ninjs") => Payload::Ninjs,
            _ => Payload::Full,
        }
    }
}

/// Which entries a follower wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct WireFilter {
    /// Stories in any of these feeds; all when it is empty. With topics, only changes of stories and of these topics
    /// are told.
    pub topics: Vec<TopicId>,
    /// Stories in any of these channels; the same.
    pub channels: Vec<ChannelId>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn topics(ids: &[u128]) -> Vec<TopicId> {
        ids.iter().map(|id| TopicId(Uuid::from_u128(*id))).collect()
    }

    fn action(step: Step, before: &[u128], after: &[u128], now: Standing, wanted: &[u128]) -> Option<Action> {
        let edition = Edition {
            id: ArticleId(Uuid::from_u128(1)),
            version: Version(1),
            step,
            changed: Vec::new(),
            before: topics(before),
            after: topics(after),
            reach: Reach::default(),
        };
        let filter = WireFilter {
            topics: topics(wanted),
            ..WireFilter::default()
        };
        advice(&edition, Position(9), Some(now), &filter, &Sight::All).map(|(action, _)| action)
    }

    #[test]
    fn a_follower_of_everything_is_told_of_everything() {
        use Standing::Visible;
        use Step::{Corrected, Published, Restored, Updated};
        assert_eq!(action(Published, &[], &[7], Visible, &[]), Some(Action::Publish));
        assert_eq!(action(Published, &[], &[], Visible, &[]), Some(Action::Publish));
        assert_eq!(action(Updated, &[7], &[8], Visible, &[]), Some(Action::Update));
        assert_eq!(action(Corrected, &[7], &[7], Visible, &[]), Some(Action::Update));
        assert_eq!(action(Restored, &[], &[7], Visible, &[]), Some(Action::Publish));
    }

    #[test]
    fn what_was_taken_away_is_told_by_the_entry_that_took_it_and_by_no_other() {
        use Standing::{Canceled, Expired, Visible, Withheld};
        for now in [Withheld, Canceled, Expired] {
            for step in [Step::Published, Step::Updated, Step::Corrected, Step::Restored] {
                assert_eq!(action(step, &[7], &[7], now, &[]), None, "{step:?} {now:?}");
                assert_eq!(action(step, &[7], &[7], now, &[7]), None, "{step:?} {now:?}");
            }
        }
        for step in [Step::Withheld, Step::Canceled, Step::Expired] {
            for wanted in [&[][..], &[7][..]] {
                assert_eq!(action(step, &[7], &[], Withheld, wanted), Some(Action::Hold));
                assert_eq!(action(step, &[7], &[], Canceled, wanted), Some(Action::Remove));
                assert_eq!(action(step, &[7], &[], Expired, wanted), Some(Action::Remove));
                // It came back since: the entry that brought it back tells.
                assert_eq!(action(step, &[7], &[], Visible, wanted), None);
            }
            assert_eq!(action(step, &[8], &[], Canceled, &[7]), None);
        }
    }

    #[test]
    fn a_follower_of_a_topic_gains_and_loses_stories() {
        use Standing::{Canceled, Visible};
        use Step::{Published, Updated};
        assert_eq!(action(Published, &[], &[8], Visible, &[7]), None);
        assert_eq!(action(Published, &[], &[7, 8], Visible, &[7]), Some(Action::Publish));
        assert_eq!(action(Updated, &[8], &[7], Visible, &[7]), Some(Action::Publish));
        assert_eq!(action(Updated, &[7], &[7, 8], Visible, &[7]), Some(Action::Update));
        assert_eq!(action(Updated, &[7], &[8], Visible, &[7]), Some(Action::Remove));
        // It left his topic before it was canceled: nothing else tells him.
        assert_eq!(action(Updated, &[7], &[8], Canceled, &[7]), Some(Action::Remove));
        assert_eq!(action(Updated, &[8], &[9], Visible, &[7]), None);
    }
}
