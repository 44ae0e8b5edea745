//! The archive answers all readers.
//!
//! Cast: `stories` finds and shares them, `lists` walks pages of them, `combined` those that the search index proposes, `topics` the tree, `channels` those one may see,
//! `links` what a story points to, `pieces` stories with all of that for the formats, `chains` what takes its place and what translates it, `search` what is looked for, `similar` what belongs beside a story, `storylines` which stories are on one event, `vestibule` what waits, for those
//! who may know of it,
//! `versions` its past, `followers` what those are told who follow the wire, `shelf` the cache of shared stories.
//! Promises: every read takes a `Scope` and shows nothing that the gate would not; a list costs a bounded number of
//! statements however long it is, and its last page what its first costs; a story in many lists is loaded once.

mod chains;
mod channels;
mod combined;
mod followers;
mod links;
mod lists;
mod pieces;
mod search;
mod shelf;
mod similar;
mod stories;
mod storylines;
mod topics;
mod versions;
mod vestibule;

pub use channels::Explained;
pub use followers::{Notice, Subject};
pub use search::{Hit, IndexStatus, Results, Search, Spread, Suggestions};
pub use similar::{Beside, FoundBy, Likeness, Similar, Surrounds};
pub use stories::Found;
pub use storylines::Storyline;

use crate::error::Result;
use crate::news::SourceId;
use crate::news::site::Site;
use crate::news::tags::Tag;
use crate::news::topic::Source;
use crate::news::viewer::Scope;
use crate::news::wire::Head;
use crate::search::Index;
use crate::store::{Reader, Store};
use crate::wire::Wire;
use search::TopicNames;
use shelf::Shelf;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;

#[derive(Clone)]
pub struct Archive {
    store: Store,
    wire: Wire,
    index: Index,
    shelf: Arc<Shelf>,
    site: Arc<Site>,
    topic_names: Arc<Mutex<Option<Arc<TopicNames>>>>,
}

impl Archive {
    /// `megabytes` is what shared stories may take up in memory.
    pub fn new(rooms: (Store, Wire, Index), site: Arc<Site>, megabytes: u64) -> Archive {
        let (store, wire, index) = rooms;
        Archive {
            store,
            wire,
            index,
            shelf: Arc::new(Shelf::new(megabytes)),
            site,
            topic_names: Arc::default(),
        }
    }

    /// Forgets the stories and topics in memory. A version is what it is, but in a restored copy another may be it.
    pub fn forget(&self) {
        self.shelf.clear();
    }

    pub fn site(&self) -> &Site {
        &self.site
    }

    pub async fn sources(&self, scope: &Scope, ids: &[SourceId]) -> Result<HashMap<SourceId, Source>> {
        scope.readings.saw_all(ids.iter().map(|id| Tag::Source(*id)));
        self.store.load_sources(ids).await
    }

    pub async fn all_sources(&self) -> Result<Vec<Source>> {
        self.store.list_sources().await
    }

    /// The newest change. Also the cheapest question that the database can only answer when it is well.
    pub async fn wire_head(&self) -> Result<Head> {
        self.store.wire_head(Reader::Anybody).await
    }
}
