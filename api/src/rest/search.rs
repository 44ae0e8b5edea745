//! Searching, and what may be meant by somebody who is still typing.

use super::frame::{Frame, source_view, topic_view};
use super::params::{self, filter, languages, page_after};
use super::view::{Article, SourceView, TopicView};
use super::{Door, Question};
use crate::archive::{Hit, IndexStatus, Results, Search, Spread, Suggestions};
use crate::error::Result;
use crate::news::filter::Selection;
use crate::page::Order as Cursors;
use crate::search::{Facet, Fragment, Order};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of what was found.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchPage {
    pub items: Vec<HitView>,
    /// The cursor for `after`; null at the end.
    pub next: Option<String>,
    /// With `total=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// With `facets=`: those that were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facets: Option<FacetsView>,
    /// The query put right, where a word of it is found nowhere; on the first page only.
    pub did_you_mean: Option<String>,
    /// Only while the index is being made anew: the answer is of a part of the stories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rebuilding: Option<Rebuilding>,
}

/// A story that was found.
#[derive(Serialize, ToSchema)]
pub struct HitView {
    pub article: Article,
    /// With `order=relevance`: how well it fits, for comparison within one answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    pub fragments: Vec<FragmentView>,
}

/// Where in a story it stands.
#[derive(Serialize, ToSchema)]
pub struct FragmentView {
    /// `headline`, `summary`, `byline`, `body`.
    pub field: &'static str,
    /// Escaped text; what was looked for is in `<mark>`.
    #[schema(example = "The <mark>minister</mark> said …")]
    pub html: String,
}

/// How all that was found spreads.
#[derive(Serialize, ToSchema)]
pub struct FacetsView {
    /// Ancestors are counted too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<Vec<TopicCount>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Vec<LanguageCount>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Vec<SourceCount>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<Vec<DayCount>>,
}

#[derive(Serialize, ToSchema)]
pub struct TopicCount {
    pub topic: TopicView,
    pub count: u64,
}

#[derive(Serialize, ToSchema)]
pub struct LanguageCount {
    /// BCP 47.
    pub language: String,
    pub count: u64,
}

#[derive(Serialize, ToSchema)]
pub struct SourceCount {
    pub source: SourceView,
    pub count: u64,
}

#[derive(Serialize, ToSchema)]
pub struct DayCount {
    /// In UTC.
    #[schema(example = "2026-01-12")]
    pub day: String,
    pub count: u64,
}

/// How far it is.
#[derive(Serialize, ToSchema)]
pub struct Rebuilding {
    /// 0 to 1.
    pub progress: f64,
}

/// What may be meant.
#[derive(Serialize, ToSchema)]
pub struct SuggestionsView {
    /// The newest stories with such headlines.
    pub articles: Vec<Suggested>,
    pub topics: Vec<TopicView>,
}

/// A story by its headline.
#[derive(Serialize, ToSchema)]
pub struct Suggested {
    pub id: uuid::Uuid,
    pub slug: String,
    pub url: String,
    pub headline: String,
}

/// How the search index is.
#[derive(Serialize, ToSchema)]
pub struct SearchStatus {
    /// `missing`, `rebuilding`, `ready`.
    pub state: &'static str,
    /// While it is made: how much of it is there, 0 to 1.
    pub progress: Option<f64>,
    pub stories: u64,
    /// On disk.
    pub bytes: u64,
    /// Entries of the wire that it has not followed yet.
    pub behind: i64,
}

/// Headlines and topics that are suggested where nobody says how many.
const FEW: i64 = 5;

pub async fn search(question: Question) -> Result<Response> {
    let mut params = question.params(params::SEARCH);
    let text = params.text("q").unwrap_or_default();
    let filter = filter(&mut params);
    let order = match params.choice("order").as_deref() {
        Some("newest") => Order::Newest,
        Some("oldest") => Order::Oldest,
        _ => Order::Relevance,
    };
    let cursors = match order {
        Order::Relevance => Cursors::Hit,
        Order::Newest | Order::Oldest => Cursors::Story,
    };
    let named = params.list("facets");
    let facets: Vec<Facet> = named.iter().filter_map(|name| facet(name)).collect();
    let page = page_after(&mut params, cursors);
    let total = params.flag("total");
    let zone = params.zone("timeZone");
    let page = params.finish_with(page)?;
    let (door, scope) = (&question.door, question.scope());
    let selection = door.archive.select(&scope, filter).await?;
    let asked = Search {
        text,
        selection,
        order,
        page,
        total,
        facets: facets.clone(),
    };
    let Results {
        slice,
        total,
        spread,
        did_you_mean,
        rebuilding,
    } = door.archive.search(&scope, asked).await?;
    let stories = slice.edges.iter().map(|edge| &edge.node.story);
    let frame = Frame::of(&door.archive, &scope, zone, stories).await?;
    let page = SearchPage {
        items: slice.edges.iter().map(|edge| hit(&frame, &edge.node)).collect(),
        next: slice.next(),
        total,
        facets: (!facets.is_empty()).then(|| facets_view(door, &facets, spread)),
        did_you_mean,
        rebuilding: rebuilding.map(|progress| Rebuilding { progress }),
    };
    question.page(&slice, &page)
}

pub async fn suggest(question: Question) -> Result<Response> {
    let mut params = question.params(params::SUGGEST);
    let text = params.text("q");
    if question.uri.query().is_none() || text.is_none() && params.all("q").is_empty() {
        params.refuse("q", "is what has been typed so far; give it");
    }
    let most = params.ranged("limit").unwrap_or(FEW);
    let languages = languages(&mut params);
    params.finish()?;
    let (door, scope) = (&question.door, question.scope());
    let selection = Selection {
        languages,
        ..Selection::default()
    };
    let (text, most) = (text.unwrap_or_default(), u32::try_from(most).unwrap_or(1));
    let Suggestions { stories, topics } = door.archive.suggest(&scope, &text, selection, most).await?;
    let site = door.archive.site();
    let articles = stories.iter().map(|story| {
        scope.readings.showed(story.id);
        Suggested {
            id: story.id.0,
            slug: story.slug.clone(),
            url: site.story_url(&story.slug),
            headline: story.headline.clone(),
        }
    });
    let view = SuggestionsView {
        articles: articles.collect(),
        topics: topics
            .iter()
            .map(|t| topic_view(t, site.home_language(), site))
            .collect(),
    };
    question.answer(None, &view)
}

pub async fn status(question: Question) -> Result<Response> {
    let Question { door, caller, .. } = &question;
    door.access.admit(&caller.viewer)?;
    question.plain()?;
    // It is about this very moment.
    caller.readings.personal();
    let IndexStatus {
        state,
        progress,
        stories,
        bytes,
        behind,
    } = door.archive.index_status();
    let view = SearchStatus {
        state,
        progress,
        stories,
        bytes,
        behind,
    };
    question.answer(None, &view)
}

fn facet(name: &str) -> Option<Facet> {
    match name {
        "topic" => Some(Facet::Topic),
        "language" => Some(Facet::Language),
        "source" => Some(Facet::Source),
        "day" => Some(Facet::Day),
        _ => None,
    }
}

fn hit(frame: &Frame<'_>, hit: &Hit) -> HitView {
    let Hit {
        story,
        score,
        fragments,
    } = hit;
    let fragment = |Fragment { field, html }: &Fragment| FragmentView {
        field,
        html: html.clone(),
    };
    HitView {
        article: frame.card(story),
        score: *score,
        fragments: fragments.iter().map(fragment).collect(),
    }
}

fn facets_view(door: &Door, asked: &[Facet], spread: Spread) -> FacetsView {
    let Spread {
        topics,
        languages,
        sources,
        days,
    } = spread;
    let site = door.archive.site();
    let topics = topics.into_iter().map(|(topic, count)| TopicCount {
        topic: topic_view(&topic, site.home_language(), site),
        count,
    });
    let languages = languages
        .into_iter()
        .map(|(language, count)| LanguageCount { language, count });
    let sources = sources.into_iter().map(|(source, count)| SourceCount {
        source: source_view(&source),
        count,
    });
    let days = days.into_iter().map(|(day, count)| DayCount {
        day: day.to_string(),
        count,
    });
    FacetsView {
        topic: asked.contains(&Facet::Topic).then(|| topics.collect()),
        language: asked.contains(&Facet::Language).then(|| languages.collect()),
        source: asked.contains(&Facet::Source).then(|| sources.collect()),
        day: asked.contains(&Facet::Day).then(|| days.collect()),
    }
}
