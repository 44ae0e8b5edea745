//! The gate's rule as every walk writes it, held against the gate itself on both databases.

use super::*;
use crate::config::Store as StoreConfig;
use crate::news::channel::Sight;
use crate::news::story::PubStatus;
use crate::news::tags::Readings;
use crate::news::viewer::{Scope, Viewer};
use crate::news::visibility::{Within, terms, visible};
use crate::store::Filed;
use crate::store::plans::fill::{STORIES, file, filed, moment};
use dateline_tests::{Backend, Database, in_ci};
use jiff::{SignedDuration, Timestamp};

/// One story of each status and each kind of expiry, all with the topics, the language and the source of the first.
fn all_cases(now: Timestamp) -> Vec<Filed> {
    let microsecond = SignedDuration::from_micros(1);
    let expiries = [None, Some(now - microsecond), Some(now), Some(now + microsecond)];
    let statuses = [PubStatus::Usable, PubStatus::Withheld, PubStatus::Canceled];
    let cases = statuses.into_iter().flat_map(|s| expiries.map(|e| (s, e)));
    let like = filed(0);
    cases
        .zip(0..)
        .map(|((pub_status, expires), n)| {
            let mut filed = filed(n);
            filed.story.pub_status = pub_status;
            filed.story.expires = expires;
            filed.story.language = like.story.language.clone();
            filed.story.source = like.story.source;
            filed.story.topics = like.story.topics.clone();
            filed.implied = like.implied.clone();
            filed
        })
        .collect()
}

async fn every_walk_keeps_to_the_gate(backend: Backend) {
    let database = Database::fresh(backend);
    let config = StoreConfig {
        url: database.url().to_owned(),
        ..StoreConfig::default()
    };
    crate::store::migrate(&config).await.unwrap();
    let store = Store::open(&config).await.unwrap();
    let scope = Scope {
        viewer: Viewer::Public,
        sight: Sight::All,
        now: moment(STORIES),
        readings: Readings::unnoted(),
    };
    let cases = all_cases(scope.now);
    file(&store, &cases).await.unwrap();

    let like = &cases[0];
    let mut walks = vec![Selection::default()];
    walks.extend(like.story.topics.iter().chain(&like.implied).map(|t| Selection {
        topics: vec![vec![*t]],
        ..Selection::default()
    }));
    walks.push(Selection {
        topics: vec![like.story.topics.clone()],
        ..Selection::default()
    });
    walks.push(Selection {
        languages: vec![like.story.language.clone()],
        ..Selection::default()
    });
    walks.push(Selection {
        sources: like.story.source.map(|s| vec![s]),
        ..Selection::default()
    });
    let mut expected: Vec<_> = cases
        .iter()
        .map(|f| &f.story)
        .filter(|s| visible(s, &scope, &Within::All))
        .collect();
    expected.sort_by_key(|s| std::cmp::Reverse((s.first_published, s.id)));
    let expected: Vec<_> = expected.iter().map(|s| s.id).collect();
    assert_eq!(expected.len(), 2);
    for selection in walks {
        let asked = [(selection.clone(), Page::first(100))];
        let (slices, _) = store.walk(&asked, &terms(&scope)).await.unwrap();
        let found: Vec<_> = slices[0].edges.iter().map(|e| e.node.id).collect();
        assert_eq!(found, expected, "{selection:?}");
        let count = store.count(&selection, &terms(&scope)).await.unwrap();
        assert_eq!(count, 2, "{selection:?}");
    }
    store.close().await.unwrap();
}

#[tokio::test]
async fn on_sqlite_every_walk_keeps_to_the_gate() {
    every_walk_keeps_to_the_gate(Backend::Sqlite).await;
}

#[tokio::test]
async fn on_postgres_every_walk_keeps_to_the_gate() {
    match Backend::Postgres.missing().filter(|_| !in_ci()) {
        Some(reason) => eprintln!("ignored: {reason}"),
        None => every_walk_keeps_to_the_gate(Backend::Postgres).await,
    }
}
