//! What must hold when all is over: between what the followers have, what the publishers were told, and the table.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use dateline_tests::Backend;
use sqlx::{Connection, PgConnection, SqliteConnection};

use super::speak::{Line, Seen};
use super::writers::Ledger;
use crate::lists::dice::Dice;
use crate::press::Press;

const TABLE: &str = "SELECT w.position, w.kind, a.uri, w.version FROM wire_entry w \
     LEFT JOIN article a ON a.id = w.article_id ORDER BY w.position";

/// All followers have the same, in the same order.
pub fn agree(followers: &[Vec<Seen>]) {
    let (first, others) = followers.split_first().expect("followers");
    for (number, other) in others.iter().enumerate() {
        let differs = first.iter().zip(other).position(|(a, b)| a != b);
        if let Some(place) = differs {
            let near = place.saturating_sub(2);
            panic!(
                "follower {} differs at {place}:\n{:#?}\n{:#?}",
                number + 1,
                first.get(near..place + 3),
                other.get(near..place + 3)
            );
        }
        assert_eq!(first.len(), other.len(), "follower {}", number + 1);
    }
}

/// Each entry once, and the versions of each story one after the other.
pub fn in_order(have: &[Seen]) {
    let mut cursors = HashSet::new();
    let mut versions: HashMap<&str, i64> = HashMap::new();
    for (place, entry) in have.iter().enumerate() {
        assert!(cursors.insert(&entry.cursor), "{place}: twice: {entry:?}");
        let version = versions.entry(&entry.id).or_default();
        *version += 1;
        assert_eq!(entry.version, Some(*version), "{place}: {entry:?}");
        let kind = if *version == 1 {
            "article.published"
        } else {
            "article.updated"
        };
        assert_eq!(entry.kind, kind, "{place}: {entry:?}");
    }
}

/// Everything acknowledged is there, nothing is there that nobody said, and what was acknowledged before something else
/// was said stands before it.
pub fn as_published(have: &[Seen], ledger: &Ledger) {
    let place_of: HashMap<(&str, i64), usize> = have
        .iter()
        .enumerate()
        .filter_map(|(place, entry)| Some(((entry.id.as_str(), entry.version?), place)))
        .collect();
    let mut times: Vec<Option<(Instant, Instant)>> = vec![None; have.len()];
    for change in &ledger.acknowledged {
        let place = place_of.get(&(change.id.as_str(), change.version));
        let place = *place.unwrap_or_else(|| panic!("acknowledged, and not on the wire: {change:?}"));
        let before = times[place].replace((change.sent, change.answered));
        assert_eq!(before, None, "acknowledged twice: {change:?}");
    }
    let unknown = times.iter().filter(|time| time.is_none()).count();
    assert!(
        unknown <= ledger.given_up,
        "{unknown} entries that nobody said, {} given up",
        ledger.given_up
    );
    let mut answered_later: Option<Instant> = None;
    for (place, time) in times.into_iter().enumerate().rev() {
        let Some((sent, answered)) = time else { continue };
        if let Some(later) = answered_later {
            assert!(
                later >= sent,
                "{:?} was said after something behind it was acknowledged",
                have[place]
            );
        }
        answered_later = Some(answered_later.map_or(answered, |later| later.min(answered)));
    }
}

/// The table has the positions 1, 2, 3 … without a gap, and the same stories and versions as the followers have.
pub async fn as_stored(press: &Press, have: &[Seen], ledger: &Ledger) {
    let rows = table(press).await;
    let positions: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let last = i64::try_from(rows.len()).unwrap();
    assert_eq!(positions, (1..=last).collect::<Vec<_>>(), "the wire has a gap");
    let stored: Vec<(String, i32)> = rows
        .into_iter()
        .filter(|row| row.1.starts_with("article."))
        .map(|(_, _, uri, version)| (uri.expect("a story"), version.expect("a version")))
        .collect();
    assert_eq!(stored.len(), have.len());
    let uris: HashMap<&str, &str> = ledger
        .acknowledged
        .iter()
        .map(|change| (change.id.as_str(), change.uri.as_str()))
        .collect();
    for ((uri, version), entry) in stored.iter().zip(have) {
        assert_eq!(entry.version, Some(i64::from(*version)), "{uri}: {entry:?}");
        // A story that was only ever given up is known to nobody by name.
        if let Some(known) = uris.get(entry.id.as_str()) {
            assert_eq!(known, uri, "{entry:?}");
        }
    }
}

type Row = (i64, String, Option<String>, Option<i32>);

async fn table(press: &Press) -> Vec<Row> {
    let url = press.database_url();
    match press.backend() {
        Backend::Sqlite => {
            let mut connection = SqliteConnection::connect(url).await.unwrap();
            let rows = sqlx::query_as(TABLE).fetch_all(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            rows
        }
        Backend::Postgres => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            let rows = sqlx::query_as(TABLE).fetch_all(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            rows
        }
    }
}

/// A cursor kept from anywhere leads to the same entries, at every process.
pub async fn repeatable(line: &Line, have: &[Seen]) {
    let mut dice = Dice::new(7);
    for node in 0..line.nodes.count() {
        for _ in 0..6 {
            let place = dice.roll(have.len());
            let (mut at, mut again) = (have[place].cursor.clone(), Vec::new());
            // As far as some pages reach, so that a large wire is not read over and over.
            for _ in 0..4 {
                let (entries, next) = line
                    .poll(node, Some(&at), "&limit=500&payload=id")
                    .await
                    .expect("an answer");
                again.extend(entries);
                at = next;
            }
            let behind = &have[place + 1..];
            assert_eq!(again, behind[..behind.len().min(2_000)], "from {place} on");
        }
    }
}

/// The middle, the 99th of a hundred, the longest.
pub fn quantiles(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |share: f64| {
        let place = (times.len() as f64 * share).ceil() as usize;
        let time = times.get(place.saturating_sub(1)).copied().unwrap_or_default();
        time.as_secs_f64() * 1e3
    };
    format!(
        "{} times, p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        times.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    )
}
