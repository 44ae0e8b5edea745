//! A house with some thousand stories, the same each time.

use crate::error::Result;
use crate::news::story::{LinkKind, PubStatus, RelatedLink, Rendition, Story};
use crate::news::submission::Alias;
use crate::news::topic::{Source, Topic, TopicKind};
use crate::news::{ArticleId, SourceId, TopicId, Version};
use crate::page::Cursor;
use crate::store::{Filed, Store};
use jiff::Timestamp;
use std::collections::BTreeMap;
use uuid::Uuid;

pub const STORIES: u32 = 6_000;
const TOPICS: u32 = 30;
const SOURCES: u32 = 12;
const LANGUAGES: [&str; 6] = ["en", "uk", "de", "fr", "pl", "kk"];

/// Ten minutes from one story to the next.
pub fn moment(n: u32) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + i64::from(n) * 600).unwrap()
}

pub fn place(n: u32) -> Cursor {
    Cursor::Story {
        first_published: moment(n).as_microsecond(),
        id: article_id(n).0,
    }
}

pub fn article_id(n: u32) -> ArticleId {
    ArticleId(Uuid::from_u128(0xa000_0000 + u128::from(n)))
}

pub fn topic_id(n: u32) -> TopicId {
    TopicId(Uuid::from_u128(0x7000_0000 + u128::from(n)))
}

pub fn source_id(n: u32) -> SourceId {
    SourceId(Uuid::from_u128(0x5000_0000 + u128::from(n)))
}

pub async fn fill(store: &Store) -> Result<()> {
    let filed: Vec<Filed> = (0..STORIES).map(filed).collect();
    file(store, &filed).await?;
    // Every other story had another slug once.
    let former = |n: u32| Alias {
        kind: "slug".to_owned(),
        name: format!("former-{n}"),
    };
    let aliases: Vec<_> = (0..STORIES).step_by(2).map(|n| (article_id(n), former(n))).collect();
    let tx = store.begin().await?;
    tx.insert_aliases(&aliases).await?;
    tx.commit().await
}

/// These stories, and all topics and sources.
pub async fn file(store: &Store, filed: &[Filed]) -> Result<()> {
    let tx = store.begin().await?;
    for n in 0..TOPICS {
        let topic = Topic {
            id: topic_id(n),
            slug: format!("topic-{n}"),
            kind: TopicKind::Subject,
            // The first six are roots, the others stand below them.
            parent: n.checked_sub(6).map(|m| topic_id(m % 6)),
            code: None,
            version: 1,
            names: BTreeMap::from([("en".to_owned(), format!("Topic {n}"))]),
        };
        tx.insert_topic(&topic).await?;
    }
    for n in 0..SOURCES {
        let source = Source {
            id: source_id(n),
            slug: format!("source-{n}"),
            name: format!("Source {n}"),
            url: None,
        };
        tx.insert_source(&source).await?;
    }
    tx.insert_stories(filed).await?;
    tx.commit().await
}

pub fn filed(n: u32) -> Filed {
    // Scattered, so that topics, languages and sources do not keep step with each other.
    let roll = |salt: u32, of: u32| (n.wrapping_mul(2_654_435_761).rotate_left(salt) >> 7) % of;
    let child = 6 + roll(3, TOPICS - 6);
    let other = (roll(9, 5) + 1 + (child - 6) % 6) % 6;
    Filed {
        story: Story {
            id: article_id(n),
            uri: format!("urn:story:{n}"),
            slug: format!("story-{n}"),
            version: Version(1),
            pub_status: PubStatus::Usable,
            language: LANGUAGES[roll(13, 6) as usize].to_owned(),
            headline: format!("Story {n}"),
            summary: None,
            body_html: "<p>Body of an ordinary length.</p>".repeat(20),
            body_text: "Body of an ordinary length.\n\n".repeat(20),
            word_count: 100,
            byline: None,
            dateline: None,
            slugline: None,
            urgency: Some(1 + (n % 9) as u8),
            genre: None,
            ed_note: None,
            first_published: moment(n),
            published: moment(n),
            version_created: moment(n),
            expires: n.is_multiple_of(10).then(|| moment(STORIES + n + 1)),
            source: Some(source_id(roll(17, SOURCES))),
            topics: vec![topic_id(child), topic_id(other)],
            related_links: vec![RelatedLink {
                kind: LinkKind::Background,
                uri: Some(format!("urn:story:{}", n / 2)),
                url: None,
                title: None,
            }],
            renditions: vec![Rendition {
                name: "main".to_owned(),
                href: format!("https://pictures.example/{n}.jpg"),
                media_type: None,
                width: None,
                height: None,
                size: None,
                digest: None,
                focal_point: None,
                credit: None,
                alt: None,
                caption: None,
            }],
            replaces: None,
            extra: crate::news::extra::Extra::default(),
            corrections: Vec::new(),
            withdrawal: None,
        },
        digest: vec![0; 32],
        implied: vec![topic_id((child - 6) % 6)],
        channels: Vec::new(),
        expiry_told: false,
    }
}
