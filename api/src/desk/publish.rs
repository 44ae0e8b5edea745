//! Publishing: stories go in, one transaction for one story or for a whole batch of an import.

use super::channels::placed_in;
use super::draft::{Draft, Edition, History};
use super::edition::{Marks, Resolved, changed, edition, first_times};
use super::embargo::pending_edition;
use super::feeds::implied;
use super::repeat::{Idempotency, Task};
use super::steps::{buried, corrected, may};
use super::{Desk, Done, Expected, Outcome, Receipt, TRIES};
use crate::error::{Error, Fault, Kind, Result};
use crate::news::channel::Channel;
use crate::news::lifecycle::{Move, State};
use crate::news::pending::Pending;
use crate::news::story::{ArticleKey, PubStatus, Story};
use crate::news::submission::Alias;
use crate::news::topic::{NewTopic, Topic, TopicKey};
use crate::news::viewer::Viewer;
use crate::news::wire::{Change, Edition as Told, Reach, Step};
use crate::news::{ArticleId, ChannelId, SourceId, TopicId, Version, slug};
use crate::store::{Current, Filed, RACE, Tx};
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// A story to publish, and what must be true of the one it replaces.
#[derive(Clone, Debug)]
pub struct Order {
    pub draft: Draft,
    pub expected: Option<Expected>,
    /// It has waited until then: what it does not say of its own times is said by this, and a name that was taken
    /// meanwhile is no fault of its own.
    pub(super) released: Option<Timestamp>,
}

impl Order {
    pub fn new(draft: Draft, expected: Option<Expected>) -> Order {
        Order {
            draft,
            expected,
            released: None,
        }
    }
}

impl Desk {
    /// Publishes a story, or a new edition of it; under an embargo that is not over it waits.
    pub async fn publish(&self, by: &Viewer, order: Order, repeat: Option<&Idempotency>) -> Result<Done> {
        self.carry_out(by, repeat, Task::Article(Box::new(order))).await
    }

    /// Publishes many stories in one transaction. What is wrong with one does not hinder the others.
    pub async fn publish_all(&self, by: &Viewer, drafts: &[Draft]) -> Result<Vec<Result<Done>>> {
        Desk::allowed(by)?;
        let orders: Vec<Order> = drafts.iter().map(|d| Order::new(d.clone(), None)).collect();
        let mut tries = 0;
        loop {
            tries += 1;
            match Box::pin(self.attempt_all(by, &orders)).await {
                Err(error) if error.code == RACE && tries < TRIES => {}
                done => return done,
            }
        }
    }

    async fn attempt_all(&self, by: &Viewer, orders: &[Order]) -> Result<Vec<Result<Done>>> {
        let tx = self.store.begin().await?;
        let (done, changes) = self.file(&tx, by, orders).await?;
        self.conclude(tx, &changes).await?;
        Ok(done)
    }

    pub(super) async fn file_one(&self, tx: &Tx, by: &Viewer, order: &Order) -> Result<(Done, Vec<Change>)> {
        let (mut done, changes) = self.file(tx, by, std::slice::from_ref(order)).await?;
        let done = done
            .pop()
            .ok_or_else(|| Error::internal("an order without a receipt"))??;
        Ok((done, changes))
    }

    async fn file(&self, tx: &Tx, by: &Viewer, orders: &[Order]) -> Result<(Vec<Result<Done>>, Vec<Change>)> {
        let mut done = Vec::with_capacity(orders.len());
        let mut changes = Vec::new();
        let mut rest = orders;
        while !rest.is_empty() {
            let (wave, later) = rest.split_at(distinct(rest));
            rest = later;
            let uris: Vec<String> = wave.iter().map(|o| o.draft.uri.clone()).collect();
            let waiting = tx.lock_pending(&uris).await?;
            let mut waits = Vec::with_capacity(wave.len());
            for order in wave {
                waits.push(self.waits(tx, order).await?);
            }
            // What waits is not looked up with the others: that would take up topics and sources for it.
            let now = match waits.contains(&true) {
                false => Cow::Borrowed(wave),
                true => {
                    let now = wave.iter().zip(&waits).filter(|(_, waits)| !**waits);
                    Cow::Owned(now.map(|(order, _)| order.clone()).collect())
                }
            };
            let mut sheet = Sheet::gather(self, tx, &now, waiting).await?;
            for (order, waits) in wave.iter().zip(waits) {
                done.push(if waits {
                    let before = sheet.waiting.get(&order.draft.uri);
                    self.put_aside(tx, by, order, before).await?
                } else {
                    sheet.take(order).map(Done::Filed)
                });
            }
            sheet.file(tx).await?;
            changes.append(&mut sheet.changes);
        }
        Ok((done, changes))
    }
}

/// How many orders from the front name different stories: what one look at the house can serve.
fn distinct(orders: &[Order]) -> usize {
    let mut seen = HashSet::new();
    orders.iter().take_while(|o| seen.insert(&o.draft.uri)).count()
}

/// What the desk knows and writes while it works on a batch.
pub(super) struct Sheet {
    now: Timestamp,
    ids: Vec<ArticleId>,
    topics: HashMap<TopicKey, Topic>,
    ancestors: HashMap<TopicId, Vec<TopicId>>,
    sources: HashMap<String, SourceId>,
    channels: Vec<Channel>,
    /// In which channels the stories are that are replaced.
    held: HashMap<ArticleId, Vec<ChannelId>>,
    current: HashMap<String, Current>,
    old: HashMap<ArticleId, Story>,
    /// The feeds that these stand in, their own topics' and implied ones.
    standing: HashMap<ArticleId, (Vec<TopicId>, Vec<TopicId>)>,
    slugs: HashMap<String, ArticleId>,
    /// Uris that were a story's once, with that story's id.
    former: HashMap<String, ArticleId>,
    /// What stories replace, by uri: the story, and the uri that it replaces.
    chains: HashMap<String, (ArticleId, Option<String>)>,
    /// Ids that an export may bring and that are somebody's already.
    taken: HashSet<ArticleId>,
    new: Vec<Filed>,
    replaced: Vec<Filed>,
    editions: Vec<Story>,
    aliases: Vec<(ArticleId, Alias)>,
    freed: Vec<String>,
    /// What waits under embargo under these uris.
    waiting: HashMap<String, Pending>,
    /// What waits no more.
    overtaken: Vec<String>,
    pub(super) changes: Vec<Change>,
}

impl Sheet {
    /// Looks everything up that the orders name: a bounded number of statements, however many orders there are.
    pub(super) async fn gather(
        desk: &Desk,
        tx: &Tx,
        orders: &[Order],
        waiting: HashMap<String, Pending>,
    ) -> Result<Sheet> {
        // The machine's clock may be a little behind the one that has let it come in.
        let now = orders
            .iter()
            .filter_map(|o| o.released)
            .fold(desk.clock.now(), Ord::max);
        let mut changes = Vec::new();
        let topics = desk.topics_for(tx, orders, &mut changes).await?;
        let ids: HashSet<TopicId> = topics.values().map(|t| t.id).collect();
        let ancestors = tx.topic_ancestors(&ids.into_iter().collect::<Vec<_>>()).await?;
        // Before any story is locked: who moves channels holds them and then locks stories.
        let channels = tx.share_channels().await?;
        let sources = desk.sources_for(tx, orders).await?;
        let uris: Vec<String> = orders.iter().map(|o| o.draft.uri.clone()).collect();
        let current = tx.lock_articles(&uris).await?;
        let mut sheet = Sheet {
            now,
            ids: orders.iter().map(|_| ArticleId(desk.clock.new_id())).collect(),
            topics,
            ancestors,
            sources,
            channels,
            held: HashMap::new(),
            current,
            old: HashMap::new(),
            standing: HashMap::new(),
            slugs: HashMap::new(),
            former: HashMap::new(),
            chains: HashMap::new(),
            taken: HashSet::new(),
            new: Vec::new(),
            replaced: Vec::new(),
            editions: Vec::new(),
            aliases: Vec::new(),
            freed: Vec::new(),
            waiting,
            overtaken: Vec::new(),
            changes,
        };
        let wanted: Vec<String> = orders.iter().filter_map(|o| sheet.wanted_slug(&o.draft)).collect();
        sheet.slugs = tx.slugs_taken(&wanted).await?;
        let absent = uris.into_iter().filter(|uri| !sheet.current.contains_key(uri));
        sheet.former = tx.former_uris(&absent.collect::<Vec<_>>()).await?;
        let replaced: Vec<String> = orders.iter().filter_map(|o| o.draft.text.replaces.clone()).collect();
        sheet.chains = tx.chains(&replaced).await?;
        let brought = orders.iter().filter_map(|o| o.draft.history.as_ref());
        let brought: Vec<ArticleKey> = brought.map(|h| ArticleKey::Id(ArticleId(h.id))).collect();
        sheet.taken = tx
            .find_articles(&brought)
            .await?
            .into_values()
            .map(|listed| listed.id)
            .collect();
        let moved: Vec<ArticleId> = orders.iter().filter_map(|o| sheet.to_compare(&o.draft)).collect();
        sheet.old = tx.load_stories(&moved).await?.into_iter().map(|s| (s.id, s)).collect();
        // What the wire has told of it so far: the tree may have changed since, and a chore not yet have come by.
        sheet.standing = tx.feeds_of(&moved).await?;
        sheet.held = tx.channels_of(&moved).await?;
        Ok(sheet)
    }

    /// The slug that must be asked after: one that the publisher gives, or the first choice for a new story.
    fn wanted_slug(&self, draft: &Draft) -> Option<String> {
        match (self.current.get(&draft.uri), &draft.slug) {
            (Some(current), Some(slug)) => Some(slug.clone()).filter(|s| *s != current.slug),
            (Some(_), None) => None,
            (None, Some(slug)) => Some(slug.clone()),
            (None, None) => slug::slugify(&draft.text.headline, &draft.text.language),
        }
    }

    /// The story's id, if there is one that this draft may change.
    fn to_compare(&self, draft: &Draft) -> Option<ArticleId> {
        let current = self.current.get(&draft.uri)?;
        let same = self
            .resolve(draft)
            .and_then(|r| r.digest())
            .is_ok_and(|digest| unchanged(draft, current, &digest));
        (!same).then_some(current.id)
    }

    fn resolve(&self, draft: &Draft) -> Result<Resolved> {
        let mut faults = Vec::new();
        let mut topics: Vec<TopicId> = Vec::new();
        for (i, key) in draft.topics.iter().enumerate() {
            match self.topics.get(key) {
                // Named twice is meant once.
                Some(topic) if topics.contains(&topic.id) => {}
                Some(topic) => topics.push(topic.id),
                None => faults.push(unknown_topic(i, key)),
            }
        }
        if !faults.is_empty() {
            return Err(Error::content(faults));
        }
        let implied = implied(&topics, &self.ancestors);
        let source = draft.source.as_ref().and_then(|s| self.sources.get(&s.slug)).copied();
        Ok(Resolved {
            text: draft.text.clone(),
            source,
            topics,
            implied,
        })
    }

    pub(super) fn take(&mut self, order: &Order) -> Result<Receipt> {
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
            (None, slug) => format!("{}-{}", slug.as_deref().unwrap_or("story"), tail(id)),
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
        let receipt = receipt(&filed.story, Outcome::Created);
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
        let receipt = receipt(&filed.story, outcome);
        self.editions.push(old);
        self.replaced.push(filed);
        Ok(receipt)
    }

    /// A slug that the publisher gives must be nobody else's, now or formerly. What has waited could not know.
    fn free_slug(&mut self, slug: &str, id: ArticleId, released: bool) -> Result<String> {
        match self.slugs.get(slug) {
            Some(owner) if *owner != id && released => Ok(format!("{slug}-{}", tail(id))),
            Some(owner) if *owner != id => Err(slug_taken()),
            _ => {
                self.slugs.insert(slug.to_owned(), id);
                Ok(slug.to_owned())
            }
        }
    }

    fn feeds_of(&self, story: &Story) -> Vec<TopicId> {
        let feeds = self.standing.get(&story.id);
        feeds.map_or_else(Vec::new, |(topics, implied)| {
            topics.iter().chain(implied).copied().collect()
        })
    }

    pub(super) async fn file(&self, tx: &Tx) -> Result<()> {
        tx.delete_pending(&self.overtaken).await?;
        // The stories first: an export brings new ones along with their earlier editions.
        tx.insert_stories(&self.new).await?;
        tx.insert_editions(&self.editions).await?;
        tx.replace_stories(&self.replaced).await?;
        for slug in &self.freed {
            tx.delete_alias("slug", slug).await?;
        }
        tx.insert_aliases(&self.aliases).await
    }
}

/// All drafts of a batch, those of earlier editions too.
pub(super) fn drafts(orders: &[Order]) -> Vec<&Draft> {
    let mut drafts = Vec::with_capacity(orders.len());
    for Order { draft, .. } in orders {
        drafts.push(draft);
        if let Some(history) = &draft.history {
            drafts.extend(history.editions.iter().map(|e| &e.draft));
        }
    }
    drafts
}

/// A first publication happens once.
pub(super) fn moved(current: &Current, draft: &Draft) -> Option<Fault> {
    let was = current.first_published;
    if draft.published.is_some_and(|published| published < was) {
        let message = format!("must not be before the story's first publication, {was}");
        return Some(Fault::new("published", "before_first", message));
    }
    let first = draft.first_published.filter(|f| *f != was)?;
    let message = format!("is {was} for ever and cannot become {first}; leave it out");
    Some(Fault::new("firstPublished", "fixed", message))
}

fn unchanged(draft: &Draft, current: &Current, digest: &[u8]) -> bool {
    draft.correction.is_none()
        && current.digest == digest
        && draft.slug.as_ref().is_none_or(|slug| *slug == current.slug)
        && draft.published.is_none_or(|published| published == current.published)
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

fn receipt(story: &Story, outcome: Outcome) -> Receipt {
    Receipt {
        id: story.id.0,
        uri: Some(story.uri.clone()),
        slug: story.slug.clone(),
        version: story.version.0,
        outcome,
    }
}

pub(super) fn unknown_topic(i: usize, key: &TopicKey) -> Fault {
    let message = format!(
        "there is no topic {}; put it in first with PUT /v1/topics/{{slug}}",
        shown(key)
    );
    Fault::new(format!("topics[{i}]"), "unknown_topic", message)
}

pub(super) fn slug_taken() -> Error {
    let message = "belongs to another story; choose another or leave it out";
    Error {
        faults: vec![Fault::new("slug", "taken", message)],
        ..Error::new(
            Kind::Conflict,
            "slug_taken",
            "The slug belongs to another story; see `errors`.",
        )
    }
}

fn shown(key: &TopicKey) -> String {
    match key {
        TopicKey::Id(id) => format!("with the id {id}"),
        TopicKey::Slug(slug) => format!("`{slug}`"),
        TopicKey::Code(code) => format!("with the code `{code}`"),
    }
}

pub(super) fn renamed() -> Error {
    let message = "is a former uri of a story that has another now; send it there, or choose another";
    Error {
        faults: vec![Fault::new("uri", "former", message)],
        ..Error::new(Kind::Conflict, "former_uri", "The uri is a former one; see `errors`.")
    }
}

/// Eight hexadecimal digits of the id's random part: tells two stories of one headline apart.
fn tail(id: ArticleId) -> String {
    format!("{:08x}", id.0.as_u128() & 0xffff_ffff)
}

impl Desk {
    /// The topics that the orders name; those that an import may take up are made on the way.
    async fn topics_for(
        &self,
        tx: &Tx,
        orders: &[Order],
        changes: &mut Vec<Change>,
    ) -> Result<HashMap<TopicKey, Topic>> {
        let drafts = drafts(orders);
        let new: Vec<&NewTopic> = drafts.iter().flat_map(|d| &d.new_topics).collect();
        let mut keys: HashSet<TopicKey> = drafts.iter().flat_map(|d| d.topics.iter().cloned()).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        keys.extend(new.iter().map(|n| TopicKey::Slug(n.slug.clone())));
        let keys: Vec<TopicKey> = keys.into_iter().collect();
        tx.share_topics().await?;
        let mut topics = tx.find_topics(&keys).await?;
        for new in new {
            let key = match &new.code {
                Some(code) => TopicKey::Code(code.clone()),
                None => TopicKey::Slug(new.slug.clone()),
            };
            if topics.contains_key(&key) {
                continue;
            }
            let topic = match topics.get(&TopicKey::Slug(new.slug.clone())) {
                // The publisher's own topic of that name, which bears no code.
                Some(own) if own.code.is_none() && own.kind == new.kind => own.clone(),
                Some(_) => self.take_up(tx, new, true, changes).await?,
                None => self.take_up(tx, new, false, changes).await?,
            };
            topics.insert(TopicKey::Slug(topic.slug.clone()), topic.clone());
            topics.insert(key, topic);
        }
        Ok(topics)
    }

    /// Files a topic that a story brings along; where its name is another's, under another one.
    async fn take_up(&self, tx: &Tx, new: &NewTopic, name_is_taken: bool, changes: &mut Vec<Change>) -> Result<Topic> {
        let id = TopicId(self.clock.new_id());
        let slug = if name_is_taken {
            format!("{}-{:08x}", new.slug, id.0.as_u128() & 0xffff_ffff)
        } else {
            new.slug.clone()
        };
        let mut names = new.names.clone();
        let language = new.language.as_ref().unwrap_or(&self.home_language);
        names.insert(language.clone(), new.name.clone());
        let topic = Topic {
            id,
            slug,
            kind: new.kind,
            parent: None,
            code: new.code.clone(),
            version: 1,
            names,
        };
        tx.insert_topic(&topic).await?;
        changes.push(Change::Topic(topic.id));
        Ok(topic)
    }
}
