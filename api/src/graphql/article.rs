//! A story.

use super::beside::{MoreAbout, RelatedLink, SimilarArticle, Storyline};
use super::connection::{VersionConnection, page};
use super::difference::Difference;
use super::filter::TopicKind;
use super::limits::{list_cost, page_cost};
use super::loaders::{
    self, LinksOf, Loaders, MoreAboutOf, ReplacedBy, SimilarTo, StorylineOf, TranslationsOf, load, load_many,
};
use super::media::Rendition;
use super::refusal::refuse;
use super::scalar::{DateTime, TimeZone, Url};
use super::topic::{Source, Topic};
use crate::archive::{Found, Surrounds};
use crate::error::{Error, Fault};
use crate::news::extra::Extra;
use crate::news::story::{self, ArticleKey, Story};
use crate::news::topic::{TopicKey, TopicKind as Kind, each_once};
use crate::news::{ArticleId, html};
use crate::page::Order;
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::{ContainerType, Fields};
use async_graphql::{
    Context, ContextSelectionSet, Enum, ID, Json, Object, ObjectType, OutputType, Positioned, Result, ServerResult,
    Value,
};
use std::borrow::Cow;
use std::sync::Arc;

/// A story in an answer. Wherever one is resolved, it is noted as shown: what was only loaded is not.
#[derive(Clone)]
pub struct Article(pub Arc<Story>);

impl Article {
    pub async fn id(&self, _: &Context<'_>) -> Result<ID> {
        Ok(ID(self.0.id.to_string()))
    }

    fn shown(&self, ctx: &ContextSelectionSet<'_>) {
        if let Some(loaders) = ctx.data_opt::<Loaders>() {
            loaders.loader().scope.readings.showed(self.0.id);
        }
    }
}

impl OutputType for Article {
    fn type_name() -> Cow<'static, str> {
        <Told as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Told as OutputType>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        self.shown(ctx);
        Told(Arc::clone(&self.0)).resolve(ctx, field).await
    }
}

/// For where it is one of several things.
impl ContainerType for Article {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        Told(Arc::clone(&self.0)).resolve_field(ctx).await
    }

    fn collect_all_fields<'a>(&'a self, ctx: &ContextSelectionSet<'a>, fields: &mut Fields<'a>) -> ServerResult<()> {
        self.shown(ctx);
        fields.add_set(ctx, self)
    }
}

impl ObjectType for Article {}

/// What a story tells of itself.
struct Told(Arc<Story>);

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// Sanitised HTML.
    Html,
    /// Paragraphs divided by empty lines.
    Text,
    /// CommonMark.
    Markdown,
}

/// IPTC publishing status.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "story::PubStatus")]
pub enum PubStatus {
    Usable,
    Withheld,
    Canceled,
}

/// A story.
#[Object(name = "Article")]
impl Told {
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Permanent name.
    async fn uri(&self) -> &str {
        &self.0.uri
    }

    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// Where a reader finds it.
    async fn url(&self, ctx: &Context<'_>) -> Result<Url> {
        Ok(Url(loaders::of(ctx)?.loader().archive.site().story_url(&self.0.slug)))
    }

    /// BCP 47.
    async fn language(&self) -> &str {
        &self.0.language
    }

    /// Counted from 1.
    async fn version(&self) -> i32 {
        self.0.version.0
    }

    async fn pub_status(&self) -> PubStatus {
        self.0.pub_status.into()
    }

    async fn headline(&self) -> &str {
        &self.0.headline
    }

    async fn summary(&self) -> Option<&str> {
        self.0.summary.as_deref()
    }

    async fn byline(&self) -> Option<&str> {
        self.0.byline.as_deref()
    }

    /// Where it was written, as printed.
    async fn dateline(&self) -> Option<&str> {
        self.0.dateline.as_deref()
    }

    async fn slugline(&self) -> Option<&str> {
        self.0.slugline.as_deref()
    }

    async fn body(&self, #[graphql(default_with = "BodyFormat::Html")] format: BodyFormat) -> String {
        match format {
            BodyFormat::Html => self.0.body_html.clone(),
            BodyFormat::Text => self.0.body_text.clone(),
            BodyFormat::Markdown => html::markdown(&self.0.body_html),
        }
    }

    /// The body as plain text, paragraph by paragraph.
    async fn paragraphs(&self) -> Vec<String> {
        self.0.paragraphs()
    }

    async fn word_count(&self) -> u32 {
        self.0.word_count
    }

    /// When the story first appeared. Lists are ordered by it.
    async fn first_published(&self, time_zone: Option<TimeZone>) -> DateTime {
        DateTime::new(self.0.first_published, time_zone.as_ref())
    }

    /// This edition's public time.
    async fn published(&self, time_zone: Option<TimeZone>) -> DateTime {
        DateTime::new(self.0.published, time_zone.as_ref())
    }

    async fn version_created(&self, time_zone: Option<TimeZone>) -> DateTime {
        DateTime::new(self.0.version_created, time_zone.as_ref())
    }

    /// When it must be gone; null: never.
    async fn expires(&self, time_zone: Option<TimeZone>) -> Option<DateTime> {
        self.0.expires.map(|at| DateTime::new(at, time_zone.as_ref()))
    }

    /// 1 highest … 9.
    async fn urgency(&self) -> Option<u8> {
        self.0.urgency
    }

    async fn genre(&self) -> Option<&str> {
        self.0.genre.as_deref()
    }

    /// The publisher's note to editors.
    async fn ed_note(&self) -> Option<&str> {
        self.0.ed_note.as_deref()
    }

    /// What documents say and the house has no place for: by the name of their format, an object.
    async fn extra(&self) -> Option<Json<Extra>> {
        Some(self.0.extra.clone()).filter(|e| !e.is_empty()).map(Json)
    }

    /// The uri of the story whose place this one takes.
    async fn replaces_uri(&self) -> Option<&str> {
        self.0.replaces.as_deref()
    }

    /// The newest correction; null when nothing had to be put right.
    async fn correction(&self) -> Option<Correction> {
        self.0.corrections.last().cloned().map(Correction)
    }

    /// All corrections, newest first.
    #[graphql(complexity = "list_cost(2, child_complexity)")]
    async fn corrections(&self) -> Vec<Correction> {
        self.0.corrections.iter().rev().cloned().map(Correction).collect()
    }

    async fn source(&self, ctx: &Context<'_>) -> Result<Option<Source>> {
        match self.0.source {
            Some(id) => Ok(load(ctx, id).await?.map(Source)),
            None => Ok(None),
        }
    }

    /// Its topics, the main one first.
    #[graphql(complexity = "list_cost(4, child_complexity)")]
    async fn topics(&self, ctx: &Context<'_>, kind: Option<TopicKind>) -> Result<Vec<Topic>> {
        let topics = load_many(ctx, self.0.topics.clone()).await?;
        let kind = kind.map(Kind::from);
        Ok(each_once(&self.0.topics, &topics)
            .into_iter()
            .filter(|t| kind.is_none_or(|k| t.kind == k))
            .map(|t| Topic::of(t, &self.0.language))
            .collect())
    }

    /// What an editor linked, in his order.
    #[graphql(complexity = "list_cost(3, child_complexity)")]
    async fn related_links(&self, ctx: &Context<'_>) -> Result<Vec<RelatedLink>> {
        if self.0.related_links.is_empty() {
            return Ok(Vec::new());
        }
        let links = load(ctx, LinksOf(Arc::clone(&self.0))).await?.unwrap_or_default();
        Ok(links.into_iter().map(RelatedLink).collect())
    }

    /// The story whose place this one takes; null when it is not here.
    async fn replaces(&self, ctx: &Context<'_>) -> Result<Option<Article>> {
        let Some(uri) = self.0.replaces.clone() else {
            return Ok(None);
        };
        let found = load(ctx, ArticleKey::Uri(uri)).await?;
        Ok(found.and_then(Found::story).map(Article))
    }

    /// The newest story that says it takes this one's place.
    async fn replaced_by(&self, ctx: &Context<'_>) -> Result<Option<Article>> {
        Ok(load(ctx, ReplacedBy(self.0.id)).await?.map(Article))
    }

    /// The same story in other languages, by language: what it translates, what translates it, and other translations of
    /// the same original.
    #[graphql(complexity = "list_cost(4, child_complexity)")]
    async fn translations(&self, ctx: &Context<'_>) -> Result<Vec<Article>> {
        let key = TranslationsOf(LinksOf(Arc::clone(&self.0)));
        let found = load(ctx, key).await?.unwrap_or_default();
        Ok(found.into_iter().map(Article).collect())
    }

    /// What became of one version in another: of the one before `to`, in the current one, if nothing is said.
    #[graphql(complexity = "list_cost(20, child_complexity)")]
    async fn difference(&self, ctx: &Context<'_>, from: Option<i32>, to: Option<i32>) -> Result<Difference> {
        let missing = || refuse(&Error::not_found("version of this story"));
        let found = load(ctx, ArticleKey::Id(self.0.id)).await?;
        let current = found.and_then(Found::story).ok_or_else(missing)?;
        let house = loaders::of(ctx)?.loader();
        let difference = house.archive.difference(&house.scope, &current, from, to);
        Ok(difference.await.map_err(|e| refuse(&e))?.into())
    }

    /// MORE ABOUT: the newest stories of the main topic, or of another one by its slug or code; never this story. Where the
    /// main topic has too few, the stories most like it follow, the likest first.
    #[graphql(complexity = "page_cost(first, 5, child_complexity)")]
    async fn more_about(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "1 to 100; 5 when it is left out.", default_with = "Some(5)")] first: Option<i32>,
        topic: Option<String>,
        exclude_ids: Option<Vec<ID>>,
    ) -> Result<MoreAbout> {
        let count = page(Some(first.unwrap_or(5)), None, None, None, Order::Story)?.size();
        let mut without = vec![self.0.id];
        for id in exclude_ids.unwrap_or_default() {
            without.push(ArticleId(uuid(&id, "excludeIds")?));
        }
        if without.len() > 100 {
            let fault = Fault::new("excludeIds", "too_many", "at most 99");
            return Err(refuse(&Error::parameters(vec![fault])));
        }
        let filled = topic.is_none();
        let topic = match (topic, self.0.topics.first()) {
            (Some(name), _) => {
                let found = load(ctx, TopicKey::read(&name)).await?;
                Some(found.ok_or_else(|| refuse(&Error::not_found("topic")))?)
            }
            (None, Some(main)) => load(ctx, *main).await?,
            (None, None) => None,
        };
        let asked = Surrounds {
            story: Arc::clone(&self.0),
            topic: topic.as_ref().map(|topic| topic.id),
            filled,
            count,
            without,
        };
        let beside = load(ctx, MoreAboutOf(asked)).await?.unwrap_or_default();
        let topic = topic.map(|t| Topic::of(t, &self.0.language));
        Ok(MoreAbout { topic, beside })
    }

    /// The stories most like it, the likest first: by the words that are rare elsewhere and frequent here. Copies and
    /// translations of one text stand here once, and none of this story's own.
    #[graphql(complexity = "page_cost(first, 5, child_complexity) + 20")]
    async fn similar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "1 to 100; 5 when it is left out.", default_with = "Some(5)")] first: Option<i32>,
    ) -> Result<Vec<SimilarArticle>> {
        let count = page(Some(first.unwrap_or(5)), None, None, None, Order::Story)?.size();
        let key = SimilarTo(LinksOf(Arc::clone(&self.0)), count);
        let found = load(ctx, key).await?.unwrap_or_default();
        Ok(found.into_iter().map(SimilarArticle::from).collect())
    }

    /// The stories on the same event, found as they came in; null when it is alone.
    #[graphql(complexity = "list_cost(10, child_complexity)")]
    async fn storyline(&self, ctx: &Context<'_>) -> Result<Option<Storyline>> {
        Ok(load(ctx, StorylineOf(self.0.id)).await?.map(Storyline))
    }

    /// Its pictures and other media, by reference.
    async fn renditions(&self) -> Vec<Rendition> {
        self.0.renditions.iter().cloned().map(Rendition).collect()
    }

    /// Its editions, newest first, this one among them.
    #[graphql(complexity = "page_cost(first.or(last), 20, child_complexity)")]
    async fn versions(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<VersionConnection> {
        let page = page(first, after.as_deref(), last, before.as_deref(), Order::Number)?;
        let archive = &loaders::of(ctx)?.loader().archive;
        let slice = archive.list_versions(&self.0, &page).await.map_err(|e| refuse(&e))?;
        Ok(VersionConnection { slice })
    }
}

/// What a correction is about.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "story::CorrectionKind")]
pub enum CorrectionKind {
    /// Something was wrong.
    Correction,
    /// Something could be misunderstood.
    Clarification,
}

/// What readers are told when something has been put right.
pub struct Correction(story::Correction);

#[Object]
impl Correction {
    async fn kind(&self) -> CorrectionKind {
        self.0.kind.into()
    }

    async fn text(&self) -> &str {
        &self.0.text
    }

    async fn at(&self, time_zone: Option<TimeZone>) -> DateTime {
        DateTime::new(self.0.at, time_zone.as_ref())
    }

    /// The first version that is right.
    async fn version(&self) -> i32 {
        self.0.version.0
    }
}

/// Reads an id that the client sends.
pub fn uuid(id: &ID, name: &str) -> Result<uuid::Uuid> {
    uuid::Uuid::try_parse(id).map_err(|_| {
        let fault = Fault::new(name, "invalid_id", "must be an id as this server gives them (a UUID)");
        refuse(&Error::parameters(vec![fault]))
    })
}
