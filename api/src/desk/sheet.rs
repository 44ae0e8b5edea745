//! The sheet that the desk works on while it publishes: what it has looked up for a batch, and what it is going to file.

use super::Desk;
use super::draft::Draft;
use super::edition::Resolved;
use super::feeds::implied;
use super::publish::Order;
use crate::error::{Error, Fault, Kind, Result};
use crate::news::channel::Channel;
use crate::news::pending::Pending;
use crate::news::story::{ArticleKey, Story};
use crate::news::submission::Alias;
use crate::news::topic::{Topic, TopicKey};
use crate::news::wire::Change;
use crate::news::{ArticleId, ChannelId, SourceId, TopicId, slug};
use crate::store::{Current, Filed, Tx};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

mod take;

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
    pub(super) waiting: HashMap<String, Pending>,
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

    /// A slug that the publisher gives must be nobody else's, now or formerly. What has waited could not know.
    fn free_slug(&mut self, slug: &str, id: ArticleId, released: bool) -> Result<String> {
        match self.slugs.get(slug) {
            Some(owner) if *owner != id && released => Ok(format!("{slug}-{}", tail(id.0))),
            Some(owner) if *owner != id => Err(slug_taken()),
            _ => {
                self.slugs.insert(slug.to_owned(), id);
                Ok(slug.to_owned())
            }
        }
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

pub(super) fn unknown_topic(i: usize, key: &TopicKey) -> Fault {
    let message = format!(
        "there is no topic {}; put it in first with PUT /v1/topics/{{slug}}",
        shown(key)
    );
    Fault::new(format!("topics[{i}]"), "unknown_topic", message)
}

fn shown(key: &TopicKey) -> String {
    match key {
        TopicKey::Id(id) => format!("with the id {id}"),
        TopicKey::Slug(slug) => format!("`{slug}`"),
        TopicKey::Code(code) => format!("with the code `{code}`"),
    }
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

pub(super) fn renamed() -> Error {
    let message = "is a former uri of a story that has another now; send it there, or choose another";
    Error {
        faults: vec![Fault::new("uri", "former", message)],
        ..Error::new(Kind::Conflict, "former_uri", "The uri is a former one; see `errors`.")
    }
}

/// Eight hexadecimal digits of the id's random part: tells two of one name apart.
pub(super) fn tail(id: Uuid) -> String {
    format!("{:08x}", id.as_u128() & 0xffff_ffff)
}
