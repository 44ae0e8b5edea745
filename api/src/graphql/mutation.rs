//! What a publisher can do. Refusals that he can mend are in the payload.

use super::article::Article;
use super::collection::Collection;
use super::input::{PublishArticleInput, PutCollectionInput, PutTopicInput, RepeatKey};
use super::loaders;
use super::refusal::{UserError, refuse, user_errors};
use super::topic::Topic;
use crate::desk::{self, Desk, Expected, Idempotency, Order, Receipt};
use crate::news::story::ArticleKey;
use crate::news::topic::TopicKey;
use crate::news::viewer::Viewer;
use crate::news::{ArticleId, CollectionId, TopicId, Version};
use crate::web::Caller;
use async_graphql::{Context, Enum, Object, Result, SimpleObject};
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
}

#[derive(SimpleObject)]
pub struct PublishArticlePayload {
    /// Null when it was refused.
    article: Option<Article>,
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
struct Writer<'a> {
    desk: &'a Desk,
    viewer: &'a Viewer,
    repeat: Option<Idempotency>,
}

fn writer<'a>(ctx: &Context<'a>) -> Result<Writer<'a>> {
    let (desk, caller) = (ctx.data::<Desk>()?, ctx.data::<Caller>()?);
    let path = ctx.path_node.map(|path| path.to_string()).unwrap_or_default();
    desk.admit(&caller.viewer).map_err(|e| refuse(&e))?;
    Ok(Writer {
        desk,
        viewer: &caller.viewer,
        repeat: ctx.data::<RepeatKey>()?.at(&path),
    })
}

fn expected(version: Option<i32>) -> Option<Expected> {
    version.map(|v| Expected::OneOf(vec![Version(v)]))
}

#[Object]
impl Mutation {
    /// Publishes a story, or a new edition of it.
    async fn publish_article(&self, ctx: &Context<'_>, input: PublishArticleInput) -> Result<PublishArticlePayload> {
        let Writer { desk, viewer, repeat } = writer(ctx)?;
        let expected = expected(input.if_version);
        let done = match desk.draft(input.submission()) {
            Ok(draft) => desk.publish(viewer, Order { draft, expected }, repeat.as_ref()).await,
            Err(error) => Err(error),
        };
        let Receipt { id, outcome, .. } = match done {
            Ok(receipt) => receipt,
            Err(error) => {
                return Ok(PublishArticlePayload {
                    article: None,
                    outcome: None,
                    user_errors: user_errors(error)?,
                });
            }
        };
        let house = loaders::of(ctx)?.loader();
        let key = ArticleKey::Id(ArticleId(id));
        let article = house
            .archive
            .find_story(&house.scope, &key)
            .await
            .map_err(|e| refuse(&e))?
            .map(Article);
        Ok(PublishArticlePayload {
            article,
            outcome: Some(outcome.into()),
            user_errors: Vec::new(),
        })
    }

    /// Puts a topic in, new or changed.
    async fn put_topic(&self, ctx: &Context<'_>, input: PutTopicInput) -> Result<PutTopicPayload> {
        let Writer { desk, viewer, repeat } = writer(ctx)?;
        let expected = expected(input.if_version);
        match desk
            .put_topic(viewer, input.submission(), None, expected, repeat.as_ref())
            .await
        {
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
