//! What a publisher can do. Refusals that he can mend are in the payload.

use super::article::Article;
use super::collection::Collection;
use super::input::{
    CancelArticleInput, CorrectArticleInput, MergeTopicInput, PublishArticleInput, PutCollectionInput, PutTopicInput,
    RenameArticleInput, RepeatKey, RestoreArticleInput, WithholdArticleInput,
};
use super::loaders;
use super::refusal::{UserError, refuse, user_errors};
use super::topic::Topic;
use super::vestibule::{self, PendingArticle};
use crate::desk::{self, Desk, Done, Expected, Idempotency, Order, Receipt};
use crate::news::story::{self, ArticleKey};
use crate::news::submission::{CancelSubmission, CorrectionSubmission, RenameSubmission, WithholdSubmission};
use crate::news::topic::TopicKey;
use crate::news::viewer::Viewer;
use crate::news::{ArticleId, CollectionId, TopicId, Version};
use crate::web::Caller;
use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use std::sync::Arc;

pub struct Mutation;

/// What became of a write.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "desk::Outcome")]
pub enum Outcome {
    Created,
    Updated,
    /// It said nothing new.
    Unchanged,
    Corrected,
    Withheld,
    Restored,
    Canceled,
    Renamed,
    /// It waits until its embargo is over.
    Embargoed,
    /// It waits until another moment.
    Rescheduled,
    /// It waits no more, and is not published.
    Dropped,
}

#[derive(SimpleObject)]
pub struct PublishArticlePayload {
    /// Null when it was refused, and when it waits or is withheld.
    article: Option<Article>,
    /// What waits, where it is under embargo.
    pending: Option<PendingArticle>,
    outcome: Option<Outcome>,
    user_errors: Vec<UserError>,
}

/// What became of a step of a story's life. `article` is null where readers cannot see it any more, and when the step
/// was refused.
#[derive(SimpleObject)]
pub struct StepPayload {
    article: Option<Article>,
    article_id: Option<ID>,
    version: Option<i32>,
    outcome: Option<Outcome>,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub struct PutTopicPayload {
    /// Null when it was refused.
    topic: Option<Topic>,
    outcome: Option<Outcome>,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub struct PutCollectionPayload {
    /// Null when it was refused.
    collection: Option<Collection>,
    outcome: Option<Outcome>,
    user_errors: Vec<UserError>,
}

/// Who writes, with what, and under which key.
pub(super) struct Writer<'a> {
    pub(super) desk: &'a Desk,
    pub(super) viewer: &'a Viewer,
    pub(super) repeat: Option<Idempotency>,
}

pub(super) fn writer<'a>(ctx: &Context<'a>) -> Result<Writer<'a>> {
    let (desk, caller) = (ctx.data::<Desk>()?, ctx.data::<Caller>()?);
    let path = ctx.path_node.map(|path| path.to_string()).unwrap_or_default();
    desk.admit(&caller.viewer).map_err(|e| refuse(&e))?;
    Ok(Writer {
        desk,
        viewer: &caller.viewer,
        repeat: ctx.data::<RepeatKey>()?.at(&path),
    })
}

pub(super) fn expected(version: Option<i32>) -> Option<Expected> {
    version.map(|v| Expected::OneOf(vec![Version(v)]))
}

async fn stepped(ctx: &Context<'_>, done: crate::error::Result<Receipt>) -> Result<StepPayload> {
    let Receipt {
        id, version, outcome, ..
    } = match done {
        Ok(receipt) => receipt,
        Err(error) => {
            return Ok(StepPayload {
                article: None,
                article_id: None,
                version: None,
                outcome: None,
                user_errors: user_errors(error)?,
            });
        }
    };
    let house = loaders::of(ctx)?.loader();
    let found = house
        .archive
        .find_story(&house.scope, &ArticleKey::Id(ArticleId(id)))
        .await
        .map_err(|e| refuse(&e))?;
    Ok(StepPayload {
        article: found.map(Article),
        article_id: Some(ID(id.to_string())),
        version: Some(version),
        outcome: Some(outcome.into()),
        user_errors: Vec::new(),
    })
}

/// The answer to a publication that may have to wait.
pub(super) async fn put(ctx: &Context<'_>, done: crate::error::Result<Done>) -> Result<PublishArticlePayload> {
    let (id, outcome) = match done {
        Ok(Done::Filed(Receipt { id, outcome, .. })) => (id, outcome),
        Ok(Done::Waits(receipt)) => {
            return Ok(PublishArticlePayload {
                article: None,
                pending: vestibule::found(ctx, &receipt.uri).await?,
                outcome: Some(receipt.outcome.into()),
                user_errors: Vec::new(),
            });
        }
        Err(error) => {
            return Ok(PublishArticlePayload {
                article: None,
                pending: None,
                outcome: None,
                user_errors: user_errors(error)?,
            });
        }
    };
    let house = loaders::of(ctx)?.loader();
    let key = ArticleKey::Id(ArticleId(id));
    let article = house.archive.find_story(&house.scope, &key).await;
    Ok(PublishArticlePayload {
        article: article.map_err(|e| refuse(&e))?.map(Article),
        pending: None,
        outcome: Some(outcome.into()),
        user_errors: Vec::new(),
    })
}

#[Object(name = "DeskMutation")]
impl Mutation {
    /// Puts something right, and says so.
    async fn correct_article(&self, ctx: &Context<'_>, input: CorrectArticleInput) -> Result<StepPayload> {
        let Writer { desk, viewer, repeat } = writer(ctx)?;
        let CorrectArticleInput {
            by,
            if_version,
            text,
            kind,
            article,
        } = input;
        let correction = CorrectionSubmission {
            text: Some(text),
            kind: Some(story::CorrectionKind::from(kind).as_str().to_owned()),
            article: article.map(PublishArticleInput::submission),
        };
        let done = desk.correct(viewer, by.key()?, correction, expected(if_version), repeat.as_ref());
        stepped(ctx, done.await).await
    }

    /// Takes a story back; it may return.
    async fn withhold_article(&self, ctx: &Context<'_>, input: WithholdArticleInput) -> Result<StepPayload> {
        let Writer { desk, viewer, repeat } = writer(ctx)?;
        let WithholdArticleInput { by, if_version, reason } = input;
        let withhold = WithholdSubmission { reason };
        let done = desk.withhold(viewer, by.key()?, withhold, expected(if_version), repeat.as_ref());
        stepped(ctx, done.await).await
    }

    /// Brings a withheld story back.
    async fn restore_article(&self, ctx: &Context<'_>, input: RestoreArticleInput) -> Result<StepPayload> {
        let Writer { desk, viewer, repeat } = writer(ctx)?;
        let RestoreArticleInput { by, if_version } = input;
        let done = desk.restore(viewer, by.key()?, expected(if_version), repeat.as_ref());
        stepped(ctx, done.await).await
    }

    /// Kills a story with all its versions, for good.
    async fn cancel_article(&self, ctx: &Context<'_>, input: CancelArticleInput) -> Result<StepPayload> {
        let Writer { desk, viewer, repeat } = writer(ctx)?;
        let CancelArticleInput {
            by,
            if_version,
            reason,
            replacement,
            mandatory,
        } = input;
        let cancel = CancelSubmission {
            reason: Some(reason),
            replacement,
            mandatory: Some(mandatory),
        };
        let done = desk.cancel(viewer, by.key()?, cancel, expected(if_version), repeat.as_ref());
        stepped(ctx, done.await).await
    }

    /// Gives a story another uri or slug.
    async fn rename_article(&self, ctx: &Context<'_>, input: RenameArticleInput) -> Result<StepPayload> {
        let Writer { desk, viewer, repeat } = writer(ctx)?;
        let RenameArticleInput {
            by,
            if_version,
            uri,
            slug,
        } = input;
        let rename = RenameSubmission { uri, slug };
        let done = desk.rename(viewer, by.key()?, rename, expected(if_version), repeat.as_ref());
        stepped(ctx, done.await).await
    }

    /// Publishes a story, or a new edition of it.
    async fn publish_article(&self, ctx: &Context<'_>, input: PublishArticleInput) -> Result<PublishArticlePayload> {
        let Writer { desk, viewer, repeat } = writer(ctx)?;
        let expected = match (input.if_version, input.if_revision) {
            (version, Some(revision)) => Some(Expected::Waiting {
                revisions: vec![revision],
                versions: version.map(Version).into_iter().collect(),
            }),
            (version, None) => expected(version),
        };
        let done = match desk.draft(input.submission()) {
            Ok(draft) => {
                let order = Order::new(draft, expected);
                Box::pin(desk.publish(viewer, order, repeat.as_ref())).await
            }
            Err(error) => Err(error),
        };
        put(ctx, done).await
    }

    /// Puts a topic in, new or changed.
    async fn put_topic(&self, ctx: &Context<'_>, input: PutTopicInput) -> Result<PutTopicPayload> {
        let Writer { desk, viewer, repeat } = writer(ctx)?;
        let expected = expected(input.if_version);
        let done = desk
            .put_topic(viewer, input.submission(), None, expected, repeat.as_ref())
            .await;
        topic_payload(ctx, done).await
    }

    /// Merges a topic into another one: its names lead there for ever, its stories follow. Gives the one that took it in.
    async fn merge_topic(&self, ctx: &Context<'_>, input: MergeTopicInput) -> Result<PutTopicPayload> {
        let Writer { desk, viewer, repeat } = writer(ctx)?;
        let expected = expected(input.if_version);
        let (topic, merge) = input.submission();
        let done = desk.merge_topic(viewer, topic, merge, expected, repeat.as_ref()).await;
        topic_payload(ctx, done).await
    }

    /// Puts a collection in, new or changed.
    async fn put_collection(&self, ctx: &Context<'_>, input: PutCollectionInput) -> Result<PutCollectionPayload> {
        let Writer { desk, viewer, repeat } = writer(ctx)?;
        let expected = expected(input.if_version);
        match desk
            .put_collection(viewer, input.submission(), None, expected, repeat.as_ref())
            .await
        {
            Ok(Receipt { id, outcome, .. }) => {
                let house = loaders::of(ctx)?.loader();
                let found = house
                    .archive
                    .find_collection_by_id(&house.scope, CollectionId(id))
                    .await
                    .map_err(|e| refuse(&e))?;
                let collection = found.map(Collection);
                Ok(PutCollectionPayload {
                    collection,
                    outcome: Some(outcome.into()),
                    user_errors: Vec::new(),
                })
            }
            Err(error) => Ok(PutCollectionPayload {
                collection: None,
                outcome: None,
                user_errors: user_errors(error)?,
            }),
        }
    }
}

async fn topic_payload(ctx: &Context<'_>, done: crate::error::Result<Receipt>) -> Result<PutTopicPayload> {
    match done {
        Ok(Receipt { id, outcome, .. }) => {
            let house = loaders::of(ctx)?.loader();
            let found = house
                .archive
                .find_topic(&house.scope, &TopicKey::Id(TopicId(id)))
                .await
                .map_err(|e| refuse(&e))?;
            let topic = found.map(|t| Topic::alone(Arc::new(t)));
            Ok(PutTopicPayload {
                topic,
                outcome: Some(outcome.into()),
                user_errors: Vec::new(),
            })
        }
        Err(error) => Ok(PutTopicPayload {
            topic: None,
            outcome: None,
            user_errors: user_errors(error)?,
        }),
    }
}
