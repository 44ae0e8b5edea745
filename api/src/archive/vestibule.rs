//! What waits under embargo, for those who may know of it: publishers, and readers with the right to advance copy. To
//! everybody else the answer is the same whether anything waits or not. Nothing here leaves a tag, so nothing of it is ever
//! kept; who was shown advance copy is noted by the doors.

use super::Archive;
use crate::error::{Error, Kind, Result};
use crate::news::channel::{Channel, Definition, Facts, Sight};
use crate::news::pending::{AdvanceCopy, AdvanceTopic, Pending};
use crate::news::submission::Submission;
use crate::news::topic::TopicKey;
use crate::news::viewer::{Scope, Viewer};
use crate::news::{TopicId, html, slug};
use crate::page::{Beyond, Edge, Page, Slice, Take};
use crate::search::{Said, Texts};
use std::collections::HashSet;

/// So many are looked through at a time.
const STRIDE: u32 = 100;

impl Archive {
    /// What waits, in the order of its release, for who publishes.
    pub async fn list_pending(&self, scope: &Scope, page: &Page) -> Result<Slice<(Pending, AdvanceCopy)>> {
        admit(scope, scope.viewer.may_publish(), "a key of scope `publish` or `admin`")?;
        self.waiting(page).await
    }

    /// What waits under this uri, for who publishes.
    pub async fn find_pending(&self, scope: &Scope, uri: &str) -> Result<(Pending, AdvanceCopy)> {
        admit(scope, scope.viewer.may_publish(), "a key of scope `publish` or `admin`")?;
        let pending = self.store.find_pending(uri).await?;
        let pending = pending.ok_or_else(|| Error::not_found("story under embargo"))?;
        let mut copies = self.copies(vec![pending]).await?;
        copies.pop().ok_or_else(|| Error::internal("a copy was not made"))
    }

    /// Advance copy: what waits, whole, in the order of its release. Where reading is by right, of the channels that he
    /// may read.
    pub async fn advance(&self, scope: &Scope, page: &Page) -> Result<Slice<(Pending, AdvanceCopy)>> {
        admit(scope, scope.viewer.may_read_advance(), "the right to advance copy")?;
        let slice = match scope.sight {
            Sight::All => self.store.list_pending(page).await?,
            Sight::Channels(_) => self.entitled(scope, page).await?,
        };
        self.copied(slice).await
    }

    /// A page of what will stand in one of his channels when it is published. What will not is as if it did not wait: a
    /// page is as full as it would be without it, and its cursors are those of what he sees.
    async fn entitled(&self, scope: &Scope, page: &Page) -> Result<Slice<Pending>> {
        let channels = self.store.list_channels().await?;
        let his = channels.iter().filter(|channel| scope.sight.shows(channel.id));
        let his: Vec<&Definition> = his.filter_map(Channel::definition).collect();
        let rows = self.walk(&his, page, page.size() as usize + 1).await?;
        let beyond = |take, after, before| Page { take, after, before };
        let before = page
            .after
            .as_ref()
            .map(|after| beyond(Take::Last(1), None, after.one_above()));
        let after = page
            .before
            .as_ref()
            .map(|before| beyond(Take::First(1), before.one_below(), None));
        let mut found = Beyond::default();
        for (page, found) in [(before, &mut found.before), (after, &mut found.after)] {
            if let Some(page) = page {
                *found = !self.walk(&his, &page, 1).await?.is_empty();
            }
        }
        Ok(Slice::cut(page, rows, found))
    }

    /// The first so many of a page's range, in its direction, that one of these holds.
    async fn walk(&self, channels: &[&Definition], page: &Page, wanted: usize) -> Result<Vec<Edge<Pending>>> {
        let mut kept = Vec::new();
        let mut asked = Page {
            take: match page.take {
                Take::First(_) => Take::First(STRIDE),
                Take::Last(_) => Take::Last(STRIDE),
            },
            ..page.clone()
        };
        loop {
            let slice = self.store.list_pending(&asked).await?;
            let (mut edges, more) = (slice.edges, slice.has_next);
            let more = match page.take {
                Take::First(_) => more,
                Take::Last(_) => {
                    edges.reverse();
                    slice.has_previous
                }
            };
            let reached = edges.last().map(|edge| edge.cursor.clone());
            let held = self.held(channels, &edges).await?;
            kept.extend(
                edges
                    .into_iter()
                    .zip(held)
                    .filter(|(_, held)| *held)
                    .map(|(edge, _)| edge),
            );
            kept.truncate(wanted);
            if kept.len() == wanted || !more || reached.is_none() {
                return Ok(kept);
            }
            match page.take {
                Take::First(_) => asked.after = reached,
                Take::Last(_) => asked.before = reached,
            }
        }
    }

    /// Which of these will stand in one of the channels, as far as it is known today.
    async fn held(&self, channels: &[&Definition], waiting: &[Edge<Pending>]) -> Result<Vec<bool>> {
        let articles = || waiting.iter().map(|edge| &edge.node.content.article);
        let keys = articles()
            .flat_map(|a| a.topics.iter().flatten())
            .map(|t| TopicKey::read(t));
        let keys: Vec<TopicKey> = keys.collect::<HashSet<_>>().into_iter().collect();
        let topics = self.store.find_topics(&keys).await?;
        let ids: Vec<TopicId> = topics.values().map(|t| t.id).collect();
        let ancestors = self.store.topic_ancestors(&ids).await?;
        let language = |a: &Submission| {
            a.language
                .clone()
                .unwrap_or_else(|| self.site.home_language().to_owned())
        };
        let source = |a: &Submission| slug::of_name(a.source.as_deref()?, &language(a));
        let slugs: Vec<String> = articles().filter_map(source).collect();
        let sources = self.store.find_sources(&slugs).await?;
        let by_words = channels.iter().any(|channel| channel.goes_by_words());
        let held = articles().map(|article| {
            let said = article.topics.iter().flatten();
            let own = said.filter_map(|said| topics.get(&TopicKey::read(said))).map(|t| t.id);
            let feeds: Vec<TopicId> = own
                .flat_map(|id| std::iter::once(id).chain(ancestors.get(&id).into_iter().flatten().copied()))
                .collect();
            let language = language(article);
            let urgency = article.urgency.and_then(|u| u8::try_from(u).ok());
            let body = match by_words {
                true => plain(article),
                false => String::new(),
            };
            let said = Said::of(Texts {
                language: &language,
                headline: article.headline.as_deref().unwrap_or_default(),
                summary: article.summary.as_deref(),
                byline: article.byline.as_deref(),
                body: &body,
                genre: article.genre.as_deref(),
                urgency,
            });
            let answers = |query: &str| said.answers(query);
            let facts = Facts {
                feeds: &feeds,
                language: &language,
                source: source(article).and_then(|slug| sources.get(&slug)).map(|s| s.id),
                genre: article.genre.as_deref(),
                urgency,
                answers: &answers,
            };
            channels.iter().any(|channel| channel.holds(facts))
        });
        Ok(held.collect())
    }

    async fn waiting(&self, page: &Page) -> Result<Slice<(Pending, AdvanceCopy)>> {
        let slice = self.store.list_pending(page).await?;
        self.copied(slice).await
    }

    async fn copied(&self, slice: Slice<Pending>) -> Result<Slice<(Pending, AdvanceCopy)>> {
        let waiting = slice.edges.iter().map(|edge| edge.node.clone()).collect();
        let mut copies = self.copies(waiting).await?.into_iter();
        Ok(slice.map(|_| copies.next()))
    }

    async fn copies(&self, waiting: Vec<Pending>) -> Result<Vec<(Pending, AdvanceCopy)>> {
        let said = |p: &Pending| p.content.article.topics.clone().unwrap_or_default();
        let keys: HashSet<TopicKey> = waiting.iter().flat_map(said).map(|t| TopicKey::read(&t)).collect();
        let topics = if keys.is_empty() {
            Default::default()
        } else {
            self.store.find_topics(&keys.into_iter().collect::<Vec<_>>()).await?
        };
        let copy = |pending: Pending| {
            let language = pending.content.article.language.clone().unwrap_or_default();
            let name = |said: &str| {
                let topic = topics.get(&TopicKey::read(said))?;
                Some(AdvanceTopic {
                    slug: topic.slug.clone(),
                    name: topic.name(&language, self.site.home_language()).to_owned(),
                })
            };
            let copy = AdvanceCopy::of(&pending, name);
            (pending, copy)
        };
        Ok(waiting.into_iter().map(copy).collect())
    }
}

/// Says what is needed, and nothing of what there is.
fn admit(scope: &Scope, may: bool, needed: &str) -> Result<()> {
    if may {
        return Ok(());
    }
    Err(match scope.viewer {
        Viewer::Public => Error::new(
            Kind::Unauthenticated,
            "key_required",
            "This needs a key: send `Authorization: Bearer <key>`. A publisher issues one with `dateline key issue`.",
        ),
        Viewer::Key(_) | Viewer::Operator => {
            Error::new(Kind::Forbidden, "scope_required", format!("This needs {needed}."))
        }
    })
}

/// The text that a story will have.
fn plain(article: &Submission) -> String {
    let clean = match (&article.body, &article.body_text) {
        (Some(body), _) => html::sanitise(body),
        (None, Some(text)) => html::from_text(text),
        (None, None) => return String::new(),
    };
    html::plain(&html::paragraphs(&clean))
}
