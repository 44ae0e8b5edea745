//! Topics: a tree with names in several languages.

use super::publish::{Order, drafts};
use super::repeat::{Idempotency, Task};
use super::sheet::tail;
use super::{Desk, Expected, Origin, Outcome, Receipt};
use crate::error::{Error, Fault, Kind, Result};
use crate::news::chore::Work;
use crate::news::submission::TopicSubmission;
use crate::news::topic::{NewTopic, Topic, TopicKey, TopicKind};
use crate::news::viewer::Viewer;
use crate::news::wire::Change;
use crate::news::{TopicId, language, slug};
use crate::store::{DEEPEST, Tx};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A checked topic, and what must be true of the one it replaces.
#[derive(Clone, Debug)]
pub(super) struct TopicOrder {
    slug: String,
    kind: TopicKind,
    code: Option<String>,
    parent: Option<String>,
    names: BTreeMap<String, String>,
    expected: Option<Expected>,
    origin: Option<Origin>,
}

impl Desk {
    /// Puts a topic in, new or changed; all of it is replaced save its slug.
    pub async fn put_topic(
        &self,
        by: &Viewer,
        topic: TopicSubmission,
        origin: Option<Origin>,
        expected: Option<Expected>,
        repeat: Option<&Idempotency>,
    ) -> Result<Receipt> {
        Desk::allowed(by)?;
        let order = TopicOrder {
            expected,
            origin,
            ..check(topic)?
        };
        self.once(by, repeat, Task::Topic(order)).await
    }

    pub(super) async fn file_topic(&self, tx: &Tx, order: &TopicOrder) -> Result<(Receipt, Vec<Change>)> {
        tx.lock_topics().await?;
        let own = TopicKey::Slug(order.slug.clone());
        let parent = order.parent.clone().map(TopicKey::Slug);
        let code = order.code.clone().map(TopicKey::Code);
        let keys: Vec<TopicKey> = [Some(own.clone()), parent.clone(), code.clone()]
            .into_iter()
            .flatten()
            .collect();
        let found = tx.find_topics(&keys).await?;
        let old = found.get(&own).cloned();
        if let Some(target) = old.as_ref().filter(|t| !own.is_own_name_of(t)) {
            return Err(merged(&order.slug, target));
        }
        if let Some(expected) = &order.expected {
            expected.check(old.as_ref().map(|t| t.version))?;
        }
        let mut faults = Vec::new();
        let parent = parent.and_then(|key| {
            let known = found.get(&key).map(|t| t.id);
            if known.is_none() {
                faults.push(Fault::new(
                    "parent",
                    "unknown_topic",
                    "there is no topic with this slug; put it in first",
                ));
            }
            known
        });
        if let Some(owner) = code.and_then(|key| found.get(&key))
            && owner.slug != order.slug
        {
            faults.push(Fault::new(
                "code",
                "taken",
                format!("belongs to the topic `{}`", owner.slug),
            ));
        }
        if !faults.is_empty() {
            return Err(Error::content(faults));
        }
        if let Some(code) = &order.code
            && old.as_ref().is_some_and(|t| t.code.as_ref() != Some(code))
        {
            // What it took in with another topic it may bear itself.
            tx.free_code(code).await?;
        }
        let topic = Topic {
            id: old.as_ref().map_or_else(
                || TopicId(order.origin.map_or_else(|| self.clock.new_id(), |o| o.id)),
                |t| t.id,
            ),
            slug: order.slug.clone(),
            kind: order.kind,
            parent,
            code: order.code.clone(),
            version: old
                .as_ref()
                .map_or(order.origin.map_or(1, |o| o.version), |t| t.version),
            names: order.names.clone(),
        };
        let outcome = match old {
            None => {
                check_depth(tx, &topic).await?;
                tx.insert_topic(&topic).await?;
                Outcome::Created
            }
            Some(old) if old == topic => Outcome::Unchanged,
            Some(old) => {
                check_move(tx, &old, &topic).await?;
                tx.replace_topic(&Topic {
                    version: old.version.saturating_add(1),
                    ..topic.clone()
                })
                .await?;
                if old.parent != topic.parent {
                    self.follow(tx, topic.id).await?;
                }
                Outcome::Updated
            }
        };
        let version = if outcome == Outcome::Updated {
            topic.version.saturating_add(1)
        } else {
            topic.version
        };
        let receipt = Receipt {
            id: topic.id.0,
            uri: None,
            slug: topic.slug,
            version,
            outcome,
        };
        let changes = if outcome == Outcome::Unchanged {
            Vec::new()
        } else {
            vec![Change::Topic(topic.id)]
        };
        Ok((receipt, changes))
    }
}

impl Desk {
    /// The stories in a topic's feed follow what has become of it, by and by.
    pub(super) async fn follow(&self, tx: &Tx, topic: TopicId) -> Result<()> {
        if tx.topic_in_use(topic).await? {
            let work = Work::Feeds { topic };
            tx.put_chore(self.clock.new_id(), &work, None, self.clock.now()).await?;
        }
        Ok(())
    }
}

/// A topic finds another parent anywhere but below itself.
async fn check_move(tx: &Tx, old: &Topic, new: &Topic) -> Result<()> {
    let Some(parent) = new.parent.filter(|p| Some(*p) != old.parent) else {
        return Ok(());
    };
    let above = tx.topic_ancestors(&[parent]).await?;
    if parent == new.id || above.get(&parent).is_some_and(|a| a.contains(&new.id)) {
        let fault = Fault::new("parent", "ring", "is the topic itself or stands below it");
        return Err(Error::content(vec![fault]));
    }
    check_depth(tx, new).await
}

/// A deeper tree than the store looks up would lose ancestors, and with them feeds.
async fn check_depth(tx: &Tx, topic: &Topic) -> Result<()> {
    let Some(parent) = topic.parent else { return Ok(()) };
    let above = tx.topic_ancestors(&[parent]).await?;
    let depth = above.get(&parent).map_or(0, Vec::len) + 1 + tx.topic_height(topic.id).await?;
    if i32::try_from(depth).is_ok_and(|depth| depth < DEEPEST) {
        return Ok(());
    }
    let message = format!("would make the tree deeper than {DEEPEST} levels");
    Err(Error::content(vec![Fault::new("parent", "too_deep", message)]))
}

/// A name that leads elsewhere cannot be written to.
pub(super) fn merged(name: &str, target: &Topic) -> Error {
    let target = &target.slug;
    Error::new(
        Kind::Conflict,
        "topic_merged",
        format!(
            "The topic `{name}` was merged into `{target}`, and its name leads there for ever. Write to `{target}`."
        ),
    )
}

fn check(topic: TopicSubmission) -> Result<TopicOrder> {
    let TopicSubmission {
        slug,
        kind,
        code,
        parent,
        names,
    } = topic;
    let mut faults = Vec::new();
    let slug = slug.unwrap_or_default();
    if let Err(message) = slug::valid_slug(&slug) {
        faults.push(Fault::new("slug", "invalid_slug", message.to_string()));
    }
    let kind = match kind.as_deref() {
        None => Some(TopicKind::Subject),
        Some(kind) => TopicKind::parse(kind),
    };
    if kind.is_none() {
        let known = TopicKind::ALL.map(TopicKind::as_str).join(", ");
        faults.push(Fault::new("kind", "unknown_value", format!("must be one of {known}")));
    }
    let code = code.map(|c| c.trim().to_owned()).filter(|c| !c.is_empty());
    if code.as_deref().is_some_and(|c| !valid_code(c)) {
        faults.push(Fault::new(
            "code",
            "invalid_code",
            "must be a QCode such as `medtop:11000000`: scheme, colon, code",
        ));
    }
    let names = names.unwrap_or_default();
    if names.is_empty() {
        let example = "needs at least one name by language, such as {\"en\": \"Politics\"}";
        faults.push(Fault::new("names", "required", example));
    }
    let mut clean = BTreeMap::new();
    for (tag, name) in names {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let field = format!("names.{}", tag.chars().take(40).collect::<String>());
        match language::normalise(&tag) {
            Err(message) => faults.push(Fault::new(field, "invalid_language", message)),
            Ok(_) if name.is_empty() => faults.push(Fault::new(field, "required", "must not be empty")),
            Ok(_) if name.chars().count() > 200 || name.chars().any(char::is_control) => {
                faults.push(Fault::new(
                    field,
                    "invalid_name",
                    "must be one line of at most 200 characters",
                ));
            }
            Ok(tag) => {
                if clean.insert(tag, name).is_some() {
                    faults.push(Fault::new(
                        field,
                        "repeated",
                        "names a language that has a name already",
                    ));
                }
            }
        }
    }
    match kind {
        Some(kind) if faults.is_empty() => Ok(TopicOrder {
            slug,
            kind,
            code,
            parent,
            names: clean,
            expected: None,
            origin: None,
        }),
        _ => Err(Error::content(faults)),
    }
}

fn valid_code(code: &str) -> bool {
    let Some((scheme, rest)) = code.split_once(':') else {
        return false;
    };
    let graphic = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_graphic() && c != ',' && c != '|');
    code.len() <= 200 && graphic(scheme) && graphic(rest)
}

impl Desk {
    /// The topics that the orders name; those that an import may take up are made on the way.
    pub(super) async fn topics_for(
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
            format!("{}-{}", new.slug, tail(id.0))
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
