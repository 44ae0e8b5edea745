//! What was sent, what became of it, and what is to be sent once more.

use super::super::sql::{Sql, column, time};
use super::super::{Store, Tx};
use crate::error::{Error, Result};
use crate::news::webhook::{Attempt, Manner, Score};
use crate::news::wire::Position;
use crate::news::{ArticleId, EndpointId};
use jiff::Timestamp;
use sea_orm::QueryResult;
use std::collections::HashMap;
use uuid::Uuid;

/// Rows in one statement.
const TOGETHER: usize = 500;

const COLUMNS: &str =
    "id, endpoint_id, at, manner, kind, position, epoch, article_id, number, took_ms, status, error, answer";

impl Store {
    /// The newest first, from before one of them on.
    pub async fn list_attempts(&self, of: EndpointId, before: Option<Uuid>, most: u32) -> Result<Vec<Attempt>> {
        let mut sql = Sql::new(format!("SELECT {COLUMNS} FROM webhook_attempt WHERE endpoint_id = "));
        sql.bind(of.0);
        if let Some(before) = before {
            sql.push(" AND id < ").bind(before);
        }
        sql.push(" ORDER BY id DESC LIMIT ").bind(i64::from(most));
        sql.all(&self.rooms.read).await?.iter().map(read).collect()
    }

    /// How requests have gone since then, tests left out.
    pub async fn score_endpoints(&self, ids: &[EndpointId], since: Timestamp) -> Result<HashMap<EndpointId, Score>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut sql = Sql::new(
            "SELECT endpoint_id, COUNT(*), COUNT(error) FROM webhook_attempt WHERE manner <> 'test' AND at >= ",
        );
        sql.bind(since.as_microsecond()).push(" AND endpoint_id IN ");
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        let rows = sql.push(" GROUP BY endpoint_id").all(&self.rooms.read).await?;
        let scores = rows.iter().map(|row| {
            let (all, failed): (i64, i64) = (column(row, 1)?, column(row, 2)?);
            let succeeded = all - failed;
            Ok((EndpointId(column(row, 0)?), Score { all, succeeded }))
        });
        scores.collect()
    }

    /// What is to be sent once more, in the order in which it was asked for.
    pub async fn list_resends(&self, of: EndpointId) -> Result<Vec<(Uuid, Position)>> {
        let mut sql = Sql::new("SELECT id, position FROM webhook_resend WHERE endpoint_id = ");
        let rows = sql.bind(of.0).push(" ORDER BY id").all(&self.rooms.read).await?;
        rows.iter()
            .map(|row| Ok((column(row, 0)?, Position(column(row, 1)?))))
            .collect()
    }

    /// Forgets attempts from before then, and of each endpoint all but the newest. Some at a time; returns how many.
    pub async fn trim_attempts(&self, before: Timestamp, keep: u32) -> Result<u64> {
        let tx = self.begin().await?;
        let mut sql = Sql::new("DELETE FROM webhook_attempt WHERE id IN (SELECT id FROM webhook_attempt WHERE at < ");
        sql.bind(before.as_microsecond());
        let mut trimmed = sql.push(" LIMIT 500)").run(&tx.inner).await?;
        let mut sql = Sql::new("SELECT endpoint_id FROM webhook_attempt GROUP BY endpoint_id HAVING COUNT(*) > ");
        let rows = sql.bind(i64::from(keep)).push(" LIMIT 20").all(&tx.inner).await?;
        for row in &rows {
            let endpoint: Uuid = column(row, 0)?;
            let mut sql = Sql::new(
                "DELETE FROM webhook_attempt WHERE id IN (SELECT id FROM webhook_attempt WHERE endpoint_id = ",
            );
            sql.bind(endpoint)
                .push(" AND id <= (SELECT id FROM webhook_attempt WHERE endpoint_id = ");
            sql.bind(endpoint)
                .push(" ORDER BY id DESC LIMIT 1 OFFSET ")
                .bind(i64::from(keep));
            trimmed += sql.push(") LIMIT 500)").run(&tx.inner).await?;
        }
        tx.commit().await?;
        Ok(trimmed)
    }
}

impl Tx {
    pub async fn file_attempts(&self, attempts: &[&Attempt]) -> Result<()> {
        for some in attempts.chunks(TOGETHER) {
            let mut sql = Sql::new(format!("INSERT INTO webhook_attempt ({COLUMNS}) VALUES "));
            for (i, attempt) in some.iter().enumerate() {
                let Attempt {
                    id,
                    endpoint,
                    at,
                    manner,
                    kind,
                    position,
                    epoch,
                    article,
                    number,
                    took_ms,
                    status,
                    error,
                    answer,
                } = attempt;
                sql.push(if i == 0 { "(" } else { ", (" });
                sql.bind(*id).push(", ").bind(endpoint.0);
                sql.push(", ")
                    .bind(at.as_microsecond())
                    .push(", ")
                    .bind(manner.as_str());
                sql.push(", ").bind(kind.as_str()).push(", ").bind(position.0);
                sql.push(", ").bind(*epoch).push(", ").bind(article.map(|a| a.0));
                sql.push(", ").bind(*number).push(", ").bind(*took_ms);
                sql.push(", ").bind(*status).push(", ").bind(error.as_deref());
                sql.push(", ").bind(answer.as_deref()).push(")");
            }
            sql.run(&self.inner).await?;
        }
        self.file_kills_told(attempts).await
    }

    /// Asks for a change to be sent once more. False when so many are asked for already.
    pub async fn ask_resend(&self, id: Uuid, of: EndpointId, position: Position, most: i64) -> Result<bool> {
        let mut sql = Sql::new("SELECT COUNT(*) FROM webhook_resend WHERE endpoint_id = ");
        let row = sql.bind(of.0).one(&self.inner).await?;
        if row.map_or(Ok(0), |row| column::<i64>(&row, 0))? >= most {
            return Ok(false);
        }
        let mut sql = Sql::new("INSERT INTO webhook_resend (id, endpoint_id, position) VALUES (");
        sql.bind(id).push(", ").bind(of.0).push(", ").bind(position.0);
        sql.push(")").run(&self.inner).await?;
        Ok(true)
    }
}

fn read(row: &QueryResult) -> Result<Attempt> {
    let manner: String = column(row, 3)?;
    Ok(Attempt {
        id: column(row, 0)?,
        endpoint: EndpointId(column(row, 1)?),
        at: time(column(row, 2)?)?,
        manner: Manner::parse(&manner).ok_or_else(|| Error::internal("an attempt of no manner"))?,
        kind: column(row, 4)?,
        position: Position(column(row, 5)?),
        epoch: column(row, 6)?,
        article: column::<Option<Uuid>>(row, 7)?.map(ArticleId),
        number: column(row, 8)?,
        took_ms: column(row, 9)?,
        status: column(row, 10)?,
        error: column(row, 11)?,
        answer: column(row, 12)?,
    })
}
