//! A story with all that it refers to, and a list of such: what every format is written from.

use crate::news::filter::ResolvedLink;
use crate::news::pending::{AdvanceCopy, AdvanceTopic};
use crate::news::site::Site;
use crate::news::story::{LinkKind, PubStatus, Story, Tombstone};
use crate::news::submission::LinkSubmission;
use crate::news::topic::{Source, Topic, TopicKind};
use crate::news::{ArticleId, SourceId, TopicId, Version};
use jiff::Timestamp;
use std::borrow::Cow;
use std::sync::Arc;
use uuid::Uuid;

/// One story as a format writes it. Whoever puts it together has passed it through the gate, its links too.
#[derive(Clone, Debug)]
pub struct Piece {
    pub story: Arc<Story>,
    /// The publisher's topics, the main one first.
    pub topics: Vec<Arc<Topic>>,
    pub source: Option<Source>,
    pub links: Vec<ResolvedLink>,
    /// Of advance copy: nobody may publish it before.
    pub embargoed_until: Option<Timestamp>,
}

/// Characters of a description.
const BRIEF: usize = 200;

impl Piece {
    /// What waits under embargo, as it will be: there is no id yet, its version is its revision, and its topics are told
    /// as subjects.
    pub fn advance(copy: &AdvanceCopy, site: &Site) -> Piece {
        // Taken apart by name, so that a new field asks for its place.
        let AdvanceCopy {
            uri,
            pub_status: _,
            embargoed_until,
            revision,
            changed,
            slug,
            language,
            headline,
            summary,
            byline,
            dateline,
            slugline,
            urgency,
            genre,
            ed_note,
            first_published,
            published,
            expires,
            source,
            topics,
            related_links,
            renditions,
            replaces,
            extra,
            body,
            paragraphs,
            word_count,
        } = copy.clone();
        let language = language.unwrap_or_else(|| site.home_language().to_owned());
        let source = source.map(|name| Source {
            id: SourceId(Uuid::nil()),
            slug: name.clone(),
            name,
            url: None,
        });
        let topic = |topic: AdvanceTopic| {
            Arc::new(Topic {
                id: TopicId(Uuid::nil()),
                kind: TopicKind::Subject,
                parent: None,
                code: topic.slug.contains(':').then(|| topic.slug.clone()),
                slug: topic.slug,
                version: 1,
                names: [(language.clone(), topic.name)].into(),
            })
        };
        let link = |link: LinkSubmission| {
            let url = link.url.or(link.uri)?;
            Some(ResolvedLink {
                kind: LinkKind::parse(&link.kind)?,
                title: link.title.unwrap_or_else(|| url.clone()),
                url: Some(url),
                story: None,
            })
        };
        Piece {
            topics: topics.into_iter().map(topic).collect(),
            source,
            links: related_links.into_iter().filter_map(link).collect(),
            embargoed_until: Some(embargoed_until),
            story: Arc::new(Story {
                id: ArticleId(Uuid::nil()),
                uri,
                slug: slug.unwrap_or_default(),
                version: Version(revision),
                pub_status: PubStatus::Usable,
                language: language.clone(),
                headline,
                summary,
                body_html: body,
                body_text: paragraphs.join("\n\n"),
                word_count,
                byline,
                dateline,
                slugline,
                urgency: urgency.and_then(|u| u8::try_from(u).ok()),
                genre,
                ed_note,
                first_published: first_published.unwrap_or(embargoed_until),
                published: published.unwrap_or(embargoed_until),
                version_created: changed,
                expires,
                source: None,
                topics: Vec::new(),
                related_links: Vec::new(),
                renditions,
                replaces,
                extra: extra.unwrap_or_default(),
                corrections: Vec::new(),
                withdrawal: None,
            }),
        }
    }

    /// Whether it is in the house, and so has an id and a page.
    pub fn is_public(&self) -> bool {
        self.embargoed_until.is_none()
    }

    /// When a reader should look at it again: this edition's public time, or the time of what was put right in it,
    /// whatever the publisher dates it.
    pub fn updated(&self) -> Timestamp {
        let corrected = self.story.corrections.iter().map(|c| c.at).max();
        corrected.map_or(self.story.published, |at| at.max(self.story.published))
    }

    /// The summary, or how the text begins, cut between words where there are any.
    pub fn description(&self) -> Option<Cow<'_, str>> {
        if let Some(summary) = &self.story.summary {
            return Some(Cow::Borrowed(summary));
        }
        let text = self.story.paragraphs().into_iter().next()?;
        if text.chars().count() <= BRIEF {
            return Some(Cow::Owned(text));
        }
        let cut: String = text.chars().take(BRIEF).collect();
        let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole);
        Some(Cow::Owned(format!("{whole}…")))
    }

    /// Who is named as having written it: the byline, else the organisation that it comes from, else the house.
    pub fn author<'a>(&'a self, site: &'a Site) -> &'a str {
        let source = self.source.as_ref().map(|s| s.name.as_str());
        self.story.byline.as_deref().or(source).unwrap_or(&site.name)
    }

    /// A topic's name as this story says it.
    pub fn name<'a>(&self, topic: &'a Topic, site: &Site) -> &'a str {
        topic.name(&self.story.language, site.home_language())
    }
}

/// What feeds call a story, for ever: its uri may be changed, its id never.
pub fn permanent(id: ArticleId) -> String {
    format!("urn:uuid:{}", id.0)
}

/// A list as feed readers get it.
#[derive(Clone, Debug)]
pub struct Feed<'a> {
    pub site: &'a Site,
    pub title: String,
    /// Its name for ever: an address without a form.
    pub id: String,
    /// The page for people.
    pub home: String,
    /// This page's own address.
    pub address: String,
    /// The page that readers subscribe to.
    pub first: String,
    /// Older ones.
    pub next: Option<String>,
    /// Newer ones.
    pub previous: Option<String>,
    /// Where one can have oneself told when it changes (WebSub).
    pub hub: Option<String>,
    pub pieces: Vec<Piece>,
    /// What was canceled and stood here.
    pub gone: Vec<Arc<Tombstone>>,
}

impl Feed<'_> {
    /// When it last changed, as far as what it shows tells. An empty one never has.
    pub fn updated(&self) -> Timestamp {
        let pieces = self.pieces.iter().map(Piece::updated);
        pieces
            .chain(self.gone.iter().map(|tombstone| tombstone.at))
            .max()
            .unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The language of all that is in it, or the house's own.
    pub fn language(&self) -> &str {
        let home = self.site.home_language();
        let mut languages = self.pieces.iter().map(|p| p.story.language.as_str());
        let first = languages.next().unwrap_or(home);
        if languages.all(|l| l == first) { first } else { home }
    }
}
