//! What an entry looks like to an endpoint. Written once for all who are told the same, and good as long as nothing that was
//! read for it moves: so a thousand endpoints cost what one costs.

use crate::archive::{Archive, Notice};
use crate::clock::Clock;
use crate::error::Result;
use crate::news::ArticleId;
use crate::news::channel::Sight;
use crate::news::tags::{Readings, Seen, Tag};
use crate::news::viewer::{Scope, Viewer};
use crate::news::wire::{Action, Entry, Payload, Position, WireFilter};
use crate::wire::Wire;
use bytes::Bytes;
use futures::future::BoxFuture;
use jiff::Timestamp;
use quick_cache::sync::Cache;
use std::sync::Arc;

/// Writes what is told, as JSON: the same as `GET /v1/wire` has. It is another's craft, handed in by who puts the house
/// together.
pub type Write = Arc<dyn Fn(Scope, Vec<Notice>, Payload) -> BoxFuture<'static, Result<Vec<String>>> + Send + Sync>;

/// Texts that are kept.
const MOST: usize = 512;

pub struct Told {
    archive: Archive,
    wire: Wire,
    clock: Clock,
    write: Write,
    kept: Cache<Key, Arc<Text>>,
}

/// All that makes it what it is.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    audience: String,
    filter: WireFilter,
    payload: Payload,
    position: Position,
}

/// What is told of one entry.
pub struct Text {
    /// None where nothing is.
    pub body: Option<Bytes>,
    /// Whether it takes a story away.
    pub takes_away: bool,
    /// The stories whose text is in it.
    pub shown: Box<[ArticleId]>,
    began: Position,
    tags: Box<[Tag]>,
    until: Option<Timestamp>,
}

/// Who is told, and of what.
#[derive(Clone, Copy)]
pub struct Listener<'a> {
    pub viewer: &'a Viewer,
    pub sight: &'a Sight,
    pub filter: &'a WireFilter,
    pub payload: Payload,
}

impl Told {
    pub fn new(archive: Archive, wire: Wire, clock: Clock, write: Write) -> Told {
        Told {
            archive,
            wire,
            clock,
            write,
            kept: Cache::new(MOST),
        }
    }

    /// What this one is told of the entry at this moment.
    pub async fn of(&self, entry: &Arc<Entry>, listener: Listener<'_>) -> Result<Arc<Text>> {
        let key = Key {
            audience: listener.sight.wire_audience(),
            filter: listener.filter.clone(),
            payload: listener.payload,
            position: entry.position,
        };
        match self.kept.get_value_or_guard_async(&key).await {
            Ok(text) if self.is_good(&text) => Ok(text),
            Ok(_) => {
                let text = Arc::new(self.text(entry, listener).await?);
                self.kept.insert(key, Arc::clone(&text));
                Ok(text)
            }
            Err(guard) => {
                let text = Arc::new(self.text(entry, listener).await?);
                let _ = guard.insert(Arc::clone(&text));
                Ok(text)
            }
        }
    }

    fn is_good(&self, text: &Text) -> bool {
        let freshness = self.wire.freshness();
        freshness.sound()
            && freshness.holds(&text.tags, text.began)
            && text.until.is_none_or(|until| until > self.clock.now())
    }

    async fn text(&self, entry: &Arc<Entry>, listener: Listener<'_>) -> Result<Text> {
        let Listener {
            viewer,
            sight,
            filter,
            payload,
        } = listener;
        let began = self.wire.freshness().due();
        let readings = Readings::noted();
        let scope = Scope {
            viewer: viewer.clone(),
            sight: sight.clone(),
            now: self.clock.now(),
            readings: readings.clone(),
        };
        let notices = self
            .archive
            .notices(&scope, std::slice::from_ref(entry), filter)
            .await?;
        let takes_away = notices.iter().any(|notice| match notice.action {
            Action::Hold | Action::Remove | Action::Replace => true,
            Action::Publish | Action::Update => false,
        });
        let data = (self.write)(scope, notices, payload).await?.into_iter().next();
        let Seen { tags, shown, until, .. } = readings.take();
        let head = format!(
            "{{\"type\":\"{}\",\"timestamp\":\"{}\",\"data\":",
            entry.kind().as_str(),
            entry.at
        );
        Ok(Text {
            body: data.map(|data| format!("{head}{data}}}").into()),
            takes_away,
            shown: shown.into_iter().collect(),
            began,
            tags: tags.into_iter().collect(),
            until,
        })
    }
}
