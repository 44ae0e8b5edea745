//! Channels: put in, changed, removed. What a definition holds its stories find out by and by: a chore goes over all of
//! them by their ids. One that it has passed stands by the new definition, also when it is published again meanwhile, the
//! others by the one before; each that comes in or goes out has one entry in the wire. A saved search is a condition like the others: whoever
//! files a story holds its text against it. So at every moment what a channel
//! shows and what its followers have been told are the same.

use super::chores::{Next, Step};
use super::repeat::{Idempotency, Task};
use super::{Desk, Expected, Outcome, Receipt};
use crate::error::{Error, Fault, Result};
use crate::news::channel::{
    Channel, ChannelSubmission, Definition, Facts, Grant, NamedSelection, SelectionSubmission, Stage, channels_of,
};
use crate::news::chore::{Chore, Work};
use crate::news::filter::TopicExpression;
use crate::news::story::{PubStatus, Story};
use crate::news::topic::TopicKey;
use crate::news::viewer::Viewer;
use crate::news::wire::{Change, Edition, Reach, Step as Told};
use crate::news::{ArticleId, ChannelId, PartnerId, SourceId, TopicId, language, slug};
use crate::search::{Asked, Said, Texts};
use crate::store::{Placed, Tx, Wording};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// A checked channel, and what must be true of the one it replaces.
#[derive(Clone, Debug)]
pub(super) struct ChannelOrder {
    pub(super) slug: String,
    name: String,
    public: bool,
    pub(super) selection: NamedSelection,
    expected: Option<Expected>,
}

const MOST: usize = 50;

impl Desk {
    /// Puts a channel in, new or changed; all of it is replaced save its slug.
    pub async fn put_channel(
        &self,
        by: &Viewer,
        channel: ChannelSubmission,
        expected: Option<Expected>,
        repeat: Option<&Idempotency>,
    ) -> Result<Receipt> {
        Desk::allowed(by)?;
        let order = ChannelOrder {
            expected,
            ..check(channel)?
        };
        self.once(by, repeat, Task::Channel(order)).await
    }

    /// Removes a channel, by and by: its stories leave it first.
    pub async fn delete_channel(&self, by: &Viewer, slug: &str, expected: Option<Expected>) -> Result<Receipt> {
        self.once(by, None, Task::DeleteChannel(slug.to_owned(), expected))
            .await
    }

    pub(super) async fn file_channel(&self, tx: &Tx, order: &ChannelOrder) -> Result<(Receipt, Vec<Change>)> {
        tx.share_topics().await?;
        let old = find(tx, &order.slug).await?;
        let there = old.as_ref().filter(|old| old.definition().is_some());
        if let Some(expected) = &order.expected {
            expected.check(there.map(|c| c.version))?;
        }
        let definition = resolve(tx, &order.selection).await?;
        let mut channel = old.clone().unwrap_or_else(|| Channel {
            id: ChannelId(self.clock.new_id()),
            slug: order.slug.clone(),
            name: String::new(),
            version: 0,
            public: false,
            stages: vec![Stage {
                definition: None,
                upto: None,
            }],
        });
        let redefined = channel.definition() != Some(&definition);
        let opened = channel.public != order.public;
        let outcome = match there {
            None => Outcome::Created,
            Some(old) if old.name != order.name || redefined || opened => Outcome::Updated,
            Some(_) => Outcome::Unchanged,
        };
        if outcome == Outcome::Unchanged {
            return Ok((receipt(&channel, outcome), Vec::new()));
        }
        let mut changes = vec![Change::Channel(channel.id)];
        channel.name.clone_from(&order.name);
        channel.version = channel.version.saturating_add(1);
        if redefined {
            channel.begin(Some(definition));
        }
        match old {
            None => tx.insert_channel(&channel, self.clock.now()).await?,
            Some(_) => tx.replace_channel(&channel).await?,
        }
        if redefined {
            self.put_work(tx, &Work::Channel { channel: channel.id }).await?;
        }
        if opened {
            self.open_to_everybody(tx, channel.id, order.public).await?;
            changes.push(Change::Access);
        }
        Ok((receipt(&channel, outcome), changes))
    }

    pub(super) async fn remove_channel(
        &self,
        tx: &Tx,
        slug: &str,
        expected: Option<&Expected>,
    ) -> Result<(Receipt, Vec<Change>)> {
        let found = find(tx, slug).await?.filter(|c| c.definition().is_some());
        let mut channel = found.ok_or_else(|| Error::not_found("channel"))?;
        if let Some(expected) = expected {
            expected.check(Some(channel.version))?;
        }
        channel.version = channel.version.saturating_add(1);
        channel.begin(None);
        tx.replace_channel(&channel).await?;
        self.put_work(tx, &Work::Channel { channel: channel.id }).await?;
        Ok((receipt(&channel, Outcome::Updated), vec![Change::Channel(channel.id)]))
    }

    async fn open_to_everybody(&self, tx: &Tx, channel: ChannelId, open: bool) -> Result<()> {
        let at = tx.position().await?;
        if open {
            let grant = Grant {
                id: self.clock.new_id(),
                partner: PartnerId::EVERYBODY,
                channel,
                since: at,
                until: None,
            };
            tx.insert_grant(&grant).await?;
            return self.put_work(tx, &Work::Granted { grant: grant.id }).await;
        }
        let open = tx.grants_of(&[PartnerId::EVERYBODY], Some(channel)).await?;
        let open: Vec<_> = open.iter().filter(|g| g.until.is_none()).map(|g| g.id).collect();
        tx.end_grants(&open, at).await?;
        for grant in open {
            self.put_work(tx, &Work::Revoked { grant }).await?;
        }
        Ok(())
    }

    async fn put_work(&self, tx: &Tx, work: &Work) -> Result<()> {
        tx.put_chore(self.clock.new_id(), work, None, self.clock.now()).await
    }

    /// Where channels name a topic that another one takes in, they name that one too from now on.
    pub(super) async fn join_topics(&self, tx: &Tx, from: TopicId, into: TopicId) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        for mut channel in tx.lock_channels().await? {
            let newest = channel.definition().and_then(|d| d.joined(from, into));
            let mut names = newest.is_some();
            for stage in &mut channel.stages {
                if let Some(joined) = stage.definition.as_ref().and_then(|d| d.joined(from, into)) {
                    stage.definition = Some(joined);
                    names = true;
                }
            }
            if !names {
                continue;
            }
            if let Some(newest) = newest {
                channel.begin(Some(newest));
                self.put_work(tx, &Work::Channel { channel: channel.id }).await?;
            }
            tx.replace_channel(&channel).await?;
            changes.push(Change::Channel(channel.id));
        }
        Ok(changes)
    }

    /// One chunk of the stories that come to stand by a channel's newest definition.
    pub(super) async fn apply_channel(&self, tx: &Tx, chore: &Chore, id: ChannelId) -> Result<Step> {
        let end = |changes| Step {
            changes,
            next: Next::End,
        };
        let channels = tx.lock_channels().await?;
        let Some(mut channel) = channels.into_iter().find(|c| c.id == id) else {
            return Ok(end(Vec::new()));
        };
        // Another chore may have been here; where it goes on only the channel knows.
        let Some(after) = channel.progress() else {
            return Ok(end(Vec::new()));
        };
        let stories = tx.place_stories(after, chore.most).await?;
        let texts = Wordings::of(tx, channel.goes_by_words(), &stories).await?;
        let mut moves = Moves::default();
        let now = self.clock.now();
        for story in &stories {
            let said = texts.said(story);
            let answers = |query: &str| said.answers(query);
            let holds = channel
                .definition()
                .is_some_and(|d| d.holds(facts(story, &story.feeds, &answers)));
            let is_in = story.channels.contains(&id);
            let becomes = match (is_in, holds) {
                (false, true) => story.channels.iter().copied().chain([id]).collect(),
                (true, false) => story.channels.iter().copied().filter(|c| *c != id).collect(),
                (true, true) | (false, false) => continue,
            };
            if moves.note(story, becomes, now) {
                let step = if holds { Told::Entered } else { Told::Left };
                moves.tell(story, step);
            }
        }
        let mut changes = moves.file(tx).await?;
        if let Some(last) = stories.last().filter(|_| stories.len() >= chore.most as usize) {
            channel.advance(last.id.0);
            tx.replace_channel(&channel).await?;
            return Ok(Step {
                changes,
                next: Next::Behind(last.id.0, stories.len()),
            });
        }
        // Nobody files a story at this moment: what comes from now on stands by it.
        channel.settle();
        changes.push(Change::Channel(id));
        if channel.definition().is_some() {
            tx.replace_channel(&channel).await?;
        } else {
            let grants = tx.grants_of(&[], Some(id)).await?;
            let open: Vec<_> = grants.iter().filter(|g| g.until.is_none()).map(|g| g.id).collect();
            let last = i64::try_from(changes.len()).map_err(Error::internal)?;
            let until = crate::news::wire::Position(tx.position().await?.0.saturating_add(last));
            tx.end_grants(&open, until).await?;
            tx.delete_channel(id).await?;
            changes.push(Change::Access);
        }
        Ok(end(changes))
    }
}

/// The channel of this slug. All channels stand still from now on.
async fn find(tx: &Tx, slug: &str) -> Result<Option<Channel>> {
    Ok(tx.lock_channels().await?.into_iter().find(|c| c.slug == slug))
}

/// What decides in which channels a story is, if it stood in these feeds.
pub(super) fn facts<'a>(story: &'a Placed, feeds: &'a [TopicId], answers: &'a dyn Fn(&str) -> bool) -> Facts<'a> {
    Facts {
        feeds,
        language: &story.language,
        source: story.source,
        genre: story.genre.as_deref(),
        urgency: story.urgency,
        answers,
    }
}

/// The texts of placed stories, where words decide.
pub(super) struct Wordings(HashMap<ArticleId, Wording>);

impl Wordings {
    pub async fn of(tx: &Tx, wanted: bool, stories: &[Placed]) -> Result<Wordings> {
        let ids: Vec<ArticleId> = stories.iter().map(|story| story.id).collect();
        Ok(Wordings(match wanted {
            true => tx.wordings(&ids).await?,
            false => HashMap::new(),
        }))
    }

    pub fn said<'a>(&'a self, story: &'a Placed) -> Said<'a> {
        let wording = self.0.get(&story.id);
        Said::of(Texts {
            language: &story.language,
            headline: wording.map_or("", |w| &w.headline),
            summary: wording.and_then(|w| w.summary.as_deref()),
            byline: wording.and_then(|w| w.byline.as_deref()),
            body: wording.map_or("", |w| &w.body_text),
            genre: story.genre.as_deref(),
            urgency: story.urgency,
        })
    }
}

/// What a chunk changes, a statement for each channel rather than for each story.
#[derive(Default)]
pub(super) struct Moves {
    left: BTreeMap<ChannelId, Vec<ArticleId>>,
    entered: BTreeMap<ChannelId, Vec<ArticleId>>,
    reach: BTreeMap<ArticleId, Reach>,
    changes: Vec<Change>,
}

impl Moves {
    /// Notes where a story is from now on. Whether anybody is to be told: a story that stands in no list was told to
    /// have left when it went, and is told when it returns. A canceled one stays where it was: who had it finds its
    /// tombstone.
    pub fn note(&mut self, story: &Placed, mut becomes: Vec<ChannelId>, now: Timestamp) -> bool {
        if story.pub_status == PubStatus::Canceled {
            return false;
        }
        becomes.sort();
        for channel in story.channels.iter().filter(|c| !becomes.contains(c)) {
            self.left.entry(*channel).or_default().push(story.id);
        }
        for channel in becomes.iter().filter(|c| !story.channels.contains(c)) {
            self.entered.entry(*channel).or_default().push(story.id);
        }
        let reach = Reach {
            before: story.channels.clone(),
            after: becomes,
            only: None,
        };
        self.reach.insert(story.id, reach);
        is_listed(story, now)
    }

    fn tell(&mut self, story: &Placed, step: Told) {
        let reach = self.reach(story.id);
        self.changes.push(told(story, step, reach));
    }

    /// Where a story was and is, as far as it was noted.
    pub fn reach(&self, article: ArticleId) -> Reach {
        self.reach.get(&article).cloned().unwrap_or_default()
    }

    pub async fn file(self, tx: &Tx) -> Result<Vec<Change>> {
        let Moves {
            left,
            entered,
            reach: _,
            changes,
        } = self;
        for (channel, ids) in left {
            tx.leave_channel(channel, &ids).await?;
        }
        for (channel, ids) in entered {
            tx.enter_channel(channel, &ids).await?;
        }
        Ok(changes)
    }
}

/// Whether a story stands in lists.
pub(super) fn is_listed(story: &Placed, now: Timestamp) -> bool {
    story.pub_status == PubStatus::Usable && story.expires.is_none_or(|at| at > now)
}

/// That a story is in other channels, and as it was.
pub(super) fn told(story: &Placed, step: Told, reach: Reach) -> Change {
    Change::Article(Edition {
        id: story.id,
        version: story.version,
        step,
        changed: Vec::new(),
        before: story.feeds.clone(),
        after: story.feeds.clone(),
        reach,
    })
}

/// The channels of a story that is filed.
pub(super) fn placed_in(channels: &[Channel], story: &Story, feeds: &[TopicId]) -> Vec<ChannelId> {
    let said = Said::of(Texts::of(story));
    let answers = |query: &str| said.answers(query);
    channels_of(channels, story.id.0, Facts::of(story, feeds, &answers))
}

fn receipt(channel: &Channel, outcome: Outcome) -> Receipt {
    Receipt {
        id: channel.id.0,
        uri: None,
        slug: channel.slug.clone(),
        version: channel.version,
        outcome,
    }
}

/// Names made ids. All that are unknown are told at once.
pub(super) async fn resolve(tx: &Tx, selection: &NamedSelection) -> Result<Definition> {
    let NamedSelection {
        topics,
        languages,
        sources,
        genres,
        urgencies,
        query,
    } = selection;
    let names = topics.clauses.iter().flatten().chain(&topics.without);
    let keys: Vec<TopicKey> = names.map(|name| TopicKey::read(name)).collect();
    let found = tx.find_topics(&keys).await?;
    let mut faults = Vec::new();
    let mut topic = |name: &String| {
        let id = found.get(&TopicKey::read(name)).map(|t| t.id);
        if id.is_none() {
            let name: String = name.chars().take(100).collect();
            let message = format!("there is no topic `{name}`; put it in first");
            faults.push(Fault::new("selection.topics", "unknown_topic", message));
        }
        id
    };
    let clauses = topics.clauses.iter();
    let clauses: Vec<Vec<TopicId>> = clauses.map(|c| c.iter().filter_map(&mut topic).collect()).collect();
    let without: Vec<TopicId> = topics.without.iter().filter_map(&mut topic).collect();
    let known = tx.find_sources(sources).await?;
    let mut ids: Vec<SourceId> = Vec::new();
    for slug in sources {
        match known.get(slug) {
            Some(source) => ids.push(source.id),
            None => {
                let slug: String = slug.chars().take(100).collect();
                let message = format!("there is no source `{slug}`; a story that names it makes it known");
                faults.push(Fault::new("selection.sources", "unknown_source", message));
            }
        }
    }
    if !faults.is_empty() {
        return Err(Error::content(faults));
    }
    Ok(Definition {
        topics: clauses,
        without_topics: without,
        languages: languages.clone(),
        sources: ids,
        genres: genres.clone(),
        urgencies: urgencies.clone(),
        query: query.clone(),
    })
}

pub(super) fn check(channel: ChannelSubmission) -> Result<ChannelOrder> {
    let ChannelSubmission {
        slug,
        name,
        public,
        selection,
    } = channel;
    let mut faults = Vec::new();
    let slug = slug.unwrap_or_default();
    if let Err(message) = slug::valid_slug(&slug) {
        faults.push(Fault::new("slug", "invalid_slug", message.to_string()));
    }
    let name = name.unwrap_or_default();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        let message = "is required: one line of at most 200 characters";
        faults.push(Fault::new("name", "required", message));
    }
    let selection = check_selection(selection.unwrap_or_default(), &mut faults);
    if !faults.is_empty() {
        return Err(Error::content(faults));
    }
    Ok(ChannelOrder {
        slug,
        name,
        public: public.unwrap_or(false),
        selection,
        expected: None,
    })
}

fn check_selection(selection: SelectionSubmission, faults: &mut Vec<Fault>) -> NamedSelection {
    let SelectionSubmission {
        topics,
        languages,
        sources,
        genres,
        urgencies,
        query,
    } = selection;
    let topics = topics.unwrap_or_default();
    let topics = TopicExpression::read(topics.iter().map(String::as_str)).unwrap_or_else(|message| {
        faults.push(Fault::new("selection.topics", "invalid_value", message));
        TopicExpression::default()
    });
    let mut tags = Vec::new();
    for tag in languages.unwrap_or_default() {
        match language::normalise(&tag) {
            Ok(tag) => tags.push(tag),
            Err(message) => faults.push(Fault::new("selection.languages", "invalid_language", message)),
        }
    }
    let urgencies = urgencies.unwrap_or_default();
    if urgencies.iter().any(|u| !(1..=9).contains(u)) {
        let message = "must be numbers from 1 (highest) to 9";
        faults.push(Fault::new("selection.urgencies", "out_of_range", message));
    }
    let query = query.map(|query| query.trim().to_owned());
    if let Some(Err(message)) = query.as_deref().map(Asked::saved) {
        faults.push(Fault::new("selection.query", "invalid_query", message));
    }
    let mut several = |field: &str, list: Option<Vec<String>>| {
        let list = list.unwrap_or_default();
        if list.len() > MOST || list.iter().any(|one| one.is_empty() || one.chars().count() > 200) {
            let message = format!("at most {MOST}, each of 1 to 200 characters");
            faults.push(Fault::new(format!("selection.{field}"), "out_of_range", message));
        }
        list
    };
    let (sources, genres) = (several("sources", sources), several("genres", genres));
    NamedSelection {
        topics,
        languages: several("languages", Some(tags)),
        sources,
        genres,
        urgencies,
        query,
    }
}
