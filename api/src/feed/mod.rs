//! The feeds: LATEST, every topic, channel and collection for feed readers, and sitemaps for search engines.
//!
//! Cast: `lists` the feeds in their three forms, `sitemaps` what search engines follow, `outline` all feeds in one file,
//! `form` Atom, RSS, JSON Feed, `publish` feeds for those who are told of them, `websub` where one asks to be told, and where
//! the house itself is told of its sources.
//! Promises: a feed shows what the gate shows the asker, in the order of the list that it is of; an entry keeps its id
//! for ever; what is canceled is told to those who had it; each address has one form, whatever `Accept` says.

mod form;
mod lists;
mod outline;
mod publish;
mod sitemaps;
mod websub;

pub use publish::Publisher;
pub use websub::{HUB, WebSub};

use crate::archive::Archive;
use crate::format::{opml, sitemap};
use crate::page;
use crate::web::{AFTER, BEFORE, Kept, Operation, Param, ParamKind, keep};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

/// Entries in a page of a feed: a reader who looks in once an hour must not miss any.
const USUAL: u32 = 50;

const PAGE: &[Param] = &[
    Param {
        name: "limit",
        about: "How many, 1 to 100; 50 when it is left out.",
        kind: ParamKind::Integer(1, page::MOST as i64),
    },
    AFTER,
    BEFORE,
];
const NOTHING: &[Param] = &[];

/// What the reference says of them.
pub const OPERATIONS: &[Operation] = &[
    Operation {
        path: "/feeds/{feed}",
        id: "latestFeed",
        summary: "LATEST as Atom, RSS or JSON Feed: `/feeds/latest.atom`, in pages (RFC 5005)",
        params: PAGE,
        kinds: form::KINDS,
        form: &[],
    },
    Operation {
        path: "/feeds/topics/{feed}",
        id: "topicFeed",
        summary: "A topic's feed as Atom, RSS or JSON Feed",
        params: PAGE,
        kinds: form::KINDS,
        form: &[],
    },
    Operation {
        path: "/feeds/channels/{feed}",
        id: "channelFeed",
        summary: "A channel's feed as Atom, RSS or JSON Feed",
        params: PAGE,
        kinds: form::KINDS,
        form: &[],
    },
    Operation {
        path: "/feeds/collections/{feed}",
        id: "collectionFeed",
        summary: "An editor's list of stories as Atom, RSS or JSON Feed",
        params: NOTHING,
        kinds: form::KINDS,
        form: &[],
    },
    Operation {
        path: "/feeds.opml",
        id: "feeds",
        summary: "All feeds of topics and channels in one file (OPML 2.0)",
        params: NOTHING,
        kinds: &[opml::MEDIA_TYPE],
        form: &[],
    },
    Operation {
        path: "/sitemap-news.xml",
        id: "newsSitemap",
        summary: "The stories of the last two days for search engines, 1,000 to a page",
        params: &[AFTER],
        kinds: &[sitemap::MEDIA_TYPE],
        form: &[],
    },
    Operation {
        path: "/sitemap.xml",
        id: "sitemaps",
        summary: "All pages of the news sitemap",
        params: NOTHING,
        kinds: &[sitemap::MEDIA_TYPE],
        form: &[],
    },
    Operation {
        path: websub::HUB,
        id: "subscribeToFeed",
        summary: "The hub of all feeds (WebSub): have yourself told of a feed's changes, or not any more",
        params: NOTHING,
        kinds: &[],
        form: websub::WISH,
    },
];

/// What a reading brings to this door.
type Question = crate::web::Question<Archive>;

/// Every route of this door.
pub fn router(archive: Archive, kept: Kept, websub: WebSub) -> Router {
    let websub = Router::new()
        .route(websub::HUB, post(websub::ask))
        .route("/websub/{callback}", get(websub::intent).post(websub::told))
        .with_state(websub);
    feeds(archive, kept).merge(websub)
}

fn feeds(archive: Archive, kept: Kept) -> Router {
    Router::new()
        .route("/feeds/{feed}", get(lists::latest))
        .route("/feeds/topics/{feed}", get(lists::topic))
        .route("/feeds/channels/{feed}", get(lists::channel))
        .route("/feeds/collections/{feed}", get(lists::collection))
        .route("/feeds.opml", get(outline::feeds))
        .route("/sitemap-news.xml", get(sitemaps::news))
        .route("/sitemap.xml", get(sitemaps::index))
        .layer(from_fn_with_state(kept, keep))
        .with_state(archive)
}
