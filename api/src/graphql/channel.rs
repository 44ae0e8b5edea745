//! Channels: saved selections that are feeds and wires of their own, and who may read them.

use super::connection::{ArticleConnection, page};
use super::filter::ArticleFilter;
use super::input::RepeatKey;
use super::limits::{list_cost, page_cost};
use super::loaders;
use super::mutation::{Outcome, expected};
use super::refusal::{UserError, refuse, user_errors};
use crate::access::Access;
use crate::desk::Desk;
use crate::error::{Error, Fault};
use crate::news::channel::{self, ChannelSubmission, SelectionSubmission};
use crate::page::Order;
use crate::web::Caller;
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

/// The reading half.
pub struct ChannelQuery;

/// The writing half.
pub struct ChannelMutation;

pub struct Channel(pub channel::Channel);

/// A saved selection of stories: a feed and a wire of its own.
#[Object]
impl Channel {
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    async fn slug(&self) -> &str {
        &self.0.slug
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Counted from 1.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Whether everybody may read it, where reading is by right.
    async fn public(&self) -> bool {
        self.0.public
    }

    /// Whether all stories stand by its selection. After it was changed they follow by and by.
    async fn settled(&self) -> bool {
        self.0.is_settled()
    }

    /// Which stories it holds. All conditions must hold.
    async fn selection(&self, ctx: &Context<'_>) -> Result<ChannelSelection> {
        let house = loaders::of(ctx)?.loader();
        let found = house
            .archive
            .selections(&house.scope, std::slice::from_ref(&self.0))
            .await;
        let SelectionSubmission {
            topics,
            languages,
            sources,
            genres,
            urgencies,
            query,
        } = found.map_err(|e| refuse(&e))?.pop().unwrap_or_default();
        Ok(ChannelSelection {
            topics: topics.unwrap_or_default(),
            languages: languages.unwrap_or_default(),
            sources: sources.unwrap_or_default(),
            genres: genres.unwrap_or_default(),
            urgencies: urgencies.unwrap_or_default().into_iter().map(i32::from).collect(),
            query,
        })
    }

    /// Its stories, newest first.
    #[graphql(complexity = "page_cost(first.or(last), 20, child_complexity)")]
    async fn articles(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<ArticleFilter>,
    ) -> Result<ArticleConnection> {
        let page = page(first, after.as_deref(), last, before.as_deref(), Order::Story)?;
        let filter = filter.unwrap_or_default().read().map_err(|e| refuse(&e))?;
        if !filter.channels.is_empty() {
            let fault = Fault::new("filter.channels", "conflict", "is the channel itself; leave it out");
            return Err(refuse(&Error::parameters(vec![fault])));
        }
        let house = loaders::of(ctx)?.loader();
        let selected = house.archive.select(&house.scope, filter).await;
        let mut selection = selected.map_err(|e| refuse(&e))?;
        selection.channels = Some(vec![self.0.id]);
        ArticleConnection::read(ctx, selection, page).await
    }
}

/// Which stories a channel holds, in the words that it can be put in with.
#[derive(SimpleObject)]
pub struct ChannelSelection {
    /// Each must hold: `a|b` any of these topics, `-a` not this one.
    topics: Vec<String>,
    languages: Vec<String>,
    sources: Vec<String>,
    genres: Vec<String>,
    urgencies: Vec<i32>,
    /// A saved search.
    query: Option<String>,
}

#[Object]
impl ChannelQuery {
    /// A channel; null when it is not there, or not for you.
    async fn channel(&self, ctx: &Context<'_>, slug: String) -> Result<Option<Channel>> {
        let house = loaders::of(ctx)?.loader();
        let found = house.archive.find_channel(&house.scope, &slug).await;
        Ok(found.map_err(|e| refuse(&e))?.map(Channel))
    }

    /// The channels that you may read, by slug.
    #[graphql(complexity = "list_cost(20, child_complexity)")]
    async fn channels(&self, ctx: &Context<'_>) -> Result<Vec<Channel>> {
        let house = loaders::of(ctx)?.loader();
        let found = house.archive.list_channels(&house.scope).await;
        Ok(found.map_err(|e| refuse(&e))?.into_iter().map(Channel).collect())
    }
}

/// A channel as a publisher puts it in. All of it is replaced save its slug.
#[derive(InputObject)]
pub struct PutChannelInput {
    slug: String,
    /// Refuses unless this version is the current one.
    if_version: Option<i32>,
    name: String,
    /// Whether everybody may read it, where reading is by right; `false` when it is left out.
    public: Option<bool>,
    /// Left out: all stories.
    selection: Option<ChannelSelectionInput>,
}

/// Which stories a channel holds. All conditions must hold.
#[derive(InputObject)]
pub struct ChannelSelectionInput {
    /// Slugs or codes; each must hold: `a|b` any of these topics, `-a` not this one.
    topics: Option<Vec<String>>,
    languages: Option<Vec<String>>,
    /// Slugs.
    sources: Option<Vec<String>>,
    genres: Option<Vec<String>>,
    urgencies: Option<Vec<u8>>,
    /// A saved search, as `search` has it, read in the language of each story: without `topic:` and `source:`, which have
    /// places of their own here. A story is held against it as it comes in.
    query: Option<String>,
}

#[derive(SimpleObject)]
pub struct PutChannelPayload {
    /// Null when it was refused.
    channel: Option<Channel>,
    outcome: Option<Outcome>,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub struct DeleteChannelPayload {
    /// Whether it is being removed.
    deleted: bool,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub struct GrantPayload {
    /// Whether the partner may read the channel from now on.
    granted: bool,
    user_errors: Vec<UserError>,
}

#[Object]
impl ChannelMutation {
    /// Puts a channel in, new or changed. Its stories follow by and by.
    async fn put_channel(&self, ctx: &Context<'_>, input: PutChannelInput) -> Result<PutChannelPayload> {
        let (desk, caller) = (ctx.data::<Desk>()?, ctx.data::<Caller>()?);
        desk.admit(&caller.viewer).map_err(|e| refuse(&e))?;
        let path = ctx.path_node.map(|path| path.to_string()).unwrap_or_default();
        let repeat = ctx.data::<RepeatKey>()?.at(&path);
        let PutChannelInput {
            slug,
            if_version,
            name,
            public,
            selection,
        } = input;
        let submission = ChannelSubmission {
            slug: Some(slug),
            name: Some(name),
            public,
            selection: selection.map(|s| SelectionSubmission {
                topics: s.topics,
                languages: s.languages,
                sources: s.sources,
                genres: s.genres,
                urgencies: s.urgencies,
                query: s.query,
            }),
        };
        let put = desk.put_channel(&caller.viewer, submission, expected(if_version), repeat.as_ref());
        let receipt = match Box::pin(put).await {
            Ok(receipt) => receipt,
            Err(error) => {
                return Ok(PutChannelPayload {
                    channel: None,
                    outcome: None,
                    user_errors: user_errors(error)?,
                });
            }
        };
        let house = loaders::of(ctx)?.loader();
        let found = house.archive.find_channel(&house.scope, &receipt.slug).await;
        Ok(PutChannelPayload {
            channel: found.map_err(|e| refuse(&e))?.map(Channel),
            outcome: Some(receipt.outcome.into()),
            user_errors: Vec::new(),
        })
    }

    /// Removes a channel. Its stories leave it first.
    async fn delete_channel(
        &self,
        ctx: &Context<'_>,
        slug: String,
        if_version: Option<i32>,
    ) -> Result<DeleteChannelPayload> {
        let (desk, caller) = (ctx.data::<Desk>()?, ctx.data::<Caller>()?);
        desk.admit(&caller.viewer).map_err(|e| refuse(&e))?;
        let removed = Box::pin(desk.delete_channel(&caller.viewer, &slug, expected(if_version))).await;
        let deleted = removed.is_ok();
        let user_errors = removed.err().map_or(Ok(Vec::new()), user_errors)?;
        Ok(DeleteChannelPayload { deleted, user_errors })
    }

    /// Gives a partner a channel. Needs a key of scope ADMIN, as the one that follows.
    async fn grant_channel(&self, ctx: &Context<'_>, partner: String, channel: String) -> Result<GrantPayload> {
        let (access, caller) = (ctx.data::<Access>()?, ctx.data::<Caller>()?);
        access.admit(&caller.viewer).map_err(|e| refuse(&e))?;
        let done = Box::pin(access.grant(&caller.viewer, &partner, &channel)).await;
        let granted = done.is_ok();
        let user_errors = done.err().map_or(Ok(Vec::new()), user_errors)?;
        Ok(GrantPayload { granted, user_errors })
    }

    /// Takes a channel from a partner.
    async fn revoke_channel(&self, ctx: &Context<'_>, partner: String, channel: String) -> Result<GrantPayload> {
        let (access, caller) = (ctx.data::<Access>()?, ctx.data::<Caller>()?);
        access.admit(&caller.viewer).map_err(|e| refuse(&e))?;
        let done = Box::pin(access.revoke_grant(&caller.viewer, &partner, &channel)).await;
        let granted = done.is_err();
        let user_errors = done.err().map_or(Ok(Vec::new()), user_errors)?;
        Ok(GrantPayload { granted, user_errors })
    }
}
