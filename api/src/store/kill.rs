//! Cancellations: where each stands in the wire, who has been told of it, who has confirmed it.

use super::sql::{Sql, column, time};
use super::{Store, Tx};
use crate::error::Result;
use crate::news::wire::{Change, Position, Step};
use crate::news::{ArticleId, ChannelId, PartnerId, TopicId};
use jiff::Timestamp;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use uuid::Uuid;

/// How far one key is with one cancellation.
#[derive(Clone, Debug, PartialEq)]
pub struct KillReceipt {
    pub key_id: String,
    pub key_name: String,
    /// The partner's slug; none for a key of the house itself.
    pub partner: Option<String>,
    pub told: Option<Timestamp>,
    pub confirmed: Option<Timestamp>,
}

/// The same, and what says whether the cancellation concerns the key at all.
#[derive(Clone, Debug)]
pub struct Concerned {
    pub receipt: KillReceipt,
    pub partner: Option<PartnerId>,
    /// The audit knows that it was shown the story, or it has confirmed the cancellation by name.
    pub knows: bool,
}

/// Which cancellations are asked for.
#[derive(Clone, Debug)]
pub struct Killed {
    /// Of stories that stood in this topic's feed.
    pub topic: Option<TopicId>,
    /// Of stories that were in one of these channels.
    pub channels: Option<Vec<ChannelId>>,
    pub since: Timestamp,
}

impl Tx {
    /// Files where the cancellations among these changes stand. `last` is the position of the last one.
    pub(super) async fn file_kills(&self, changes: &[Change], last: i64, at: Timestamp) -> Result<()> {
        let first = last - i64::try_from(changes.len()).unwrap_or(0) + 1;
        for (change, position) in changes.iter().zip(first..) {
            let Change::Article(edition) = change else { continue };
            if edition.step != Step::Canceled {
                continue;
            }
            let mut sql = Sql::new("INSERT INTO kill (article_id, position, at) VALUES (");
            sql.bind(edition.id.0).push(", ").bind(position).push(", ");
            sql.bind(at.as_microsecond());
            sql.push(") ON CONFLICT (article_id) DO NOTHING")
                .run(&self.inner)
                .await?;
        }
        Ok(())
    }
}

impl Tx {
    /// What one key of a reader was told and has confirmed is said of another of his.
    pub(super) async fn hand_over_receipts(&self, from: &str, to: &str) -> Result<()> {
        let further =
            |column: &str| format!("CASE WHEN COALESCE(receipt.{column}, -1) > COALESCE(excluded.{column}, -1) THEN ");
        let mut sql = Sql::new("INSERT INTO receipt (key_id, position, confirmed, told, told_at, last_seen) SELECT ");
        sql.bind(to);
        sql.push(", position, confirmed, told, told_at, last_seen FROM receipt WHERE key_id = ")
            .bind(from);
        sql.push(" ON CONFLICT (key_id) DO UPDATE SET ");
        for (place, (column, by)) in [
            ("position", "position"),
            ("confirmed", "position"),
            ("told", "told"),
            ("told_at", "told"),
            ("last_seen", "last_seen"),
        ]
        .into_iter()
        .enumerate()
        {
            let comma = if place == 0 { "" } else { ", " };
            let further = further(by);
            sql.push(&format!(
                "{comma}{column} = {further}receipt.{column} ELSE excluded.{column} END"
            ));
        }
        sql.run(&self.inner).await?;
        let mut sql = Sql::new("UPDATE kill_receipt SET key_id = ");
        sql.bind(to).push(" WHERE key_id = ").bind(from);
        sql.push(" AND NOT EXISTS (SELECT 1 FROM kill_receipt o WHERE o.article_id = kill_receipt.article_id AND o.key_id = ");
        sql.bind(to).push(")").run(&self.inner).await?;
        Ok(())
    }
}

impl Store {
    /// Files that everything up to here has reached a key.
    pub async fn told(&self, key_id: &str, position: Position, at: Timestamp) -> Result<()> {
        let tx = self.begin().await?;
        let mut sql = Sql::new("INSERT INTO receipt (key_id, last_seen, told, told_at) VALUES (");
        sql.bind(key_id).push(", ").bind(at.as_microsecond()).push(", ");
        sql.bind(position.0).push(", ").bind(at.as_microsecond());
        sql.push(
            ") ON CONFLICT (key_id) DO UPDATE SET last_seen = excluded.last_seen, told_at = excluded.told_at, \
             told = CASE WHEN receipt.told > excluded.told THEN receipt.told ELSE excluded.told END",
        );
        sql.run(&tx.inner).await?;
        tx.commit().await
    }

    /// Files that a key has confirmed these cancellations by name.
    pub async fn confirm_kills(&self, key_id: &str, ids: &[ArticleId], at: Timestamp) -> Result<()> {
        let tx = self.begin().await?;
        for id in ids {
            let mut sql = Sql::new("INSERT INTO kill_receipt (article_id, key_id, confirmed) VALUES (");
            sql.bind(id.0).push(", ").bind(key_id).push(", ");
            sql.bind(at.as_microsecond());
            sql.push(") ON CONFLICT (article_id, key_id) DO NOTHING")
                .run(&tx.inner)
                .await?;
        }
        tx.commit().await
    }

    /// Where a story was canceled, if it was.
    pub async fn kill(&self, id: ArticleId) -> Result<Option<(Position, Timestamp)>> {
        let mut sql = Sql::new("SELECT position, at FROM kill WHERE article_id = ");
        let row = sql.bind(id.0).one(self.read()).await?;
        row.map(|row| Ok((Position(column(&row, 0)?), time(column(&row, 1)?)?)))
            .transpose()
    }

    /// Canceled stories, the last first.
    pub async fn killed(&self, killed: &Killed, most: u32) -> Result<Vec<ArticleId>> {
        let Killed { topic, channels, since } = killed;
        let mut sql = Sql::new("SELECT k.article_id FROM kill k WHERE k.at >= ");
        sql.bind(since.as_microsecond());
        if let Some(topic) = topic {
            sql.push(" AND EXISTS (SELECT 1 FROM article_topic t WHERE t.article_id = k.article_id AND t.topic_id = ");
            sql.bind(topic.0).push(")");
        }
        if let Some(channels) = channels {
            sql.push(
                " AND EXISTS (SELECT 1 FROM article_channel c WHERE c.article_id = k.article_id AND c.channel_id IN ",
            );
            sql.bind_list(&channels.iter().map(|id| id.0).collect::<Vec<_>>())
                .push(")");
        }
        sql.push(" ORDER BY k.position DESC LIMIT ").bind(i64::from(most));
        let rows = sql.all(self.read()).await?;
        rows.iter().map(|row| Ok(ArticleId(column(row, 0)?))).collect()
    }

    /// How far every reader is with a cancellation, by name. One whose keys took each other's place is one, under the
    /// newest of them: whatever any of them was told, he was.
    pub async fn kill_receipts(&self, id: ArticleId, position: Position) -> Result<Vec<Concerned>> {
        let mut sql = Sql::new(
            "SELECT k.id, k.name, p.slug, r.told, r.told_at, r.position, r.confirmed, n.confirmed, k.partner_id, \
             COALESCE(k.reader, k.id), \
             EXISTS (SELECT 1 FROM usage u WHERE u.key_id IN (k.id, k.reader) AND u.article_id = ",
        );
        sql.bind(id.0).push(
            ") FROM api_key k LEFT JOIN partner p ON p.id = k.partner_id LEFT JOIN receipt r ON r.key_id = k.id \
             LEFT JOIN kill_receipt n ON n.key_id = k.id AND n.article_id = ",
        );
        sql.bind(id.0);
        sql.push(" WHERE k.scope = 'read' ORDER BY k.reader IS NOT NULL, k.created, k.id");
        let rows = sql.all(self.read()).await?;
        let mut readers: HashMap<String, Concerned> = HashMap::new();
        for row in &rows {
            let reached = |place: usize, when: usize| -> Result<Option<Timestamp>> {
                let (up_to, at): (Option<i64>, Option<i64>) = (column(row, place)?, column(row, when)?);
                let there = up_to.is_some_and(|up_to| up_to >= position.0);
                at.filter(|_| there).map(time).transpose()
            };
            let by_name = column::<Option<i64>>(row, 7)?.map(time).transpose()?;
            let confirmed = by_name.into_iter().chain(reached(5, 6)?).min();
            let receipt = KillReceipt {
                key_id: column(row, 0)?,
                key_name: column(row, 1)?,
                partner: column(row, 2)?,
                // Who has confirmed it has been told of it.
                told: reached(3, 4)?.into_iter().chain(confirmed).min(),
                confirmed,
            };
            let key = Concerned {
                receipt,
                partner: column::<Option<Uuid>>(row, 8)?.map(PartnerId),
                knows: column::<bool>(row, 10)? || by_name.is_some(),
            };
            match readers.entry(column(row, 9)?) {
                Entry::Vacant(place) => {
                    place.insert(key);
                }
                Entry::Occupied(mut place) => {
                    let before = place.insert(key);
                    let newest = place.get_mut();
                    newest.knows |= before.knows;
                    let KillReceipt { told, confirmed, .. } = &mut newest.receipt;
                    *told = before.receipt.told.into_iter().chain(*told).min();
                    *confirmed = before.receipt.confirmed.into_iter().chain(*confirmed).min();
                }
            }
        }
        let mut all: Vec<Concerned> = readers.into_values().collect();
        let name = |one: &Concerned| (one.receipt.key_name.clone(), one.receipt.key_id.clone());
        all.sort_by_key(name);
        Ok(all)
    }
}
