//! What waits under embargo: for its publisher, and as advance copy for who may read it.

use super::article::BodyFormat;
use super::connection::{PageInfo, page};
use super::input::{DropPendingInput, ReleasePendingInput, ReschedulePendingInput};
use super::limits::page_cost;
use super::loaders;
use super::mutation::{Outcome, PublishArticlePayload, Writer, put, writer};
use super::refusal::{UserError, refuse, user_errors};
use super::scalar::{DateTime, TimeZone, Url};
use crate::access::Access;
use crate::desk::Done;
use crate::error::Kind;
use crate::news::html;
use crate::news::pending;
use crate::news::story;
use crate::news::submission::{LinkSubmission, RescheduleSubmission};
use crate::page::{Order, Slice};
use async_graphql::{Context, Enum, Object, Result, SimpleObject};

/// The reading half.
pub struct VestibuleQuery;

/// The writing half.
pub struct VestibuleMutation;

/// The status of what waits.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum AdvanceStatus {
    Embargoed,
}

/// A story, or a new version of one, before its time. It has no id of its own yet.
pub struct AdvanceCopy(pub pending::AdvanceCopy);

#[Object]
impl AdvanceCopy {
    /// Permanent name.
    async fn uri(&self) -> &str {
        &self.0.uri
    }

    async fn pub_status(&self) -> AdvanceStatus {
        AdvanceStatus::Embargoed
    }

    /// Nobody may publish it before.
    async fn embargoed_until(&self, time_zone: Option<TimeZone>) -> DateTime {
        DateTime::new(self.0.embargoed_until, time_zone.as_ref())
    }

    /// Counted from 1, at each change.
    async fn revision(&self) -> i32 {
        self.0.revision
    }

    async fn changed(&self, time_zone: Option<TimeZone>) -> DateTime {
        DateTime::new(self.0.changed, time_zone.as_ref())
    }

    /// Wished for; what it will be is found out when the time comes.
    async fn slug(&self) -> Option<&str> {
        self.0.slug.as_deref()
    }

    /// BCP 47.
    async fn language(&self) -> Option<&str> {
        self.0.language.as_deref()
    }

    async fn headline(&self) -> &str {
        &self.0.headline
    }

    async fn summary(&self) -> Option<&str> {
        self.0.summary.as_deref()
    }

    async fn byline(&self) -> Option<&str> {
        self.0.byline.as_deref()
    }

    /// Where it was written, as printed.
    async fn dateline(&self) -> Option<&str> {
        self.0.dateline.as_deref()
    }

    async fn slugline(&self) -> Option<&str> {
        self.0.slugline.as_deref()
    }

    /// 1 highest … 9.
    async fn urgency(&self) -> Option<i64> {
        self.0.urgency
    }

    async fn genre(&self) -> Option<&str> {
        self.0.genre.as_deref()
    }

    /// The publisher's note to editors.
    async fn ed_note(&self) -> Option<&str> {
        self.0.ed_note.as_deref()
    }

    /// Null: the end of the embargo.
    async fn first_published(&self, time_zone: Option<TimeZone>) -> Option<DateTime> {
        self.0.first_published.map(|at| DateTime::new(at, time_zone.as_ref()))
    }

    /// Null: the end of the embargo.
    async fn published(&self, time_zone: Option<TimeZone>) -> Option<DateTime> {
        self.0.published.map(|at| DateTime::new(at, time_zone.as_ref()))
    }

    async fn expires(&self, time_zone: Option<TimeZone>) -> Option<DateTime> {
        self.0.expires.map(|at| DateTime::new(at, time_zone.as_ref()))
    }

    /// The name of the organisation it comes from.
    async fn source(&self) -> Option<&str> {
        self.0.source.as_deref()
    }

    /// The main topic first.
    async fn topics(&self) -> Vec<AdvanceTopic> {
        let topics = self.0.topics.iter().cloned();
        topics
            .map(|pending::AdvanceTopic { slug, name }| AdvanceTopic { slug, name })
            .collect()
    }

    async fn related_links(&self) -> Vec<AdvanceLink> {
        self.0.related_links.iter().cloned().map(AdvanceLink).collect()
    }

    async fn renditions(&self) -> Vec<super::media::Rendition> {
        let renditions = self.0.renditions.iter().cloned();
        renditions.map(super::media::Rendition).collect()
    }

    /// The uri of the story whose place this one takes.
    async fn replaces_uri(&self) -> Option<&str> {
        self.0.replaces.as_deref()
    }

    async fn body(&self, #[graphql(default_with = "BodyFormat::Html")] format: BodyFormat) -> String {
        match format {
            BodyFormat::Html => self.0.body.clone(),
            BodyFormat::Text => html::plain(&self.0.paragraphs),
            BodyFormat::Markdown => html::markdown(&self.0.body),
        }
    }

    /// The body as plain text, paragraph by paragraph.
    async fn paragraphs(&self) -> Vec<String> {
        self.0.paragraphs.clone()
    }

    async fn word_count(&self) -> u32 {
        self.0.word_count
    }
}

/// A topic of what waits; it may not be in the house yet.
#[derive(SimpleObject)]
pub struct AdvanceTopic {
    /// Slug or code.
    slug: String,
    name: String,
}

/// A link that an editor chose, as he put it in.
pub struct AdvanceLink(LinkSubmission);

#[Object]
impl AdvanceLink {
    async fn kind(&self) -> Option<super::beside::RelatedLinkKind> {
        story::LinkKind::parse(&self.0.kind).map(Into::into)
    }

    /// Of the story it leads to; null for an external link.
    async fn uri(&self) -> Option<&str> {
        self.0.uri.as_deref()
    }

    /// Of the page elsewhere; null for a link to a story.
    async fn url(&self) -> Option<Url> {
        self.0.url.clone().map(Url)
    }

    async fn title(&self) -> Option<&str> {
        self.0.title.as_deref()
    }
}

/// What waits, as its publisher sees it.
pub struct PendingArticle(pub pending::Pending, pub pending::AdvanceCopy);

#[Object]
impl PendingArticle {
    /// Permanent name.
    async fn uri(&self) -> &str {
        &self.0.uri
    }

    async fn embargoed_until(&self, time_zone: Option<TimeZone>) -> DateTime {
        DateTime::new(self.0.embargoed_until, time_zone.as_ref())
    }

    /// Counted from 1, at each change.
    async fn revision(&self) -> i32 {
        self.0.revision
    }

    /// The key that put it in last, by its public part.
    async fn owner(&self) -> &str {
        &self.0.owner
    }

    async fn created(&self, time_zone: Option<TimeZone>) -> DateTime {
        DateTime::new(self.0.created, time_zone.as_ref())
    }

    async fn changed(&self, time_zone: Option<TimeZone>) -> DateTime {
        DateTime::new(self.0.changed, time_zone.as_ref())
    }

    /// Why the last release failed; null as long as none has.
    async fn failure(&self) -> Option<&str> {
        self.0.failure.as_deref()
    }

    /// When the last release failed.
    async fn tried(&self, time_zone: Option<TimeZone>) -> Option<DateTime> {
        self.0.tried.map(|at| DateTime::new(at, time_zone.as_ref()))
    }

    /// The story itself.
    async fn copy(&self) -> AdvanceCopy {
        AdvanceCopy(self.1.clone())
    }
}

/// A page of what waits, in the order of its release.
pub struct PendingArticleConnection(Slice<(pending::Pending, pending::AdvanceCopy)>);

#[Object]
impl PendingArticleConnection {
    async fn nodes(&self) -> Vec<PendingArticle> {
        let nodes = self.0.edges.iter().map(|edge| edge.node.clone());
        nodes.map(|(pending, copy)| PendingArticle(pending, copy)).collect()
    }

    async fn page_info(&self) -> PageInfo {
        PageInfo::of(&self.0)
    }
}

/// A page of advance copy, in the order of its release.
pub struct AdvanceConnection(Slice<pending::AdvanceCopy>);

#[Object]
impl AdvanceConnection {
    async fn nodes(&self) -> Vec<AdvanceCopy> {
        self.0.edges.iter().map(|edge| AdvanceCopy(edge.node.clone())).collect()
    }

    async fn page_info(&self) -> PageInfo {
        PageInfo::of(&self.0)
    }
}

#[Object]
impl VestibuleQuery {
    /// What waits under embargo, in the order of its release. Needs a key of scope PUBLISH.
    #[graphql(complexity = "page_cost(first.or(last), 20, child_complexity)")]
    async fn pending_articles(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<PendingArticleConnection> {
        let house = loaders::of(ctx)?.loader();
        house.scope.readings.personal();
        let page = page(first, after.as_deref(), last, before.as_deref(), Order::Story)?;
        let slice = house.archive.list_pending(&house.scope, &page).await;
        slice.map(PendingArticleConnection).map_err(|e| refuse(&e))
    }

    /// What waits under this uri; null when nothing does. Needs a key of scope PUBLISH.
    async fn pending_article(&self, ctx: &Context<'_>, uri: String) -> Result<Option<PendingArticle>> {
        let house = loaders::of(ctx)?.loader();
        house.scope.readings.personal();
        match house.archive.find_pending(&house.scope, &uri).await {
            Ok((pending, copy)) => Ok(Some(PendingArticle(pending, copy))),
            Err(error) if error.kind == Kind::NotFound => Ok(None),
            Err(error) => Err(refuse(&error)),
        }
    }

    /// Advance copy: what waits under embargo, whole, in the order of its release. Needs a key with that right.
    #[graphql(complexity = "page_cost(first, 20, child_complexity)")]
    async fn advance(&self, ctx: &Context<'_>, first: Option<i32>, after: Option<String>) -> Result<AdvanceConnection> {
        let house = loaders::of(ctx)?.loader();
        house.scope.readings.personal();
        let page = page(first, after.as_deref(), None, None, Order::Story)?;
        let slice = house
            .archive
            .advance(&house.scope, &page)
            .await
            .map_err(|e| refuse(&e))?;
        let noted = ctx.data::<Access>()?.read_advance(&house.scope.viewer, &slice);
        noted.await.map_err(|e| refuse(&e))?;
        Ok(AdvanceConnection(slice.map(|(_, copy)| Some(copy))))
    }
}

/// What became of something that waits.
#[derive(SimpleObject)]
pub struct PendingPayload {
    /// Null when it was refused, and when it was dropped.
    pending: Option<PendingArticle>,
    outcome: Option<Outcome>,
    user_errors: Vec<UserError>,
}

/// What waits under this uri now.
pub async fn found(ctx: &Context<'_>, uri: &str) -> Result<Option<PendingArticle>> {
    let house = loaders::of(ctx)?.loader();
    match house.archive.find_pending(&house.scope, uri).await {
        Ok((pending, copy)) => Ok(Some(PendingArticle(pending, copy))),
        // Its time came meanwhile.
        Err(error) if error.kind == Kind::NotFound => Ok(None),
        Err(error) => Err(refuse(&error)),
    }
}

async fn payload(ctx: &Context<'_>, done: crate::error::Result<Done>) -> Result<PendingPayload> {
    Ok(match done {
        Ok(Done::Waits(receipt)) => PendingPayload {
            pending: found(ctx, &receipt.uri).await?,
            outcome: Some(receipt.outcome.into()),
            user_errors: Vec::new(),
        },
        Ok(Done::Filed(receipt)) => PendingPayload {
            pending: None,
            outcome: Some(receipt.outcome.into()),
            user_errors: Vec::new(),
        },
        Err(error) => PendingPayload {
            pending: None,
            outcome: None,
            user_errors: user_errors(error)?,
        },
    })
}

#[Object]
impl VestibuleMutation {
    /// Takes out what waits under embargo: it is not published.
    async fn drop_pending(&self, ctx: &Context<'_>, input: DropPendingInput) -> Result<PendingPayload> {
        let Writer { desk, viewer, repeat } = writer(ctx)?;
        let DropPendingInput { uri, if_revision } = input;
        let done = desk.drop_pending(viewer, uri, revision(if_revision), repeat.as_ref());
        payload(ctx, done.await).await
    }

    /// Publishes what waits under embargo now.
    async fn release_pending(&self, ctx: &Context<'_>, input: ReleasePendingInput) -> Result<PublishArticlePayload> {
        let Writer { desk, viewer, repeat } = writer(ctx)?;
        let ReleasePendingInput { uri, if_revision } = input;
        let done = desk.release_pending(viewer, uri, revision(if_revision), repeat.as_ref());
        put(ctx, done.await).await
    }

    /// Gives what waits under embargo another time.
    async fn reschedule_pending(&self, ctx: &Context<'_>, input: ReschedulePendingInput) -> Result<PendingPayload> {
        let Writer { desk, viewer, repeat } = writer(ctx)?;
        let ReschedulePendingInput {
            uri,
            embargoed_until,
            if_revision,
        } = input;
        let when = RescheduleSubmission {
            embargoed_until: Some(embargoed_until.0),
        };
        let done = desk.reschedule_pending(viewer, uri, when, revision(if_revision), repeat.as_ref());
        payload(ctx, done.await).await
    }
}

/// The revision that must be the current one.
pub fn revision(revision: Option<i32>) -> Option<crate::desk::Expected> {
    revision.map(|revision| crate::desk::Expected::Waiting {
        revisions: vec![revision],
        versions: Vec::new(),
    })
}
