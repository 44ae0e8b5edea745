//! Chores: work that would hold everybody up if one transaction did all of it.

use super::{ChannelId, TopicId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What is to be done. It says what to look at, never what will be found: a chore goes by how things are when it is
/// done, so that it may be done twice, late, or beside another one about the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// The stories in a topic's feed take their places in the feeds that the tree of topics implies today.
    Feeds { topic: TopicId },
    /// All stories come to stand by a channel's newest definition.
    Channel { channel: ChannelId },
    /// Who was granted a channel is told of the stories that he had not.
    Granted { grant: Uuid },
    /// Who has lost a channel is told of the stories that he has not any more.
    Revoked { grant: Uuid },
}

impl Work {
    /// All kinds, as they are filed.
    pub const KINDS: [&str; 4] = ["feeds", "channel", "granted", "revoked"];

    pub fn kind(&self) -> &'static str {
        match self {
            Work::Feeds { .. } => "feeds",
            Work::Channel { .. } => "channel",
            Work::Granted { .. } => "granted",
            Work::Revoked { .. } => "revoked",
        }
    }

    /// What it is about.
    pub fn subject(&self) -> Uuid {
        match self {
            Work::Feeds { topic } => topic.0,
            Work::Channel { channel } => channel.0,
            Work::Granted { grant } | Work::Revoked { grant } => *grant,
        }
    }
}

/// A chore that is somebody's turn to go on with.
#[derive(Clone, Debug, PartialEq)]
pub struct Chore {
    pub id: Uuid,
    pub work: Work,
    /// The last story that is done; the nil id at first.
    pub after: Uuid,
    /// How many times it has failed since it last went well.
    pub failures: i32,
    /// Stories to do this time, at most.
    pub most: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_that_is_filed_is_the_one_in_the_plan() {
        let work = Work::Feeds {
            topic: TopicId(Uuid::from_u128(7)),
        };
        let plan = serde_json::to_value(&work).unwrap();
        assert_eq!(plan["kind"], work.kind());
        assert!(Work::KINDS.contains(&work.kind()));
        assert_eq!(serde_json::from_value::<Work>(plan).unwrap(), work);
    }
}
