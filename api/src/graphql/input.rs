//! What mutations take.

use super::article::CorrectionKind;
use super::beside::RelatedLinkKind;
use super::filter::TopicKind;
use super::query::ArticleBy;
use super::scalar::{DateTime, Long, Url};
use super::site::KeyScope;
use crate::desk::Idempotency;
use crate::error::Result;
use crate::news::extra::Extra;
use crate::news::limits::KeyLimits;
use crate::news::partner::{KeyChange, KeySubmission, PartnerSubmission, Rotation};
use crate::news::story::{FocalPoint, LinkKind, Rendition};
use crate::news::submission::{CollectionSubmission, LinkSubmission, MergeSubmission, Submission, TopicSubmission};
use crate::news::topic::TopicKind as Kind;
use crate::news::viewer;
use crate::web::idempotency_key;
use async_graphql::{ID, InputObject, Json, MaybeUndefined};
use axum::http::{HeaderMap, Method};

/// A story as a publisher puts it in. It replaces the edition before it whole.
#[derive(InputObject)]
pub struct PublishArticleInput {
    /// Permanent name: an absolute URI.
    uri: String,
    /// Refuses unless this version is the current one.
    pub if_version: Option<i32>,
    /// Refuses unless this revision is what waits under embargo; with `ifVersion`, either will do.
    pub if_revision: Option<i32>,
    slug: Option<String>,
    /// BCP 47; the site's home language when it is left out.
    language: Option<String>,
    headline: String,
    summary: Option<String>,
    /// HTML; it is sanitised. At most one of `body` and `bodyText`.
    body: Option<String>,
    /// Plain text; empty or indented lines begin paragraphs.
    body_text: Option<String>,
    byline: Option<String>,
    dateline: Option<String>,
    slugline: Option<String>,
    /// 1 highest … 9.
    urgency: Option<i32>,
    genre: Option<String>,
    ed_note: Option<String>,
    first_published: Option<DateTime>,
    published: Option<DateTime>,
    /// Before then nobody may see it: it waits unseen, and is published at that moment.
    embargoed_until: Option<DateTime>,
    expires: Option<DateTime>,
    /// The name of the organisation it comes from.
    source: Option<String>,
    /// Slugs or codes; the first is the main topic.
    topics: Option<Vec<String>>,
    related_links: Option<Vec<RelatedLinkInput>>,
    renditions: Option<Vec<RenditionInput>>,
    /// The uri of the story whose place this one takes.
    replaces: Option<String>,
    /// What documents say and the house has no place for: by the name of their format, an object. At most 64 KiB.
    extra: Option<Json<Extra>>,
}

/// A correction. With `article` the story is put in as it is right; without, it stays and only the text is added.
#[derive(InputObject)]
pub struct CorrectArticleInput {
    pub by: ArticleBy,
    /// Refuses unless this version is the current one.
    pub if_version: Option<i32>,
    /// What readers are told: what was wrong and what is right.
    pub text: String,
    #[graphql(default_with = "CorrectionKind::Correction")]
    pub kind: CorrectionKind,
    pub article: Option<PublishArticleInput>,
}

#[derive(InputObject)]
pub struct WithholdArticleInput {
    pub by: ArticleBy,
    pub if_version: Option<i32>,
    /// For the desk; readers are not told.
    pub reason: Option<String>,
}

#[derive(InputObject)]
pub struct RestoreArticleInput {
    pub by: ArticleBy,
    pub if_version: Option<i32>,
}

#[derive(InputObject)]
pub struct CancelArticleInput {
    pub by: ArticleBy,
    pub if_version: Option<i32>,
    /// Public.
    pub reason: String,
    /// The uri of the story to take instead.
    pub replacement: Option<String>,
    /// Whoever has it must take it down and confirm that.
    #[graphql(default)]
    pub mandatory: bool,
}

/// New names; what is left out stays. The former ones lead to the story for ever.
#[derive(InputObject)]
pub struct RenameArticleInput {
    pub by: ArticleBy,
    pub if_version: Option<i32>,
    pub uri: Option<String>,
    pub slug: Option<String>,
}

#[derive(InputObject)]
pub struct DropPendingInput {
    pub uri: String,
    /// Refuses unless this revision is the current one.
    pub if_revision: Option<i32>,
}

#[derive(InputObject)]
pub struct ReleasePendingInput {
    pub uri: String,
    pub if_revision: Option<i32>,
}

#[derive(InputObject)]
pub struct ReschedulePendingInput {
    pub uri: String,
    /// In the future.
    pub embargoed_until: DateTime,
    pub if_revision: Option<i32>,
}

/// A link to another story by its `uri`, or, of kind EXTERNAL, to a `url` with a `title`.
#[derive(InputObject)]
pub struct RelatedLinkInput {
    kind: RelatedLinkKind,
    uri: Option<String>,
    url: Option<String>,
    title: Option<String>,
}

#[derive(InputObject)]
pub struct RenditionInput {
    name: String,
    href: Url,
    media_type: Option<String>,
    width: Option<i32>,
    height: Option<i32>,
    /// Bytes.
    size: Option<Long>,
    digest: Option<String>,
    focal_point: Option<FocalPointInput>,
    credit: Option<String>,
    alt: Option<String>,
    caption: Option<String>,
}

#[derive(InputObject)]
pub struct FocalPointInput {
    x: f64,
    y: f64,
}

/// A topic as a publisher puts it in.
#[derive(InputObject)]
pub struct PutTopicInput {
    slug: String,
    /// Refuses unless this version is the current one.
    pub if_version: Option<i32>,
    /// SUBJECT when it is left out.
    kind: Option<TopicKind>,
    code: Option<String>,
    /// The parent's slug.
    parent: Option<String>,
    /// At least one.
    names: Vec<NameInput>,
}

/// Which topic is merged into which, by slug or code.
#[derive(InputObject)]
pub struct MergeTopicInput {
    topic: String,
    into: String,
    /// Refuses unless this version of the topic is the current one.
    pub if_version: Option<i32>,
}

impl MergeTopicInput {
    pub fn submission(self) -> (String, MergeSubmission) {
        let into = Some(self.into);
        (self.topic, MergeSubmission { into })
    }
}

/// A name in a language (BCP 47).
#[derive(InputObject)]
pub struct NameInput {
    language: String,
    name: String,
}

/// A collection as an editor puts it in.
#[derive(InputObject)]
pub struct PutCollectionInput {
    slug: String,
    /// Refuses unless this version is the current one.
    pub if_version: Option<i32>,
    name: String,
    /// Ids, uris or slugs of stories, in order; at most 100.
    items: Vec<String>,
}

/// A partner as an administrator puts him in.
#[derive(InputObject)]
pub struct PutPartnerInput {
    slug: String,
    /// Refuses unless this version is the current one.
    pub if_version: Option<i32>,
    name: String,
    /// Whether he may read what is still under embargo; `false` when it is left out.
    advance: Option<bool>,
    /// Whether all his keys are refused; `false` when it is left out.
    disabled: Option<bool>,
}

/// A key as an administrator wants it made.
#[derive(InputObject)]
pub struct IssueKeyInput {
    /// Who or what will use it.
    name: String,
    /// A partner's key is of scope READ, and it need not be said.
    scope: Option<KeyScope>,
    /// The partner's slug; without one it is a key of the house itself.
    partner: Option<String>,
    /// From then on it is refused.
    expires: Option<DateTime>,
    /// The only networks it may come from, such as `192.0.2.0/24`; all when it is left out.
    networks: Option<Vec<String>>,
    /// Makes it a browser's key: it is taken only from pages of these origins.
    origins: Option<Vec<String>>,
    /// What it may ask for; the house's own limits when it is left out.
    limits: Option<KeyLimitsInput>,
}

/// A key's own limits; what is left out or null is as the house has it, and 0 is no limit.
#[derive(InputObject)]
pub struct KeyLimitsInput {
    /// Units a second in the long run.
    per_second: Option<i64>,
    /// Units at once; 0 is as many as a second gives.
    burst: Option<i64>,
    /// Units from midnight to midnight, UTC.
    per_day: Option<Long>,
}

impl From<KeyLimitsInput> for KeyLimits {
    fn from(said: KeyLimitsInput) -> KeyLimits {
        KeyLimits {
            per_second: said.per_second,
            burst: said.burst,
            per_day: said.per_day.map(|Long(units)| units),
        }
    }
}

/// How a key is to be followed by another.
#[derive(InputObject)]
pub struct RotateKeyInput {
    id: ID,
    /// How long the old key is still good, in seconds, at most 30 days; 24 hours when it is left out.
    overlap_seconds: Option<i32>,
    /// When the new key expires. Left out, it lives as long as the old one was to live.
    expires: Option<DateTime>,
}

/// What is to be different with a key. What is left out stays; null takes it away.
#[derive(InputObject)]
pub struct ChangeKeyInput {
    id: ID,
    name: Option<String>,
    disabled: Option<bool>,
    expires: MaybeUndefined<DateTime>,
    networks: MaybeUndefined<Vec<String>>,
    origins: MaybeUndefined<Vec<String>>,
    /// All three together, in the place of those before; null for the house's own.
    limits: MaybeUndefined<KeyLimitsInput>,
}

impl PutPartnerInput {
    pub fn submission(self) -> PartnerSubmission {
        PartnerSubmission {
            slug: Some(self.slug),
            name: Some(self.name),
            advance: self.advance,
            disabled: self.disabled,
        }
    }
}

impl IssueKeyInput {
    pub fn submission(self) -> KeySubmission {
        KeySubmission {
            name: Some(self.name),
            scope: self.scope.map(|s| viewer::KeyScope::from(s).as_str().to_owned()),
            partner: self.partner,
            expires: self.expires.map(|t| t.0),
            networks: self.networks,
            origins: self.origins,
            limits: self.limits.map(KeyLimits::from),
        }
    }
}

impl RotateKeyInput {
    pub fn rotation(self) -> (String, Rotation) {
        let rotation = Rotation {
            overlap_seconds: self.overlap_seconds.map(i64::from),
            expires: self.expires.map(|t| t.0),
        };
        (self.id.0, rotation)
    }
}

impl ChangeKeyInput {
    pub fn change(self) -> (String, KeyChange) {
        let change = KeyChange {
            name: self.name,
            disabled: self.disabled,
            expires: said(self.expires).map(|t| t.map(|t| t.0)),
            networks: said(self.networks),
            origins: said(self.origins),
            limits: said(self.limits).map(|limits| limits.map(KeyLimits::from)),
        };
        (self.id.0, change)
    }
}

/// Tells a null from what is left out.
fn said<T>(value: MaybeUndefined<T>) -> Option<Option<T>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(value)),
    }
}

impl PublishArticleInput {
    pub fn submission(self) -> Submission {
        let time = |t: Option<DateTime>| t.map(|t| t.0);
        Submission {
            uri: Some(self.uri),
            slug: self.slug,
            language: self.language,
            headline: Some(self.headline),
            summary: self.summary,
            body: self.body,
            body_text: self.body_text,
            byline: self.byline,
            dateline: self.dateline,
            slugline: self.slugline,
            urgency: self.urgency.map(i64::from),
            genre: self.genre,
            ed_note: self.ed_note,
            first_published: time(self.first_published),
            published: time(self.published),
            embargoed_until: time(self.embargoed_until),
            expires: time(self.expires),
            source: self.source,
            topics: self.topics,
            related_links: self
                .related_links
                .map(|links| links.into_iter().map(RelatedLinkInput::submission).collect()),
            renditions: self
                .renditions
                .map(|r| r.into_iter().map(RenditionInput::rendition).collect()),
            replaces: self.replaces,
            extra: self.extra.map(|extra| extra.0),
        }
    }
}

impl RelatedLinkInput {
    fn submission(self) -> LinkSubmission {
        let RelatedLinkInput { kind, uri, url, title } = self;
        LinkSubmission {
            kind: LinkKind::from(kind).as_str().to_owned(),
            uri,
            url,
            title,
        }
    }
}

impl RenditionInput {
    fn rendition(self) -> Rendition {
        let RenditionInput {
            name,
            href,
            media_type,
            width,
            height,
            size,
            digest,
            focal_point,
            credit,
            alt,
            caption,
        } = self;
        let size = size.map(|s| s.0);
        let focal_point = focal_point.map(|p| FocalPoint { x: p.x, y: p.y });
        Rendition {
            name,
            href: href.0,
            media_type,
            width,
            height,
            size,
            digest,
            focal_point,
            credit,
            alt,
            caption,
        }
    }
}

impl PutTopicInput {
    pub fn submission(self) -> TopicSubmission {
        TopicSubmission {
            slug: Some(self.slug),
            kind: self.kind.map(|k| Kind::from(k).as_str().to_owned()),
            code: self.code,
            parent: self.parent,
            names: Some(self.names.into_iter().map(|n| (n.language, n.name)).collect()),
        }
    }
}

impl PutCollectionInput {
    pub fn submission(self) -> CollectionSubmission {
        CollectionSubmission {
            slug: Some(self.slug),
            name: Some(self.name),
            items: Some(self.items),
        }
    }
}

/// The request's `Idempotency-Key`. One document may hold several mutations: each takes the key with its own path.
#[derive(Clone, Default)]
pub struct RepeatKey(Option<(String, Vec<u8>)>);

impl RepeatKey {
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<RepeatKey> {
        Ok(RepeatKey(idempotency_key(&Method::POST, "/graphql", headers, body)?))
    }

    pub fn at(&self, path: &str) -> Option<Idempotency> {
        let (key, fingerprint) = self.0.clone()?;
        Some(Idempotency {
            key: format!("{key}#{path}"),
            fingerprint,
        })
    }
}
