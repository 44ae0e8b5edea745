//! The wire as the database keeps it: it has no door yet.

use std::collections::HashMap;

use dateline_tests::Backend;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::press::Press;

type Row = (
    i64,
    String,
    Option<String>,
    Option<i32>,
    Option<String>,
    Option<String>,
    Option<String>,
);

const ENTRIES: &str = "SELECT w.position, w.kind, coalesce(a.uri, t.slug, c.slug), w.version, w.changed, \
     w.topics_before, w.topics_after FROM wire_entry w LEFT JOIN article a ON a.id = w.article_id \
     LEFT JOIN topic t ON t.id = w.topic_id LEFT JOIN collection c ON c.id = w.collection_id ORDER BY w.position";
const HEAD: &str = "SELECT position FROM wire_head";

/// All entries in order, topics by slug. Fails unless the positions are 1, 2, 3 … up to the head's.
pub async fn entries(press: &Press) -> Vec<Value> {
    let (rows, head) = read(press).await;
    let positions: Vec<i64> = rows.iter().map(|row| row.0).collect();
    assert_eq!(positions, (1..=head).collect::<Vec<_>>(), "the wire has a gap");
    let topics = topics(press).await;
    let named = |ids: Option<String>| {
        let ids: Option<Vec<String>> = ids.map(|ids| serde_json::from_str(&ids).unwrap());
        ids.map(|ids| ids.iter().map(|id| topics[id].clone()).collect::<Vec<_>>())
    };
    let entry = |(_, kind, about, version, changed, before, after): Row| {
        let changed: Option<Value> = changed.map(|changed| serde_json::from_str(&changed).unwrap());
        json!({
            "kind": kind,
            "about": about,
            "version": version,
            "changed": changed,
            "before": named(before),
            "after": named(after),
        })
    };
    rows.into_iter().map(entry).collect()
}

/// The newest position.
pub async fn head(press: &Press) -> i64 {
    read(press).await.1
}

async fn read(press: &Press) -> (Vec<Row>, i64) {
    let url = press.database_url();
    match press.backend() {
        Backend::Sqlite => {
            let mut connection = SqliteConnection::connect(url).await.unwrap();
            let rows = sqlx::query_as(ENTRIES).fetch_all(&mut connection).await.unwrap();
            let head = sqlx::query_scalar(HEAD).fetch_one(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            (rows, head)
        }
        Backend::Postgres => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            let rows = sqlx::query_as(ENTRIES).fetch_all(&mut connection).await.unwrap();
            let head = sqlx::query_scalar(HEAD).fetch_one(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            (rows, head)
        }
    }
}

/// Slugs by id.
async fn topics(press: &Press) -> HashMap<String, String> {
    let list = press.get("/v1/topics?limit=100").await.expect(200).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let topics = list["items"].as_array().unwrap().iter();
    topics.map(|t| (text(&t["id"]), text(&t["slug"]))).collect()
}
