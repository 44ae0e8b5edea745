//! Who read which story on which day.

use super::Store;
use super::sql::{Sql, column, time};
use crate::error::Result;
use crate::news::usage::{Read, Sight};
use crate::news::{ArticleId, usage};
use uuid::Uuid;

/// Rows that are written at once.
const TOGETHER: usize = 256;

impl Store {
    /// Adds what keys have read. Repeating it counts twice: whoever calls it forgets what was filed.
    pub async fn file_usage(&self, sights: &[Sight]) -> Result<()> {
        for some in sights.chunks(TOGETHER) {
            let tx = self.begin().await?;
            let mut sql = Sql::new(
                "INSERT INTO usage (key_id, day, article_id, partner_id, reads, first_read, last_read) VALUES ",
            );
            for (place, sight) in some.iter().enumerate() {
                let Sight {
                    key_id,
                    partner_id,
                    day,
                    article_id,
                    read: Read { times, first, last },
                } = sight;
                sql.push(if place == 0 { "(" } else { ", (" });
                sql.bind(key_id.as_ref()).push(", ").bind(*day).push(", ");
                sql.bind(article_id.0)
                    .push(", ")
                    .bind(partner_id.map(|id| id.0))
                    .push(", ");
                sql.bind(*times).push(", ").bind(first.as_microsecond()).push(", ");
                sql.bind(last.as_microsecond()).push(")");
            }
            sql.push(
                " ON CONFLICT (key_id, day, article_id) DO UPDATE SET reads = usage.reads + excluded.reads, \
                 partner_id = COALESCE(excluded.partner_id, usage.partner_id), \
                 first_read = CASE WHEN usage.first_read < excluded.first_read THEN usage.first_read \
                 ELSE excluded.first_read END, \
                 last_read = CASE WHEN usage.last_read > excluded.last_read THEN usage.last_read \
                 ELSE excluded.last_read END",
            );
            sql.run(&tx.inner).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Files which stories these copies are of, that were shown under embargo.
    pub async fn file_advance(&self, copies: &[(ArticleId, &str)]) -> Result<()> {
        let ids: Vec<Uuid> = copies.iter().map(|(id, _)| id.0).collect();
        let mut sql = Sql::new("SELECT id FROM advance_copy WHERE id IN ");
        let rows = sql.bind_list(&ids).all(&self.rooms.read).await?;
        let known: Vec<Uuid> = rows.iter().map(|row| column(row, 0)).collect::<Result<_>>()?;
        let new: Vec<_> = copies.iter().filter(|(id, _)| !known.contains(&id.0)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let tx = self.begin().await?;
        let mut sql = Sql::new("INSERT INTO advance_copy (id, uri) VALUES ");
        for (place, (id, uri)) in new.into_iter().enumerate() {
            sql.push(if place == 0 { "(" } else { ", (" });
            sql.bind(id.0).push(", ").bind(*uri).push(")");
        }
        sql.push(" ON CONFLICT (id) DO NOTHING").run(&tx.inner).await?;
        tx.commit().await
    }

    /// The copies that were shown under embargo of the story with this uri, or of this one.
    pub async fn advance_of(&self, uri: &str, story: Option<ArticleId>) -> Result<Vec<ArticleId>> {
        let mut sql = Sql::new("SELECT id FROM advance_copy WHERE uri = ");
        sql.bind(uri);
        if let Some(story) = story {
            sql.push(" OR uri = (SELECT uri FROM article WHERE id = ");
            sql.bind(story.0).push(")");
        }
        let rows = sql.all(&self.rooms.read).await?;
        rows.iter().map(|row| Ok(ArticleId(column(row, 0)?))).collect()
    }

    /// What was read, the newest day first, then by key and story; at most so many, behind a place.
    pub async fn usage(
        &self,
        asked: &usage::Asked,
        after: Option<&usage::Place>,
        most: u32,
    ) -> Result<Vec<usage::Line>> {
        let usage::Asked {
            whose,
            from,
            to,
            article,
        } = asked;
        let mut sql = Sql::new(
            "SELECT u.day, u.key_id, u.article_id, COALESCE(a.uri, e.uri), u.reads, u.first_read, u.last_read, k.name, e.id \
             FROM usage u LEFT JOIN article a ON a.id = u.article_id LEFT JOIN advance_copy e ON e.id = u.article_id \
             LEFT JOIN api_key k ON k.id = u.key_id WHERE ",
        );
        match whose {
            usage::Whose::Key(id) => sql.push("u.key_id = ").bind(id.as_str()),
            usage::Whose::Partner(id) => sql.push("u.partner_id = ").bind(id.0),
        };
        if let Some(from) = from {
            sql.push(" AND u.day >= ").bind(*from);
        }
        if let Some(to) = to {
            sql.push(" AND u.day <= ").bind(*to);
        }
        if let Some(article) = article {
            let ids: Vec<Uuid> = article.iter().map(|id| id.0).collect();
            sql.push(" AND u.article_id IN ").bind_list(&ids);
        }
        if let Some(usage::Place {
            day,
            key_id,
            article_id,
        }) = after
        {
            sql.push(" AND (u.day < ").bind(*day).push(" OR (u.day = ").bind(*day);
            sql.push(" AND (u.key_id, u.article_id) > (").bind(key_id.as_str());
            sql.push(", ").bind(article_id.0).push(")))");
        }
        sql.push(" ORDER BY u.day DESC, u.key_id, u.article_id LIMIT ")
            .bind(i64::from(most));
        let rows = sql.all(&self.rooms.read).await?;
        let lines = rows.iter().map(|row| {
            Ok(usage::Line {
                place: usage::Place {
                    day: column(row, 0)?,
                    key_id: column(row, 1)?,
                    article_id: ArticleId(column::<Uuid>(row, 2)?),
                },
                uri: column(row, 3)?,
                advance: column::<Option<Uuid>>(row, 8)?.is_some(),
                read: Read {
                    times: column(row, 4)?,
                    first: time(column(row, 5)?)?,
                    last: time(column(row, 6)?)?,
                },
                key_name: column(row, 7)?,
            })
        });
        lines.collect()
    }

    /// Forgets what was read before a day, a small batch at a time; how much.
    pub async fn purge_usage(&self, before: i32) -> Result<u64> {
        let tx = self.begin().await?;
        let mut sql = Sql::new(
            "DELETE FROM usage WHERE (key_id, day, article_id) IN \
             (SELECT key_id, day, article_id FROM usage WHERE day < ",
        );
        sql.bind(before).push(" LIMIT 500)");
        let purged = sql.run(&tx.inner).await?;
        tx.commit().await?;
        Ok(purged)
    }
}
