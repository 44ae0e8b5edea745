//! Taking an order: what it comes to is written on the sheet, and nothing anywhere else.

use super::{Sheet, moved, renamed, tail, unchanged};
use crate::desk::channels::placed_in;
use crate::desk::draft::{Draft, Edition, History};
use crate::desk::edition::{Marks, changed, edition, first_times};
use crate::desk::embargo::pending_edition;
use crate::desk::publish::Order;
use crate::desk::steps::{buried, corrected, may};
use crate::desk::{Outcome, Receipt};
use crate::error::{Error, Fault, Result};
use crate::news::lifecycle::{Move, State};
use crate::news::story::{PubStatus, Story};
use crate::news::submission::Alias;
use crate::news::wire::{Change, Edition as Told, Reach, Step};
use crate::news::{ArticleId, TopicId, Version};
use crate::store::{Current, Filed};

impl Sheet {
    pub(in crate::desk) fn take(&mut self, order: &Order) -> Result<Receipt> {
        let id = self
            .ids
            .pop()
            .ok_or_else(|| Error::internal("an order without an id"))?;
        let current = self.current.get(&order.draft.uri).cloned();
        if let Some(expected) = &order.expected {
            let waiting = self.waiting.get(&order.draft.uri).map(|p| p.revision);
            expected.check_both(current.as_ref().map(|c| c.version.0), waiting)?;
        }
        let step = match order.draft.correction {
            Some(_) => Move::Correct,
            None => Move::Publish,
        };
        let state = current
            .as_ref()
            .map_or(State::Absent, |c| State::of(c.pub_status, c.expires, self.now));
        let brought = order.draft.history.as_ref().map(|h| h.pub_status);
        if let (Some(PubStatus::Canceled), State::Canceled, Some(current)) = (brought, state, &current) {
            // An export that comes back to its own house says nothing new.
            return Ok(standing(current));
        }
        may(state, step)?;
        match current {
            None => self.take_new(id, order),
            Some(current) => self.take_again(&current, order),
        }
    }

    fn take_new(&mut self, id: ArticleId, order: &Order) -> Result<Receipt> {
        let Order { draft, released, .. } = order;
        let id = draft.history.as_ref().map_or(id, |h| ArticleId(h.id));
        if self.former.get(&draft.uri).is_some_and(|owner| *owner != id) {
            return Err(renamed());
        }
        let resolved = self.resolve(draft)?;
        self.check_chain(id, draft)?;
        let digest = resolved.digest()?;
        let slug = match (&draft.slug, self.wanted_slug(draft)) {
            (Some(slug), _) => self.free_slug(slug, id, released.is_some())?,
            (None, Some(slug)) if !self.slugs.contains_key(&slug) => slug,
            (None, slug) => format!("{}-{}", slug.as_deref().unwrap_or("story"), tail(id.0)),
        };
        let (first_published, published) = first_times(draft, *released, self.now);
        let (version, version_created) = match &draft.history {
            Some(history) => (Version(history.version), history.version_created),
            None => (Version::FIRST, self.now),
        };
        let marks = Marks {
            id,
            slug,
            version,
            first_published,
            published,
            version_created,
            pub_status: draft.history.as_ref().map_or(PubStatus::Usable, |h| h.pub_status),
            corrections: draft
                .history
                .as_ref()
                .map(|h| h.corrections.clone())
                .unwrap_or_default(),
            withdrawal: draft.history.as_ref().and_then(|h| h.withdrawal.clone()),
        };
        let mut filed = edition(&draft.uri, resolved, digest, marks);
        // Nobody has ever seen what has expired already when it comes in.
        filed.expiry_told = filed.story.expires.is_some_and(|at| at <= self.now);
        // By what it said: who had it finds its tombstone.
        filed.channels = placed_in(&self.channels, &filed.story, &feeds(&filed));
        if filed.story.pub_status == PubStatus::Canceled {
            let withdrawal = filed.story.withdrawal.clone();
            filed.story = buried(filed.story, withdrawal);
        }
        if let Some(history) = &draft.history {
            self.take_history(&filed.story, history)?;
        }
        self.slugs.insert(filed.story.slug.clone(), id);
        let channels = filed.channels.clone();
        let reach = match filed.story.pub_status {
            PubStatus::Usable => Reach {
                after: channels,
                ..Reach::default()
            },
            PubStatus::Withheld | PubStatus::Canceled => Reach {
                before: channels,
                ..Reach::default()
            },
        };
        let (step, before, after) = match filed.story.pub_status {
            PubStatus::Usable => (Step::Published, Vec::new(), feeds(&filed)),
            PubStatus::Withheld => (Step::Withheld, feeds(&filed), Vec::new()),
            PubStatus::Canceled => (Step::Canceled, feeds(&filed), Vec::new()),
        };
        self.changes.push(Change::Article(Told {
            id,
            version,
            step,
            changed: Vec::new(),
            before,
            after,
            reach,
        }));
        let receipt = Receipt::of(&filed.story, Outcome::Created);
        if self.waiting.contains_key(&draft.uri) {
            self.overtaken.push(draft.uri.clone());
        }
        self.new.push(filed);
        Ok(receipt)
    }

    fn take_history(&mut self, story: &Story, history: &History) -> Result<()> {
        if self.taken.contains(&story.id) {
            let fault = Fault::new("id", "taken", "belongs to another story");
            return Err(Error::content(vec![fault]));
        }
        let mut editions = Vec::with_capacity(history.editions.len());
        for Edition {
            draft,
            version,
            version_created,
        } in &history.editions
        {
            if *version >= story.version.0 {
                let fault = Fault::new("versions", "out_of_range", "earlier versions must have lower numbers");
                return Err(Error::content(vec![fault]));
            }
            let marks = Marks {
                id: story.id,
                slug: draft.slug.clone().unwrap_or_else(|| story.slug.clone()),
                version: Version(*version),
                first_published: story.first_published,
                published: draft.published.unwrap_or(story.first_published),
                version_created: *version_created,
                pub_status: PubStatus::Usable,
                corrections: Vec::new(),
                withdrawal: None,
            };
            editions.push(edition(&draft.uri, self.resolve(draft)?, Vec::new(), marks).story);
        }
        // Only when nothing of it was refused.
        self.taken.insert(story.id);
        self.editions.append(&mut editions);
        self.aliases
            .extend(history.aliases.iter().map(|alias| (story.id, alias.clone())));
        Ok(())
    }

    /// Refuses a story that would, over others, replace itself.
    fn check_chain(&mut self, id: ArticleId, draft: &Draft) -> Result<()> {
        let mut next = draft.text.replaces.as_ref();
        // As many steps as there are stories: a ring among others, which nobody could make, would end here too.
        for _ in 0..=self.chains.len() {
            let Some(uri) = next else { break };
            let found = self.chains.get(uri);
            if *uri == draft.uri || found.is_some_and(|(story, _)| *story == id) {
                let message = "leads back to this story: it cannot take the place of one that takes its own";
                return Err(Error::content(vec![Fault::new("replaces", "ring", message)]));
            }
            next = found.and_then(|(_, replaces)| replaces.as_ref());
        }
        let own = (id, draft.text.replaces.clone());
        self.chains.insert(draft.uri.clone(), own);
        Ok(())
    }

    fn take_again(&mut self, current: &Current, order: &Order) -> Result<Receipt> {
        let Order { draft, released, .. } = order;
        let resolved = match (moved(current, draft), self.resolve(draft)) {
            (None, resolved) => resolved?,
            (Some(fault), Ok(_)) => return Err(Error::content(vec![fault])),
            (Some(fault), Err(error)) => return Err(Error::content([vec![fault], error.faults].concat())),
        };
        let digest = resolved.digest()?;
        if unchanged(draft, current, &digest) {
            return Ok(standing(current));
        }
        if let Some(pending) = self.waiting.get(&draft.uri) {
            return Err(pending_edition(pending));
        }
        self.check_chain(current.id, draft)?;
        let slug = match &draft.slug {
            Some(slug) if *slug != current.slug => {
                let slug = self.free_slug(slug, current.id, released.is_some())?;
                self.aliases.push((
                    current.id,
                    Alias {
                        kind: "slug".to_owned(),
                        name: current.slug.clone(),
                    },
                ));
                self.freed.push(slug.clone());
                slug
            }
            _ => current.slug.clone(),
        };
        let old = self
            .old
            .get(&current.id)
            .cloned()
            .ok_or_else(|| Error::internal("an edition that was not loaded"))?;
        let marks = Marks {
            id: current.id,
            slug,
            version: current.version.next(),
            first_published: current.first_published,
            // A publisher's clock may have been ahead when the story first came in.
            published: draft
                .published
                .or(*released)
                .unwrap_or(self.now)
                .max(current.first_published),
            version_created: self.now,
            pub_status: old.pub_status,
            corrections: match &draft.correction {
                Some(note) => corrected(&old, note, current.version.next(), self.now),
                None => old.corrections.clone(),
            },
            withdrawal: old.withdrawal.clone(),
        };
        let mut filed = edition(&draft.uri, resolved, digest, marks);
        filed.expiry_told = current.expiry_told && filed.story.expires.is_some_and(|at| at <= self.now);
        filed.channels = placed_in(&self.channels, &filed.story, &feeds(&filed));
        let (step, outcome) = match draft.correction {
            Some(_) => (Step::Corrected, Outcome::Corrected),
            None => (Step::Updated, Outcome::Updated),
        };
        self.changes.push(Change::Article(Told {
            id: current.id,
            version: filed.story.version,
            step,
            changed: changed(&old, &filed.story),
            before: self.feeds_of(&old),
            after: feeds(&filed),
            reach: Reach {
                before: self.held.get(&current.id).cloned().unwrap_or_default(),
                after: filed.channels.clone(),
                only: None,
            },
        }));
        let receipt = Receipt::of(&filed.story, outcome);
        self.editions.push(old);
        self.replaced.push(filed);
        Ok(receipt)
    }

    fn feeds_of(&self, story: &Story) -> Vec<TopicId> {
        let feeds = self.standing.get(&story.id);
        feeds.map_or_else(Vec::new, |(topics, implied)| {
            topics.iter().chain(implied).copied().collect()
        })
    }
}

fn feeds(filed: &Filed) -> Vec<TopicId> {
    filed.story.topics.iter().chain(&filed.implied).copied().collect()
}

/// The receipt of who said nothing new.
fn standing(current: &Current) -> Receipt {
    Receipt {
        id: current.id.0,
        uri: Some(current.uri.clone()),
        slug: current.slug.clone(),
        version: current.version.0,
        outcome: Outcome::Unchanged,
    }
}
