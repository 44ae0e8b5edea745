//! What stood at a place of the wire, or at an instant.

use super::Store;
use super::sql::{Sql, column};
use crate::error::{Error, Result};
use crate::news::story::Story;
use crate::news::wire::{Kind, Position};
use crate::news::{ArticleId, Version};
use jiff::Timestamp;

impl Store {
    /// What the newest entry about a story up to a position says: which edition it named, and what happened. What the
    /// wire itself does not reach back to any more stands in `wire_past`.
    pub async fn told_at(&self, id: ArticleId, position: Position) -> Result<Option<(Version, Kind)>> {
        let mut sql = Sql::default();
        for (i, table) in ["wire_entry", "wire_past"].into_iter().enumerate() {
            sql.push(if i == 0 { "" } else { " UNION ALL " });
            sql.push(&format!(
                "SELECT * FROM (SELECT version, kind, position FROM {table} WHERE version IS NOT NULL AND article_id = "
            ));
            sql.bind(id.0).push(" AND position <= ").bind(position.0);
            sql.push(&format!(" ORDER BY position DESC LIMIT 1) {table}_newest"));
        }
        let mut newest: Option<(i64, Version, Kind)> = None;
        for row in sql.all(self.read()).await? {
            let (kind, at): (String, i64) = (column(&row, 1)?, column(&row, 2)?);
            let kind = Kind::parse(&kind).ok_or_else(|| Error::internal(format!("a wire entry of kind `{kind}`")))?;
            if newest.is_none_or(|(newest, ..)| at > newest) {
                newest = Some((at, Version(column(&row, 0)?), kind));
            }
        }
        Ok(newest.map(|(_, version, kind)| (version, kind)))
    }

    /// The newest of a story's earlier editions that was made up to an instant.
    pub async fn edition_made_by(&self, id: ArticleId, instant: Timestamp) -> Result<Option<Story>> {
        let mut sql = Sql::new("SELECT content FROM article_version WHERE article_id = ");
        sql.bind(id.0)
            .push(" AND version_created <= ")
            .bind(instant.as_microsecond());
        let row = sql.push(" ORDER BY version DESC LIMIT 1").one(self.read()).await?;
        row.map(|row| serde_json::from_str(&column::<String>(&row, 0)?).map_err(Error::internal))
            .transpose()
    }
}
