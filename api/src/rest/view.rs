//! What stories, topics and the rest look like in JSON. The names are those of GraphQL.

use crate::news::difference::{Difference, FieldDifference, Piece};
use crate::news::extra::Extra;
use crate::page::Slice;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A page of a list. `next` and `previous` are cursors for `after` and `before`, null at the ends.
#[derive(Serialize, ToSchema)]
pub struct List<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
    pub previous: Option<String>,
    /// With `total=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
}

impl<T> List<T> {
    /// A list that has one page only.
    pub fn whole(items: Vec<T>) -> List<T> {
        List {
            items,
            next: None,
            previous: None,
            total: None,
        }
    }

    pub fn of<N>(slice: &Slice<N>, total: Option<i64>, item: impl FnMut(&N) -> T) -> List<T> {
        let items = slice.edges.iter().map(|e| &e.node).map(item).collect();
        List {
            items,
            next: slice.next(),
            previous: slice.previous(),
            total,
        }
    }
}

/// A story.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Article {
    pub id: Uuid,
    /// Permanent name.
    pub uri: String,
    pub slug: String,
    /// Where a reader finds it.
    pub url: String,
    /// BCP 47.
    pub language: String,
    /// Counted from 1.
    pub version: i32,
    /// `usable`.
    pub pub_status: &'static str,
    pub headline: String,
    pub summary: Option<String>,
    pub byline: Option<String>,
    pub dateline: Option<String>,
    pub slugline: Option<String>,
    /// 1 highest … 9.
    pub urgency: Option<u8>,
    pub genre: Option<String>,
    pub ed_note: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub first_published: Timestamp,
    /// This edition's public time.
    #[schema(value_type = String, format = DateTime)]
    pub published: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub version_created: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires: Option<Timestamp>,
    /// With `timeZone=`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<Local>,
    /// The uri of the story whose place this one takes.
    pub replaces: Option<String>,
    /// What documents say and the house has no place for, by the name of their format; in one story only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, BTreeMap<String, serde_json::Value>>>)]
    pub extra: Option<Extra>,
    /// What was put right, newest first.
    pub corrections: Vec<CorrectionView>,
    pub word_count: u32,
    pub source: Option<SourceView>,
    /// The main topic first.
    pub topics: Vec<TopicView>,
    pub renditions: Vec<RenditionView>,
    /// Sanitised HTML. In one story, and in lists with `include=body`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Plain text, along with `body`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paragraphs: Option<Vec<String>>,
    /// With `include=relatedLinks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_links: Option<Vec<RelatedLinkView>>,
    /// With `include=moreAbout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_about: Option<MoreAboutView>,
    /// With `include=latest`: the newest stories of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    pub latest: Option<Vec<Article>>,
    /// With `include=replacedBy`: the newest story that says it takes this one's place; null when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    pub replaced_by: Option<Option<Box<Article>>>,
    /// With `include=storyline`: the stories on the same event, newest first, this one among them; null when it is alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    pub storyline: Option<Option<StorylineView>>,
    /// With `include=translations`: the same story in other languages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    pub translations: Option<Vec<Article>>,
}

/// What became of one version in another.
#[derive(Serialize, ToSchema)]
pub struct DifferenceView {
    pub from: i32,
    pub to: i32,
    /// The fields that changed.
    pub fields: Vec<FieldDifferenceView>,
    /// The body's text in pieces: `equal` and `delete` make the older one, `equal` and `insert` the newer.
    pub text: Vec<PieceView>,
}

/// A field with its values as texts: none, one, or those of a list. `body` has none, because `text` says it.
#[derive(Serialize, ToSchema)]
pub struct FieldDifferenceView {
    pub field: &'static str,
    pub old: Vec<String>,
    pub new: Vec<String>,
}

/// A piece of the text.
#[derive(Serialize, ToSchema)]
pub struct PieceView {
    /// `equal`, `delete`, `insert`.
    pub op: &'static str,
    pub text: String,
}

impl From<Difference> for DifferenceView {
    fn from(difference: Difference) -> DifferenceView {
        let Difference { from, to, fields, text } = difference;
        let field = |FieldDifference { field, old, new }| FieldDifferenceView { field, old, new };
        let piece = |Piece { op, text }: Piece| PieceView { op: op.as_str(), text };
        DifferenceView {
            from: from.0,
            to: to.0,
            fields: fields.into_iter().map(field).collect(),
            text: text.into_iter().map(piece).collect(),
        }
    }
}

/// What readers are told when something has been put right.
#[derive(Serialize, ToSchema)]
pub struct CorrectionView {
    /// `correction`: something was wrong; `clarification`: something could be misunderstood.
    pub kind: &'static str,
    pub text: String,
    pub at: Timestamp,
    /// The first version that is right.
    pub version: i32,
}

/// Times in the zone asked for, RFC 3339 with its offset.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Local {
    pub time_zone: String,
    #[schema(example = "2026-01-12T21:16:00+02:00")]
    pub first_published: String,
    pub published: String,
    pub version_created: String,
}

/// Who a story comes from.
#[derive(Serialize, ToSchema)]
pub struct SourceView {
    pub slug: String,
    pub name: String,
    pub url: Option<String>,
}

/// A topic.
#[derive(Serialize, ToSchema)]
pub struct TopicView {
    pub id: Uuid,
    pub slug: String,
    /// A code of a controlled vocabulary, such as `medtop:11000000`.
    pub code: Option<String>,
    /// `subject`, `place`, `person`, `organisation`, `event`.
    pub kind: &'static str,
    /// In the story's language, or the nearest there is.
    pub name: String,
}

/// A topic with its place in the tree.
#[derive(Serialize, ToSchema)]
pub struct TopicWhole {
    #[serde(flatten)]
    pub topic: TopicView,
    /// By BCP 47 tag.
    pub names: std::collections::BTreeMap<String, String>,
    pub version: i32,
    /// From the nearest to the root.
    pub ancestors: Vec<TopicView>,
    pub children: Vec<TopicView>,
}

/// A picture or other media, by reference.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RenditionView {
    pub name: String,
    pub href: String,
    pub media_type: Option<String>,
    /// Pixels.
    pub width: Option<i32>,
    /// Pixels.
    pub height: Option<i32>,
    /// Bytes.
    pub size: Option<i64>,
    pub digest: Option<String>,
    pub focal_point: Option<FocalPointView>,
    pub credit: Option<String>,
    pub alt: Option<String>,
    pub caption: Option<String>,
}

/// The point a crop must keep: 0 left or top … 1 right or bottom.
#[derive(Serialize, ToSchema)]
pub struct FocalPointView {
    pub x: f64,
    pub y: f64,
}

/// A link that an editor chose.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelatedLinkView {
    /// `background`, `follow_up`, `correction_of`, `translation_of`, `external`.
    pub kind: &'static str,
    pub title: String,
    pub url: Option<String>,
    /// The story it leads to; null for an external link.
    #[schema(no_recursion)]
    pub article: Option<Box<Article>>,
}

/// The newest stories of the main topic, without the story itself. Where they are too few, the stories most like it
/// follow, the likest first.
#[derive(Serialize, ToSchema)]
pub struct MoreAboutView {
    /// Null when the story has no topic.
    pub topic: Option<TopicView>,
    #[schema(no_recursion)]
    pub articles: Vec<BesideView>,
}

/// A story in MORE ABOUT.
#[derive(Serialize, ToSchema)]
pub struct BesideView {
    #[serde(flatten)]
    pub article: Article,
    pub found: FoundView,
}

/// Stories on one event.
#[derive(Serialize, ToSchema)]
pub struct StorylineView {
    /// The same for all its stories, and as long as its first one is there.
    pub id: Uuid,
    /// The newest first; at most 20.
    #[schema(no_recursion)]
    pub articles: Vec<Article>,
}

/// Why it stands there.
#[derive(Serialize, ToSchema)]
pub struct FoundView {
    /// `topic`: it is among the newest of the topic; `similarity`: it is like the story.
    #[schema(example = "similarity")]
    pub by: &'static str,
    /// With `similarity`, how much: 0 to 1. What the topic brings is ordered by time, and has none.
    pub score: Option<f64>,
}

/// The stories most like one, the likest first; copies and translations of one text once, and none of the story's own.
#[derive(Serialize, ToSchema)]
pub struct SimilarList {
    pub items: Vec<SimilarView>,
}

/// A story that is like another.
#[derive(Serialize, ToSchema)]
pub struct SimilarView {
    pub article: Article,
    /// How much: 0 to 1.
    pub score: f64,
}

/// A story's links and its MORE ABOUT list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Related {
    pub related_links: Vec<RelatedLinkView>,
    pub more_about: MoreAboutView,
}

/// An ordered list of stories that an editor chose.
#[derive(Serialize, ToSchema)]
pub struct CollectionView {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub version: i32,
    pub items: Vec<Article>,
}
