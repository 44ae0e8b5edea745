//! Which webhooks took which cancellation, and which of them ever had the story.

use super::super::kill::{Concerned, KillReceipt};
use super::super::sql::{Sql, column, time};
use super::super::{Store, Tx};
use crate::error::{Error, Result};
use crate::news::webhook::{Attempt, EndpointSettings};
use crate::news::wire::Kind;
use crate::news::{ArticleId, PartnerId};
use std::collections::HashSet;
use uuid::Uuid;

impl Tx {
    /// Files the cancellations among these that arrived.
    pub(super) async fn file_kills_told(&self, attempts: &[&Attempt]) -> Result<()> {
        let arrived = attempts
            .iter()
            .filter(|a| a.succeeded() && a.kind == Kind::Canceled.as_str());
        for (attempt, story) in arrived.filter_map(|a| Some((a, a.article?))) {
            let mut sql = Sql::new("INSERT INTO webhook_kill (endpoint_id, article_id, told) VALUES (");
            sql.bind(attempt.endpoint.0).push(", ").bind(story.0).push(", ");
            sql.bind(attempt.at.as_microsecond())
                .push(") ON CONFLICT (article_id, endpoint_id) DO NOTHING");
            sql.run(&self.inner).await?;
        }
        Ok(())
    }
}

impl Store {
    /// How far every webhook is with the cancellation of this story. Whoever was sent the story knows of it, if the audit
    /// says so or a request is remembered.
    pub async fn webhook_receipts(&self, story: ArticleId) -> Result<Vec<Concerned>> {
        let mut sql = Sql::new(
            "SELECT e.id, e.settings, p.slug, e.partner_id, w.told, \
             EXISTS (SELECT 1 FROM webhook_attempt a WHERE a.endpoint_id = e.id AND a.article_id = ",
        );
        sql.bind(story.0).push(" AND a.kind <> ").bind(Kind::Canceled.as_str());
        sql.push(
            ") FROM webhook_endpoint e LEFT JOIN partner p ON p.id = e.partner_id \
             LEFT JOIN webhook_kill w ON w.endpoint_id = e.id AND w.article_id = ",
        );
        let rows = sql.bind(story.0).push(" ORDER BY e.id").all(self.read()).await?;
        let mut all = Vec::new();
        for row in &rows {
            let settings: EndpointSettings =
                serde_json::from_str(&column::<String>(row, 1)?).map_err(Error::internal)?;
            all.push(Concerned {
                receipt: KillReceipt {
                    key_id: column::<Uuid>(row, 0)?.to_string(),
                    key_name: settings.label(),
                    partner: column(row, 2)?,
                    told: column::<Option<i64>>(row, 4)?.map(time).transpose()?,
                    confirmed: None,
                },
                partner: column::<Option<Uuid>>(row, 3)?.map(PartnerId),
                knows: column(row, 5)?,
            });
        }
        let sent = self.readers_of(story, &all).await?;
        for one in &mut all {
            one.knows |= one.receipt.told.is_some() || sent.contains(&one.receipt.key_id);
        }
        Ok(all)
    }

    /// Which of these the audit knows to have been shown the story.
    async fn readers_of(&self, story: ArticleId, among: &[Concerned]) -> Result<HashSet<String>> {
        if among.is_empty() {
            return Ok(HashSet::new());
        }
        let ids: Vec<String> = among.iter().map(|one| one.receipt.key_id.clone()).collect();
        let mut sql = Sql::new("SELECT DISTINCT key_id FROM usage WHERE article_id = ");
        sql.bind(story.0).push(" AND key_id IN ").bind_list(&ids);
        let rows = sql.all(self.read()).await?;
        rows.iter().map(|row| column(row, 0)).collect()
    }
}
