//! What one entry of the wire looks like.

use crate::archive::{Archive, Notice, Subject};
use crate::error::Result;
use crate::format::ninjs::{self, Edition};
use crate::format::piece::Piece;
use crate::news::ArticleId;
use crate::news::story::Story;
use crate::news::topic::Topic;
use crate::news::viewer::Scope;
use crate::news::wire::Payload;
use crate::rest::frame::{Frame, topic_view};
use crate::rest::view::{Article, TopicView};
use crate::web::TombstoneView;
use crate::wire::Wire;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// A piece of the wire.
#[derive(Serialize, ToSchema)]
pub struct WirePage {
    pub entries: Vec<EntryView>,
    /// Go on from here: the `after` of the next request. An answer without entries repeats yours, unless a very long
    /// piece of the wire held nothing for you.
    pub next: String,
}

/// One change.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntryView {
    /// Behind this entry.
    pub cursor: String,
    /// `article.published`, `article.updated`, `article.corrected`, `article.withheld`, `article.restored`,
    /// `article.canceled`, `article.expired`, `article.entered`, `article.left`, `topic.changed`, `collection.changed`,
    /// `channel.changed`.
    pub kind: &'static str,
    pub at: Timestamp,
    /// What to do: `publish` take it in, it is new to you; `update` put it in the place of what you have, or take it in;
    /// `hold` take it down, it may return; `remove` take it down for good; `replace` the same, and take the replacement
    /// that `tombstone` names.
    pub action: &'static str,
    /// Why, in one sentence.
    pub reason: &'static str,
    /// Of the story, topic or collection.
    pub id: Uuid,
    /// The story's permanent name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// The version that the entry reports. `article` is the story as it is now, and may be newer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// The fields that changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
    /// Slugs of the topics, ancestors too, in whose feeds it stands since.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topics_gained: Vec<String>,
    /// Slugs of the topics in whose feeds it does not stand any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topics_lost: Vec<String>,
    /// With `publish` and `update` of a story, where `payload` is `full` or `meta`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article: Option<Article>,
    /// With `payload=ninjs`: the story; where it is to be taken down, a partial one whose `pubStatus` says whether it may
    /// return (`withheld`) or not (`canceled`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub ninjs: Option<Value>,
    /// Of a canceled story: why, and what to take instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tombstone: Option<TombstoneView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collection: Option<CollectionName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelName>,
}

/// Which channel changed; its stories are at `/v1/channels/{slug}/articles`.
#[derive(Serialize, ToSchema)]
pub struct ChannelName {
    pub slug: String,
    pub name: String,
}

/// Which collection changed; its stories are at `/v1/collections/{slug}`.
#[derive(Serialize, ToSchema)]
pub struct CollectionName {
    pub slug: String,
    pub name: String,
}

/// Notices as they are sent.
pub async fn views(
    archive: &Archive,
    wire: &Wire,
    scope: &Scope,
    notices: Vec<Notice>,
    payload: Payload,
) -> Result<Vec<EntryView>> {
    let shown: Vec<Arc<Story>> = match payload {
        Payload::Id | Payload::Ninjs => Vec::new(),
        Payload::Full | Payload::Meta => notices.iter().filter_map(|n| story(n).cloned()).collect(),
    };
    let frame = Frame::of(archive, scope, None, shown.iter()).await?;
    let mut pieces: HashMap<ArticleId, Piece> = match payload {
        Payload::Full | Payload::Meta | Payload::Id => HashMap::new(),
        Payload::Ninjs => {
            let told: Vec<Arc<Story>> = notices.iter().filter_map(|n| story(n).cloned()).collect();
            let pieces = archive.pieces(scope, &told).await?;
            pieces.into_iter().map(|piece| (piece.story.id, piece)).collect()
        }
    };
    let site = archive.site();
    let audience = &scope.sight.owner();
    let views = notices.into_iter().map(|notice| {
        let Notice {
            entry,
            action,
            reason,
            subject,
        } = notice;
        let mut view = EntryView {
            cursor: wire.cursor(audience, &*entry),
            kind: entry.kind().as_str(),
            at: entry.at,
            action: action.as_str(),
            reason,
            id: Uuid::nil(),
            uri: None,
            version: None,
            changed: Vec::new(),
            topics_gained: Vec::new(),
            topics_lost: Vec::new(),
            article: None,
            ninjs: None,
            tombstone: None,
            topic: None,
            collection: None,
            channel: None,
        };
        match subject {
            Subject::Article {
                edition,
                uri,
                story,
                gained,
                lost,
                tombstone,
            } => {
                if payload == Payload::Ninjs {
                    let piece = pieces.remove(&edition.id);
                    let story = story.as_ref().and(piece.as_ref());
                    view.ninjs = match (story, &tombstone, &uri) {
                        (Some(piece), _, _) => Some(ninjs::story(piece, site, Edition::V3)),
                        (None, Some(tombstone), _) => Some(ninjs::tombstone(tombstone, Edition::V3)),
                        (None, None, Some(uri)) => Some(ninjs::withheld(uri, edition.version.0, Edition::V3)),
                        (None, None, None) => None,
                    };
                    pieces.extend(piece.map(|piece| (piece.story.id, piece)));
                }
                view.id = edition.id.0;
                view.uri = uri;
                view.version = Some(edition.version.0);
                view.changed = edition.changed;
                view.topics_gained = slugs(&gained);
                view.topics_lost = slugs(&lost);
                view.tombstone = tombstone.as_deref().map(TombstoneView::from);
                view.article = story.and_then(|story| match payload {
                    Payload::Full => Some(frame.whole(&story)),
                    Payload::Meta => Some(frame.card(&story)),
                    Payload::Id | Payload::Ninjs => None,
                });
            }
            Subject::Topic(topic) => {
                view.id = topic.id.0;
                view.topic = Some(topic_view(&topic, site.home_language(), site));
            }
            Subject::Channel(channel) => {
                view.id = channel.id.0;
                view.channel = Some(ChannelName {
                    slug: channel.slug,
                    name: channel.name,
                });
            }
            Subject::Collection(collection) => {
                view.id = collection.id.0;
                view.collection = Some(CollectionName {
                    slug: collection.slug,
                    name: collection.name,
                });
            }
        }
        view
    });
    Ok(views.collect())
}

fn story(notice: &Notice) -> Option<&Arc<Story>> {
    match &notice.subject {
        Subject::Article { story, .. } => story.as_ref(),
        Subject::Topic(_) | Subject::Collection(_) | Subject::Channel(_) => None,
    }
}

fn slugs(topics: &[Arc<Topic>]) -> Vec<String> {
    topics.iter().map(|t| t.slug.clone()).collect()
}
