//! What can be listened to. A listener is a place in the wire: what he has not taken yet is not kept for him but read
//! again, so he costs little memory and is never told anything that is not true any more.

use super::Rooms;
use super::article::uuid;
use super::limits::{Code, Refusal};
use super::loaders;
use super::refusal::refuse;
use super::together::Errands;
use super::wire::{self, Start, WireEntry, follow_from};
use crate::access::{Access, Gaze};
use crate::archive::Notice;
use crate::error::Result;
use crate::news::ArticleId;
use crate::news::channel::Sight;
use crate::news::tags::{Readings, Tag};
use crate::news::viewer::Scope;
use crate::news::wire::{Entry, Position, Subject, WireFilter, concerns};
use crate::wire::{Follower, Place};
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    Context, ContextSelectionSet, Data, ID, OutputType, Positioned, ServerError, ServerResult, Subscription, Value,
};
use futures::StreamExt;
use futures::stream::{BoxStream, try_unfold};
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

pub struct Sub;

/// Who listens, from where on, and with what his events are made.
#[derive(Clone)]
pub struct Listening {
    pub rooms: Rooms,
    pub gaze: Gaze,
    /// Where the wire stood when he asked.
    pub from: Place,
    pub errands: Errands,
    /// How long one event may take.
    pub deadline: Duration,
}

type Events = BoxStream<'static, async_graphql::Result<Told>>;

#[Subscription(name = "Subscription")]
impl Sub {
    /// What changes: from now on, or from `after` on, with no gap and nothing twice. With `topics` (slugs or codes), only
    /// changes of stories in these topics and of the topics; with `channel` (a slug), of stories in it. To resume, subscribe with the cursor of the last entry.
    async fn wire(
        &self,
        ctx: &Context<'_>,
        after: Option<String>,
        topics: Option<Vec<String>>,
        channel: Option<String>,
    ) -> async_graphql::Result<Events> {
        let listening = ctx.data::<Listening>()?;
        let Listening { rooms, gaze, .. } = listening;
        let sight = gaze.now().await.map_err(|e| refuse(&e))?;
        let after = Some(after.as_deref().unwrap_or("latest"));
        let start = Start::read(&rooms.wire, &sight.owner(), after).map_err(|e| refuse(&e))?;
        let scope = Scope::unnoted(gaze.viewer().clone(), sight, rooms.clock.now());
        let filter = wire::filter(&rooms.archive, &scope, topics, channel).await?;
        let from = follow_from(start, listening.from);
        // A place that is gone is said at once.
        rooms.wire.read(from, 1).await.map_err(|e| refuse(&e))?;
        Ok(Listener::new(listening.clone(), from, filter, None).events())
    }

    /// What becomes of one story, from now on.
    async fn article_changed(&self, ctx: &Context<'_>, id: ID) -> async_graphql::Result<Events> {
        let listening = ctx.data::<Listening>()?;
        let article = ArticleId(uuid(&id, "id")?);
        let from = listening.from.position;
        Ok(Listener::new(listening.clone(), from, WireFilter::default(), Some(article)).events())
    }
}

/// Entries that are looked up at once.
const TOGETHER: usize = 50;

struct Listener {
    listening: Listening,
    follower: Follower,
    filter: WireFilter,
    /// Only entries about this story.
    only: Option<ArticleId>,
    /// Read and not told yet.
    entries: VecDeque<Arc<Entry>>,
    /// What was found out about them.
    looked_up: LookedUp,
}

/// Notices, and what they were made of: they are told only as long as it still holds.
#[derive(Default)]
struct LookedUp {
    notices: VecDeque<Notice>,
    tags: Vec<Tag>,
    until: Option<Timestamp>,
    began: Position,
    sight: Option<Sight>,
}

impl Listener {
    fn new(listening: Listening, from: Position, filter: WireFilter, only: Option<ArticleId>) -> Listener {
        Listener {
            follower: listening.rooms.wire.follow(from),
            listening,
            filter,
            only,
            entries: VecDeque::new(),
            looked_up: LookedUp::default(),
        }
    }

    fn events(self) -> Events {
        try_unfold(self, |mut listener| async move {
            match listener.next().await {
                Ok(told) => Ok(Some((told, listener))),
                Err(error) => Err(refuse(&error)),
            }
        })
        .boxed()
    }

    /// The next entry that concerns him, as it is at this moment.
    async fn next(&mut self) -> Result<Told> {
        loop {
            if self.entries.is_empty() {
                let read = self.follower.next(TOGETHER).await?;
                let sight = self.listening.gaze.now().await?;
                let wanted = read.into_iter().filter(|entry| self.wants(entry, &sight)).collect();
                self.entries = wanted;
                self.looked_up = LookedUp::default();
                continue;
            }
            let now = self.listening.rooms.clock.now();
            let sight = self.listening.gaze.now().await?;
            if !self.still_holds(now, &sight) {
                self.look_up(now, &sight).await?;
            }
            let Some(notice) = self.looked_up.notices.pop_front() else {
                self.entries.clear();
                continue;
            };
            let position = notice.entry.position;
            while self.entries.front().is_some_and(|entry| entry.position <= position) {
                self.entries.pop_front();
            }
            return Ok(self.tell(notice, now, sight));
        }
    }

    fn wants(&self, entry: &Entry, sight: &Sight) -> bool {
        let about = match (&entry.subject, self.only) {
            (_, None) => true,
            (Subject::Article(edition), Some(only)) => edition.id == only,
            (
                Subject::Topic(_)
                | Subject::Collection(_)
                | Subject::Channel(_)
                | Subject::Source(_)
                | Subject::Access
                | Subject::Epoch,
                Some(_),
            ) => false,
        };
        about && concerns(entry, &self.filter, sight)
    }

    fn still_holds(&self, now: Timestamp, sight: &Sight) -> bool {
        let LookedUp {
            notices,
            tags,
            until,
            began,
            sight: with,
        } = &self.looked_up;
        let freshness = self.listening.rooms.wire.freshness();
        !notices.is_empty()
            && with.as_ref() == Some(sight)
            && until.is_none_or(|until| until > now)
            && freshness.sound()
            && freshness.holds(tags, *began)
    }

    async fn look_up(&mut self, now: Timestamp, sight: &Sight) -> Result<()> {
        let began = self.listening.rooms.wire.freshness().now();
        let scope = Scope {
            viewer: self.listening.gaze.viewer().clone(),
            sight: sight.clone(),
            now,
            readings: Readings::noted(),
        };
        let archive = &self.listening.rooms.archive;
        let notices = archive
            .notices(&scope, self.entries.make_contiguous(), &self.filter)
            .await?;
        let seen = scope.readings.take();
        self.looked_up = LookedUp {
            notices: notices.into(),
            tags: seen.tags.into_iter().collect(),
            until: seen.until,
            began,
            sight: Some(sight.clone()),
        };
        Ok(())
    }

    /// With loaders of its own: what an earlier event has loaded may have changed since.
    fn tell(&self, notice: Notice, now: Timestamp, sight: Sight) -> Told {
        let Listening {
            rooms,
            gaze,
            errands,
            deadline,
            from: _,
        } = &self.listening;
        let house = loaders::House {
            archive: rooms.archive.clone(),
            wire: rooms.wire.clone(),
            scope: Scope {
                viewer: gaze.viewer().clone(),
                sight,
                now,
                readings: Readings::noted(),
            },
        };
        let scope = house.scope.clone();
        let owner = scope.sight.owner();
        let mut data = Data::default();
        data.insert(loaders::loaders(house, errands.clone()));
        Told {
            entry: WireEntry::of(notice, &rooms.wire, &owner),
            data,
            deadline: *deadline,
            scope,
            access: rooms.access.clone(),
        }
    }
}

/// An entry with the data that its fields are resolved with. The library shares a subscription's data among all its
/// events.
pub struct Told {
    entry: WireEntry,
    data: Data,
    deadline: Duration,
    scope: Scope,
    access: Access,
}

impl OutputType for Told {
    fn type_name() -> Cow<'static, str> {
        <WireEntry as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <WireEntry as OutputType>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let mut ctx = ctx.clone();
        ctx.execute_data = Some(&self.data);
        match tokio::time::timeout(self.deadline, OutputType::resolve(&self.entry, &ctx, field)).await {
            Ok(resolved) => {
                let shown: Vec<ArticleId> = self.scope.readings.take().shown.into_iter().collect();
                self.access.read(&self.scope.viewer, &shown);
                resolved
            }
            Err(_) => {
                let message = format!("The event was not ready within {} s.", self.deadline.as_secs_f32());
                let late: ServerError = Refusal::new(Code::DeadlineExceeded, message).into();
                Err(ctx.set_error_path(late))
            }
        }
    }
}
