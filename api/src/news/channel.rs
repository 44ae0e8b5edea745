//! Channels: a saved selection that is itself a feed and a wire, and what partners are entitled to.

use super::filter::TopicExpression;
use super::story::Story;
use super::wire::Position;
use super::{ChannelId, PartnerId, SourceId, TopicId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// Which stories a channel holds, every name resolved. All conditions must hold; without any it holds all stories.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Definition {
    /// The story stands in the feed of one topic of each clause.
    pub topics: Vec<Vec<TopicId>>,
    /// And in none of these.
    pub without_topics: Vec<TopicId>,
    /// One of these, if any are given; likewise below.
    pub languages: Vec<String>,
    pub sources: Vec<SourceId>,
    pub genres: Vec<String>,
    pub urgencies: Vec<u8>,
    /// A saved search that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

/// What decides in which channels a story is.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The feeds it stands in, ancestors among them.
    pub feeds: &'a [TopicId],
    pub language: &'a str,
    pub source: Option<SourceId>,
    pub genre: Option<&'a str>,
    pub urgency: Option<u8>,
    /// Whether its text answers a saved search.
    pub answers: &'a dyn Fn(&str) -> bool,
}

impl<'a> Facts<'a> {
    pub fn of(story: &'a Story, feeds: &'a [TopicId], answers: &'a dyn Fn(&str) -> bool) -> Facts<'a> {
        Facts {
            feeds,
            language: &story.language,
            source: story.source,
            genre: story.genre.as_deref(),
            urgency: story.urgency,
            answers,
        }
    }
}

impl Definition {
    pub fn holds(&self, facts: Facts<'_>) -> bool {
        let Definition {
            topics,
            without_topics,
            languages,
            sources,
            genres,
            urgencies,
            query,
        } = self;
        let within = |clause: &[TopicId]| clause.iter().any(|topic| facts.feeds.contains(topic));
        topics.iter().all(|clause| within(clause))
            && !within(without_topics)
            && (languages.is_empty() || languages.iter().any(|l| l == facts.language))
            && (sources.is_empty() || facts.source.is_some_and(|s| sources.contains(&s)))
            && (genres.is_empty() || facts.genre.is_some_and(|genre| genres.iter().any(|g| g == genre)))
            && (urgencies.is_empty() || facts.urgency.is_some_and(|u| urgencies.contains(&u)))
            // Last, because it costs the most.
            && query.as_deref().is_none_or(facts.answers)
    }

    /// The same with another topic beside one that it takes in: as long as stories have the one or the other, both mean
    /// the same. None where it does not name the one.
    pub fn joined(&self, from: TopicId, into: TopicId) -> Option<Definition> {
        let names = |list: &[TopicId]| list.contains(&from);
        if !self.topics.iter().any(|clause| names(clause)) && !names(&self.without_topics) {
            return None;
        }
        let joined = |list: &[TopicId]| {
            let mut new = list.to_vec();
            if names(list) && !list.contains(&into) {
                new.push(into);
            }
            new
        };
        Some(Definition {
            topics: self.topics.iter().map(|clause| joined(clause)).collect(),
            without_topics: joined(&self.without_topics),
            ..self.clone()
        })
    }

    /// Whether words decide.
    pub fn goes_by_words(&self) -> bool {
        self.query.is_some()
    }

    /// All topics that it names.
    pub fn all_topics(&self) -> Vec<TopicId> {
        let mut topics: Vec<TopicId> = self
            .topics
            .iter()
            .flatten()
            .chain(&self.without_topics)
            .copied()
            .collect();
        topics.sort();
        topics.dedup();
        topics
    }
}

/// A definition on its way over the stories: those up to `upto`, by id, stand by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// None where the channel is not there yet, or not any more.
    pub definition: Option<Definition>,
    /// None where all stories that no newer stage has reached stand by it.
    pub upto: Option<Uuid>,
}

/// A channel. While a new definition is on its way there are several stages, the newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    pub id: ChannelId,
    /// Given once; it never changes.
    pub slug: String,
    pub name: String,
    /// Counted from 1.
    pub version: i32,
    /// Whether everybody may read it, where reading is by right.
    pub public: bool,
    pub stages: Vec<Stage>,
}

impl Channel {
    /// What it is to hold; none when it is being removed.
    pub fn definition(&self) -> Option<&Definition> {
        self.stages.first().and_then(|stage| stage.definition.as_ref())
    }

    /// Whether all stories stand by its definition.
    pub fn is_settled(&self) -> bool {
        self.stages.len() <= 1
    }

    /// The definition that a story stands by today.
    pub fn for_story(&self, article: Uuid) -> Option<&Definition> {
        let stage = self.stages.iter().find(|s| s.upto.is_none_or(|upto| article <= upto));
        stage.and_then(|stage| stage.definition.as_ref())
    }

    /// Whether words decide, for some story.
    pub fn goes_by_words(&self) -> bool {
        let definitions = self.stages.iter().filter_map(|stage| stage.definition.as_ref());
        definitions.into_iter().any(Definition::goes_by_words)
    }

    /// Begins with a new definition. No story stands by it yet.
    pub fn begin(&mut self, definition: Option<Definition>) {
        let upto = Some(Uuid::nil());
        // One that no story stands by yet is as if it had never been.
        self.stages.retain(|stage| stage.upto != upto);
        self.stages.insert(0, Stage { definition, upto });
    }

    /// Behind which story the newest definition goes on; none when it is everywhere.
    pub fn progress(&self) -> Option<Uuid> {
        self.stages.first().and_then(|stage| stage.upto)
    }

    /// The stories up to this one stand by the newest definition.
    pub fn advance(&mut self, reached: Uuid) {
        if let Some(first) = self.stages.first_mut() {
            first.upto = Some(reached);
        }
        let mut first = true;
        self.stages
            .retain(|stage| std::mem::take(&mut first) || stage.upto.is_none_or(|upto| upto > reached));
    }

    /// All stories stand by the newest definition.
    pub fn settle(&mut self) {
        self.stages.truncate(1);
        if let Some(first) = self.stages.first_mut() {
            first.upto = None;
        }
    }
}

/// The channels that a story is in, by id.
pub fn channels_of(channels: &[Channel], article: Uuid, facts: Facts<'_>) -> Vec<ChannelId> {
    let holds = |channel: &&Channel| channel.for_story(article).is_some_and(|d| d.holds(facts));
    let mut ids: Vec<ChannelId> = channels.iter().filter(holds).map(|c| c.id).collect();
    ids.sort();
    ids
}

/// That a partner, or everybody, may read a channel: from one position of the wire on, and up to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grant {
    pub id: Uuid,
    /// `PartnerId::EVERYBODY` for the public.
    pub partner: PartnerId,
    pub channel: ChannelId,
    pub since: Position,
    /// None as long as it holds.
    pub until: Option<Position>,
}

impl Grant {
    /// Whether it held when the entry at this position was written.
    pub fn held_at(&self, position: Position) -> bool {
        self.since < position && self.until.is_none_or(|until| position <= until)
    }
}

/// What a viewer may see.
#[derive(Clone, Debug, PartialEq)]
pub enum Sight {
    /// Every story.
    All,
    /// Stories in certain channels.
    Channels(Arc<Holdings>),
}

/// The channels that somebody reads by right, today and formerly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holdings {
    /// `EVERYBODY` for who has no right of his own.
    pub partner: PartnerId,
    /// Those of today, sorted.
    pub channels: Vec<ChannelId>,
    /// His own and everybody's, open and closed.
    pub grants: Vec<Grant>,
}

impl Holdings {
    pub fn of(partner: PartnerId, mut grants: Vec<Grant>) -> Holdings {
        grants.sort_by_key(|g| (g.channel, g.since, g.id));
        let mut channels: Vec<ChannelId> = grants.iter().filter(|g| g.until.is_none()).map(|g| g.channel).collect();
        channels.sort();
        channels.dedup();
        Holdings {
            partner,
            channels,
            grants,
        }
    }

    /// Whether any of these channels could be read when the entry at this position was written.
    pub fn held_at(&self, channels: &[ChannelId], position: Position) -> bool {
        let held = |grant: &Grant| channels.contains(&grant.channel) && grant.held_at(position);
        self.grants.iter().any(held)
    }

    /// The same, but for one channel that everybody can read.
    pub fn held_otherwise(&self, channels: &[ChannelId], but: ChannelId, position: Position) -> bool {
        let other = |grant: &Grant| grant.channel != but || grant.partner != PartnerId::EVERYBODY;
        let held = |grant: &Grant| channels.contains(&grant.channel) && other(grant) && grant.held_at(position);
        self.grants.iter().any(held)
    }
}

impl Sight {
    /// What may be seen, as part of the name of a kept answer: who may see the same shares it, whatever his key.
    pub fn audience(&self) -> String {
        match self {
            Sight::All => "public".to_owned(),
            Sight::Channels(holdings) => format!("c{}", hashed(&holdings.channels)),
        }
    }

    /// The same of what is told of the wire, which also goes by what one could see formerly, and gives out cursors.
    pub fn wire_audience(&self) -> String {
        match self {
            Sight::All => "public".to_owned(),
            Sight::Channels(holdings) => format!("w{}", hashed(holdings)),
        }
    }

    /// To whom cursors are given: a right that is given or taken back leaves them as they are.
    pub fn owner(&self) -> String {
        match self {
            Sight::Channels(holdings) if holdings.partner != PartnerId::EVERYBODY => holdings.partner.to_string(),
            Sight::All | Sight::Channels(_) => EVERYBODYS.to_owned(),
        }
    }

    /// Whether everything may be seen.
    pub fn is_all(&self) -> bool {
        *self == Sight::All
    }

    /// Whether everybody sees as much as this. Who shares an answer by `audience` shares this too.
    pub fn is_everybodys(&self) -> bool {
        match self {
            Sight::All => true,
            Sight::Channels(holdings) => {
                let open = |grant: &&Grant| grant.partner == PartnerId::EVERYBODY && grant.until.is_none();
                let everybodys: Vec<ChannelId> = holdings.grants.iter().filter(open).map(|g| g.channel).collect();
                holdings.channels.iter().all(|channel| everybodys.contains(channel))
            }
        }
    }

    /// Whether this channel may be seen.
    pub fn shows(&self, channel: ChannelId) -> bool {
        match self {
            Sight::All => true,
            Sight::Channels(holdings) => holdings.channels.binary_search(&channel).is_ok(),
        }
    }
}

/// A channel as a publisher puts it in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChannelSubmission {
    pub slug: Option<String>,
    pub name: Option<String>,
    /// Whether everybody may read it, where reading is by right (`access.public = "channels"`); `false` when it is left
    /// out.
    pub public: Option<bool>,
    /// Left out, or empty: all stories.
    pub selection: Option<SelectionSubmission>,
}

/// Which stories a channel holds. All conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SelectionSubmission {
    /// As in `?topic=`: slugs or codes, `a|b` any of, `a,b` all of, `-a` not; several texts are the same as a comma.
    pub topics: Option<Vec<String>>,
    /// BCP 47 tags, one of these; likewise below.
    pub languages: Option<Vec<String>>,
    /// Slugs of sources.
    pub sources: Option<Vec<String>>,
    pub genres: Option<Vec<String>>,
    /// 1 (highest) to 9.
    pub urgencies: Option<Vec<u8>>,
    /// A saved search, as in `/v1/search?q=`, read in the language of each story: without `topic:` and `source:`, which
    /// have places of their own here. A story is held against it as it comes in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

/// A selection whose names are not looked up yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NamedSelection {
    pub topics: TopicExpression,
    pub languages: Vec<String>,
    pub sources: Vec<String>,
    pub genres: Vec<String>,
    pub urgencies: Vec<u8>,
    pub query: Option<String>,
}

/// Whose cursors they are that are everybody's.
pub const EVERYBODYS: &str = "public";

/// 64 hexadecimal digits: two sights have one name as good as never.
fn hashed(what: &(impl Serialize + ?Sized)) -> String {
    let digest = Sha256::digest(serde_json::to_vec(what).unwrap_or_default());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(n: u128) -> TopicId {
        TopicId(Uuid::from_u128(n))
    }

    fn on(topics: &[u128]) -> Option<Definition> {
        Some(Definition {
            topics: topics.iter().map(|t| vec![topic(*t)]).collect(),
            ..Definition::default()
        })
    }

    fn channel() -> Channel {
        Channel {
            id: ChannelId(Uuid::from_u128(9)),
            slug: "c".to_owned(),
            name: "C".to_owned(),
            version: 1,
            public: false,
            stages: Vec::new(),
        }
    }

    #[test]
    fn a_definition_holds_what_meets_all_of_it() {
        let feeds = [topic(1), topic(2)];
        let facts = Facts {
            feeds: &feeds,
            language: "en",
            source: None,
            genre: Some("Sport"),
            urgency: Some(3),
            answers: &|query| query == "fish",
        };
        let all = Definition::default();
        assert!(all.holds(facts));
        let mut one = Definition {
            topics: vec![vec![topic(1), topic(7)], vec![topic(2)]],
            without_topics: vec![topic(8)],
            languages: vec!["uk".to_owned(), "en".to_owned()],
            sources: Vec::new(),
            genres: vec!["Sport".to_owned()],
            urgencies: vec![1, 3],
            query: Some("fish".to_owned()),
        };
        assert!(one.holds(facts));
        one.query = Some("meat".to_owned());
        assert!(!one.holds(facts));
        one.query = None;
        one.without_topics.push(topic(2));
        assert!(!one.holds(facts));
        one.without_topics.clear();
        one.sources.push(SourceId(Uuid::from_u128(1)));
        assert!(!one.holds(facts));
        // A clause without topics is met by no story.
        let none = Definition {
            topics: vec![Vec::new()],
            ..Definition::default()
        };
        assert!(!none.holds(facts));
    }

    #[test]
    fn stories_stand_by_the_newest_definition_that_has_reached_them() {
        let mut channel = channel();
        let story = Uuid::from_u128;
        channel.begin(on(&[1]));
        channel.stages.push(Stage {
            definition: None,
            upto: None,
        });
        assert_eq!(channel.for_story(story(5)), None);
        channel.advance(story(5));
        assert_eq!(channel.for_story(story(5)).cloned(), on(&[1]));
        assert_eq!(channel.for_story(story(6)), None);
        // A second one before the first is through.
        channel.begin(on(&[2]));
        assert_eq!(channel.for_story(story(5)).cloned(), on(&[1]));
        channel.advance(story(3));
        assert_eq!(channel.for_story(story(3)).cloned(), on(&[2]));
        assert_eq!(channel.for_story(story(4)).cloned(), on(&[1]));
        assert_eq!(channel.for_story(story(6)), None);
        channel.advance(story(6));
        assert_eq!(channel.stages.len(), 2);
        assert_eq!(channel.for_story(story(7)), None);
        channel.settle();
        assert!(channel.is_settled());
        assert_eq!(channel.for_story(story(7)).cloned(), on(&[2]));
    }

    #[test]
    fn a_grant_holds_for_what_came_behind_it() {
        let grant = Grant {
            id: Uuid::nil(),
            partner: PartnerId::EVERYBODY,
            channel: ChannelId(Uuid::nil()),
            since: Position(5),
            until: Some(Position(8)),
        };
        let held: Vec<i64> = (0..12).filter(|n| grant.held_at(Position(*n))).collect();
        assert_eq!(held, [6, 7, 8]);
    }
}
