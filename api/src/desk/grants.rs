//! What follows when a channel is granted or taken back: who has the right, or had it, is told of the stories that come to
//! him by it, or go. The right itself holds at once; this is only how he hears of what it brings.

use super::Desk;
use super::channels::{is_listed, told};
use super::chores::{Next, Step};
use crate::error::Result;
use crate::news::channel::{Grant, Holdings};
use crate::news::chore::Chore;
use crate::news::wire::{Change, Only, Position, Reach, Step as Told};
use crate::news::{ArticleId, PartnerId};
use crate::store::{Placed, Tx};
use std::collections::HashSet;
use uuid::Uuid;

impl Desk {
    /// One chunk of the stories that somebody got with a channel.
    pub(super) async fn grant_told(&self, tx: &Tx, chore: &Chore, id: Uuid) -> Result<Step> {
        // Taken back meanwhile, it gives nothing more to tell.
        let grant = tx.find_grant(id).await?.filter(|grant| grant.until.is_none());
        let Some(Chunk { grant, stories, others }) = chunk(tx, chore, grant).await? else {
            return Ok(Step::end());
        };
        // What changed since has told him already.
        let known = tx.told_since(&ids(&stories), grant.channel, grant.since).await?;
        let now = self.clock.now();
        let news = |s: &&Placed| is_listed(s, now) && !known.contains(&s.id) && !others.contains(&s.id);
        let changes = stories.iter().filter(news).map(|s| tell(s, Told::Entered, &grant));
        Ok(step(changes.collect(), &stories))
    }

    /// One chunk of the stories that somebody lost with a channel.
    pub(super) async fn revocation_told(&self, tx: &Tx, chore: &Chore, id: Uuid) -> Result<Step> {
        let grant = tx.find_grant(id).await?;
        let Some(Chunk { grant, stories, others }) = chunk(tx, chore, grant).await? else {
            return Ok(Step::end());
        };
        // What was taken away before he was told himself; what was taken away since was not told to him.
        let until = grant.until.unwrap_or(Position(i64::MAX));
        let since = tx.told_since(&ids(&stories), grant.channel, until).await?;
        let now = self.clock.now();
        let had = |s: &&Placed| (is_listed(s, now) || since.contains(&s.id)) && !others.contains(&s.id);
        let changes = stories.iter().filter(had).map(|s| tell(s, Told::Left, &grant));
        Ok(step(changes.collect(), &stories))
    }
}

struct Chunk {
    grant: Grant,
    stories: Vec<Placed>,
    /// Those that he has through another channel.
    others: HashSet<ArticleId>,
}

/// The next stories of the channel; none where there are no more.
async fn chunk(tx: &Tx, chore: &Chore, grant: Option<Grant>) -> Result<Option<Chunk>> {
    let Some(grant) = grant else { return Ok(None) };
    // Its definition stands still meanwhile.
    tx.share_channels().await?;
    let stories = tx.place_stories_in(grant.channel, chore.after, chore.most).await?;
    if stories.is_empty() {
        return Ok(None);
    }
    // For everybody nothing else counts: each finds out for himself what he had otherwise.
    let mut rights = tx.grants_of(&[grant.partner, PartnerId::EVERYBODY], None).await?;
    rights.retain(|right| right.id != grant.id);
    let holdings = Holdings::of(grant.partner, rights);
    let holds = |s: &&Placed| s.channels.iter().any(|c| holdings.channels.binary_search(c).is_ok());
    let others = stories.iter().filter(holds).map(|s| s.id).collect();
    Ok(Some(Chunk { grant, stories, others }))
}

fn ids(stories: &[Placed]) -> Vec<ArticleId> {
    stories.iter().map(|s| s.id).collect()
}

fn tell(story: &Placed, step: Told, grant: &Grant) -> Change {
    let reach = Reach {
        before: story.channels.clone(),
        after: story.channels.clone(),
        only: Some(Only {
            partner: grant.partner,
            channel: grant.channel,
        }),
    };
    told(story, step, reach)
}

fn step(changes: Vec<Change>, stories: &[Placed]) -> Step {
    match stories.last() {
        Some(last) => Step {
            changes,
            next: Next::Behind(last.id.0, stories.len()),
        },
        None => Step::end(),
    }
}
