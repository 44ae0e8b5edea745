//! A story as it stands now: its current version's fields. Times are microseconds since 1970, UTC.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "article")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The story's permanent name.
    #[sea_orm(unique)]
    pub uri: String,
    #[sea_orm(unique)]
    pub slug: String,
    pub version: i32,
    /// `usable`, `withheld` or `canceled`.
    pub pub_status: String,
    pub language: String,
    pub headline: String,
    pub summary: Option<String>,
    /// Sanitised HTML.
    pub body_html: String,
    /// The body's paragraphs, each divided from the next by an empty line.
    pub body_text: String,
    pub word_count: i32,
    pub byline: Option<String>,
    pub dateline: Option<String>,
    pub slugline: Option<String>,
    pub urgency: Option<i16>,
    pub genre: Option<String>,
    pub ed_note: Option<String>,
    pub first_published: i64,
    pub published: i64,
    pub version_created: i64,
    pub expires: Option<i64>,
    pub source_id: Option<Uuid>,
    /// SHA-256 over what a publisher can say of the story, times and slug left out.
    pub digest: Vec<u8>,
    /// The uri of the story whose place this one takes.
    pub replaces: Option<String>,
    /// JSON array: what was put right, oldest first.
    pub corrections: Option<String>,
    /// JSON: why and when it was withheld or canceled.
    pub withdrawal: Option<String>,
    /// JSON object by format: what documents say and the house has no place for.
    pub extra: Option<String>,
    /// Whether the wire has told that it expired.
    pub expiry_told: bool,
    #[sea_orm(belongs_to, from = "source_id", to = "id")]
    pub source: BelongsTo<Option<super::source::Entity>>,
    #[sea_orm(has_many, via = "article_topic")]
    pub topics: HasMany<super::topic::Entity>,
    #[sea_orm(has_many)]
    pub related_links: HasMany<super::related_link::Entity>,
    #[sea_orm(has_many)]
    pub renditions: HasMany<super::rendition::Entity>,
    #[sea_orm(has_many)]
    pub versions: HasMany<super::article_version::Entity>,
    #[sea_orm(has_many)]
    pub aliases: HasMany<super::article_alias::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
