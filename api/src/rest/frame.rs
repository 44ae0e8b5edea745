//! Stories, topics and sources made into what they look like in JSON (`view`).

use super::view::{
    Article, BesideView, CorrectionView, FocalPointView, FoundView, Local, MoreAboutView, RelatedLinkView,
    RenditionView, SourceView, TopicView,
};
use crate::archive::{Archive, Beside, FoundBy};
use crate::error::Result;
use crate::news::filter::ResolvedLink;
use crate::news::site::Site;
use crate::news::story::{Correction, LinkKind, Rendition, Story};
use crate::news::tags::Readings;
use crate::news::topic::{Source, Topic, each_once};
use crate::news::viewer::Scope;
use crate::news::{SourceId, TopicId, zone};
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::sync::Arc;

/// What stories refer to, loaded once for all stories of an answer.
pub struct Frame<'a> {
    site: &'a Site,
    /// Where it is noted which stories are shown.
    readings: Readings,
    zone: Option<TimeZone>,
    topics: HashMap<TopicId, Arc<Topic>>,
    sources: HashMap<SourceId, Source>,
}

impl<'a> Frame<'a> {
    pub async fn of<'s>(
        archive: &'a Archive,
        scope: &Scope,
        zone: Option<TimeZone>,
        stories: impl Iterator<Item = &'s Arc<Story>>,
    ) -> Result<Frame<'a>> {
        let (mut topics, mut sources) = (Vec::new(), Vec::new());
        for story in stories {
            topics.extend(&story.topics);
            sources.extend(story.source);
        }
        topics.sort();
        topics.dedup();
        sources.sort();
        sources.dedup();
        let topics = if topics.is_empty() {
            HashMap::new()
        } else {
            archive.load_topics(scope, &topics).await?
        };
        Ok(Frame {
            site: archive.site(),
            readings: scope.readings.clone(),
            zone,
            topics,
            sources: archive.sources(scope, &sources).await?,
        })
    }

    /// A story as lists show it.
    pub fn card(&self, story: &Story) -> Article {
        self.readings.showed(story.id);
        // Taken apart by name, so that a new field asks whether it is shown.
        let Story {
            id,
            uri,
            slug,
            version,
            pub_status,
            language,
            headline,
            summary,
            body_html: _,
            body_text: _,
            word_count,
            byline,
            dateline,
            slugline,
            urgency,
            genre,
            ed_note,
            first_published,
            published,
            version_created,
            expires,
            source,
            topics,
            related_links: _,
            renditions,
            replaces,
            extra: _,
            corrections,
            withdrawal: _,
        } = story;
        Article {
            id: id.0,
            uri: uri.clone(),
            slug: slug.clone(),
            url: self.site.story_url(slug),
            language: language.clone(),
            version: version.0,
            pub_status: pub_status.as_str(),
            headline: headline.clone(),
            summary: summary.clone(),
            byline: byline.clone(),
            dateline: dateline.clone(),
            slugline: slugline.clone(),
            urgency: *urgency,
            genre: genre.clone(),
            ed_note: ed_note.clone(),
            first_published: *first_published,
            published: *published,
            version_created: *version_created,
            expires: *expires,
            local: self.local(story),
            replaces: replaces.clone(),
            extra: None,
            corrections: corrections.iter().rev().map(correction).collect(),
            word_count: *word_count,
            source: source.and_then(|id| self.sources.get(&id)).map(source_view),
            topics: each_once(topics, &self.topics)
                .iter()
                .map(|t| self.topic(t, language))
                .collect(),
            renditions: renditions.iter().map(rendition).collect(),
            body: None,
            paragraphs: None,
            related_links: None,
            more_about: None,
            storyline: None,
            latest: None,
            replaced_by: None,
            translations: None,
        }
    }

    /// A story with its text.
    pub fn whole(&self, story: &Story) -> Article {
        let (body, paragraphs) = (Some(story.body_html.clone()), Some(story.paragraphs()));
        Article {
            body,
            paragraphs,
            extra: Some(story.extra.clone()).filter(|e| !e.is_empty()),
            ..self.card(story)
        }
    }

    pub fn topic(&self, topic: &Topic, language: &str) -> TopicView {
        topic_view(topic, language, self.site)
    }

    pub fn links(&self, links: &[ResolvedLink]) -> Vec<RelatedLinkView> {
        let view = |link: &ResolvedLink| RelatedLinkView {
            kind: LinkKind::as_str(link.kind),
            title: link.title.clone(),
            url: link.url.clone(),
            article: link.story.as_ref().map(|s| Box::new(self.card(s))),
        };
        links.iter().map(view).collect()
    }

    pub fn more_about(&self, story: &Story, beside: &[Beside]) -> MoreAboutView {
        let topic = story.topics.first().and_then(|id| self.topics.get(id));
        MoreAboutView {
            topic: topic.map(|t| self.topic(t, &story.language)),
            articles: beside.iter().map(|one| self.beside(one)).collect(),
        }
    }

    fn beside(&self, Beside { story, found }: &Beside) -> BesideView {
        let (by, score) = match found {
            FoundBy::Topic => ("topic", None),
            FoundBy::Similarity(score) => ("similarity", Some(*score)),
        };
        BesideView {
            article: self.card(story),
            found: FoundView { by, score },
        }
    }

    fn local(&self, story: &Story) -> Option<Local> {
        let time_zone = self.zone.as_ref()?;
        Some(Local {
            time_zone: time_zone.iana_name().unwrap_or("UTC").to_owned(),
            first_published: zone::in_zone(story.first_published, time_zone),
            published: zone::in_zone(story.published, time_zone),
            version_created: zone::in_zone(story.version_created, time_zone),
        })
    }
}

pub fn topic_view(topic: &Topic, language: &str, site: &Site) -> TopicView {
    TopicView {
        id: topic.id.0,
        slug: topic.slug.clone(),
        code: topic.code.clone(),
        kind: topic.kind.as_str(),
        name: topic.name(language, site.home_language()).to_owned(),
    }
}

pub fn source_view(source: &Source) -> SourceView {
    SourceView {
        slug: source.slug.clone(),
        name: source.name.clone(),
        url: source.url.clone(),
    }
}

fn correction(correction: &Correction) -> CorrectionView {
    CorrectionView {
        kind: correction.kind.as_str(),
        text: correction.text.clone(),
        at: correction.at,
        version: correction.version.0,
    }
}

fn rendition(r: &Rendition) -> RenditionView {
    let Rendition {
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
    } = r.clone();
    let focal_point = focal_point.map(|p| FocalPointView { x: p.x, y: p.y });
    RenditionView {
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
    }
}
