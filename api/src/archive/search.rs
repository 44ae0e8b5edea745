//! Searching: the index proposes, the archive shows. Every hit is looked up as it stands now and passes the gate.
//!
//! The index follows the wire and is a moment behind it. What the wire has taken away since then is left out when the index
//! is asked, so that it stands in no count either.

use super::Archive;
use crate::error::{Error, Fault, Kind, Result};
use crate::news::filter::Selection;
use crate::news::story::{ArticleKey, Story};
use crate::news::tags::Tag;
use crate::news::topic::{Source, Topic, TopicKey};
use crate::news::viewer::Scope;
use crate::news::visibility::{self, Terms};
use crate::news::wire::{Entry, Position, Subject};
use crate::news::{ArticleId, SourceId, TopicId};
use crate::page::{Beyond, Cursor, Edge, Page, Slice};
use crate::search::{
    Asked, Facet, Field, Fragment, Gathered, Looker, Names, Order, Rank, Tongue, Unreadable, View, Wanted, fragments,
};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// What is searched for.
#[derive(Clone, Debug)]
pub struct Search {
    pub text: String,
    pub selection: Selection,
    pub order: Order,
    pub page: Page,
    /// Whether it is counted how many there are.
    pub total: bool,
    /// By what it is counted how they spread.
    pub facets: Vec<Facet>,
}

/// A story that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    pub story: Arc<Story>,
    /// None where relevance does not order.
    pub score: Option<f64>,
    pub fragments: Vec<Fragment>,
}

/// How hits spread: the values that most have, the most frequent first; days, the newest first.
#[derive(Clone, Debug, Default)]
pub struct Spread {
    pub topics: Vec<(Arc<Topic>, u64)>,
    pub languages: Vec<(String, u64)>,
    pub sources: Vec<(Source, u64)>,
    pub days: Vec<(jiff::civil::Date, u64)>,
}

#[derive(Clone, Debug)]
pub struct Results {
    pub slice: Slice<Hit>,
    pub total: Option<u64>,
    pub spread: Spread,
    /// The query put right, where a word of it is in nothing.
    pub did_you_mean: Option<String>,
    /// While the index is being made: how much of it is there, 0 to 1.
    pub rebuilding: Option<f64>,
}

/// What may be meant by somebody who is still typing.
#[derive(Clone, Debug)]
pub struct Suggestions {
    pub stories: Vec<Arc<Story>>,
    pub topics: Vec<Arc<Topic>>,
}

/// How the index is.
#[derive(Clone, Debug)]
pub struct IndexStatus {
    /// `missing`, `rebuilding`, `ready`.
    pub state: &'static str,
    /// While it is made: how much of it is there, 0 to 1.
    pub progress: Option<f64>,
    pub stories: u64,
    /// On disk.
    pub bytes: u64,
    /// Entries of the wire that it has not followed yet.
    pub behind: i64,
}

/// Where a process has just begun, somebody may come before the index: so long he waits for it.
const WAIT: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(10);

/// Values of a facet that are told, and days.
const MOST_VALUES: usize = 20;
const MOST_DAYS: usize = 31;

/// Entries that the index may be behind the wire. More than that are caught up with in a moment; until then there are no
/// answers, because what they should leave out is too much to look through.
const MOST_BEHIND: usize = 5_000;

impl Archive {
    pub async fn search(&self, scope: &Scope, search: Search) -> Result<Results> {
        let asked = Asked::read(&search.text).map_err(|why| {
            let fault = Fault::new("q", "query_too_long", why.0);
            Error::parameters(vec![fault])
        })?;
        let names = self.names(scope, &asked).await?;
        let (view, hidden) = self.index_view(scope).await?;
        let rebuilding = view.mark().progress();
        if rebuilding.is_some() {
            scope.readings.personal();
        }
        let terms = visibility::terms(scope);
        self.note_times(scope, &terms, search.order).await?;
        let Search {
            text,
            selection,
            order,
            page,
            total,
            facets,
        } = search;
        let size = page.size() as usize;
        let after = page.after.as_ref().and_then(|cursor| rank(order, cursor));
        let first_page = after.is_none();
        let looked = Arc::clone(&view);
        let typed = text.clone();
        let job = move || -> Result<_, Unreadable> {
            let wanted = Wanted {
                asked: &asked,
                names: &names,
                selection: &selection,
                order,
                after,
                most: size + 1,
                facets: &facets,
            };
            let looker = Looker {
                terms: &terms,
                hidden: &hidden,
            };
            let found = looked.find(&wanted, &looker)?;
            let better = match first_page && !found.too_broad {
                true => looked.spelling(&text, &wanted, &looker)?,
                false => None,
            };
            Ok((found, better, asked))
        };
        let (found, better, asked) = self.look(job).await?;
        let Gathered {
            too_broad,
            total: all,
            first,
            facets,
            days,
            tongues,
        } = found;
        if too_broad {
            let why =
                "asks for too much at once: leave out short beginnings of words and phrases of the most frequent words";
            return Err(Error::parameters(vec![Fault::new("q", "query_too_broad", why)]));
        }
        let (slice, lost) = self.shown(scope, (order, &page), first, (&asked, &tongues)).await?;
        let did_you_mean = match better {
            Some(better) => Some(better.written(&typed, &self.in_order(scope, &better.seen_in()).await?)),
            None => None,
        };
        Ok(Results {
            slice,
            total: total.then(|| all.saturating_sub(lost)),
            spread: self.spread(scope, facets, days).await?,
            did_you_mean,
            rebuilding,
        })
    }

    /// Headlines and topics that have these words, the last of them perhaps not written to its end.
    pub async fn suggest(&self, scope: &Scope, text: &str, selection: Selection, most: u32) -> Result<Suggestions> {
        let (view, hidden) = self.index_view(scope).await?;
        if view.mark().progress().is_some() {
            scope.readings.personal();
        }
        let terms = visibility::terms(scope);
        self.note_times(scope, &terms, Order::Newest).await?;
        let typed: String = text.chars().take(200).collect();
        let text = typed.clone();
        let job = move || {
            let looker = Looker {
                terms: &terms,
                hidden: &hidden,
            };
            view.headlines(&text, &selection, &looker, most as usize)
        };
        let first = self.look(job).await?;
        let ids: Vec<ArticleId> = first.iter().map(|rank| id(Order::Newest, *rank)).collect();
        let stories = self.in_order(scope, &ids).await?;
        let topics = self.topics_named(scope, &typed, most as usize).await?;
        Ok(Suggestions { stories, topics })
    }

    /// The index as it stands, and what it holds and should not be counted any more.
    pub(super) async fn index_view(&self, scope: &Scope) -> Result<(Arc<View>, Vec<ArticleId>)> {
        let begun = Instant::now();
        loop {
            match self.index_now(scope).await? {
                Some(ready) => return Ok(ready),
                None if begun.elapsed() < WAIT => tokio::time::sleep(LOOK).await,
                None => {
                    let why = "The search index is not there yet, or too far behind. Try again in a moment.";
                    return Err(Error::new(Kind::Busy, "search_not_ready", why));
                }
            }
        }
    }

    /// The same, for who does not wait: none where it is not there yet or too far behind.
    pub(super) async fn index_now(&self, scope: &Scope) -> Result<Option<(Arc<View>, Vec<ArticleId>)>> {
        scope.readings.saw(Tag::Any);
        let ready = self.closed_up().await?;
        Ok(ready.map(|(view, behind)| {
            scope.readings.began_at(view.mark().position);
            (view, behind.iter().filter_map(|entry| taken_away(entry)).collect())
        }))
    }

    /// The index, and the entries of the wire that it has not followed yet; none where that is too much.
    pub(super) async fn closed_up(&self) -> Result<Option<(Arc<View>, Vec<Arc<Entry>>)>> {
        let Some(view) = self.index.view() else { return Ok(None) };
        let position = view.mark().position;
        let head = self.wire.head().position;
        let behind = match self.wire.read(position, MOST_BEHIND).await {
            Ok(entries) => entries,
            Err(error) if error.kind == Kind::Gone => return Ok(None),
            Err(error) => return Err(error),
        };
        let upto = behind.last().map_or(position, |entry| entry.position);
        Ok((upto >= head).then_some((view, behind)))
    }

    /// How the index is, for administrators.
    pub fn index_status(&self) -> IndexStatus {
        let view = self.index.view();
        let position = view.as_ref().map_or(Position(0), |view| view.mark().position);
        let progress = view.as_ref().and_then(|view| view.mark().progress());
        IndexStatus {
            state: match (&view, progress) {
                (None, _) => "missing",
                (Some(_), Some(_)) => "rebuilding",
                (Some(_), None) => "ready",
            },
            progress,
            stories: view.as_ref().map_or(0, |view| view.stories()),
            bytes: self.index.size(),
            behind: (self.wire.head().position.0 - position.0).max(0),
        }
    }

    /// Looks for something on a thread of its own. What cannot be read makes the index be looked through.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, Unreadable> + Send + 'static,
    ) -> Result<T> {
        match tokio::task::spawn_blocking(job).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(unreadable)) => {
                self.index.suspect();
                Err(Error::internal(unreadable))
            }
            Err(panicked) => {
                self.index.suspect();
                Err(Error::internal(panicked))
            }
        }
    }

    /// Until when an answer is good, whatever happens: until something expires, and as long as recency weighs the same.
    pub(super) async fn note_times(&self, scope: &Scope, terms: &Terms, order: Order) -> Result<()> {
        if let Some(expiry) = self.store.next_expiry(terms.expires_after).await? {
            scope.readings.good_until([expiry]);
        }
        if order == Order::Relevance {
            let day = SignedDuration::from_hours(24);
            let today = terms.expires_after.as_second().div_euclid(day.as_secs()) * day.as_secs();
            let midnight = Timestamp::from_second(today)
                .ok()
                .and_then(|today| today.checked_add(day).ok());
            scope.readings.good_until(midnight);
        }
        Ok(())
    }

    /// The topics and sources that a query names.
    async fn names(&self, scope: &Scope, asked: &Asked) -> Result<Names> {
        let mut names = Names::default();
        let topics = asked.names(Field::Topic);
        if !topics.is_empty() {
            let keys: Vec<TopicKey> = topics.iter().map(|name| TopicKey::read(name)).collect();
            let found = self.find_topics(scope, &keys).await?;
            let ids = topics.into_iter().filter_map(|name| {
                let id = found.get(&TopicKey::read(&name))?.id;
                Some((name, id))
            });
            names.topics = ids.collect();
        }
        let sources = asked.names(Field::Source);
        if !sources.is_empty() {
            scope.readings.saw(Tag::Sources);
            let found = self.store.find_sources(&sources).await?;
            names.sources = found.into_iter().map(|(slug, source)| (slug, source.id)).collect();
        }
        Ok(names)
    }

    /// The hits of a page, and how many of those that were found are not shown after all.
    async fn shown(
        &self,
        scope: &Scope,
        (order, page): (Order, &Page),
        first: Vec<Rank>,
        (asked, tongues): (&Asked, &[Tongue]),
    ) -> Result<(Slice<Hit>, u64)> {
        let ids: Vec<ArticleId> = first.iter().map(|rank| id(order, *rank)).collect();
        let keys: Vec<ArticleKey> = ids.iter().copied().map(ArticleKey::Id).collect();
        let stories = self.load_stories(scope, &keys).await?;
        let lost = (keys.len() - stories.len()) as u64;
        let rows = first.into_iter().map(|rank| Edge {
            cursor: cursor(order, rank),
            node: rank,
        });
        let slice = Slice::cut(page, rows.collect(), Beyond::default());
        let slice = slice.map(|rank| {
            let story = stories.get(&ArticleKey::Id(id(order, rank)))?;
            Some(Hit {
                story: Arc::clone(story),
                score: (order == Order::Relevance).then(|| f64::from(rank.score) / 1_000.0),
                fragments: fragments(story, asked, tongues),
            })
        });
        Ok((slice, lost))
    }

    async fn in_order(&self, scope: &Scope, ids: &[ArticleId]) -> Result<Vec<Arc<Story>>> {
        let keys: Vec<ArticleKey> = ids.iter().copied().map(ArticleKey::Id).collect();
        let stories = self.load_stories(scope, &keys).await?;
        Ok(keys.iter().filter_map(|key| stories.get(key).cloned()).collect())
    }

    async fn spread(
        &self,
        scope: &Scope,
        mut facets: HashMap<&'static str, HashMap<String, u64>>,
        days: HashMap<i64, u64>,
    ) -> Result<Spread> {
        let mut of = |facet: Facet| facet.column().and_then(|c| facets.remove(c)).unwrap_or_default();
        let topics = most_frequent(of(Facet::Topic));
        let sources = most_frequent(of(Facet::Source));
        let languages = most_frequent(of(Facet::Language));
        let topic_ids: Vec<TopicId> = topics.iter().filter_map(|(id, _)| Some(TopicId(uuid(id)?))).collect();
        let source_ids: Vec<SourceId> = sources.iter().filter_map(|(id, _)| Some(SourceId(uuid(id)?))).collect();
        let named = match topic_ids.is_empty() {
            true => HashMap::new(),
            false => self.load_topics(scope, &topic_ids).await?,
        };
        let who = match source_ids.is_empty() {
            true => HashMap::new(),
            false => self.sources(scope, &source_ids).await?,
        };
        let topic = |(id, count): &(String, u64)| Some((named.get(&TopicId(uuid(id)?)).cloned()?, *count));
        let source = |(id, count): &(String, u64)| Some((who.get(&SourceId(uuid(id)?)).cloned()?, *count));
        let mut days: Vec<(i64, u64)> = days.into_iter().collect();
        days.sort_unstable_by_key(|(day, _)| std::cmp::Reverse(*day));
        days.truncate(MOST_DAYS);
        let day = |(day, count): (i64, u64)| {
            let begins = Timestamp::from_second(day.checked_mul(86_400)?).ok()?;
            Some((begins.to_zoned(jiff::tz::TimeZone::UTC).date(), count))
        };
        Ok(Spread {
            topics: topics.iter().filter_map(topic).collect(),
            languages,
            sources: sources.iter().filter_map(source).collect(),
            days: days.into_iter().filter_map(day).collect(),
        })
    }
}

fn uuid(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok()
}

fn most_frequent(counts: HashMap<String, u64>) -> Vec<(String, u64)> {
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_unstable_by(|(a, most), (b, more)| more.cmp(most).then_with(|| a.cmp(b)));
    counts.truncate(MOST_VALUES);
    counts
}

/// The story that an entry has taken away from somebody.
fn taken_away(entry: &Entry) -> Option<ArticleId> {
    match &entry.subject {
        Subject::Article(edition) => {
            let leaves = edition
                .reach
                .before
                .iter()
                .any(|channel| !edition.reach.after.contains(channel));
            (edition.step.takes_away() || leaves).then_some(edition.id)
        }
        Subject::Topic(_) | Subject::Collection(_) | Subject::Channel(_) => None,
        Subject::Source(_) | Subject::Access | Subject::Epoch => None,
    }
}

pub(super) fn id(order: Order, rank: Rank) -> ArticleId {
    ArticleId(Uuid::from_u128(rank.place(order).1))
}

fn cursor(order: Order, rank: Rank) -> Cursor {
    let (first_published, id) = rank.place(order);
    let id = Uuid::from_u128(id);
    match order {
        Order::Relevance => Cursor::Hit {
            score: rank.score,
            first_published,
            id,
        },
        Order::Newest | Order::Oldest => Cursor::Story { first_published, id },
    }
}

fn rank(order: Order, cursor: &Cursor) -> Option<Rank> {
    match cursor {
        Cursor::Hit {
            score,
            first_published,
            id,
        } => Some(Rank::new(order, *score, *first_published, id.as_u128())),
        Cursor::Story { first_published, id } => Some(Rank::new(order, 0, *first_published, id.as_u128())),
        Cursor::Slug(_) | Cursor::Number(_) => None,
    }
}

/// The topics of the house with their names as words, and since when they are known to be so.
pub(super) struct TopicNames {
    began: Position,
    topics: Vec<(Vec<Vec<String>>, Arc<Topic>)>,
}

impl Archive {
    /// Topics of which a name has these words, the last of them perhaps not written to its end; those that begin with them
    /// first.
    async fn topics_named(&self, scope: &Scope, text: &str, most: usize) -> Result<Vec<Arc<Topic>>> {
        scope.readings.saw(Tag::Topics);
        let typed = crate::search::folded(text);
        let Some((last, before)) = typed.split_last() else {
            return Ok(Vec::new());
        };
        let names = self.topic_names().await?;
        let mut found: Vec<(bool, usize, &Arc<Topic>)> = Vec::new();
        for (spellings, topic) in &names.topics {
            let fits = |name: &&Vec<String>| {
                name.iter().any(|word| word.starts_with(last)) && before.iter().all(|word| name.contains(word))
            };
            let first = typed.first().unwrap_or(last);
            let begins = |name: &Vec<String>| name.first().is_some_and(|word| word.starts_with(first));
            let best = spellings
                .iter()
                .filter(fits)
                .map(|name| (!begins(name), name.len()))
                .min();
            found.extend(best.map(|(later, words)| (later, words, topic)));
        }
        found.sort_by(|a, b| (a.0, a.1, &a.2.slug).cmp(&(b.0, b.1, &b.2.slug)));
        Ok(found
            .into_iter()
            .take(most)
            .map(|(_, _, topic)| Arc::clone(topic))
            .collect())
    }

    /// Kept in memory until a topic changes: they are few, and asked for with every letter that somebody types.
    async fn topic_names(&self) -> Result<Arc<TopicNames>> {
        let mut kept = self.topic_names.lock().await;
        if let Some(names) = kept.as_ref()
            && self.wire.freshness().holds(&[Tag::Topics], names.began)
        {
            return Ok(Arc::clone(names));
        }
        let began = self.wire.freshness().due();
        let mut topics = Vec::new();
        let mut page = Page::first(crate::page::MOST);
        loop {
            let slice = self
                .store
                .list_topics(&crate::news::filter::TopicFilter::default(), &page)
                .await?;
            let next = slice.next().and_then(|next| Cursor::decode(&next));
            for Edge { node, .. } in slice.edges {
                let spellings = node.names.values().map(|name| crate::search::folded(name)).collect();
                topics.push((spellings, Arc::new(node)));
            }
            match next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        let names = Arc::new(TopicNames { began, topics });
        *kept = Some(Arc::clone(&names));
        Ok(names)
    }
}
