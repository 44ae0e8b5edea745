//! What a change of a channel or of a right would bring and take, looked at before it is made. Nothing is written.

use super::Desk;
use super::channels::{Wordings, check, facts, is_listed, resolve};
use crate::error::{Error, Result};
use crate::news::channel::{Channel, ChannelSubmission, Definition};
use crate::news::viewer::Viewer;
use crate::news::wire::Step as Told;
use crate::news::{ArticleId, ChannelId};
use crate::store::{Placed, Tx};
use std::collections::HashMap;
use uuid::Uuid;

/// A change that somebody thinks of.
#[derive(Clone, Debug)]
pub enum Plan {
    /// A channel is put in, new or changed.
    Put(ChannelSubmission),
    /// The channel of this slug is removed.
    Remove(String),
    /// Somebody is given the channel of this slug, who reads these besides.
    Grant { channel: String, besides: Vec<ChannelId> },
    /// The same is taken from him.
    Revoke { channel: String, besides: Vec<ChannelId> },
}

/// A story that would come or go.
#[derive(Clone, Debug)]
pub struct Foreseen {
    pub step: Told,
    pub uri: String,
    pub headline: String,
}

/// A plan whose names are found.
enum Rule {
    /// The channel, if it is there already, and what it would hold.
    Holds(Option<ChannelId>, Definition),
    /// All that is in it goes.
    Empties(ChannelId),
    /// All that is in it comes or goes, save what is held otherwise.
    Opens(ChannelId, Told, Vec<ChannelId>),
}

/// Stories looked at in one transaction: nobody waits for long.
const CHUNK: u32 = 500;

impl Desk {
    /// Tells of each story that would enter or leave, in the order of their ids. Stories that stand in no list are not
    /// told of, nor is anybody told when they move.
    pub async fn foresee(&self, by: &Viewer, plan: Plan, mut tell: impl FnMut(Foreseen)) -> Result<()> {
        Desk::allowed(by)?;
        let tx = self.store.begin().await?;
        let rule = found(&tx, plan).await?;
        drop(tx);
        let mut after = Uuid::nil();
        loop {
            let tx = self.store.begin().await?;
            tx.lock_channels().await?;
            let stories = match &rule {
                Rule::Holds(..) => tx.place_stories(after, CHUNK).await?,
                Rule::Empties(channel) | Rule::Opens(channel, ..) => {
                    tx.place_stories_in(*channel, after, CHUNK).await?
                }
            };
            let now = self.clock.now();
            let texts = Wordings::of(&tx, rule.goes_by_words(), &stories).await?;
            let listed = stories.iter().filter(|story| is_listed(story, now));
            let moves = |s: &Placed| Some((s.id, rule.moves(s, &texts)?));
            let moving: HashMap<ArticleId, Told> = listed.filter_map(moves).collect();
            let ids: Vec<ArticleId> = stories
                .iter()
                .map(|s| s.id)
                .filter(|id| moving.contains_key(id))
                .collect();
            let mut texts = tx.load_stories(&ids).await?;
            drop(tx);
            texts.sort_by_key(|story| story.id);
            for story in texts {
                if let Some(step) = moving.get(&story.id) {
                    tell(Foreseen {
                        step: *step,
                        uri: story.uri,
                        headline: story.headline,
                    });
                }
            }
            match stories.last() {
                Some(last) if stories.len() >= CHUNK as usize => after = last.id.0,
                Some(_) | None => return Ok(()),
            }
        }
    }
}

impl Rule {
    fn goes_by_words(&self) -> bool {
        match self {
            Rule::Holds(_, definition) => definition.goes_by_words(),
            Rule::Empties(_) | Rule::Opens(..) => false,
        }
    }

    fn moves(&self, story: &Placed, texts: &Wordings) -> Option<Told> {
        match self {
            Rule::Holds(channel, definition) => {
                let is_in = channel.is_some_and(|id| story.channels.contains(&id));
                let said = texts.said(story);
                let answers = |query: &str| said.answers(query);
                match (is_in, definition.holds(facts(story, &story.feeds, &answers))) {
                    (false, true) => Some(Told::Entered),
                    (true, false) => Some(Told::Left),
                    (true, true) | (false, false) => None,
                }
            }
            Rule::Empties(_) => Some(Told::Left),
            Rule::Opens(_, step, besides) => {
                let otherwise = story.channels.iter().any(|channel| besides.contains(channel));
                (!otherwise).then_some(*step)
            }
        }
    }
}

async fn found(tx: &Tx, plan: Plan) -> Result<Rule> {
    let channels = tx.lock_channels().await?;
    let id = |slug: &str| {
        let of_slug = |c: &&Channel| c.slug == slug && c.definition().is_some();
        let found = channels.iter().find(of_slug).map(|c| c.id);
        found.ok_or_else(|| Error::not_found("channel"))
    };
    Ok(match plan {
        Plan::Put(channel) => {
            let order = check(channel)?;
            let old = channels.iter().find(|c| c.slug == order.slug).map(|c| c.id);
            Rule::Holds(old, resolve(tx, &order.selection).await?)
        }
        Plan::Remove(slug) => Rule::Empties(id(&slug)?),
        Plan::Grant { channel, besides } => Rule::Opens(id(&channel)?, Told::Entered, besides),
        Plan::Revoke { channel, besides } => Rule::Opens(id(&channel)?, Told::Left, besides),
    })
}
